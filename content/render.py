"""Pages as HTML: one block for the editor, or the whole player for a package.

Everything is drawn here, once, on the server. The script in content/player only shows one page at a time,
judges answers and speaks with the LMS, so the text can be read, searched and printed without it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from types import MappingProxyType
from typing import BinaryIO

from content.blocks import Block
from content.credits import Piece, credit, json_ld
from content.drawing import AssetUrl, Drawing, beside
from content.html import Child, Markup, h, join
from content.icons import icon
from content.module import Module, Page
from content.rights import parts_of
from content.theme import Theme

RUNTIME = "lms.js"
SPOKEN = (  # the texts that the script needs
    *(
        "begin",
        "resume",
        "next",
        "previous",
        "seen",
        "choose_first",
        "moved_to",
        "moved_to",
        "problem",
        "not_connected",
        "updated",
        "review_mode",
    ),
    *(
        "result_wait",
        "result_unseen_one",
        "result_unseen_many",
        "result_unanswered_one",
        "result_unanswered_many",
        "result_passed",
        "result_failed",
        "result_completed",
    ),
    *("result_score", "result_needed", "result_again_hint", "result_done", "result_done_here", "retry_test"),
    *("to_first_missing", "answers", "right", "wrong", "unanswered", "result", "credits", "contents"),
)


@dataclass(frozen=True)
class AssetFile:
    """A media file that belongs beside the generated ones."""

    path: str
    size: int
    sha256: str
    media_type: str
    open: Callable[[], BinaryIO]


def block(block: Block, module: Module, *, editing: bool = False, asset_url: AssetUrl = beside) -> str:
    """One block; with `editing` it carries the hooks that Drawing describes."""
    return _block(block, Drawing(module=module, asset_url=asset_url, editing=editing))


def page(page: Page, module: Module, *, editing: bool = False, asset_url: AssetUrl = beside) -> str:
    """One page with its blocks, as the learner sees it."""
    return _page(page, Drawing(module=module, asset_url=asset_url, editing=editing))


def player_files(
    module: Module,
    *,
    runtime: bytes,
    revision: str = "1",
    earlier: Mapping[str, Module] = MappingProxyType({}),
    theme: Theme | None = None,
) -> list[tuple[str, bytes]]:
    """The generated files of a package: page, style, script, and the runtime (`lms.js`) it speaks through.

    `earlier` are the module's earlier revisions: who is in the middle of one finishes it there, also where the
    package takes the place of an older one in an LMS. Each is a file of its own, that only they load.

    Equal input gives equal bytes. The assets are listed by `asset_files`.
    """
    style = built("player.css") + (theme.css().encode() if theme else b"")
    return [
        ("index.html", document(module, revision=revision, earlier=tuple(earlier)).encode()),
        ("player.css", style),
        (RUNTIME, runtime),
        ("player.js", built("player.js")),
        *((f"revision-{number}.js", _as_script(was, number)) for number, was in earlier.items()),
    ]


def asset_files(
    module: Module, open_asset: Callable[[str], BinaryIO], *, earlier: Iterable[Module] = ()
) -> list[AssetFile]:
    """The media that the pages show, in their order; what is kept but not shown stays at home. What `earlier`
    revisions show too is there once."""
    shown: dict[str, AssetFile] = {}
    for each in (module, *earlier):
        for digest, asset in each.used_assets().items():
            path = asset.path(digest)
            shown.setdefault(
                path, AssetFile(path, asset.size, digest, asset.media_type, partial(open_asset, digest))
            )
    return list(shown.values())


@cache
def built(name: str) -> bytes:
    """A file of the built player: player.js, player.css, or blocks.css for the editor."""
    return files("content").joinpath(f"player/built/{name}").read_bytes()


def document(
    module: Module, *, revision: str = "1", earlier: Sequence[str] = (), asset_url: AssetUrl = beside
) -> str:
    """The player's page, complete: every section of the module, table of contents, result and credits.

    `earlier` names the revisions that lie beside it.
    """
    on = Drawing(module=module, asset_url=asset_url)
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("title", module.title),
        h("meta", name="description", content=module.summary) if module.summary else None,
        h("link", rel="stylesheet", href="player.css"),
        _data("application/ld+json", json_ld(module, revision=revision)),
        h("script", src=RUNTIME, defer=True),
        h("script", src="player.js", defer=True),
    )
    body = _body(on, revision, earlier)
    return f"<!doctype html>\n{h('html', head, body, lang=module.language)}\n"


def _as_script(module: Module, revision: str) -> bytes:
    """A revision's page, but for what the newest one's head has loaded, as a script (see player/src/earlier.js)."""
    body = _body(Drawing(module=module), revision)
    page = h("html", h("head", h("title", module.title)), body, lang=module.language)
    return f"window.revision = {json.dumps(page)};\n".encode()


def _body(on: Drawing, revision: str, earlier: Sequence[str] = ()) -> Markup:
    module = on.module
    return h(
        "body",
        h("a", on.say("skip"), href="#main-content", class_="skip"),
        _top(on),
        _contents(on),
        h(
            "main",
            h("p", class_="notice", data_notice=True, hidden=True),
            _start(on),
            [_page(page, on) for page in module.pages],
            _result(on),
            _credits(on),
            _steps(on),
            id="main-content",
        ),
        h("p", class_="unseen", role="status", data_live=True),
        _data("application/json", {key: on.say_raw(key) for key in SPOKEN}, id="player-texts"),
        class_="module player",
        data_module=module.id,
        data_revision=revision,
        data_earlier=" ".join(earlier) or None,
        data_pass_mark=module.pass_mark,
    )


def _data(media_type: str, value: object, **attributes: str) -> Markup:
    """Data for a program in a script element, which ends at the first `</`: no < is left in it."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return h("script", Markup(written.replace("<", "\\u003c")), type=media_type, **attributes)


