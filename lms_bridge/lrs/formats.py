"""The three forms in which statements are read back: exact, ids, canonical (1.0.3 Communication 2.1.3)."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from .identity import identifier

LanguageMap = dict[str, str]
Definitions = Callable[[str], dict[str, Any] | None]


def ids_only(statement: dict[str, Any]) -> dict[str, Any]:
    """Agents, Activities and Verbs with no more than what identifies them; anonymous groups keep their members."""
    return _transform(statement, _ids_of_actor, _ids_of_activity, lambda verb: {"id": verb["id"]})


def canonical(statement: dict[str, Any], languages: list[str], definitions: Definitions) -> dict[str, Any]:
    """Activities with the definition that the LRS holds for them, language maps with one language each.

    `languages` comes from `accepted_languages`; `definitions` gives the canonical definition of an activity id.
    """

    def of_activity(activity: dict[str, Any]) -> dict[str, Any]:
        definition = definitions(activity["id"]) or activity.get("definition")
        if not definition:
            return activity
        return {**activity, "definition": one_language(definition, languages)}

    def of_verb(verb: dict[str, Any]) -> dict[str, Any]:
        return one_language(verb, languages)

    made = _transform(statement, lambda actor: actor, of_activity, of_verb)
    if "attachments" in made:
        made["attachments"] = [one_language(item, languages) for item in made["attachments"]]
    return made


_MAPS = ("name", "description", "display")
_COMPONENTS = ("choices", "scale", "source", "target", "steps")


def one_language(thing: dict[str, Any], languages: list[str]) -> dict[str, Any]:
    """The same object with each of its language maps reduced to the best language."""
    made = dict(thing)
    for name in _MAPS:
        if type(made.get(name)) is dict:
            made[name] = best_language(made[name], languages)
    for name in _COMPONENTS:
        if name in made:
            made[name] = [one_language(component, languages) for component in made[name]]
    return made


def best_language(texts: LanguageMap, languages: list[str]) -> LanguageMap:
    """One entry: the first accepted language that is there, exactly or by its range (RFC 4647 3.4), else the first.

    Bokmål, nynorsk and Norwegian without a form stand in for each other.
    """
    if len(texts) < 2:
        return texts
    tags = {tag.lower(): tag for tag in texts}
    for wanted in languages:
        if wanted == "*":
            break
        for candidate in (wanted, *_NEIGHBOURS.get(wanted.split("-")[0], ())):
            found = _lookup(candidate, tags)
            if found is not None:
                return {tags[found]: texts[tags[found]]}
    first = next(iter(texts))
    return {first: texts[first]}


_NEIGHBOURS = {"nb": ("no", "nn"), "nn": ("no", "nb"), "no": ("nb", "nn")}


def _lookup(wanted: str, tags: Iterable[str]) -> str | None:
    """Exactly this language, or a narrower one, or the next wider one."""
    narrower = [tag for tag in tags if tag == wanted or tag.startswith(wanted + "-")]
    wider = [tag for tag in tags if wanted.startswith(tag + "-")]
    return min(narrower, key=len, default=None) or max(wider, key=len, default=None)


_RANGE = re.compile(r"\s*([A-Za-z0-9*-]{1,35})\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?").fullmatch


def accepted_languages(header: str | None) -> list[str]:
    """The language ranges of an Accept-Language header, best first, in lower case (RFC 9110 12.5.4)."""
    found: list[tuple[float, int, str]] = []
    for part in (header or "")[:1000].split(","):
        match = _RANGE(part)
        if match:
            weight = float(match[2] or 1)
            if weight > 0:
                found.append((-weight, len(found), match[1].lower()))
    return [language for _, _, language in sorted(found)]


def _ids_of_actor(actor: dict[str, Any]) -> dict[str, Any]:
    made = identifier(actor)
    if "objectType" in actor:
        made["objectType"] = actor["objectType"]
    if len(made) == ("objectType" in actor) and "member" in actor:  # anonymous
        made["member"] = [_ids_of_actor(member) for member in actor["member"]]
    return made


def _ids_of_activity(activity: dict[str, Any]) -> dict[str, Any]:
    return {"id": activity["id"]}


Change = Callable[[dict[str, Any]], dict[str, Any]]


def _transform(statement: dict[str, Any], actor: Change, activity: Change, verb: Change) -> dict[str, Any]:
    made = dict(statement)
    made["actor"] = actor(made["actor"])
    made["verb"] = verb(made["verb"])
    made["object"] = _transform_object(made["object"], actor, activity, verb)
    if "authority" in made:
        made["authority"] = actor(made["authority"])
    if "context" in made:
        made["context"] = _transform_context(made["context"], actor, activity)
    return made


def _transform_object(
    target: dict[str, Any], actor: Change, activity: Change, verb: Change
) -> dict[str, Any]:
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        return activity(target)
    if kind == "SubStatement":
        return _transform(target, actor, activity, verb)
    return target if kind == "StatementRef" else actor(target)


def _transform_context(context: dict[str, Any], actor: Change, activity: Change) -> dict[str, Any]:
    made = dict(context)
    for name in ("instructor", "team"):
        if name in made:
            made[name] = actor(made[name])
    if "contextActivities" in made:
        made["contextActivities"] = {
            name: [activity(item) for item in (items if type(items) is list else [items])]
            for name, items in made["contextActivities"].items()
        }
    for name, whom in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in made:
            made[name] = [{**entry, whom: actor(entry[whom])} for entry in made[name]]
    return made
