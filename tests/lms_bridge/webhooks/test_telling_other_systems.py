"""Another system is told what happens: signed, once however often it is tried, and with as little as it needs."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.wrappers import Response

from lms_bridge.connectors.runs import take
from lms_bridge.db import utcnow
from lms_bridge.jobs import Job
from lms_bridge.register import identities
from lms_bridge.register.models import IdentityLink, Position, Standing
from lms_bridge.register.service import today
from lms_bridge.webhooks import events, sending, service, tell_of_the_day
from lms_bridge.webhooks.models import Delivery, Webhook
from tests.people import CAMILLA, FRODE, STORSJO
from tests.support.far import Far, serving

from ..connectors.conftest import HANDS, MODULE, Source, result, source

__all__ = ["source"]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Far]:
    with serving(Response("thank you")) as far:
        yield far


@pytest.fixture
def far(receiver: Far) -> Far:
    receiver.seen.clear()
    receiver.faults.clear()
    return receiver


@pytest.fixture
def told(source: Source, far: Far) -> Callable[..., tuple[uuid.UUID, str]]:
    """Has the other system told of these events; its webhook and its secret."""
    source.app.outgoing.allow_private = True

    def told(*wanted: str, **more: Any) -> tuple[uuid.UUID, str]:
        given = {"name": "HR", "address": f"{far.url}/hooks", "events": wanted, **more}
        with source.app.app_context(), source.unit_of_work() as session:
            row, secret = service.create(session, source.app.vault, given)
        return row.id, secret

    return told


def happen(source: Source, *results: Any) -> None:
    with source.app.app_context(), source.unit_of_work() as session:
        take(session, source.id, list(results))
    source.app.jobs.run_waiting()


def messages(far: Far) -> list[dict[str, Any]]:
    return [json.loads(request.get_data()) for request in far.seen]


def row(source: Source, webhook_id: uuid.UUID) -> Webhook:
    with source.unit_of_work(write=False) as session:
        return service.get(session, webhook_id)


def deliveries(source: Source) -> list[Delivery]:
    with source.unit_of_work(write=False) as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.created)))


def let_time_pass(source: Source, **columns: Any) -> None:
    """What waits is due now."""
    with source.unit_of_work() as session:
        session.execute(update(Job).values(due=utcnow() - timedelta(seconds=1)))
        for name, value in columns.items():
            session.execute(update(Webhook).values({name: value}))
    source.app.jobs.run_waiting()


def test_the_signature_is_that_of_the_standard():
    """Standard Webhooks' own example of a signature."""
    secret, message_id = "whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf"
    body = b'{"event_type":"ping","data":{"success":true}}'
    signed = sending.signature(secret, message_id, 1731705121, body)
    key = base64.b64decode("plJ3nmyCDGBKInavdOK15jsl")
    mac = hmac.new(key, message_id.encode() + b".1731705121." + body, hashlib.sha256).digest()
    assert (
        signed == "v1," + base64.b64encode(mac).decode() == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
    )


def test_who_attained_what_is_told_by_ids_and_the_address_where_to_read_more(source: Source, told, far: Far):
    gro = source.employ("Gro Gran", "1007")
    _webhook, secret = told("competence.attained")
    happen(source, result(employment_id="1007"))
    (message,) = messages(far)
    base = source.app.settings.base_url
    assert message["type"] == "competence.attained"
    assert message["data"]["items"] == [
        {
            "person": str(gro),
            "competence": HANDS,
            "occurred": "2026-09-01",
            "address": f"{base}/api/v1/people/{gro}",
        }
    ]
    (request,) = far.seen
    stamp, name = request.headers["webhook-timestamp"], request.headers["webhook-id"]
    assert request.headers["webhook-signature"] == sending.signature(
        secret, name, int(stamp), request.get_data()
    )
    assert abs(int(stamp) - utcnow().timestamp()) < 60


def test_names_go_along_only_where_they_were_chosen(source: Source, told, far: Far):
    source.employ("Gro Gran", "1007")
    told("competence.attained")
    told("competence.attained", with_names="yes")
    happen(source, result(employment_id="1007"))
    names = [message["data"]["items"][0].get("name") for message in messages(far)]
    assert sorted(map(str, names)) == ["Gro Gran", "None"]


def test_what_happens_to_many_at_once_is_one_message(source: Source, told, far: Far):
    for n in range(5):
        source.employ(f"Person {n}", str(n))
    told("competence.attained")
    happen(source, *(result(str(n), employment_id=str(n)) for n in range(5)))
    (message,) = messages(far)
    assert len(message["data"]["items"]) == 5


