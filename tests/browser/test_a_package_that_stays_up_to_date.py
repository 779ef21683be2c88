"""A package that stays up to date, in an LMS: its page there, the module from the service, results to the LMS."""

import json
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from lms_bridge import create_app
from lms_bridge.authoring.models import Draft
from lms_bridge.config import Settings
from lms_bridge.publishing import service as publishing
from lms_bridge.web.app import Bridge
from tests.browser.players import SCORM_AGAIN, Learner, Server, lms_page
from tests.lms_bridge.publishing.conftest import HANDS, taken_in, tenant_of
from tests.people import ASTRID, FJORDVIK
from tests.support.service import Service

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fjordvik(service: Service) -> Iterator[Bridge]:
    """The service's data, as its own commands open it."""
    app = create_app(Settings.from_environ(service.environment))
    with app.app_context():
        yield app
    app.database.engine.dispose()


@pytest.fixture(scope="module")
def module_id(fjordvik: Bridge, tmp_path_factory: pytest.TempPathFactory) -> uuid.UUID:
    """Fjordvik has published a module that is this file's own to change: other files use the demo's."""
    folder = tmp_path_factory.mktemp("module") / "clean-hands"
    shutil.copytree(HANDS, folder)
    document = json.loads((folder / "module.json").read_text())
    document |= {"id": str(uuid.uuid4()), "title": "Rene hender"}
    (folder / "module.json").write_text(json.dumps(document))
    return taken_in(fjordvik, tenant_of(fjordvik, FJORDVIK), folder, publish=True)


@pytest.fixture(params=["scorm12", "scorm2004"])
def lms(
    request: pytest.FixtureRequest,
    service: Service,
    module_id: uuid.UUID,
    new_page: Callable[..., Page],
    tmp_path: Path,
) -> Iterator[str]:
    """An LMS on an address of its own, into which Astrid has put the package; the course's page."""
    standard: str = request.param
    astrid = new_page()
    service.sign_in(astrid, ASTRID.email)
    astrid.goto(f"{service.url}/modules/{module_id}/publish")
    with astrid.expect_download() as download:
        astrid.locator(f"a[href$='/live/{standard}.zip']").click()
    download.value.save_as(tmp_path / "package.zip")
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        package.extractall(tmp_path)
    (tmp_path / "lms.html").write_text(lms_page(standard))
    (tmp_path / f"{standard}.min.js").write_bytes((SCORM_AGAIN / f"{standard}.min.js").read_bytes())
    server = Server(tmp_path, lrs="*; frame-src *")
    yield f"{server.url}/lms.html"
    server.close()


def visit(page: Page, lms: str, service: Service) -> Learner:
    page.goto(lms)
    expect(
        page.frame_locator("[name=content]").frame_locator("iframe").locator("html.ready")
    ).to_be_attached()
    frame = next(frame for frame in page.frames if frame.url.startswith(service.content_url))
    return Learner(frame)


def kept(page: Page) -> dict[str, Any]:
    """What the LMS has of the attempt."""
    cmi = json.loads(page.evaluate("localStorage.getItem('lms')"))["cmi"]
    if "core" not in cmi:
        return {"status": cmi["success_status"], "score": cmi["score"]["raw"], "state": cmi["suspend_data"]}
    core = cmi["core"]
    return {"status": core["lesson_status"], "score": core["score"]["raw"], "state": cmi["suspend_data"]}


def go_through(emma: Learner) -> None:
    """Every page, every question of the test right, as the module says itself."""
    for link in emma.page.locator(".contents a").all():
        name = (link.get_attribute("href") or "").removeprefix("#")
        emma.go(name)
        for form in emma.page.locator(f"[id='{name}'] form[data-scored=yes]").all():
            for option in (form.get_attribute("data-correct") or "").split():
                form.locator(f"input[value='{option}']").check()
            form.locator("[type=submit]").click()


def publish_again(fjordvik: Bridge, module_id: uuid.UUID, title: str) -> None:
    with fjordvik.database.unit_of_work(tenant_of(fjordvik, FJORDVIK)) as session:
        draft = session.scalars(select(Draft).where(Draft.module_id == module_id)).one()
        draft.document = {**deepcopy(draft.document), "title": title}
        draft.revision += 1
        publishing.publish(session, fjordvik.jobs, module_id)