def _block(block: Block, on: Drawing) -> Markup:
    return h("div", block.draw(on), class_=f"block block-{block.type}", id=block.id, data_block=block.id)


def _page(page: Page, on: Drawing) -> Markup:
    number = on.module.pages.index(page) + 1
    return _section(
        page.id,
        "page-content",
        h("p", on.say("page_of", number=number, total=len(on.module.pages)), class_="eyebrow"),
        h("h2", page.title, tabindex="-1", id=f"{page.id}-title"),
        [_block(block, on) for block in page.blocks],
    )


def _section(name: str, kind: str, *children: Child) -> Markup:
    return h(
        "section", *children, id=name, class_=f"page {kind}", aria_labelledby=f"{name}-title", data_page=name
    )


def _top(on: Drawing) -> Markup:
    return h(
        "header",
        h(
            "button",
            icon("menu"),
            h("span", on.say("contents")),
            class_="menu",
            type="button",
            aria_expanded="false",
            aria_controls="table-of-contents",
        ),
        h("h1", on.module.title),
        h(
            "div",
            h("progress", max=100, value=0, aria_label=on.say("progress")),
            h("span", "0 %", data_percent=True, aria_hidden="true"),
            class_="progress",
        ),
        class_="top",
    )


def _contents(on: Drawing) -> Markup:
    entries = [
        ("start-page", on.say("start_page")),
        *((page.id, page.title) for page in on.module.pages),
        ("result-page", on.say("result")),
        ("credits-page", on.say("credits")),
    ]
    items = [
        h("li", h("a", h("span", icon("check"), class_="mark"), h("span", title), href=f"#{name}"))
        for name, title in entries
    ]
    return h("nav", h("ol", items), class_="contents", id="table-of-contents", aria_label=on.say("contents"))


