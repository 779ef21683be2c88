"""/xapi/: the resources of the standard. Each view names its handlers; protocol.py does what they share."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID

import orjson
from flask import Blueprint, Response
from werkzeug.http import http_date, parse_options_header

from lms_bridge.errors import Invalid
from lms_bridge.web.app import bridge

from . import multipart, positions, protocol, statements, values
from .consistency import consistent_through
from .formats import accepted_languages
from .identity import identity
from .parsing import NotJson, parse_json
from .protocol import MAX_ATTACHMENT, MAX_JSON, METHODS, Call, Handler, answer
from .query import Query
from .references import (
    ACTIVITY,
    AGENT,
    REGISTRATION,
    RELATED_ACTIVITY,
    RELATED_AGENT,
    VERB,
    Keys,
)
from .rules import actor as check_actor
from .statements import Form

blueprint = Blueprint("lrs", __name__)
blueprint.after_request(protocol.add_headers)

PATH = "/xapi/statements"
MOST = 500
USUAL = 100


served: dict[str, tuple[str, ...]] = {}
"""The path of each resource below /xapi → the methods it has."""


def resource(path: str, *, open_to_all: bool = False, **handlers: Handler) -> None:
    """Serves a resource by its handlers, also where a client joins its address with a slash too many."""

    def view() -> Response:
        return answer(handlers, open_to_all=open_to_all)

    served[path] = tuple(handlers)
    name = path.strip("/").replace("/", "_")
    for rule in (f"/xapi{path}", f"/xapi/{path}"):
        blueprint.add_url_rule(
            rule, name, view, methods=METHODS, provide_automatic_options=False, merge_slashes=False
        )


def put_statement(call: Call) -> Response:
    """1.0.3 Communication 2.1.1."""
    call.demand("statements/write")
    call.allow_only(required=("statementId",))
    statement_id = call.parameter("statementId", values.uuid)
    received = _receive(call)
    if not received.single:
        raise Invalid("PUT takes one statement; send a batch by POST.")
    statement = received.statements[0]
    if type(statement) is dict:
        own = statement.setdefault("id", statement_id)
        if type(own) is not str or own.lower() != str(statement_id).lower():
            raise Invalid("$.id must be the same as the parameter statementId.")
    _store(call, received)
    return Response(status=204)


def post_statements(call: Call) -> Response:
    """1.0.3 Communication 2.1.2."""
    call.demand("statements/write")
    call.allow_only()
    return _json(orjson.dumps(_store(call, _receive(call))))


def _receive(call: Call) -> statements.Received:
    kind, options = parse_options_header(call.content_type)
    if kind == "application/json":
        return statements.read_json(call.read_body())
    if kind == "multipart/mixed":
        boundary = options.get("boundary", "")
        return statements.read_multipart(
            call.body, boundary, max_json=MAX_JSON, max_attachment=MAX_ATTACHMENT
        )
    raise Invalid("Statements are sent as Content-Type: application/json or multipart/mixed.")


def _store(call: Call, received: statements.Received) -> list[str]:
    return statements.receive(
        call.session, bridge().storage, call.principal, received, xapi_2=call.xapi_2, version=call.version
    )


_FILTERS = (
    "agent",
    "verb",
    "activity",
    "registration",
    "related_activities",
    "related_agents",
    "since",
    "until",
    "limit",
    "ascending",
    "cursor",
)
_FORMS = ("format", "attachments")


def get_statements(call: Call) -> Response:
    """1.0.3 Communication 2.1.3: one statement by id, or those that meet the filters."""
    call.demand("statements/read", "statements/read/mine")
    call.allow_only("statementId", "voidedStatementId", *_FILTERS, *_FORMS)
    form = _form(call)
    with_attachments = call.flag("attachments")
    if "statementId" in call.parameters or "voidedStatementId" in call.parameters:
        return _one(call, form, with_attachments)
    query = _query(call)
    consistent = values.format_timestamp(consistent_through(call.session))
    found, last = statements.many_statements(call.session, call.principal, query, form)
    more = "" if last is None else f"{PATH}?{urlencode({**call.parameters, 'cursor': str(last)})}"
    body = b'{"statements":[' + b",".join(found) + b'],"more":' + orjson.dumps(more) + b"}"
    response = _with_attachments(call, body, found) if with_attachments else _json(body)
    response.headers[protocol.CONSISTENT_HEADER] = consistent
    return response


def _one(call: Call, form: Form, with_attachments: bool) -> Response:
    if len(call.parameters.keys() - set(_FORMS)) != 1:
        raise Invalid("statementId and voidedStatementId stand alone, or with format and attachments.")
    name = "statementId" if "statementId" in call.parameters else "voidedStatementId"
    statement_id = UUID(call.parameter(name, values.uuid))
    position, body = statements.one_statement(
        call.session, call.principal, statement_id, voided=name == "voidedStatementId", form=form
    )
    response = _with_attachments(call, body, [body]) if with_attachments else _json(body)
    response.headers["Last-Modified"] = http_date(positions.stored_at(position))
    return response


def _form(call: Call) -> Form:
    form = call.parameters.get("format", "exact")
    if form not in ("exact", "ids", "canonical"):
        raise Invalid("The parameter 'format' must be exact, ids or canonical.")
    return Form(form, tuple(accepted_languages(call.headers.get("Accept-Language"))))


def _query(call: Call) -> Query:
    keys = Keys(call.principal.tenant_id)
    query = Query(ascending=call.flag("ascending"), limit=_limit(call))
    related_agents, related_activities = call.flag("related_agents"), call.flag("related_activities")
    if (agent := agent_parameter(call)) is not None:
        query.demand(keys, agent, AGENT, *([RELATED_AGENT] if related_agents else []))
    if (verb := call.parameter("verb", values.iri)) is not None:
        query.demand(keys, verb, VERB)
    if (activity := call.parameter("activity", values.iri)) is not None:
        query.demand(keys, activity, ACTIVITY, *([RELATED_ACTIVITY] if related_activities else []))
    if (registration := call.parameter("registration", values.uuid)) is not None:
        query.demand(keys, registration.lower(), REGISTRATION)
    if (since := call.moment("since")) is not None:
        query.first = positions.first_after(since)
    if (until := call.moment("until")) is not None:
        query.last = positions.last_until(until)
    _go_on(call, query)
    return query


_DIGITS = re.compile(r"\d{1,18}", re.ASCII).fullmatch


def _limit(call: Call) -> int:
    """0 or absent: as many as the LRS likes to give (1.0.3 Communication 2.1.3)."""
    sent = call.parameters.get("limit", "0")
    if not _DIGITS(sent):
        raise Invalid("The parameter 'limit' must be a whole number from 0.")
    return min(int(sent), MOST) or USUAL


def _go_on(call: Call, query: Query) -> None:
    """`cursor` is this LRS's own: the last position of the page before, in a `more` link."""
    cursor = call.parameters.get("cursor")
    if cursor is None:
        return
    if not _DIGITS(cursor) and not re.fullmatch(r"\d{19}", cursor, re.ASCII):
        raise Invalid("The parameter 'cursor' comes from a more link, unchanged.")
    if query.ascending:
        query.first = max(query.first, min(int(cursor) + 1, positions.LAST_POSITION))
    else:
        query.last = min(query.last, int(cursor) - 1)


