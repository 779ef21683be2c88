"""Key pairs and launch tokens: made once, kept as hashes, limited by scope, time and person, revoked, throttled."""

import base64
import json
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from lms_bridge.db import Database, utcnow
from lms_bridge.errors import Invalid, NotFound
from lms_bridge.lrs import credentials
from lms_bridge.lrs.cli import credentials_commands
from lms_bridge.lrs.models import Credential
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, GORAN, STORSJO

from .conftest import EMMA_AGENT, HYGIENE, Sender, statement

STATE = {"activityId": HYGIENE, "agent": EMMA_AGENT, "stateId": "where"}


def basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def test_the_secret_is_shown_once_and_kept_as_a_hash(session):
    made = credentials.create_credential(session, name="Our LMS", scopes=["statements/write"])
    row = session.scalars(select(Credential)).one()
    assert made.secret.encode() not in row.secret_hash
    assert len(made.secret) >= 40
    assert row.name == "Our LMS"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_at": utcnow() - timedelta(days=1)}, "expires"),
    ],
)
def test_a_faulty_credential_is_refused_with_the_field(session, wrong: dict, field: str):
    with pytest.raises(Invalid) as caught:
        credentials.create_credential(session, **{"name": "Our LMS", "scopes": ["all"], **wrong})
    assert set(caught.value.fields) == {field}


def test_the_command_prints_a_key_pair_that_works(app: Bridge, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LMS_BRIDGE_DATABASE_URL", app.settings.database)
    arguments = ["create", "--tenant", "fjordvik", "--scopes", "statements/write,state", "--days", "30"]
    result = CliRunner().invoke(credentials_commands, arguments, catch_exceptions=False)
    printed = json.loads(result.stdout)
    assert printed["scopes"] == ["statements/write", "state"]
    sender = Sender(app.test_client(), basic(printed["key"], printed["secret"]))
    sender.client.environ_base["HTTP_HOST"] = "bridge.localhost"
    assert sender.post(statement()).status_code == 200


def test_the_command_for_an_unknown_municipality_says_so(app: Bridge, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LMS_BRIDGE_DATABASE_URL", app.settings.database)
    arguments = ["create", "--tenant", "nowhere", "--scopes", "all"]
    result = CliRunner().invoke(credentials_commands, arguments)
    assert isinstance(result.exception, NotFound)
    assert "nowhere" in str(result.exception)


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("statements/write", {"post"}),
        ("statements/read/mine", {"get"}),
        ("statements/read", {"get", "agents"}),
        ("state", {"state"}),
        ("profile", {"profile", "agents"}),
        ("all", {"post", "get", "state", "profile", "agents"}),
    ],
)
def test_a_scope_opens_what_it_names_and_nothing_else(
    sender: Callable[..., Sender], scope: str, allowed: set
):
    lrs = sender(scopes=(scope,))
    found = {
        "post": lrs.post(statement()),
        "get": lrs.get(),
        "state": lrs.request("POST", "activities/state", query=STATE, json={}),
        "profile": lrs.request("GET", "agents/profile", query={"agent": EMMA_AGENT}),
        "agents": lrs.request("GET", "agents", query={"agent": EMMA_AGENT}),
    }
    assert {name for name, answer in found.items() if answer.status_code < 400} == allowed
    assert {answer.status_code for answer in found.values()} <= {200, 204, 403}


def test_mine_are_the_statements_that_the_same_key_stored(sender: Callable[..., Sender]):
    both = ("statements/write", "statements/read/mine")
    one, other = sender(scopes=both), sender(scopes=both)
    sent = statement()
    one.post(sent)
    assert one.ids() == one.ids(agent=EMMA_AGENT) == [sent["id"]]
    assert one.get(statementId=sent["id"]).status_code == 200
    assert other.ids() == []
    assert other.get(statementId=sent["id"]).status_code == 404


def test_a_revoked_key_opens_nothing_from_then_on(lrs: Sender, database: Database, tenant_id):
    assert lrs.get().status_code == 200
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        credentials.revoke_credential(session, session.scalars(select(Credential.id)).one())
    assert lrs.get().status_code == 401


def test_nobody_revokes_anothers_key(lrs: Sender, database: Database, tenant_id):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        own = session.scalars(select(Credential.id)).one()
    with pytest.raises(NotFound), database.unit_of_work(tenant_id(STORSJO)) as session:
        credentials.revoke_credential(session, own)
    assert lrs.get().status_code == 200


