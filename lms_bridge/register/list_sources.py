"""Completion lists that a source puts down: a person says once what the columns are, then each is taken by itself.

The first list waits as an upload does. What the person says of it is kept with the connection, by the headings' words,
and read from then on. A list whose headings have changed waits again; rows that cannot be used are told of.
"""

from __future__ import annotations

import io
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..connectors.interface import Note
from ..connectors.models import Connection
from ..db import utcnow
from ..errors import N_, DomainError, Invalid
from . import completion_lists, imports, tables
from .models import Import
from .plans import Plan
from .tables import Unreadable

SETTING = "list"
MOST_TOLD = 100
WAITS = N_("The list %(name)s waits: a coordinator says under Register, Lists, what its columns are.")
CHANGED = N_(
    "The list %(name)s has other columns than before, and waits for a coordinator under Register, Lists."
)
BROKEN = N_("The list %(name)s cannot be read: %(why)s")
PARTLY = N_("In the list %(name)s, %(count)s rows cannot be used. They stand under Register, Lists.")


def take_list(
    session: Session, connection: Connection, filename: str, content: bytes, key: bytes
) -> tuple[int, list[Note]]:
    """Takes a list as far as it is sound; (how many rows were new, what is to be told)."""
    try:
        if next(tables.read(io.BytesIO(content)).rows, None) is None:
            return 0, []  # headings only: nobody has completed anything
        row = imports.upload(session, "completions", filename, io.BytesIO(content), None)
    except (Invalid, Unreadable) as refused:
        row = Import(kind="completions", filename=filename[:200], state="unreadable", finished=utcnow())
        row.summary, row.connection_id = _problem(refused), connection.id
        session.add(row)
        return 0, [Note(BROKEN, {"name": filename, "why": str(refused)})]
    row.connection_id = connection.id
    said = connection.settings.get(SETTING)
    if said is None:
        row.options = {"source": connection.name[:100]}
        return 0, [Note(WAITS, {"name": filename})]
    return _take(session, row, said, key)


def remember(session: Session, row: Import) -> None:
    """Keeps what a person said of a source's list, for those that come after it."""
    connection = session.get(Connection, row.connection_id) if row.connection_id else None
    if connection is not None:
        header, _rows = imports.sample(row, 0)
        said = {
            "columns": {name: header[at] for name, at in row.columns.items()},
            "options": dict(row.options),
        }
        connection.settings = {**connection.settings, SETTING: said}


def take_waiting(session: Session, connection_id: uuid.UUID, key: bytes) -> int:
    """Takes what came from a source before a person had said what its columns are."""
    connection = session.get(Connection, connection_id)
    said = connection.settings.get(SETTING) if connection else None
    if said is None:
        return 0
    waiting = session.scalars(
        select(Import)
        .where(Import.connection_id == connection_id, Import.state == "uploaded")
        .order_by(Import.created)
    ).all()
    return sum(_take(session, row, said, key)[0] for row in waiting)


def _take(session: Session, row: Import, said: dict[str, Any], key: bytes) -> tuple[int, list[Note]]:
    header, _rows = imports.sample(row, 0)
    options = dict(said["options"])
    columns = {name: header.index(heading) for name, heading in said["columns"].items() if heading in header}
    row.options = options
    if len(columns) < len(said["columns"]) or not completion_lists.gains(session, options):
        return 0, [Note(CHANGED, {"name": row.filename})]
    row.columns = columns
    try:
        with session.begin_nested():
            plan = _written(session, row, key)
    except DomainError as refused:
        row.state, row.summary = "failed", _problem(refused)
        return 0, [Note(BROKEN, {"name": row.filename, "why": str(refused)})]
    count = plan.counts["problems"]
    notes = [Note(PARTLY, {"name": row.filename, "count": count})] if count else []
    return plan.counts["added"] + plan.counts["waiting"], notes


def _written(session: Session, row: Import, key: bytes) -> Plan:
    plan = imports.confirm(session, row, key)
    row.summary = {
        **row.summary,
        "told": [
            {"row": one.row, "message": one.problem.message, "details": dict(one.problem.params)}
            for one in (*plan.problems, *plan.warnings)[:MOST_TOLD]
        ],
    }
    return plan


def _problem(refused: DomainError | Unreadable) -> dict[str, Any]:
    if isinstance(refused, Unreadable):
        return {"problem": refused.problem.message, "details": dict(refused.problem.params)}
    return {"problem": refused.message, "details": dict(refused.details)}
