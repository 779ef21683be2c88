"""The OpenAPI 3.1 document: made of the endpoints' own classes and texts, and of what the LRS and health say."""

import inspect
import re
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from . import competences, evidence, lists, lrs_document, modules, other_documents, people  # noqa: F401
from .protocol import PROBLEMS, Endpoint, Problem, endpoints

REFERENCE = "#/components/schemas/{name}"
Json = dict[str, Any]
_PATH_TYPES = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
}
_RULE = re.compile(r"<(\w+)(?:\(([^)]*)\))?:(\w+)>")
TAGS = {
    "Modules": "What the municipality has published, and packages of it. Scope `modules/read`.",
    "Register": "Who works where, what is asked, who has it until when. Scope `register/read`.",
    "Sending": "Evidence and lists from other systems. Scope `register/write`.",
    "xAPI": "The Learning Record Store: xAPI 1.0.3 and 2.0 (IEEE 9274.1.1).",
    "Service": "For whoever watches over the service.",
}


@cache
def document(base_url: str) -> bytes:
    """The document as JSON, for a service at this address."""
    classes = {found for one in endpoints for found in (one.answer, one.body) if isinstance(found, type)}
    _schemas, components = msgspec.json.schema_components(
        [Problem, *sorted(classes, key=_name)], ref_template=REFERENCE
    )
    paths: dict[str, Json] = {}
    for one in sorted(endpoints, key=lambda one: one.path):
        paths.setdefault(_path(one), {})[one.method.lower()] = _operation(one)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "lms-bridge",
                "version": version("lms-bridge"),
                "description": "What other programs of a municipality may ask and send. Each key sees its own "
                "municipality only.",
                "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            },
            "servers": [{"url": base_url}],
            "security": [{"key": []}],
            "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
            "paths": paths | lrs_document.paths() | other_documents.paths(),
            "components": {
                "securitySchemes": {
                    "key": {
                        "type": "http",
                        "scheme": "basic",
                        "description": "Key and secret of a credential.",
                    }
                },
                "responses": {str(status): _problem(status) for status in PROBLEMS},
                "schemas": components | lrs_document.SCHEMAS,
            },
        }
    )


def problems(*statuses: int) -> Json:
    """Errors, as every operation may answer them."""
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}


def _problem(status: int) -> Json:
    found: Json = {
        "description": PROBLEMS[status],
        "content": {"application/problem+json": {"schema": {"$ref": REFERENCE.format(name="Problem")}}},
    }
    if status == 429:
        found["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    if status == 401:
        found["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return found


def _operation(one: Endpoint) -> Json:
    summary, _blank, more = (inspect.getdoc(one.view) or "").partition("\n\n")
    names = [400, 401, 403, 429, 503]
    parameters = [*_path_parameters(one.path), *_query_parameters(one.query)]
    names += [404] if parameters else []
    names += [409, 413] if one.body else []
    found: Json = {
        "operationId": one.view.__name__,
        "tags": [
            "Modules" if one.scope == "modules/read" else "Register" if one.method == "GET" else "Sending"
        ],
        "summary": summary.replace("\n", " "),
        "description": f"{more}\n\nScope: `{one.scope}`.".strip(),
        "parameters": parameters,
        "responses": {str(one.status): _answer(one)} | problems(*names),
    }
    if one.method == "GET":
        found["responses"]["304"] = {"description": "What you have (If-None-Match) is what there is."}
    if isinstance(one.body, tuple):
        binary = {"schema": {"type": "string", "format": "binary"}}
        found["requestBody"] = {"required": True, "content": dict.fromkeys(one.body, binary)}
    elif one.body is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(one.body)}},
        }
    return found


def _answer(one: Endpoint) -> Json:
    headers = {"ETag": {"schema": {"type": "string"}}} if one.method == "GET" else {}
    if isinstance(one.answer, str):
        content: Json = {one.answer: {}}
    else:
        content = {"application/json": {"schema": _reference(one.answer)}}
    return {"description": "As asked for.", "headers": headers, "content": content}


def _reference(kind: type) -> Json:
    return {"$ref": REFERENCE.format(name=_name(kind))}


def _name(kind: type) -> str:
    return kind.__name__


def _path(one: Endpoint) -> str:
    return "/api/v1" + _RULE.sub(r"{\3}", one.path)


def _path_parameters(path: str) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"enum": choices.split(", ")} if converter == "any" else _PATH_TYPES[converter],
        }
        for converter, choices, name in _RULE.findall(path)
    ]


def _query_parameters(kind: type[msgspec.Struct]) -> list[Json]:
    (_schema,), components = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    found = []
    for name, schema in components[kind.__name__]["properties"].items():
        schema = {key: value for key, value in schema.items() if key != "default" or value not in (None, "")}
        choices = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
        shape = schema | (choices[0] if choices else {})
        if None in shape.get("enum", ()):
            shape["enum"] = [value for value in shape["enum"] if value is not None]
        description = shape.pop("description", "")
        found.append({"name": name, "in": "query", "description": description, "schema": shape})
    return found
