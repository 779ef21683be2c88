"""What the OpenAPI document says of the Learning Record Store, whose rules are the standard's own."""

from typing import Any

from ..lrs.resources import served

Json = dict[str, Any]
_IRI = {"type": "string", "format": "iri", "description": "An IRI."}
_AGENT = {"type": "string", "description": "An Agent or identified Group, in JSON."}
_UUID = {"type": "string", "format": "uuid"}
_MOMENT = {"type": "string", "format": "date-time"}
_FLAG = {"type": "boolean", "default": False}
_FILTERS: Json = {
    "statementId": _UUID,
    "voidedStatementId": _UUID,
    "agent": _AGENT,
    "verb": _IRI,
    "activity": _IRI,
    "registration": _UUID,
    "related_activities": _FLAG,
    "related_agents": _FLAG,
    "since": _MOMENT,
    "until": _MOMENT,
    "limit": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "format": {"enum": ["exact", "ids", "canonical"]},
    "attachments": _FLAG,
    "ascending": _FLAG,
    "cursor": {"type": "string", "pattern": "^[0-9]{1,19}$", "description": "Of a `more` link, unchanged."},
}
_STATE: Json = {"activityId": _IRI, "agent": _AGENT, "registration": _UUID, "stateId": {"type": "string"}}
_AGENT_PROFILE: Json = {"agent": _AGENT, "profileId": {"type": "string"}}
_ACTIVITY_PROFILE: Json = {"activityId": _IRI, "profileId": {"type": "string"}}
_ACTOR: Json = {
    "type": "object",
    "properties": {
        "objectType": {"enum": ["Agent", "Group"]},
        "name": {"type": "string"},
        "mbox": {"type": "string", "pattern": "^mailto:[^@\\s]+@[^@\\s]+$"},
        "account": {
            "type": "object",
            "properties": {"homePage": _IRI, "name": {"type": "string"}},
            "required": ["homePage", "name"],
        },
    },
}
SCHEMAS: dict[str, Json] = {
    "Statement": {
        "type": "object",
        "description": "A statement (1.0.3 Data 2.4; IEEE 9274.1.1, 4.2.1). The standard has more rules than this.",
        "properties": {
            "id": _UUID,
            "actor": _ACTOR,
            "verb": {
                "type": "object",
                "properties": {"id": _IRI, "display": {"type": "object"}},
                "required": ["id"],
            },
            "object": {"type": "object"},
            "result": {"type": "object"},
            "context": {"type": "object"},
            "timestamp": _MOMENT,
            "stored": _MOMENT,
            "authority": {"type": "object"},
            "version": {"type": "string"},
            "attachments": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["actor", "verb", "object"],
    },
    "StatementResult": {
        "type": "object",
        "properties": {
            "statements": {"type": "array", "items": {"$ref": "#/components/schemas/Statement"}},
            "more": {"type": "string"},
        },
        "required": ["statements", "more"],
    },
}
_STATEMENT: Json = {"$ref": "#/components/schemas/Statement"}
_MANY: Json = {"type": "array", "items": _STATEMENT}
_NAMES: Json = {"type": "array", "items": {"type": "string"}}

_OPEN = ("/about",)


def paths() -> dict[str, Json]:
    """Path → operations, of every resource that the LRS serves."""
    return {
        f"/xapi{path}": {method.lower(): _operation(path, method) for method in methods}
        for path, methods in served.items()
    }


# (path, method): (summary, parameters, of which needed, body, status, answer); a body or answer is media type → schema
_JSON = "application/json"
_DOCUMENT: Json = {"*/*": {}}
_WHATEVER: Json = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}, _JSON: {}}
_MULTIPART: Json = {"multipart/mixed": {}}
_TABLE: dict[tuple[str, str], tuple[str, Json, tuple[str, ...], Json | None, int, Json]] = {
    ("/statements", "GET"): (
        "One statement by id, or those that meet the filters.",
        _FILTERS,
        (),
        None,
        200,
        {
            _JSON: {"schema": {"anyOf": [{"$ref": "#/components/schemas/StatementResult"}, _STATEMENT]}},
            **_MULTIPART,
        },
    ),
    ("/statements", "PUT"): (
        "Stores a statement under an id.",
        {"statementId": _UUID},
        ("statementId",),
        {_JSON: {"schema": _STATEMENT}},
        204,
        {},
    ),
    ("/statements", "POST"): (
        "Stores statements, and gives their ids back.",
        {},
        (),
        {_JSON: {"schema": {"anyOf": [_STATEMENT, _MANY]}}, **_MULTIPART},
        200,
        {_JSON: {"schema": {"type": "array", "items": _UUID}}},
    ),
    ("/agents", "GET"): (
        "All that was said of an agent, as a Person.",
        {"agent": _AGENT},
        ("agent",),
        None,
        200,
        {_JSON: {"schema": {"type": "object", "required": ["objectType"]}}},
    ),
    ("/activities", "GET"): (
        "An activity with everything that was said of it.",
        {"activityId": _IRI},
        ("activityId",),
        None,
        200,
        {_JSON: {"schema": {"type": "object", "required": ["id"]}}},
    ),
    ("/about", "GET"): (
        "Which versions are spoken.",
        {},
        (),
        None,
        200,
        {_JSON: {"schema": {"type": "object", "properties": {"version": _NAMES}, "required": ["version"]}}},
    ),
}
_DOCUMENTS = {
    "/activities/state": ("the state of an activity", _STATE, ("activityId", "agent"), "stateId"),
    "/activities/profile": ("an activity's profile", _ACTIVITY_PROFILE, ("activityId",), "profileId"),
    "/agents/profile": ("an agent's profile", _AGENT_PROFILE, ("agent",), "profileId"),
}
_VERBS = {
    "GET": "One document of {}, or, without its id, the ids of all.",
    "PUT": "Stores a document of {}.",
    "POST": "Merges a JSON document into one of {}, or stores it.",
    "DELETE": "Deletes a document of {}.",
}


