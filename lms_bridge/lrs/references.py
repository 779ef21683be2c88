"""What a statement can be found by: the keys of the index table.

A key is 64 bits of a hash over municipality, role and value, so that one narrow table (key, position) answers every
filter of GET statements (1.0.3 Communication 2.1.3), in the order of storing, and a municipality never meets the
keys of another. Roles: what the plain filters see, and what `related_*` sees in addition.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

from .identity import identity

AGENT = b"a"  # actor or object, members of a group included
RELATED_AGENT = b"A"  # authority, instructor, team, contextAgents, contextGroups, and those of a SubStatement
VERB = b"v"
ACTIVITY = b"o"  # the object
RELATED_ACTIVITY = b"O"  # contextActivities, and the object and contextActivities of a SubStatement
REGISTRATION = b"r"
ATTACHMENT = b"f"  # the hash of one
TARGET = b"t"  # the statement that a StatementRef as object points at
CREDENTIAL = b"c"  # who stored it: for statements/read/mine


MOST_REMEMBERED = 50_000


class Keys:
    """Makes the keys of one municipality; remembers those that come again and again."""

    def __init__(self, tenant_id: UUID) -> None:
        self._known = _known_keys(tenant_id)

    def __call__(self, role: bytes, value: str) -> int:
        """A signed 64-bit number, as both databases keep it."""
        known = self._known
        key = known.of[role].get(value)
        if key is None:
            key = known.make(role, value)
        return key

    def statement_id(self, value: str) -> bytes:
        """Under which an id (1.0.3 Data 2.4.1) is taken: once a municipality, in upper case or lower."""
        hashed = self._known.ids.copy()
        hashed.update(value.lower().encode())
        return hashed.digest()

    def of_statement(self, statement: dict[str, Any]) -> set[int]:
        """Everything that it is found by on its own account."""
        of, make = self._known.of, self._known.make
        found = set()
        for role, value in references(statement):
            key = of[role].get(value)
            found.add(make(role, value) if key is None else key)
        return found

    def of_sender(self, authority: dict[str, Any], credential: str) -> set[int]:
        """What every statement that came with this credential is found by."""
        found: list[tuple[bytes, str]] = [(CREDENTIAL, credential)]
        _add_agents(found, RELATED_AGENT, authority)
        return {self(role, value) for role, value in found}


class _KnownKeys:
    """Those of one municipality in this process; what is in it never becomes wrong."""

    def __init__(self, tenant_id: UUID) -> None:
        self.of: dict[bytes, dict[str, int]] = {role: {} for role in _ROLES}
        self.ids = blake2b(tenant_id.bytes, digest_size=16)
        self._tenant = blake2b(tenant_id.bytes, digest_size=8)

    def make(self, role: bytes, value: str) -> int:
        hashed = self._tenant.copy()
        hashed.update(role + value.encode())
        key = int.from_bytes(hashed.digest(), "big", signed=True)
        if role not in _UNIQUE:
            remembered = self.of[role]
            if len(remembered) >= MOST_REMEMBERED:
                remembered.clear()
            remembered[value] = key
        return key


_UNIQUE = (REGISTRATION, TARGET, ATTACHMENT)
_ROLES = (AGENT, RELATED_AGENT, VERB, ACTIVITY, RELATED_ACTIVITY, CREDENTIAL, *_UNIQUE)
_known_keys = lru_cache(maxsize=100)(_KnownKeys)


def references(statement: dict[str, Any]) -> list[tuple[bytes, str]]:
    """(role, value) pairs; a value may come twice."""
    found = [(VERB, statement["verb"]["id"])]
    _add_agents(found, AGENT, statement["actor"])
    context = statement.get("context")
    if context and "registration" in context:
        found.append((REGISTRATION, context["registration"].lower()))
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        found.append((ACTIVITY, target["id"]))
    elif kind == "StatementRef":
        found.append((TARGET, target["id"].lower()))
    elif kind == "SubStatement":
        found += _related_of_sub_statement(target)
    else:
        _add_agents(found, AGENT, target)
    if "authority" in statement:
        _add_agents(found, RELATED_AGENT, statement["authority"])
    if context:
        _add_context(found, context)
    for part in (statement, target):
        for attachment in part.get("attachments", ()):
            found.append((ATTACHMENT, attachment["sha2"].lower()))
    return found


def _add_context(found: list[tuple[bytes, str]], context: dict[str, Any]) -> None:
    for activity in context_activities(context):
        found.append((RELATED_ACTIVITY, activity["id"]))
    for name in ("instructor", "team"):
        if name in context:
            _add_agents(found, RELATED_AGENT, context[name])
    for entry in context.get("contextAgents", ()):
        _add_agents(found, RELATED_AGENT, entry["agent"])
    for entry in context.get("contextGroups", ()):
        _add_agents(found, RELATED_AGENT, entry["group"])


def _add_agents(found: list[tuple[bytes, str]], role: bytes, actor: dict[str, Any]) -> None:
    """The actor, and the members of a group."""
    for one in (actor, *actor.get("member", ())):
        name = identity(one)
        if name is not None:
            found.append((role, name))


def _related_of_sub_statement(statement: dict[str, Any]) -> list[tuple[bytes, str]]:
    plain_to_related = {AGENT: RELATED_AGENT, ACTIVITY: RELATED_ACTIVITY}
    return [
        (plain_to_related.get(role, role), value)
        for role, value in references(statement)
        if role in (AGENT, RELATED_AGENT, ACTIVITY, RELATED_ACTIVITY)
    ]


def context_activities(context: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for activities in context.get("contextActivities", {}).values():
        found += [activities] if type(activities) is dict else activities
    return found


def activities_of(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """Every Activity that a statement mentions, for the canonical definitions."""
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    found = [target] if kind == "Activity" else activities_of(target) if kind == "SubStatement" else []
    return found + context_activities(statement["context"]) if "context" in statement else found
