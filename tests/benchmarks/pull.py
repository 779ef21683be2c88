"""15,000 completions of 5,000 people fetched from a Moodle with the plugin, all of whom the register comes to know.

Prints one JSON object a line. `floor` is, in the same run, the raw reading of the same answers and one bulk insert
of as many rows of evidence; for the repeat, one call of the plugin. The Moodle is the tests' own, in a process of
its own. `./run bench pull`; with a PostgreSQL: `./run bench pull postgresql+psycopg://…` (an empty database).
"""

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import event, func, insert, select

from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.config import Settings
from lms_bridge.connectors import runs
from lms_bridge.db import new_id, utcnow
from lms_bridge.moodle import connecting
from lms_bridge.register import policies
from lms_bridge.register.models import Evidence, IdentityLink, Person, Position, Unit
from lms_bridge.schema import migrate
from lms_bridge.web.app import Bridge
from tests.support.moodle import TOKEN, Moodle

PEOPLE, MODULES = 5000, 3
SINCE = date(2020, 1, 1)


def modules() -> list[UUID]:
    return [UUID(int=(0xABCDEF << 96) + n) for n in range(MODULES)]


def serve(pipe: Any) -> None:
    """The Moodle's process: everybody has passed every module."""
    with Moodle() as moodle:
        now = int(time.time())
        ours = [
            moodle.add(7, "scorm", f"Modul {n}", idnumber=f"lmsbridge:{m}") for n, m in enumerate(modules())
        ]
        people = [moodle.enrol(7, f"u{n}", f"Person {n:05}", idnumber=f"{n:05}") for n in range(PEOPLE)]
        moodle.users = {user.id: user for user in people}
        for activity in ours:
            activity.revision = 1
            for n, user in enumerate(people):
                moodle.note(user, activity, "passed", 0.9, now - 86_400 * (n % 300), 1)
        pipe.send(moodle.url)
        pipe.recv()


def fill(app: Bridge, session: Any, url: str) -> UUID:
    """The employees, what the modules give and all need, and the connection."""
    unit = Unit(source="hr", code="1", name="Kommunen", starts_on=SINCE)
    session.add(unit)
    session.flush()
    people = [{"id": new_id(), "tenant_id": unit.tenant_id, "name": f"Person {n:05}"} for n in range(PEOPLE)]
    session.execute(insert(Person), people)
    place = {
        "tenant_id": unit.tenant_id,
        "unit_id": unit.id,
        "source": "hr",
        "starts_on": SINCE,
        "due_from": SINCE,
    }
    rows = [
        place | {"id": new_id(), "person_id": p["id"], "employment_id": f"{n:05}", "roles": [], "leads": []}
        for n, p in enumerate(people)
    ]
    session.execute(insert(Position), rows)
    for n, module in enumerate(modules()):
        given = {"uri": f"https://competences.example/{n}", "title": f"Kompetanse {n}", "level": None}
        policies.map_module(
            session,
            module_id=module,
            version=1,
            title=f"Modul {n}",
            language="nb",
            pass_mark=80,
            competences=[given | {"validity_months": 24}],
        )
    for competence in policies.list_competences(session):
        policies.save_requirement(
            session,
            None,
            policies.Demand(title="Alle", competence_id=competence.id),
            effective_from=date(2026, 1, 1),
        )
    row = connecting.begin(session, app.outgoing, app.vault, name="Moodle", address=url)
    connecting.use_token(app.vault, row, TOKEN)
    client = connecting.client_of(app.outgoing, app.vault, row)
    connecting.remember(row, connecting.check(client, row))
    row.settings = {**row.settings, "idnumber": True}
    row.cursor = {
        "roster_read": (utcnow() + timedelta(days=1)).isoformat()
    }  # the learners come with their results
    connecting.start(row)
    return row.id


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def grown(work: Callable[[], Any]) -> float:
    """By how many MB the process grew at its peak, while it worked."""
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmHWM")
    work()
    return resident("VmHWM") - before


