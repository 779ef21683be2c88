"""Documents as evidence: an employee, or somebody for them, puts in a certificate; another approves it or does not."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, BinaryIO, cast

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from content import media

from ..accounts import audit
from ..db import utcnow
from ..errors import N_, Conflict, Forbidden, Invalid, NotFound
from ..storage import Storage
from . import service
from .models import Competence, Evidence, EvidenceDocument, Person, Position
from .people import Reach, current
from .service import NewEvidence
from .status import Method, Result

UPLOAD = "upload"
MOST_MB = 20
PDF = "application/pdf"


@dataclass(frozen=True)
class File:
    """A document that is stored: a PDF as it came, a picture cleaned of all but its pixels."""

    name: str
    sha256: str
    media_type: str


def store(storage: Storage, stream: BinaryIO, name: str) -> File:
    """Takes in a PDF or a picture, judged by its content.

    Raises Invalid for anything else, TooLarge, and content's RejectedMedia with a sentence for the person.
    """
    name = name.replace("\\", "/").rsplit("/", 1)[-1][:200]
    start = stream.read(1024)
    stream.seek(0)
    if b"%PDF-" in start:  # a few bytes may stand before it
        return File(name, storage.put(stream, limit=MOST_MB * 1_000_000).sha256, PDF)
    kind = media.recognise(start)
    if not kind.startswith("image/") or kind == "image/svg+xml":
        raise _wrong("file", N_("Choose a PDF or a picture of the document."))
    with tempfile.TemporaryFile() as cleaned:
        taken = media.take(stream, name, cast(BinaryIO, cleaned), kind="image")
        cleaned.seek(0)
        storage.put(cast(IO[bytes], cleaned), limit=MOST_MB * 1_000_000)
    return File(taken.asset.name, taken.sha256, taken.asset.media_type)


def submit(
    session: Session,
    *,
    person_id: uuid.UUID,
    competence_id: uuid.UUID,
    file: File,
    occurred: datetime,
    valid_until: date | None,
    note: str,
    account_id: uuid.UUID,
) -> EvidenceDocument:
    """Puts a document in as evidence that waits for approval. Raises Invalid with the field, NotFound."""
    if session.get(Person, person_id) is None or session.get(Competence, competence_id) is None:
        raise NotFound
    if occurred > utcnow():
        raise _wrong("occurred", N_("The date is in the future."))
    if valid_until is not None and valid_until < occurred.date():
        raise _wrong("valid_until", N_("It cannot have run out before it was given."))
    document = EvidenceDocument(
        person_id=person_id,
        competence_id=competence_id,
        name=file.name,
        sha256=file.sha256,
        media_type=file.media_type,
        account_id=account_id,
    )
    session.add(document)
    session.flush()
    evidence = NewEvidence(
        source=UPLOAD,
        record=str(document.id),
        competence_id=competence_id,
        occurred=occurred,
        result=Result.ATTAINED,
        method=Method.UPLOAD,
        person_id=person_id,
        valid_until=valid_until,
        awaiting_approval=True,
        note=note,
    )
    service.record_evidence(session, [evidence])
    audit.record(session, "document", f"person:{person_id}", document=str(document.id))
    return document


def get(session: Session, document_id: uuid.UUID) -> EvidenceDocument:
    document = session.get(EvidenceDocument, document_id)
    if document is None:
        raise NotFound
    return document


def decline(
    session: Session,
    evidence_id: uuid.UUID,
    *,
    account_id: uuid.UUID,
    decider: uuid.UUID | None,
    reason: str,
) -> None:
    """Does not approve a document: its evidence is withdrawn, the file goes, the person reads why.

    `decider` is the account's person. Raises Forbidden for one's own, Conflict when somebody has decided before.
    """
    row = service.waiting_evidence(session, evidence_id)
    if decider is not None and decider == row.person_id:
        raise Forbidden(N_("You cannot decide about your own document. Ask your leader or a colleague."))
    if not reason.strip():
        raise _wrong("reason", N_("Write a few words on why, so that the person knows what to do."))
    service.retract_all(session, row.source, [(row.record, row.competence_id)], reason.strip())
    for document in behind(session, [row]).values():
        document.declined, document.sha256 = reason.strip(), None
    audit.record(session, "decline", f"person:{row.person_id}", account_id=account_id, evidence=str(row.id))


def take_back(session: Session, document_id: uuid.UUID) -> None:
    """Removes a document that nobody has approved, as if it had never been put in."""
    document = get(session, document_id)
    latest = session.scalar(
        select(Evidence)
        .where(Evidence.source == UPLOAD, Evidence.record == str(document_id))
        .order_by(Evidence.revision.desc())
        .limit(1)
    )
    if latest is not None and latest.result != Result.RETRACTED:
        if not latest.awaiting_approval:
            raise Conflict(N_("The document is approved already. Ask your leader if it is wrong."))
        service.retract(session, UPLOAD, [str(document_id)])
    session.delete(document)


@dataclass(frozen=True)
class Waiting:
    """Evidence that waits for approval; without a document where it came by a list."""

    evidence: Evidence
    person: Person
    document: EvidenceDocument | None
    own: bool


def waiting(session: Session, reach: Reach, *, most: int = 100) -> list[Waiting]:
    """What waits for somebody with this reach, the oldest first. One's own is marked: another must approve it."""
    rows = session.execute(_waiting(reach, session).order_by(Evidence.received, Evidence.id).limit(most))
    pairs = rows.tuples().all()
    documents = behind(session, [evidence for evidence, _ in pairs])
    return [
        Waiting(evidence, person, documents.get(evidence.record), person.id == reach.person_id)
        for evidence, person in pairs
    ]


def count_waiting(session: Session, reach: Reach) -> int:
    """How much waits for somebody with this reach."""
    found = session.scalar(select(func.count()).select_from(_waiting(reach, session).subquery()))
    return found or 0


def _waiting(reach: Reach, session: Session):  # type: ignore[no-untyped-def]
    newer = aliased(Evidence)
    decided = exists().where(
        newer.source == Evidence.source,
        newer.record == Evidence.record,
        newer.competence_id == Evidence.competence_id,
        newer.revision > Evidence.revision,
    )
    query = (
        select(Evidence, Person)
        .join(Person, Person.id == Evidence.person_id)
        .where(Evidence.awaiting_approval, Evidence.result != Result.RETRACTED, ~decided)
    )
    if not reach.everybody:
        here = select(Position.person_id).where(Position.unit_id.in_(reach.units), current(session))
        query = query.where(Person.id.in_(here))
    return query


def behind(session: Session, rows: Iterable[Evidence]) -> dict[str, EvidenceDocument]:
    """The documents behind pieces of evidence, by the record."""
    ids = {uuid.UUID(row.record) for row in rows if row.source == UPLOAD}
    found = session.scalars(select(EvidenceDocument).where(EvidenceDocument.id.in_(ids))) if ids else ()
    return {str(document.id): document for document in found}


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(N_("Some fields need another look."), {field: message})