def _row(path: str, method: str) -> tuple[str, Json, tuple[str, ...], Json | None, int, Json]:
    if path not in _DOCUMENTS:
        return _TABLE[path, method]
    what, parameters, needed, name = _DOCUMENTS[path]
    summary = _VERBS[method].format(what)
    if method == "GET":
        return summary, parameters | {"since": _MOMENT}, needed, None, 200, _DOCUMENT
    one = needed if path == "/activities/state" and method == "DELETE" else (*needed, name)
    return summary, parameters, one, None if method == "DELETE" else _WHATEVER, 204, {}


def _operation(path: str, method: str) -> Json:
    summary, parameters, needed, body, status, answer = _row(path, method)
    found: Json = {
        "operationId": f"{method.lower()}_{path.strip('/').replace('/', '_')}",
        "tags": ["xAPI"],
        "summary": summary,
        "parameters": [
            *_headers(path, method),
            *(
                {"name": name, "in": "query", "required": name in needed, "schema": schema}
                for name, schema in parameters.items()
            ),
        ],
        "responses": {
            str(status): {"description": "As asked for.", **({"content": answer} if answer else {})},
            **_problems(path, method),
        },
    }
    if body:
        found["requestBody"] = {"required": True, "content": body}
    if path in _OPEN:
        found["security"] = []
    return found


def _problems(path: str, method: str) -> Json:
    statuses = [400, 503] + ([] if path in _OPEN else [401, 403, 404, 429])
    statuses += [] if method == "GET" else [409, 412, 413]
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}


def _headers(path: str, method: str) -> list[Json]:
    version = {"enum": ["1.0.3", "2.0.0"]}
    names = ("If-Match", "If-None-Match") if path in _DOCUMENTS and method != "GET" else ()
    found: list[Json] = [{"name": name, "in": "header", "schema": {"type": "string"}} for name in names]
    if path not in _OPEN:
        found.insert(
            0, {"name": "X-Experience-API-Version", "in": "header", "required": True, "schema": version}
        )
    return found