def test_a_result_of_nobody_known_waits_and_is_attained_when_somebody_says_who(
    source: Source, told, far: Far
):
    gro = source.employ("Gro Gran", "1007")
    told("result.waiting", "competence.attained")
    happen(source, result())
    with source.app.app_context(), source.unit_of_work() as session:
        link = session.scalars(select(IdentityLink)).one()
        identities.link_to_person(session, link.id, gro, None)
    source.app.jobs.run_waiting()
    waiting, attained = messages(far)
    assert waiting["type"] == "result.waiting"
    assert waiting["data"]["items"][0]["user"] == str(link.id)
    assert [item["person"] for item in attained["data"]["items"]] == [str(gro)]


def test_a_failed_attempt_and_what_was_told_before_are_not_told(source: Source, told, far: Far):
    source.employ("Gro Gran", "1007")
    told("competence.attained")
    happen(source, result(employment_id="1007", outcome="failed"))
    happen(source, result(employment_id="1007"))
    happen(source, result(employment_id="1007"))
    assert len(messages(far)) == 1


def test_what_expires_is_told_once_on_its_day(source: Source, told, far: Far):
    gro = source.employ("Gro Gran", "1007")
    webhook, _secret = told("competence.expiring", "competence.expired")
    with source.unit_of_work() as session:
        day = today(session)
        position = session.scalars(select(Position)).one()
        for valid_until in (day - timedelta(days=1), day + timedelta(days=30), day + timedelta(days=200)):
            session.add(standing(source, position, valid_until, day))
        service.get(session, webhook).told_until = day - timedelta(days=2)
    for _ in range(2):
        source.app.jobs.do_minutely()
    source.app.jobs.run_waiting()
    told_of = {
        m["type"]: [(i["person"], i["valid_until"]) for i in m["data"]["items"]] for m in messages(far)
    }
    assert told_of == {
        "competence.expired": [(str(gro), (day - timedelta(days=1)).isoformat())],
        "competence.expiring": [(str(gro), (day + timedelta(days=30)).isoformat())],
    }
    assert len(far.seen) == 2
    assert row(source, webhook).told_until == day


def standing(source: Source, position: Position, valid_until: date, day: date) -> Standing:
    expiring = day if valid_until == day + timedelta(days=30) else valid_until - timedelta(days=60)
    return Standing(
        position_id=position.id,
        person_id=position.person_id,
        unit_id=position.unit_id,
        competence_id=source.competence,
        required_from=date(2020, 1, 1),
        policy_version=1,
        window_days=60,
        exempt=False,
        valid_until=valid_until,
        expiring_from=expiring,
        started=True,
        awaiting_approval=False,
    )


def test_a_published_version_is_told(source: Source, told, far: Far, tenant_id):
    from types import SimpleNamespace

    told("version.published")
    version = SimpleNamespace(identity=MODULE, number=3, title="Håndhygiene", module_id=MODULE)
    with source.app.app_context(), source.unit_of_work() as session:
        webhooks = events.who_wants(session, events.PUBLISHED)
        events.version_published(session, source.app.jobs, "https://b.example", webhooks, version)
    source.app.jobs.run_waiting()
    (message,) = messages(far)
    assert message["data"]["items"][0]["version"] == 3


def test_another_municipality_hears_nothing(source: Source, told, far: Far, tenant_id):
    with source.app.app_context(), source.app.database.unit_of_work(tenant_id(STORSJO)) as session:
        given = {"name": "HR", "address": far.url, "events": list(events.EVENTS)}
        service.create(session, source.app.vault, given)
    source.employ("Gro Gran", "1007")
    happen(source, result(employment_id="1007"), result("8"))
    assert messages(far) == []


def test_what_was_rolled_back_is_never_told(source: Source, told, far: Far):
    source.employ("Gro Gran", "1007")
    told("competence.attained")
    with source.app.app_context(), source.unit_of_work() as session:
        take(session, source.id, [result(employment_id="1007")])
        session.rollback()
    source.app.jobs.run_waiting()
    assert (messages(far), deliveries(source)) == ([], [])


@pytest.mark.parametrize("fault", [500, 429, 302, 404])
def test_a_receiver_that_fails_is_tried_again_under_the_same_id(source: Source, told, far: Far, fault: int):
    webhook, _secret = told("result.waiting")
    far.faults = [fault]
    happen(source, result())
    (waiting,) = deliveries(source)
    assert (waiting.state, waiting.problem["details"]) == ("waiting", {"status": fault})
    assert row(source, webhook).failing_since
    let_time_pass(source)
    (sent,) = deliveries(source)
    assert (sent.state, sent.attempts, sent.body) == ("sent", 2, "")  # nothing of it is kept
    assert len({request.headers["webhook-id"] for request in far.seen}) == 1
    assert row(source, webhook).failing_since is None


