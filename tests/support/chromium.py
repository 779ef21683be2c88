"""A real Chromium for the tests, driven by Playwright: the machine's, else npm @sparticuz/chromium.

`page` is a new context a test. A console error, an uncaught exception or a request that leaves this machine
fails the test; a test that expects one asserts on `page_problems` and then clears it.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.support.loopback import is_loopback

ROOT = Path(__file__).parents[2]
PACKED = ROOT / "node_modules/@sparticuz/chromium/bin"
# Playwright carries a Node, so a machine without Node, brotli or apt unpacks too.
UNPACK = """
const { pipeline } = require("node:stream/promises"), fs = require("node:fs"), zlib = require("node:zlib");
const [source, target] = process.argv.slice(1);
pipeline(fs.createReadStream(source), zlib.createBrotliDecompress(), fs.createWriteStream(target));
"""
# WCAG 2.2's one new rule that axe leaves out unless it is asked for: what is touched has 24 pixels to itself.
AXE = """() => axe.run({ resultTypes: ["violations"], rules: { "target-size": { enabled: true } } })
    .then((found) => found.violations)"""
LRS_DOCUMENTS = ("/activities/state?", "/agents/profile?")
# Every name but this machine's own is unknown to the browser.
ARGUMENTS = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1"
]


def chromium() -> tuple[Path, dict[str, str]]:
    """The program ($CHROMIUM, /usr/bin/chromium, else the one from npm) and what its environment needs."""
    for found in (os.environ.get("CHROMIUM"), "/usr/bin/chromium"):
        if found and Path(found).is_file():
            return Path(found), {}
    if not PACKED.is_dir() or platform.machine() not in ("x86_64", "AMD64"):
        raise RuntimeError(
            "no Chromium: set CHROMIUM to its program, or run ./test, which brings one (x86-64 Linux)"
        )
    folder = unpacked()
    environment = {}
    program = folder / "chromium"
    if "not found" in subprocess.run(["ldd", program], capture_output=True, text=True).stdout:
        environment["LD_LIBRARY_PATH"] = str(folder / "lib")
    if not Path("/usr/share/fonts").is_dir():
        environment["FONTCONFIG_PATH"] = str(folder / "fonts")
    return program, environment


def unpacked() -> Path:
    """The folder with the browser from npm, its libraries and fonts; unpacked the first time (3 s)."""
    folder = ROOT / "node_modules/.cache/chromium"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_name("chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test processes one unpacks, and the others wait
        return _unpacked(folder)


def _unpacked(folder: Path) -> Path:
    stamp = f"{(PACKED / 'chromium.br').stat().st_mtime_ns}"
    if (folder / "stamp").is_file() and (folder / "stamp").read_text() == stamp:
        return folder
    node = compute_driver_executable()[0]
    new = folder.with_name(f"chromium-{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in ("chromium", "al2023.tar", "fonts.tar"):
        subprocess.run([node, "-e", UNPACK, PACKED / f"{name}.br", new / name], check=True)
    for name in ("al2023.tar", "fonts.tar"):
        with tarfile.open(new / name) as archive:
            archive.extractall(new, filter="data")
    (new / "chromium").chmod(0o755)
    (new / "stamp").write_text(stamp)
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
    return folder


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The session's Chromium."""
    program, environment = chromium()
    expect.set_options(timeout=15_000)  # on a slow machine five seconds are not enough
    running = playwright.chromium.launch(
        executable_path=program, args=ARGUMENTS, env={**os.environ, **environment}
    )
    yield running
    running.close()


@pytest.fixture
def page_problems() -> list[str]:
    """What went wrong in this test's pages. What is left in it at the end fails the test."""
    return []


@pytest.fixture
def new_page(browser: Browser, page_problems: list[str]) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own (another person's browser), with Playwright's context options."""
    contexts = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "locale": "nb-NO", "timezone_id": "Europe/Oslo"}
            | options
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        watch(context, page_problems)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert not page_problems, "\n".join(["the page had problems:", *page_problems])


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of 1280 × 800 in Norwegian, in a context of its own."""
    return new_page()


def watch(context: Any, problems: list[str]) -> None:
    """Collects console errors, uncaught exceptions and requests to other machines."""

    def console(message: Any) -> None:
        address = message.location.get("url", "")
        # An LRS answers 404 for a document that nobody has stored yet, and Chromium calls that an error.
        absent = "404" in message.text and any(name in address for name in LRS_DOCUMENTS)
        if message.type == "error" and not absent:
            problems.append(f"console error: {message.text} ({address})")

    def request(request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and not is_loopback(address.hostname or ""):
            problems.append(f"request to another machine: {request.url}")

    context.on("console", console)
    context.on("weberror", lambda error: problems.append(f"uncaught: {error.error}"))
    context.on("request", request)


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """Asserts that axe finds nothing on a page."""
    script = Axe().axe_script

    def check(page: Page) -> None:
        page.wait_for_load_state()  # what is there to be read may have no style yet, and no size
        if not page.evaluate("() => 'axe' in window"):
            page.add_init_script(script)  # in what it goes to from here: then it is sent to the browser once
            page.evaluate(script)
        findings = page.evaluate(AXE)
        lines = [
            f"{finding['id']}: {finding['help']}\n    {node['html']}\n    {node.get('failureSummary', '')}"
            for finding in findings
            for node in finding["nodes"]
        ]
        assert not lines, "\n".join([f"axe found {len(lines)} problems on {page.url}", *lines])

    return check
