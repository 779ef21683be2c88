"""What must hold before a module is published, each with its place and a sentence in four languages."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import content
from content.checks import check, publishable
from content.findings import ERROR, Finding
from content.texts import LANGUAGES, catalogue
from tests.content.samples import DIGEST, changed, sample

TODAY = date(2026, 11, 22)


def test_a_whole_module_has_nothing_to_mend() -> None:
    assert check(sample(), on=TODAY) == []
    assert publishable(check(sample()))


def put(*keys: Any) -> Any:
    """A change of a document: the last value is put at the place that the others name."""

    def change(made: Any) -> None:
        for key in keys[:-2]:
            made = made[key]
        made[keys[-2]] = keys[-1]

    return change


def text(html: str) -> Any:
    return put("pages", 0, "blocks", 0, "html", html)


def rights(**fields: Any) -> Any:
    return lambda made: made["assets"][DIGEST]["rights"].update(fields)


def origins(*licences: str, module: str = "CC-BY-SA-4.0") -> Any:
    def change(made: dict[str, Any]) -> None:
        made["rights"]["licence"] = module
        made["derived_from"] = [
            {
                "id": f"0f5a2c1e-7b34-4c8e-9d21-{n:012}",
                "version": 1,
                "title": f"Modul {n}",
                "holder": "Vik",
                "licence": licence,
            }
            for n, licence in enumerate(licences, 1)
        ]

    return change


OTHERS = {"holder": "Kari Fotograf", "title": "Foto"}
GROUP = {"members": ["Nordli"], "valid_to": "2026-01-31"}
MEMBER = {"members": ["Fjordvik kommune"], "valid_to": "2026-01-31"}
PAGE, IMAGE = "pwhy1", "bimage1"
CASES = [
    (put("title", " "), "module.no_title", "error", "", "", "title"),
    (put("title", "å" * 201), "module.long_title", "error", "", "", "title"),
    (put("language", "fi"), "module.other_language", "warning", "", "", "language"),
    (put("summary", ""), "module.no_summary", "warning", "", "", "summary"),
    (put("duration_minutes", None), "module.no_duration", "warning", "", "", "duration_minutes"),
    (put("goals", [""]), "module.no_goals", "warning", "", "", "goals"),
    (put("pages", []), "module.no_pages", "error", "", "", "pages"),
    (lambda made: made["pages"].pop(), "module.no_questions", "error", "", "", "pass_mark"),
    (put("pass_mark", None), "module.no_pass_mark", "warning", "", "", "pass_mark"),
    (put("competences", 0, "uri", ""), "competence.incomplete", "error", "", "", "competences"),
    (put("pages", 0, "title", ""), "page.no_title", "error", PAGE, "", "title"),
    (put("pages", 0, "title", "å" * 121), "page.long_title", "warning", PAGE, "", "title"),
    (put("pages", 0, "blocks", []), "page.empty", "error", PAGE, "", ""),
    (put("pages", 0, "blocks", 1, "alt", ""), "image.no_alt", "error", PAGE, IMAGE, "alt"),
    (text("<h3> </h3><p>a</p>"), "heading.empty", "error", PAGE, "btext1", "html"),
    (text("<h4>Så</h4><p>a</p>"), "heading.skipped", "warning", PAGE, "btext1", "html"),
    (
        text('<p>Les <a href="https://fhi.example">her</a></p>'),
        "link.vague",
        "warning",
        PAGE,
        "btext1",
        "html",
    ),
    (
        text('<p><a href="https://fhi.example">https://fhi.example</a></p>'),
        "link.vague",
        "warning",
        PAGE,
        "btext1",
        "html",
    ),
    (text('<p>a<a href="https://fhi.example"></a></p>'), "link.no_text", "error", PAGE, "btext1", "html"),
    (text('<p><a href="/intern">rutinen</a></p>'), "link.no_address", "error", PAGE, "btext1", "html"),
    (text('<p><a href="#borte1">forrige side</a></p>'), "link.broken", "error", PAGE, "btext1", "html"),
    (put("rights", "licence", "unknown"), "rights.module_no_licence", "error", "", "", "rights.licence"),
    (put("rights", "holder", ""), "rights.module_no_holder", "error", "", "", "rights.holder"),
    (rights(licence="unknown"), "rights.unknown", "error", PAGE, IMAGE, "rights"),
    (rights(holder="", creators=[]), "rights.no_holder", "error", PAGE, IMAGE, "rights"),
    (rights(**OTHERS, source=""), "rights.no_source", "warning", PAGE, IMAGE, "rights"),
    (rights(**OTHERS, licence="all-rights-reserved"), "rights.ask", "warning", PAGE, IMAGE, "rights"),
    (
        rights(**OTHERS, licence="CC-BY-ND-4.0", changes="beskåret"),
        "rights.no_derivatives",
        "error",
        PAGE,
        IMAGE,
        "rights",
    ),
    (rights(**OTHERS, licence="GROUP", grant=GROUP), "rights.not_a_member", "error", PAGE, IMAGE, "rights"),
    (
        rights(**OTHERS, licence="GROUP", grant=MEMBER),
        "rights.outside_period",
        "error",
        PAGE,
        IMAGE,
        "rights",
    ),
    (
        rights(**OTHERS, licence="GROUP", grant=MEMBER | {"valid_to": ""}, changes="beskåret"),
        "rights.grant_says_no",
        "error",
        PAGE,
        IMAGE,
        "rights",
    ),
    (
        rights(**OTHERS, licence="CC-BY-4.0", grant={"max_learners": 50}),
        "rights.cc_narrowed",
        "error",
        PAGE,
        IMAGE,
        "rights",
    ),
    (
        rights(**OTHERS, licence="CC-BY-NC-4.0"),
        "rights.part_noncommercial",
        "warning",
        "",
        "",
        "rights.licence",
    ),
    (origins("CC-BY-ND-4.0"), "rights.may_not_adapt", "error", "", "", "rights.licence"),
    (origins("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"), "rights.clash", "error", "", "", "rights.licence"),
    (
        origins("CC-BY-SA-4.0", module="CC-BY-4.0"),
        "rights.licence_not_allowed",
        "error",
        "",
        "",
        "rights.licence",
    ),
]


@pytest.mark.parametrize(
    ("change", "code", "severity", "page", "block", "field"),
    CASES,
    ids=[f"{row[1]} {n}" for n, row in enumerate(CASES)],
)
def test_found(change: Any, code: str, severity: str, page: str, block: str, field: str) -> None:
    found = {finding.code: finding for finding in check(changed(change), on=TODAY)}
    assert code in found
    finding = found[code]
    assert (finding.severity, finding.page_id, finding.block_id, finding.field) == (
        severity,
        page,
        block,
        field,
    )
    for language in LANGUAGES:
        sentence = finding.text(language)
        assert len(sentence) > 15
        assert "{" not in sentence


def test_an_unchanged_nd_picture_may_be_published() -> None:
    assert check(changed(rights(**OTHERS, licence="CC-BY-ND-4.0")), on=TODAY) == []


def test_a_module_made_from_share_alike_may_be_share_alike() -> None:
    assert check(changed(origins("CC-BY-SA-4.0", "CC-BY-4.0")), on=TODAY) == []


def test_a_clash_names_the_parts_and_what_could_replace_them() -> None:
    found = check(changed(origins("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0")), on=TODAY)
    sentence = next(finding for finding in found if finding.code == "rights.clash").text("nb")
    assert sentence.startswith("Modul 1 (CC BY-SA 4.0) + Modul 2 (CC BY-NC-SA 4.0) kan ikke slås sammen")
    assert "CC BY 4.0" in sentence


def test_errors_come_first() -> None:
    def spoil(made: dict[str, Any]) -> None:
        made["summary"] = ""
        made["pages"][1]["title"] = ""

    severities = [finding.severity for finding in check(changed(spoil))]
    assert severities == sorted(severities)
    assert severities[0] == ERROR
    assert not publishable(check(changed(spoil)))


def test_every_sentence_is_there_in_every_language_with_the_same_gaps() -> None:
    english = catalogue("en")
    for language in LANGUAGES:
        assert list(catalogue(language)) == list(english)
        for code, sentence in catalogue(language).items():
            assert set(re.findall(r"{(\w+)}", sentence)) == set(re.findall(r"{(\w+)}", english[code])), code


def test_every_code_that_content_gives_has_a_sentence() -> None:
    folder = Path(content.__file__).parent
    source = "".join(file.read_text() for file in folder.rglob("*.py"))
    kinds = "module|page|block|heading|link|image|video|audio|media|accordion|checklist|question|rights|competence"
    codes = set(re.findall(rf'"((?:{kinds}|xliff)\.[a-z_]+)"', source)) - {
        "rights.licence",
        "rights.holder",
        "module.json",
    }
    assert len(codes) > 50
    assert codes <= set(catalogue("en"))


def test_a_language_without_texts_gets_english() -> None:
    assert Finding("module.no_pages", ERROR).text("fi").startswith("The module has no pages")
    assert Finding("module.no_pages", ERROR).text("nb-NO").startswith("Modulen har ingen sider")
