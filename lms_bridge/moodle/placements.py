"""Publishing modules into courses of a Moodle, bringing them up to date, and taking them away again.

A placement says what is wanted; a job makes it so. The plugin knows an activity by the module's identity, so that
doing it twice, after a crash, does it once. Nothing is open in the database while Moodle works.
"""

from __future__ import annotations

import html
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from ..accounts import audit
from ..authoring.models import Module
from ..connectors.models import Connection
from ..db import utcnow
from ..errors import Conflict, Invalid, NotFound
from ..jobs import Job, Jobs
from ..publishing import packages
from ..publishing.models import ModuleVersion
from ..publishing.service import get_version, latest_number
from ..web.app import Bridge
from ..web.i18n import N_
from . import connecting
from .client import Client, MoodleError, Passing
from .models import DELETE, FAILED, GONE, HIDDEN, HIDE, SENDING, THERE, WAITING, Placement

JOB, LOOK_JOB = "moodle.publish", "moodle.look"
STANDARD = "scorm12"
COMPLETIONS = ("passed", "completed", "either")
MOST_TRIES = 5
LOOK_SECONDS = 120.0
LATE = timedelta(minutes=1)


@dataclass(frozen=True)
class Place:
    """A placement with its Moodle, its module, and the module's newest version."""

    placement: Placement
    connection: Connection
    module: Module
    newest: int
    job: Job | None

    @property
    def again(self) -> datetime | None:
        """When it is tried again, where it waits after a trouble."""
        waits = self.placement.state == WAITING and self.placement.problem and self.job
        return self.job.due if waits and self.job else None

    @property
    def interrupted(self) -> bool:
        """Whether the process that sent it ended in the middle; the next goes on by itself."""
        row, job = self.placement, self.job
        if row.state != SENDING or job is None:
            return False
        return job.state == "waiting" or job.attempts > 1 or job.due < utcnow()

    @property
    def late(self) -> bool:
        """Whether nobody has begun it for long: there is very much to do, or no worker."""
        row, job = self.placement, self.job
        return row.state == WAITING and job is not None and job.due < utcnow() - LATE

    @property
    def behind(self) -> bool:
        """Whether Moodle has an older version than the newest."""
        row = self.placement
        return row.state in (THERE, HIDDEN, FAILED) and not row.leaving and row.wanted < self.newest


def places(
    session: Session, *, module_id: uuid.UUID | None = None, connection_id: uuid.UUID | None = None
) -> list[Place]:
    """Where one module is, or what is in one Moodle."""
    newest = (
        select(ModuleVersion.module_id, func.max(ModuleVersion.number).label("number"))
        .group_by(ModuleVersion.module_id)
        .subquery()
    )
    query = (
        select(Placement, Connection, Module, newest.c.number, Job)
        .join(Connection, Connection.id == Placement.connection_id)
        .join(Module, Module.id == Placement.module_id)
        .join(newest, newest.c.module_id == Placement.module_id)
        .outerjoin(Job, Job.id == Placement.job_id)
        .order_by(Module.title, Connection.name, Placement.course_name, Placement.id)
    )
    if module_id is not None:
        query = query.where(Placement.module_id == module_id)
    if connection_id is not None:
        query = query.where(Placement.connection_id == connection_id)
    return [Place(*row) for row in session.execute(query).tuples()]


def place(
    session: Session,
    jobs: Jobs,
    connection: Connection,
    module_id: uuid.UUID,
    *,
    course: tuple[int, str],
    section: int,
    completion: str,
    visible: bool,
    by: uuid.UUID | None,
) -> Placement:
    """Puts the module's newest version into a course; where it is there already, brings that up to date.

    Raises NotFound for a module that was never published, Invalid for an unknown completion rule, Forbidden
    after the last day of an agreement that the version rests on.
    """
    version = get_version(session, module_id)
    if completion not in COMPLETIONS or section < 0 or course[0] < 1:
        raise Invalid(N_("Choose a course, a section and what counts as completed."))
    version.refuse_if_ended()
    row = session.scalar(
        select(Placement).where(
            Placement.connection_id == connection.id,
            Placement.course_id == course[0],
            Placement.module_id == module_id,
        )
    )
    if row is None:
        row = Placement(connection_id=connection.id, course_id=course[0], module_id=module_id, created_by=by)
        session.add(row)
    row.course_name, row.section, row.completion, row.visible = course[1][:300], section, completion, visible
    row.wanted, row.leaving = version.number, ""
    session.flush()
    _send_soon(session, jobs, row)
    audit.record(session, "moodle.publish", f"module:{module_id}", account_id=by, course=course[0])
    return row


