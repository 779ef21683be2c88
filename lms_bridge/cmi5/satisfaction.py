"""moveOn: when a unit is done, and with it blocks and the course (cmi5 13.1.4, 9.3.9)."""

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import utcnow
from . import statements
from .models import Course, Node, Progress, Registration


def met(move_on: str, progress: Progress | None) -> bool:
    """Whether an AU's moveOn criterion is met; a waived AU has met it (9.3.9)."""
    if move_on == "NotApplicable":
        return True
    if progress is None:
        return False
    completed, passed = progress.completed is not None, progress.passed is not None
    return progress.waived is not None or {
        "Completed": completed,
        "Passed": passed,
        "CompletedAndPassed": completed and passed,
        "CompletedOrPassed": completed or passed,
    }.get(move_on, False)


def settle(session: Session, course: Course, registration: Registration, session_id: uuid.UUID) -> None:
    """Says satisfied, once each, of the blocks and the course whose every AU has met its criterion."""
    if registration.satisfied is not None:
        return
    nodes = nodes_of(session, course.id)
    progress = progress_of(session, registration.id)
    unmet = unmet_of(nodes, progress)
    said = []
    for node in reversed(nodes):  # children before their parents
        known = progress.get(node.id)
        if node.kind == "block" and node.id not in unmet and (known is None or known.satisfied is None):
            if known is None:
                known = Progress(registration_id=registration.id, node_id=node.id)
                session.add(known)
            known.satisfied = utcnow()
            said.append(statements.satisfied(registration, node, session_id, course.language))
    if None not in unmet:
        registration.satisfied = utcnow()
        said.append(statements.satisfied(registration, course, session_id, course.language))
    session.flush()
    statements.store(session, registration, *said)


def unmet_of(nodes: Iterable[Node], progress: Mapping[uuid.UUID, Progress]) -> set[uuid.UUID | None]:
    """The blocks with an AU beneath them that is not done; None stands for the course."""
    parents = {node.id: node.parent_id for node in nodes}
    unmet: set[uuid.UUID | None] = set()
    for node in nodes:
        if node.kind == "au" and not met(node.move_on, progress.get(node.id)):
            above = node.parent_id
            while above is not None and above not in unmet:
                unmet.add(above)
                above = parents[above]
            unmet.add(None)
    return unmet


def nodes_of(session: Session, course_id: uuid.UUID) -> list[Node]:
    """A course's blocks and AUs in the order of its structure."""
    return list(session.scalars(select(Node).where(Node.course_id == course_id).order_by(Node.position)))


def progress_of(session: Session, registration_id: uuid.UUID) -> dict[uuid.UUID, Progress]:
    """What is known of a registration, by node."""
    rows = session.scalars(select(Progress).where(Progress.registration_id == registration_id))
    return {row.node_id: row for row in rows}
