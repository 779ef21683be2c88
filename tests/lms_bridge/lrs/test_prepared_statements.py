"""Statements go to PostgreSQL by libpq itself: the same values arrive, all of a transaction or nothing, and a fault is
psycopg's.
"""

from collections.abc import Iterable, Iterator

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_bridge.lrs.prepared import Prepared, bigints, byteas
from tests.support.postgres import Postgres

pytestmark = pytest.mark.postgres
INSERT = "INSERT INTO kept SELECT * FROM unnest($1::bigint[], $2::bytea[])"
NOISE = [(-1, b"noise")]


def open_to(postgres: Postgres, name: str) -> psycopg.Connection:
    url = postgres.url(name).replace("+psycopg", "")
    return psycopg.connect(url, autocommit=True, prepare_threshold=None)


@pytest.fixture(scope="module")
def connection(postgres: Postgres) -> Iterator[psycopg.Connection]:
    name = postgres.create()
    with open_to(postgres, name) as opened:
        opened.execute("CREATE TABLE kept (number bigint PRIMARY KEY, content bytea)")
        yield opened
    postgres.drop(name)


@pytest.fixture
def prepared(connection: psycopg.Connection) -> Prepared:
    connection.execute("TRUNCATE kept")
    connection.execute("DEALLOCATE ALL")
    connection.execute("INSERT INTO kept VALUES (%s, %s)", NOISE[0])
    return Prepared(connection)


def kept(connection: psycopg.Connection) -> list[tuple[int, bytes]]:
    return connection.execute("SELECT number, content FROM kept ORDER BY number").fetchall()


def rows(numbers: list[int], content: bytes = b"x") -> list[bytes]:
    return [bigints(numbers), byteas([content] * len(numbers))]


def store(prepared: Prepared, parts: Iterable[list[bytes]], sql: str = INSERT) -> None:
    with prepared.together() as send:
        for values in parts:
            send([(sql, values)])


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=40),
    contents=st.lists(st.binary(max_size=60), min_size=1, max_size=40),
)
def test_arrays_are_read_by_postgresql_as_they_were(connection, numbers: list[int], contents: list[bytes]):
    found = connection.pgconn.exec_params(
        b"SELECT array_to_json($1::bigint[])::text, array_to_json($2::bytea[])::text",
        [bigints(numbers), byteas(contents)],
        param_formats=[1, 1],
    )
    sent = connection.execute(
        "SELECT array_to_json(%s::bigint[])::text, array_to_json(%s::bytea[])::text", (numbers, contents)
    ).fetchone()
    assert (found.get_value(0, 0).decode(), found.get_value(0, 1).decode()) == sent


def test_a_statement_is_prepared_once_and_carried_out_as_often_as_asked(connection, prepared: Prepared):
    for number in range(3):
        store(prepared, [rows([number])])
    assert kept(connection) == [*NOISE, (0, b"x"), (1, b"x"), (2, b"x")]
    names = connection.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement = %s", (INSERT,))
    assert names.fetchone() == (1,)


def test_a_number_that_is_there_is_a_unique_violation_and_the_next_goes_in(connection, prepared: Prepared):
    store(prepared, [rows([1])])
    with pytest.raises(psycopg.errors.UniqueViolation):
        store(prepared, [rows([2, 1])])
    store(prepared, [rows([3])])
    assert [number for number, _ in kept(connection)] == [-1, 1, 3]


def test_what_is_sent_together_is_there_together(connection, prepared: Prepared):
    store(prepared, [rows([1, 2]), rows([3])])
    assert [number for number, _ in kept(connection)] == [-1, 1, 2, 3]
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


@pytest.mark.parametrize("at", [0, 1, 2])
def test_of_what_is_sent_together_nothing_stays_when_a_part_is_refused(
    connection, prepared: Prepared, at: int
):
    parts = [[1, 2], [3], [4]]
    parts[at] = [-1]
    for _ in range(2):  # also when the statement is known from before
        with pytest.raises(psycopg.errors.UniqueViolation):
            store(prepared, [rows(numbers) for numbers in parts])
        assert kept(connection) == NOISE
    store(prepared, [rows([5])])
    assert [number for number, _ in kept(connection)] == [-1, 5]


def test_nothing_stays_when_the_rest_cannot_be_made(connection, prepared: Prepared):
    def parts() -> Iterator[list[bytes]]:
        yield rows([1])
        raise LookupError

    with pytest.raises(LookupError):
        store(prepared, parts())
    assert kept(connection) == NOISE


def test_a_statement_that_cannot_be_prepared_is_tried_anew(connection, prepared: Prepared):
    late = INSERT.replace("kept", "late")
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable):
            store(prepared, [rows([1])], late)
    connection.execute("CREATE TABLE late (number bigint PRIMARY KEY, content bytea)")
    store(prepared, [rows([1])], late)
    assert connection.execute("SELECT number FROM late").fetchall() == [(1,)]


def test_more_than_a_connection_holds_at_once_goes_through(connection, prepared: Prepared):
    store(prepared, [rows([number], bytes(1_000_000)) for number in range(40)])
    assert connection.execute("SELECT count(*), sum(length(content)) FROM kept").fetchone() == (
        41,
        40_000_005,
    )


def test_a_connection_that_is_lost_in_the_middle_is_an_operational_error(postgres: Postgres):
    name = postgres.create()
    with open_to(postgres, name) as other:
        other.execute("CREATE TABLE kept (number bigint PRIMARY KEY, content bytea)")
        lost = open_to(postgres, name)
        prepared = Prepared(lost)

        def parts() -> Iterator[list[bytes]]:
            yield rows([1])
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (lost.info.backend_pid,))
            for number in range(2, 50):
                yield rows([number], bytes(1_000_000))

        with pytest.raises(psycopg.OperationalError):
            store(prepared, parts())
        assert lost.broken
        with pytest.raises(psycopg.OperationalError):
            store(prepared, [rows([2])])
        assert kept(other) == []
        lost.close()
    postgres.drop(name)
