"""An author looks at what she writes as a learner will see it, and goes on writing."""

import pytest
from playwright.sync_api import expect

from .writing import Writer

pytestmark = pytest.mark.browser


@pytest.fixture
def astrid(page, service):
    return Writer(page, service, "astrid@fjordvik.example")


def test_who_comes_back_from_the_preview_goes_on_where_they_were(astrid: Writer):
    astrid.make("Fram og tilbake", "procedure")
    astrid.page.locator(".page-link").nth(1).click()
    expect(astrid.title).to_have_text("Slik gjør du")
    astrid.page.get_by_role("link", name="Se den som deltaker").click()
    back = astrid.page.get_by_role("link", name="Tilbake til skrivingen")
    expect(astrid.page.locator("html")).to_have_attribute("data-color", "brand1")  # the house's
    player = astrid.page.frame_locator("iframe")
    expect(player.get_by_role("heading", name="Slik gjør du")).to_be_visible()
    back.click()
    expect(astrid.title).to_have_text("Slik gjør du")
    astrid.page.locator(".page-link").last.click()
    last = astrid.title.text_content()
    astrid.page.reload()
    expect(astrid.title).to_have_text(last)


def test_a_preview_begins_anew_each_time_and_says_that_nothing_is_kept(astrid: Writer):
    address = astrid.make("Prøve")
    astrid.question("true_false", "Ringer er greit.", {})
    astrid.saved()
    astrid.page.get_by_role("link", name="Se den som deltaker").click()
    player = astrid.page.frame_locator("iframe")
    expect(player.get_by_text("Du ser på modulen uten at noe lagres.")).to_be_visible()
    player.get_by_label("Usant").check()
    player.get_by_role("button", name="Svar").click()
    expect(player.locator("form.answered")).to_be_visible()
    astrid.open(address)
    astrid.page.get_by_role("link", name="Se den som deltaker").click()
    expect(player.get_by_label("Usant")).to_be_enabled()
    expect(player.locator("form.answered")).to_have_count(0)