def update(session: Session, jobs: Jobs, found: Sequence[Place]) -> int:
    """Brings those that are behind up to the newest version; how many that were."""
    late = [one for one in found if one.behind]
    for one in late:
        one.placement.wanted = one.newest
        _send_soon(session, jobs, one.placement)
    return len(late)


def try_again(session: Session, jobs: Jobs, placement_id: uuid.UUID) -> Placement:
    """Once more, what failed or is gone in Moodle."""
    row = get(session, placement_id)
    newest = latest_number(session, row.module_id)
    if row.state == GONE:
        row.cmid, row.visible = None, True
    if newest is not None and not row.leaving:
        row.wanted = newest
    _send_soon(session, jobs, row)
    return row


def leave(session: Session, jobs: Jobs, placement_id: uuid.UUID, how: str, by: uuid.UUID | None) -> Placement:
    """Hides the activity in Moodle, or deletes it there if nobody has begun it. Raises Conflict while it is sent."""
    row = get(session, placement_id)
    if how not in (HIDE, DELETE):
        raise Invalid(N_("Choose whether to hide or to delete it."))
    if row.state in (WAITING, SENDING):
        raise Conflict(N_("It is on its way to Moodle. Wait a moment."))
    if row.cmid is None:
        session.delete(row)
        return row
    row.leaving = how
    _send_soon(session, jobs, row)
    audit.record(session, "moodle.unpublish", f"module:{row.module_id}", account_id=by, how=how)
    return row


def forget(session: Session, placement_id: uuid.UUID) -> None:
    """Takes a line off the list: of an activity that is gone, or that never came to be."""
    row = get(session, placement_id)
    if row.state != GONE and not (row.state == FAILED and row.cmid is None):
        raise Conflict(N_("It is still in Moodle. Hide or delete it first."))
    session.delete(row)


def get(session: Session, placement_id: uuid.UUID) -> Placement:
    row = session.get(Placement, placement_id)
    if row is None:
        raise NotFound
    return row


def _send_soon(session: Session, jobs: Jobs, row: Placement, tries: int = 0, after: float = 0) -> None:
    row.state = WAITING
    if not tries:
        row.problem = None
    delay = timedelta(seconds=after) if after else None
    row.job_id = jobs.enqueue(session, JOB, delay=delay, placement_id=str(row.id), tries=tries).id


# --- the job ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Order:
    """What a job does, read at one moment."""

    placement: Placement
    connection: Connection
    version: ModuleVersion


def carry_out(app: Bridge, tenant_id: uuid.UUID, placement_id: uuid.UUID, tries: int) -> None:
    """Makes Moodle as a placement wants it. A second job for the same, or a crash in the middle, changes nothing."""
    order = _order(app, tenant_id, placement_id)
    if order is None:
        return
    client = connecting.client_of(app.outgoing, app.vault, order.connection)
    try:
        answer = _leave(client, order) if order.placement.leaving else _publish(app, client, order)
    except MoodleError as error:
        _settle_failure(app, tenant_id, order, error, tries)
        return
    with app.database.unit_of_work(tenant_id) as session:
        row = session.get(Placement, placement_id, with_for_update=True)
        if row is not None:
            _settle(session, app.jobs, row, order, answer)


def _order(app: Bridge, tenant_id: uuid.UUID, placement_id: uuid.UUID) -> _Order | None:
    with app.database.unit_of_work(tenant_id) as session:
        row = session.get(Placement, placement_id, with_for_update=True)
        if row is None or row.state not in (WAITING, SENDING):
            return None
        row.state = SENDING
        version = session.scalars(
            select(ModuleVersion)
            .where(ModuleVersion.module_id == row.module_id, ModuleVersion.number == row.wanted)
            .options(undefer(ModuleVersion.document), undefer(ModuleVersion.build_memory))
        ).one()
        return _Order(row, session.get_one(Connection, row.connection_id), version)


