"""Courses that were brought in, who takes them, and what a coordinator decides about a learner's way."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ..accounts import Account, audit
from ..db import utcnow
from ..errors import Conflict, Invalid, NotFound
from ..web.app import bridge
from ..web.i18n import N_, _
from . import statements
from .models import Course, CourseFile, LaunchSession, Node, Progress, Registration
from .satisfaction import met, nodes_of, progress_of, settle

REASONS = {
    "Tested Out": N_("Has shown it in a test"),
    "Equivalent AU": N_("Has done another unit of this course that equals it"),
    "Equivalent Outside Activity": N_("Has done the same elsewhere"),
    "Administrative": N_("Decided by the coordinator"),
}
"""Why a unit may be waived, in the words of cmi5 9.5.5.2, and in the reader's."""


WITHDRAWN = N_("This course was withdrawn. Ask the coordinator.")


@dataclass
class Step:
    """A node of a course with how far a learner is there. `state`: new, started, failed, done or waived."""

    node: Node
    progress: Progress | None
    steps: list["Step"] = field(default_factory=list)

    @property
    def met(self) -> bool:
        return self.node.kind == "au" and met(self.node.move_on, self.progress)

    @property
    def state(self) -> str:
        known = self.progress
        if known is not None and known.waived is not None:
            return "waived"
        if self.met and (known is not None or self.node.move_on == "NotApplicable"):
            return "done"
        if known is None or known.launched is None:
            return "new"
        return "failed" if known.failed is not None and known.passed is None else "started"

    @property
    def judged(self) -> bool:
        """Whether nothing more can come of it, so that it is opened for looking only."""
        known = self.progress
        return known is not None and (
            known.passed is not None or (known.completed is not None and self.node.mastery_score is None)
        )


@dataclass(frozen=True)
class Standing:
    """A learner in a course: how many of its units are done."""

    registration: Registration
    name: str
    done: int
    units: int
    last_seen: datetime | None


def courses(session: Session) -> list[tuple[Course, int, int]]:
    """(course, its units, its learners), by title."""
    units = (
        select(func.count())
        .where(Node.course_id == Course.id, Node.kind == "au")
        .correlate(Course)
        .scalar_subquery()
    )
    learners = (
        select(func.count(Registration.account_id.distinct()))
        .where(Registration.course_id == Course.id)
        .correlate(Course)
        .scalar_subquery()
    )
    rows = session.execute(select(Course, units, learners).order_by(Course.title, Course.id))
    return list(rows.tuples())


def get_course(session: Session, course_id: uuid.UUID) -> Course:
    """Raises NotFound."""
    course = session.scalars(select(Course).where(Course.id == course_id)).first()
    if course is None:
        raise NotFound
    return course


def get_unit(session: Session, course_id: uuid.UUID, node_id: uuid.UUID) -> Node:
    """An AU of the course. Raises NotFound."""
    node = session.scalars(
        select(Node).where(Node.id == node_id, Node.course_id == course_id, Node.kind == "au")
    ).first()
    if node is None:
        raise NotFound
    return node


def steps(session: Session, course: Course, registration: Registration | None) -> list[Step]:
    """The course's structure as a tree, with a learner's progress in it."""
    progress = progress_of(session, registration.id) if registration else {}
    made: dict[uuid.UUID | None, Step] = {}
    top: list[Step] = []
    for node in nodes_of(session, course.id):
        made[node.id] = step = Step(node, progress.get(node.id))
        above = made.get(node.parent_id)
        (above.steps if above else top).append(step)
    return top


def units_of(found: Sequence[Step]) -> list[Step]:
    """The AUs of a tree, in its order."""
    return [unit for step in found for unit in ([step] if step.node.kind == "au" else units_of(step.steps))]


def withdraw(session: Session, course: Course) -> bool:
    """Takes a course away from everybody: a visit that is open may end, no other begins, and what was done stays.
    One that nobody has begun goes for good; then True is returned.
    """
    if session.scalars(select(Registration.id).where(Registration.course_id == course.id).limit(1)).first():
        course.withdrawn = course.withdrawn or utcnow()
        audit.record(session, "cmi5.withdrawn", f"cmi5_course:{course.id}")
        return False
    session.execute(delete(CourseFile).where(CourseFile.course_id == course.id))
    for node in reversed(nodes_of(session, course.id)):  # children before their parents
        session.delete(node)
        session.flush()
    session.delete(course)
    audit.record(session, "cmi5.removed", f"cmi5_course:{course.id}", title=course.title[:200])
    return True


def offer_again(session: Session, course: Course) -> None:
    """Takes the withdrawal back."""
    course.withdrawn = None
    audit.record(session, "cmi5.offered_again", f"cmi5_course:{course.id}")


def in_the_middle(session: Session, course: Course) -> int:
    """How many have begun the course and not finished it."""
    return (
        session.scalar(
            select(func.count(Registration.account_id.distinct())).where(
                Registration.course_id == course.id, Registration.satisfied.is_(None)
            )
        )
        or 0
    )


# --- registrations ------------------------------------------------------------------------------------------------


def register(
    session: Session, course: Course, account: Account, *, by: uuid.UUID | None = None
) -> Registration:
    """A new registration: moveOn is evaluated at once (9.6.1), so that nothing may be left to do.

    Raises Conflict for a course that is withdrawn.
    """
    if course.withdrawn is not None:
        raise Conflict(WITHDRAWN)
    registration = Registration(
        course_id=course.id, account_id=account.id, actor=actor_of(account), registered_by=by
    )
    session.add(registration)
    session.flush()
    if by is not None:
        audit.record(
            session, "cmi5.registered", f"account:{account.id}", account_id=by, course=str(course.id)
        )
    settle(session, course, registration, uuid.uuid4())
    return registration


