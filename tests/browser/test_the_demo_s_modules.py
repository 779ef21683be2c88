"""The three modules of the demo in the player: every page of each, at both ends of what screens are."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from content.files import opened
from lms_bridge.demo import MODULES
from tests.browser.players import Learner, Server, write

pytestmark = pytest.mark.browser
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("folder", MODULES, ids=lambda folder: folder.name)
def test_every_page_is_accessible(
    folder: Path, width: int, tmp_path: Path, new_page: Callable[..., Page], axe: Callable[[Page], None]
):
    with opened(folder) as found:
        server = Server(write(tmp_path / "module", found.module, open_asset=found.open_asset))
        names = ["start-page", *(page.id for page in found.module.pages), "result-page", "credits-page"]
    page = new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.goto(f"{server.url}/index.html")
    learner = Learner(page)
    for name in names:
        learner.go(name)
        axe(page)
        assert page.evaluate(WIDER) <= 0, name
    server.close()
