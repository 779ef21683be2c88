"""The demo, seeded once: for tests that walk through every page."""

import io
import json
import shutil
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from lms_bridge import create_app
from lms_bridge.accounts import ROLES, Account, Tenant
from lms_bridge.accounts.service import create_account
from lms_bridge.authoring.models import Module
from lms_bridge.cmi5 import importing, launching
from lms_bridge.cmi5 import service as cmi5
from lms_bridge.cmi5.models import Node
from lms_bridge.config import Settings
from lms_bridge.connectors import models as connectors
from lms_bridge.db import new_id, utcnow
from lms_bridge.errors import Told
from lms_bridge.forwarding import models as forwarding
from lms_bridge.forwarding import outbox
from lms_bridge.lrs.credentials import create_credential
from lms_bridge.lrs.models import Statement
from lms_bridge.lti import models as lti
from lms_bridge.moodle.models import Placement
from lms_bridge.publishing import service as publishing
from lms_bridge.publishing.models import Enrolment
from lms_bridge.register import documents, identities, imports, merges
from lms_bridge.register.models import ActivityMapping, Competence, Person
from lms_bridge.reminders.models import Mail
from lms_bridge.schema import migrate
from lms_bridge.seed import PASSWORD, seed_if_empty
from lms_bridge.sso.models import Provider
from lms_bridge.trail import seals
from lms_bridge.translating import service as translating
from lms_bridge.web.app import Bridge
from lms_bridge.webhooks import service as webhooks
from lms_bridge.webhooks.models import Delivery

from .app import SECRET, new_client
from .s3 import free_port

COURSE = b"""<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="https://courses.example/lifting"><title><langstring lang="nb">Forflytning</langstring></title>
<description><langstring lang="nb">Om forflytning.</langstring></description></course>
<au id="https://courses.example/lifting/1" moveOn="Completed"><title><langstring lang="nb">Del 1</langstring></title>
<description><langstring lang="nb">Den ene delen.</langstring></description><url>https://courses.example/1</url></au>
</courseStructure>"""
EVERYTHING = "alma@fjordvik.example"  # Alma has every role in Fjordvik, and is Emma in its register


@dataclass(frozen=True)
class Demo:
    app: Bridge
    fjordvik: uuid.UUID
    storsjo: uuid.UUID

    def signed_in(self, email: str) -> FlaskClient:
        client = new_client(self.app)
        assert client.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 302
        return client


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory, quick_passwords: None) -> Path:
    """A data folder with the demo in it."""
    folder = tmp_path_factory.mktemp("demo")
    seed_everything(folder)
    return folder


def seed_everything(folder: Path) -> None:
    """The demo, Alma, and what a municipality gets by using the service."""
    app = _app(folder)
    migrate(app.database)
    seed_if_empty(app)
    with app.database.unit_of_work() as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == "fjordvik")).one()
    with app.app_context(), app.database.unit_of_work(tenant_id) as session:
        alma = create_account(
            session,
            tenant_id=tenant_id,
            email=EVERYTHING,
            name="Alma Alt",
            roles=list(ROLES),
            password=PASSWORD,
            language="en",
        )
        emma = session.scalars(select(Person.id).where(Person.name == "Emma Eide")).one()
        identities.connect_account(session, alma.id, emma, None)
    for slug in ("fjordvik", "storsjo"):
        _use(app, slug)
    app.jobs.run_waiting()
    app.database.engine.dispose()


def _connect_an_lms(session: Session, slug: str) -> None:
    """An LMS that speaks LTI, one link in it, and a score that could not be sent."""
    address = f"https://lms.{slug}.example"
    platform = lti.Platform(
        name="LMS", issuer=address, client_id="1", auth_url=address, token_url=address, jwks_url=address
    )
    session.add(platform)
    session.flush()
    deployment = lti.Deployment(platform_id=platform.id, deployment_id="1")
    session.add(deployment)
    session.flush()
    link = lti.ResourceLink(deployment_id=deployment.id, resource_link_id="1", title="Kurs")
    version = publishing.newest_versions(session)[0]
    link.module_id = version.module_id
    session.add(link)
    enrolment = Enrolment(issuer=address, subject="1", version_id=version.id)
    session.add(enrolment)
    session.flush()
    session.add(lti.Score(link_id=link.id, subject="1", enrolment_id=enrolment.id, state="stuck"))


