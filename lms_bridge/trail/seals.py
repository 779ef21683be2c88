"""Seals on the trail: an entry that is changed, taken away or put in afterwards shows (docs/trail.md).

A night, each day that is over gets one: the fingerprint of every entry of the day, and a digest over these and over the
seal before. Nothing is written to the entries, and nobody who adds one waits for anybody. What is digested are the
columns as they are written, in a form that is the same on SQLite and PostgreSQL and that a restore gives back: whoever
changes how `detail` is written as JSON breaks the seals of what is restored afterwards.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    Uuid,
    cast,
    func,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..accounts import Tenant
from ..accounts.models import AuditEntry
from ..db import Database, UtcDateTime, utcnow
from ..jobs import every_night
from ..web.app import bridge
from .models import DAY, EXPIRED, EXPIRED_BROKEN, RULE, TrailSeal

log = structlog.get_logger()
GRACE = timedelta(hours=2)
"""How long after its end (UTC) a day is sealed: what was begun before midnight is written by then."""
LATE = timedelta(days=2)
"""How long after its day was sealed an entry may come and be sealed as late without anybody looking."""
MOST = 20_000
"""So many entries a seal; a busier day gets several."""
FIRST = "0" * 64
"""What the first seal of a municipality stands on."""
_NAME, _PRINT = 16, 32
_IS_NAME = re.compile(rb"[0-9a-f]{32}").fullmatch
ENTRY: Table = AuditEntry.__table__  # type: ignore[assignment]
SEAL: Table = TrailSeal.__table__  # type: ignore[assignment]
# What is digested, in this order for good: a column that is added later is not sealed.
OF_ENTRY = ("id", "tenant_id", "at", "account_id", "action", "subject", "detail")
OF_SEAL = ("tenant_id", "number", "day", "late", "made", "count", "entries", "previous")
CHOSEN = "trail_retention.changed"
"""The action of an entry that says for how many months the trail is kept from then on."""
Row = Sequence[bytes | None]


# --- what is digested ---------------------------------------------------------------------------------------------


def as_written(session: Session, *columns: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Each column's value as text or bytes: whatever stands there, also what the service would never write."""
    if session.get_bind().dialect.name == "sqlite":
        return [cast(column, LargeBinary) for column in columns]
    return [_text(column) for column in columns]


def _text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """PostgreSQL's value as SQLite has it."""
    match column.type:
        case LargeBinary():
            return column
        case Uuid():
            return func.replace(cast(column, String), "-", "")
        case UtcDateTime():
            return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US")
        case Date():
            return func.to_char(column, "YYYY-MM-DD")
        case Boolean():
            return cast(cast(column, Integer), String)
    return cast(column, String)


def rows_as_written(
    session: Session, table: Table, names: Sequence[str], *where: ColumnElement[bool], at_once: int = 1000
) -> Iterator[Row]:
    """These columns of the rows, as bytes; streamed, so many at a time."""
    order = (ENTRY.c.at, ENTRY.c.id) if table is ENTRY else (SEAL.c.number,)
    found = session.execute(
        select(*as_written(session, *(table.c[name] for name in names))).where(*where).order_by(*order),
        execution_options={"yield_per": at_once},
    )
    for row in found:
        yield [value.encode() if isinstance(value, str) else value for value in row]


def digest(values: Row) -> "hashlib._Hash":
    """Over all values, each with its length before it, so that none can pass for a part of the next."""
    told = (b"-" if value is None else b"%d:%b" % (len(value), value) for value in values)
    return hashlib.sha256(b"".join(told))


def of_day(tenant_id: uuid.UUID, day: date) -> tuple[ColumnElement[bool], ...]:
    """The entries of a municipality's day."""
    start = datetime.combine(day, time(), UTC)
    return ENTRY.c.tenant_id == tenant_id, ENTRY.c.at >= start, ENTRY.c.at < start + timedelta(days=1)


def entries_of(session: Session, tenant_id: uuid.UUID, day: date) -> Iterator[tuple[bytes, bytes]]:
    """(id as hexadecimal digits, fingerprint) of a day's entries, in their order."""
    for row in rows_as_written(session, ENTRY, OF_ENTRY, *of_day(tenant_id, day)):
        yield row[0] or b"", digest(row).digest()


