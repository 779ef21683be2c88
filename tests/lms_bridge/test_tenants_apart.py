"""One municipality never sees another's rows, whatever the query, and beneath it PostgreSQL sees to it once more."""

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import func, select, text, update

from lms_bridge.accounts import Account
from lms_bridge.db import Database
from tests.people import EVERYBODY, FJORDVIK, JOHAN, STORSJO, Municipality

TenantId = Callable[[Municipality], uuid.UUID]


def test_a_select_sees_its_own_rows_only(database: Database, tenant_id: TenantId):
    with database.unit_of_work(tenant_id(STORSJO)) as session:
        names = set(session.scalars(select(Account.name)))
    assert names == {p.name for p in EVERYBODY if p.municipality is STORSJO}


def test_an_id_of_another_municipality_is_not_found(database: Database, tenant_id: TenantId, account_of):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        assert session.get(Account, account_of(JOHAN).id) is None


def test_an_update_of_everything_touches_its_own_rows_only(
    database: Database, tenant_id: TenantId, account_of
):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        session.execute(update(Account).values(name="X"))
    assert account_of(JOHAN).name == JOHAN.name


def test_a_row_for_another_municipality_is_refused(database: Database, tenant_id: TenantId):
    other = tenant_id(STORSJO)
    with (
        pytest.raises(RuntimeError, match="another tenant"),
        database.unit_of_work(tenant_id(FJORDVIK)) as session,
    ):
        session.add(Account(tenant_id=other, email="x@y.zz", name="X", password_hash="", roles=[]))


@pytest.mark.parametrize(
    "statement", ["SELECT count(*) FROM account", "SELECT count(*) FROM account WHERE 1 = 1"]
)
def test_plain_sql_is_guarded_on_postgresql(database: Database, tenant_id: TenantId, statement: str):
    if database.engine.dialect.name != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    with database.unit_of_work(tenant_id(STORSJO)) as session:
        assert session.scalar(text(statement)) == sum(p.municipality is STORSJO for p in EVERYBODY)
    with database.unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == len(EVERYBODY)
