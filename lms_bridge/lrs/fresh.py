"""The direct way into the store: statements of which none may be there yet, on a connection of their own. On PostgreSQL
part by part, while the next is made; on SQLite all with one insert.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

from .blocks import blocks
from .bulk import DEFINITION_IN_SQLITE, DEFINITIONS, Definitions, tables_of
from .prepared import Filled, bigints, byteas

if TYPE_CHECKING:
    from .store import New
    from .writers import Writers

Insert = Callable[["list[New]"], None]
_ROWS = 100  # of a step on SQLite


@contextmanager
def inserting(session: Session, writers: "Writers", tenant_id: UUID, said: Definitions) -> Iterator[Insert]:
    """Stores statements none of which may be there yet, in a transaction of their own on this thread's connection; what
    is given takes them part by part, and PostgreSQL writes one while the next is made. With them goes what they have
    `said` of activities when the block ends. Raises `PLACE_TAKEN` when one is there; then, and when the block is left
    by an exception, nothing is stored.
    """
    if not writers.is_postgresql:
        new: list[New] = []
        yield new.extend
        _insert_into_sqlite(writers, tenant_id, new, said)
        return
    with writers.prepared().together() as send:
        yield lambda some: send(_fresh(session, tenant_id, some))
        if said:
            send([_definitions(tenant_id, said)])


def _definitions(tenant_id: UUID, said: Definitions) -> Filled:
    """Of all parts at once and in order: who says the same in another one would be waited for, and wait for us."""
    keys, digests, positions, activities, texts = zip(*sorted(said), strict=True)
    numbers = map(bigints, (keys, digests, positions))
    named = [activity.encode() for activity in activities]
    return _FRESH_DEFINITIONS, [str(tenant_id).encode(), *numbers, byteas(named), byteas(texts)]


_FRESH_DEFINITIONS = (
    f"{DEFINITIONS} SELECT $1::text::uuid, key, digest, position, convert_from(activity, 'UTF8'), definition "
    "FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[]) "
    "AS new (key, digest, position, activity, definition) ON CONFLICT DO NOTHING"
)


def _fresh(session: Session, tenant_id: UUID, new: "list[New]") -> list[Filled]:
    """PostgreSQL: plain statements go faster in one message than one that does it all."""
    tables = tables_of(session, [item.position for item in new])
    tenant = str(tenant_id).encode()
    return _fresh_one(tables, tenant, new[0]) if len(new) == 1 else _fresh_some(tables, tenant, new)


def _fresh_some(tables: tuple[str, str], tenant: bytes, new: "list[New]") -> list[Filled]:
    statements, index = tables
    ordered = sorted(new, key=lambda item: item.key)  # no circle of waiting for each other's ids
    places = bigints([item.position for item in ordered])
    rows = blocks([(one.position, one.keys) for one in new])
    return [
        (
            f"{_FRESH_ID} SELECT * FROM unnest($2::bytea[], $3::bigint[]) WHERE {_TOLD}",
            [tenant, byteas([item.key for item in ordered]), places],
        ),
        (
            f"INSERT INTO {statements} {_FRESH} SELECT $1::text::uuid, position, false, payload "
            "FROM unnest($2::bigint[], $3::bytea[]) AS new (position, payload)",
            [tenant, places, byteas([item.payload for item in ordered])],
        ),
        (
            f"INSERT INTO {index} (key, position, mask) SELECT key, position, nullif(mask, 1) "
            "FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS new (key, position, mask)",
            [bigints(column) for column in rows],
        ),
    ]


def _fresh_one(tables: tuple[str, str], tenant: bytes, new: "New") -> list[Filled]:
    """The same for one, which is what comes most."""
    statements, index = tables
    place = new.position.to_bytes(8, "big")
    return [
        (f"{_FRESH_ID} SELECT $2::bytea, $3::bigint WHERE {_TOLD}", [tenant, new.key, place]),
        (
            f"INSERT INTO {statements} {_FRESH} VALUES ($1::text::uuid, $2::bigint, false, $3::bytea)",
            [tenant, place, new.payload],
        ),
        (
            f"INSERT INTO {index} (key, position) SELECT unnest($1::bigint[]), $2::bigint",
            [bigints([*new.keys]), place],
        ),
    ]


_FRESH_ID = "INSERT INTO lrs_statement_id (key, position)"
_TOLD = "(SELECT set_config('app.tenant', $1::text, true)) <> ''"
"""Who the tenant is, for row-level security: the ids wait for it, and go first."""
_FRESH = "(tenant_id, position, voided, payload)"


ARRIVING = """
CREATE TEMP VIEW arriving (tenant_id, key, position, payload, keys) AS SELECT NULL, NULL, NULL, NULL, NULL;
CREATE TEMP TRIGGER arrive INSTEAD OF INSERT ON arriving BEGIN
    INSERT INTO lrs_statement_id (key, position) SELECT new.key, new.position WHERE new.key NOT NULL;
    INSERT INTO lrs_statement (tenant_id, position, voided, payload)
        VALUES (new.tenant_id, new.position, false, new.payload);
    INSERT INTO lrs_pending (position, keys) VALUES (new.position, new.keys);
END
"""
"""SQLite, for a connection that stores fresh statements: one insert for three tables. Each one more lets Python's other
threads go first, and ours has to wait its turn again. Of many the ids go ahead by themselves, in their order.
"""


def _insert_into_sqlite(
    writers: "Writers", tenant_id: UUID, new: "list[New]", definitions: Definitions
) -> None:
    tenant, many = tenant_id.hex, len(new) > _ROWS
    rows = [
        (
            tenant,
            None if many else item.key,
            item.position,
            item.payload,
            f",{','.join(map(str, item.keys))},",
        )
        for item in new  # the keys as pending.py has them
    ]
    with writers.transaction(len(rows), at_once=not many and not definitions) as connection:
        if many:
            ids = sorted((item.key, item.position) for item in new)
            _insert_rows(connection, "lrs_statement_id (key, position)", "(?, ?)", ids)
        _insert_rows(connection, "arriving", "(?, ?, ?, ?, ?)", rows)
        if definitions:
            connection.executemany(DEFINITION_IN_SQLITE, [(tenant, *row) for row in definitions])


def _insert_rows(connection: Any, table: str, marks: str, rows: list[Any]) -> None:
    """SQLite: many rows a step."""
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        connection.execute(_insert_many(table, marks, len(some)), tuple(chain.from_iterable(some)))


@lru_cache(maxsize=500)
def _insert_many(table: str, marks: str, count: int) -> str:
    return f"INSERT INTO {table} VALUES {', '.join([marks] * count)}"
