"""The demo as data: the modules of two municipalities, their people, requirements and some history.

`people.json` reads as an HR system would tell it; days count back from the day of seeding. `competences.json` names
what the modules give and the register asks for.
"""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
MODULES = tuple(_FOLDER / "modules" / name for name in ("hand-hygiene", "fire-safety", "confidentiality"))
"""The module folders, to be read by `content.load`."""


def municipalities() -> list[dict[str, Any]]:
    """Both municipalities: units, job roles, people, requirements, evidence and exemptions."""
    document: dict[str, list[dict[str, Any]]] = _read("people.json")
    return document["municipalities"]


def competences() -> list[dict[str, Any]]:
    """uri, titles by language, kind, validity_months (None: no expiry), and the module that gives it, if any."""
    listed: list[dict[str, Any]] = _read("competences.json")
    return listed


def _read(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))
