"""The sample module's player on a web server of its own, as a package or the content origin would serve it."""

import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

from playwright.sync_api import Frame, Page

from content import render
from content.module import Module
from scorm import runtime
from tests.content.samples import open_asset

SCORM_AGAIN = Path(__file__).parents[2] / "node_modules/scorm-again/dist"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'"
API = {"scorm12": ("API", "Scorm12API"), "scorm2004": ("API_1484_11", "Scorm2004API")}


def lms_page(standard: str) -> str:
    """An LMS of one learner: scorm-again around the package, keeping what is committed for the next visit."""
    name, constructor = API[standard]
    return f"""<!doctype html><html lang="nb"><meta charset="utf-8"><title>LMS</title>
    <script src="{standard}.min.js"></script><script>
    const api = window.{name} = new {constructor}({{ autocommit: false, logLevel: 5 }});
    const kept = localStorage.getItem("lms");
    if (kept) api.loadFromJSON(JSON.parse(kept).cmi, "cmi");
    const mastery = new URLSearchParams(location.search).get("mastery"); // of the package that it has now
    if (mastery && api.cmi.student_data) api.cmi.student_data.mastery_score = mastery * 100;
    else if (mastery) api.cmi.scaled_passing_score = mastery;
    const keep = () => localStorage.setItem("lms", JSON.stringify(api.renderCMIToJSONObject()));
    for (const name of ["LMSCommit", "LMSFinish", "Commit", "Terminate"]) api.on(name, keep);
    </script><iframe name="content" title="Modul" src="index.html" width="1200" height="700"></iframe>"""


def write(
    folder: Path,
    module: Module,
    standard: str = "none",
    open_asset: Callable[[str], BinaryIO] = open_asset,
    **options: Any,
) -> Path:
    """The files of a package in a folder; with a SCORM standard also an LMS page around them."""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for path, body in render.player_files(module, runtime=runtime.script(standard), **options):
        (folder / path).write_bytes(body)
    for asset in render.asset_files(module, open_asset, earlier=options.get("earlier", {}).values()):
        with asset.open() as stream:
            (folder / asset.path).write_bytes(stream.read())
    if standard in API:
        (folder / "lms.html").write_text(lms_page(standard))
        (folder / f"{standard}.min.js").write_bytes((SCORM_AGAIN / f"{standard}.min.js").read_bytes())
    return folder


class _Handler(SimpleHTTPRequestHandler):
    policy = POLICY

    def end_headers(self) -> None:
        if "lms.html" not in self.path:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Server:
    """A web server for a folder, with the strict policy of the content origin; `lrs` may be talked to."""

    def __init__(self, folder: Path, *, lrs: str = "'none'") -> None:
        handler = type("Handler", (_Handler,), {"policy": f"{POLICY}; connect-src {lrs}"})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Learner:
    """Somebody who takes the module; `page` is the player's page or frame."""

    def __init__(self, page: Page | Frame) -> None:
        self.page = page
        page.wait_for_selector("html.ready")

    @property
    def heading(self) -> str:
        return self.page.locator(".page.current h2").inner_text()

    @property
    def percent(self) -> int:
        return int(self.page.locator("progress").get_attribute("value") or -1)

    def start(self) -> None:
        self.page.locator("[data-step=begin]").click()

    def next(self) -> None:
        self.page.locator("[data-step=next]").click()

    def go(self, name: str) -> None:
        """By the table of contents, which a small screen hides."""
        if self.page.locator(".menu").is_visible():
            self.page.locator(".menu").click()
        self.page.locator(f".contents a[href='#{name}']").click()

    def answer(self, block: str, *options: str) -> None:
        form = self.page.locator(f"#{block}")
        for option in options:
            form.locator(f"input[value={option}]").check()
        form.locator("[type=submit]").click()

    def take_test(self, *, right: bool) -> None:
        self.go("ptest1")
        self.answer("bsingle1", "a" if right else "b")
        self.answer("bmulti1", *(("a", "b") if right else ("a",)))
        self.answer("btrue1", "true")

    @property
    def verdict(self) -> str:
        return self.page.locator(".verdict-title").inner_text()
