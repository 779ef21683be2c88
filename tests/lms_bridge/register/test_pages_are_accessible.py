"""The register's pages as a leader sees them: nothing for axe to find, no sideways scrolling at 390
pixels. (Every page is opened once, by whoever may, in tests/browser/test_every_page_is_accessible.py.)
"""

import pytest
from sqlalchemy import select

from lms_bridge.accounts import Tenant
from tests.people import CAMILLA, DAVID, FJORDVIK

from .conftest import look_up

pytestmark = pytest.mark.browser


def test_the_leader_s_pages(live, new_page, axe):
    with live.app.database.unit_of_work(write=False) as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == FJORDVIK.slug)).one()
    with live.app.database.unit_of_work(tenant_id, write=False) as session:
        gro = look_up(session).people["gro"]
    page = new_page()
    live.sign_in(page, DAVID)
    for path in ("units", "overview", "approvals", f"people/{gro}"):
        assert page.goto(f"{live.url}/register/{path}").status == 200
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
