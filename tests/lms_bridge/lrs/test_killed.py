"""Whatever is killed in the middle – a web process, the whole service, the worker, PostgreSQL – every statement that
was acknowledged is there once, with its evidence, and on its way to the LRS that it is forwarded to.

A kill of each kind here; `LRS_KILLS=200 ./test tests/lms_bridge/lrs/test_killed.py` for the long run.
"""

import base64
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from lms_bridge.accounts import Tenant
from lms_bridge.db import Database
from lms_bridge.forwarding.models import Parcel, Target
from lms_bridge.forwarding.outbox import ids_in
from lms_bridge.register import policies
from lms_bridge.register.models import Evidence
from lms_bridge.vault import Vault
from tests.support.app import SECRET, fill
from tests.support.other_lrs import OtherLrs
from tests.support.postgres import Postgres
from tests.support.s3 import free_port
from tests.support.service import wait_until_ready

from .conftest import COMPLETED, EXPERIENCED, HYGIENE, statement

KILLS = int(os.environ.get("LRS_KILLS", "0"))


class Client(threading.Thread):
    """Sends batches on one connection until told to stop, each again until it is acknowledged: completions, and what
    only the LRS takes note of, which goes its own way into the database.
    """

    def __init__(self, url: str, authorization: str) -> None:
        super().__init__()
        self.host = urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=30)
        self.headers = {
            "Authorization": authorization,
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        }
        self.acknowledged: list[str] = []
        self.odd: list[Any] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            verb, most = random.choice([(COMPLETED, 40), (EXPERIENCED, 130)])
            batch = [statement(verb={"id": verb}) for _ in range(random.randint(1, most))]
            while True:
                status = self.send(json.dumps(batch))
                if status == 200 or self.stopping.is_set():
                    break
                if status not in (None, 503):
                    self.odd.append(status)
                time.sleep(0.05)
            if status == 200:
                self.acknowledged += [one["id"] for one in batch]
        self.connection.close()

    def send(self, body: str) -> int | None:
        try:
            self.connection.request("POST", "/xapi/statements", body, self.headers)
            answer = self.connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            self.connection.close()  # the next request opens it again
            return None

    def all(self, query: str) -> list[dict]:
        """Every statement of a query, page by page."""
        found, address = [], f"/xapi/statements?ascending=true&limit=500&{query}"
        while address:
            connection = http.client.HTTPConnection(self.host, timeout=30)
            connection.request("GET", address, headers=self.headers)
            page = json.load(connection.getresponse())
            connection.close()
            found += page["statements"]
            address = page["more"]
        return found


class Victims:
    """The processes of a running service, to be killed and started again."""

    def __init__(self, database_url: str, folder: Path, postgres: Postgres | None) -> None:
        self.url, content = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.log, self.postgres = folder / "log", postgres
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LMS_BRIDGE_")},
            "LMS_BRIDGE_DATA_DIR": str(folder / "data"),
            "LMS_BRIDGE_DATABASE_URL": database_url,
            "LMS_BRIDGE_SECRET_KEY": SECRET,
            "LMS_BRIDGE_BASE_URL": self.url,
            "LMS_BRIDGE_CONTENT_URL": content,
            "LMS_BRIDGE_WEB_PROCESSES": "2",
            "LMS_BRIDGE_ALLOW_PRIVATE_ADDRESSES": "yes",
            "LMS_BRIDGE_LOG_LEVEL": "error",
        }
        self.kinds: list[Callable[[], None]] = [self.a_web_process, self.the_worker, self.the_service]
        if postgres:
            self.kinds.append(self.the_database)
        self.serving = self.start("serve", "--no-worker")
        wait_until_ready(self.url, self.serving, self.log)
        self.working = self.start("worker")

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "lms_bridge", *arguments]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def a_web_process(self) -> None:
        children = Path(f"/proc/{self.serving.pid}/task/{self.serving.pid}/children").read_text().split()
        if children:
            os.kill(int(random.choice(children)), signal.SIGKILL)

    def the_service(self) -> None:
        self.end(self.serving)
        self.serving = self.start("serve", "--no-worker")

    def the_worker(self) -> None:
        self.end(self.working)
        self.working = self.start("worker")

    def the_database(self) -> None:
        """And a web process with it, which is started again while there is no database."""
        self.postgres.kill()
        self.a_web_process()
        time.sleep(random.random() / 5)
        self.postgres.start()

    def end(self, process: "subprocess.Popen[bytes]") -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def victims(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Victims, Database]]:
    """The service on a database of its own; PostgreSQL with a server of its own, that keeps what it says it keeps."""
    postgres = Postgres(durable=True) if request.param == "postgresql" else None
    url = f"sqlite:///{tmp_path}/bridge.sqlite"
    if postgres:
        postgres.__enter__()
        url = postgres.url(postgres.create())
    try:
        if postgres:
            fill(url)
        else:
            shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "bridge.sqlite")
        victims, database = Victims(url, tmp_path, postgres), Database(url)
        yield victims, database
        database.engine.dispose()
        victims.end(victims.serving)
        victims.end(victims.working)
    finally:
        if postgres:
            postgres.__exit__()


