"""A statement sent to /xapi/ is evidence at once: one row, on the right person, in the right place."""

import base64
import uuid

import pytest
from sqlalchemy import func, select

from lms_bridge.lrs.credentials import create_credential
from lms_bridge.register import figures, identities, policies
from lms_bridge.register.models import Evidence
from lms_bridge.register.service import today
from lms_bridge.register.status import State
from tests.people import EMMA, FJORDVIK, STORSJO

from .conftest import HANDS, look_up

MODULE = uuid.UUID("0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01")
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"


@pytest.fixture
def send(pages):
    """Sends a statement with a municipality's credential."""
    keys = {}
    for municipality in (FJORDVIK, STORSJO):
        with pages.app.database.unit_of_work(pages.tenant_id(municipality)) as session:
            policies.map_module(
                session,
                module_id=MODULE,
                version=1,
                title="Håndhygiene",
                language="nb",
                pass_mark=None,
                competences=[{"uri": HANDS, "title": "Håndhygiene", "level": None, "validity_months": 24}],
            )
            made = create_credential(session, name="LMS", scopes=["all"], expires_at=None)
            keys[municipality.slug] = f"{made.credential.key}:{made.secret}"

    def send(statement, municipality=FJORDVIK):
        token = base64.b64encode(keys[municipality.slug].encode()).decode()
        headers = {
            "Authorization": f"Basic {token}",
            "X-Experience-API-Version": "1.0.3",
            "Sec-Fetch-Site": "none",
        }
        return pages.app.test_client().post(
            "/xapi/statements", json=statement, headers=headers, base_url="http://bridge.localhost"
        )

    return send


def statement(actor, **more):
    return {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": "https://moodle.example", "name": actor}, "name": actor.title()},
        "verb": {"id": COMPLETED},
        "object": {"id": f"urn:uuid:{MODULE}"},
        **more,
    }


def count(pages, municipality=FJORDVIK):
    with pages.app.database.unit_of_work(pages.tenant_id(municipality)) as session:
        return session.scalar(select(func.count()).select_from(Evidence).where(Evidence.source == "xapi"))


def state(session, register, person):
    cells = figures.of_person(session, register.people[person], today(session))
    return next(c.state for c in cells if c.competence_id == register.competences[HANDS])


def test_sent_thrice_it_is_evidence_once_and_lands_when_linked(pages, send):
    one = statement("henrik")
    assert [send(one).status_code for _ in range(3)] == [200, 200, 200]
    assert count(pages) == 1
    with pages.app.database.unit_of_work(pages.tenant_id(FJORDVIK)) as session:
        register = look_up(session)
        assert state(session, register, "henrik") is not State.MET
        (waiting,) = identities.queue(session)
        identities.link_to_person(session, waiting.link.id, register.people["henrik"], None)
        assert state(session, register, "henrik") is State.MET
    assert send(statement("henrik")).status_code == 200
    assert count(pages) == 2


def test_what_a_signed_in_employee_takes_here_lands_at_once(pages, send):
    from lms_bridge.accounts import Account

    with pages.app.database.unit_of_work(pages.tenant_id(FJORDVIK)) as session:
        account = session.scalars(select(Account).where(Account.email == EMMA.email)).one()
        register = look_up(session)
        assert state(session, register, "emma") is not State.MET
    actor = {"account": {"homePage": pages.app.settings.base_url, "name": str(account.id)}}
    assert send(statement("x") | {"actor": actor}).status_code == 200
    with pages.app.database.unit_of_work(pages.tenant_id(FJORDVIK)) as session:
        assert state(session, register, "emma") is State.MET


def test_voided_it_counts_no_more(pages, send):
    one = statement("henrik")
    send(one)
    void = statement(
        "admin",
        verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
        object={"objectType": "StatementRef", "id": one["id"]},
    )
    assert send(void).status_code == 200
    with pages.app.database.unit_of_work(pages.tenant_id(FJORDVIK)) as session:
        rows = session.scalars(
            select(Evidence.result).where(Evidence.record == one["id"]).order_by(Evidence.revision)
        )
        assert list(rows) == ["attained", "retracted"]


def test_one_municipalitys_statement_is_not_anothers_evidence(pages, send):
    send(statement("henrik"), STORSJO)
    assert (count(pages), count(pages, STORSJO)) == (0, 1)


def test_a_statement_that_is_refused_leaves_no_evidence(pages, send):
    broken = statement("henrik")
    del broken["verb"]
    assert send([statement("henrik"), broken]).status_code == 400
    assert count(pages) == 0
