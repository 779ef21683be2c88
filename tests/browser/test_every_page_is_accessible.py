"""Every page of the service, opened by somebody whose page it is: no axe finding, nothing wider than the screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.config import Settings
from tests.support.addresses import addresses
from tests.support.service import Service

pytestmark = pytest.mark.browser
CAST = ("astrid", "camilla", "frode", "david", "emma")
WIDTHS = (1280, 390)
LEADS_ON = {"accounts.sign_in", "register.units", "cmi5.launch"}  # to another page
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def pages(service: Service) -> dict[str, str]:
    """{endpoint: path} of every page, with ids of Fjordvik's demo."""
    app = create_app(Settings.from_environ(service.environment))
    with app.database.unit_of_work(write=False) as session:
        fjordvik = session.scalars(select(Tenant.id).where(Tenant.slug == "fjordvik")).one()
    found = {a.endpoint: a.path for a in addresses(app, fjordvik) if "GET" in a.methods}
    app.database.engine.dispose()
    return found


def test_every_page(service: Service, new_page: Callable[..., Page], axe: Callable[[Page], None]):
    unseen = pages(service)
    wide = []
    for person in CAST:
        page = new_page()
        service.sign_in(page, f"{person}@fjordvik.example")
        for endpoint, path in sorted(unseen.items()):
            answer = page.request.get(service.url + path, max_redirects=0)
            if answer.status in (302, 403):
                continue
            assert answer.status == 200, path
            del unseen[endpoint]
            if answer.headers.get("content-type", "").startswith("text/html"):
                page.goto(service.url + path)
                assert page.locator("h1").count() == 1, path
                wide += [f"{endpoint} at {width}" for width in WIDTHS if not fits(page, axe, width)]
    assert not wide
    assert set(unseen) <= LEADS_ON, "nobody of the cast may open these"


def test_signing_in(service: Service, page: Page, axe: Callable[[Page], None]):
    page.goto(f"{service.url}/sign-in")
    assert all(fits(page, axe, width) for width in WIDTHS)


def fits(page: Page, axe: Callable[[Page], None], width: int) -> bool:
    """Whether nothing is wider than the screen; axe must find nothing at that width either."""
    page.set_viewport_size({"width": width, "height": 900})
    axe(page)
    return page.evaluate(WIDER) <= 0
