"""The canonical definition of an activity: everything that was said of it, merged (1.0.3 Communication 2.5)."""

from collections import OrderedDict
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms_bridge.db import after_commit

from . import bulk
from .models import ActivityDefinition
from .references import ACTIVITY, Keys, activities_of

MAX_REMEMBERED = 5_000
Said = tuple[int, bytes]  # an activity's key, and a definition in JSON
Unheard = dict[Said, tuple[int, str]]  # where it was said first, and the activity's id


class _Remembered:
    """The definitions that this process knows to be stored, the oldest forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[Said, None] = OrderedDict()

    def __contains__(self, said: Said) -> bool:
        return said in self._known

    def add(self, definitions: Iterable[Said]) -> None:
        for said in definitions:
            self._known[said] = None
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    def clear(self) -> None:
        self._known.clear()


remembered = _Remembered()


def unheard(statements: Iterable[tuple[int, dict[str, Any]]], keys: Keys) -> Unheard:
    """What these statements, at their positions, say of activities and, as far as this process knows, nobody said
    before.
    """
    new: Unheard = {}
    for position, statement in statements:
        for activity in activities_of(statement):
            if activity.get("definition"):
                said = (keys(ACTIVITY, activity["id"]), orjson.dumps(activity["definition"]))
                if said not in remembered and said not in new:
                    new[said] = (position, activity["id"])
    return new


def definitions(new: Unheard) -> bulk.Definitions:
    """The rows that keep it."""
    return [(key, _digest(text), *first, text) for (key, text), first in new.items()]


def remember(session: Session, tenant_id: UUID, new: Unheard) -> None:
    """Stores it. Where there is nothing, the session is not even begun."""
    if new:
        bulk.insert_definitions(session, tenant_id, definitions(new))
        after_commit(session, lambda: remembered.add(new))


def _digest(definition: bytes) -> int:
    return int.from_bytes(blake2b(definition, digest_size=8).digest(), "big", signed=True)


def canonical_definitions(
    session: Session, tenant_id: UUID, activity_ids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """{activity id: definition} for those of which anything is known."""
    keys = Keys(tenant_id)
    wanted = {keys(ACTIVITY, activity_id) for activity_id in activity_ids}
    rows = session.execute(
        select(ActivityDefinition.activity_id, ActivityDefinition.definition)
        .where(ActivityDefinition.tenant_id == tenant_id, ActivityDefinition.key.in_(wanted))
        .order_by(ActivityDefinition.position, ActivityDefinition.digest)
    )
    found: dict[str, dict[str, Any]] = {}
    for activity_id, definition in rows:
        _merge(found.setdefault(activity_id, {}), orjson.loads(definition))
    return found


def _merge(known: dict[str, Any], later: dict[str, Any]) -> None:
    """Texts are added by language, extensions by name; of everything else the later word counts."""
    for name, value in later.items():
        if name in ("name", "description", "extensions") and type(known.get(name)) is dict:
            known[name] = {**known[name], **value}
        else:
            known[name] = value