def _publish(app: Bridge, client: Client, order: _Order) -> dict[str, object]:
    row, version = order.placement, order.version
    with app.database.unit_of_work(row.tenant_id, write=False) as session:
        archive = packages.of_version(session, app.storage, version, STANDARD)
    draft = client.upload(packages.file_name(version, STANDARD), iter(archive), archive.size())
    answer: dict[str, object] = client.call(
        "local_lmsbridge_publish",
        patience=300.0,
        courseid=row.course_id,
        section=row.section,
        identity=str(version.identity),
        name=version.title,
        intro=f"<p>{html.escape(version.summary)}</p>" if version.summary else "",
        draftitemid=draft,
        revision=version.number,
        completion=row.completion,
        visible=row.visible,
    )
    return answer


def _leave(client: Client, order: _Order) -> dict[str, object]:
    row = order.placement
    answer: dict[str, object] = client.call("local_lmsbridge_unpublish", cmid=row.cmid, how=row.leaving)
    return answer


def _settle(session: Session, jobs: Jobs, row: Placement, order: _Order, answer: dict[str, object]) -> None:
    row.checked, row.problem = utcnow(), None
    if order.placement.leaving:
        row.state, row.leaving = (HIDDEN if answer.get("state") == "hidden" else GONE), ""
        row.visible = False
        return
    row.cmid, row.version = int(str(answer["cmid"])), order.version.number
    row.url, row.under_way = str(answer.get("url", ""))[:1000], int(str(answer.get("attempts", 0)))
    row.state = THERE if row.visible else HIDDEN
    if row.wanted != row.version:  # a newer version was asked for meanwhile
        _send_soon(session, jobs, row)


def given_up(session: Session, placement_id: uuid.UUID) -> None:
    """The job failed for the last time, for a reason of ours: a person may try again."""
    row = session.get(Placement, placement_id, with_for_update=True)
    if row is not None and row.job_id == session.info["job_id"] and row.state in (WAITING, SENDING):
        sentence = N_("Something failed here, not in Moodle. It is in the log of the service.")
        row.state, row.leaving, row.problem = FAILED, "", {"message": sentence, "details": {}}


def _settle_failure(app: Bridge, tenant_id: uuid.UUID, order: _Order, error: MoodleError, tries: int) -> None:
    """What may pass is tried again, longer apart each time; the rest waits for a person."""
    with app.database.unit_of_work(tenant_id) as session:
        row = session.get(Placement, order.placement.id, with_for_update=True)
        if row is None:
            return
        row.problem = error.plain()
        if isinstance(error, Passing) and tries < MOST_TRIES:
            _send_soon(session, app.jobs, row, tries + 1, max(error.retry_after or 0, 10.0 * 3**tries))
        else:
            row.state = FAILED
            if order.placement.leaving:
                row.leaving = ""


# --- looking ------------------------------------------------------------------------------------------------------


def look(app: Bridge, tenant_id: uuid.UUID, connection_id: uuid.UUID) -> None:
    """Reads from Moodle how its activities of ours are: shown, hidden, gone, and taken by how many."""
    with app.database.unit_of_work(tenant_id, write=False) as session:
        connection = session.get(Connection, connection_id)
    if connection is None or not connection.settings.get("plugin"):
        return
    client = connecting.client_of(app.outgoing, app.vault, connection)
    answer = client.call("local_lmsbridge_list_activities", patience=LOOK_SECONDS)
    seen = {one["cmid"]: one for one in answer["activities"]}
    with app.database.unit_of_work(tenant_id) as session:
        rows = session.scalars(
            select(Placement).where(
                Placement.connection_id == connection_id, Placement.state.in_((THERE, HIDDEN, GONE))
            )
        )
        for row in rows:
            told = seen.get(row.cmid)
            row.checked = utcnow()
            if told is None:
                row.state = GONE
                continue
            row.state = THERE if told["visible"] else HIDDEN
            row.version, row.course_name = int(told["revision"]), str(told["coursename"])[:300]
            row.learners, row.completed = int(told["learners"]), int(told["completed"])
            row.url = str(told["url"])[:1000]
