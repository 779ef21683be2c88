"""What a statement must be: one table, read by one small engine.

Every row of the table is an object of the standard: which properties it may have, what each must be, which are
required, and what must hold between them. Section numbers are those of xAPI 1.0.3 part 2 (Data), which xAPI 2.0
(IEEE 9274.1.1) kept in content; what only 2.0 has is marked so.

The checks work on plain dicts as orjson gives them, build nothing, and stop at the first fault, which is raised as
`Wrong` with the JSON path of the offending value.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from . import values
from .values import Wrong

Check = Callable[[Any], None]
EMPTY: Mapping[str, Check] = {}

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"


# --- the engine ------------------------------------------------------------------------------------------------


def has(
    *rules: Callable[[dict[str, Any]], None],
    required: tuple[str, ...] = (),
    also: Mapping[str, Check] = EMPTY,
    **properties: Check,
) -> Check:
    """An object that has these properties, and those of `also`, and no others; `rules` see the whole afterwards."""
    properties.update(also)
    rule_of, needed = properties.get, frozenset(required)

    def check(value: Any) -> None:
        if type(value) is not dict:
            raise Wrong("must be an object")
        for name, item in value.items():
            rule = rule_of(name)
            if rule is None:
                raise Wrong("is not a property of the standard here; own data belongs in extensions", name)
            try:
                rule(item)
            except Wrong as wrong:
                wrong.path.insert(0, name)
                raise
        if not needed <= value.keys():
            raise Wrong("is required", next(name for name in required if name not in value))
        for whole in rules:
            whole(value)

    return check


def array(item_check: Check, *, at_least: int = 0) -> Check:
    def check(value: Any) -> None:
        if type(value) is not list:
            raise Wrong("must be an array")
        if len(value) < at_least:
            raise Wrong("must not be empty")
        for index, item in enumerate(value):
            try:
                item_check(item)
            except Wrong as wrong:
                wrong.path.insert(0, index)
                raise

    return check


def one_of(*allowed: str) -> Check:
    def check(value: Any) -> None:
        if value not in allowed or type(value) is not str:
            raise Wrong("must be " + " or ".join(f'"{word}"' for word in allowed))

    return check


def by_object_type(default: str | None, **checks: Check) -> Check:
    """Chooses the row of the table by the value's objectType, which is case-sensitive (2.4.4)."""

    def check(value: Any) -> None:
        if type(value) is not dict:
            raise Wrong("must be an object")
        kind = value.get("objectType", default)
        rule = checks.get(kind) if type(kind) is str else None
        if rule is None:
            raise Wrong("must be " + " or ".join(f'"{word}"' for word in checks), "objectType")
        rule(value)

    return check


MOST_REMEMBERED = 10_000
LONGEST_REMEMBERED = 2_000


def remembered(check: Check) -> Check:
    """The same people, verbs, activities and scores come with thousands of statements: what was right once, to the
    letter, is right again.
    """
    known: set[bytes] = set()

    def look(value: Any) -> None:
        written = orjson.dumps(value)
        if written in known:
            return
        check(value)
        if len(written) <= LONGEST_REMEMBERED:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            known.add(written)

    return look


# --- rules between properties -----------------------------------------------------------------------------------

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_IDENTIFIERS = frozenset(IDENTIFIERS)


def _identified_once(agent: dict[str, Any]) -> None:
    """An Agent has exactly one inverse functional identifier (2.4.2.1, 2.4.2.3)."""
    found = _IDENTIFIERS & agent.keys()
    if not found:
        raise Wrong("must have one of mbox, mbox_sha1sum, openid and account")
    if len(found) > 1:
        have = [name for name in IDENTIFIERS if name in found]
        raise Wrong(f"must have only one identifier; it has {' and '.join(have)}")


def _group_is_identified_or_has_members(group: dict[str, Any]) -> None:
    """An anonymous Group lists its members; an identified one has exactly one identifier (2.4.2.2)."""
    if not any(name in group for name in IDENTIFIERS):
        if not group.get("member"):
            raise Wrong("must list at least one member, since the group has no identifier", "member")
    else:
        _identified_once(group)


