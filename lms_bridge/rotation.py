"""`lms-bridge rotate-secrets`: seals every stored secret anew, with the secret key of now.

Every column of the type Sealed, in every municipality, in batches; each row only if nobody changed it meanwhile. The
service may run; started again, it goes on with what is left.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
from sqlalchemy import Column, Table, bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from . import create_app
from .db import Base, Database
from .errors import Unavailable
from .vault import Sealed, Vault

BATCH = 500


def sealed_columns() -> list[Column[bytes]]:
    """Every column that holds sealed secrets."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed)
    ]


def rotate(
    database: Database, vault: Vault, told: Callable[[str, int, int], None] = lambda *_: None
) -> tuple[int, int]:
    """Seals anew what is sealed with a former key; (how many, how many that no known key opens).

    `told` is called after each batch with the column's name and these numbers of it so far.
    """
    sealed = lost = 0
    for column in sealed_columns():
        done = stuck = 0
        for batch in _batches(database, column):
            with database.unit_of_work() as session:
                some, others = _seal_anew(session, vault, column, batch)
            done, stuck = done + some, stuck + others
            told(str(column), done, stuck)
        sealed, lost = sealed + done, lost + stuck
    return sealed, lost


def _batches(database: Database, column: Column[bytes]) -> Iterator[list[Any]]:
    """(primary key…, sealed) of the rows, in the order of their keys."""
    table: Table = column.table
    keys = list(table.primary_key.columns)
    after: tuple[Any, ...] | None = None
    while True:
        query = select(*keys, column).where(column.is_not(None)).order_by(*keys).limit(BATCH)
        if after is not None:
            query = query.where(tuple_(*keys) > after)
        with database.unit_of_work(write=False) as session:
            rows = list(session.execute(query))
        if not rows:
            return
        yield rows
        after = tuple(rows[-1][:-1])


def _seal_anew(session: Session, vault: Vault, column: Column[bytes], rows: list[Any]) -> tuple[int, int]:
    table: Table = column.table
    changes, lost = [], 0
    for *key, sealed in rows:
        if vault.is_current(sealed):
            continue
        try:
            fresh = vault.seal(vault.open(sealed))
        except Unavailable:
            lost += 1
            continue
        named = {f"key_{at}": value for at, value in enumerate(key)}
        changes.append(named | {"before": sealed, "fresh": fresh})
    if changes:
        same = [part == bindparam(f"key_{at}") for at, part in enumerate(table.primary_key.columns)]
        statement = update(table).where(*same, column == bindparam("before"))
        session.connection().execute(statement.values({column.name: bindparam("fresh")}), changes)
    return len(changes), lost


@click.command("rotate-secrets")
def rotate_secrets_command() -> None:
    """Seal every stored secret with the new LMS_BRIDGE_SECRET_KEY, so that the former one may go."""
    app = create_app()

    def tell(column: str, done: int, lost: int) -> None:
        click.echo(f"  {column}: {done} sealed anew" + (f", {lost} CANNOT BE OPENED" if lost else ""))

    done, lost = rotate(app.database, app.vault, tell)
    if lost:
        click.echo(
            f"{lost} secrets cannot be opened by any key that is known. Name the key they were sealed with in "
            "LMS_BRIDGE_FORMER_SECRET_KEYS and run this again, or enter those secrets anew on their pages. "
            "Do not drop a former key until then.",
            err=True,
        )
        sys.exit(1)
    click.echo(
        f"Every secret is sealed with LMS_BRIDGE_SECRET_KEY ({done} of them just now). "
        "The former key may go from LMS_BRIDGE_FORMER_SECRET_KEYS: at once if it has leaked, otherwise in a day, so "
        "that nobody has to sign in again. Keep it in a safe for as long as you keep backups made with it."
    )
