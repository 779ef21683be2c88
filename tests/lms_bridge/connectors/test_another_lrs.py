"""Statements of another Learning Record Store are taken in order, each once, and count in the register."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.wrappers import Response

from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.config import Settings
from lms_bridge.connectors import runs, service
from lms_bridge.connectors.kinds import xapi
from lms_bridge.db import utcnow
from lms_bridge.lrs.credentials import create_credential
from lms_bridge.register import identities
from lms_bridge.register.models import Evidence
from lms_bridge.web.app import Bridge
from tests.people import STORSJO
from tests.support.app import SECRET
from tests.support.far import HTML, serving

from .conftest import MODULE, Source

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def statement(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": "https://lms.example", "name": name}},
        "verb": {"id": COMPLETED},
        "object": {"id": f"urn:uuid:{MODULE}"},
        **more,
    }


@pytest.fixture(scope="module")
def other(sqlite_template, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """Storsjö's own service, whose LRS is the source; its statements stay from test to test."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copy(sqlite_template, folder / "bridge.sqlite")
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/bridge.sqlite",
        secret_key=SECRET,
        base_url="http://bridge.localhost",
        content_url="http://content.localhost",
        log_level="error",
    )
    app = create_app(settings)
    with app.database.unit_of_work() as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == STORSJO.slug)).one()
    with app.app_context(), app.database.unit_of_work(tenant_id) as session:
        made = create_credential(session, name="Fjordvik", scopes=["all"])
    with serving(app) as far:
        yield SimpleNamespace(app=app, far=far, key=made.credential.key, secret=made.secret)
    app.database.engine.dispose()


@pytest.fixture
def store(other: SimpleNamespace) -> Iterator[Callable[..., Any]]:
    """Stores statements in the other LRS."""
    headers = {"X-Experience-API-Version": "1.0.3"}

    def store(*statements: dict[str, Any], **more: Any) -> None:
        body = more if more else {"json": list(statements)}
        answer = other.app.test_client().post(
            "/xapi/statements", **body, headers=headers, auth=(other.key, other.secret)
        )
        assert answer.status_code == 200, answer.text

    yield store
    other.far.faults.clear()
    other.far.seen.clear()
    other.far.change = lambda _request, response: response


@pytest.fixture
def lrs(source: Source, other: SimpleNamespace, monkeypatch) -> Source:
    """A connection from Fjordvik to the other LRS, which was read to its end before the test."""
    app: Bridge = source.app
    app.outgoing.allow_private = True
    monkeypatch.setattr(xapi, "LIMIT", 3)
    with app.app_context(), source.unit_of_work() as session:
        row = service.create(
            session,
            app.vault,
            "xapi",
            name="Storsjö",
            address=f"{other.far.url}/xapi",
            settings={"key": other.key},
            secrets={"secret": other.secret},
        )
        now = datetime.now(UTC)
        row.cursor = {"since": (now + xapi.OVERLAP).isoformat()}
    source.id = row.id
    return source


def taken(lrs: Source, *statements: dict[str, Any]) -> list[str]:
    """The states of the evidence that these statements made, in their order."""
    with lrs.unit_of_work(write=False) as session:
        rows = session.execute(
            select(Evidence.record, Evidence.result)
            .where(Evidence.source == "xapi")
            .order_by(Evidence.revision)
        ).tuples()
        found: dict[str, str] = dict(list(rows))
    return [found.get(one["id"], "") for one in statements]


def test_all_comes_in_pages_and_each_once(lrs: Source, store, other):
    sent = [statement(f"learner {n}") for n in range(7)]
    store(*sent)
    run = lrs.sync()
    assert (run.state, run.new, run.calls) == ("done", 7, 3), run.problem
    assert taken(lrs, *sent) == ["attained"] * 7
    again = lrs.sync()
    assert (again.state, again.new) == ("done", 0)
    late = statement("learner 8")
    store(late)
    assert lrs.sync().new == 1
    with lrs.unit_of_work(write=False) as session:
        assert len(identities.queue(session)) == 8


def test_nothing_new_is_one_call(lrs: Source, store, other):
    run = lrs.sync()
    assert (run.state, run.new, run.calls) == ("done", 0, 1)
    (request,) = other.far.seen
    assert request.args["ascending"] == "true"
    assert "since" in request.args


