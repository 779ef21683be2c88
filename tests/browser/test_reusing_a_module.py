"""Fjordvik shares a module; Storsjö finds it, looks at it, uses it as it is, and makes a version of its own: from a
telephone, by the keyboard.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.service import Service

pytestmark = pytest.mark.browser
FIRE = "Branntryggleik på arbeidsplassen"


def test_from_the_library_to_an_own_version(
    service: Service, new_page: Callable[..., Page], axe: Callable[[Page], None]
):
    ingrid = new_page(locale="sv", viewport={"width": 390, "height": 900})
    service.sign_in(ingrid, "ingrid@storsjo.example")
    ingrid.goto(f"{service.url}/library/")
    ingrid.get_by_role("searchbox").fill("fjordvik brann")
    ingrid.keyboard.press("Enter")
    expect(ingrid.get_by_role("status")).to_have_text("1 modul")
    ingrid.get_by_role("link", name=FIRE).press("Enter")
    axe(ingrid)

    ingrid.get_by_role("link", name="Se den som deltagare").press("Enter")
    player = ingrid.frame_locator("iframe")
    expect(player.get_by_role("heading", name=FIRE).first).to_be_visible()
    ingrid.get_by_role("link", name="Tillbaka till biblioteket").press("Enter")

    ingrid.get_by_label("är i ert register").select_option(label="Ingenting: den ger ingen kompetens här")
    ingrid.get_by_role("button", name="Använd den som den är").press("Enter")
    expect(ingrid.get_by_text("Den finns nu bland era moduler och kurser.")).to_be_visible()
    axe(ingrid)
    ingrid.get_by_role("link", name="Läs den").press("Enter")
    expect(ingrid.locator("main")).to_contain_text("Fjordvik kommune")
    expect(ingrid.locator("[contenteditable]")).to_have_count(0)
    axe(ingrid)

    ingrid.get_by_role("link", name="Se den i biblioteket").press("Enter")
    expect(ingrid.locator("main")).to_contain_text("Ni använder version 1.")
    ingrid.get_by_role("button", name="Gör en egen version").press("Enter")
    ingrid.wait_for_url(re.compile("/modules/"))
    expect(ingrid.locator("[contenteditable]").first).to_be_visible()

    astrid = new_page(locale="nb")
    service.sign_in(astrid, "astrid@fjordvik.example")
    astrid.goto(f"{service.url}/library/")
    astrid.get_by_role("link", name=FIRE).click()
    astrid.get_by_role("link", name="Hva dere deler av den").click()
    expect(astrid.locator("main")).to_contain_text("Storsjö kommun: bruker versjon 1")
    expect(astrid.locator("main")).to_contain_text("laget en egen versjon av versjon 1")
    axe(astrid)