def _connect_a_source(session: Session, slug: str) -> None:
    """A folder of lists that failed, and the run that told so."""
    problem = {"message": "There is no such folder.", "details": {}}
    row = connectors.Connection(kind="folder", name="Lister", address=slug, failures=2, problem=problem)
    row.settings = {"pattern": "*.csv"}
    session.add(row)
    session.flush()
    warnings = [{"message": "Left for now, because it is still being written or has just come: %(name)s."}]
    warnings[0]["details"] = {"name": "list.csv"}
    for state in ("done", "failed"):
        session.add(connectors.Run(connection_id=row.id, state=state, warnings=warnings, problem=problem))


def _tell_another_lrs(app: Bridge, session: Session, slug: str) -> None:
    """An LRS that was down when it was last told, that does not take everything, and for which something waits."""
    target = forwarding.Target(
        name="The county",
        url=f"https://lrs.{slug}.example/xapi/",
        username="key",
        password=app.vault.seal(b"secret"),
        version="1.0.3",
        problem=Told("it has a trouble of its own (%(status)s)", status=503).plain(),
    )
    session.add(target)
    session.flush()
    statement_id = uuid.UUID(json.loads(session.scalars(select(Statement.payload)).first())["id"])
    outbox.put(session, session.info["tenant_id"], target.id, [statement_id])
    wrong = Told("it finds the statement wrong (%(status)s)", status=400).plain()
    session.add(forwarding.Refusal(target_id=target.id, statement_id=statement_id, problem=wrong))


def _connect_a_moodle(app: Bridge, session: Session, slug: str) -> None:
    """A Moodle in which a module is behind, one that failed, and a run with a warning."""
    lacking = {"message": "The role of the token’s user lacks these. Allow them in Moodle.", "details": {}}
    checks = {"capabilities": {**lacking, "ok": False, "missing": ["mod/lti:view"], "at": ""}}
    row = connectors.Connection(kind="moodle", name="KS Læring", address=f"https://127.0.0.1/{slug}")
    row.secret = app.vault.seal(b'{"token": "t", "push_secret": "s"}')
    row.settings = {"plugin": 1, "checks": checks}
    session.add(row)
    session.flush()
    note = {
        "message": "The course %(course)s could not be read: %(why)s",
        "details": {"course": "A", "why": "B"},
    }
    session.add(connectors.Run(connection_id=row.id, state="done", warnings=[note]))
    for course, version in enumerate(publishing.newest_versions(session)[:2], 7):
        place = Placement(
            connection_id=row.id, module_id=version.module_id, course_id=course, wanted=version.number
        )
        place.course_name, place.section, place.completion, place.visible = "Nyansatt", 1, "passed", True
        place.state, place.cmid, place.version, place.learners = "there", course, version.number, 12
        session.add(place)


def _keep_the_register(app: Bridge, session: Session) -> None:
    """A certificate that waits for approval, and two entries that were one person."""
    first, second = session.scalars(select(Person).order_by(Person.name.desc()).limit(2)).all()
    file = documents.store(
        app.storage, io.BytesIO(b"%PDF-1.7 a certificate of " + first.id.bytes), "bevis.pdf"
    )
    documents.submit(
        session,
        person_id=first.id,
        competence_id=session.scalars(select(Competence.id)).first(),
        file=file,
        occurred=utcnow(),
        valid_until=None,
        note="",
        account_id=new_id(),
    )
    double = Person(name=second.name)
    session.add(double)
    session.flush()
    merges.merge(session, second.id, double.id, by=None)


def _tell_by_webhook(app: Bridge, session: Session) -> None:
    """A webhook that has failed for a while, and a message that waits."""
    row, _secret = webhooks.create(
        session,
        app.vault,
        {"name": "HR", "address": "https://127.0.0.1/hooks", "events": ["competence.attained"]},
    )
    row.failing_since = row.created
    failed = Told("it answered %(status)s", status=500).plain()
    session.add(Delivery(webhook_id=row.id, event="competence.attained", count=1, attempts=1, problem=failed))


def _sign_in_elsewhere(app: Bridge, session: Session, slug: str) -> None:
    """A directory by which people sign in, and one that is closed."""
    for name, active in (("Entra ID", True), ("Feide", False)):
        row = Provider(name=name, issuer=f"https://id.{slug}.example", client_id="bridge", active=active)
        row.secret = app.vault.seal(b"secret")
        session.add(row)


def _remind(session: Session) -> None:
    """A mail that the server refused."""
    nobody = {"address": "", "subject": "", "body": ""}
    session.add(
        Mail(
            kind="test",
            state="failed",
            problem=Told("The mail server refuses it: %(answer)s", answer="550").plain(),
            **nobody,
        )
    )


