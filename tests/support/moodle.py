"""A small Moodle: courses, people, activities, attempts; the plugin's functions, the core's, and a switch a fault.

It answers as a real Moodle 4.5 was seen to: errors with HTTP 200, what a role may not see left out without a word.
`MoodleFaults` below holds the faults; what a learner does is `attempt`, `complete` and the like.
"""

import contextlib
import hashlib
import hmac
import json
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from .moodle_core import CORE
from .moodle_plugin import PLUGIN

TOKEN = "0123456789abcdef0123456789abcdef"
CAPABILITIES = """
local/lmsbridge:use webservice/rest:use moodle/course:view moodle/course:viewparticipants
moodle/site:viewuseridentity moodle/course:manageactivities mod/scorm:addinstance moodle/course:activityvisibility
report/completion:view report/progress:view moodle/grade:viewall mod/scorm:viewreport mod/lti:view
""".split()  # noqa: SIM905


class MoodleException(Exception):
    """An error as Moodle tells it."""

    def __init__(self, code: str, message: str = "", kind: str = "moodle_exception") -> None:
        super().__init__(message or code)
        self.code, self.kind = code, kind


@dataclass
class Fault:
    """How the next call of a function goes wrong; `cut` is after how many bytes the answer breaks off."""

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    seconds: float = 0.0
    after: bool = False
    """Whether Moodle did what it was asked, and only its answer is lost."""


HTML = Fault(
    body=b"<!doctype html><title>Log in</title><p>Please log in", headers={"Content-Type": "text/html"}
)
BROKEN = Fault(status=500, body=b"")


@dataclass
class User:
    id: int
    username: str
    fullname: str
    email: str = ""
    idnumber: str = ""
    suspended: bool = False
    access: dict[int, int] = field(default_factory=dict)
    """By course, when they were last there."""


@dataclass
class Course:
    id: int
    fullname: str
    sections: list[str] = field(default_factory=lambda: ["General", "Week 1"])
    teachers: set[str] = field(default_factory=set)
    users: list[int] = field(default_factory=list)
    criteria: bool = False
    """Whether the course as a whole can be completed."""


@dataclass
class Activity:
    cmid: int
    instance: int
    course: int
    modname: str
    name: str
    idnumber: str = ""
    section: int = 0
    visible: bool = True
    revision: int = 0
    package: str = ""
    intro: str = ""
    completion: str = ""
    item: str = ""
    """The identifier in the package's manifest."""

    @property
    def identity(self) -> str:
        return self.idnumber.removeprefix("lmsbridge:") if self.idnumber.startswith("lmsbridge:") else ""


