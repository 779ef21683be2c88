"""What the OpenAPI document says of addresses that other slices serve beside the API."""

from typing import Any

Json = dict[str, Any]
_STATUS = {
    "type": "object",
    "properties": {"status": {"const": "ok"}},
    "required": ["status"],
}
_PUSH_PROBLEMS = (400, 401, 404, 410, 413, 429, 503)


def paths() -> dict[str, Json]:
    """Path → operations."""
    return {
        "/api/openapi.json": {"get": _open("openapi", "This document.", {"application/json": {}})},
        "/health/live": {"get": _open("live", "The process answers.", _json(_STATUS))},
        "/health/ready": {"get": _ready()},
        "/api/v1/sources/{connection_id}/push": {"post": _push()},
        "/metrics": {
            "get": _open("metrics", "Figures for Prometheus, of all processes.", {"text/plain": {}})
        },
    }


def _push() -> Json:
    """What the Moodle plugin sends: it is signed, not authenticated by a key."""
    signed = {
        "X-Lmsbridge-Timestamp": "Unix seconds, at most five minutes off.",
        "X-Lmsbridge-Signature": "`v1=` and the hexadecimal HMAC-SHA256 of timestamp, a dot, and the body.",
    }
    batch = {
        "type": "object",
        "properties": {
            "issuer": {"type": "string"},
            "batch": {"type": "string"},
            "sent": {"type": "integer"},
            "rows": {"type": "array", "items": {"type": "object"}, "maxItems": 500},
        },
        "required": ["rows"],
    }
    received = {"type": "object", "properties": {"received": {"type": "integer"}}, "required": ["received"]}
    found = _open("push", "Results that the plugin in Moodle tells of as they happen.", _json(received))
    identity = {"name": "connection_id", "in": "path", "required": True}
    return found | {
        "tags": ["Sending"],
        "parameters": [
            {**identity, "schema": {"type": "string", "format": "uuid"}},
            *(
                {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
                for name, text in signed.items()
            ),
        ],
        "requestBody": {"required": True, "content": _json(batch)},
        "responses": found["responses"]
        | {str(status): {"$ref": f"#/components/responses/{status}"} for status in _PUSH_PROBLEMS},
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
