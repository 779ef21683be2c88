"""Statements are kept as long as the municipality says, then they go with all that belonged to them, in the night."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from lms_bridge.accounts.models import AuditEntry, Tenant
from lms_bridge.db import Base, Database, utcnow
from lms_bridge.lrs import partitions, positions, retention
from lms_bridge.lrs.models import Attachment, IndexEntry, Retention, Statement, StatementId
from tests.people import CAMILLA, FJORDVIK, FRODE, STORSJO

from .conftest import VOIDED, Sender, statement

A_YEAR = timedelta(days=366)
NOTE = b"a certificate"
SHA2 = hashlib.sha256(NOTE).hexdigest()


def with_a_file(sender: Sender) -> None:
    announced = {
        "usageType": "https://example.com/certificate",
        "display": {"en": "Certificate"},
        "contentType": "text/plain",
        "length": len(NOTE),
        "sha2": SHA2,
    }
    body = (
        b"--x\r\nContent-Type: application/json\r\n\r\n"
        + json.dumps(statement(attachments=[announced])).encode()
        + b"\r\n--x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: "
        + SHA2.encode()
        + b"\r\n\r\n"
        + NOTE
        + b"\r\n--x--\r\n"
    )
    sent = {"Content-Type": "multipart/mixed; boundary=x"}
    assert sender.request("POST", "statements", data=body, headers=sent).status_code == 200


def keep(database: Database, tenant_id, months: int | None) -> None:
    with database.unit_of_work(tenant_id) as session:
        retention.keep_for(session, tenant_id, months)


def count(database: Database, table: type[Base]) -> int:
    with database.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def both(sender: Callable[..., Sender], database: Database, tenant_id) -> Iterator[tuple[Sender, Sender]]:
    """Fjordvik, which keeps statements for a year, and Storsjö, which keeps them without end."""
    ours, theirs = sender(), sender(STORSJO)
    keep(database, tenant_id(FJORDVIK), 12)
    yield ours, theirs
    partitions.known.clear()


def test_what_is_old_enough_goes_with_its_index_id_and_files(both, database: Database, tenant_id):
    ours, theirs = both
    theirs.post(statement())
    before = [count(database, table) for table in (Statement, IndexEntry, StatementId, Attachment)]
    again = statement()
    ours.post(again)
    ours.post(statement(), statement())
    ours.post(statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": again["id"]}))
    with_a_file(ours)
    assert not retention.expire(database, utcnow() + A_YEAR - timedelta(days=3))
    assert retention.expire(database, utcnow() + A_YEAR + timedelta(days=1)) == {tenant_id(FJORDVIK): 5}
    kept = [count(database, table) for table in (Statement, StatementId, Attachment)]
    assert kept == [before[0], before[2], before[3]]
    assert count(database, IndexEntry) <= before[1] + 3  # what the voiding one had inherited leads nowhere
    assert (ours.ids(), len(theirs.ids())) == ([], 1)
    assert ours.post(again).status_code == 200
    assert ours.ids() == [again["id"]]


def test_the_trail_says_so(both, database: Database, tenant_id):
    both[0].post(statement())
    retention.expire(database, utcnow() + 2 * A_YEAR)
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        trail = session.execute(
            select(AuditEntry.action, AuditEntry.detail).where(AuditEntry.subject == "lrs")
        ).all()
    assert ("lrs_retention.changed", {"months": 12}) in trail
    assert ("lrs_statements.expired", {"statements": 1}) in trail


def test_a_month_that_nobody_keeps_goes_at_once(both, database: Database, tenant_id):
    if database.engine.dialect.name != "postgresql":
        pytest.skip("months are PostgreSQL's partitions")
    ours, theirs = both
    ours.post(statement(), statement())
    theirs.post(statement())
    keep(database, tenant_id(STORSJO), 24)
    assert not retention.expire(database, utcnow())
    with database.unit_of_work() as session:
        months = partitions.months(session.connection())
        gone = utcnow() + 3 * A_YEAR
        for tenant in session.scalars(select(Tenant.id)).all():
            if tenant not in (tenant_id(FJORDVIK), tenant_id(STORSJO)):
                session.add(Retention(tenant_id=tenant, months=6))
    expired = retention.expire(database, gone)
    assert (expired[tenant_id(FJORDVIK)], expired[tenant_id(STORSJO)]) == (2, 1)
    assert [count(database, table) for table in (Statement, StatementId, IndexEntry)] == [0, 0, 0]
    with database.unit_of_work() as session:
        assert months[0] not in partitions.months(session.connection())
        assert months[0] in partitions.prepare(session.connection())


def test_statements_outside_every_month_are_kept_and_found_too(both, database: Database):
    if database.engine.dialect.name != "postgresql":
        pytest.skip("months are PostgreSQL's partitions")
    ours = both[0]
    sent = statement()
    ours.post(sent)
    old = positions.first_from(datetime(2021, 5, 1, tzinfo=UTC))
    with database.unit_of_work() as session:
        for table in (Statement, IndexEntry, StatementId):
            session.execute(update(table).values(position=old))
    assert ours.ids(agent=sent["actor"]) == ours.ids() == [sent["id"]]
    assert ours.get(statementId=sent["id"]).status_code == 200
    retention.expire(database, utcnow())
    assert ours.ids() == []


def test_an_administrator_chooses(signed_in: Callable[..., FlaskClient]):
    frode = signed_in(FRODE)
    assert "/statements/retention" in frode.get("/statements").text
    assert frode.post("/statements/retention", data={"months": "24"}).status_code == 302
    assert '<option value="24" selected>' in frode.get("/statements/retention").text
    wrong = frode.post("/statements/retention", data={"months": "7"})
    assert (wrong.status_code, "Choose one of these." in wrong.text) == (400, True)
    assert frode.post("/statements/retention", data={"months": ""}).status_code == 302
    assert '<option value="24" selected>' not in frode.get("/statements/retention").text
    assert signed_in(CAMILLA).get("/statements/retention").status_code == 403
