"""What the register tells the slices above it, within the transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

from blinker import Signal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

evidence_landed = Signal(
    "New evidence, or such as waited and now has its person. Called as "
    "`evidence_landed.send(None, session=Session, landed=[Landed])`."
)
person_exported = Signal(
    "Somebody takes out what is kept on a person; who keeps something adds it. Called as "
    "`person_exported.send(None, session=Session, person_id=UUID, export=dict)`."
)
person_erased = Signal("Called as `person_erased.send(None, session=Session, person_id=UUID)`.")


@dataclass(frozen=True)
class Landed:
    """`person_id` None: it waits for a coordinator with its link. `result` is one of status.Result."""

    person_id: uuid.UUID | None
    link_id: uuid.UUID | None
    competence_id: uuid.UUID
    result: str
    day: date


LANDED = tuple(field.name for field in fields(Landed))


def tell_landed(session: Session, landed: Sequence[Landed]) -> None:
    """Tells of evidence, if there is any."""
    if landed:
        evidence_landed.send(None, session=session, landed=landed)
