"""The application on a database of its own, with the cast in it: on SQLite, and on PostgreSQL as a role that
row-level security binds. One template of each is migrated and filled a session; a test gets a copy."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from huey import PostgresHuey
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import URL, Engine, select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.orm import Session
from sqlalchemy.util import LRUCache
from werkzeug.routing import Map, Rule

import lms_bridge.db
from lms_bridge import create_app
from lms_bridge.accounts import Account, Tenant, service
from lms_bridge.config import Settings
from lms_bridge.db import Database
from lms_bridge.schema import migrate
from lms_bridge.web.app import Bridge
from tests.people import EVERYBODY, FJORDVIK, PASSWORD, STORSJO, Municipality, Person

from .postgres import Postgres

SECRET = "a secret of the tests, and of nobody else"
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Argon2 with parameters that cost the tests nothing."""
    service._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Addresses(Map):
    """The addresses of every application of this process: they are all alike."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._known: set[tuple[object, ...]] = set()

    def add(self, rule: Rule) -> None:
        key = (rule.rule, rule.endpoint, frozenset(rule.methods or ()))
        if key not in self._known:
            super().add(rule)
            self._known.add(key)


def share_statements() -> None:
    """What SQLAlchemy makes of a statement serves every database of its kind, and not one test's alone."""
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[assignment, method-assign]
        dialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[assignment, method-assign]
    compiled: LRUCache[Any, Any] = LRUCache(10_000)
    create_engine = lms_bridge.db.create_engine

    def sharing(url: URL, **options: Any) -> Engine:
        return create_engine(url, **options, execution_options={"compiled_cache": compiled})

    lms_bridge.db.create_engine = sharing


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every test has an application of its own; they share what is made of addresses, of pages and of statements."""
    share_statements()
    addresses = Addresses()
    Bridge.url_map_class = lambda *_arguments, **_options: addresses  # type: ignore[assignment, misc]
    cache = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("jinja")))
    Bridge.jinja_options = {**Bridge.jinja_options, "bytecode_cache": cache}


def settings_of(url: str, data: Path) -> Settings:
    """What the service of a test is told."""
    return Settings(
        data_dir=data,
        database_url=url,
        secret_key=SECRET,
        base_url="http://bridge.localhost",
        content_url="http://content.localhost",
        log_level="error",
    )


def migrated(url: str, _data: Path) -> None:
    """A database with every table, and no municipality in it."""
    database = Database(url)
    migrate(database)
    if database.engine.dialect.name == "postgresql":
        # Jobs make their own tables at their start: then no test changes the schema.
        PostgresHuey(dsn=url.replace("+psycopg", "")).storage.close()
    database.engine.dispose()


def with_the_cast(url: str, _data: Path) -> None:
    """And two municipalities with their people."""
    database = Database(url)
    with database.unit_of_work() as session:
        tenants = {
            m.slug: Tenant(
                slug=m.slug,
                name=m.name,
                organisation_number=m.organisation_number,
                country=m.country,
                language=m.language,
                timezone=m.timezone,
            )
            for m in (FJORDVIK, STORSJO)
        }
        session.add_all(tenants.values())
    for person in EVERYBODY:
        with database.unit_of_work(tenants[person.municipality.slug].id) as session:
            service.create_account(
                session,
                tenant_id=tenants[person.municipality.slug].id,
                email=person.email,
                name=person.name,
                roles=list(person.roles),
                password=PASSWORD,
                language="en",
            )
    database.engine.dispose()


def fill(url: str) -> None:
    """Migrates the database and puts the cast into it."""
    migrated(url, Path())
    with_the_cast(url, Path())


Step = Callable[[str, Path], None]
"""What is done to a database at an address, and in the data folder beside it."""
CAST: tuple[Step, ...] = (migrated, with_the_cast)


class Templates:
    """Databases that took some steps once a session; a test gets a copy, and may change it."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request, self._folder = request, folder
        self._made: dict[tuple[str, tuple[Step, ...]], str] = {}
        self._data: dict[tuple[str, tuple[Step, ...]], Path] = {}

    def made(self, kind: str, *steps: Step) -> str:
        """The file (sqlite) or the name (postgresql) of a database that took these steps, to be left as it is."""
        if (kind, steps) not in self._made:
            before = self.made(kind, *steps[:-1]) if steps[:-1] else ""
            number = f"{len(self._made)}"
            data = self._data[kind, steps] = self._folder / number
            shutil.copytree(self._data[kind, steps[:-1]], data) if before else data.mkdir()
            if kind == "sqlite":
                name = str(self._folder / f"{number}.sqlite")
                if before:
                    shutil.copy(before, name)
                steps[-1](f"sqlite:///{name}", data)
            else:
                name = self._postgres.create(before or "template0")
                steps[-1](self._postgres.url(name), data)
                self._postgres.disconnect(name)
            self._made[kind, steps] = name
        return self._made[kind, steps]

    @contextmanager
    def copy(self, kind: str, path: Path, *steps: Step, data: Path | None = None) -> Iterator[str]:
        """The address of a database that took these steps; SQLite's is a new file at this path. What lies beside it
        is copied into the folder `data`."""
        made = self.made(kind, *steps)
        if data:
            shutil.copytree(self._data[kind, steps], data)
        if kind == "sqlite":
            shutil.copy(made, path)
            yield f"sqlite:///{path}"
            return
        with self._postgres.copy(made) as name:
            yield self._postgres.url(name)

    @property
    def _postgres(self) -> Postgres:
        server: Postgres = self._request.getfixturevalue("postgres")
        return server


