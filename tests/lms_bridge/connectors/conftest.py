"""A source that a test writes page by page, and a register with the cast's positions in it."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms_bridge.connectors import interface, runs, service
from lms_bridge.connectors.interface import Connector, LmsResult, Page
from lms_bridge.connectors.models import Connection
from lms_bridge.register import policies
from lms_bridge.register.models import Evidence, Person, Position, Unit
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK

MODULE = uuid.UUID("0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01")
HANDS = "https://competences.example/hand-hygiene"
LMS = "https://moodle.example"
AUTUMN = datetime(2026, 9, 1, 8, tzinfo=UTC)


class Script(Connector):
    """A source whose pages a test writes: each is a list of results, or an error that is raised in its place."""

    kind, title = "script", "A script"
    capabilities = frozenset({interface.Capability.PULL})

    def __init__(self) -> None:
        self.pages: list[Any] = []
        self.asked: list[int] = []

    def pull(self, session: Session, connection: Connection, budget: Any) -> Iterator[Page]:
        at = connection.cursor.get("page", 0)
        while True:
            self.asked.append(at)
            given = self.pages[at] if at < len(self.pages) else []
            if isinstance(given, BaseException):
                raise given
            if isinstance(given, Page):
                yield given
            else:
                at = min(at + 1, len(self.pages))
                yield Page({"page": at}, at >= len(self.pages), given)


def result(subject: str = "7", **more: Any) -> LmsResult:
    told: dict[str, Any] = {
        "record": f"a:12:{subject}:1",
        "issuer": LMS,
        "subject": subject,
        "activity": f"urn:uuid:{MODULE}",
        "outcome": "completed",
        "occurred": AUTUMN,
        "name": f"Learner {subject}",
        "email": f"learner{subject}@fjordvik.example",
    }
    return LmsResult(**(told | more))


@dataclass
class Source:
    """A connection to the script, in Fjordvik."""

    app: Bridge
    tenant_id: uuid.UUID
    id: uuid.UUID
    script: Script
    competence: uuid.UUID
    progress: list[tuple[int, int]] = field(default_factory=list)

    def sync(self, **how: Any) -> Any:
        with self.app.app_context():
            return runs.sync(self.app, self.tenant_id, self.id, **how)

    def unit_of_work(self, *, write: bool = True) -> Any:
        return self.app.database.unit_of_work(self.tenant_id, write=write)

    @property
    def row(self) -> Connection:
        with self.unit_of_work(write=False) as session:
            return service.get(session, self.id)

    def evidence(self) -> list[Evidence]:
        """All that the source made, by record and revision."""
        with self.unit_of_work(write=False) as session:
            query = select(Evidence).where(Evidence.source == f"lms:{self.id}")
            return list(session.scalars(query.order_by(Evidence.record, Evidence.revision)))

    def employ(self, name: str, number: str, system: str = "hr") -> uuid.UUID:
        """Somebody who works in Fjordvik under this employment number."""
        with self.unit_of_work() as session:
            unit = session.scalars(select(Unit)).first()
            if unit is None:
                unit = Unit(source="hr", code="1", name="Sykehjemmet", starts_on=date(2020, 1, 1))
            person = Person(name=name)
            session.add_all([unit, person])
            session.flush()
            position = Position(
                person_id=person.id, unit_id=unit.id, source=system, employment_id=number, roles=[], leads=[]
            )
            position.starts_on = position.due_from = date(2020, 1, 1)
            session.add(position)
            return person.id


@pytest.fixture
def source(app: Bridge, tenant_id: Callable[..., uuid.UUID]) -> Iterator[Source]:
    script = Script()
    interface.register(script)
    fjordvik = tenant_id(FJORDVIK)
    with app.app_context(), app.database.unit_of_work(fjordvik) as session:
        row = service.create(session, app.vault, "script", name="Moodle", address=LMS)
        policies.map_module(
            session,
            module_id=MODULE,
            version=1,
            title="Håndhygiene",
            language="nb",
            pass_mark=None,
            competences=[{"uri": HANDS, "title": "Håndhygiene", "level": None, "validity_months": 24}],
        )
        competence = policies.list_competences(session)[0].id
    yield Source(app, fjordvik, row.id, script, competence)
    del interface._connectors["script"]
