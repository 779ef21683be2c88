"""People of the register who cannot sign in yet get accounts, many at once; one that exists is handed to nobody."""

import base64
import re
import uuid

import pytest
from sqlalchemy import event, func, select

from lms_bridge.accounts import Account, Tenant
from lms_bridge.accounts.models import AuditEntry
from lms_bridge.accounts.service import create_account
from lms_bridge.config import Settings
from lms_bridge.register import account_making
from lms_bridge.register.identities import person_of_account
from lms_bridge.register.models import Person, Position
from lms_bridge.register.service import today
from tests.people import CAMILLA, DAVID, EMMA, FJORDVIK, INGRID
from tests.support.app import SECRET, new_client

from .conftest import look_up

OWN = "@odal.example"


@pytest.fixture
def by(session) -> uuid.UUID:
    return session.scalars(select(Account.id).where(Account.email == CAMILLA.email)).one()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url="sqlite://",
        secret_key=SECRET,
        base_url="http://bridge.localhost",
        content_url="http://content.localhost",
    )


def colleague(session, unit: uuid.UUID, name: str, email: str, **changed) -> Person:
    """Somebody who began to work in a unit today."""
    row = Person(name=name, email=email)
    session.add(row)
    session.flush()
    usual = {"starts_on": today(session), "due_from": today(session), "employment_id": f"X{row.id.hex[-8:]}"}
    session.add(Position(person_id=row.id, unit_id=unit, source="HR", roles=[], **{**usual, **changed}))
    session.flush()
    return row


def obstacles(session, *units: uuid.UUID) -> dict[str, str]:
    """{name: what is in the way} of those whom this test made."""
    rows = account_making.without_account(session, units or None)
    return {one.person.name: one.obstacle for one in rows if one.person.name.startswith("Ny ")}


def test_who_works_here_and_cannot_sign_in_is_listed_and_what_is_in_the_way(session, fjordvik):
    unit, other = fjordvik.units["211"], fjordvik.units["310"]
    colleague(session, unit, "Ny Arne", f"Arne{OWN}")
    colleague(session, unit, "Ny Berit", "")
    colleague(session, unit, "Ny Carl", f"delt{OWN}")
    colleague(session, other, "Ny Dina", f"Delt{OWN}")
    colleague(session, unit, "Ny Eva", f"eva{OWN}")
    create_account(
        session, tenant_id=session.info["tenant_id"], email=f"eva{OWN}", name="Eva", roles=["employee"]
    )
    gone = today(session).replace(year=today(session).year - 1)
    colleague(session, unit, "Ny Finn", f"finn{OWN}", starts_on=gone, ends_on=gone)
    assert obstacles(session) == {
        "Ny Arne": "",
        "Ny Berit": account_making.NO_EMAIL,
        "Ny Carl": account_making.SHARED,
        "Ny Dina": account_making.SHARED,
        "Ny Eva": account_making.TAKEN,
    }
    assert set(obstacles(session, other)) == {"Ny Dina"}
    named = [one.person.name for one in account_making.without_account(session)]
    assert EMMA.name not in named  # she has one


def test_accounts_are_made_linked_and_noted(session, fjordvik, by, settings):
    arne = colleague(session, fjordvik.units["211"], "Ny Arne", f"Arne{OWN}")
    berit = colleague(session, fjordvik.units["211"], "Ny Berit", f"berit{OWN}")
    colleague(session, fjordvik.units["211"], "Ny Carl", f"carl{OWN}")
    made = account_making.make_accounts(session, settings, {arne.id, berit.id}, by)
    assert [(one.name, one.email) for one in made] == [
        ("Ny Arne", f"arne{OWN}"),
        ("Ny Berit", f"berit{OWN}"),
    ]
    account = session.scalars(select(Account).where(Account.email == f"arne{OWN}")).one()
    assert (account.roles, account.password_hash) == (["employee"], "")
    assert person_of_account(session, account.id) == arne.id
    assert obstacles(session) == {"Ny Carl": ""}
    noted = select(func.count()).where(AuditEntry.action == "account.link")
    assert session.scalar(noted) == 2


def test_nobody_gets_the_account_of_another(session, fjordvik, by, settings):
    eva = colleague(session, fjordvik.units["211"], "Ny Eva", f"eva{OWN}")
    create_account(
        session, tenant_id=session.info["tenant_id"], email=f"eva{OWN}", name="Eva", roles=["administrator"]
    )
    unsound = colleague(session, fjordvik.units["211"], "Ny Finn", "finn at odal")
    assert account_making.make_accounts(session, settings, {eva.id, unsound.id}, by) == []


