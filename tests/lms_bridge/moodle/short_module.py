"""A module of one page and one question, written and published by the pages, for tests in a real LMS."""

import itertools
import time

from playwright.sync_api import Browser, Page, expect

from tests.browser.players import Learner
from tests.browser.writing import Writer
from tests.support.service import Service

ANSWERS = {"Snakker med brukeren": True, "Løfter": False, "Henter kaffe": False}
COMPETENCE = "Taushetsplikt"
_number = itertools.count(int(time.time()))


def a_short_module(service: Service, browser: Browser) -> tuple[str, str]:
    """Astrid writes and publishes a module that gives a competence; its title and its id."""
    page = new_page(browser)
    title = f"Trygg forflytning {next(_number)}"
    writer = Writer(page, service, "astrid@fjordvik.example")
    writer.make(title)
    writer.title.click()
    page.keyboard.type("Før du løfter")
    writer.fill(writer.add("text"), "html", "Snakk med brukeren først, og bruk hjelpemidlene.")
    writer.question("single_choice", "Hva gjør du først?", ANSWERS)
    writer.set("duration_minutes", "5")
    writer.set("pass_mark", "80")
    writer.gives(COMPETENCE, 24)
    writer.set("summary", "Slik flytter du en bruker uten å skade noen.")
    writer.saved()
    address = page.url.split("#")[0]
    publish(page, address)
    page.context.close()
    return title, address.rstrip("/").split("/")[-1]


def new_page(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO")
    context.set_default_timeout(15_000)
    return context.new_page()


def publish(page: Page, address: str) -> None:
    page.goto(f"{address}/publish")
    page.locator("main form button").click()
    expect(page.locator(".flash")).to_contain_text("er publisert")


def answer(learner: Learner, *, right: bool) -> None:
    block = learner.page.locator("[data-block]:has(form)").first.get_attribute("data-block")
    assert block
    learner.answer(block, "o1" if right else "o2")


def change(service: Service, browser: Browser, module: str) -> None:
    """Astrid adds a sentence and publishes the next version."""
    page = new_page(browser)
    writer = Writer(page, service, "astrid@fjordvik.example")
    address = f"{service.url}/modules/{module}"
    writer.open(address)
    writer.fill(writer.canvas.locator(".frame").first, "html", " Bruk god tid.")
    writer.saved()
    publish(page, address)
    page.context.close()
