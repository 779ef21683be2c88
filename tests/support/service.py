"""The service as people run it: `lms-bridge serve` in processes of its own, on free ports, with the demo in it."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from lms_bridge.seed import PASSWORD

from .s3 import free_port


@dataclass(frozen=True)
class Service:
    """A running service and what a test needs of it."""

    url: str
    content_url: str
    data_dir: Path
    environment: dict[str, str]

    def sign_in(self, page: Page, email: str) -> None:
        """Signs a person of the demo in, by the page."""
        page.goto(f"{self.url}/sign-in")
        page.get_by_role("textbox").first.fill(email)
        page.locator("input[type=password]").fill(PASSWORD)
        page.locator("main button").click()
        page.wait_for_url(lambda address: "/sign-in" not in address)

    def command(self, *arguments: str) -> str:
        """Runs `lms-bridge ARGUMENTS` against the same data and returns what it printed."""
        command = [sys.executable, "-m", "lms_bridge", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    private = {"LMS_BRIDGE_ALLOW_PRIVATE_ADDRESSES": "yes"}  # the LMSs of the tests are on this machine
    with serving(
        tmp_path_factory.mktemp("service"), "-m", "lms_bridge", "serve", "--demo", **private
    ) as running:
        yield running


@contextmanager
def serving(
    data_dir: Path, *python: str, url: str = "", content_url: str = "", port: int = 0, **settings: str
) -> Iterator[Service]:
    """A service of one web process, started by `python …`, until the block ends; at `port` of this machine where its
    addresses do not say where it is.
    """
    url, content_url = (given or f"http://127.0.0.1:{free_port()}" for given in (url, content_url))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LMS_BRIDGE_")},
        "LMS_BRIDGE_DATA_DIR": str(data_dir),
        "LMS_BRIDGE_BASE_URL": url,
        "LMS_BRIDGE_CONTENT_URL": content_url,
        "LMS_BRIDGE_WEB_PROCESSES": "1",
        **settings,
    }
    with (data_dir / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *python], env=environment, stdout=log, stderr=log)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}" if port else url, process, data_dir / "log")
        yield Service(url, content_url, data_dir, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/health/ready", timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise AssertionError("the service did not start:\n" + log.read_text()[-2000:])
