"""The service is away for a while, or the page is closed too early: what was written is saved afterwards."""

import pytest
from playwright.sync_api import expect

from .writing import Writer, blocks

pytestmark = pytest.mark.browser


@pytest.fixture
def astrid(page, service):
    return Writer(page, service, "astrid@fjordvik.example")


@pytest.fixture(autouse=True)
def failed_requests_are_expected(page, page_problems):
    yield
    page_problems[:] = [p for p in page_problems if "ERR_INTERNET_DISCONNECTED" not in p and "401" not in p]


def test_the_service_is_away_and_back(astrid: Writer):
    address = astrid.make("Uten nett")
    text = astrid.add("text")
    astrid.saved()
    astrid.page.context.set_offline(True)
    astrid.write(text, "Tekst", "Skrevet uten nett")
    expect(astrid.page.locator("#editor-state")).to_have_text("Ikke lagret: prøver igjen")
    expect(astrid.page.locator("#editor-live")).to_contain_text("Det du skriver, tas vare på")
    astrid.page.keyboard.type(" og litt til")
    astrid.page.context.set_offline(False)
    [block] = blocks(astrid.document(address))
    assert block["html"] == "<p>Skrevet uten nett og litt til</p>"


def test_what_is_added_while_the_service_is_away_is_not_added_twice_by_somebody_who_sees_nothing(
    astrid: Writer,
):
    astrid.make("Uten nett")
    astrid.add("text")
    astrid.saved()
    toast = astrid.page.locator(".toast")
    astrid.page.context.set_offline(True)
    astrid.page.locator(".add-page").click()
    expect(toast).to_have_text("Tjenesten svarer ikke nå. Dette blir gjort så snart den gjør det.")
    expect(astrid.page.locator(".page-entry")).to_have_count(1)
    astrid.page.context.set_offline(False)
    expect(astrid.page.locator(".page-entry")).to_have_count(2)


def test_nobody_is_led_to_a_page_that_cannot_come(astrid: Writer):
    address = astrid.make("Uten nett")
    text = astrid.add("text")
    astrid.saved()
    astrid.page.context.set_offline(True)
    astrid.write(text, "Tekst", "Skrevet uten nett")
    expect(astrid.page.locator("#editor-state")).to_have_attribute("data-state", "offline")
    astrid.page.get_by_role("link", name="Publiser").click()
    expect(astrid.page.locator(".toast")).to_contain_text("Det du skriver, tas vare på")
    assert astrid.page.url == address
    astrid.page.context.set_offline(False)
    astrid.page.get_by_role("link", name="Publiser").click()
    astrid.page.wait_for_url("**/publish")


def test_the_page_is_closed_while_the_service_is_away(astrid: Writer):
    address = astrid.make("Lukket for tidlig")
    text = astrid.add("text")
    astrid.saved()
    astrid.page.context.set_offline(True)
    astrid.write(text, "Tekst", "Skrevet rett før lukking")
    expect(astrid.page.locator("#editor-state")).to_have_attribute("data-state", "offline")
    context = astrid.page.context
    astrid.page.close(run_before_unload=False)
    context.set_offline(False)
    astrid.page = context.new_page()
    astrid.open(address)
    expect(astrid.canvas.locator(".frame")).to_contain_text("Skrevet rett før lukking")
    [block] = blocks(astrid.document(address))
    assert block["html"] == "<p>Skrevet rett før lukking</p>"


def test_the_person_was_signed_out_and_signs_in_in_another_tab(astrid: Writer, service):
    address = astrid.make("Logget ut")
    text = astrid.add("text")
    astrid.saved()
    astrid.page.context.clear_cookies()
    astrid.write(text, "Tekst", "Skrevet uten å være logget inn")
    expect(astrid.page.locator("#editor-state")).to_have_text("Ikke lagret: du er logget ut")
    other = astrid.page.context.new_page()
    service.sign_in(other, "astrid@fjordvik.example")
    expect(astrid.page.locator("#editor-state")).to_have_attribute("data-state", "saved", timeout=15_000)
    [block] = blocks(astrid.document(address))
    assert block["html"] == "<p>Skrevet uten å være logget inn</p>"
