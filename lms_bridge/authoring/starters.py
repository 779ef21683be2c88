"""What a new module begins with: nothing, or one of a few templates, each written in every language."""

import copy
import itertools
import json
import uuid
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import content
from content.findings import WARNING, Finding
from content.module import new_id

from ..errors import N_
from ..web.i18n import LANGUAGES

EMPTY = "empty"


@dataclass(frozen=True)
class Starter:
    """A template: its key (also its file's name in starters/<language>), name and what it is for."""

    key: str
    name: str
    about: str


STARTERS = (
    Starter(EMPTY, N_("An empty page"), N_("Build it up as you like.")),
    Starter(
        "procedure",
        N_("A short procedure"),
        N_("When, how and what to look out for, with a checklist. Three pages, five minutes."),
    ),
    Starter(
        "course",
        N_("A course with a test"),
        N_("Why, how, practice and a test with a pass mark. Five pages, about twenty minutes."),
    ),
    Starter(
        "news",
        N_("News and changes"),
        N_("What is new, what it means for you, and where to ask. Two pages, three minutes."),
    ),
)


def document(key: str, language: str, *, title: str, holder: str) -> dict[str, Any]:
    """A new document (content.module, without an id) from a template; an unknown key gives an empty page."""
    known = {starter.key for starter in STARTERS}
    empty: dict[str, Any] = {"pages": [{"title": "", "blocks": []}]}
    module = copy.deepcopy(_read(key, language)) if key in known - {EMPTY} else empty
    for page in module["pages"]:
        page["id"] = new_id("p")
        for block in page["blocks"]:
            block["id"] = new_id("b")
    return {**module, "title": title, "language": language, "rights": rights(holder)}


def rights(holder: str) -> dict[str, str]:
    """What a new module begins with; its author may choose otherwise."""
    return {"licence": "CC-BY-4.0", "holder": holder}


def untouched(module: content.Module) -> list[Finding]:
    """The blocks that still say what a template tells its author to write. A checklist may stay as it is."""
    known = _instructions()
    return [
        Finding("block.template", WARNING, page["id"], block["id"])
        for page in module.to_json()["pages"]
        for block in page["blocks"]
        if _said(block) in known
    ]


@cache
def _instructions() -> frozenset[str]:
    said = set()
    for starter, language in itertools.product(STARTERS, LANGUAGES):
        source = document(starter.key, language, title="", holder="")
        module = content.Module.from_json({"schema": 1, "id": str(uuid.UUID(int=0)), **source})
        said |= {_said(block) for page in module.to_json()["pages"] for block in page["blocks"]}
    return frozenset(said - {""})


def _said(block: dict[str, Any]) -> str:
    """What a block says, to be compared; "" for one of which a template says nothing."""
    if block["type"] in ("image", "checklist"):
        return ""
    return json.dumps({name: value for name, value in block.items() if name != "id"}, sort_keys=True)


@cache
def _read(key: str, language: str) -> dict[str, Any]:
    place = files("lms_bridge.authoring").joinpath(f"starters/{language}/{key}.json")
    module: dict[str, Any] = json.loads(place.read_text("utf-8"))
    return module