def _start(on: Drawing) -> Markup:
    module = on.module
    questions = len(module.questions(scored=True))
    facts = [
        ("clock", on.say("minutes", minutes=module.duration_minutes)) if module.duration_minutes else None,
        ("pages", on.count("pages", len(module.pages))),
        ("test", on.count("questions", questions)) if questions else None,
        ("badge", on.say("pass_mark", percent=module.pass_mark)) if module.pass_mark else None,
    ]
    return _section(
        "start-page",
        "start",
        h(
            "div",
            _landscape(),
            h("h2", module.title, tabindex="-1", id="start-page-title"),
            h("p", module.summary, class_="lead") if module.summary else None,
            h(
                "ul",
                [h("li", icon(name), h("span", words)) for name, words in filter(None, facts)],
                class_="facts",
            ),
            h(
                "button",
                on.say("begin"),
                icon("next"),
                type="button",
                class_="button begin",
                data_step="begin",
            ),
            class_="hero",
        ),
        _goals(on),
        _competences(on),
    )


def _goals(on: Drawing) -> Child:
    goals = [h("li", icon("check"), h("span", goal)) for goal in on.module.goals if goal]
    return goals and [h("h3", on.say("goals")), h("ul", goals, class_="goals")]


def _competences(on: Drawing) -> Child:
    gives = []
    for competence in on.module.competences:
        months = competence.validity_months
        validity = on.say("valid_months", months=months) if months else on.say("valid_for_good")
        gives.append(
            h("li", icon("badge"), h("span", h("strong", competence.title), h("span", f" – {validity}")))
        )
    return gives and [h("h3", on.say("gives")), h("ul", gives, class_="gives")]


def _landscape() -> Markup:
    """Fjord and fells in the municipality's colour; says nothing, so a screen reader passes it by."""
    hills = (
        "M0 190 150 110l110 55L420 60l130 90 120-60 150 85 130-95 250 120v100H0Z",
        "M0 215c140-60 260-70 400-25s250 20 380-25 270-40 420 15v90H0Z",
        "M0 245c200-30 330-20 520 0s420 25 680-15v70H0Z",
    )
    drawn = [h("path", d=path, class_=f"fell-{depth}") for depth, path in enumerate(hills, start=1)]
    sun = h("circle", cx=930, cy=80, r=38, class_="sun")
    return h(
        "svg",
        sun,
        drawn,
        class_="landscape",
        viewBox="0 0 1200 280",
        preserveAspectRatio="xMidYMax slice",
        aria_hidden="true",
    )


def _result(on: Drawing) -> Markup:
    return _section(
        "result-page",
        "result",
        h("h2", on.say("result"), tabindex="-1", id="result-page-title"),
        h("div", h("p", on.say("result_wait")), data_result=True),
    )


def _steps(on: Drawing) -> Markup:
    back = h(
        "button",
        icon("back"),
        h("span", on.say("previous")),
        type="button",
        class_="step",
        data_step="previous",
    )
    forth = h(
        "button", h("span", on.say("next")), icon("next"), type="button", class_="step next", data_step="next"
    )
    return h("nav", back, forth, class_="steps", aria_label=on.say("steps"))


def _credits(on: Drawing) -> Markup:
    module, language = on.module, on.module.language
    parts = parts_of(module)
    shown = [
        h("li", _credit(credit(part.rights, language, name=part.name))) for part in parts if not part.origin
    ]
    origins = [
        h("li", _credit(credit(part.rights, language, name=part.name))) for part in parts if part.origin
    ]
    return _section(
        "credits-page",
        "credits",
        h("h2", on.say("credits"), tabindex="-1", id="credits-page-title"),
        h("h3", on.say("credits_module")),
        h("p", _credit(credit(module.rights, language, name=module.title))),
        [h("h3", on.say("credits_origin")), h("ul", origins)] if origins else None,
        [h("h3", on.say("credits_parts")), h("ul", shown)] if shown else None,
    )


def _credit(pieces: list[Piece]) -> Markup:
    drawn = [
        h("a", words, href=url, target="_blank", rel="noopener") if url else join(words)
        for words, url in pieces
    ]
    return Markup(". ".join(drawn) + ".")
