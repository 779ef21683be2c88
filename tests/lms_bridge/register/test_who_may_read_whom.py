"""Who may open which page: leaders their units, coordinators all of theirs, and nobody another municipality's."""

import re

import pytest
from sqlalchemy import select

from lms_bridge.accounts.models import AuditEntry
from lms_bridge.db import new_id
from lms_bridge.register import imports
from lms_bridge.register.models import (
    ActivityMapping,
    Competence,
    Evidence,
    EvidenceDocument,
    Exemption,
    IdentityLink,
    Import,
    Merge,
    Person,
    Position,
    Requirement,
    Unit,
)
from tests.people import ASTRID, BIRGER, CAMILLA, DAVID, EMMA, FJORDVIK, FRODE, GORAN, HANNA, JOHAN, STORSJO

from .conftest import look_up

PAGES = [
    "units",
    "overview",
    "desk",
    "people",
    "competences",
    "requirements",
    "unknown",
    "lists",
    "lists/new/people",
]
FOR_LEADERS = {"units", "overview", "people"}


@pytest.fixture
def open_unit(pages):
    """A unit of work of a municipality in the database behind the pages."""
    return lambda municipality: pages.app.database.unit_of_work(pages.tenant_id(municipality))


@pytest.mark.parametrize("page", PAGES)
def test_the_coordinators_pages(pages, page):
    assert pages.signed_in(CAMILLA).get(f"/register/{page}", follow_redirects=True).status_code == 200
    for person in (EMMA, ASTRID, BIRGER):
        assert pages.signed_in(person).get(f"/register/{page}").status_code == 403
    assert pages.signed_in(DAVID).get(f"/register/{page}").status_code in (
        {200, 302} if page in FOR_LEADERS else {403}
    )
    assert pages.signed_in(FRODE).get(f"/register/{page}").status_code == (200 if page == "overview" else 403)


def test_everybody_reads_their_own(pages):
    for person in (EMMA, DAVID, CAMILLA, FRODE, JOHAN):
        answer = pages.signed_in(person).get("/register/me")
        assert answer.status_code == 200
        assert "My competence" in answer.text


def test_who_is_signed_out_is_asked_to_sign_in(pages):
    assert pages.browser().get("/register/me").status_code == 302
    assert pages.browser().get("/register/units").status_code == 302


def test_a_leader_sees_the_units_led_and_their_parts_and_no_others(pages, open_unit):
    with open_unit(FJORDVIK) as session:
        register = look_up(session)
    david = pages.signed_in(DAVID)
    seen = {
        code
        for code, unit in register.units.items()
        if david.get(f"/register/units/{unit}").status_code == 200
    }
    assert seen == {"210", "211", "212", "220"}
    people = {
        n
        for n, person in register.people.items()
        if david.get(f"/register/people/{person}").status_code == 200
    }
    assert people == {"astrid", "david", "emma", "gro", "henrik"}


def test_reading_a_person_is_shown_to_the_person(pages, open_unit):
    with open_unit(FJORDVIK) as session:
        emma = look_up(session).people["emma"]
    assert "Read the page" not in pages.signed_in(EMMA).get("/register/me").text
    pages.signed_in(DAVID).get(f"/register/people/{emma}")
    answer = pages.signed_in(EMMA).get("/register/me").text
    assert "David Fjellbakk" in answer or "David Dahl" in answer
    assert "Read the page" in answer
    with open_unit(FJORDVIK) as session:
        subjects = set(session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "read")))
    assert f"person:{emma}" in subjects


def test_reading_oneself_is_not(pages, open_unit):
    with open_unit(FJORDVIK) as session:
        david = look_up(session).people["david"]
    pages.signed_in(DAVID).get(f"/register/people/{david}")
    with open_unit(FJORDVIK) as session:
        assert (
            session.scalar(
                select(AuditEntry).where(AuditEntry.subject == f"person:{david}", AuditEntry.action == "read")
            )
            is None
        )