def test_killed_while_it_was_told_the_same_job_tells_it_again_at_once(source: Source, told, far: Far):
    source.employ("Gro Gran", "1007")
    told("competence.attained")
    far.faults = [500]
    happen(source, result(employment_id="1007"))
    (one,) = deliveries(source)
    mine, other = uuid.uuid4(), uuid.uuid4()
    assert (
        sending._claim(source.app, source.tenant_id, one.id, mine) is not None
    )  # the process is killed here
    sending.send(source.app, source.tenant_id, one.id, other)
    assert deliveries(source)[0].state == "waiting", "another may be at it still"
    sending.send(source.app, source.tenant_id, one.id, mine)
    assert deliveries(source)[0].state == "sent"


def test_after_days_of_failure_it_is_switched_off_and_may_be_taken_up_again(source: Source, told, far: Far):
    webhook, _secret = told("result.waiting")
    far.faults = [500, 500]
    happen(source, result())
    let_time_pass(source, failing_since=utcnow() - timedelta(days=6))
    assert row(source, webhook).state == "disabled"
    happen(source, result("8"))
    assert len(far.seen) == 2  # no more calls
    with source.app.app_context(), source.unit_of_work() as session:
        service.pause(session, source.app.jobs, webhook, False)
    source.app.jobs.run_waiting()
    assert [one.state for one in deliveries(source)] == ["sent"]


def test_who_says_that_it_is_gone_is_told_nothing_more(source: Source, told, far: Far):
    webhook, _secret = told("result.waiting")
    far.faults = [410]
    happen(source, result())
    assert row(source, webhook).state == "disabled"


def test_given_up_at_last(source: Source, told, far: Far):
    told("result.waiting")
    far.faults = [500] * 20
    happen(source, result())
    for _ in sending.WAITS:
        let_time_pass(source)
    (row_,) = deliveries(source)
    assert (row_.state, row_.attempts, row_.body) == ("failed", len(sending.WAITS) + 1, "")


def test_a_replaced_secret_signs_too_for_a_day(source: Source, told, far: Far):
    webhook, old = told("result.waiting")
    with source.app.app_context(), source.unit_of_work() as session:
        _row, new = service.rotate(session, source.app.vault, webhook)
    happen(source, result())
    let_time_pass(source, former_until=utcnow() - timedelta(minutes=1))
    happen(source, result("8"))
    for request, secrets in zip(far.seen, ([new, old], [new]), strict=True):
        name, stamp = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        signed = " ".join(sending.signature(one, name, stamp, request.get_data()) for one in secrets)
        assert request.headers["webhook-signature"] == signed


def test_an_address_inside_the_network_is_not_gone_to(source: Source, told, far: Far):
    told("result.waiting")
    source.app.outgoing.allow_private = False
    happen(source, result())
    assert far.seen == []
    assert deliveries(source)[0].state == "waiting"


def test_an_administrator_makes_tests_and_removes_it_by_pages(
    source: Source, far: Far, signed_in: Callable[..., FlaskClient]
):
    source.app.outgoing.allow_private = True
    frode = signed_in(FRODE)
    refused = frode.post("/webhooks/new", data={"name": "HR", "address": "ftp://x"})
    assert refused.status_code == 400
    assert "Choose at least one of these." in refused.text
    given = {"name": "HR", "address": f"{far.url}/hooks", "events": ["result.waiting", "nonsense"]}
    made = frode.post("/webhooks/new", data=given)
    assert "whsec_" in made.text
    with source.unit_of_work(write=False) as session:
        (webhook,) = service.every(session)
    page = f"/webhooks/{webhook.id}"
    assert webhook.events == ["result.waiting"]
    assert "whsec_" not in frode.get(page).text
    assert frode.post(page, data={"action": "test"}).status_code == 303
    source.app.jobs.run_waiting()
    assert [message["type"] for message in messages(far)] == ["test"]
    assert "Arrived" in frode.get(page).text
    assert "whsec_" in frode.post(page, data={"action": "rotate"}).text
    assert frode.post(f"{page}/edit", data=given | {"name": "Lønn"}).status_code == 303
    assert "Lønn" in frode.get("/webhooks").text
    assert frode.post(page, data={"action": "remove"}).status_code == 303
    assert frode.get(page).status_code == 404
    assert signed_in(CAMILLA).get("/webhooks").status_code == 403


def test_the_day_is_each_municipality_s_own(source: Source, told):
    webhook, _secret = told("competence.expired")
    with source.app.app_context(), source.app.database.unit_of_work() as session:
        tell_of_the_day(session)
    assert row(source, webhook).told_until <= utcnow().date() + timedelta(days=1)