def test_a_learner_goes_on_where_she_was_and_the_lms_has_her_result(page: Page, lms: str, service: Service):
    emma = visit(page, lms, service)
    emma.start()
    emma.next()
    place = emma.heading
    page.wait_for_function("localStorage.getItem('lms')?.includes('location')")  # within a second or two
    emma = visit(page, lms, service)
    emma.start()
    assert emma.heading == place
    go_through(emma)
    expect(emma.page.locator(".result")).to_contain_text("100")
    page.wait_for_function("localStorage.getItem('lms').includes('passed')")
    assert (kept(page)["status"], float(kept(page)["score"])) == ("passed", 100)


def test_who_has_begun_finishes_on_it_and_who_begins_gets_the_newest(
    new_page: Callable[..., Page], lms: str, service: Service, fjordvik: Bridge, module_id: uuid.UUID
):
    emma_at, gro_at, title = new_page(), new_page(), f"Rene hender {uuid.uuid4().hex[:6]}"
    emma = visit(emma_at, lms, service)
    emma.start()
    emma.next()
    emma_at.wait_for_function("localStorage.getItem('lms')?.includes('location')")
    before = emma_at.frames[-1].title()
    publish_again(fjordvik, module_id, title)
    visit(emma_at, lms, service)
    assert emma_at.frames[-1].title() == before
    visit(gro_at, lms, service)
    assert gro_at.frames[-1].title() == title


def test_where_the_version_that_was_begun_cannot_be_had_the_lms_has_the_newest(
    page: Page,
    lms: str,
    service: Service,
    fjordvik: Bridge,
    module_id: uuid.UUID,
    page_problems: list[str],
):
    emma = visit(page, lms, service)
    emma.start()
    emma.next()
    page.wait_for_function("localStorage.getItem('lms')?.includes('location')")
    begun = json.loads(kept(page)["state"])["revision"]
    publish_again(fjordvik, module_id, "Rene hender igjen")
    page.route("**/revision-*.js", lambda route: route.abort())
    emma = visit(page, lms, service)
    emma.start()
    emma.next()
    newest = str(int(begun) + 1)
    page.wait_for_function(
        f"""JSON.parse(localStorage.getItem('lms')).cmi.suspend_data.includes('"{newest}"')"""
    )
    assert json.loads(kept(page)["state"])["revision"] == newest
    page_problems[:] = [problem for problem in page_problems if "ERR_FAILED" not in problem]


def test_where_the_service_cannot_be_reached_the_learner_is_told_what_to_do(
    page: Page, lms: str, service: Service, axe: Callable[[Page], None]
):
    def refuse(route: Route) -> None:
        route.abort("connectionrefused")

    page.clock.install()
    page.route(f"{service.content_url}/**", refuse)
    page.goto(lms.replace("lms.html", "index.html"))
    told = page.get_by_role("alert")
    expect(told).to_be_hidden()
    page.clock.fast_forward(21_000)
    expect(told).to_contain_text("Se om du har nett")
    axe(page)


def test_no_other_window_speaks_with_the_lms_through_its_page(page: Page, lms: str, service: Service):
    """Neither the LMS's own scripts nor a frame from elsewhere: only the module, from where it lies."""
    visit(page, lms, service)
    result = {"completed": True, "passed": True, "score": {"scaled": 1}}
    page.evaluate("result => frames[0].postMessage({ lms: 'finish', told: [result] }, '*')", result)
    page.frame("content").evaluate("result => postMessage({ lms: 'finish', told: [result] }, '*')", result)
    page.wait_for_timeout(1500)
    assert kept(page)["status"] not in ("passed", "completed")


def test_opened_by_itself_it_is_plain_web(page: Page, lms: str, service: Service):
    page.goto(lms)
    address = page.frame_locator("[name=content]").locator("main").get_attribute("data-address")
    page.goto(address or "")
    emma = Learner(page)
    expect(page.locator("[data-notice]")).to_be_visible()  # it says that no LMS is there
    emma.start()
    emma.next()
