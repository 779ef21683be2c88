"""Many questions to a Moodle in one call, by the function that Moodle's own app asks by.

Starting up takes Moodle ten times as long as an answer about one learner, so that a hundred questions in one call cost
it little more than one. Where the token's service does not have the function, they are asked one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ..errors import N_
from .client import SLOW_SECONDS, Client, MoodleError, Passing, told_error

FUNCTION = "tool_mobile_call_external_functions"
AT_ONCE = 100
"""PHP takes 1,000 fields of a form where nobody said otherwise; a question is two."""
_NOT_THERE = frozenset({"accessexception", "missingfunction"})
Question = tuple[str, Mapping[str, Any]]


def ask(client: Client, questions: Sequence[Question]) -> list[Any]:
    """The answers, in order; in place of one that Moodle refused, its MoodleError. Raises what the call as a whole
    comes to, and Passing.
    """
    answers: list[Any] = []
    while left := questions[len(answers) :]:
        if client.many is False or len(left) == 1:
            answers.append(_one(client, *left[0]))
        else:
            answers += _together(client, left[:AT_ONCE])
    return answers


def _one(client: Client, function: str, arguments: Mapping[str, Any]) -> Any:
    try:
        return client.call(function, **arguments)
    except Passing:
        raise
    except MoodleError as error:
        return error


def _together(client: Client, questions: Sequence[Question]) -> list[Any]:
    """The answers up to the first that was refused: Moodle goes no further. None, where it lacks the function."""
    requests = [
        {"function": function, "arguments": orjson.dumps(arguments).decode()}
        for function, arguments in questions
    ]
    try:
        told = client.call(FUNCTION, patience=SLOW_SECONDS, requests=requests)
    except MoodleError as error:
        if client.many or error.code not in _NOT_THERE:
            raise
        client.many = False
        return []
    client.many = True
    try:
        found = [_answer(one, questions[at][0]) for at, one in enumerate(told["responses"])]
    except (KeyError, TypeError, ValueError, IndexError):
        found = []
    if not found:
        raise MoodleError(N_("Moodle’s answer to %(function)s cannot be read."), "form", function=FUNCTION)
    return found


def _answer(response: Mapping[str, Any], function: str) -> Any:
    if not response["error"]:
        return orjson.loads(response["data"])
    error = told_error(orjson.loads(response["exception"]), function)
    if isinstance(error, Passing):
        raise error
    return error
