"""cmi5 courses for tests: structures as XML, zips of them, and an AU that talks to the LMS as content does."""

import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms_bridge.cmi5 import vocabulary as v
from lms_bridge.lrs import activities, credentials
from lms_bridge.lrs.models import Statement
from lms_bridge.web.app import Bridge
from tests.people import CAMILLA, EMMA, PASSWORD

from .app import new_client

NAMESPACE = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
EXAMPLE = "https://supplier.example/"
PAGE = b"<!doctype html><html lang=en><title>Unit</title><p>Hello</p></html>"


def words(text: str, language: str = "en") -> str:
    string = f'<langstring lang="{language}">{text}</langstring>'
    return f"<title>{string}</title><description>{string}</description>"


def au(
    name: str = "one", url: str = "index.html?paramA=1&amp;paramB=2", *, inside: str = "", **more: str
) -> str:
    """An AU named EXAMPLE au/NAME, with these attributes, and elements after its url."""
    attributes = "".join(f' {key}="{value}"' for key, value in more.items())
    return f'<au id="{EXAMPLE}au/{name}"{attributes}>{words(f"Unit {name}")}<url>{url}</url>{inside}</au>'


def block(name: str, *units: str) -> str:
    return f'<block id="{EXAMPLE}block/{name}">{words(f"Block {name}")}{"".join(units)}</block>'


def structure(*parts: str, course: str = EXAMPLE + "course") -> bytes:
    """A cmi5.xml."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><courseStructure xmlns="{NAMESPACE}">'
        f'<course id="{course}">{words("Safe lifting")}</course>{"".join(parts)}</courseStructure>'
    ).encode()


def zipped(*parts: str, files: Mapping[str, bytes] | None = None) -> bytes:
    """A course with its pages."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("cmi5.xml", structure(*parts))
        for path, content in (files or {"index.html": PAGE}).items():
            archive.writestr(path, content)
    return stream.getvalue()


