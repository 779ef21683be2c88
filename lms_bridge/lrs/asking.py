"""Questions to the driver itself, on the session's connection: SQL that is the same every time, planned once.

PostgreSQL plans a question to the months' tables in milliseconds, and answers it in tenths of one. So its plan is kept,
and it is one that holds for whatever is asked: along the indexes in their order, never by sorting what a filter has.
"""

import re
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg.types.numeric import Int8
from sqlalchemy.orm import Session

from .bulk import driver, is_postgresql

_ALONG_THE_INDEX = {
    "plan_cache_mode": ("force_generic_plan", "force_custom_plan"),
    **{f"enable_{way}": ("off", "on") for way in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin")},
}
_BEFORE, _AFTERWARDS = (
    "SELECT "
    + ", ".join(f"set_config('{name}', '{values[n]}', true)" for name, values in _ALONG_THE_INDEX.items())
    for n in (0, 1)
)


def ask(session: Session, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows. `sql` names its parameters as `:name`; whole numbers are 64 bits long."""
    with driver(session) as connection:
        if not is_postgresql(session):
            return list(connection.execute(sql, parameters))
        sent = {name: Int8(value) if type(value) is int else value for name, value in parameters.items()}
        with connection.pipeline():  # one way there and back
            connection.execute(_BEFORE)
            answer = connection.execute(_marked(sql), sent, prepare=True, binary=True)
            connection.execute(_AFTERWARDS)
        return list(answer)


def tenant_in_sql(session: Session, tenant_id: UUID) -> UUID | str:
    """As the database keeps it."""
    return tenant_id if is_postgresql(session) else tenant_id.hex


@lru_cache(maxsize=200)
def _marked(sql: str) -> str:
    """As psycopg names parameters."""
    return re.sub(r":(\w+)", r"%(\1)s", sql)
