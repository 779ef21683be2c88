"""How fast statements are found again among a million of two years, over HTTP, and how much memory that takes.

    ./run bench lrs_queries                  a million on SQLite, then on PostgreSQL with its monthly partitions
    ./run bench lrs_queries --fill 100000    fewer
    ./run bench lrs_queries --kept FOLDER    fills databases there, the next time only asks them

Goal: p95 of every question ≤ 10 ms, and memory that does not grow with what is taken in or given out.
"""

import argparse
import http.client
import http.cookiejar
import json
import random
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from sqlalchemy import select, text

from lms_bridge.accounts import Tenant
from lms_bridge.db import Database, utcnow
from lms_bridge.lrs import days, fresh, housekeeping, partitions, pending, positions, values
from lms_bridge.lrs.blocks import WIDTH
from lms_bridge.lrs.housekeeping import Housekeeping
from lms_bridge.lrs.models import Statement
from lms_bridge.lrs.references import Keys
from lms_bridge.lrs.writers import Writers
from lms_bridge.seed import PASSWORD
from tests.people import CAMILLA
from tests.support.postgres import Postgres

from . import lrs_load
from .lrs import Target, bridge, prepare, report

DAYS = 730
AT_ONCE = 2000
Make = Callable[[], dict[str, str]]


def fill(url: str, count: int) -> list[str]:
    """As many statements, spread over two years, oldest first, half of them as they come singly, half as they come in
    batches; some of their registrations.
    """
    database = Database(url)
    start, step = utcnow() - timedelta(days=DAYS), timedelta(days=DAYS) / count
    with database.unit_of_work() as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == "fjordvik")).one()
        if database.engine.dialect.name == "postgresql":
            _make_months(session.connection(), start)
    keys, registrations, together = Keys(tenant_id), [], 1
    writers = Writers(database, Housekeeping(database.engine))
    for first in range(0, count, AT_ONCE):
        new = prepare(keys, first, min(AT_ONCE, count - first))
        for number, item in enumerate(new):
            moment = start + (first + number // together * together) * step
            item.position = positions.first_from(moment) + number % together
            item.statement["stored"] = values.format_timestamp(moment)
            item.payload = orjson.dumps(item.statement)
        registrations.append(new[0].statement["context"]["registration"])
        with (
            database.unit_of_work(tenant_id) as session,
            fresh.inserting(session, writers, tenant_id, []) as insert,
        ):
            for start_of_some in range(0, len(new), WIDTH):
                insert(new[start_of_some : start_of_some + WIDTH])
        together = WIDTH if together == 1 else 1
    with database.unit_of_work() as session:
        pending.settle(session)
    have_had_a_night(database)
    if database.engine.dialect.name == "sqlite":
        _leave_pending(database, 2 * housekeeping.MANY)  # the most that two processes leave
    database.engine.dispose()
    return registrations


def _leave_pending(database: Database, count: int) -> None:
    """As if the keys of the last ones had not gone into the index yet."""
    with database.unit_of_work() as session:
        last = select(Statement.position).order_by(Statement.position.desc()).offset(count - 1).limit(1)
        first = {"first": session.scalars(last).one()}
        session.execute(
            text(
                "INSERT INTO lrs_pending SELECT position, ',' || group_concat(key) || ',' FROM lrs_index "
                "WHERE position >= :first GROUP BY position"
            ),
            first,
        )
        session.execute(text("DELETE FROM lrs_index WHERE position >= :first"), first)


def have_had_a_night(database: Database) -> None:
    """What PostgreSQL does by itself within a minute or so, and the service every night."""
    clear = "VACUUM ANALYZE" if database.engine.dialect.name == "postgresql" else "ANALYZE"
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(clear))
    days.remember_days(database, utcnow())


def _make_months(connection, start: datetime) -> None:
    there = partitions.months(connection)
    month = (start.year, start.month)
    while month < there[0]:
        partitions.make(connection, month)
        month = partitions._later(month, 1)


def questions(registrations: list[str]) -> dict[str, Make]:
    """Every filter of GET statements, alone and together, with other values each time."""
    chance = random.Random(1)
    verb = "http://adlnet.gov/expapi/verbs/completed"

    def account() -> str:
        agent = {"homePage": "https://fjordvik.example", "name": str(chance.randrange(lrs_load.PEOPLE))}
        return json.dumps({"objectType": "Agent", "account": agent})

    def activity() -> str:
        return f"https://example.com/activities/{chance.randrange(lrs_load.ACTIVITIES)}"

    def course() -> str:
        return f"https://example.com/courses/{chance.randrange(7)}"

    def moment() -> str:
        return values.format_timestamp(utcnow() - timedelta(days=chance.random() * DAYS))

    return {
        "newest": dict,
        "oldest": lambda: {"ascending": "true"},
        "agent": lambda: {"agent": account()},
        "verb": lambda: {"verb": verb},
        "activity": lambda: {"activity": activity()},
        "registration": lambda: {"registration": chance.choice(registrations)},
        "agent and verb": lambda: {"agent": account(), "verb": verb},
        "agent and activity": lambda: {"agent": account(), "activity": activity()},
        "verb and activity, ascending": lambda: {"verb": verb, "activity": activity(), "ascending": "true"},
        "agent, verb and activity": lambda: {"agent": account(), "verb": verb, "activity": activity()},
        "related activity": lambda: {"activity": course(), "related_activities": "true"},
        "related activity and agent": lambda: {
            "activity": course(),
            "related_activities": "true",
            "agent": account(),
        },
        "related agent": lambda: {"agent": account(), "related_agents": "true"},
        "since": lambda: {"since": moment()},
        "until": lambda: {"until": moment()},
        "verb, since and until": lambda: {"verb": verb, "since": moment(), "until": moment()},
        "activity since, ascending": lambda: {"activity": activity(), "since": moment(), "ascending": "true"},
        "canonical": lambda: {"format": "canonical", "activity": activity()},
        "500 at once": lambda: {"limit": "500", "verb": verb},
    }


