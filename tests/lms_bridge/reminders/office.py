"""An office of Fjordvik whose people are reminded, by a real mail server."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from lms_bridge.accounts import Account
from lms_bridge.db import new_id
from lms_bridge.register import identities
from lms_bridge.register.models import Competence, Person, Position, Standing, Unit
from lms_bridge.reminders import choices, outbox, service
from lms_bridge.reminders.models import EMPLOYEE, Mail
from lms_bridge.web.app import Bridge
from tests.people import DAVID, EMMA
from tests.people import Person as Cast

MONDAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)  # 7:30 in Oslo


def days(number: int) -> date:
    return MONDAY + timedelta(days=number)


class Office:
    """Fjordvik, whose register has Gro without an account, Emma and her leader David with theirs."""

    def __init__(self, app: Bridge, tenant_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self.tenant, self._monkeypatch = app, tenant_id, monkeypatch
        self.at(MORNING)
        with self.session() as session:
            home = Unit(source="hr", code="1", name="Sykehjemmet", starts_on=date(2020, 1, 1))
            school = Unit(source="hr", code="2", name="Skolen", starts_on=date(2020, 1, 1))
            hands = Competence(uri="urn:hands", titles={"nb": "Håndhygiene", "en": "Hand hygiene"})
            fire = Competence(uri="urn:fire", titles={"nb": "Brannvern"})
            session.add_all([home, school, hands, fire])
            session.execute(
                update(Account).where(Account.email.in_((EMMA.email, DAVID.email))).values(language="nb")
            )
            session.flush()
            self.units, self.hands, self.fire = {"home": home.id, "school": school.id}, hands.id, fire.id
        self.gro = self.employ("Gro Gran", email="gro@fjordvik.example")
        self.emma = self.employ("Emma Eide", account=EMMA)
        self.david = self.employ("David Dahl", account=DAVID, leads=("home",))

    def session(self) -> Any:
        return self.app.database.unit_of_work(self.tenant)

    def at(self, moment: datetime) -> None:
        for module in ("reminders", "reminders.outbox", "register.service"):
            self._monkeypatch.setattr(f"lms_bridge.{module}.utcnow", lambda: moment)

    def employ(
        self,
        name: str,
        *,
        email: str = "",
        account: Cast | None = None,
        leads: tuple[str, ...] = (),
        unit: str = "home",
    ) -> uuid.UUID:
        with self.session() as session:
            person = Person(name=name, email=email)
            session.add(person)
            session.flush()
            position = Position(
                person_id=person.id,
                unit_id=self.units[unit],
                source="hr",
                employment_id=name,
                roles=[],
                leads=[str(self.units[one]) for one in leads],
                starts_on=date(2020, 1, 1),
                due_from=date(2020, 1, 1),
            )
            session.add(position)
            if account:
                account_id = session.scalars(select(Account.id).where(Account.email == account.email)).one()
                identities.connect_account(session, account_id, person.id, None)
            return person.id

    def stands(self, person_id: uuid.UUID, competence: uuid.UUID | None = None, **columns: Any) -> None:
        """A standing of this person's position, met where it has a last day."""
        with self.session() as session:
            position = session.scalars(select(Position).where(Position.person_id == person_id)).first()
            assert position is not None
            until = columns.get("valid_until")
            values = {
                "required_from": date(2020, 1, 1),
                "attained_on": date(2024, 1, 1) if until else None,
                "expiring_from": until - timedelta(days=60) if until else None,
                "policy_version": 1,
                "window_days": 60,
                "exempt": False,
                "started": False,
                "awaiting_approval": False,
                **columns,
            }
            ids = {"position_id": position.id, "person_id": person_id, "unit_id": position.unit_id}
            session.add(Standing(competence_id=competence or self.hands, **ids, **values))

    def choose(self, since: date = MONDAY - timedelta(days=1), **chosen: Any) -> None:
        """What the administrator chooses; told until `since`."""
        with self.app.app_context(), self.session() as session:
            wanted = {"to_employees": True, "to_leaders": False, "reply_to": "", **chosen}
            plan = service.choose(session, self.tenant, **wanted)
            plan.told_until, plan.week_told = since, since - timedelta(days=since.weekday())

    def remind(self, since: date = MONDAY - timedelta(days=1), **chosen: Any) -> None:
        """Chooses, and lets the worker do what is due."""
        self.choose(since, **chosen)
        self.work()

    def work(self) -> None:
        self.app.jobs.do_minutely()
        self.app.jobs.run_waiting()

    def due(self, *receivers: str) -> None:
        """Mails to these are due, as a day's are when it was written."""
        with self.app.app_context(), self.session() as session:
            common = {"kind": EMPLOYEE, "subject": "Kompetansen din", "body": "Hei!"}
            rows = [Mail(address=one, person_id=new_id(), **common) for one in receivers]
            outbox.put(session, self.app.jobs, rows)

    def choices(self, person_id: uuid.UUID) -> list[str]:
        """What this person has declined."""
        with self.session() as session:
            return [row.kind for row in choices.of_person(session, person_id)]

    def mails(self) -> list[Mail]:
        with self.session() as session:
            return list(session.scalars(select(Mail).order_by(Mail.created)))
