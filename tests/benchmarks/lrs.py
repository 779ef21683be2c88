"""How fast the LRS takes statements, side by side in one run.

    ./run bench lrs                            statements by 1, 50 and 500 a request, 1 and 4 clients
    RALPH=/path/to/venv/bin ./run bench lrs    beside PyPI ralph-malph, installed there with psycopg
    ./run bench lrs_queries                    how they are found again among a million

Floors, in the same run: a bare Flask that parses and answers, the raw insert of the same rows, and Ralph. Goals:
4 times Ralph one at a time, 3 times in batches, 60 % of the raw insert in batches on PostgreSQL.
"""

import argparse
import base64
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import select

from lms_bridge.accounts import Tenant
from lms_bridge.db import Database
from lms_bridge.lrs import bulk, fresh, store
from lms_bridge.lrs.blocks import WIDTH
from lms_bridge.lrs.housekeeping import Housekeeping
from lms_bridge.lrs.references import Keys
from lms_bridge.lrs.writers import Writers
from tests.support.postgres import Postgres
from tests.support.s3 import free_port

from . import lrs_load

HERE = Path(__file__).parent
QUIET = 2.0  # seconds in which the one before ends what it does beside
SHAPES = [(1, 1), (1, 4), (50, 1), (50, 4), (500, 1), (500, 4)]  # statements a request, clients


@dataclass(frozen=True)
class Target:
    """A server that takes statements."""

    name: str
    address: str
    authorization: str


def report(name: str, value: float, unit: str, floor: float | None = None) -> None:
    line = {"name": name, "value": round(value, 2), "unit": unit}
    if floor:
        line |= {"floor": round(floor, 2), "ratio": round(value / floor, 2)}
    print(json.dumps(line), flush=True)


# --- servers ------------------------------------------------------------------------------------------------------


@contextmanager
def running(command: list[str], ready: str, environment: dict[str, str], log: Path) -> Iterator[None]:
    """A server in a process of its own, until the block ends."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, cwd=HERE.parents[1])
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(ready, timeout=1).close()
                break
            except OSError as error:
                if isinstance(error, urllib.error.HTTPError):
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text()[-2000:]) from None
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def bridge(folder: Path, database_url: str, name: str) -> Iterator[Target]:
    """The service as people run it, with a key."""
    url = f"http://127.0.0.1:{free_port()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LMS_BRIDGE_")},
        "LMS_BRIDGE_DATA_DIR": str(folder),
        "LMS_BRIDGE_DATABASE_URL": database_url,
        "LMS_BRIDGE_BASE_URL": url,
        "LMS_BRIDGE_CONTENT_URL": f"http://127.0.0.1:{free_port()}",
        "LMS_BRIDGE_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "lms_bridge"]
    with running(
        [*command, "serve", "--demo", "--no-worker"], f"{url}/health/ready", environment, folder / "log"
    ):
        create = [*command, "credentials", "create", "--tenant", "fjordvik", "--scopes", "all"]
        made = json.loads(subprocess.run(create, env=environment, capture_output=True, check=True).stdout)
        yield Target(name, f"{url}/xapi/statements", basic(made["key"], made["secret"]))


@contextmanager
def bare_flask(folder: Path) -> Iterator[Target]:
    """Flask that parses the body and answers with the ids, under the same server."""
    port = free_port()
    (folder / "bare.py").write_text(
        "import orjson\nfrom flask import Flask, request, Response\napp = Flask(__name__)\n"
        "@app.post('/statements')\ndef take():\n"
        "    found = orjson.loads(request.get_data())\n"
        "    found = found if isinstance(found, list) else [found]\n"
        "    return Response(orjson.dumps([s['id'] for s in found]), content_type='application/json')\n"
    )
    options = [
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        "2",
        "--threads",
        "4",
        "-k",
        "gthread",
        "--chdir",
        str(folder),
    ]
    command = [sys.executable, "-m", "gunicorn", *options, "bare:app"]
    with running(command, f"http://127.0.0.1:{port}/", dict(os.environ), folder / "bare.log"):
        yield Target("bare Flask", f"http://127.0.0.1:{port}/statements", basic("a", "b"))


def ralph_programs() -> str | None:
    """The folder of Ralph's programs, which RALPH names."""
    found = shutil.which("ralph")
    programs = os.environ.get("RALPH") or (str(Path(found).parent) if found else None)
    if programs is None:
        report("Ralph is not installed: RALPH names no folder of programs", 0, "")
    return programs


