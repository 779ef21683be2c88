"""The trail, to be read and taken away: newest first, a page at a time, by who, what kind and when."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import ColumnElement, Uuid, literal, or_, select, text, tuple_, union_all
from sqlalchemy.orm import Session

from ..accounts import Account, Tenant
from ..accounts.models import AuditEntry
from ..db import Base, Database, UtcDateTime
from .models import TrailSeal
from .seals import sealed_entries
from .sentences import ABOUT, actions_of

PAGE, EXPORT_PAGE, MOST_PEOPLE = 50, 1000, 200


class Row(NamedTuple):
    """An entry and whose account did it: None for other systems and the service, "—" for who was erased."""

    entry: AuditEntry
    name: str | None


class Place(NamedTuple):
    """Where an entry stands in the trail's order."""

    at: datetime
    id: uuid.UUID


@dataclass(frozen=True)
class Filters:
    """What is looked for. `who`: a part of the name or e-mail of who did it; `kind`: of sentences.KINDS; days are the
    municipality's own, both included.
    """

    who: str = ""
    kind: str = ""
    first: date | None = None
    last: date | None = None

    def where(self, session: Session, timezone: str) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.who:
            found.append(AuditEntry.account_id.in_(_accounts_named(session, self.who)))
        if self.kind:
            found.append(AuditEntry.action.in_(sorted(actions_of(self.kind))))
        zone = ZoneInfo(timezone)
        if self.first:
            found.append(AuditEntry.at >= datetime.combine(self.first, time(), zone))
        if self.last:
            found.append(AuditEntry.at < datetime.combine(self.last, time(), zone) + timedelta(days=1))
        return found


def _accounts_named(session: Session, written: str) -> Sequence[uuid.UUID]:
    """Closed accounts too: what they did stays."""
    named = [column.icontains(written.strip(), autoescape=True) for column in (Account.name, Account.email)]
    return session.scalars(select(Account.id).where(or_(*named)).limit(MOST_PEOPLE)).all()


def newest(session: Session, tenant: Tenant, filters: Filters, before: Place | None) -> list[Row]:
    """The next page of what is older than `before`; one row more than PAGE where there is more."""
    rows = _rows().where(*filters.where(session, tenant.timezone))
    if before:
        rows = rows.where(_place() < _literal(before))
    rows = rows.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(PAGE + 1)
    return [Row(*row) for row in session.execute(rows)]


def pages(database: Database, tenant: Tenant, filters: Filters) -> Iterator[list[Row]]:
    """All that is found, the oldest first, each page in a session of its own: nobody waits for a slow reader."""
    after: Place | None = None
    while True:
        with database.unit_of_work(tenant.id, write=False) as session:
            _follow_the_index(session)
            rows = _rows().where(*filters.where(session, tenant.timezone))
            if after:
                rows = rows.where(_place() > _literal(after))
            rows = rows.order_by(AuditEntry.at, AuditEntry.id).limit(EXPORT_PAGE)
            found = [Row(*row) for row in session.execute(rows)]
        if found:
            yield found
        if len(found) < EXPORT_PAGE:
            return
        after = Place(found[-1].entry.at, found[-1].entry.id)


def _follow_the_index(session: Session) -> None:
    """PostgreSQL thinks that row-level security hides nearly all, and would read and sort the whole table each time."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_sort = off"))


def _rows() -> Any:
    return select(AuditEntry, Account.name).outerjoin(Account, Account.id == AuditEntry.account_id)


def _place() -> Any:
    return tuple_(AuditEntry.at, AuditEntry.id)


def _literal(place: Place) -> Any:
    return tuple_(literal(place.at, UtcDateTime), literal(place.id, Uuid))


def json_lines(found: Iterable[list[Row]]) -> Iterator[bytes]:
    """An entry a line, as it is kept, with the name of who did it."""
    for rows in found:
        yield b"".join(
            orjson.dumps(
                {
                    "id": str(entry.id),
                    "at": entry.at.isoformat(),
                    "account": str(entry.account_id) if entry.account_id else None,
                    "who": name,
                    "action": entry.action,
                    "subject": entry.subject,
                    "detail": entry.detail,
                },
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for entry, name in rows
        )


def late_entries(session: Session, rows: Sequence[Row]) -> set[uuid.UUID]:
    """Those of a page that came after their day was sealed."""
    days = {row.entry.at.date() for row in rows}
    if not days:
        return set()
    late = select(TrailSeal.entries).where(TrailSeal.late, TrailSeal.day.between(min(days), max(days)))
    return {uuid.UUID(name.decode()) for packed in session.scalars(late) for name in sealed_entries(packed)}


def still_there(session: Session, rows: Sequence[Row], roles: Iterable[str]) -> set[tuple[str, uuid.UUID]]:
    """(kind, id) of the subjects that are there still and have a page that these roles may open: one query."""
    wanted: dict[str, set[uuid.UUID]] = {}
    for row in rows:
        kind, subject_id = subject_of(row.entry)
        if subject_id and kind in ABOUT and ABOUT[kind].column and set(ABOUT[kind].roles) & set(roles):
            wanted.setdefault(kind, set()).add(subject_id)
    found = []
    for kind, ids in wanted.items():
        table_name, _dot, name = ABOUT[kind].column.partition(".")
        table = Base.metadata.tables[table_name]
        own = table.c.tenant_id == session.info["tenant_id"]
        found.append(select(literal(kind), table.c[name]).where(own, table.c[name].in_(ids)))
    return set(session.execute(union_all(*found)).tuples()) if found else set()


def subject_of(entry: AuditEntry) -> tuple[str, uuid.UUID | None]:
    """Its kind, and its id where it has one."""
    kind, _colon, written = entry.subject.partition(":")
    try:
        return kind, uuid.UUID(written)
    except ValueError:
        return kind, None
