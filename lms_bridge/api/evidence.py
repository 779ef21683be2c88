"""Evidence: all of it from a cursor on, for HR systems and data warehouses; and records that other systems send."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session

from ..accounts.audit import record_read
from ..errors import Invalid
from ..register import feed, sent
from ..register.jobs import secret_key
from ..register.privacy import EVERYBODY
from ..register.status import Method, Result
from . import paging
from .paging import Cursor, Limit
from .protocol import endpoint

ResultName = Literal["attained", "attempted", "retracted"]
MethodName = Literal["authority", "practical", "lms", "upload", "manager", "legacy", "self"]


Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with a time zone.")]


class WaitingFor(msgspec.Struct, kw_only=True):
    """Whom the source means, while nobody has said who that is."""

    issuer: str
    kind: str
    value: str
    name: str


class EvidenceFacts(msgspec.Struct, kw_only=True):
    """One revision of a record about a person and a competence. A later revision takes the place of an earlier."""

    id: UUID
    source: str
    record: Annotated[str, Meta(description="The source's own id of it.")]
    revision: int
    person: Annotated[UUID | None, Meta(description="null while nobody knows who it is.")]
    waiting_for: WaitingFor | None
    competence: Annotated[str, Meta(description="The competence's URI.")]
    result: ResultName
    method: MethodName
    occurred: datetime
    received: datetime
    changed: Annotated[datetime, Meta(description="Received, or linked to a person or taken from one.")]
    score: Annotated[float | None, Meta(description="Per cent.")]
    level: int | None
    validity_months: int | None
    valid_until: Annotated[date | None, Meta(description="Where the source states one; see also standings.")]
    awaiting_approval: bool
    module: Annotated[UUID | None, Meta(description="The module's identity, the last part of its activity.")]
    module_version: int | None


class EvidencePage(msgspec.Struct, kw_only=True):
    items: list[EvidenceFacts]
    next: Annotated[
        str, Meta(description="Keep this, and send it as `cursor` next time, today or in a year.")
    ]
    more: Annotated[bool, Meta(description="There is more already now.")]


class EvidenceQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    limit: Limit = 500
    cursor: Cursor = ""
    person: Annotated[UUID | None, Meta(description="Only of this person.")] = None


@endpoint("GET", "/evidence", scope="register/read", query=EvidenceQuery, answer=EvidencePage)
def list_evidence(session: Session, query: EvidenceQuery) -> EvidencePage:
    """Evidence in the order in which it came, from a cursor on: retractions and late rows too.

    A row comes again, with the same id, when a person is put to it; keep rows by id. "Nothing new" costs one query.
    """
    after = paging.read(query.cursor, Moment, UUID)
    page = feed.evidence_after(session, (after[0], after[1]) if after else None, query.limit, query.person)
    if page.rows:
        record_read(session, f"person:{query.person}" if query.person else EVERYBODY)
    return EvidencePage(
        items=[_facts(row) for row in page.rows],
        next=paging.write(*page.last) if page.last else query.cursor,
        more=page.more,
    )


def _facts(told: feed.Told) -> EvidenceFacts:
    row, link = told.evidence, told.link
    waiting = row.person_id is None and link is not None and link.kind != "national"
    return EvidenceFacts(
        id=row.id,
        source=row.source,
        record=row.record,
        revision=row.revision,
        person=row.person_id,
        waiting_for=msgspec.convert(link, WaitingFor, from_attributes=True) if waiting else None,
        competence=told.competence,
        result=row.result,  # type: ignore[arg-type]
        method=row.method,  # type: ignore[arg-type]
        occurred=row.occurred,
        received=row.received,
        changed=row.changed,
        score=row.score,
        level=row.level,
        validity_months=row.validity_months,
        valid_until=row.valid_until,
        awaiting_approval=row.awaiting_approval,
        module=row.module_id,
        module_version=row.module_version,
    )


# --- sending -----------------------------------------------------------------------------------------------------


class AccountName(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody as the other system knows them; a coordinator says once who that is."""

    issuer: Annotated[str, Meta(min_length=1, max_length=500, description="The system's address.")]
    subject: Annotated[str, Meta(min_length=1, max_length=500)]
    name: Annotated[str, Meta(max_length=200)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""


class RecordSent(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A record: give one of `person`, `employment_id` and `account`."""

    record: Annotated[str, Meta(min_length=1, max_length=200, description="Your own id of it.")]
    person: UUID | None = None
    employment_id: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    account: AccountName | None = None
    competence: Annotated[str, Meta(min_length=1, max_length=500, description="The competence's URI.")]
    occurred: Moment
    result: Annotated[
        ResultName, Meta(description="`retracted` takes the record back; `attempted` was not enough.")
    ] = "attained"
    method: Literal["authority", "practical", "lms", "legacy"] = "lms"
    score: Annotated[float, Meta(ge=0, le=100, description="Per cent.")] | None = None
    level: Annotated[int, Meta(ge=0, le=100)] | None = None
    valid_until: date | None = None
    note: Annotated[str, Meta(max_length=2000)] = ""


class EvidenceSent(msgspec.Struct, forbid_unknown_fields=True):
    source: Annotated[
        str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$", description="The sending system, always the same.")
    ]
    evidence: Annotated[list[RecordSent], Meta(min_length=1, max_length=1000)]


class Outcome(msgspec.Struct):
    record: str
    state: Annotated[
        Literal["stored", "unchanged", "waiting", "erased"],
        Meta(description="`waiting`: stored, and a coordinator will say who it is; `erased`: not stored."),
    ]


class Outcomes(msgspec.Struct):
    items: list[Outcome]


@endpoint("POST", "/evidence", scope="register/write", body=EvidenceSent, answer=Outcomes)
def send_evidence(session: Session, _query: object, body: EvidenceSent) -> Outcomes:
    """Evidence that another system keeps. All of it is taken, or nothing.

    A record that is sent again changes nothing; with other contents it is a new revision of the record.
    """
    wrong = {
        f"evidence[{number}]": "Give one of person, employment_id and account."
        for number, one in enumerate(body.evidence)
        if sum(value is not None for value in (one.person, one.employment_id, one.account)) != 1
    }
    wrong |= {
        f"evidence[{number}].occurred": "Give a moment from 1970 on."
        for number, one in enumerate(body.evidence)
        if not 1970 <= one.occurred.year < 9999
    }
    if len({one.record for one in body.evidence}) < len(body.evidence):
        wrong["evidence"] = "A record is there twice."
    if wrong:
        raise Invalid("Some records are wrong.", wrong)
    states = sent.take(
        session, f"api:{body.source}", [_sent(one) for one in body.evidence], secret_key(session)
    )
    return Outcomes([Outcome(one.record, s.value) for one, s in zip(body.evidence, states, strict=True)])


def _sent(one: RecordSent) -> sent.Sent:
    account = one.account or AccountName("", "")
    return sent.Sent(
        record=one.record,
        whom=sent.Whom(
            one.person, one.employment_id or "", account.issuer, account.subject, account.name, account.email
        ),
        competence=one.competence,
        occurred=one.occurred,
        result=Result(one.result),
        method=Method(one.method),
        level=one.level,
        score=one.score,
        valid_until=one.valid_until,
        note=one.note,
    )