def test_an_e_mail_of_another_municipalitys_account_stays_theirs(session, fjordvik, by, settings):
    """Which nobody here can see."""
    finn = colleague(session, fjordvik.units["211"], "Ny Finn", INGRID.email.upper())
    arne = colleague(session, fjordvik.units["211"], "Ny Arne", f"arne{OWN}")
    noted = select(func.count()).where(AuditEntry.action == "account.created")
    before = session.scalar(noted)
    made = account_making.make_accounts(session, settings, {finn.id, arne.id}, by)
    assert [one.email for one in made] == [f"arne{OWN}"]
    assert session.scalar(noted) == before + 1


def test_many_accounts_are_made_by_few_queries(session, fjordvik, by, settings):
    people = [
        colleague(session, fjordvik.units["211"], f"Ny {n:03}", f"ny{n}{OWN}")
        for n in range(account_making.MOST + 1)
    ]
    asked: list[str] = []
    note = lambda *a: asked.append(a[2])  # noqa: E731
    event.listen(session.get_bind(), "before_cursor_execute", note)
    made = account_making.make_accounts(session, settings, {one.id for one in people}, by)
    session.flush()
    event.remove(session.get_bind(), "before_cursor_execute", note)
    assert [one.name for one in made] == [f"Ny {n:03}" for n in range(account_making.MOST)]
    assert len({one.link for one in made}) == account_making.MOST
    assert len(asked) < 40, len(asked)


def test_from_the_desk_to_the_first_sign_in(pages, register, unit_of_work):
    with unit_of_work() as session:
        arne = colleague(session, register.units["211"], "Ny Arne", f"arne{OWN}").id
    camilla = pages.signed_in(CAMILLA)
    page = "/register/people/without-account"
    assert page in camilla.get("/register/desk").text
    assert str(arne) in camilla.get(f"{page}?unit={register.units['210']}").text
    assert str(arne) not in camilla.get(f"{page}?unit={register.units['310']}").text
    made = camilla.post(page, data={"person": [str(arne), str(uuid.uuid4())]})
    assert "One was left out" in made.text
    assert made.headers["Cache-Control"] == "no-store"
    link = re.search(r"<code>http://[^/]+(/choose-password/[^<]+)</code>", made.text)[1]
    listed = base64.b64decode(re.search(r"base64,([^\"]+)", made.text)[1]).decode("utf-8-sig")
    assert listed.splitlines()[0] == "Name;E-mail;Link"
    assert listed.splitlines()[1].endswith(link)
    assert link not in camilla.get(page).text
    browser = new_client(pages.app)
    assert browser.post(link, data={"password": "tre ord i rad"}).status_code == 303
    assert "Ny Arne" in browser.get("/register/me").text


def test_only_a_coordinator_may(pages, register):
    for person in (DAVID, EMMA):
        browser = pages.signed_in(person)
        assert browser.get("/register/people/without-account").status_code == 403
        assert browser.post("/register/people/without-account").status_code == 403


@pytest.mark.browser
def test_a_coordinator_makes_them_and_says_what_is_led_with_the_keyboard_alone(live, new_page, axe):
    with live.app.database.unit_of_work(write=False) as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == FJORDVIK.slug)).one()
    with live.app.database.unit_of_work(tenant_id) as session:
        units = look_up(session).units
        arne = colleague(session, units["211"], "Ny Arne", f"arne{OWN}").id
    page = new_page(viewport={"width": 390, "height": 900})
    live.sign_in(page, CAMILLA)
    page.goto(f"{live.url}/register/people/without-account?unit={units['211']}")
    axe(page)
    page.get_by_role("button", name="Make the accounts").press("Enter")
    page.get_by_role("heading", name="The accounts are made").wait_for()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_download() as started:
        page.get_by_role("link", name="Fetch them as a list").press("Enter")
    assert started.value.suggested_filename == "links.csv"
    listed = started.value.path().read_text("utf-8-sig")
    assert f"Ny Arne;arne{OWN};{live.url}/choose-password/" in listed

    page.goto(f"{live.url}/register/people/{arne}/leads")
    axe(page)
    page.get_by_label("Leads another unit, too").press("ArrowDown")
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_text("What the person leads is saved.").wait_for()
    page.get_by_role("link", name="What the person leads").press("Enter")
    page.get_by_role("heading", name="What the person leads").wait_for()
    assert page.get_by_role("checkbox", checked=True).count() == 1
