"""Whether two statements with the same id are the same statement (1.0.3 Data 2.3.1, Statement Immutability).

What may differ without making another statement: what the LRS sets (authority, stored, version, and timestamp where
the sender gave none), the order of a group's members and of attachments, verb display and activity definitions,
durations beyond a hundredth of a second, the notation of timestamps, numbers and case-insensitive identifiers, and
lists of one context activity.
"""

from typing import Any

from . import values
from .identity import identity


def same_statement(stored: dict[str, Any], received: dict[str, Any]) -> bool:
    """`stored` is as the LRS keeps it, `received` as it came."""
    left, right = essence(stored), essence(received)
    if "timestamp" not in right:  # then the LRS set it
        left.pop("timestamp", None)
    return _equal(left, right)


def _equal(left: Any, right: Any) -> bool:
    """JSON equality: 1 is 1.0, but true is not 1."""
    if type(left) is dict and type(right) is dict:
        return left.keys() == right.keys() and all(_equal(left[name], right[name]) for name in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return (type(left) is bool) == (type(right) is bool) and bool(left == right)


def essence(statement: dict[str, Any]) -> dict[str, Any]:
    """The parts that make a statement what it is, in one notation."""
    kept: dict[str, Any] = {
        "actor": _actor(statement["actor"]),
        "verb": statement["verb"]["id"],
        "object": _object(statement["object"]),
    }
    if "timestamp" in statement:
        moment = values.parse_timestamp(statement["timestamp"])
        kept["timestamp"] = values.format_timestamp(moment)
    if "result" in statement:
        kept["result"] = _result(statement["result"])
    if "context" in statement:
        kept["context"] = _context(statement["context"])
    if statement.get("attachments"):
        kept["attachments"] = sorted(
            [item["usageType"], item["contentType"], item["length"], item["sha2"].lower()]
            for item in statement["attachments"]
        )
    return kept


def _actor(actor: dict[str, Any]) -> Any:
    members = sorted(str(identity(member)) for member in actor.get("member", ()))
    return [actor.get("objectType", "Agent"), identity(actor), members]


def _object(target: dict[str, Any]) -> Any:
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        return target["id"]
    if kind == "SubStatement":
        return essence(target)
    if kind == "StatementRef":
        return ["StatementRef", target["id"].lower()]
    return _actor(target)


def _result(result: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in result.items() if value != {}}
    if "duration" in kept:
        kept["duration"] = values.duration_parts(kept["duration"])
    return kept


def _context(context: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in context.items() if value not in ({}, [])}
    if "registration" in kept:
        kept["registration"] = kept["registration"].lower()
    for name in ("instructor", "team"):
        if name in kept:
            kept[name] = _actor(kept[name])
    if "statement" in kept:
        kept["statement"] = kept["statement"]["id"].lower()
    if "contextActivities" in kept:
        kept["contextActivities"] = {
            name: sorted(
                activity["id"] for activity in (activities if type(activities) is list else [activities])
            )
            for name, activities in kept["contextActivities"].items()
            if activities
        }
    for name, whom in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in kept:
            kept[name] = [[_actor(entry[whom]), entry.get("relevantTypes")] for entry in kept[name]]
    return kept