def sealed_entries(packed: bytes) -> dict[bytes, bytes]:
    """What a seal's `entries` holds: the same pairs."""
    parts = (packed[i : i + _NAME + _PRINT] for i in range(0, len(packed), _NAME + _PRINT))
    return {part[:_NAME].hex().encode(): part[_NAME:] for part in parts}


def sealed_on(session: Session, tenant_id: uuid.UUID, day: date) -> dict[bytes, bytes]:
    """The same of all seals of a day; none of a day that has expired."""
    found = select(SEAL.c.entries).where(SEAL.c.tenant_id == tenant_id, SEAL.c.kind == DAY, SEAL.c.day == day)
    return {name: mark for packed in session.scalars(found) for name, mark in sealed_entries(packed).items()}


def digest_of_seal(values: Row, kind: bytes | None) -> str:
    """`values` are those of OF_SEAL. What is no day's has its kind after them."""
    return digest(values if kind == DAY.encode() else [*values, kind]).hexdigest()


def kept_of_seal(values: Row, seal: bytes | None) -> bytes:
    """What stays of a day's seal when its entries are deleted, as the seal of its expiry holds it."""
    of_seal = zip(OF_SEAL, values, strict=True)
    return digest([*(value for name, value in of_seal if name != "entries"), seal]).digest()


def values_of(row: TrailSeal) -> Row:
    """Its columns OF_SEAL as `as_written` reads them."""
    values = (
        row.tenant_id.hex,
        str(row.number),
        row.day.isoformat(),
        str(int(row.late)),
        row.made.strftime("%Y-%m-%d %H:%M:%S.%f"),
        str(row.count),
        row.entries,
        row.previous,
    )
    return [value.encode() if isinstance(value, str) else value for value in values]


def chained(row: TrailSeal, below: TrailSeal | None) -> TrailSeal:
    """On top of another, with its digest."""
    row.number, row.previous = (below.number + 1, below.seal) if below else (1, FIRST)
    row.seal = digest_of_seal(values_of(row), row.kind.encode())
    return row


# --- sealing ------------------------------------------------------------------------------------------------------


def newest_seal(session: Session, tenant_id: uuid.UUID) -> TrailSeal | None:
    """The one to keep elsewhere; all others stand below it."""
    found = select(TrailSeal).where(TrailSeal.tenant_id == tenant_id).order_by(TrailSeal.number.desc())
    return session.scalars(found.limit(1)).first()


def sealed_through(session: Session, tenant_id: uuid.UUID) -> date | None:
    """The last day that is sealed, in UTC as all days here."""
    own = (TrailSeal.tenant_id == tenant_id, TrailSeal.kind == DAY)
    return session.scalar(select(func.max(TrailSeal.day)).where(*own))


def expired_days(tenant_id: uuid.UUID) -> Select[tuple[date]]:
    """The days whose entries were deleted because they were older than they are kept."""
    own = (TrailSeal.tenant_id == tenant_id, TrailSeal.kind.in_((EXPIRED, EXPIRED_BROKEN)))
    return select(TrailSeal.day).where(*own)


def last_due(now: datetime) -> date:
    """The last day that is over for long enough."""
    return (now - GRACE).date() - timedelta(days=1)


def seal_days(
    database: Database, tenant_id: uuid.UUID, now: datetime, *, all_late: bool = False
) -> list[TrailSeal]:
    """Seals a municipality's days that are over, and first what came late into those sealed of late, or into any;
    returns the new seals. Where another process is doing the same, it goes on and this one stops.
    """
    made: list[TrailSeal] = []
    with database.unit_of_work(tenant_id, write=False) as session:
        late = _days_for_late(session, tenant_id, None if all_late else now - LATE)
        days = _days_to_seal(session, tenant_id, now)
    try:
        for day in late:
            made += _seal(database, tenant_id, day, now, late=True)
        for day in days:
            made += _seal(database, tenant_id, day, now, late=False)
    except IntegrityError:
        log.info("trail_sealed_by_another", tenant=str(tenant_id))
    return made