def prepare(database: Database, url: str) -> uuid.UUID:
    """Hand hygiene gives a competence in Fjordvik, and completions are forwarded; returns Fjordvik's id."""
    with database.unit_of_work(write=False) as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == "fjordvik")).one()
    with database.unit_of_work(tenant_id) as session:
        policies.map_module(
            session,
            module_id=uuid.UUID(HYGIENE.removeprefix("urn:uuid:")),
            version=1,
            title="Håndhygiene",
            language="nb",
            pass_mark=None,
            competences=[{"uri": "https://x.example/1", "title": "X", "level": None, "validity_months": 24}],
        )
        password = Vault(SECRET).seal(b"secret")
        county = Target(name="County", url=url, username="key", password=password, version="1.0.3")
        county.verbs = [COMPLETED]
        session.add(county)
    return tenant_id


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_what_was_acknowledged_is_there_once_with_its_evidence(
    victims: tuple[Victims, Database], other_lrs: OtherLrs
):
    running, database = victims
    tenant_id = prepare(database, other_lrs.url)
    create = [sys.executable, "-m", "lms_bridge", "credentials", "create", "--tenant", "fjordvik"]
    done = subprocess.run(
        [*create, "--scopes", "all"], env=running.environment, capture_output=True, check=True
    )
    made = json.loads(done.stdout)
    pair = base64.b64encode(f"{made['key']}:{made['secret']}".encode()).decode()
    clients = [Client(running.url, f"Basic {pair}") for _ in range(2)]
    for client in clients:
        client.start()
    try:
        kills = [*running.kinds, *random.choices(running.kinds, k=max(0, KILLS - len(running.kinds)))]
        for kill in kills:
            before = sum(len(client.acknowledged) for client in clients)
            deadline = time.monotonic() + 60
            while sum(len(client.acknowledged) for client in clients) < before + 60:
                assert time.monotonic() < deadline, (
                    f"nothing is taken any more\n{running.log.read_text()[-2000:]}"
                )
                time.sleep(0.02)
            time.sleep(random.random() / 10)
            kill()
        wait_until_ready(running.url, running.serving, running.log)
        before = sum(len(client.acknowledged) for client in clients)
        while sum(len(client.acknowledged) for client in clients) < before + 60:
            time.sleep(0.02)
    finally:
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join()
    acknowledged = {one for client in clients for one in client.acknowledged}
    ids = [one["id"] for one in clients[0].all("")]
    assert len(ids) == len(set(ids))
    assert acknowledged <= set(ids)
    assert [one["id"] for one in clients[0].all(f"activity={HYGIENE}")] == ids, "the index is whole"
    completed = {one["id"] for one in clients[0].all(f"verb={COMPLETED}")}
    with database.unit_of_work(tenant_id, write=False) as session:
        records = Counter(session.scalars(select(Evidence.record).where(Evidence.source == "xapi")))
        parcels = session.scalars(select(Parcel.statements)).all()
    assert records == Counter(completed), "each has its evidence, once"
    waiting = {str(one) for parcel in parcels for one in ids_in(parcel)}
    assert other_lrs.kept.keys() | waiting == completed, "each was forwarded, or waits for it"
    odd = [status for client in clients for status in client.odd]
    if KILLS:
        figures = f"{len(kills)} kills, {len(acknowledged)} acknowledged, {len(ids)} stored, {len(completed)} completed"
        print(f"\n{figures}, {len(other_lrs.kept)} forwarded in {len(other_lrs.order)} sendings, odd {odd}")
    assert odd == [], "a database that dies is 503"