def test_an_expired_key_opens_nothing(lrs: Sender, database: Database, tenant_id):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        session.scalars(select(Credential)).one().expires_at = utcnow() - timedelta(seconds=1)
    assert lrs.get().status_code == 401


def test_its_last_use_is_noted(lrs: Sender, database: Database, tenant_id):
    lrs.get()
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        used = session.scalars(select(Credential.last_used_at)).one()
    assert used is not None
    assert utcnow() - used < timedelta(minutes=1)


def test_a_verified_key_costs_no_query_for_a_minute(lrs: Sender):
    def queries() -> str:
        answer = lrs.request("GET", "activities", query={"activityId": HYGIENE})
        return answer.headers["Server-Timing"].split('desc="')[1]

    queries()
    statements = 2 if "postgresql" in lrs.client.application.settings.database else 1
    assert queries() <= f'{statements + 1} queries"'


def test_hundreds_of_wrong_passwords_are_stopped_and_the_right_one_goes_on(lrs: Sender):
    assert lrs.get().status_code == 200
    key = base64.b64decode(lrs.headers["Authorization"].split()[1]).decode().partition(":")[0]
    answers = [
        lrs.request("GET", "statements", headers={"Authorization": basic(key, f"guess {number}")}).status_code
        for number in range(300)
    ]
    assert answers.count(401) == credentials.WRONG_OF.most
    assert answers.count(429) == 300 - credentials.WRONG_OF.most
    assert lrs.get().status_code == 200


# --- launches -----------------------------------------------------------------------------------------------------

REGISTRATION = uuid.UUID("11111111-1111-7111-8111-111111111111")


@pytest.fixture
def launch(app: Bridge, database: Database, tenant_id) -> Callable[..., Sender]:
    """Emma's visit to hand hygiene."""

    def make(*, expires: timedelta = timedelta(hours=1), as_basic: bool = False) -> Sender:
        with database.unit_of_work(tenant_id(FJORDVIK)) as session:
            token = credentials.issue_launch_token(
                session,
                actor=EMMA_AGENT,
                activity_id=HYGIENE,
                registration=REGISTRATION,
                expires=utcnow() + expires,
            )
        header = f"Basic {credentials.basic(token)}" if as_basic else f"Bearer {token}"
        client = app.test_client()
        client.environ_base["HTTP_HOST"] = "bridge.localhost"
        return Sender(client, header)

    return make


@pytest.mark.parametrize("as_basic", [False, True])
def test_a_launch_stores_its_persons_statements_and_state(launch: Callable[..., Sender], as_basic: bool):
    lrs = launch(as_basic=as_basic)
    question = {
        "id": f"{HYGIENE}#b1a2",
        "definition": {"type": "http://adlnet.gov/expapi/activities/cmi.interaction"},
    }
    answered = statement(object=question, context={"registration": str(REGISTRATION)})
    assert lrs.post(statement(), answered).status_code == 200
    place = {**STATE, "registration": str(REGISTRATION)}
    assert lrs.request("PUT", "activities/state", query=place, json={"page": 2}).status_code == 204
    assert lrs.request("GET", "activities/state", query=place).json == {"page": 2}


@pytest.mark.parametrize(
    "other",
    [
        {"actor": {"mbox": f"mailto:{GORAN.email}"}},
        {"object": {"id": "urn:uuid:another-module"}},
        {"object": {"id": HYGIENE + "0"}},
        {"context": {"registration": str(uuid.uuid4())}},
    ],
    ids=["person", "activity", "activity that begins alike", "registration"],
)
def test_a_launch_speaks_of_nothing_else(launch: Callable[..., Sender], other: dict):
    assert launch().post(statement(**other)).status_code == 403


@pytest.mark.parametrize(
    "other",
    [
        {"agent": {"mbox": f"mailto:{GORAN.email}"}},
        {"activityId": "urn:uuid:another-module"},
        {"registration": str(uuid.uuid4())},
    ],
)
def test_a_launch_sees_no_other_state(launch: Callable[..., Sender], other: dict):
    assert launch().request("GET", "activities/state", query={**STATE, **other}).status_code == 403


def test_a_launch_reads_no_others_statements_and_no_profiles(launch: Callable[..., Sender], lrs: Sender):
    lrs.post(statement())
    visit = launch()
    assert visit.ids() == []
    assert visit.request("GET", "agents/profile", query={"agent": EMMA_AGENT}).status_code == 403


def test_an_expired_launch_opens_nothing(launch: Callable[..., Sender]):
    assert launch(expires=timedelta(seconds=-1)).post(statement()).status_code == 401
