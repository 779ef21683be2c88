"""The statements that the LMS makes itself: launched, abandoned, waived, satisfied (cmi5 9.3)."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from ..lrs.store import store_statements
from ..web.app import bridge
from . import vocabulary as v
from .models import Course, LaunchSession, Node, Registration

Statement = dict[str, Any]


def store(session: Session, registration: Registration, *statements: Statement) -> None:
    """Stores them as the LMS's, readable to the AUs of the registration."""
    if not statements:
        return
    authority = {
        "objectType": "Agent",
        "account": {"homePage": bridge().settings.base_url, "name": "cmi5-lms"},
    }
    store_statements(
        session,
        registration.tenant_id,
        list(statements),
        authority=authority,
        credential=reader(registration.id),
        version="1.0.3",
    )


def reader(registration_id: uuid.UUID) -> str:
    """By which name the LRS finds what a registration's launches, and the LMS for them, have stored."""
    return f"cmi5 {registration_id}"


def launched(
    registration: Registration, node: Node, visit: LaunchSession, url: str, language: str
) -> Statement:
    """9.3.1, 9.6.3.2 to 9.6.3.7; `url` without the launch's own parameters."""
    extensions: dict[str, Any] = {"launchmode": visit.mode, "launchurl": url, "moveon": node.move_on}
    if node.mastery_score is not None:
        extensions["masteryscore"] = node.mastery_score
    if node.launch_parameters:
        extensions["launchparameters"] = node.launch_parameters
    statement = _statement(registration, "launched", _unit(node, language), node.publisher_id, visit.id)
    statement["context"]["extensions"].update({v.EXTENSION + name: told for name, told in extensions.items()})
    return statement


def abandoned(registration: Registration, node: Node, visit: LaunchSession) -> Statement:
    """9.3.6; the duration runs from the launch to the AU's last statement (9.5.4.2)."""
    statement = _statement(registration, "abandoned", _unit(node), node.publisher_id, visit.id)
    seconds = ((visit.last_statement or visit.launched) - visit.launched).total_seconds()
    statement["result"] = {"duration": f"PT{max(seconds, 0):.2f}S"}
    return statement


def waived(registration: Registration, node: Node, session_id: uuid.UUID, reason: str) -> Statement:
    """9.3.7, under a session id that no launch has."""
    statement = _statement(registration, "waived", _unit(node), node.publisher_id, session_id)
    statement["result"] = {"success": True, "completion": True, "extensions": {v.REASON: reason}}
    statement["context"]["contextActivities"]["category"].append(_activity(v.MOVE_ON))
    return statement


def satisfied(
    registration: Registration, what: Node | Course, session_id: uuid.UUID, language: str
) -> Statement:
    """9.3.9: of a block, or of the course."""
    kind = v.COURSE if isinstance(what, Course) else v.BLOCK
    target = _activity(f"urn:uuid:{what.id}")
    target["definition"] = {"type": kind, **_words(what, language)}
    return _statement(registration, "satisfied", target, what.publisher_id, session_id)


def voiding(registration: Registration, statement_id: str) -> Statement:
    """Withdraws a statement of the LMS's own that is true no more (xAPI 1.0.3 Data 2.3.2)."""
    return {
        "actor": registration.actor,
        "verb": {"id": v.VOIDED, "display": {"en": "voided"}},
        "object": {"objectType": "StatementRef", "id": statement_id},
    }


def _statement(
    registration: Registration, verb: str, target: Statement, publisher_id: str, session_id: uuid.UUID
) -> Statement:
    return {
        "actor": registration.actor,
        "verb": {"id": v.VERBS[verb], "display": {"en": verb}},
        "object": target,
        "context": {
            "registration": str(registration.id),
            "contextActivities": {
                "category": [_activity(v.CMI5)],  # 9.6.2.1
                "grouping": [_activity(publisher_id)],  # 9.6.2.3
            },
            "extensions": {v.SESSION_ID: str(session_id)},  # 9.6.3.1
        },
    }


def _activity(iri: str) -> Statement:
    return {"objectType": "Activity", "id": iri}


def _unit(node: Node, language: str = "") -> Statement:
    target = _activity(node.activity_id)
    definition = _words(node, language) if language else {}
    if node.activity_type:
        definition["type"] = node.activity_type
    return {**target, "definition": definition} if definition else target


def _words(what: Node | Course, language: str) -> Statement:
    words = {"name": what.title, "description": what.description}
    return {name: {language or "und": text} for name, text in words.items() if text}
