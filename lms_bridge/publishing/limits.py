"""How many learners an agreement lets begin a module, and how many have.

A learner counts once in all versions of the module, from the first attempt on the service itself or by LTI; a preview
and a package in an LMS count nobody. The newest version says how many may; who has begun goes on.
"""

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..authoring.models import Module
from ..errors import N_, Forbidden
from .models import Enrolment, ModuleVersion


@dataclass(frozen=True)
class Limit:
    """A municipality's learners of a module, and how many its agreement lets begin."""

    begun: int
    most: int

    @property
    def full(self) -> bool:
        """Whether nobody new can begin."""
        return self.begun >= self.most

    @property
    def nearly_full(self) -> bool:
        """From 90 % on."""
        return self.begun * 10 >= self.most * 9


def of(session: Session, version: ModuleVersion) -> Limit | None:
    """The limit of a module whose newest version this is, None where any number may begin."""
    return (
        None if version.most_learners is None else counted(session, version.identity, version.most_learners)
    )


def counted(session: Session, identity: uuid.UUID, most: int) -> Limit:
    """How many of the municipality's learners have begun any version of the module, and that `most` may."""
    learners = (
        select(Enrolment.issuer, Enrolment.subject)
        .join(ModuleVersion, ModuleVersion.id == Enrolment.version_id)
        .where(ModuleVersion.identity == identity)
        .distinct()
    )
    return Limit(session.scalar(select(func.count()).select_from(learners.subquery())) or 0, most)


def one_after_the_other(session: Session, module_id: uuid.UUID) -> None:
    """Until this transaction ends nobody else begins the module, so that two do not take the last place at once.

    SQLite has one writer at a time, from the transaction's first statement (`BEGIN IMMEDIATE`). On PostgreSQL the
    second waits for the module's row here, and what it reads afterwards (read committed) has the first one in it;
    a lock that lets others refer to the row (`for no key update`) holds up no version that is published meanwhile.
    """
    session.execute(select(Module.id).where(Module.id == module_id).with_for_update(key_share=True))


def refuse_if_full(session: Session, version: ModuleVersion) -> None:
    """Raises Forbidden when as many have begun as the agreement lets, or when it is over: that cannot be mended."""
    version.refuse_if_ended()
    limit = of(session, version)
    if limit and limit.full:
        raise Forbidden(
            N_(
                "The agreement on “%(title)s” has room for %(most)s, and that many have begun already. "
                "Ask the coordinator if you need it."
            ),
            title=version.title,
            most=limit.most,
        )