def test_a_statement_that_was_voided_there_counts_here_no_more(lrs: Source, store):
    one = statement("gro")
    store(one)
    lrs.sync()
    store(statement("admin", verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": one["id"]}))
    assert lrs.sync().new == 1
    assert taken(lrs, one) == ["retracted"]


def test_what_differs_from_what_is_here_under_its_id_is_left_out_and_told(lrs: Source, store):
    ours, theirs, sound = statement("gro"), statement("gro"), statement("henrik")
    theirs["id"] = ours["id"]
    with lrs.app.app_context(), lrs.unit_of_work() as session:
        key = create_credential(session, name="here", scopes=["all"])
    answer = lrs.app.test_client().post(
        "/xapi/statements",
        json=ours,
        headers={"X-Experience-API-Version": "1.0.3"},
        auth=(key.credential.key, key.secret),
    )
    assert answer.status_code == 200
    theirs["result"] = {"score": {"scaled": 0.1}}
    store(theirs, sound)
    run = lrs.sync()
    assert (run.state, run.new) == ("done", 1)
    assert [note["details"] for note in run.warnings] == [{"count": 1, "id": ours["id"]}]
    assert taken(lrs, ours, sound) == ["attained", "attained"]


def test_a_statement_that_breaks_the_standard_does_not_hold_up_the_others(lrs: Source, store, other):
    sent = [statement("gro"), statement("henrik"), statement("emma")]
    store(*sent)

    def break_one(_request: Any, response: Response) -> Response:
        if response.mimetype != "multipart/mixed":
            return response
        response.set_data(response.get_data().replace(b'"name":"henrik"', b'"nome":"henrik"'))
        return response

    other.far.change = break_one
    run = lrs.sync()
    assert (run.state, run.new) == ("done", 2)
    assert run.warnings[0]["details"]["id"] == sent[1]["id"]


def test_the_data_of_attachments_comes_along(lrs: Source, store, other):
    import hashlib

    data = b"a certificate"
    sha2 = hashlib.sha256(data).hexdigest()
    about = {
        "usageType": "http://id.tincanapi.com/attachment/certificate",
        "display": {"en": "Certificate"},
        "contentType": "text/plain",
        "length": len(data),
        "sha2": sha2,
    }
    import json

    body = (
        b"--b\r\nContent-Type: application/json\r\n\r\n"
        + json.dumps(statement("gro", attachments=[about])).encode()
        + b"\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: "
        + sha2.encode()
        + b"\r\n\r\n"
        + data
        + b"\r\n--b--\r\n"
    )
    store(data=body, content_type="multipart/mixed; boundary=b")
    assert lrs.sync().new == 1
    with lrs.app.storage.open(sha2) as file:
        assert file.read() == data


def test_what_the_other_store_does_not_vouch_for_yet_is_asked_for_again(
    lrs: Source, store, other, monkeypatch
):
    """A statement with an earlier time may still be on its way into the other store."""
    before = lrs.row.cursor["since"]
    early = datetime.fromisoformat(before) - timedelta(hours=1)
    store(statement("gro"))

    def not_yet(_request: Any, response: Response) -> Response:
        response.headers["X-Experience-API-Consistent-Through"] = early.isoformat()
        return response

    other.far.change = not_yet
    assert lrs.sync().new == 1
    assert lrs.row.cursor["since"] == before
    other.far.change = lambda _request, response: response
    monkeypatch.setattr(xapi, "OVERLAP", timedelta())
    with lrs.unit_of_work() as session:
        service.get(session, lrs.id).cursor = {"since": (early + timedelta(minutes=55)).isoformat()}
    assert lrs.sync().new == 0
    assert datetime.fromisoformat(lrs.row.cursor["since"]) > utcnow() - timedelta(seconds=20)


@pytest.mark.parametrize("page", [0, 1, 2])
def test_killed_after_any_page_the_next_run_goes_on(lrs: Source, store, page: int, monkeypatch):
    sent = [statement(f"learner {n}") for n in range(7)]
    store(*sent)
    keep, pages = runs._keep, []

    class Killed(BaseException):
        pass

    def until_killed(*args: Any) -> Any:
        kept = keep(*args)
        pages.append(1)
        if len(pages) == page + 1:
            raise Killed
        return kept

    monkeypatch.setattr(runs, "_keep", until_killed)
    with pytest.raises(Killed):
        lrs.sync()
    monkeypatch.setattr(runs, "_keep", keep)
    with lrs.unit_of_work() as session:
        service.get(session, lrs.id).claimed_until = utcnow() - timedelta(seconds=1)
    lrs.sync()
    assert taken(lrs, *sent) == ["attained"] * 7
    with lrs.unit_of_work(write=False) as session:
        assert len(session.scalars(select(Evidence)).all()) == 7


def elsewhere(_request: Any, response: Response) -> Response:
    response.set_data(response.get_data().replace(b'"more":"/xapi', b'"more":"http://127.0.0.1:1/xapi'))
    return response


def round_and_round(request: Any, response: Response) -> Response:
    more = f'"more":"{request.path}?{request.query_string.decode()}"'.encode()
    start = response.get_data()
    at = start.index(b'"more":')
    response.set_data(start[:at] + more + start[start.index(b"}", at) :])
    return response


FAULTS = {
    "the source is down": ([Response("down", 503, {"Retry-After": "900"})], None, "answered %(status)s", 15),
    "too many requests": ([None, Response("", 429, {"Retry-After": "120"})], None, "answered %(status)s", 2),
    "an error in the middle": ([None, 500], None, "answered %(status)s", 1),
    "a web page with status 200": ([None, HTML], None, "no list of statements", 1),
    "another JSON": ([Response('{"items": []}')], None, "no list of statements", 1),
    "a statement without a time": (
        [Response('{"statements": [{"id": "1"}]}')],
        None,
        "no list of statements",
        1,
    ),
    "the wrong secret": ([401], None, "not accepted", 1),
    "the next page elsewhere": ([], elsewhere, "is not followed", 1),
    "the same page for ever": ([], round_and_round, "again and again", 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_and_costs_nothing(lrs: Source, store, other, fault: str):
    faults, change, sentence, minutes = FAULTS[fault]
    sent = [statement(f"learner {n}") for n in range(7)]
    store(*sent)
    other.far.faults = list(faults)
    other.far.change = change or other.far.change
    run = lrs.sync()
    assert run.state == "failed"
    assert sentence in run.problem["message"]
    wait = lrs.row.next_run - utcnow()
    assert timedelta(minutes=minutes * 0.9) < wait < timedelta(minutes=minutes * 1.2)
    other.far.faults.clear()
    other.far.change = lambda _request, response: response
    lrs.sync()
    assert taken(lrs, *sent) == ["attained"] * 7


def test_statements_too_large_for_one_answer_are_asked_for_in_fewer(lrs: Source, store, monkeypatch):
    sent = [statement(f"learner {n}", result={"response": "x" * 4000}) for n in range(4)]
    store(*sent)
    monkeypatch.setattr(xapi, "MOST_BYTES", 10_000)
    run = lrs.sync()
    assert (run.state, run.new) == ("done", 4), run.problem


def test_its_health_is_told_step_by_step(lrs: Source, store, other):
    with lrs.app.app_context():
        checks = xapi.OtherLrs().check(lrs.row)
        assert [(one.step, one.ok) for one in checks] == [("Reach it", True), ("Read statements", True)]
        other.far.faults = [None, 403]
        assert [one.ok for one in xapi.OtherLrs().check(lrs.row)] == [True, False]
        other.far.faults = [HTML]
        assert [one.ok for one in xapi.OtherLrs().check(lrs.row)] == [False]


def test_the_secret_is_sealed_and_goes_to_its_own_host_only(lrs: Source, other):
    row = lrs.row
    assert other.secret.encode() not in row.secret
    with lrs.app.app_context(), lrs.unit_of_work() as session:
        given: dict[str, Any] = {"name": "Storsjö", "settings": {"key": other.key}, "secrets": {}}
        kept = service.edit(session, lrs.app.vault, lrs.id, address=f"{other.far.url}/other/", **given)
        assert service.secrets_of(lrs.app.vault, kept) == {"secret": other.secret}
        with pytest.raises(service.Invalid) as refused:
            service.edit(session, lrs.app.vault, lrs.id, address="https://elsewhere.example/xapi", **given)
        assert set(refused.value.fields) == {"secret"}