def test_another_municipalitys_id_is_not_found_on_any_address(pages, open_unit):
    with open_unit(FJORDVIK) as session:
        import io

        row = imports.upload(session, "people", "x.csv", io.BytesIO(b"Ansattnr;Navn;Enhet\n1;A;220\n"), None)
        link = IdentityLink(issuer="x", kind="actor", value="y")
        session.add(link)
        first, second = session.scalars(select(Person.id).limit(2))
        document = EvidenceDocument(
            person_id=first, competence_id=session.scalar(select(Competence.id)), name="x", media_type="x"
        )
        merge = Merge(kept_id=first, merged_id=second, moved={})
        mapping = ActivityMapping(
            pattern="https://x/*", competence_id=session.scalar(select(Competence.id)), words=[]
        )
        session.add_all([document, merge, mapping])
        session.flush()
        ids = {
            "document_id": document.id,
            "merge_id": merge.id,
            "mapping_id": mapping.id,
            "unit_id": session.scalar(select(Unit.id)),
            "person_id": session.scalar(select(Person.id)),
            "competence_id": session.scalar(select(Competence.id)),
            "key": session.scalar(select(Requirement.key)),
            "evidence_id": session.scalar(select(Evidence.id)),
            "exemption_id": session.scalar(select(Exemption.id)),
            "import_id": row.id,
            "link_id": link.id,
            "form": "csv",
            "kind": "people",
        }
        mine = ids["person_id"]
    hanna, goran = pages.signed_in(HANNA), pages.signed_in(GORAN)
    tried = 0
    with pages.app.test_request_context():
        for rule in pages.app.url_map.iter_rules():
            arguments = rule.arguments - {"form", "kind"}
            if not rule.endpoint.startswith("register.") or not arguments:
                continue
            address = pages.app.url_for(
                rule.endpoint, **{name: ids[name] for name in rule.arguments if name in ids}
            )
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                data = {
                    "person": mine,
                    "account": mine,
                    "competence": ids["competence_id"],
                    "last_day": "2030-01-01",
                }
                answer = hanna.open(address, method=method, data=data if method == "POST" else None)
                assert answer.status_code == 404, (method, address, answer.text[-500:])
                assert goran.open(address, method=method).status_code in {403, 404}
                tried += 1
    assert tried > 20


def test_another_municipalitys_people_are_in_no_list(pages, open_unit):
    hanna = pages.signed_in(HANNA)
    for address in ("people", "units", "overview", "requirements", "competences"):
        text = hanna.get(f"/register/{address}", follow_redirects=True).text
        assert not any(name in text for name in ("Emma", "Henrik", "Fjordvik omsorgssenter"))
    with open_unit(STORSJO) as session:
        assert session.scalar(select(Position).where(Position.employment_id == "F1001")) is None
        assert session.scalar(select(Import)) is None


def test_a_coordinator_lets_somebody_lead_where_they_do_not_work(pages, register):
    camilla, david = pages.signed_in(CAMILLA), pages.signed_in(DAVID)
    school = str(register.units["310"])
    page = f"/register/people/{register.people['david']}/leads"
    assert david.get(f"/register/units/{school}").status_code == 404
    offered = camilla.get(page).text
    led = re.findall(r'name="units" value="([^"]+)" checked', offered)
    assert f'<option value="{school}">' in offered
    assert camilla.post(page, data={"units": led, "another": school}).status_code == 302
    assert david.get(f"/register/units/{school}").status_code == 200
    assert all(david.get(f"/register/units/{unit}").status_code == 200 for unit in led)
    assert set(re.findall(r'name="units" value="([^"]+)" checked', camilla.get(page).text)) == {*led, school}
    assert camilla.post(page, data={"units": led, "another": str(new_id())}).status_code == 302
    assert david.get(f"/register/units/{school}").status_code == 404


def test_a_coordinator_says_who_leads_a_unit(pages, register, unit_of_work):
    camilla, david = pages.signed_in(CAMILLA), pages.signed_in(DAVID)
    page = f"/register/people/{register.people['david']}"
    with unit_of_work() as session:
        position = session.scalars(
            select(Position).where(Position.person_id == register.people["david"], Position.ends_on.is_(None))
        ).one()
        own, led = str(position.unit_id), list(position.leads)
    assert own in led
    assert "Leads the unit" in camilla.get(page).text
    assert camilla.post(page + "/leads").status_code == 302
    assert "Leads the unit" not in camilla.get(page).text
    assert david.get(f"/register/units/{own}").status_code == 404
    assert david.post(page + "/leads", data={"units": own}).status_code == 403
    assert camilla.post(page + "/leads", data={"units": led}).status_code == 302
    assert david.get(f"/register/units/{own}").status_code == 200
    with unit_of_work() as session:
        assert sorted(session.get(Position, position.id).leads) == sorted(led)
    assert "Said what is led" in david.get("/register/me").text
