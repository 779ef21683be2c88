"""The database: one session a unit of work, bound to one tenant, committed once.

SQLite (WAL) embedded, PostgreSQL where one machine is outgrown. Tenants are separated here, in every ORM
statement, and on PostgreSQL once more by row-level security (`enable_row_level_security`).
"""

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import DateTime, ForeignKey, MetaData, Uuid, create_engine, event, text
from sqlalchemy.engine import Connection, CursorResult, Dialect, Engine, make_url
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    declared_attr,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.types import TypeDecorator

EVERY_TENANT = "*"
# What was committed survives a killed process, in the WAL; a power cut may take the last commits, and nothing else.
# The WAL is folded into the database, which waits for the disk, every 64 MB instead of every 4.
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "wal_autocheckpoint=16000",
    "journal_size_limit=134217728",
    "cache_size=-8000",
    "foreign_keys=ON",
    "busy_timeout=30000",
)
_current: ContextVar[Session | None] = ContextVar("session", default=None)
_id_lock = threading.Lock()
_last_id = 0


def utcnow() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562, section 5.7): random, yet later ones sort after earlier ones of this process."""
    global _last_id
    with _id_lock:
        # 48 bits of milliseconds and 12 of their fraction, never twice the same
        stamp = max((time.time_ns() << 12) // 1_000_000, _last_id + 1)
        _last_id = stamp
    number = (stamp >> 12) << 80 | 7 << 76 | (stamp & 0xFFF) << 64 | 2 << 62
    return uuid.UUID(int=number | int.from_bytes(os.urandom(8)) >> 2)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, always UTC; SQLite keeps it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, uuid.UUID: Uuid}  # noqa: RUF012


class TenantRow:
    """A table whose rows belong to one municipality each; the session fills and filters `tenant_id`."""

    @declared_attr
    def tenant_id(cls) -> Mapped[uuid.UUID]:
        return mapped_column(ForeignKey("tenant.id"), index=True)


@event.listens_for(Session, "do_orm_execute")
def _only_own_tenant(state: ORMExecuteState) -> None:
    tenant_id = state.session.info.get("tenant_id")
    if (
        tenant_id is None
        or not (state.is_select or state.is_update or state.is_delete)
        or state.is_column_load
    ):
        return
    state.statement = state.statement.options(
        with_loader_criteria(TenantRow, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)
    )


@event.listens_for(Session, "before_flush")
def _fill_tenant(session: Session, *_: Any) -> None:
    tenant_id = session.info.get("tenant_id")
    if tenant_id is None:
        return
    for row in session.new:
        if isinstance(row, TenantRow):
            if row.tenant_id is None:
                row.tenant_id = tenant_id
            elif row.tenant_id != tenant_id:
                raise RuntimeError(f"a {type(row).__name__} of another tenant in this tenant's session")


@event.listens_for(Session, "after_begin")
def _tell_postgresql(session: Session, _transaction: Any, connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        tenant = str(session.info.get("tenant_id") or EVERY_TENANT)
        connection.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": tenant})


def bind_tenant(session: Session, tenant_id: uuid.UUID | None) -> None:
    """From now on the session sees this tenant only (None: every tenant, for sign-in and jobs)."""
    session.info["tenant_id"] = tenant_id
    session.expunge_all()
    if session.in_transaction():
        _tell_postgresql(session, None, session.connection())


class Database:
    """An engine and the sessions on it."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._engines = {write: self.engine.execution_options(write=write) for write in (True, False)}

    def new_session(self, tenant_id: uuid.UUID | None = None, *, write: bool = True) -> Session:
        """A session; one that writes takes SQLite's write lock at once, so that it never fails half-way."""
        return Session(
            self._engines[write], info={"tenant_id": tenant_id, "after_commit": []}, expire_on_commit=False
        )

    @contextmanager
    def unit_of_work(self, tenant_id: uuid.UUID | None = None, *, write: bool = True) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back by an exception; then what waited for the commit."""
        session = self.new_session(tenant_id, write=write)
        token = _current.set(session)
        try:
            yield session
            session.commit()
        finally:
            _current.reset(token)
            session.close()
        run_after_commit(session)


def run_after_commit(session: Session) -> None:
    """Does what waited for the commit; called once by whoever committed."""
    callbacks, session.info["after_commit"] = session.info["after_commit"], []
    for callback in callbacks:
        callback()


def after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Does `callback` after this session's commit, and never if it is rolled back: mail, webhooks, jobs."""
    session.info["after_commit"].append(callback)


def session() -> Session:
    """The session of the current request, job or command."""
    current = _current.get()
    if current is None:
        raise RuntimeError("no unit of work is open")
    return current


def set_current(new: Session | None) -> None:
    """Makes a session the current one; the web's request hooks call this."""
    _current.set(new)


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        # the one that was used last knows its plans, and has its tables at hand
        engine = create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8, pool_use_lifo=True)
        event.listen(engine, "connect", _plan_anew)
        return engine
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's "begin" below starts transactions, not the driver
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _plan_anew(connection: Any, _record: Any) -> None:
    """PostgreSQL shall look at what is asked for each time: a plan for any values of a statement that came often,
    kept from then on, sought a page of statements through whole months. Nothing here runs so long that compiling it
    (a second) would pay.
    """
    connection.autocommit = True
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.execute("SET jit = off")
    connection.autocommit = False


def insert_many(session: Session, statement: Any, rows: list[dict[str, Any]]) -> int:
    """Inserts many rows at once; returns how many went in. PostgreSQL looks each foreign key up by a plan that it
    keeps, which it shall not make anew for every row (`_plan_anew`).
    """
    spare = len(rows) > 20 and session.get_bind().dialect.name == "postgresql"
    if spare:
        session.execute(text("SET LOCAL plan_cache_mode = auto"))
    taken = session.execute(statement, rows, execution_options={"preserve_rowcount": True})
    if spare:
        session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    return int(cast(CursorResult[Any], taken).rowcount)


def enable_row_level_security(connection: Connection, *tables: str) -> None:
    """On PostgreSQL, hides other tenants' rows beneath every query, for the tables' owner too. For migrations."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        connection.execute(text(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'))
        connection.execute(text(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'))
        connection.execute(
            text(
                f'CREATE POLICY tenant ON "{table}" USING ('
                f"current_setting('app.tenant', true) IN ('{EVERY_TENANT}', tenant_id::text))"
            )
        )
