"""What the demo's people did in its modules before today, as the modules told the LRS."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import content

from .accounts import Account
from .authoring import service as authoring
from .db import new_id, utcnow
from .lrs.credentials import LAUNCH_USER
from .lrs.store import store_statements
from .lrs.values import format_timestamp
from .publishing import delivery
from .publishing import service as publishing
from .publishing.models import Enrolment, Learner, ModuleVersion
from .publishing.package import activity_id
from .web.app import Bridge

_VERBS = "http://adlnet.gov/expapi/verbs/"


def seed_courses(app: Bridge, session: Session, municipality: Mapping[str, Any]) -> None:
    """Loads what `courses` of demo/people.json tells of a municipality; its modules and people are there already."""
    accounts = {account.email: account for account in session.scalars(select(Account))}
    emails = {person["key"]: person["email"] for person in municipality["people"]}
    for taken in municipality["courses"]:
        account = accounts[emails[taken["person"]]]
        module_id = authoring.by_identity(session, UUID(taken["module"])).id
        version = publishing.get_version(session, module_id)
        learner = Learner.of(account)
        enrolment = delivery.enrol(session, learner, module_id)
        enrolment.started = utcnow() - timedelta(days=taken["days_ago"])
        store_statements(
            session,
            account.tenant_id,
            list(_statements(taken, version, enrolment, delivery.actor_of(app, learner))),
            authority={
                "objectType": "Agent",
                "account": {"homePage": app.settings.base_url, "name": LAUNCH_USER},
            },
            credential=LAUNCH_USER,
            version="1.0.3",
        )
        if enrolment.finished:
            enrolment.finished = enrolment.started + timedelta(minutes=taken["minutes"])


def _statements(
    taken: Mapping[str, Any], version: ModuleVersion, enrolment: Enrolment, actor: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """A visit from its beginning to its end; practice that went wrong is tried again, the test is not."""
    module, wrong = content.Module.from_json(version.document), taken["wrong"]
    about = {"objectType": "Activity", "id": activity_id(version.identity)}
    moment = enrolment.started

    def told(verb: str, question: str = "", **result: Any) -> dict[str, Any]:
        return {
            "id": str(new_id()),
            "actor": actor,
            "verb": {"id": _VERBS + verb, "display": {"en": verb}},
            "object": {**about, "id": f"{about['id']}#{question}"} if question else about,
            "result": result,
            "context": {
                "registration": str(enrolment.registration),
                "revision": str(version.number),
                "contextActivities": {"parent": [about]} if question else {},
            },
            "timestamp": format_timestamp(moment),
        }

    yield told("initialized")
    step = timedelta(minutes=taken["minutes"]) / (len(module.questions()) + 1)
    for question in module.questions():
        moment += step
        right = [option.id for option in question.choices() if option.correct]
        if question.id in wrong:
            yield told("answered", question.id, response="[,]".join(wrong[question.id]), success=False)
        if question.id not in wrong or not question.scored:
            yield told("answered", question.id, response="[,]".join(right), success=True)
    scored = [question.id not in wrong for question in module.questions(scored=True)]
    score = sum(scored) / len(scored)
    passed = 100 * score >= (module.pass_mark or 0)
    yield told("completed", completion=True)
    yield told("passed" if passed else "failed", success=passed, score={"scaled": score})
    yield told("terminated", duration=f"PT{taken['minutes']}M")
