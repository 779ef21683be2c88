"""What the OpenAPI document says of addresses that other slices serve beside the API."""

from typing import Any

Json = dict[str, Any]
_STATUS = {
    "type": "object",
    "properties": {"status": {"const": "ok"}},
    "required": ["status"],
}


def paths() -> dict[str, Json]:
    """Path → operations."""
    return {
        "/api/openapi.json": {"get": _open("openapi", "This document.", {"application/json": {}})},
        "/health/live": {"get": _open("live", "The process answers.", _json(_STATUS))},
        "/health/ready": {"get": _ready()},
        "/metrics": {
            "get": _open("metrics", "Figures for Prometheus, of all processes.", {"text/plain": {}})
        },
    }


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _open(name: str, summary: str, content: Json) -> Json:
    return {
        "operationId": name,
        "tags": ["Service"],
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": "As asked for.", "content": content}},
    }


def _ready() -> Json:
    found = _open("ready", "The database and the storage answer too.", _json(_STATUS))
    found["responses"]["503"] = {"$ref": "#/components/responses/503"}
    return found