def _translate(session: Session) -> None:
    """A module into Finnish: one text is translated, one is of an original that has changed since, and again."""
    original = session.scalars(select(Module).order_by(Module.title)).first()
    assert original is not None
    module = translating.begin(session, original.id, "fi", by=None)
    author = translating.new_author(
        session.scalars(select(Account.id).order_by(Account.id)).first() or new_id()
    )
    translating.write(
        session, module.id, {"@module:title": "Käsihygienia", "@module:summary": "Milloin."}, author
    )
    translation = translating.get(session, module.id)
    translation.made_from = {"@module:title": "Som det var"}
    translation.base = {**translation.base, "pass_mark": 1}


def _use(app: Bridge, slug: str) -> None:
    """What a municipality gets by using the service, and the demo lacks: a key, a statement of a stranger, a list."""
    with app.database.unit_of_work() as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == slug)).one()
    with app.app_context(), app.database.unit_of_work(tenant_id) as session:
        key = create_credential(session, name="LMS", scopes=["all"])
        imports.upload(session, "people", "list.csv", io.BytesIO(b"a;b\n1;2\n"), None)
        _connect_an_lms(session, slug)
        _connect_a_source(session, slug)
        _tell_by_webhook(app, session)
        _sign_in_elsewhere(app, session, slug)
        _connect_a_moodle(app, session, slug)
        _keep_the_register(app, session)
        _translate(session)
        _remind(session)
    with app.test_request_context(), app.database.unit_of_work(tenant_id) as session:
        course = importing.bring_in(session, app.storage, io.BytesIO(COURSE))
        learner = session.scalars(
            select(Account).where(Account.name.in_(("Emma Eide", "Johan Jonsson")))
        ).one()
        unit = session.scalars(select(Node).where(Node.course_id == course.id, Node.kind == "au")).one()
        registration = cmi5.register(session, course, learner)
        launching.launch(app, session, course, registration, unit, mode="Normal", language="nb")
    statement = {
        "actor": {"account": {"homePage": "https://lms.example", "name": f"stranger of {slug}"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": "urn:uuid:0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01"},
    }
    elsewhere = {"id": "https://courses.example/fire", "definition": {"name": {"nb": "Brannvern"}}}
    answer = new_client(app).post(
        "/xapi/statements",
        json=[statement, statement | {"object": elsewhere}],
        auth=(key.credential.key, key.secret),
        headers={"X-Experience-API-Version": "1.0.3"},
    )
    assert answer.status_code == 200, answer.text
    seals.seal_days(app.database, tenant_id, utcnow() + timedelta(days=2))
    with app.app_context(), app.database.unit_of_work(tenant_id) as session:
        _tell_another_lrs(app, session, slug)
        competence = session.scalars(select(Competence.id)).first()
        pattern = f"https://lms.{slug}.example/course/*"
        session.add(
            ActivityMapping(pattern=pattern, competence_id=competence, words=["passed"], looking=True)
        )


@pytest.fixture
def demo(seeded: Path, tmp_path: Path) -> Iterator[Demo]:
    """The demo, to be changed at will."""
    folder = tmp_path / "demo"
    shutil.copytree(seeded, folder)
    demo = opened(folder)
    yield demo
    demo.app.database.engine.dispose()


@pytest.fixture
def served(seeded: Path, tmp_path: Path) -> Iterator[tuple[str, Demo]]:
    """The demo at an address, without a worker: what waits in it goes on waiting."""
    folder = tmp_path / "demo"
    shutil.copytree(seeded, folder)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    demo = opened(folder, base_url=url, content_url=f"http://127.0.0.1:{free_port()}")
    server = make_server("127.0.0.1", port, demo.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield url, demo
    server.shutdown()
    thread.join()
    demo.app.database.engine.dispose()


def opened(folder: Path, **settings: str) -> Demo:
    """The demo in a folder that was seeded."""
    app = _app(folder, **settings)
    with app.database.unit_of_work(write=False) as session:
        ids = dict(session.execute(select(Tenant.slug, Tenant.id)).tuples().all())
    return Demo(app, ids["fjordvik"], ids["storsjo"])


def _app(folder: Path, **settings: str) -> Bridge:
    usual = {
        "base_url": "http://bridge.localhost",
        "content_url": "http://content.localhost",
        "log_level": "error",
    }
    app = create_app(Settings(data_dir=folder, secret_key=SECRET, **(usual | settings)))
    app.testing = True
    return app
