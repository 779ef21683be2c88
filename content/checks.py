"""What must hold before a module is published: nothing missing, nobody shut out, rights settled.

Each block type checks its own fields (content/blocks); here is what concerns pages and the whole. The weight
of a finding is in one table, its sentence in content/texts.
"""

import re
from collections.abc import Iterator
from datetime import date

from content import rights
from content.findings import ERROR, WARNING, Finding
from content.module import Module, Page
from content.sanitize import text
from content.texts import LANGUAGES

LONGEST_TITLE = 200  # SCORM 1.2 takes no more
LONGEST_PAGE_TITLE = 120
WARNINGS = {
    "module.no_summary",
    "module.no_duration",
    "module.no_goals",
    "module.other_language",
    "module.no_pass_mark",
    "page.long_title",
    "question.no_feedback",
    "video.no_transcript",
    "image.long_alt",
    "heading.skipped",
    "block.template",
    "link.vague",
}
"""What should be mended; every other code of content/texts must be."""

_HEADING = re.compile(r"<h([34])>(.*?)</h\1>", re.DOTALL)
_LINK = re.compile(r'<a(?: href="([^"]*)")?>(.*?)</a>', re.DOTALL)
_VAGUE = {
    *(
        "her",
        "her.",
        "klikk her",
        "trykk her",
        "les mer",
        "les mer her",
        "mer",
        "lenke",
        "link",
        "denne siden",
    ),
    *("les meir", "meir", "lenkje", "trykk her", "denne sida"),
    *("här", "här.", "klicka här", "läs mer", "mer", "länk", "denna sida"),
    *("here", "click here", "read more", "more", "this page"),
}


def check(module: Module, *, on: date | None = None) -> list[Finding]:
    """Everything to mend, errors first, in the order of the pages. `on`: the day for rights with a period."""
    found = [*_module(module), *_pages(module), *rights.findings(module, on=on)]
    return sorted(found, key=lambda finding: finding.severity != ERROR)


def publishable(found: list[Finding]) -> bool:
    return all(finding.severity != ERROR for finding in found)


def _finding(code: str, page: str = "", block: str = "", field: str = "", **params: str | int) -> Finding:
    return Finding(code, WARNING if code in WARNINGS else ERROR, page, block, field, params)


def _module(module: Module) -> Iterator[Finding]:
    if not module.title.strip():
        yield _finding("module.no_title", field="title")
    if len(module.title) > LONGEST_TITLE:
        yield _finding("module.long_title", field="title", most=LONGEST_TITLE)
    if module.language.split("-")[0] not in LANGUAGES:
        yield _finding("module.other_language", field="language", name=module.language)
    if not module.summary.strip():
        yield _finding("module.no_summary", field="summary")
    if module.duration_minutes is None:
        yield _finding("module.no_duration", field="duration_minutes")
    if not any(goal.strip() for goal in module.goals):
        yield _finding("module.no_goals", field="goals")
    if not module.pages:
        yield _finding("module.no_pages", field="pages")
    scored = module.questions(scored=True)
    if module.pass_mark and not scored:
        yield _finding("module.no_questions", field="pass_mark")
    if scored and not module.pass_mark:
        yield _finding("module.no_pass_mark", field="pass_mark")
    for competence in module.competences:
        if not competence.title.strip() or not competence.uri.strip():
            yield _finding("competence.incomplete", field="competences")


def _pages(module: Module) -> Iterator[Finding]:
    places = {page.id for page in module.pages} | {block.id for _, block in module.blocks()}
    for number, page in enumerate(module.pages, start=1):
        if not page.title.strip():
            yield _finding("page.no_title", page.id, field="title", number=number)
        if len(page.title) > LONGEST_PAGE_TITLE:
            yield _finding("page.long_title", page.id, field="title", most=LONGEST_PAGE_TITLE)
        if not page.blocks:
            yield _finding("page.empty", page.id, number=number)
        for block in page.blocks:
            for problem in block.check(module):
                yield _finding(problem.code, page.id, block.id, problem.field)
        yield from _headings(page)
        yield from _links(page, places)


def _headings(page: Page) -> Iterator[Finding]:
    """WCAG 2.2, 1.3.1 and 2.4.6. The page's title is the second level; a text begins with the third."""
    level = 2
    for block in page.blocks:
        for field, html in block.rich_texts():
            for match in _HEADING.finditer(html):
                if not text(match[2]):
                    yield _finding("heading.empty", page.id, block.id, field)
                elif int(match[1]) > level + 1:
                    yield _finding("heading.skipped", page.id, block.id, field, heading=text(match[2]))
                level = int(match[1])


def _links(page: Page, places: set[str]) -> Iterator[Finding]:
    """WCAG 2.2, 2.4.4: a link says where it leads."""
    for block in page.blocks:
        for field, html in block.rich_texts():
            for match in _LINK.finditer(html):
                address, words = match[1] or "", text(match[2])
                if not words:
                    yield _finding("link.no_text", page.id, block.id, field, address=address)
                elif not address:
                    yield _finding("link.no_address", page.id, block.id, field, words=words)
                elif address.startswith("#") and address[1:] not in places:
                    yield _finding("link.broken", page.id, block.id, field, words=words)
                elif words.casefold() in _VAGUE or words.startswith(("http://", "https://", "www.")):
                    yield _finding("link.vague", page.id, block.id, field, words=words)