class Moodle:
    """The state of a Moodle, and the server that tells it. Use as a context manager."""

    def __enter__(self) -> "Moodle":
        self.reset()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.moodle = self
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """A sound Moodle with the plugin, two courses and nobody in them."""
        self.lock = threading.RLock()
        self.plugin, self.token = True, TOKEN
        self.held = set(CAPABILITIES)
        self.missing: set[str] = set()
        self.unseen: set[int] = set()
        self.faults: dict[str, list[Fault]] = {}
        self.arrives: Callable[[str], None] = lambda function: None
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.users: dict[int, User] = {}
        self.courses = {
            7: Course(7, "Nyansatt i hjemmetjenesten", teachers={"astrid@fjordvik.example"}),
            8: Course(8, "Hygiene for alle"),
        }
        self.activities: dict[int, Activity] = {}
        self.attempts: dict[tuple[int, int], list[dict[str, Any]]] = {}
        self.completions: dict[tuple[int, int], tuple[int, int]] = {}
        self.course_completions: dict[tuple[int, int], int] = {}
        self.outbox: list[dict[str, Any]] = []
        self.drafts: dict[int, bytes] = {}
        self.backfilling = 0
        self.push: dict[str, Any] = {"url": "", "secret": "", "enabled": False, "error": "", "success": 0}
        self.sent = 0
        self._number = 100

    def number(self) -> int:
        self._number += 1
        return self._number

    def called(self, *names: str) -> list[str]:
        """The functions that were called; of these, where some are named."""
        return [name for name, _ in self.requests if not names or name in names]

    def fails(self, function: str, *faults: Fault) -> None:
        """The next calls of a function go so, one after the other."""
        self.faults.setdefault(function, []).extend(faults)

    # --- what people do in it ---------------------------------------------------------------------------------

    def enrol(self, course: int, username: str, fullname: str, **more: Any) -> User:
        """Somebody takes a course."""
        user = next((u for u in self.users.values() if u.username == username), None)
        if user is None:
            number = self.number()
            email = more.pop("email", f"{username}@fjordvik.example")
            user = self.users[number] = User(number, username, fullname, email, **more)
        self.courses[course].users.append(user.id)
        return user

    def add(self, course: int, modname: str, name: str, **more: Any) -> Activity:
        """Somebody puts an activity into a course by hand."""
        cmid = self.number()
        self.activities[cmid] = Activity(cmid, cmid + 5000, course, modname, name, **more)
        return self.activities[cmid]

    def attempt(
        self, user: User, cmid: int, status: str, score: float = -1, *, new: bool = True, at: int = 0
    ) -> None:
        """A learner takes a SCORM activity: a new attempt, or on with the last one."""
        activity, at = self.activities[cmid], at or int(time.time())
        rows = self.attempts.setdefault((cmid, user.id), [])
        if new or not rows:
            rows.append({})
        rows[-1].update(status=status, score=score, at=at, revision=activity.revision)
        user.access[activity.course] = max(at, user.access.get(activity.course, 0))
        if status in ("passed", "completed") and (cmid, user.id) not in self.completions:
            self.completions[cmid, user.id] = (2 if status == "passed" else 1, at)
        if status != "incomplete":
            self.note(user, activity, status, score, at, len(rows))

    def complete(
        self, user: User, cmid: int, status: str = "completed", score: float = -1, at: int = 0
    ) -> None:
        """An activity that is no SCORM is completed, or its completion taken back (withdrawn)."""
        activity, at = self.activities[cmid], at or int(time.time())
        state = {"completed": 1, "passed": 2, "failed": 3, "withdrawn": 0}[status]
        self.completions[cmid, user.id] = (state, at)
        user.access[activity.course] = max(at, user.access.get(activity.course, 0))
        self.note(user, activity, status, score, at, 0)

    def complete_course(self, user: User, course: int, at: int = 0) -> None:
        at = at or int(time.time())
        self.course_completions[course, user.id] = at
        user.access[course] = max(at, user.access.get(course, 0))
        self._append(user, kind="course", courseid=course, name=self.courses[course].fullname, at=at)

    def note(self, user: User, activity: Activity, state: str, score: float, at: int, attempt: int) -> None:
        self._append(
            user,
            at=at,
            cmid=activity.cmid,
            courseid=activity.course,
            modname=activity.modname,
            name=activity.name,
            identity=activity.identity,
            idnumber=activity.idnumber,
            attempt=attempt,
            state=state,
            score=score,
            revision=activity.revision,
        )

    def _append(self, user: User, at: int, **more: Any) -> None:
        row = {
            "id": 0,
            "kind": "activity",
            "cmid": 0,
            "courseid": 0,
            "modname": "",
            "name": "",
            "identity": "",
        }
        row |= {"idnumber": "", "userid": user.id, "username": user.username, "useridnumber": user.idnumber}
        row |= {
            "fullname": user.fullname,
            "email": user.email,
            "attempt": 0,
            "state": "completed",
            "score": -1,
        }
        row |= {"revision": 0, "occurred": at, "changed": at} | more
        with self.lock:
            row["id"] = self.outbox[-1]["id"] + 1 if self.outbox else 1
            self.outbox.append(row)

    # --- push -------------------------------------------------------------------------------------------------

    def cron(self) -> int | None:
        """The plugin's adhoc task: posts what waits, and again what was not taken. The status of the answer."""
        rows = self.outbox[self.sent : self.sent + 500]
        if not rows or not self.push["enabled"]:
            return None
        status, _ = self.post(rows)
        if status == 200:
            self.sent += len(rows)
        elif status == 410:
            self.push["enabled"] = False
        return status

    def signed(self, rows: list[Any], **wrong: Any) -> tuple[bytes, dict[str, str]]:
        """(body, headers) of a batch; `wrong` replaces the time, secret, signature or body."""
        batch = {"issuer": self.url, "batch": str(uuid.uuid4()), "sent": int(time.time()), "rows": rows}
        body = wrong["body"] if "body" in wrong else json.dumps(batch).encode()
        stamp = str(wrong.get("timestamp", int(time.time())))
        secret = wrong.get("secret", self.push["secret"]).encode()
        signature = "v1=" + hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return body, {
            "Content-Type": "application/json",
            "X-Lmsbridge-Timestamp": stamp,
            "X-Lmsbridge-Signature": wrong.get("signature", signature),
        }

    def post(self, rows: list[Any], **wrong: Any) -> tuple[int, bytes]:
        """One signed post, or one that is `wrong`; the status and body of the answer."""
        try:
            request = urllib.request.Request(self.push["url"], *self.signed(rows, **wrong))
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    # --- answering --------------------------------------------------------------------------------------------

    def answer(self, function: str, arguments: dict[str, Any], token: str) -> Any:
        """What a function answers. Raises MoodleException."""
        if token != self.token:
            raise MoodleException("invalidtoken", "Invalid token - token not found")
        table = {**CORE, **PLUGIN} if self.plugin else CORE
        if function not in table:
            said = "Can't find data record in database table external_functions."
            raise MoodleException("invalidrecord", said, "dml_missing_record_exception")
        if function in self.missing:
            raise MoodleException(
                "accessexception", "Access control exception", "webservice_access_exception"
            )
        return table[function](self, arguments)

    def need(self, capability: str) -> None:
        if capability not in self.held:
            said = f"Sorry, but you do not currently have permissions to do that ({capability})."
            raise MoodleException("nopermissions", said, "required_capability_exception")

    def sees(self, activity: Activity) -> bool:
        """Activities are left out silently where the role lacks the module's view capability."""
        needed = {"lti": "mod/lti:view"}.get(activity.modname)
        return activity.visible and (needed is None or needed in self.held)


