"""The resources beside statements: State, Agent and Activity Profiles, Agents, Activities, About."""

from collections.abc import Callable

import orjson
from flask import Response
from werkzeug.http import http_date

from lms_bridge.errors import Forbidden, Invalid

from . import documents, values
from .activities import canonical_definitions
from .credentials import same_actor
from .documents import Condition, Place
from .identity import identity, person
from .protocol import Call
from .query import Query, find_statements
from .references import AGENT, Keys
from .routes import agent_of, agent_parameter, blueprint, resource, served

__all__ = ["blueprint", "served"]

VERSIONS = ["2.0.0", "1.0.3", "1.0.2", "1.0.1", "1.0.0"]
MOST_PERSONAS = 50


def _state(call: Call, *, needs_name: bool) -> Place:
    """1.0.3 Communication 2.3."""
    call.demand("state")
    names = ("activityId", "agent", *(("stateId",) if needs_name else ()))
    call.allow_only("registration", "since", "stateId", required=names)
    agent, own = agent_of(call.parameters["agent"])
    activity_id = call.parameter("activityId", values.iri) or ""
    registration = call.parameter("registration", values.uuid)
    if call.principal.actor is not None:
        other = registration is not None and registration.lower() != call.principal.registration
        if other or activity_id != call.principal.activity_id or not same_actor(call.principal, agent):
            raise Forbidden(
                "This launch may only use the state of its own person, activity and registration."
            )
    name = call.parameters.get("stateId")
    if name is not None:
        registration = registration or ""
    return Place("state", own, activity_id, registration and registration.lower(), name)


def _agent_profile(call: Call, *, needs_name: bool) -> Place:
    """1.0.3 Communication 2.6."""
    call.demand("profile")
    call.allow_only("since", "profileId", required=("agent", *(("profileId",) if needs_name else ())))
    return Place("agent", agent=agent_parameter(call) or "", name=call.parameters.get("profileId"))


def _activity_profile(call: Call, *, needs_name: bool) -> Place:
    """1.0.3 Communication 2.7."""
    call.demand("profile")
    call.allow_only("since", "profileId", required=("activityId", *(("profileId",) if needs_name else ())))
    activity_id = call.parameter("activityId", values.iri) or ""
    return Place("activity", activity_id=activity_id, name=call.parameters.get("profileId"))


Locate = Callable[..., Place]


def _guarded(find: Locate) -> Locate:
    """A launch's own LMS may have a say about the document."""

    def locate(call: Call, *, needs_name: bool) -> Place:
        place = find(call, needs_name=needs_name)
        if call.principal.guard is not None:
            call.principal.guard.check_document(call, place)
        return place

    return locate


def _document_resource(path: str, find: Locate, *, delete_many: bool) -> None:
    locate = _guarded(find)

    def get(call: Call) -> Response:
        place = locate(call, needs_name=False)
        if place.name is None:
            return _names(call, place)
        if "since" in call.parameters:
            raise Invalid("The parameter 'since' belongs to the list of documents.")
        document = documents.get_document(call.session, place)
        response = Response(document.content, headers={"Content-Type": document.content_type})
        response.headers["ETag"] = f'"{document.etag}"'
        response.headers["Last-Modified"] = http_date(document.updated_at)
        return response

    def put(call: Call) -> Response:
        place = locate(call, needs_name=True)
        condition = _condition(call)
        guarded = call.xapi_2 or place.kind != "state"  # 2.0 guards states too
        if guarded and not condition and not call.xapi_2:
            _refuse_unguarded(call, place)
        content = call.read_body()
        documents.put_document(call.session, place, content, _content_type(call), condition, guarded=guarded)
        return Response(status=204)

    def post(call: Call) -> Response:
        place = locate(call, needs_name=True)
        documents.merge_document(call.session, place, call.read_body(), _content_type(call), _condition(call))
        return Response(status=204)

    def delete(call: Call) -> Response:
        documents.delete_document(call.session, locate(call, needs_name=not delete_many), _condition(call))
        return Response(status=204)

    resource(path, GET=get, PUT=put, POST=post, DELETE=delete)


def _refuse_unguarded(call: Call, place: Place) -> None:
    """1.0.3 demands a condition of every PUT of a profile (Communication 3.1): 409 where there is a document."""
    documents.refuse_existing(call.session, place)
    raise Invalid("PUT of a profile needs If-Match with the ETag of what is there, or If-None-Match: *.")


def _names(call: Call, place: Place) -> Response:
    found = documents.list_documents(call.session, place, call.moment("since"))
    response = Response(orjson.dumps([name for name, _ in found]), content_type="application/json")
    if found:
        response.headers["Last-Modified"] = http_date(max(updated for _, updated in found))
    return response


def _condition(call: Call) -> Condition:
    return Condition(call.headers.get("If-Match"), call.headers.get("If-None-Match"))


def _content_type(call: Call) -> str:
    sent = call.content_type or "application/octet-stream"
    if len(sent) > 200 or not sent.isascii() or not sent.isprintable():
        raise Invalid("The Content-Type is too long, or no media type.")
    return sent


def get_agents(call: Call) -> Response:
    """1.0.3 Communication 2.4: all that was said of this agent lately, as a Person."""
    call.demand("statements/read", "profile")
    call.allow_only(required=("agent",))
    agent, own = agent_of(call.parameters["agent"])
    query = Query(limit=MOST_PERSONAS)
    query.demand(Keys(call.principal.tenant_id), own, AGENT)
    page = find_statements(call.session, call.principal.tenant_id, query)
    seen = []
    for statement in map(orjson.loads, page.payloads):
        for part in (statement["actor"], statement["object"]):
            if part.get("objectType", "Activity" if part is statement["object"] else "Agent") in (
                "Agent",
                "Group",
            ):
                seen += [one for one in (part, *part.get("member", ())) if identity(one) == own]
    return _json(person([agent, *seen]))


def get_activity(call: Call) -> Response:
    """1.0.3 Communication 2.5: the activity with everything that was said of it."""
    call.demand("statements/read", "profile")
    call.allow_only(required=("activityId",))
    activity_id = call.parameter("activityId", values.iri) or ""
    activity: dict[str, object] = {"objectType": "Activity", "id": activity_id}
    definition = canonical_definitions(call.session, call.principal.tenant_id, [activity_id]).get(activity_id)
    if definition:
        activity["definition"] = definition
    return _json(activity)


def get_about(call: Call) -> Response:
    """1.0.3 Communication 2.8: open to all."""
    call.allow_only()
    return _json({"version": VERSIONS, "extensions": {}})


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), content_type="application/json")


_document_resource("/activities/state", _state, delete_many=True)
_document_resource("/agents/profile", _agent_profile, delete_many=False)
_document_resource("/activities/profile", _activity_profile, delete_many=False)
resource("/agents", GET=get_agents)
resource("/activities", GET=get_activity)
resource("/about", open_to_all=True, GET=get_about)
