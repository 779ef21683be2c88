"""Every page of the register: nothing for axe to find, nothing inline, no sideways scrolling at 390 pixels."""

import pytest
from sqlalchemy import select

from lms_bridge.register import identities, imports
from lms_bridge.register.identities import Identity
from lms_bridge.register.models import Evidence
from lms_bridge.register.service import NewEvidence, record_evidence
from lms_bridge.register.status import Result
from tests.people import CAMILLA, DAVID, EMMA

from .conftest import HANDS, look_up

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def addresses(live):
    """Every page with something in it: an unknown user, a list half taken in, a requirement."""
    import io
    from datetime import UTC, datetime

    from lms_bridge.accounts import Tenant

    with live.app.database.unit_of_work(write=False) as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == "fjordvik")).one()
    with live.app.database.unit_of_work(tenant_id) as session:
        register = look_up(session)
        link = identities.resolve(session, [Identity("https://lms.example", "actor", "henrik", "Henrik", "")])
        waiting = next(iter(link.values()))
        when = datetime(2026, 3, 1, tzinfo=UTC)
        competence = register.competences[HANDS]
        record_evidence(
            session, [NewEvidence("x", "1", competence, when, Result.ATTAINED, link_id=waiting.id)]
        )
        text = b"Ansattnr;Navn;Enhet\nF1009;Henrik;220\nF9999;;220\n"
        row = imports.upload(session, "people", "liste.csv", io.BytesIO(text), None)
        imports.match(session, row.id, row.columns, {"full": True})
        assert session.scalar(select(Evidence.id)) is not None
        emma, unit = register.people["emma"], register.units["200"]
        return {
            EMMA: ["me"],
            DAVID: ["units", "overview", "approvals", f"people/{emma}", f"people/{register.people['gro']}"],
            CAMILLA: [
                *(
                    "overview",
                    "desk",
                    "people",
                    "competences",
                    "competences/new",
                    "requirements",
                    "requirements/new",
                ),
                f"people/{emma}/merge",
                *("unknown", f"unknown/{waiting.id}", "lists", "lists/new/completions", f"lists/{row.id}"),
                *(f"lists/{row.id}/preview", f"units/{unit}", f"people/{emma}", f"competences/{competence}"),
            ],
        }


def test_every_page(live, addresses, new_page, axe):
    for person, paths in addresses.items():
        page = new_page()
        live.sign_in(page, person)
        for path in paths:
            assert page.goto(f"{live.url}/register/{path}").status == 200
            assert page.locator("[style], main script").count() == 0, path
            assert page.locator("h1").count() == 1, path
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                axe(page)


def test_a_coordinator_takes_a_list_in_with_the_keyboard_alone(live, new_page, tmp_path):
    file = tmp_path / "fullføringer.csv"
    file.write_bytes(
        "Ansattnummer;Navn;Status;Fullført dato\nF1009;Henrik;Fullført;01.03.2026\n".encode("cp1252")
    )
    page = new_page()
    live.sign_in(page, CAMILLA)
    page.goto(f"{live.url}/register/lists/new/completions")
    page.locator("input[type=file]").set_input_files(file)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Go on").press("Enter")
    page.get_by_label("Who has completed this, has").select_option(label="Confidentiality")
    page.get_by_role("button", name="See what it will do").press("Enter")
    page.get_by_role("button", name="Write it into the register").press("Enter")
    page.get_by_text("The list is written.").wait_for()
    page.goto(f"{live.url}/register/people?text=Henrik")
    page.get_by_role("link", name="Henrik").press("Enter")
    page.get_by_role("cell", name="A list").first.wait_for()