def registration_to_go_on_with(session: Session, course: Course, account: Account) -> Registration:
    """The newest one, or a first one; somebody who clicks twice gets one."""
    session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    return registration_of(session, course, account) or register(session, course, account)


def assign(session: Session, course: Course, account: Account, *, by: uuid.UUID) -> Registration:
    """Registers somebody else. Raises Conflict for one who is in the middle of it."""
    current = registration_of(session, course, account)
    if current is not None and current.satisfied is None:
        raise Conflict(N_("%(name)s is registered already."), name=account.name)
    return register(session, course, account, by=by)


def begin_again(session: Session, course: Course, account: Account) -> Registration:
    """A new round for one who is done. Raises Conflict before that."""
    current = registration_of(session, course, account)
    if current is None or current.satisfied is None:
        raise Conflict(N_("Finish this round first."))
    return register(session, course, account)


def registration_of(session: Session, course: Course, account: Account) -> Registration | None:
    """The newest one."""
    return session.scalars(
        select(Registration)
        .where(Registration.course_id == course.id, Registration.account_id == account.id)
        .order_by(Registration.registered.desc())
        .limit(1)
    ).first()


def get_registration(session: Session, registration_id: uuid.UUID) -> Registration:
    """Raises NotFound."""
    found = session.scalars(select(Registration).where(Registration.id == registration_id)).first()
    if found is None:
        raise NotFound
    return found


def actor_of(account: Account) -> dict[str, object]:
    """The learner as an Agent by an account here, without more of the person than is needed (8.1.3, 9.2)."""
    home = bridge().settings.base_url
    return {"objectType": "Agent", "account": {"homePage": home, "name": str(account.id)}}


def standings(session: Session, course: Course) -> list[Standing]:
    """Everybody's newest registration in the course, by name."""
    units = [node for node in nodes_of(session, course.id) if node.kind == "au"]
    rows = session.execute(
        select(Registration, Account.name)
        .join(Account, Account.id == Registration.account_id)
        .where(Registration.course_id == course.id)
        .order_by(Registration.registered)
    )
    newest = {registration.account_id: (registration, name) for registration, name in rows.tuples()}
    progress: dict[uuid.UUID, dict[uuid.UUID, Progress]] = {}
    for row in session.scalars(
        select(Progress)
        .join(Registration, Registration.id == Progress.registration_id)
        .where(Registration.course_id == course.id)
    ):
        progress.setdefault(row.registration_id, {})[row.node_id] = row
    found = []
    for registration, name in newest.values():
        own = progress.get(registration.id, {})
        done = sum(met(unit.move_on, own.get(unit.id)) for unit in units)
        seen = [row.launched for row in own.values() if row.launched]
        found.append(Standing(registration, name, done, len(units), max(seen, default=None)))
    return sorted(found, key=lambda standing: standing.name)


def own_courses(session: Session, account: Account) -> list[tuple[Course, Registration | None]]:
    """Every course that is offered, with this person's newest registration in it."""
    newest = {
        row.course_id: row
        for row in session.scalars(
            select(Registration)
            .where(Registration.account_id == account.id)
            .order_by(Registration.registered)
        )
    }
    found = session.scalars(
        select(Course).where(Course.withdrawn.is_(None)).order_by(Course.title, Course.id)
    )
    return [(course, newest.get(course.id)) for course in found]


# --- what a coordinator decides -----------------------------------------------------------------------------------


def waive(session: Session, registration: Registration, node: Node, reason: str, *, by: uuid.UUID) -> None:
    """Lets a learner skip a unit (9.3.7). Raises Conflict for one that is waived or done, Invalid for no reason."""
    if reason not in REASONS:
        raise Invalid(N_("Say why."), {"reason": _("Choose one of the reasons.")})
    session.execute(select(Registration.id).where(Registration.id == registration.id).with_for_update()).one()
    progress = progress_of(session, registration.id).get(node.id)
    if met(node.move_on, progress):
        raise Conflict(N_("This unit is done or skipped already."))
    if progress is None:
        progress = Progress(registration_id=registration.id, node_id=node.id)
        session.add(progress)
    progress.waived = utcnow()
    session.flush()
    session_id = uuid.uuid4()
    statements.store(session, registration, statements.waived(registration, node, session_id, reason))
    settle(session, get_course(session, registration.course_id), registration, session_id)
    audit.record(
        session, "cmi5.waived", f"account:{registration.account_id}", account_id=by, unit=str(node.id)
    )


def visits(session: Session, registration: Registration) -> list[LaunchSession]:
    """A registration's sessions, newest first."""
    return list(
        session.scalars(
            select(LaunchSession)
            .where(LaunchSession.registration_id == registration.id)
            .order_by(LaunchSession.launched.desc())
            .limit(50)
        )
    )


def erase_learner(session: Session, account_id: uuid.UUID) -> None:
    """Removes what is kept about an account's way through courses."""
    own = select(Registration.id).where(Registration.account_id == account_id)
    for table in (Progress, LaunchSession):
        session.execute(delete(table).where(table.registration_id.in_(own)))
    session.execute(delete(Registration).where(Registration.account_id == account_id))