@contextmanager
def ralph(programs: str, folder: Path, postgres_url: str | None, workers: int) -> Iterator[Target]:
    """Ralph with a store of equal kind (lrs_ralph_store.py): PostgreSQL where there is a URL, else SQLite."""
    plugin = folder / "plugin"
    info = plugin / "lrs_ralph_store-1.dist-info"
    info.mkdir(parents=True)
    shutil.copy(HERE / "lrs_ralph_store.py", plugin)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lrs-ralph-store\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[ralph.backends.lrs]\nsqlite = lrs_ralph_store:SQLiteStore\n"
        "postgresql = lrs_ralph_store:PostgreSQLStore\n"
    )
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(plugin),
        "RALPH_APP_DIR": str(folder),
        "RALPH_AUTH_FILE": str(folder / "auth.json"),
        "RALPH_RUNSERVER_BACKEND": "postgresql" if postgres_url else "sqlite",
        "SQLITE_FILE": str(folder / "ralph.sqlite"),
        "POSTGRESQL_URL": (postgres_url or "").replace("+psycopg", ""),
    }
    hashed = subprocess.run(
        [f"{programs}/python", "-c", "import bcrypt; print(bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode())"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    agent = {"account": {"homePage": "http://a.example", "name": "bench"}}
    user = {"username": "key", "hash": hashed, "scopes": ["all"], "agent": agent}
    (folder / "auth.json").write_text(json.dumps([user]))
    options = [
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--log-level",
        "warning",
    ]
    command = [f"{programs}/python", "-m", "uvicorn", "ralph.api:app", *options]
    with running(command, f"http://127.0.0.1:{port}/__heartbeat__", environment, folder / "ralph.log"):
        yield Target(
            f"Ralph, {'PostgreSQL' if postgres_url else 'SQLite'}",
            f"http://127.0.0.1:{port}/xAPI/statements",
            basic("key", "secret"),
        )


def basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def prepare(keys: Keys, first: int, count: int) -> list[store.New]:
    """Statements as the store has them just before it writes, but for their positions."""
    authority = {"account": {"homePage": "http://a.example", "name": "x"}}
    made = [lrs_load.statement(first + number) for number in range(count)]
    return [store._prepare(one, authority, "1.0.0", keys, keys.of_sender(authority, "x")) for one in made]


# --- the raw insert -----------------------------------------------------------------------------------------------


WAYS = ("the raw insert", "the raw insert in blocks, piped")


def raw_insert(database_url: str, way: str, batches: int = 10, per_batch: int = 500) -> float:
    """Statements a second into the same tables, nothing checked, no HTTP: by one INSERT a batch with a row for each
    key, or as the direct way stores them, in blocks and piped.
    """
    database = Database(database_url)
    with database.unit_of_work() as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == "fjordvik")).one()
    keys, writers = Keys(tenant_id), Writers(database, Housekeeping(database.engine))
    prepared = [prepare(keys, batch * per_batch, per_batch) for batch in range(batches)]
    for new in prepared:
        store._number(new)
    started = time.perf_counter()
    for new in prepared:
        with database.unit_of_work(tenant_id) as session:
            if way == WAYS[0]:
                bulk.insert_all(session, tenant_id, new)
                continue
            with fresh.inserting(session, writers, tenant_id, []) as insert:
                for start in range(0, per_batch, WIDTH):
                    insert(new[start : start + WIDTH])
    rate = batches * per_batch / (time.perf_counter() - started)
    database.engine.dispose()
    return rate


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--ralph-workers",
        type=int,
        default=2,
        help="its processes: 2, as the service has, or 1, as its command starts",
    )
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(Postgres())
        urls = {
            "SQLite": f"sqlite:///{folder / 'SQLite' / 'bridge.sqlite'}",
            "PostgreSQL": postgres.url(postgres.create()),
        }
        for name in (*urls, "bare"):
            (folder / name / "ralph").mkdir(parents=True)
        bare = stack.enter_context(bare_flask(folder / "bare"))
        ours = {name: stack.enter_context(bridge(folder / name, url, name)) for name, url in urls.items()}
        peers, programs = {}, ralph_programs()
        for name in urls if programs else ():
            url = postgres.url(postgres.create()) if name == "PostgreSQL" else None
            peers[name] = stack.enter_context(
                ralph(programs, folder / name / "ralph", url, chosen.ralph_workers)
            )
        for per_request, clients in SHAPES:
            asked = {
                one.name: partial(
                    lrs_load.rate, one.address, one.authorization, per_request, clients, chosen.seconds
                )
                for one in (bare, *ours.values(), *peers.values())
            }
            if per_request > 1:
                asked |= {
                    f"{way}, {name}": partial(raw_insert, url, way)
                    for name, url in urls.items()
                    for way in WAYS
                }
            report_shape(
                f"{per_request} a request, {clients} clients", _in_turn(asked, chosen.rounds), [*urls]
            )


def _in_turn(asked: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each: what slows the machine for a while slows one round of all."""
    found: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, rate in asked.items():
            time.sleep(QUIET)
            found[name].append(rate())
    return {name: statistics.median(rates) for name, rates in found.items()}


def report_shape(shape: str, rates: dict[str, float], databases: list[str]) -> None:
    report(f"{shape}: bare Flask, parses and answers", rates["bare Flask"], "statements/s")
    for name in databases:
        floors = {"bare Flask": "bare Flask", "Ralph on it": f"Ralph, {name}"}
        for said, floor in (floors | {way: f"{way}, {name}" for way in WAYS}).items():
            if floor in rates:
                report(f"{shape}: {name} against {said}", rates[name], "statements/s", rates[floor])


if __name__ == "__main__":
    main()
