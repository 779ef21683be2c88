"""A Moodle that is connected to Fjordvik, whose register knows Emma and Gro by their employment numbers."""

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms_bridge.config import Settings
from lms_bridge.connectors import runs, service
from lms_bridge.connectors.models import Connection
from lms_bridge.db import utcnow
from lms_bridge.jobs import Job
from lms_bridge.moodle import connecting
from lms_bridge.moodle.models import Placement
from lms_bridge.register import policies
from lms_bridge.register.models import Evidence, LmsRecord, Person, Position, Unit
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK
from tests.support.moodle import TOKEN, Moodle, moodle, running_moodle

__all__ = ["moodle", "running_moodle"]
MODULE = uuid.UUID("0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01")
HANDS = "https://competences.example/hand-hygiene"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite is enough for what is about Moodle; what is about the database is tested on both."""
    shutil.copy(sqlite_template, tmp_path / "bridge.sqlite")
    return f"sqlite:///{tmp_path / 'bridge.sqlite'}"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, allow_private_addresses=True)


@dataclass
class Lms:
    """The Moodle, the connection to it, and what came of it."""

    app: Bridge
    tenant_id: uuid.UUID
    moodle: Moodle
    id: uuid.UUID

    def work(self, *, write: bool = True) -> Any:
        return self.app.database.unit_of_work(self.tenant_id, write=write)

    @property
    def row(self) -> Connection:
        with self.work(write=False) as session:
            return service.get(session, self.id)

    def change(self, **settings: Any) -> None:
        with self.work() as session:
            row = service.get(session, self.id)
            row.settings = {**row.settings, **settings}

    def sync(self, **how: Any) -> Any:
        with self.app.app_context():
            return runs.sync(self.app, self.tenant_id, self.id, **how)

    def records(self) -> list[LmsRecord]:
        """All that is known of this Moodle's results."""
        with self.work(write=False) as session:
            query = select(LmsRecord).where(LmsRecord.source_id == self.id).order_by(LmsRecord.record)
            return list(session.scalars(query))

    def told(self) -> list[tuple[str, str, float | None]]:
        return [(row.record, row.outcome, row.score) for row in self.records()]

    def evidence(self) -> list[Evidence]:
        with self.work(write=False) as session:
            query = select(Evidence).where(Evidence.source == f"lms:{self.id}")
            return list(session.scalars(query.order_by(Evidence.record, Evidence.revision)))

    def placements(self) -> list[Placement]:
        with self.work(write=False) as session:
            return list(session.scalars(select(Placement).order_by(Placement.course_id)))

    def later(self) -> None:
        """The time has come for whatever waits to be tried again."""
        with self.app.database.unit_of_work() as session:
            session.execute(update(Job).where(Job.state == "waiting").values(due=utcnow()))
        self.app.jobs.run_waiting()

    def next_worker(self) -> None:
        """Takes up what a process held that was killed, and does it."""
        self.app.jobs.take_up()
        self.app.jobs.run_waiting()

    def run_jobs(self) -> None:
        self.app.jobs.run_waiting()


def employ(session: Session, name: str, number: str) -> uuid.UUID:
    """Somebody who works in the municipality under this number."""
    unit = session.scalars(select(Unit)).first()
    if unit is None:
        unit = Unit(source="hr", code="1", name="Sykehjemmet", starts_on=date(2020, 1, 1))
    person = Person(name=name)
    session.add_all([unit, person])
    session.flush()
    since = date(2020, 1, 1)
    session.add(
        Position(
            person_id=person.id,
            unit_id=unit.id,
            source="hr",
            employment_id=number,
            roles=[],
            leads=[],
            starts_on=since,
            due_from=since,
        )
    )
    return person.id


def map_module(session: Session, module: uuid.UUID = MODULE) -> None:
    """The module gives a competence, whether or not it was written here."""
    policies.map_module(
        session,
        module_id=module,
        version=1,
        title="Håndhygiene",
        language="nb",
        pass_mark=80,
        competences=[{"uri": HANDS, "title": "Håndhygiene", "level": None, "validity_months": 24}],
    )


def connect(app: Bridge, tenant_id: uuid.UUID, moodle: Moodle) -> Lms:
    """As an administrator does by the pages, with all steps well."""
    with app.app_context(), app.database.unit_of_work(tenant_id) as session:
        row = connecting.begin(session, app.outgoing, app.vault, name="KS Læring", address=moodle.url)
        connecting.use_token(app.vault, row, TOKEN)
        client = connecting.client_of(app.outgoing, app.vault, row)
        connecting.remember(row, connecting.check(client, row))
        connecting.start(row)
        map_module(session)
    moodle.requests.clear()
    return Lms(app, tenant_id, moodle, row.id)


@pytest.fixture
def lms(app: Bridge, tenant_id: Callable[..., uuid.UUID], moodle: Moodle) -> Lms:
    return connect(app, tenant_id(FJORDVIK), moodle)