def _days_for_late(session: Session, tenant_id: uuid.UUID, since: datetime | None) -> Sequence[date]:
    own = (TrailSeal.tenant_id == tenant_id, TrailSeal.kind == DAY, ~TrailSeal.late)
    found = select(TrailSeal.day).where(*own, TrailSeal.day.not_in(expired_days(tenant_id))).distinct()
    if since is not None:
        found = found.where(TrailSeal.made >= since)
    return session.scalars(found.order_by(TrailSeal.day)).all()


def _days_to_seal(session: Session, tenant_id: uuid.UUID, now: datetime) -> list[date]:
    """One after the other, those without entries too."""
    first = first_unsealed(session, tenant_id)
    return [first + timedelta(days=n) for n in range((last_due(now) - first).days + 1)] if first else []


def first_unsealed(session: Session, tenant_id: uuid.UUID) -> date | None:
    """The day after the last that is sealed, or that of the first entry; None where nothing has been done yet."""
    if last := sealed_through(session, tenant_id):
        return last + timedelta(days=1)
    begun = session.scalar(select(func.min(AuditEntry.at)).where(AuditEntry.tenant_id == tenant_id))
    return begun.date() if begun else None


def _seal(
    database: Database, tenant_id: uuid.UUID, day: date, now: datetime, *, late: bool
) -> list[TrailSeal]:
    """One day, or what came late into it, on top of the newest seal; nothing where that is done already.

    The newest seal is looked up first: if another process adds one meanwhile, this one's number is taken.
    """
    with database.unit_of_work(tenant_id, write=False) as session:
        below = newest_seal(session, tenant_id)
        if not late and (sealed_through(session, tenant_id) or date.min) >= day:
            return []
        known = sealed_on(session, tenant_id, day) if late else {}
        found = (
            bytes.fromhex(name.decode()) + fingerprint
            for name, fingerprint in entries_of(session, tenant_id, day)
            if name not in known and _IS_NAME(name)
        )
        made = list(_chain(below, tenant_id, day, now, late, found))
        if not late and (rule := chosen_on(session, tenant_id, day)) is not None:
            row = TrailSeal(tenant_id=tenant_id, kind=RULE, day=day, late=False, made=now, count=0)
            row.entries = rule
            made.append(chained(row, made[-1]))
    if not made:
        return []
    with database.unit_of_work(tenant_id) as session:
        session.add_all(made)
    for row in made:  # the log leaves the machine, in many places: there the seal is out of reach
        log.info("trail_sealed", tenant=str(tenant_id), day=str(day), entries=row.count, seal=row.seal)
    return made


def _chain(
    below: TrailSeal | None,
    tenant_id: uuid.UUID,
    day: date,
    now: datetime,
    late: bool,
    found: Iterable[bytes],
) -> Iterator[TrailSeal]:
    """The new seals, each on the one before: one a day, but where there is nothing late or more than fits into one."""
    left, begun = iter(found), False
    while (entries := list(islice(left, MOST))) or not (begun or late):
        row = TrailSeal(tenant_id=tenant_id, kind=DAY, day=day, late=late, made=now, count=len(entries))
        row.entries = b"".join(entries)
        below, begun = chained(row, below), True
        yield row


def chosen_on(session: Session, tenant_id: uuid.UUID, day: date) -> bytes | None:
    """The months that were chosen last on a day, in digits (none: without end); None where nobody chose."""
    said = (*of_day(tenant_id, day), ENTRY.c.action == CHOSEN)
    rows = list(rows_as_written(session, ENTRY, ("detail",), *said))
    if not rows:
        return None
    try:
        months = json.loads(rows[-1][0] or b"")["months"]
    except (ValueError, TypeError, KeyError):
        return None
    return b"%d" % months if isinstance(months, int) else b""


@every_night
def seal_everything() -> None:
    """Every municipality's; one that fails holds up none of the others."""
    database, now = bridge().database, utcnow()
    with database.unit_of_work(write=False) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    for tenant_id in tenants:
        try:
            seal_days(database, tenant_id, now)
        except Exception as error:
            log.error("trail_not_sealed", tenant=str(tenant_id), exc_info=error)