def resident(name: str) -> float:
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith(name))
    return int(line.split()[1]) / 1024


def tell(name: str, value: float, unit: str, floor: float | None) -> None:
    ratio = round(value / floor, 2) if floor else None
    known = round(floor, 4) if floor is not None else None
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "floor": known, "ratio": ratio}))


def read_raw(app: Bridge, connection: Any) -> None:
    client, cursor, more = connecting.client_of(app.outgoing, app.vault, connection), "", True
    while more:
        answer = client.call("local_lmsbridge_get_results", cursor=cursor, limit=1000)
        cursor, more = answer["cursor"], answer["more"]


def insert_raw(app: Bridge, tenant_id: UUID) -> float:
    """One bulk insert of what the fetch wrote, in a transaction that is then given up."""
    with app.database.unit_of_work(tenant_id, write=False) as session:
        found = [dict(row) for row in session.execute(select(Evidence.__table__)).mappings()]
    rows = [row | {"id": new_id(), "record": f"again {n}"} for n, row in enumerate(found)]
    session = app.database.new_session(tenant_id)
    took = timed(lambda: (session.execute(insert(Evidence), rows), session.flush()))
    session.rollback()
    session.close()
    return took


def main(url: str, folder: Path, pipe: Any) -> None:
    database = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/bridge.sqlite"
    settings = Settings(
        data_dir=folder,
        database_url=database,
        secret_key="b" * 40,
        log_level="error",
        allow_private_addresses=True,
    )
    app = create_app(settings)
    migrate(app.database)
    with app.database.unit_of_work() as session:
        tenant = Tenant(slug="b", name="Benk", organisation_number="999999900", country="NO", language="nb")
        session.add(tenant)
    with app.app_context(), app.database.unit_of_work(tenant.id) as session:
        connection_id = fill(app, session, url)
    with app.database.unit_of_work(tenant.id, write=False) as session:
        connection = connecting.get(session, connection_id)
    raw = timed(lambda: read_raw(app, connection))
    queries = 0

    @event.listens_for(app.database.engine, "before_cursor_execute")
    def note(*_: object) -> None:
        nonlocal queries
        queries += 1

    heights: list[float] = []
    took = [0.0]

    def fetch(**how: Any) -> None:
        with app.app_context():
            run = runs.sync(app, tenant.id, connection_id, **how)
        assert run is not None
        assert run.state == "done", run.problem

    Path("/proc/self/clear_refs").write_text("5")
    begun = resident("VmHWM")
    took[0] = timed(lambda: fetch(told=lambda _run, _row: heights.append(resident("VmHWM"))))
    asked = queries
    floor = raw + insert_raw(app, tenant.id)
    rows = PEOPLE * MODULES
    with app.database.unit_of_work(tenant.id, write=False) as session:
        assert session.scalar(select(func.count()).select_from(Evidence)) == rows
        linked = select(func.count()).select_from(IdentityLink).where(IdentityLink.person_id.is_not(None))
        assert session.scalar(linked) == PEOPLE
    tell(f"{rows} completions of {PEOPLE} people, seconds", took[0], "s", floor)
    tell("queries for all of them", asked, "queries", None)
    tell("memory at the peak, above the start", heights[-1] - begun, "MB", None)
    tell("memory at the peak after the first third", heights[len(heights) // 3] - begun, "MB", None)
    fetch()
    queries = 0
    client = connecting.client_of(app.outgoing, app.vault, connection)
    end = str(rows)
    one = min(
        timed(lambda: client.call("local_lmsbridge_get_results", cursor=end, limit=1000)) for _ in range(5)
    )
    tell("nothing new", min(timed(fetch) for _ in range(5)) * 1000, "ms", one * 1000)
    tell("queries for nothing new", queries / 5, "queries", None)
    app.database.engine.dispose()
    pipe.send(None)


if __name__ == "__main__":
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    with tempfile.TemporaryDirectory() as name:
        main(ours.recv(), Path(name), ours)
    process.join(10)
