"""What a person may ask of the register: everything kept on them, and who has looked; and who asked to be erased."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, String, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from ..accounts import Account
from ..accounts.models import AuditEntry
from ..errors import NotFound
from .dates import local_day
from .models import (
    Competence,
    Erased,
    Evidence,
    EvidenceDocument,
    Exemption,
    IdentityLink,
    LmsRecord,
    Person,
    Position,
    Unit,
)
from .service import time_zone
from .signals import person_exported

EVERYBODY = "register:everybody"
"""The trail's subject of a reading of all people."""


def export_person(session: Session, person_id: uuid.UUID) -> dict[str, Any]:
    """All that is kept on a person, and who looked at it, as plain data; nothing of others."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound()
    positions = session.execute(
        select(Position, Unit.name)
        .join(Unit, Unit.id == Position.unit_id)
        .where(Position.person_id == person_id)
        .order_by(Position.starts_on)
    ).all()
    evidence = _with_competence(session, person_id, Evidence, Evidence.occurred)
    documents = _with_competence(session, person_id, EvidenceDocument, EvidenceDocument.uploaded)
    exemptions = _with_competence(session, person_id, Exemption, Exemption.starts_on)
    links = session.scalars(select(IdentityLink).where(IdentityLink.person_id == person_id)).all()
    results = session.scalars(
        select(LmsRecord)
        .where(LmsRecord.link_id.in_([link.id for link in links]))
        .order_by(LmsRecord.occurred)
    ).all()
    export = {
        "person": {"id": str(person.id), "name": person.name, "email": person.email},
        "positions": [
            {"unit": unit} | _plain(p, "employment_id", "roles", "starts_on", "ends_on")
            for p, unit in positions
        ],
        "evidence": [
            {"competence": uri}
            | _plain(e, "source", "record", "revision", "method", "result", "occurred", "received")
            | _plain(e, "level", "score", "valid_until", "note")
            for e, uri in evidence
        ],
        "documents": [
            {"competence": uri} | _plain(d, "id", "name", "media_type", "uploaded", "declined")
            for d, uri in documents
        ],
        "exemptions": [
            {"competence": uri} | _plain(x, "reason", "starts_on", "until") for x, uri in exemptions
        ],
        "lms_results": [
            _plain(r, "activity", "activity_name", "outcome", "occurred", "score", "received")
            for r in results
        ],
        "identities": [_plain(link, "issuer", "kind", "value", "opened", "closed") for link in links],
        "who_looked": [
            {"at": at.isoformat(), "who": who, "what": action}
            for at, who, action in looks(session, person_id)
        ],
    }
    person_exported.send(None, session=session, person_id=person_id, export=export)
    return export


def _with_competence(session: Session, person_id: uuid.UUID, kind: Any, order: Any) -> Sequence[Row[Any]]:
    """A person's rows of a kind, each with the URI of its competence."""
    return session.execute(
        select(kind, Competence.uri)
        .join(Competence, Competence.id == kind.competence_id)
        .where(kind.person_id == person_id)
        .order_by(order, kind.id)
    ).all()


def looks(session: Session, person_id: uuid.UUID, limit: int = 1000) -> list[tuple[date, str, str]]:
    """(day, who, what) of what others did with a person's data, the latest first, each once a day.

    Whoever read the list of one of the person's units, of a unit above it, or of everybody read the person too. A
    system that came with a key is named as its key is.
    """
    above = (
        select(Unit.id, Unit.parent_id)
        .join(Position, Position.unit_id == Unit.id)
        .where(Position.person_id == person_id)
        .cte("above", recursive=True)
    )
    above = above.union(select(Unit.id, Unit.parent_id).join(above, Unit.id == above.c.parent_id))
    units = select(literal("unit:") + func.replace(cast(above.c.id, String), "-", ""))
    rows = session.execute(
        select(AuditEntry.at, Account.name, AuditEntry.detail, AuditEntry.action)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(
            or_(AuditEntry.subject.in_((f"person:{person_id}", EVERYBODY)), AuditEntry.subject.in_(units)),
        )
        .order_by(AuditEntry.at.desc())
        .limit(limit)
    )
    zone = time_zone(session)
    looked = ((at, who or detail.get("key"), action) for at, who, detail, action in rows)
    return list(dict.fromkeys((local_day(at, zone), who, action) for at, who, action in looked if who))


def erased_hashes(session: Session) -> set[str]:
    """The hashes of all who were erased."""
    return set(session.scalars(select(Erased.hash)))


def erased_hash(key: bytes, value: str) -> str:
    """What is kept of an erased person's number or user name."""
    return hmac.new(key, b"erased:" + value.strip().casefold().encode(), hashlib.sha256).hexdigest()


def is_erased(erased: set[str], key: bytes, value: str) -> bool:
    """Whether this number or user name is an erased person's."""
    return bool(erased) and erased_hash(key, value) in erased


def _plain(row: object, *names: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        value = getattr(row, name)
        found[name] = value if value is None or isinstance(value, str | int | float | list) else str(value)
    return found
