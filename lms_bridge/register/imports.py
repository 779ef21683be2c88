"""Lists on their way in: uploaded, matched, previewed, and only then written, all of it or nothing."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts import audit
from ..db import utcnow
from ..errors import N_, Conflict, Invalid, NotFound
from . import columns, completion_lists, people_lists, tables, unit_lists
from .models import Import
from .plans import Plan
from .tables import Unreadable

Planner = Callable[[Session, Import, tables.Table, bytes], Plan]
LARGE = 500_000
"""Bytes from which a list is written by a job instead of in the request."""


@dataclass(frozen=True)
class Kind:
    """A kind of list: what it is called, its columns, which of them it cannot do without, and who plans it."""

    title: str
    columns: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]
    planner: Planner


KINDS = {
    "units": Kind(N_("Units"), columns.UNIT_COLUMNS, (("unit",), ("unit_name",)), unit_lists.plan),
    "people": Kind(
        N_("People and positions"),
        columns.PEOPLE_COLUMNS,
        (("employment_id",), ("name", "given_name", "family_name"), ("unit",)),
        people_lists.plan,
    ),
    "completions": Kind(
        N_("Completions from an LMS"),
        columns.COMPLETION_COLUMNS,
        (("employment_id", "national_number", "account", "email"), ("completed_at",)),
        completion_lists.plan,
    ),
}
COLUMN_TITLES = {
    "employment_id": N_("Employment number"),
    "national_number": N_("National identity number"),
    "account": N_("User name"),
    "email": N_("E-mail"),
    "name": N_("Name"),
    "given_name": N_("First name"),
    "family_name": N_("Last name"),
    "unit": N_("Unit number"),
    "unit_name": N_("Unit name"),
    "parent": N_("Part of unit number"),
    "roles": N_("Roles"),
    "leads": N_("Leads the unit"),
    "starts_on": N_("First day"),
    "ends_on": N_("Last day"),
    "completed_at": N_("Completed on"),
    "result": N_("Result"),
    "valid_until": N_("Valid until"),
    "course": N_("Course"),
}


def upload(
    session: Session, kind: str, filename: str, stream: IO[bytes], account_id: uuid.UUID | None
) -> Import:
    """Takes a file in and guesses its columns. Raises Invalid with a sentence for what is no list."""
    kind_of(kind)
    content = stream.read(tables.MAX_BYTES + 1)
    try:
        table = tables.read(io.BytesIO(content))
        first = next(table.rows, None)
    except Unreadable as refused:
        raise _invalid(refused) from refused
    if first is None:
        raise Invalid(N_("The list has headings, but no rows below them. Export it again."))
    row = Import(
        kind=kind,
        filename=filename[:200],
        content=content,
        columns=columns.guess(table.header, KINDS[kind].columns),
        account_id=account_id,
    )
    session.add(row)
    session.flush()
    return row


def kind_of(name: str) -> Kind:
    if name not in KINDS:
        raise NotFound()
    return KINDS[name]


def get_import(session: Session, import_id: uuid.UUID) -> Import:
    row = session.get(Import, import_id)
    if row is None:
        raise NotFound()
    return row


def latest(session: Session, limit: int = 50) -> list[Import]:
    """The lists taken in, the newest first."""
    return list(session.scalars(select(Import).order_by(Import.created.desc()).limit(limit)))


def sample(row: Import, count: int = 3) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The headings and the first rows, for the page where columns are matched."""
    table = _table(row)
    return table.header, [one.cells for one in islice(table.rows, count)]


def courses(row: Import, most: int = 200) -> list[str]:
    """The different courses of a completion list whose course column is matched."""
    index = row.columns.get("course")
    if index is None:
        return []
    found: dict[str, None] = {}
    for one in _table(row).rows:
        if index < len(one.cells) and one.cells[index] and len(found) < most:
            found.setdefault(one.cells[index])
    return list(found)


def match(session: Session, import_id: uuid.UUID, chosen: dict[str, int], options: dict[str, Any]) -> Import:
    """Keeps which column is what. Raises Invalid where a needed one is missing or one is used twice."""
    row = get_import(session, import_id)
    _open(row)
    kind = KINDS[row.kind]
    header, _rows = sample(row, 0)
    chosen = {
        name: index for name, index in chosen.items() if name in kind.columns and 0 <= index < len(header)
    }
    problems: dict[str, str] = {}
    for needed in kind.needed:
        if not set(needed) & set(chosen):
            problems[needed[0]] = N_("Choose the column that holds this.")
    for name, index in chosen.items():
        if list(chosen.values()).count(index) > 1:
            problems[name] = N_("This column is chosen twice.")
    if row.kind == "completions" and not completion_lists.gains(session, options):
        problems["gives"] = N_("Choose what a completion gives.")
    if problems:
        raise Invalid(N_("Some columns need another look."), problems)
    row.columns, row.options = chosen, options
    return row


def preview(session: Session, row: Import, key: bytes) -> Plan:
    """What the list will do. Writes nothing. Raises Invalid where reading to the end shows that it is broken."""
    _open(row)
    try:
        return KINDS[row.kind].planner(session, row, _table(row), key)
    except Unreadable as refused:
        raise _invalid(refused) from refused


def confirm(session: Session, row: Import, key: bytes, *, approve_closing: bool = False) -> Plan:
    """Writes the list: all of it, in the caller's transaction; what it did. The file itself is then forgotten."""
    plan = preview(session, row, key)
    if plan.closing_needs_approval and not approve_closing:
        raise Conflict(
            N_("The list would close %(count)s of those there are. Approve that, or take a complete list."),
            count=plan.counts["closed"],
        )
    plan.apply()
    row.state, row.finished, row.content = "confirmed", utcnow(), None
    row.summary = dict(plan.counts)
    audit.record(session, "import", f"import:{row.id}", kind=row.kind, counts=dict(plan.counts))
    return plan


def give_up(session: Session, row: Import) -> None:
    """Forgets the list; nothing of it was written."""
    _open(row)
    row.state, row.finished, row.content = "cancelled", utcnow(), None


def mentions(row: Import, words: set[str]) -> bool:
    """Whether a cell of the list that waits is one of these; so is a list that cannot be read to its end."""
    wanted = {word.casefold() for word in words}
    try:
        return any(cell.strip().casefold() in wanted for one in _table(row).rows for cell in one.cells)
    except (Invalid, Unreadable):
        return True


def is_large(row: Import) -> bool:
    """Whether writing it takes longer than a person should wait for a page."""
    return len(row.content or b"") > LARGE


def start(session: Session, row: Import) -> None:
    """Marks a large list as being written by a job."""
    _open(row)
    row.state = "running"


def _table(row: Import) -> tables.Table:
    try:
        return tables.read(io.BytesIO(row.content or b""))
    except Unreadable as refused:
        raise _invalid(refused) from refused


def _open(row: Import) -> None:
    if row.state not in {"uploaded", "failed"}:
        raise Conflict(N_("This list is finished with. Upload it again to use it again."))


def _invalid(refused: Unreadable) -> Invalid:
    return Invalid(refused.problem.message, None, **refused.problem.params)
