"""An administrator chooses for how long the trail is kept, and the trail says who did."""

import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.accounts.models import AuditEntry
from lms_bridge.db import Database
from lms_bridge.trail import retention
from lms_bridge.trail.seals import CHOSEN
from tests.people import ASTRID, CAMILLA, FJORDVIK, FRODE, Municipality, Person


def test_an_administrator_chooses_and_the_trail_says_who(
    signed_in: Callable[..., FlaskClient], database: Database, tenant_id: Callable[[Municipality], uuid.UUID]
):
    frode = signed_in(FRODE)
    assert "/trail/retention" in frode.get("/trail").text
    assert "Kept without end." in frode.get("/trail").text
    assert frode.post("/trail/retention", data={"months": "24"}).status_code == 302
    assert '<option value="24" selected>' in frode.get("/trail/retention").text
    page = frode.get("/trail").text
    assert "Kept for 24 months." in page
    assert "Decided for how long the trail is kept" in page
    with database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == CHOSEN)).one()
        assert (noted.account_id is not None, noted.detail) == (True, {"months": 24})
    assert frode.post("/trail/retention", data={"months": ""}).status_code == 302
    assert "Kept without end." in frode.get("/trail").text


@pytest.mark.parametrize("sent", ["0", "7", "-6", "six"])
def test_what_is_none_of_the_choices_is_refused(
    signed_in: Callable[..., FlaskClient],
    database: Database,
    tenant_id: Callable[[Municipality], uuid.UUID],
    sent: str,
):
    wrong = signed_in(FRODE).post("/trail/retention", data={"months": sent})
    assert (wrong.status_code, "Choose one of these." in wrong.text) == (400, True)
    with database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
        assert retention.months_kept(session, tenant_id(FJORDVIK)) is None


@pytest.mark.parametrize("person", [CAMILLA, ASTRID])
def test_nobody_but_an_administrator_chooses(signed_in: Callable[..., FlaskClient], person: Person):
    assert signed_in(person).post("/trail/retention", data={"months": "6"}).status_code == 403
