"""Both municipalities' registers as the demo has them, seeded once; what a test writes is rolled back."""

import shutil
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from lms_bridge import create_app, demo
from lms_bridge.accounts import Tenant
from lms_bridge.config import Settings
from lms_bridge.db import Database, set_current
from lms_bridge.register.models import Competence, Person, Unit
from lms_bridge.register.seed import seed
from lms_bridge.web.app import Bridge
from tests.lms_bridge.lrs.conftest import forgetful, lrs, sender  # noqa: F401 - fixtures
from tests.people import FJORDVIK, PASSWORD
from tests.support.app import SECRET, new_client
from tests.support.s3 import free_port

HANDS, FIRE, SECRECY, MEDICINES = (
    f"https://competences.example/{name}"
    for name in ("hand-hygiene", "fire-safety", "confidentiality", "medicines")
)


def seed_both(url: str) -> None:
    database = Database(url)
    with database.unit_of_work(write=False) as session:
        tenants = {t.slug: t.id for t in session.scalars(select(Tenant))}
    for data in demo.municipalities():
        with database.unit_of_work(tenants[data["slug"]]) as session:
            seed(session, data, demo.competences())
    database.engine.dispose()


@pytest.fixture(scope="session")
def seeded_sqlite(sqlite_template, tmp_path_factory):
    path = tmp_path_factory.mktemp("register") / "bridge.sqlite"
    shutil.copy(sqlite_template, path)
    seed_both(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def seeded_postgres(postgres, postgres_template) -> str:
    name = postgres.create(postgres_template)
    seed_both(postgres.url(name))
    return postgres.url(name)


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def seeded(request, seeded_sqlite) -> Iterator[Database]:
    """The seeded database, of each kind."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{seeded_sqlite}" if sqlite else request.getfixturevalue("seeded_postgres")
    database = Database(url)
    yield database
    database.engine.dispose()


@pytest.fixture
def session(seeded) -> Iterator[Session]:
    """Fjordvik's session; nothing of it is kept."""
    with seeded.unit_of_work(write=False) as everybody:
        tenant_id = everybody.scalars(select(Tenant.id).where(Tenant.slug == "fjordvik")).one()
    session = seeded.new_session(tenant_id)
    set_current(session)
    yield session
    session.rollback()
    session.close()
    set_current(None)


@pytest.fixture
def fjordvik(session) -> SimpleNamespace:
    """Fjordvik's people by first name, units by code, competences by URI: their ids."""
    return look_up(session)


def look_up(session: Session) -> SimpleNamespace:
    people: dict[str, uuid.UUID] = {p.name.split()[0].lower(): p.id for p in session.scalars(select(Person))}
    units = {u.code: u.id for u in session.scalars(select(Unit))}
    competences = {c.uri: c.id for c in session.scalars(select(Competence))}
    return SimpleNamespace(people=people, units=units, competences=competences)


@dataclass(frozen=True)
class Live:
    """The register's pages on a live server, on a copy of the seeded database."""

    url: str
    app: Bridge

    def sign_in(self, page, person, password=PASSWORD):
        page.goto(f"{self.url}/sign-in")
        page.get_by_role("textbox").first.fill(person.email)
        page.locator("input[type=password]").fill(password)
        page.locator("main button").click()
        page.wait_for_url(lambda address: "/sign-in" not in address)


@pytest.fixture(scope="session")
def live(seeded_sqlite, tmp_path_factory) -> Iterator[Live]:
    """One server a session; its tests leave the demo as it is, or use a person of their own."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copy(seeded_sqlite, folder / "bridge.sqlite")
    port = free_port()
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/bridge.sqlite",
        secret_key=SECRET,
        base_url=f"http://127.0.0.1:{port}",
        content_url=f"http://127.0.0.1:{free_port()}",
        log_level="error",
    )
    app = create_app(settings)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Live(settings.base_url, app)
    server.shutdown()
    thread.join()
    app.database.engine.dispose()


@dataclass(frozen=True)
class Pages:
    """The application on a copy of the seeded database, and browsers that have signed in."""

    app: Bridge

    def browser(self):
        return new_client(self.app)

    def signed_in(self, person):
        client = new_client(self.app)
        answer = client.post("/sign-in", data={"email": person.email, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    def tenant_id(self, municipality) -> uuid.UUID:
        with self.app.database.unit_of_work(write=False) as session:
            return session.scalars(select(Tenant.id).where(Tenant.slug == municipality.slug)).one()


@pytest.fixture
def pages(seeded_sqlite, tmp_path) -> Iterator[Pages]:
    shutil.copy(seeded_sqlite, tmp_path / "bridge.sqlite")
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path}/bridge.sqlite",
        secret_key=SECRET,
        base_url="http://bridge.localhost",
        content_url="http://content.localhost",
        log_level="error",
    )
    app = create_app(settings)
    app.testing = True
    yield Pages(app)
    app.database.engine.dispose()


@pytest.fixture
def unit_of_work(pages):
    """Opens Fjordvik's session."""
    return lambda: pages.app.database.unit_of_work(pages.tenant_id(FJORDVIK))


@pytest.fixture
def register(unit_of_work):
    """The demo's ids."""
    with unit_of_work() as session:
        return look_up(session)
