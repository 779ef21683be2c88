"""What the plugin pushes is in the register at once; what is forged, old, too large or stopped is refused."""

import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.serving import make_server

from lms_bridge.connectors.models import PAUSED, Connection
from lms_bridge.moodle import connecting, push
from lms_bridge.throttle import Attempts
from tests.support.moodle import Activity

from .conftest import MODULE, Lms, employ
from .test_pulling_with_the_plugin import AUTUMN


@pytest.fixture
def pushed(lms: Lms) -> Iterator[Lms]:
    """The service on a port, and its address and secret in the plugin."""
    lms.app.config["TRUSTED_HOSTS"] = None
    server = make_server("127.0.0.1", 0, lms.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True, args=(0.02,)).start()
    address = f"http://127.0.0.1:{server.port}/api/v1/sources/{lms.id}/push"
    with lms.app.app_context(), lms.work() as session:
        row = connecting.get(session, lms.id)
        client = connecting.client_of(lms.app.outgoing, lms.app.vault, row)
        connecting.connect_push(client, lms.app.vault, row, address)
    yield lms
    server.shutdown()


@pytest.fixture
def ours(pushed: Lms) -> Activity:
    return pushed.moodle.add(7, "scorm", "Håndhygiene", idnumber=f"lmsbridge:{MODULE}", revision=1)


def take(
    lms: Lms, ours: Activity, name: str = "emma", status: str = "passed", score: float = 0.9, at: int = AUTUMN
) -> None:
    lms.moodle.attempt(
        lms.moodle.enrol(7, name, name.title(), idnumber="1001"), ours.cmid, status, score, at=at, new=False
    )


def test_a_completion_is_in_the_register_within_a_second_or_two(pushed: Lms, ours: Activity):
    with pushed.work() as session:
        emma = employ(session, "Emma Eide", "1001")
    pushed.change(idnumber=True)
    began = time.monotonic()
    take(pushed, ours)
    assert pushed.moodle.cron() == 200
    assert time.monotonic() - began < 2
    (row,) = pushed.evidence()
    assert (row.person_id, row.result, row.score) == (emma, "attained", 90.0)


def test_a_ping_is_answered(pushed: Lms):
    assert pushed.moodle.post([]) == (200, b'{"received":0}\n')
    with pushed.app.app_context():
        check = connecting.check_push(connecting.client_of(pushed.app.outgoing, pushed.app.vault, pushed.row))
    assert (check.ok, check.details) == (True, {"milliseconds": 12})


def test_a_batch_that_comes_again_changes_nothing(pushed: Lms, ours: Activity):
    take(pushed, ours)
    take(pushed, ours, "gro", "failed", 0.3)
    for _ in range(3):
        assert pushed.moodle.post(pushed.moodle.outbox)[0] == 200
    assert len(pushed.records()) == len(pushed.evidence()) == 2


def test_pushed_and_then_fetched_it_is_one_result(pushed: Lms, ours: Activity):
    take(pushed, ours, status="failed", score=0.3, at=AUTUMN)
    take(pushed, ours, status="passed", score=0.9, at=AUTUMN + 60)
    assert pushed.moodle.cron() == 200
    assert pushed.sync().new == 0
    assert [row.result for row in pushed.evidence()] == ["attained"]


def test_a_push_that_was_on_its_way_for_long_undoes_nothing(pushed: Lms, ours: Activity):
    take(pushed, ours, status="failed", score=0.3, at=AUTUMN)
    old = list(pushed.moodle.outbox)
    take(pushed, ours, status="passed", score=0.9, at=AUTUMN + 60)
    pushed.sync()
    assert pushed.moodle.post(old)[0] == 200
    assert pushed.told()[0][1] == "passed"


def test_a_failed_post_is_tried_again_by_moodle_and_nothing_is_lost(pushed: Lms, ours: Activity):
    take(pushed, ours)
    right, pushed.moodle.push["url"] = pushed.moodle.push["url"], "http://127.0.0.1:1/"
    assert pushed.moodle.cron() == 0
    pushed.moodle.push["url"] = right
    assert pushed.moodle.cron() == 200
    assert len(pushed.evidence()) == 1


def test_a_signature_or_time_that_is_wrong_is_refused(pushed: Lms, ours: Activity):
    take(pushed, ours)
    now = int(time.time())
    wrong: list[dict[str, Any]] = [
        {"timestamp": t} for t in (now - 301, now + 400, "yesterday", "9" * 400, "")
    ]
    wrong += [{"signature": s} for s in ("", "v1=", "v1=é".encode().decode("latin-1"), "v2=" + "0" * 64)]
    wrong += [{"secret": "another"}, {"secret": ""}]
    assert [pushed.moodle.post(pushed.moodle.outbox, **one)[0] for one in wrong] == [401] * len(wrong)
    assert pushed.records() == []


def test_guessing_ends_in_429(pushed: Lms, ours: Activity, monkeypatch: pytest.MonkeyPatch):
    with pushed.app.database.unit_of_work() as session:
        session.query(Attempts).delete()
    statuses = [pushed.moodle.post([], secret=f"guess {n}")[0] for n in range(32)]
    assert statuses == [401] * 30 + [429] * 2


def test_a_body_that_is_none_is_refused(pushed: Lms):
    for body in (b"", b"[]", b"{}", b'{"rows": 7}', b"\xff\xfe", b'{"rows": [' + b"[" * 5000):
        assert pushed.moodle.post([], body=body)[0] == 400, body[:20]
    assert pushed.moodle.post([], body=b'{"rows": []}' + b" " * push.MOST_BYTES)[0] == 413


def test_a_broken_row_is_left_out_and_shown_and_the_rest_taken(pushed: Lms, ours: Activity):
    take(pushed, ours)
    rows = [{"id": 1, "state": "odd"}, *pushed.moodle.outbox]
    assert pushed.moodle.post(rows) == (200, b'{"received":2}\n')
    assert len(pushed.evidence()) == 1
    assert pushed.row.settings["pushed"]["broken"] == 1


def test_a_moodle_that_was_disconnected_is_told_so_and_pushes_no_more(pushed: Lms, ours: Activity):
    take(pushed, ours)
    with pushed.app.app_context(), pushed.work() as session:
        assert not connecting.disconnect(session, None, connecting.get(session, pushed.id))
    assert pushed.moodle.cron() == 410
    assert pushed.moodle.cron() is None


def test_a_paused_connection_keeps_the_rows_in_moodle(pushed: Lms, ours: Activity):
    take(pushed, ours)
    with pushed.work() as session:
        session.execute(update(Connection).values(state=PAUSED))
    assert pushed.moodle.cron() == 503
    assert pushed.records() == []
    assert pushed.moodle.post([])[0] == 200  # a ping tests the way, not the will


def test_nobody_pushes_to_another_s_connection(pushed: Lms, ours: Activity):
    """The secret of one connection opens no other."""
    take(pushed, ours)
    pushed.moodle.push["url"] = pushed.moodle.push["url"].replace(str(pushed.id), str(uuid.uuid4()))
    assert pushed.moodle.cron() == 410
