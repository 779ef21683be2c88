"""A web process that is killed in the middle loses nothing that was acknowledged and stores nothing by half.

Two kills a database here; `LRS_KILLS=200 ./test tests/lms_bridge/lrs/test_killed.py` for the long run.
"""

import base64
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.s3 import free_port
from tests.support.service import wait_until_ready

from .conftest import HYGIENE, statement

KILLS = int(os.environ.get("LRS_KILLS", "2"))


class Client(threading.Thread):
    """Sends batches until told to stop, each again until it is acknowledged."""

    def __init__(self, url: str, authorization: str) -> None:
        super().__init__()
        self.host = urlsplit(url).netloc
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
            batch = [statement() for _ in range(random.randint(1, 40))]
            while True:
                status = self.send(json.dumps(batch))
                if status is not None or self.stopping.is_set():
                    break
            if status == 200:
                self.acknowledged += [one["id"] for one in batch]
            elif status is not None:
                self.odd.append(status)

    def send(self, body: str) -> int | None:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request("POST", "/xapi/statements", body, self.headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            return None
        finally:
            connection.close()

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


def workers(master: int) -> list[int]:
    """The processes that answer requests."""
    return [int(child) for child in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_what_was_acknowledged_is_there_once(database_url: str, tmp_path: Path):
    url, content = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LMS_BRIDGE_")},
        "LMS_BRIDGE_DATA_DIR": str(tmp_path / "data"),
        "LMS_BRIDGE_DATABASE_URL": database_url,
        "LMS_BRIDGE_BASE_URL": url,
        "LMS_BRIDGE_CONTENT_URL": content,
        "LMS_BRIDGE_WEB_PROCESSES": "2",
        "LMS_BRIDGE_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-m", "lms_bridge"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "serve", "--no-worker"], env=environment, stdout=log, stderr=log
        )
    try:
        wait_until_ready(url, process, tmp_path / "log")
        create = [*command, "credentials", "create", "--tenant", "fjordvik", "--scopes", "all"]
        made = json.loads(subprocess.run(create, env=environment, capture_output=True, check=True).stdout)
        pair = base64.b64encode(f"{made['key']}:{made['secret']}".encode()).decode()
        clients = [Client(url, f"Basic {pair}") for _ in range(2)]
        for client in clients:
            client.start()
        for _ in range(KILLS):
            before = sum(len(client.acknowledged) for client in clients)
            while sum(len(client.acknowledged) for client in clients) < before + 100:
                time.sleep(0.02)
            time.sleep(random.random() / 10)
            os.kill(random.choice(workers(process.pid)), signal.SIGKILL)
        time.sleep(0.5)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join()
        acknowledged = [one for client in clients for one in client.acknowledged]
        assert [client.odd for client in clients] == [[], []]
        assert len(acknowledged) >= 100 * KILLS
        kept = clients[0].all("")
        ids = [one["id"] for one in kept]
        assert len(ids) == len(set(ids))
        assert set(acknowledged) <= set(ids)
        assert [one["id"] for one in clients[0].all(f"activity={HYGIENE}")] == ids  # the index is whole
        assert all(uuid.UUID(one) for one in ids)
    finally:
        process.terminate()
        process.wait(20)
