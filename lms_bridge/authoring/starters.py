"""What a new module begins with: nothing, or one of a few templates, each written in every language."""

import copy
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from content.module import new_id

from ..errors import N_

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
    rights = {"licence": "CC-BY-4.0", "holder": holder}
    return {**module, "title": title, "language": language, "rights": rights}


@cache
def _read(key: str, language: str) -> dict[str, Any]:
    place = files("lms_bridge.authoring").joinpath(f"starters/{language}/{key}.json")
    module: dict[str, Any] = json.loads(place.read_text("utf-8"))
    return module