def agent_parameter(call: Call, *, name: str = "agent") -> str | None:
    """The identity of the Agent or identified Group that a parameter holds as JSON; None if it is absent."""
    sent = call.parameters.get(name)
    return None if sent is None else agent_of(sent)[1]


def agent_of(sent: str) -> tuple[dict[str, object], str]:
    """(the agent, its identity) of a parameter's JSON. Raises `Invalid`."""
    try:
        value = parse_json(sent.encode("utf-8", "surrogatepass"))
        check_actor(value)
    except (NotJson, values.Wrong) as error:
        raise Invalid(f"The parameter 'agent' must be an Agent in JSON: {error}") from None
    found = identity(value)
    if found is None:
        raise Invalid("The parameter 'agent' must have one of mbox, mbox_sha1sum, openid and account.")
    return value, found


def _json(body: bytes) -> Response:
    return Response(body, content_type="application/json")


def _with_attachments(call: Call, body: bytes, found: list[bytes]) -> Response:
    boundary = multipart.new_boundary()
    attachments = statements.attachments_of(call.session, bridge().storage, call.principal.tenant_id, found)
    sent: Iterator[bytes] = multipart.write(boundary, [body], attachments)
    return Response(sent, content_type=f"multipart/mixed; boundary={boundary}")


resource("/statements", GET=get_statements, PUT=put_statement, POST=post_statements)
