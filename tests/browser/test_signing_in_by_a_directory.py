"""An administrator connects the municipality's directory; an employee comes in by it, to the page they asked for, and
goes out by it.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.openid_provider import CLIENT, SECRET, OpenIdProvider
from tests.support.service import Service

pytestmark = pytest.mark.browser


def test_from_setting_it_up_to_coming_in(
    service: Service, provider: OpenIdProvider, new_page: Callable[..., Page], axe: Callable[[Page], None]
):
    site = provider.url.replace(
        "127.0.0.1", "provider.localhost"
    )  # another site: the session's cookie is Lax
    provider.document = {
        "authorization_endpoint": f"{site}/authorize?tenant=fjordvik",
        "end_session_endpoint": f"{site}/logout?tenant=fjordvik",
    }
    frode, emma = new_page(locale="en"), new_page(locale="en", viewport={"width": 390, "height": 900})
    service.sign_in(frode, "frode@fjordvik.example")
    frode.goto(f"{service.url}/sso/providers/new")
    assert frode.locator("#f-callback").input_value() == f"{service.url}/sso/callback"
    typed = {"name": "Entra ID", "issuer": provider.url, "client_id": CLIENT, "secret": SECRET}
    for name, text in typed.items():
        frode.locator(f"#f-{name}").fill(text)
    frode.locator("#c-signs_out").check()
    axe(frode)
    frode.locator("form.form button").click()
    frode.wait_for_url("**/sso/providers")
    for guide in frode.locator("main details").all():
        guide.locator("summary").click()
    axe(frode)

    emma.goto(f"{service.url}/me/settings")
    axe(emma)
    emma.get_by_role("link", name="Entra ID").press("Enter")
    expect(emma.get_by_role("heading")).to_have_text("Fjordvik’s directory")
    assert emma.url.startswith(site)
    emma.get_by_role("button").click()
    emma.wait_for_url(f"{service.url}/me/settings")
    expect(emma.locator("main")).to_contain_text("emma@fjordvik.example")

    emma.locator(".site-menu summary").click()
    emma.locator("form[action='/sign-out'] button").press("Enter")
    emma.wait_for_url(f"{service.url}/sign-in")
    assert provider.signed_out == ["emma-at-work"]

    frode.get_by_role("link", name="Entra ID").click()
    frode.locator("#c-active").uncheck()
    frode.locator("form.form button").click()
    frode.wait_for_url("**/sso/providers")
    emma.context.clear_cookies()
    emma.goto(f"{service.url}/sign-in")
    expect(emma.get_by_role("link", name="Entra ID")).to_have_count(0)
