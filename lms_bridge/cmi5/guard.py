"""The cmi5 LMS beside its LRS: who a launch's token is, and what that launch may do there (cmi5 6.3, 9, 10.1, 11)."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import utcnow
from ..lrs import credentials
from ..lrs.credentials import Principal, same_actor
from ..lrs.documents import Place
from ..lrs.protocol import Call
from ..lrs.query import stored_ids
from ..lrs.routes import agent_of
from ..web.app import bridge
from . import launching, statements
from . import vocabulary as v
from .models import Course, LaunchSession, Node, Progress, Registration
from .rules import Launch, check_preferences, refuse
from .satisfaction import settle

SCOPES = frozenset({"statements/write", "statements/read/mine", "state", "profile"})
REMEMBERED = timedelta(minutes=1)
LAST_DOCUMENTS = timedelta(seconds=10)
"""How long after terminated a document is still taken, which an AU may have sent at the same moment (9.3.8)."""


def recognise(session: Session, _user: str, token: str, home_page: str) -> Principal | None:
    """The principal behind a launch's token; None for a token that was never given out."""
    visit = launching.by_token(session, token)
    if visit is None:
        return None
    registration = session.scalars(select(Registration).where(Registration.id == visit.registration_id)).one()
    node = session.scalars(select(Node).where(Node.id == visit.node_id)).one()
    return Principal(
        tenant_id=visit.tenant_id,
        name=statements.reader(registration.id),
        scopes=SCOPES,
        authority={"objectType": "Agent", "account": {"homePage": home_page, "name": "cmi5-launch"}},
        actor=registration.actor,
        activity_id=node.activity_id,
        registration=str(registration.id),
        valid_until=(utcnow() + REMEMBERED).timestamp(),
        guard=LaunchGuard(visit.id, registration.id, node.id),
    )


@dataclass(frozen=True)
class LaunchGuard:
    """See lrs.guards.Guard."""

    session_id: uuid.UUID
    registration_id: uuid.UUID
    node_id: uuid.UUID

    def admit(self, call: Call) -> None:
        """The token lasts as long as the session (8.2.1), and serves its own learner only (11.0)."""
        visit = self._visit(call.session)
        document = call.method in ("PUT", "POST") and "stateId" in call.parameters
        _refuse_when_over(visit, utcnow() - LAST_DOCUMENTS if document else None)
        if "agent" in call.parameters and not same_actor(
            call.principal, agent_of(call.parameters["agent"])[0]
        ):
            raise refuse("The agent must be the one that the launch address gave.", "11.0")

    def check_document(self, call: Call, place: Place) -> None:
        reading = call.method in ("GET", "HEAD")
        if place.kind == "state" and not reading and place.name in (None, v.LAUNCH_DATA):
            raise refuse("LMS.LaunchData is the LMS's to write and to delete.", "10.1")
        if place.kind != "agent" or place.name != v.PREFERENCES:
            return
        if reading:
            self._note_preferences_read()
        elif call.method == "DELETE":
            raise refuse("Learner preferences are not the AU's to delete.", "11.0")
        else:
            content = call.read_body()
            call.body = BytesIO(content)
            check_preferences(content, call.content_type)

    def check_statements(self, session: Session, statements: list[dict[str, Any]]) -> Callable[[], None]:
        visit = self._visit(session, lock=True)
        _refuse_when_over(visit, None)
        registration = session.scalars(
            select(Registration).where(Registration.id == self.registration_id)
        ).one()
        node = session.scalars(select(Node).where(Node.id == self.node_id)).one()
        progress = session.get_one(Progress, (self.registration_id, self.node_id))
        launch = _launch(registration, node, visit, progress)
        known = _stored(session, visit.tenant_id, statements)
        before = len(visit.said)
        for statement in statements:
            if statement.get("id", "").lower() not in known:  # one that is sent again is passed over
                name = launch.admit(statement)
                _note(progress, name, statement)
        visit.last_statement = utcnow()
        visit.said = launch.said
        if "terminated" in launch.said:
            visit.terminated = utcnow()
        session.flush()
        new = set(launch.said[before:])

        def after() -> None:
            if new & {"completed", "passed"}:
                course = session.scalars(select(Course).where(Course.id == node.course_id)).one()
                settle(session, course, registration, visit.id)

        return after

    def _visit(self, session: Session, *, lock: bool = False) -> LaunchSession:
        query = select(LaunchSession).where(LaunchSession.id == self.session_id)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        return session.scalars(query).one()

    def _note_preferences_read(self) -> None:
        """Written apart, since the request that reads does not write."""
        database = bridge().database
        with database.unit_of_work(write=False) as session:
            if self._visit(session).preferences_read is not None:
                return
        with database.unit_of_work() as session:
            self._visit(session, lock=True).preferences_read = utcnow()


def _refuse_when_over(visit: LaunchSession, terminated_after: datetime | None) -> None:
    if visit.abandoned is not None:
        raise refuse("This session was left and is abandoned. Open the unit again.", "9.3.6")
    if visit.expires <= utcnow():
        raise refuse("This session has expired. Open the unit again.", "8.2.1")
    if visit.terminated is not None and (terminated_after is None or visit.terminated < terminated_after):
        raise refuse("This session is over: terminated was its last statement.", "9.3.8")


def _launch(registration: Registration, node: Node, visit: LaunchSession, progress: Progress) -> Launch:
    return Launch(
        actor=registration.actor,
        registration=str(registration.id),
        activity_id=node.activity_id,
        publisher_id=node.publisher_id,
        session_id=str(visit.id),
        mode=visit.mode,
        mastery_score=node.mastery_score,
        preferences_read=visit.preferences_read is not None,
        said=list(visit.said),
        completed=progress.completed is not None,
        passed=progress.passed is not None,
    )


def _note(progress: Progress, name: str | None, statement: dict[str, Any]) -> None:
    if name in ("completed", "passed", "failed"):
        setattr(progress, name, utcnow())
    score = statement.get("result", {}).get("score", {}).get("scaled")
    if name in ("passed", "failed") and score is not None:
        progress.score = max(score, progress.score or 0)


def _stored(session: Session, tenant_id: uuid.UUID, sent: list[dict[str, Any]]) -> set[str]:
    """The ids that the LRS has already: it compares what comes under them, and keeps or refuses it."""
    return stored_ids(session, tenant_id, [statement["id"] for statement in sent if "id" in statement])


def init() -> None:
    """Lets the LRS recognise the tokens of cmi5 launches."""
    credentials.launches[launching.TOKEN_USER] = recognise