@pytest.fixture(scope="session")
def templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(request, tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="session")
def sqlite_template(templates: Templates) -> Path:
    return Path(templates.made("sqlite", *CAST))


@pytest.fixture(scope="session")
def postgres_template(templates: Templates) -> str:
    return templates.made("postgresql", *CAST)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Iterator[str]:
    """A database with the cast in it, of each kind."""
    with templates.copy(request.param, tmp_path / "bridge.sqlite", *CAST) as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_of(database_url, tmp_path / "data")


@pytest.fixture
def app(settings: Settings) -> Iterator[Bridge]:
    app = create_app(settings)
    app.testing = True
    app.config["SERVER_NAME"] = None
    yield app
    app.database.engine.dispose()


@pytest.fixture
def database(app: Bridge) -> Database:
    return app.database


@pytest.fixture
def tenant_id(database: Database) -> Callable[[Municipality], uuid.UUID]:
    """The id of a municipality of the cast."""

    def find(municipality: Municipality) -> uuid.UUID:
        with database.unit_of_work(write=False) as session:
            return session.scalars(select(Tenant.id).where(Tenant.slug == municipality.slug)).one()

    return find


@pytest.fixture
def session(database: Database, tenant_id: Callable[[Municipality], uuid.UUID]) -> Iterator[Session]:
    """Fjordvik's session, committed by the test where it wants to."""
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        yield session


@pytest.fixture
def client(app: Bridge) -> FlaskClient:
    """A browser that has signed in nowhere."""
    return new_client(app)


@pytest.fixture
def signed_in(app: Bridge) -> Callable[[Person], FlaskClient]:
    """A browser in which this person has signed in."""

    def open_browser(person: Person) -> FlaskClient:
        client = new_client(app)
        answer = client.post("/sign-in", data={"email": person.email, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    return open_browser


@pytest.fixture
def account_of(database: Database) -> Callable[[Person], Account]:
    """The account of one of the cast."""

    def find(person: Person) -> Account:
        with database.unit_of_work(write=False) as session:
            return session.scalars(select(Account).where(Account.email == person.email)).one()

    return find


def new_client(app: Bridge) -> FlaskClient:
    """A client that sends what a browser sends."""
    client = app.test_client()
    client.environ_base.update(
        HTTP_HOST="bridge.localhost",
        HTTP_SEC_FETCH_SITE="same-origin",
        HTTP_ACCEPT="text/html,*/*;q=0.8",
        HTTP_ACCEPT_LANGUAGE="en",
    )
    return client