class Unit:
    """An AU that was launched: what it has from its address, and what it does with it (cmi5 7.1, 8)."""

    def __init__(self, app: Bridge, address: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["HTTP_HOST"] = "bridge.localhost"
        self.address = address
        self.query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.actor: dict[str, Any] = json.loads(self.query["actor"])
        self.registration, self.activity_id = self.query["registration"], self.query["activityId"]
        self.token = ""
        self.data: dict[str, Any] = {}

    # --- requests ---------------------------------------------------------------------------------------------

    def fetch(self) -> TestResponse:
        answer = self.client.post(urlsplit(self.query["fetch"]).path)
        self.token = answer.json.get("auth-token", self.token)
        return answer

    def request(
        self, method: str, resource: str, query: Mapping[str, Any] | None = None, **more: Any
    ) -> TestResponse:
        headers = {"X-Experience-API-Version": "1.0.3", **more.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Basic {self.token}"
        texts = {k: json.dumps(t) if isinstance(t, dict) else t for k, t in (query or {}).items()}
        return self.client.open(
            f"/xapi/{resource}", method=method, query_string=texts, headers=headers, **more
        )

    def state(self, method: str = "GET", name: str = v.LAUNCH_DATA, **more: Any) -> TestResponse:
        query = {
            "stateId": name,
            "agent": self.actor,
            "activityId": self.activity_id,
            "registration": self.registration,
        }
        return self.request(method, "activities/state", query, **more)

    def preferences(self, method: str = "GET", agent: Any = None, **more: Any) -> TestResponse:
        query = {"profileId": v.PREFERENCES, "agent": agent or self.actor}
        return self.request(method, "agents/profile", query, **more)

    def send(self, *statements: dict[str, Any]) -> TestResponse:
        return self.request("POST", "statements", json=list(statements))

    # --- a sound AU -------------------------------------------------------------------------------------------

    def start(self, *, initialize: bool = True) -> "Unit":
        """Token, launch data, preferences, initialized: in the order of the specification."""
        assert self.fetch().status_code == 200
        answer = self.state()
        assert answer.status_code == 200, answer.text
        self.data = answer.json
        assert self.preferences().status_code == 200
        if initialize:
            self.say("initialized")
        return self

    def say(self, name: str, **result: Any) -> dict[str, Any]:
        statement = self.statement(name, **result)
        answer = self.send(statement)
        assert answer.status_code == 200, answer.text
        return statement

    def statement(self, name: str, **result: Any) -> dict[str, Any]:
        """A sound cmi5 defined statement, or with another verb an allowed one; `result` is added to it."""
        context = json.loads(json.dumps(self.data["contextTemplate"]))
        context["registration"] = self.registration
        made = {
            "id": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "actor": json.loads(json.dumps(self.actor)),
            "verb": {"id": v.VERBS.get(name, v.ADL + name)},
            "object": {"id": self.activity_id},
            "context": context,
        }
        told: dict[str, Any] = {}
        if name in v.VERBS:
            context["contextActivities"]["category"] = [{"id": v.CMI5}]
        if name in ("completed", "passed", "failed"):
            context["contextActivities"]["category"].append({"id": v.MOVE_ON})
            told |= {"completion": True} if name == "completed" else {"success": name == "passed"}
            if name != "completed" and "masteryScore" in self.data:
                context["extensions"][v.MASTERY_SCORE] = self.data["masteryScore"]
        if name in ("completed", "passed", "failed", "terminated"):
            told["duration"] = "PT1S"
        told |= result
        return {**made, "result": told} if told else made


def unit_addresses(page: str) -> list[str]:
    """Where the units of a course's page are opened."""
    return [
        part.split('"')[0].split("?")[0]
        for part in page.split('href="')[1:]
        if "/units/" in part.split('"')[0]
    ]


class Lms:
    """The service as people use it: Camilla brings courses in and decides, Emma takes them."""

    def __init__(self, app: Bridge) -> None:
        for memory in (credentials.remembered, activities.remembered):
            memory.clear()  # of other tests' databases
        self.app = app
        self.camilla, self.emma = self.sign_in(CAMILLA.email), self.sign_in(EMMA.email)

    def sign_in(self, email: str) -> FlaskClient:
        client = new_client(self.app)
        assert client.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 302
        return client

    def check(self, content: bytes) -> TestResponse:
        """The page that says what was found."""
        return self.camilla.post("/cmi5/courses/check", data={"course": (io.BytesIO(content), "course.zip")})

    def bring_in(self, *parts: str, given: bytes | None = None) -> str:
        """A course that is now here: the path of its page."""
        answer = self.check(zipped(*parts) if given is None else given)
        assert answer.status_code == 200, answer.text
        sealed = answer.text.split('name="course" value="')[1].split('"')[0]
        answer = self.camilla.post("/cmi5/courses", data={"course": sealed})
        assert answer.status_code == 302, answer.text
        return urlsplit(answer.headers["Location"]).path

    def launch(self, course: str, number: int = 0, *, mode: str = "Normal", start: bool = True) -> Unit:
        """Emma opens a unit; its AU has started unless told otherwise."""
        address = unit_addresses(self.emma.get(course).text)[number]
        answer = self.emma.get(address, query_string={"mode": mode})
        assert answer.status_code == 302, answer.text
        unit = Unit(self.app, answer.headers["Location"])
        return unit.start() if start else unit

    def statements(self, registration: str) -> list[dict[str, Any]]:
        """What the LRS has of a registration, in the order of storing."""
        with self.app.database.unit_of_work(write=False) as session:
            found = [
                json.loads(row)
                for row in session.scalars(select(Statement.payload).order_by(Statement.position))
            ]
        return [s for s in found if s.get("context", {}).get("registration") == registration]

    def verbs(self, registration: str) -> list[str]:
        return [statement["verb"]["id"].rpartition("/")[2] for statement in self.statements(registration)]


@pytest.fixture
def lms(app: Bridge) -> Lms:
    return Lms(app)
