"""The register of a municipality of 5,000: what its pages cost beside the query that they cannot do without.

Prints one JSON object a line. `floor` is, in the same run, the time of reading the standings that the page shows
(for pages) or of one bulk insert of as many rows (for derivation and lists).
"""

import io
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, func, insert, select

from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.accounts.service import create_account
from lms_bridge.config import Settings
from lms_bridge.db import new_id, utcnow
from lms_bridge.register import derivation, figures, imports, policies
from lms_bridge.register.models import Evidence, Import, JobRole, Person, Position, Standing, Unit
from lms_bridge.register.service import NewEvidence, record_evidence, today
from lms_bridge.register.status import Result
from lms_bridge.schema import migrate

PEOPLE, UNITS, COMPETENCES = 5000, 250, 8
PASSWORD = "a password of the benchmark"


def fill(session) -> None:
    day, chance = today(session), random.Random(7)
    top = Unit(source="hr", code="0", name="Kommunen", starts_on=day - timedelta(3000))
    session.add(top)
    session.flush()
    units = [
        Unit(source="hr", code=str(n), name=f"Enhet {n}", parent_id=top.id, starts_on=top.starts_on)
        for n in range(1, 11)
    ]
    session.add_all(units)
    session.flush()
    for n in range(11, UNITS):
        parent = chance.choice(units)
        units.append(
            Unit(source="hr", code=str(n), name=f"Enhet {n}", parent_id=parent.id, starts_on=top.starts_on)
        )
        session.add(units[-1])
        session.flush()
    session.add_all(JobRole(code=f"r{n}", title=f"Rolle {n}") for n in range(10))
    people = [{"id": new_id(), "tenant_id": top.tenant_id, "name": f"Person {n:05}"} for n in range(PEOPLE)]
    session.execute(insert(Person), people)
    session.execute(
        insert(Position),
        [
            {
                "person_id": person["id"],
                "tenant_id": top.tenant_id,
                "unit_id": chance.choice(units).id,
                "source": "hr",
                "employment_id": f"E{n:05}",
                "roles": [f"r{n % 10}"],
                "leads": [],
                "starts_on": day - timedelta(chance.randrange(20, 3000)),
                "due_from": day - timedelta(1000),
            }
            for n, person in enumerate(people)
        ],
    )
    competences = []
    for n in range(COMPETENCES):
        row = policies.competence_by_uri(session, f"urn:c:{n}", {"nb": f"Kompetanse {n}"}, 24)
        competences.append(row.id)
        demand = policies.Demand(title=f"Krav {n}", competence_id=row.id, validity_months=12 + 6 * (n % 3))
        policies.save_requirement(session, None, demand, effective_from=day - timedelta(2000))
    records = (
        NewEvidence("lms", f"{n}-{c}-{k}", competence, when, Result.ATTAINED, person_id=person["id"])
        for n, person in enumerate(people)
        for c, competence in enumerate(competences)
        for k in range(2)
        if (when := moment(chance.randrange(1, 1200))) and chance.random() < 0.9
    )
    record_evidence(session, list(records))


def moment(days: int):
    return utcnow() - timedelta(days=days)


def seconds(work: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def tell(name: str, value: float, unit: str, floor: float) -> None:
    print(
        json.dumps(
            {
                "name": name,
                "value": round(value, 2),
                "unit": unit,
                "floor": round(floor, 2),
                "ratio": round(value / floor, 2),
            }
        )
    )


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/bridge.sqlite"
    settings = Settings(
        data_dir=folder, database_url=url, secret_key="x" * 40, base_url="http://bridge.localhost"
    )
    app = create_app(settings)
    migrate(app.database)
    with app.database.unit_of_work() as session:
        tenant = Tenant(slug="big", name="Stor kommune", organisation_number="1", country="NO", language="nb")
        session.add(tenant)
    with app.database.unit_of_work(tenant.id) as session:
        create_account(
            session,
            tenant_id=tenant.id,
            email="c@big.example",
            name="Camilla",
            roles=["coordinator"],
            password=PASSWORD,
            language="nb",
        )
        fill(session)
    derive(app, tenant.id)
    pages(app, tenant.id)
    lists(app, tenant.id)


def derive(app, tenant_id) -> None:
    with app.database.unit_of_work(tenant_id) as session:
        value = seconds(lambda: derivation.rebuild(session), 2)
        columns = [c.name for c in Standing.__table__.columns]
        rows = [{c: getattr(r, c) for c in columns} for r in session.scalars(select(Standing))]
        session.expunge_all()

        def raw() -> None:
            session.execute(delete(Standing))
            session.execute(insert(Standing), rows)

        tell(f"derive {PEOPLE} people, {len(rows)} standings", value, "s", seconds(raw, 2))


def pages(app, tenant_id) -> None:
    client = app.test_client()
    client.environ_base.update(HTTP_HOST="bridge.localhost", HTTP_SEC_FETCH_SITE="same-origin")
    client.post("/sign-in", data={"email": "c@big.example", "password": PASSWORD})
    with app.database.unit_of_work(tenant_id, write=False) as session:
        day = today(session)
        top = session.scalar(select(Unit.id).where(Unit.code == "0"))
        small = session.scalar(select(Unit.id).where(Unit.code == "200"))
        person = session.scalar(select(Person.id))
        everything = select(*figures.COLUMNS).where(figures.in_force(day))
        one = everything.limit(figures.PAGE * COMPETENCES)
        floors = {
            "all": seconds(lambda: session.execute(select(func.count()).select_from(Standing)).all()),
            "page": seconds(lambda: session.execute(one).all()),
        }
    for name, path, floor in (
        ("unit of 5,000", f"units/{top}", "page"),
        ("unit of 5,000, attention", f"units/{top}?state=attention", "page"),
        ("unit of 20", f"units/{small}", "page"),
        ("overview", "overview", "all"),
        ("person", f"people/{person}", "page"),
        ("search", "people?text=0123", "page"),
    ):
        timings = [client.get(f"/register/{path}").headers["Server-Timing"] for _ in range(6)]
        took = min(float(re.findall(r"[\d.]+", timing)[0]) for timing in timings)
        tell(f"page: {name}", took, "ms", floors[floor] * 1000)


def lists(app, tenant_id) -> None:
    rows = [
        f"E{n % PEOPLE:05};Person {n % PEOPLE:05};Fullført;{1 + n // PEOPLE:02}.03.2025"
        for n in range(15_000)
    ]
    text = ("Ansattnr;Navn;Status;Dato\n" + "\n".join(rows) + "\n").encode()
    with app.database.unit_of_work(tenant_id) as session:
        competence = policies.list_competences(session)[0].id
        row = imports.upload(session, "completions", "x.csv", io.BytesIO(text), None)
        imports.match(session, row.id, row.columns, {"competence_id": str(competence), "source": "KS"})
        plan = seconds(lambda: imports.preview(session, row, b"k"), 2)
        start = time.perf_counter()
        imports.confirm(session, row, b"k")
        value = time.perf_counter() - start
        columns = [c.name for c in Evidence.__table__.columns]
        found = session.scalars(select(Evidence).where(Evidence.import_id == row.id)).all()
        again = [{c: getattr(e, c) for c in columns} | {"id": new_id(), "source": "raw"} for e in found]
        floor = seconds(lambda: session.execute(insert(Evidence), again), 1)
        tell("preview a list of 15,000", plan, "s", floor)
        tell("write a list of 15,000", value, "s", floor)
        assert session.scalar(select(func.count()).select_from(Import)) == 1


if __name__ == "__main__":
    main()