class Handler(BaseHTTPRequestHandler):
    """The web service protocols."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        moodle: Moodle = self.server.moodle
        path = urlsplit(self.path).path
        if path == "/webservice/upload.php":
            function, arguments, token = "upload.php", _multipart(self.headers["Content-Type"], body), ""
            token = arguments["token"].decode()
        elif path == "/webservice/rest/server.php":
            arguments = php_arguments(body.decode())
            function, token = arguments.pop("wsfunction", ""), arguments.pop("wstoken", "")
            arguments.pop("moodlewsrestformat", None)
        else:
            self._send(404, b"<html>Not found", {"Content-Type": "text/html"})
            return
        moodle.requests.append((function, arguments))
        moodle.arrives(function)
        fault = moodle.faults.get(function) or moodle.faults.get("*") or [None]
        first = fault.pop(0) if fault[0] is not None else None
        if first is not None and not first.after:
            self._go_wrong(first, b"")
            return
        body = self._do(moodle, function, arguments, token)
        self._go_wrong(first, body) if first is not None else self._send(200, body, {})

    do_GET = do_POST

    def _do(self, moodle: Moodle, function: str, arguments: dict[str, Any], token: str) -> bytes:
        try:
            with moodle.lock:
                if function == "upload.php":
                    return json.dumps(self._upload(moodle, arguments, token)).encode()
                return json.dumps(moodle.answer(function, arguments, token)).encode()
        except MoodleException as error:
            told = {"exception": error.kind, "errorcode": error.code, "message": str(error)}
            return json.dumps(told).encode()

    def _upload(self, moodle: Moodle, arguments: dict[str, Any], token: str) -> list[dict[str, Any]]:
        if token != moodle.token:
            raise MoodleException("invalidtoken")
        number = moodle.number()
        moodle.drafts[number] = arguments["file_1"]
        return [{"itemid": number, "filename": "package.zip", "filesize": len(arguments["file_1"])}]

    def _go_wrong(self, fault: Fault, body: bytes) -> None:
        time.sleep(fault.seconds)
        body = fault.body if fault.body is not None else body
        if fault.cut is None:
            self._send(fault.status, body, fault.headers)
            return
        self.send_response(fault.status)
        self.send_header("Content-Length", str(len(body) or 1000))
        self.end_headers()
        self.wfile.write(body[: fault.cut])
        self.close_connection = True

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has gone
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def php_arguments(form: str) -> dict[str, Any]:
    """A form as PHP reads it: `a[0][b]=1` is a list of dicts."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        first, *keys = re.findall(r"[^\[\]]+", name)
        place, last = found, first
        for key in keys:
            place = place.setdefault(last, {})
            last = key
        place[last] = value
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(item) for key, item in value.items()}
    return list(inner.values()) if all(key.isdigit() for key in inner) else inner


def _multipart(kind: str, body: bytes) -> dict[str, Any]:
    message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    parts = message.get_payload()
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts
    }


@pytest.fixture(scope="session")
def running_moodle() -> Iterator[Moodle]:
    with Moodle() as moodle:
        yield moodle


@pytest.fixture
def moodle(running_moodle: Moodle) -> Moodle:
    """A sound Moodle with the plugin, two courses and nobody in them."""
    running_moodle.reset()
    return running_moodle
