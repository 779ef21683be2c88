"""Starting the service: what is wrong is said in a sentence, and nothing is changed."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.s3 import free_port
from tests.support.service import Service


def start(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    clean = {n: v for n, v in os.environ.items() if not n.startswith("LMS_BRIDGE_")}
    ports = {f"LMS_BRIDGE_{n}_URL": f"http://127.0.0.1:{free_port()}" for n in ("BASE", "CONTENT")}
    environment = {**clean, **ports, "LMS_BRIDGE_DATA_DIR": str(folder), **settings}
    command = [sys.executable, "-m", "lms_bridge", *(arguments or ("serve",))]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30)


def test_a_wrong_setting(tmp_path: Path):
    done = start(tmp_path, LMS_BRIDGE_PORT="8080")
    assert done.returncode == 2
    assert done.stderr.startswith("LMS_BRIDGE_PORT is not a setting.")


def test_a_taken_port(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = start(tmp_path, LMS_BRIDGE_BASE_URL=f"http://127.0.0.1:{port}")
    assert done.returncode == 2
    assert f"Port {port} on 127.0.0.1 is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").touch()
    done = start(tmp_path / "file")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "LMS_BRIDGE_DATA_DIR" in done.stderr


def test_a_database_of_a_newer_version_is_left_as_it_is(tmp_path: Path):
    database = tmp_path / "lms-bridge.sqlite"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    done = start(tmp_path)
    assert done.returncode == 2
    assert "made by a newer version" in done.stderr
    with sqlite3.connect(database) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("alembic_version",)]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "The database does not answer"),
        ("sqlite:////nowhere/at/all.sqlite", "The database does not answer"),
    ],
)
def test_a_database_that_does_not_answer(tmp_path: Path, url: str, sentence: str):
    done = start(tmp_path, LMS_BRIDGE_DATABASE_URL=url)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database(tmp_path: Path):
    (tmp_path / "lms-bridge.sqlite").write_bytes(b"this is a letter, not a database" * 100)
    done = start(tmp_path)
    assert done.returncode == 2
    assert "The database does not answer" in done.stderr


def test_the_demo_is_there_once_it_says_so(service: Service):
    printed = (service.data_dir / "log").read_text()
    assert f"lms-bridge is at {service.url}" in printed
    assert "astrid@fjordvik.example" in printed
    assert urllib.request.urlopen(f"{service.url}/health/ready").status == 200


def test_seeding_again_changes_nothing(service: Service):
    assert "nothing was changed" in service.command("seed")


def test_a_worker_ends_with_the_service_that_started_it(tmp_path: Path):
    """Also when the service was killed before the worker had begun."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert start(tmp_path, "migrate").returncode == 0
    assert start(tmp_path, "worker", "--child-of", str(gone.pid)).returncode == 0


def test_a_worker_that_is_killed_beside_the_service_is_started_again(service: Service):
    killed = worker_of(service)
    os.kill(killed, signal.SIGKILL)
    assert worker_of(service, other_than=killed)


def worker_of(service: Service, other_than: int = 0) -> int:
    """The process that carries out the service's jobs, as it wrote down itself."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        for path in (service.data_dir / "workers").iterdir():
            if not path.suffix and int(path.read_text()) != other_than:
                return int(path.read_text())
        time.sleep(0.05)
    raise AssertionError("no worker")
