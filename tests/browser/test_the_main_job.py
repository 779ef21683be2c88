"""The main job, end to end: Astrid writes a module with a picture and a test, publishes it and fetches its
packages; it is taken in an LMS, in both versions of SCORM: failed once, left halfway, gone on with, and passed."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import scorm
from tests.browser.players import SCORM_AGAIN, Learner, Server, lms_page
from tests.browser.writers import Writer
from tests.support.service import Service

pytestmark = pytest.mark.browser
SINGLE = {"Snakker med brukeren": True, "Løfter": False, "Henter kaffe": False}
SEVERAL = {"Glidelaken": True, "Personløfter": True, "Egen rygg": False}


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "seng.png"
    Image.effect_mandelbrot((1200, 800), (-2, -1, 1, 1), 40).convert("RGB").save(path)
    return path


@pytest.fixture(scope="module")
def packages(service: Service, browser, picture: Path, tmp_path_factory) -> Iterator[dict[str, Path]]:
    """The module that Astrid writes and publishes, as the packages she fetches from the page."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO")
    context.set_default_timeout(15_000)
    page = context.new_page()
    folder = tmp_path_factory.mktemp("packages")
    write(service, page, picture)
    publish(page)
    yield {standard: fetch(page, standard, folder) for standard in ("scorm12", "scorm2004")}
    context.close()


def write(service: Service, page: Page, picture: Path) -> None:
    service.sign_in(page, "astrid@fjordvik.example")
    page.goto(f"{service.url}/modules/new")
    page.locator("main form input[name=title]").fill("Trygg forflytning")
    page.locator("main form button").last.click()
    writer = Writer(page)
    page.locator(".page-title").click()
    page.keyboard.type("Før du løfter")
    writer.fill(writer.add("text"), "html", "Snakk med brukeren først, og bruk hjelpemidlene.")
    writer.image(picture, "En hjelper og en bruker ved en seng.")
    writer.question("single_choice", "Hva gjør du først?", SINGLE)
    writer.question("multiple_choice", "Hva kan du bruke?", SEVERAL)
    writer.set("duration_minutes", "10")
    writer.set("pass_mark", "80")
    writer.set("summary", "Slik flytter du en bruker uten å skade noen.")
    writer.saved()


def publish(page: Page) -> None:
    page.goto(page.url.split("#")[0] + "/publish")
    expect(page.locator("main h2").first).to_contain_text("versjon 1")
    page.locator("main form button").click()
    expect(page.locator(".flash")).to_contain_text("Versjon 1 er publisert")


def fetch(page: Page, standard: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.locator(f"a[href$='/{standard}.zip']").click()
    path = folder / f"{standard}.zip"
    download.value.save_as(path)
    return path


@pytest.fixture(params=["scorm12", "scorm2004"])
def lms(
    request: pytest.FixtureRequest, packages: dict[str, Path], tmp_path: Path
) -> Iterator[tuple[str, Server]]:
    """An LMS with the package in it."""
    standard: str = request.param
    with zipfile.ZipFile(packages[standard]) as package:
        package.extractall(tmp_path)
    (tmp_path / "lms.html").write_text(lms_page(standard))
    (tmp_path / f"{standard}.min.js").write_bytes((SCORM_AGAIN / f"{standard}.min.js").read_bytes())
    server = Server(tmp_path)
    yield standard, server
    server.close()


def kept(page: Page, standard: str) -> dict[str, str]:
    """What the LMS has of the attempt, in one vocabulary."""
    cmi = page.evaluate("JSON.parse(localStorage.getItem('lms')).cmi")
    if standard == "scorm12":
        core = cmi["core"]
        status = {"passed": ("completed", "passed"), "failed": ("completed", "failed")}
        completion, success = status.get(core["lesson_status"], (core["lesson_status"], "unknown"))
        return {
            "completion": completion,
            "success": success,
            "score": str(core["score"]["raw"]),
            "location": core["lesson_location"],
            "state": cmi["suspend_data"],
        }
    return {
        "completion": cmi["completion_status"],
        "success": cmi["success_status"],
        "score": str(cmi["score"]["raw"]),
        "location": cmi["location"],
        "state": cmi["suspend_data"],
    }


def visit(page: Page, server: Server) -> Learner:
    page.goto(f"{server.url}/lms.html")
    return Learner(page.frame("content"))


def answer_all(learner: Learner, *, right: bool) -> None:
    first, second = (
        form.get_attribute("data-block") for form in learner.page.locator("[data-block]:has(form)").all()
    )
    learner.answer(first, "o1" if right else "o2")
    learner.answer(second, *(("o1", "o2") if right else ("o3",)))


def test_the_packages_are_sound(packages: dict[str, Path]):
    for standard, path in packages.items():
        report = scorm.validate(path, profile="strict")
        assert report.standard == standard
        assert report.sound, report.to_json()


def test_a_picture_is_in_them_without_what_the_camera_added(packages: dict[str, Path]):
    with zipfile.ZipFile(packages["scorm12"]) as package:
        (name,) = [n for n in package.namelist() if n.startswith("assets/")]
        image = Image.open(io.BytesIO(package.read(name)))
    assert image.format == "WEBP"
    assert not image.getexif()


def test_taken_in_an_lms(lms: tuple[str, Server], new_page: Callable[..., Page]):
    standard, server = lms
    page = new_page()
    learner = visit(page, server)
    learner.start()
    answer_all(learner, right=False)
    page.goto("about:blank")  # the tab is closed after failing
    learner = visit(page, server)
    assert kept(page, standard)["success"] == "failed"
    assert kept(page, standard)["score"] == "0"
    assert kept(page, standard)["location"] != ""
    assert kept(page, standard)["state"] != ""
    learner.go("result-page")
    learner.page.get_by_role("button", name="Ta testen på nytt").click()
    answer_all(learner, right=True)
    learner.go("result-page")
    page.goto("about:blank")
    visit(page, server)
    found = kept(page, standard)
    assert (found["completion"], found["success"], found["score"]) == ("completed", "passed", "100")
