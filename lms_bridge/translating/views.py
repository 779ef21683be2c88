"""How the lines of a translation are shown: page by page, each with what it is called."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from content.translation import MODULE, Passage

from ..authoring import service as authoring
from ..web.i18n import N_, _
from .service import Line


@dataclass(frozen=True)
class ShownLine:
    """A line with its label, and the picture that it tells of, by its digest."""

    line: Line
    label: str
    picture: str = ""


@dataclass(frozen=True)
class ShownPage:
    """A page of the original; the title, the summary and the goals have none, "" and no number."""

    id: str = ""
    title: str = ""
    number: int = 0
    lines: list[ShownLine] = field(default_factory=list)


def by_page(
    lines: Iterable[Line], document: authoring.Document, spoken: Mapping[str, str]
) -> list[ShownPage]:
    pictures = {
        block["id"]: block["asset"]
        for page in document["pages"]
        for block in page["blocks"]
        if block["type"] == "image" and block["asset"]
    }
    pages: dict[str, ShownPage] = {}
    for line in lines:
        passage, page = line.passage, line.passage.page
        name = page.id if page else ""
        if name not in pages:
            number = len([one for one in pages if one]) + 1 if page else 0
            pages[name] = ShownPage(name, page.title if page else "", number)
        picture = pictures.get(passage.target, "") if passage.field == "alt" else ""
        pages[name].lines.append(ShownLine(line, label(passage, spoken), picture))
    return list(pages.values())


def label(passage: Passage, spoken: Mapping[str, str]) -> str:
    """What a text is called in the editor: `field_accordion_items_title`, `field_items_title` or `field_title`."""
    if passage.target == MODULE:
        return spoken["field_goals" if passage.field.startswith("goals") else passage.field]
    if not passage.block:
        return spoken["page_title"]
    first, *rest = passage.field.split(".")
    name, last = "_".join([first, *rest[1:]]), (rest or [first])[-1]
    keys = (f"field_{passage.block}_{name}", f"field_{name}", f"field_{last}")
    return next((spoken[key] for key in keys if key in spoken), "")


def told(line: Line) -> dict[str, Any]:
    """A line for the page's script."""
    passage = line.passage
    return {
        "key": passage.key,
        "target": passage.target,
        "field": passage.field,
        "rich": passage.rich,
        "source": passage.text,
        "state": line.state.value,
    }


STATES = {
    "line_new": N_("Not translated"),
    "line_changed": N_("The original has changed"),
    "line_translated": N_("Translated"),
    "same": N_("It is the same in both languages"),
    "right": N_("It is right as it is"),
    "done_of": N_("%(done)s of %(total)s texts are translated"),
    "all_done": N_("Everything is translated."),
}


def words() -> dict[str, str]:
    """For the page's script, in the reader's language."""
    return {key: _(text) for key, text in STATES.items()}