def _score_in_range(score: dict[str, Any]) -> None:
    """min < max, and raw between them (2.4.5.1)."""
    low, high, raw = score.get("min"), score.get("max"), score.get("raw")
    if low is not None and high is not None and low >= high:
        raise Wrong("must be less than max", "min")
    if raw is not None and ((low is not None and raw < low) or (high is not None and raw > high)):
        raise Wrong("must lie between min and max", "raw")


COMPONENTS = {
    "choice": ("choices",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "matching": ("source", "target"),
    "performance": ("steps",),
}
INTERACTIONS = ("true-false", "fill-in", "long-fill-in", "numeric", "other", *COMPONENTS)
_COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")
_OF_INTERACTIONS = frozenset({*_COMPONENT_LISTS, "correctResponsesPattern"})


def _interaction_has_its_components(definition: dict[str, Any]) -> None:
    """Only an interaction has answers, and only its own kind of component lists (2.4.4.1)."""
    kind = definition.get("interactionType")
    if kind is None and _OF_INTERACTIONS.isdisjoint(definition):
        return
    allowed = COMPONENTS.get(kind, ()) if kind else ()
    for name in _COMPONENT_LISTS:
        if name in definition and name not in allowed:
            raise Wrong(f"does not belong to an interactionType of {kind!r}", name)
    if kind is None and "correctResponsesPattern" in definition:
        raise Wrong("is required with correctResponsesPattern", "interactionType")


def _component_ids_differ(components: Any) -> None:
    seen = set()
    for index, component in enumerate(components):
        if component["id"] in seen:
            raise Wrong("must differ from the other ids of the list", index, "id")
        seen.add(component["id"])


def _activity_only(statement: dict[str, Any]) -> None:
    """revision and platform go only with an Activity as object (2.4.6)."""
    context = statement.get("context")
    if context and statement["object"].get("objectType", "Activity") != "Activity":
        for name in ("revision", "platform"):
            if name in context:
                raise Wrong("is only allowed when the object is an Activity", "context", name)


def _voids_a_statement(statement: dict[str, Any]) -> None:
    """A voiding statement's object is a StatementRef (2.3.2)."""
    if statement["verb"]["id"] == VOIDED and statement["object"].get("objectType") != "StatementRef":
        raise Wrong("must be a StatementRef when the verb is voided", "object", "objectType")


def _signature_is_octets(attachment: dict[str, Any]) -> None:
    """A signature's contentType is application/octet-stream (2.6)."""
    if attachment["usageType"] == SIGNATURE and attachment["contentType"] != "application/octet-stream":
        raise Wrong("must be application/octet-stream for a signature", "contentType")


def _authority_group_is_oauth(group: dict[str, Any]) -> None:
    """A Group as authority is a pair of application and user, anonymous (2.4.9)."""
    if len(group.get("member", ())) != 2 or any(name in group for name in IDENTIFIERS):
        raise Wrong("must be a pair of two agents when the authority is a Group", "member")


# --- the table --------------------------------------------------------------------------------------------------


def scaled(value: Any) -> None:
    values.number(value)
    if not -1 <= value <= 1:
        raise Wrong("must lie between -1 and 1")


def length(value: Any) -> None:
    if type(value) is not int or value < 0:
        raise Wrong("must be a number of bytes")


_COMPONENT_LIST = array(has(required=("id",), id=values.string, description=values.language_map))


def components(value: Any) -> None:
    _COMPONENT_LIST(value)
    _component_ids_differ(value)


# 2.4.2.4
account = has(required=("homePage", "name"), homePage=values.iri, name=values.string)

_IDENTIFIED: dict[str, Check] = {
    "name": values.string,
    "mbox": values.mailto,
    "mbox_sha1sum": values.sha1,
    "openid": values.iri,
    "account": account,
}

# 2.4.2.1
agent = has(_identified_once, objectType=one_of("Agent"), also=_IDENTIFIED)
# 2.4.2.2
group = has(
    _group_is_identified_or_has_members,
    required=("objectType",),
    objectType=one_of("Group"),
    member=array(agent),
    also=_IDENTIFIED,
)
# 2.4.2
actor = remembered(by_object_type("Agent", Agent=agent, Group=group))
# 2.4.9
authority = by_object_type(
    "Agent",
    Agent=agent,
    Group=has(
        _authority_group_is_oauth,
        required=("objectType", "member"),
        objectType=one_of("Group"),
        member=array(agent),
        also=_IDENTIFIED,
    ),
)

# 2.4.3
verb = remembered(has(required=("id",), id=values.iri, display=values.language_map))

# 2.4.4.1
definition = has(
    _interaction_has_its_components,
    name=values.language_map,
    description=values.language_map,
    type=values.iri,
    moreInfo=values.iri,
    extensions=values.extensions,
    interactionType=one_of(*INTERACTIONS),
    correctResponsesPattern=array(values.string),
    choices=components,
    scale=components,
    source=components,
    target=components,
    steps=components,
)
activity = remembered(
    has(required=("id",), objectType=one_of("Activity"), id=values.iri, definition=definition)
)
# 2.4.4.3
statement_ref = has(required=("objectType", "id"), objectType=one_of("StatementRef"), id=values.uuid)

# 2.4.5
score = remembered(
    has(_score_in_range, scaled=scaled, raw=values.number, min=values.number, max=values.number)
)
result = has(
    score=score,
    success=values.boolean,
    completion=values.boolean,
    response=values.string,
    duration=values.duration,
    extensions=values.extensions,
)

# 2.4.6.2: a single Activity is allowed where the LRS returns a list
_activities = array(activity)


def activities(value: Any) -> None:
    activity(value) if type(value) is dict else _activities(value)


context_activities = remembered(
    has(parent=activities, grouping=activities, category=activities, other=activities)
)

_CONTEXT: dict[str, Check] = {
    "registration": values.uuid,
    "instructor": actor,
    "team": group,
    "contextActivities": context_activities,
    "revision": values.string,
    "platform": values.string,
    "language": values.language_tag,
    "statement": statement_ref,
    "extensions": values.extensions,
}
# 2.4.6
context_1 = has(also=_CONTEXT)
# 2.0: 4.2.2.5 adds agents and groups in their roles
context_2 = has(
    also=_CONTEXT,
    contextAgents=array(
        has(
            required=("objectType", "agent"),
            objectType=one_of("contextAgent"),
            agent=agent,
            relevantTypes=array(values.iri, at_least=1),
        )
    ),
    contextGroups=array(
        has(
            required=("objectType", "group"),
            objectType=one_of("contextGroup"),
            group=group,
            relevantTypes=array(values.iri, at_least=1),
        )
    ),
)

# 2.4.11
attachment = has(
    _signature_is_octets,
    required=("usageType", "display", "contentType", "length", "sha2"),
    usageType=values.iri,
    display=values.language_map,
    description=values.language_map,
    contentType=values.media_type,
    length=length,
    sha2=values.sha2,
    fileUrl=values.iri,
)


def version(value: Any) -> None:
    """1.0, 1.0.x, 2.0 or 2.0.x (2.4.10)."""
    parts = value.split(".") if type(value) is str else []
    if (
        not 2 <= len(parts) <= 3
        or parts[:2] not in (["1", "0"], ["2", "0"])
        or not all(map(str.isdecimal, parts))
    ):
        raise Wrong("must be a version of xAPI 1.0 or 2.0, such as 1.0.3")


def statement_rules(context: Check) -> Check:
    """2.4 and, for the object of a statement, 2.4.4."""
    common: dict[str, Check] = {
        "actor": actor,
        "verb": verb,
        "result": result,
        "context": context,
        "timestamp": values.timestamp,
        "attachments": array(attachment),
    }
    objects: dict[str, Check] = {
        "Activity": activity,
        "Agent": agent,
        "Group": group,
        "StatementRef": statement_ref,
    }
    required = ("actor", "verb", "object")
    # 2.4.4.4: a SubStatement has no id, stored, version or authority, and no SubStatement within
    sub_statement = has(
        _activity_only,
        required=("objectType", *required),
        objectType=one_of("SubStatement"),
        object=by_object_type("Activity", **objects),
        also=common,
    )
    return has(
        _activity_only,
        _voids_a_statement,
        required=required,
        id=values.uuid,
        stored=values.timestamp,
        authority=authority,
        version=version,
        object=by_object_type("Activity", **objects, SubStatement=sub_statement),
        also=common,
    )


statement_1 = statement_rules(context_1)
statement_2 = statement_rules(context_2)


def check_statement(statement: Any, *, xapi_2: bool) -> None:
    """Raises `Wrong` with the path of the first fault."""
    (statement_2 if xapi_2 else statement_1)(statement)
