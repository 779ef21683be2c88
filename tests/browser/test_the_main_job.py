"""The main job, end to end: Astrid writes a module with a picture and a test, publishes it and fetches its
packages; it is taken in an LMS, in both versions of SCORM: failed once, left halfway, gone on with, and passed.
The LMS's list and the xAPI flavour reach the register, each result once; David sees who meets what, until when."""

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from PIL import Image
from playwright.sync_api import Page, expect

import scorm
from tests.browser.players import SCORM_AGAIN, Learner, Server, lms_page
from tests.browser.writing import Writer
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
    yield {standard: fetch(page, standard, folder) for standard in ("scorm12", "scorm2004", "xapi")}
    context.close()


def write(service: Service, page: Page, picture: Path) -> None:
    writer = Writer(page, service, "astrid@fjordvik.example")
    writer.make("Trygg forflytning")
    writer.title.click()
    page.keyboard.type("Før du løfter")
    writer.fill(writer.add("text"), "html", "Snakk med brukeren først, og bruk hjelpemidlene.")
    writer.image(picture, "En hjelper og en bruker ved en seng.")
    writer.question("single_choice", "Hva gjør du først?", SINGLE)
    writer.question("multiple_choice", "Hva kan du bruke?", SEVERAL)
    writer.set("duration_minutes", "10")
    writer.set("pass_mark", "80")
    writer.gives("Taushetsplikt", 24)
    writer.set("summary", "Slik flytter du en bruker uten å skade noen.")
    writer.saved()


def publish(page: Page) -> None:
    page.goto(page.url.split("#")[0] + "/publish")
    expect(page.locator("main h2").first).to_contain_text("versjon 1")
    page.locator("main form button").click()
    expect(page.locator(".flash")).to_contain_text("Versjon 1 er publisert")


def fetch(page: Page, standard: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.locator(f"a[href*='/versions/'][href$='/{standard}.zip']").click()
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


@pytest.mark.parametrize("standard", ["scorm12", "scorm2004", "xapi"])
def test_the_package_is_sound(packages: dict[str, Path], standard: str):
    report = scorm.validate(packages[standard], profile="strict")
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
    learner.page.get_by_role("button", name="Ta prøven på nytt").click()
    answer_all(learner, right=True)
    learner.go("result-page")
    page.goto("about:blank")
    visit(page, server)
    found = kept(page, standard)
    assert (found["completion"], found["success"], found["score"]) == ("completed", "passed", "100")


def in_two_years() -> str:
    """The day until which a competence of 24 months is valid that was got today, as people write it."""
    today = datetime.now(ZoneInfo("Europe/Oslo")).date()
    day = today.replace(year=today.year + 2, day=min(today.day, 28) if today.month == 2 else today.day)
    return format_date(day, "medium", locale="nb_NO")


def standing(service: Service, page: Page, name: str) -> str:
    """What the leader reads of somebody's duty of confidentiality, on the page of the unit."""
    service.sign_in(page, "david@fjordvik.example")
    page.goto(f"{service.url}/register/units")
    column = page.locator("main table thead th").all_inner_texts().index("Taushetsplikt")
    return page.locator("main table tr", has_text=name).first.locator("th, td").nth(column).inner_text()


def take_in(service: Service, page: Page, lines: str) -> str:
    """The coordinator takes in the LMS's list; returns what the last page says."""
    service.sign_in(page, "camilla@fjordvik.example")
    page.goto(f"{service.url}/register/lists/new/completions")
    content = lines.encode("cp1252")
    page.locator("input[type=file]").set_input_files(
        {"name": "kurs.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.locator("main form button").first.click()
    page.locator("#gives").select_option(label="Trygg forflytning")
    page.locator("#f-source").fill("KS Læring")
    page.locator("main form button").first.click()
    expect(page.locator("main")).to_contain_text("Ingenting er skrevet inn ennå")
    preview = " ".join(
        page.locator("main").inner_text().split()
    )  # lines are the style sheet's, which may be late
    page.locator("form[action$='/confirm'] button").click()
    page.wait_for_url(lambda url: "/preview" not in url and "/confirm" not in url)
    return preview


def test_the_list_of_the_lms_reaches_the_register_once(
    service: Service, packages: dict[str, Path], new_page: Callable[..., Page]
):
    assert "Mangler" in standing(service, new_page(), "Gro Grande")
    today = datetime.now(ZoneInfo("Europe/Oslo")).strftime("%d.%m.%Y")
    lines = (
        "Ansattnummer;Navn;Kurs;Fullført dato;Karakter\r\n"
        f"F1007;Gro Grande;Trygg forflytning;{today};100\r\n"
        f"F9999;Ukjent Person;Trygg forflytning;{today};90\r\n"
    )
    camilla = new_page()
    take_in(service, camilla, lines)
    assert f"til {in_two_years()}" in standing(service, new_page(), "Gro Grande")
    assert "2 er allerede i registeret" in take_in(service, new_page(), lines)
    assert f"til {in_two_years()}" in standing(service, new_page(), "Gro Grande")


def test_the_xapi_flavour_reaches_the_register_once_somebody_says_who_it_is(
    service: Service, packages: dict[str, Path], new_page: Callable[..., Page], tmp_path: Path
):
    with zipfile.ZipFile(packages["xapi"]) as package:
        package.extractall(tmp_path)
    server = Server(tmp_path, lrs=service.url)
    launch = address(service, server.url)
    page = new_page()
    page.goto(launch)
    learner = Learner(page)
    learner.start()
    answer_all(learner, right=True)
    learner.go("result-page")
    page.goto(launch)  # the same attempt again: what is stored is stored once
    Learner(page)
    server.close()
    camilla = new_page()
    service.sign_in(camilla, "camilla@fjordvik.example")
    camilla.goto(f"{service.url}/register/unknown")
    waiting = camilla.locator(".need", has_text="learner-42")
    expect(waiting).to_contain_text("venter")
    waiting.get_by_role("link", name="Finn personen").click()
    camilla.locator("input[type=search]").fill("Astrid")
    camilla.keyboard.press("Enter")
    camilla.get_by_role("button", name="Det er Astrid Aune").click()
    assert f"til {in_two_years()}" in standing(service, new_page(), "Astrid Aune")


def address(service: Service, origin: str) -> str:
    """Where an LMS that starts xAPI activities sends the learner's browser."""
    printed = service.command("credentials", "create", "--tenant", "fjordvik", "--scopes", "all")
    key = json.loads(printed)
    pair = base64.b64encode(f"{key['key']}:{key['secret']}".encode()).decode()
    actor = {"account": {"homePage": "https://lms.fjordvik.example", "name": "learner-42"}}
    query = {
        "endpoint": f"{service.url}/xapi/",
        "auth": f"Basic {pair}",
        "actor": json.dumps(actor),
        "registration": "7a1f8f0e-3f0b-4f0e-9d53-0d7b1f0a1c42",
    }
    return f"{origin}/index.html?{urlencode(query)}"
