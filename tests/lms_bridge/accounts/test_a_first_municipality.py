"""An empty service gets its first municipality by a command, and its administrator a way in."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from lms_bridge import create_app
from lms_bridge.accounts.municipalities import short_name
from lms_bridge.cli import commands, main
from lms_bridge.web.app import Bridge
from tests.support.app import KINDS, Templates, migrated, new_client
from tests.support.postgres import Postgres

Run = Callable[..., Result]
NORD_ODAL = {
    "--name": "Nord-Ødal kommune",
    "--organisation-number": "964 950 768",
    "--admin-name": "Liv Lund",
    "--admin-email": "Liv.Lund@nord-odal.example",
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `lms-bridge` keeps its data, were there any."""
    monkeypatch.setenv("LMS_BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LMS_BRIDGE_BASE_URL", "http://bridge.localhost")
    monkeypatch.setenv("LMS_BRIDGE_CONTENT_URL", "http://content.localhost")
    return tmp_path / "data"


@pytest.fixture(params=KINDS)
def run(
    request: pytest.FixtureRequest, data: Path, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    """`lms-bridge` beside an empty database, in which it has migrated already."""
    data.mkdir()
    with templates.copy(request.param, data / "lms-bridge.sqlite", migrated) as url:
        if request.param == "postgresql":
            monkeypatch.setenv("LMS_BRIDGE_DATABASE_URL", url)
        yield invoke


def invoke(*arguments: str, **options: str) -> Result:
    return CliRunner().invoke(commands, [*arguments, *(word for pair in options.items() for word in pair)])


def create(run: Run, **other: str) -> Result:
    return run("municipality", "create", **(NORD_ODAL | {"--country": "NO"} | other))


@pytest.fixture
def app(run: Run) -> Iterator[Bridge]:
    app = create_app()
    yield app
    app.database.engine.dispose()


def path_of(link: str) -> str:
    found = re.search(r"http://bridge\.localhost(/choose-password/\S+)", link)
    assert found, link
    return found[1]


def enter(client: FlaskClient, link: str) -> None:
    assert client.post(path_of(link), data={"password": "tre ord i rad"}).status_code == 303


def test_the_sign_in_page_says_what_is_to_be_done(app: Bridge):
    assert "There is no municipality here yet" in new_client(app).get("/sign-in").text


def test_its_administrator_comes_in_by_the_printed_link(run: Run, app: Bridge):
    done = create(run)
    assert done.exit_code == 0, done.output
    assert "Nord-Ødal kommune is made (short name: nord-odal)" in done.output
    liv = new_client(app)
    enter(liv, done.output)
    assert "Begynn med å slippe inn andre" in liv.get("/").text
    page = liv.get("/accounts").text
    assert "Nord-Ødal kommune" in page
    assert "liv.lund@nord-odal.example" in page
    assert 'lang="nb"' in page
    assert "There is no municipality" not in new_client(app).get("/sign-in").text


def test_the_first_page_says_so_until_somebody_else_is_there(run: Run, app: Bridge):
    liv = new_client(app)
    enter(liv, create(run).output)
    nora = {"name": "Nora", "email": "nora@nord-odal.example", "roles": ["author"]}
    assert liv.post("/accounts/new", data=nora).status_code == 303
    assert "Begynn med å slippe inn andre" not in liv.get("/").text


def test_every_page_of_an_empty_municipality_opens(run: Run, app: Bridge):
    liv = new_client(app)
    enter(liv, create(run).output)
    everything = ["author", "librarian", "coordinator", "leader", "employee", "administrator"]
    account = re.search(r'href="(/accounts/[0-9a-f-]{36})"', liv.get("/accounts").text)
    assert account
    changed = liv.post(account[1], data={"name": "Liv Lund", "roles": everything, "active": "on"})
    assert changed.status_code == 302
    pages = set(re.findall(r'href="(/[^"]*)"', liv.get("/").text + liv.get("/setup").text))
    assert len(pages) > 12
    assert {page: liv.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_command_makes_the_database_and_asks_for_what_was_not_named(
    data: Path, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
):
    if kind == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        monkeypatch.setenv("LMS_BRIDGE_DATABASE_URL", postgres.url(postgres.create()))
    done = CliRunner().invoke(
        commands, ["municipality", "create"], input="Nord-Ødal kommune\n964950768\nno\nLiv\nliv@x.example\n"
    )
    assert done.exit_code == 0, done.output
    assert "E-mail of its first administrator" in done.output


def test_municipalities_are_listed(run: Run):
    create(run)
    assert re.search(r"nord-odal +Nord-Ødal kommune +964950768", run("municipality", "list").output)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"--organisation-number": "964950769"}, "964950769 is no organisation number of NO"),
        ({"--organisation-number": "964950768", "--country": "SE"}, "is no organisation number of SE"),
        ({"--name": " "}, "Write a name"),
        ({"--short-name": "Nord Ødal"}, "letters a to z, digits and hyphens"),
        ({"--short-name": "x" * 41}, "up to 40 of the letters"),
        ({"--name": "!!!"}, "letters a to z, digits and hyphens"),
        ({"--admin-email": "liv"}, "Write an e-mail address"),
        ({"--admin-name": " "}, "Write a name"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(run: Run, wrong: dict[str, str], sentence: str):
    done = create(run, **wrong)
    assert done.exit_code != 0
    assert sentence in str(done.exception)
    assert run("municipality", "list").output == ""


def test_a_municipality_is_made_once(run: Run):
    create(run)
    again = create(run, **{"--admin-email": "other@nord-odal.example"})
    assert "is there already" in str(again.exception)
    assert len(run("municipality", "list").output.splitlines()) == 1


def test_an_administrator_of_two_municipalities_needs_two_addresses(run: Run):
    create(run)
    other = create(run, **{"--name": "Alver kommune", "--organisation-number": "920 290 922"})
    assert "already has an account" in str(other.exception)
    assert len(run("municipality", "list").output.splitlines()) == 1


def test_who_is_locked_out_gets_another_link(run: Run, app: Bridge):
    enter(new_client(app), create(run).output)
    link = run("account", "link", "LIV.LUND@nord-odal.example").output
    assert "Liv Lund chooses a password here, once" in link
    enter(new_client(app), link)
    with pytest.raises(AssertionError):
        enter(new_client(app), link)


def test_a_link_for_nobody_is_refused(run: Run, capsys: pytest.CaptureFixture[str]):
    create(run)
    with pytest.raises(SystemExit) as ended:
        main(["account", "link", "nobody@nord-odal.example"])
    assert ended.value.code == 1
    assert "Nobody signs in with the e-mail nobody@nord-odal.example." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Fjordvik kommune", "fjordvik"),
        ("Östersunds kommun", "ostersunds"),
        ("Ærø Kommune", "aero"),
        ("Guovdageaidnu – Kautokeino kommune", "guovdageaidnu-kautokeino"),
        ("Kommune", ""),
    ],
)
def test_a_short_name_is_made_of_the_name(name: str, short: str):
    assert short_name(name) == short
