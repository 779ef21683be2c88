"""How long a municipality keeps its statements, and the nightly deletion of those that are older.

Evidence in the competence register is a record of its own and stays. On PostgreSQL a month that no municipality keeps
any more goes at once (partitions.py); everywhere else statements go some hundred at a time, each time committed, so
that nobody waits. The raw data of attachments goes when no statement announces it any more.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from lms_bridge import retention
from lms_bridge.accounts import Tenant, audit
from lms_bridge.db import Database, utcnow
from lms_bridge.jobs import every_night
from lms_bridge.web.app import bridge

from . import bulk, partitions, pending, positions
from .erasing import delete_statements, parsed
from .models import Attachment, Retention, Statement
from .references import ATTACHMENT, Keys

log = structlog.get_logger()
AT_ONCE = 500


def months_kept(session: Session, tenant_id: UUID) -> int | None:
    """None: statements are kept without end."""
    return session.scalar(select(Retention.months).where(Retention.tenant_id == tenant_id))


def keep_for(session: Session, tenant_id: UUID, months: int | None) -> None:
    """From the next night on. Raises `Invalid` with the field months."""
    months = retention.chosen(months)
    session.execute(delete(Retention).where(Retention.tenant_id == tenant_id))
    if months is not None:
        session.add(Retention(tenant_id=tenant_id, months=months))
    audit.record(session, "lrs_retention.changed", "lrs", months=months)


@every_night
def tidy_up() -> None:
    """Makes next month's partitions, brings into the index what is still pending, and deletes what is older than it
    is kept.
    """
    database = bridge().database
    with database.unit_of_work() as session:
        pending.settle(session)
        made = partitions.prepare(session.connection())
    gone = expire(database, utcnow())
    log.info("statements_expired", partitions_made=len(made), statements=sum(gone.values()))


def expire(database: Database, now: datetime) -> Counter[UUID]:
    """Deletes the statements that are older than their municipality keeps them; how many, by municipality."""
    with database.unit_of_work(write=False) as session:
        tenants = session.scalars(select(Tenant.id)).all()
        kept = {
            row.tenant_id: positions.first_from(retention.kept_from(now, row.months))
            for row in _retentions(session)
        }
    gone: Counter[UUID] = Counter()
    if len(kept) == len(tenants):
        gone += _drop_months(database, min(kept.values(), default=0))
    for tenant_id, first in kept.items():
        while deleted := _delete_some(database, tenant_id, first):
            gone[tenant_id] += deleted
    for tenant_id in kept:
        with database.unit_of_work(tenant_id) as session:
            _forget_attachments(session, tenant_id)
            if gone[tenant_id]:
                audit.record(session, "lrs_statements.expired", "lrs", statements=gone[tenant_id])
    return gone


def _retentions(session: Session) -> list[Retention]:
    return list(session.scalars(select(Retention)))


def _drop_months(database: Database, first: int) -> Mapping[UUID, int]:
    """PostgreSQL: the whole months before `first`, of every municipality."""
    gone: Counter[UUID] = Counter()
    if database.engine.dialect.name != "postgresql":
        return gone
    with database.unit_of_work(write=False) as session:
        months = [
            one for one in partitions.months(session.connection()) if partitions.bounds(one)[1] <= first
        ]
    for month in months:
        low, high = partitions.bounds(month)
        with database.unit_of_work() as session:
            own = partitions.name_of("lrs_statement", month)
            counted = text(f"SELECT tenant_id, count(*) FROM {own} GROUP BY tenant_id")  # noqa: S608 - our name
            gone.update(dict(session.execute(counted).tuples().all()))
            session.execute(
                text("DELETE FROM lrs_statement_id WHERE position >= :low AND position < :high"),
                {"low": low, "high": high},
            )
            session.execute(
                text("SET LOCAL lock_timeout = '10s'")
            )  # rather next night than in everybody's way
            partitions.drop(session.connection(), month)
    return gone


def _delete_some(database: Database, tenant_id: UUID, first: int) -> int:
    with database.unit_of_work(tenant_id) as session:
        rows = session.execute(
            select(Statement.position, Statement.payload)
            .where(Statement.tenant_id == tenant_id, Statement.position < first)
            .order_by(Statement.position)
            .limit(AT_ONCE)
        ).all()
        delete_statements(session, tenant_id, parsed(rows), for_good=True)
        return len(rows)


def _forget_attachments(session: Session, tenant_id: UUID) -> None:
    """Those that no statement announces any more; the storage is cleared of what nobody names (stored_files.py)."""
    keys = Keys(tenant_id)
    hashes = session.scalars(select(Attachment.sha2).where(Attachment.tenant_id == tenant_id)).all()
    for start in range(0, len(hashes), AT_ONCE):
        by_key = {keys(ATTACHMENT, sha2): sha2 for sha2 in hashes[start : start + AT_ONCE]}
        named = {key for key, _ in bulk.find_keys(session, list(by_key))}
        forgotten = [sha2 for key, sha2 in by_key.items() if key not in named]
        session.execute(
            delete(Attachment)
            .where(Attachment.tenant_id == tenant_id, Attachment.sha2.in_(forgotten))
            .execution_options(synchronize_session=False)
        )
