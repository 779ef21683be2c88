"""A coordinator reads of an account of this service whose it is: among the unknown, and on a person's page."""

import re
from datetime import UTC, datetime

import pytest

from lms_bridge.register import identities
from lms_bridge.register.models import Competence, Person
from lms_bridge.register.service import NewEvidence, record_evidence
from lms_bridge.register.status import Result
from tests.people import CAMILLA, EMMA, FJORDVIK


@pytest.fixture
def emma_has_taken(database, tenant_id, account_of):
    """Emma, whom nobody has linked, has taken a course here; so has somebody of another system that says to be us."""
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        lifting = Competence(uri="urn:x:lifting", titles={"nb": "Løft"})
        session.add_all([Person(name="Emma E. Eide", email=EMMA.email.upper()), lifting])
        session.flush()
        for number, name in enumerate((str(account_of(EMMA).id), "not-an-id")):
            one = identities.Identity(identities.OWN, identities.ACTOR, name)
            link = identities.resolve(session, [one])[one.key]
            now = datetime.now(UTC)
            taken = NewEvidence("xapi", f"s{number}", lifting.id, now, Result.ATTAINED, link_id=link.id)
            record_evidence(session, [taken])
    return str(account_of(EMMA).id)


def test_from_the_queue_to_the_page_of_the_person(signed_in, emma_has_taken):
    camilla = signed_in(CAMILLA)
    page = camilla.get("/register/unknown").text
    assert EMMA.name in page
    assert f"{EMMA.email} <span" in page
    assert "It is Emma E. Eide" in page
    assert emma_has_taken not in page
    assert "not-an-id" in page

    card = next(part for part in page.split("</li>") if EMMA.email in part)
    who = re.search(r'href="(/register/unknown/[^"?]+)"', card)[1]
    assert f"Who is {EMMA.name}?" in camilla.get(who).text
    person = re.search(r'name="person" value="([^"]+)"', card)[1]
    camilla.post(who + "/link", data={"person": person})
    assert f"{EMMA.email} <span" in camilla.get(f"/register/people/{person}").text


def test_a_coordinator_without_a_person_is_led_to_the_accounts(signed_in):
    assert 'href="/register/accounts"' in signed_in(CAMILLA).get("/register/me").text
    assert "Ask your coordinator" in signed_in(EMMA).get("/register/me").text