def ask_all(target: Target, registrations: list[str], count: int) -> None:
    for name, make in questions(registrations).items():
        asked = [urllib.parse.urlencode(make()) for _ in range(count)]
        report_times(f"{target.name}: {name}", lrs_load.ask(target.address, target.authorization, asked))


def report_times(name: str, times: list[float]) -> None:
    times = sorted(times[len(times) // 10 :])  # the first ones meet cold caches
    report(f"{name}, p50", times[len(times) // 2] * 1000, "ms")
    report(f"{name}, p95", times[int(len(times) * 0.95)] * 1000, "ms", 10)


def read_on(target: Target, pages: int) -> None:
    """From `more` to `more`, as who reads everything does."""
    times, query = [], "limit=100"
    for _ in range(pages):
        request = urllib.request.Request(
            f"{target.address}?{query}",
            headers={"Authorization": target.authorization, "X-Experience-API-Version": "1.0.3"},
        )
        started = time.perf_counter()
        with urllib.request.urlopen(request) as answer:
            body = answer.read()
        times.append(time.perf_counter() - started)
        query = orjson.loads(body)["more"].partition("?")[2]
    report_times(f"{target.name}: more", times)


def sign_in(target: Target) -> tuple[str, http.cookiejar.CookieJar]:
    """The service's address, and the cookies of a coordinator."""
    base, cookies = target.address.removesuffix("/xapi/statements"), http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    form = urllib.parse.urlencode({"email": CAMILLA.email, "password": PASSWORD}).encode()
    opener.open(urllib.request.Request(f"{base}/sign-in", form, {"Origin": base})).close()
    return base, cookies


def browse(target: Target, count: int) -> None:
    """The page for people with its counts by day, over one connection, as browsers ask."""
    base, cookies = sign_in(target)
    connection, times = http.client.HTTPConnection(urllib.parse.urlsplit(base).netloc), []
    sent = {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)}
    for _ in range(count):
        started = time.perf_counter()
        connection.request("GET", "/statements", headers=sent)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - started)
        if answer.status != 200:
            raise RuntimeError(f"the page answered {answer.status}")
    report_times(f"{target.name}: the page with its counts by day", times)


def export(target: Target) -> None:
    """Everything as JSON Lines."""
    base, cookies = sign_in(target)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    started, read = time.perf_counter(), 0
    with opener.open(f"{base}/statements/export.jsonl") as answer:
        while chunk := answer.read(1 << 20):
            read += len(chunk)
    report(f"{target.name}: export", read / 1e6 / (time.perf_counter() - started), "MB/s")


def memory(server: int) -> float:
    """Megabytes of the largest of the server's processes."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return max(_resident(child) for child in children)


def _resident(process: str) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def server_of(target: Target) -> int:
    """The process that listens there and has the others."""
    port = urllib.parse.urlsplit(target.address).port
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
            children = (folder / "task" / folder.name / "children").read_text().split()
        except OSError:
            continue
        ours = f"LMS_BRIDGE_BASE_URL=http://127.0.0.1:{port}\0".encode() in environment + b"\0"
        if ours and children and b"serve" in command:
            return int(folder.name)
    raise RuntimeError("no server")


def take_in(target: Target, batches: int) -> None:
    connection = lrs_load.Connection(target.address)
    for number in range(batches):
        made = [lrs_load.statement(number * 500 + each) for each in range(500)]
        body = lrs_load.request("POST", target.address, target.authorization, json.dumps(made).encode())
        connection.exchange(body)


def measure_memory(target: Target) -> None:
    server = server_of(target)
    take_in(target, 20)
    before = memory(server)
    take_in(target, 40)
    report(f"{target.name}: memory after 20,000 more in batches", memory(server), "MB", before)
    before = memory(server)
    export(target)
    report(f"{target.name}: memory after an export of all", memory(server), "MB", before)


def measure(target: Target, url: str, chosen: argparse.Namespace) -> None:
    """With `--kept`, a database is filled once, and then only asked: taking in would change it."""
    note = chosen.kept and chosen.kept / f"{target.name}.json"
    registrations = orjson.loads(note.read_bytes()) if note and note.exists() else fill(url, chosen.fill)
    if note:
        note.write_bytes(orjson.dumps(registrations))
    named = Target(f"{target.name}, {chosen.fill} statements", target.address, target.authorization)
    ask_all(named, registrations, chosen.asked)
    read_on(named, chosen.asked)
    browse(named, chosen.asked)
    if not note:
        measure_memory(named)


def databases(folder: Path, postgres: Postgres) -> Iterator[tuple[str, str]]:
    yield "SQLite", f"sqlite:///{folder / 'SQLite' / 'bridge.sqlite'}"
    there = (folder / "PostgreSQL").exists()
    yield "PostgreSQL", postgres.url("test1" if there else postgres.create())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fill", type=int, default=1_000_000, help="statements among which the queries seek")
    parser.add_argument("--asked", type=int, default=200, help="how often each question is asked")
    parser.add_argument("--kept", type=Path, help="an absolute path: databases there are filled once")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = chosen.kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(Postgres(kept=chosen.kept and folder / "server"))
        for name, url in databases(folder, postgres):
            (folder / name).mkdir(exist_ok=True)
            with bridge(folder / name, url, name) as target:
                measure(target, url, chosen)


if __name__ == "__main__":
    main()
