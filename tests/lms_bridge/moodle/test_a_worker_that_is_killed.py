"""A worker that is killed in the middle of publishing, and started again: published within seconds, once.

Twenty times at random, and stopped in place of killed, by `MOODLE_KILLS=all ./test FILE -s`.
"""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lms_bridge.moodle import connecting, placements
from tests.lms_bridge.publishing.conftest import HANDS, published, taken_in
from tests.support.app import SECRET
from tests.support.moodle import Fault

from .conftest import Lms

ALL = os.environ.get("MOODLE_KILLS") == "all"
SECONDS = 20
"""It takes about three, nearly all of them for the start of Python."""


@contextmanager
def worker(lms: Lms) -> Iterator["subprocess.Popen[bytes]"]:
    settings = {
        "LMS_BRIDGE_DATABASE_URL": lms.app.settings.database,
        "LMS_BRIDGE_DATA_DIR": str(lms.app.settings.data_dir),
        "LMS_BRIDGE_SECRET_KEY": SECRET,
        "LMS_BRIDGE_ALLOW_PRIVATE_ADDRESSES": "yes",
        "LMS_BRIDGE_LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-m", "lms_bridge", "worker"], env={**os.environ, **settings})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ended_at(lms: Lms, function: str, how: signal.Signals) -> None:
    """The worker begins, and is ended when it calls that function; what it asked for, Moodle does."""
    with worker(lms) as process:
        lms.moodle.arrives = lambda name: process.send_signal(how) if name == function else None
        process.wait(SECONDS)
    lms.moodle.arrives = lambda name: None


def until(true: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + SECONDS, "that took too long"
        time.sleep(0.02)
    return time.monotonic() - began


def put_in(lms: Lms, module_id: uuid.UUID) -> int:
    """A new version of the module is to be in the course; its number."""
    version = published(lms.app, lms.tenant_id, module_id)
    with lms.app.app_context(), lms.work() as session:
        row = connecting.get(session, lms.id)
        how = {"section": 1, "completion": "passed", "visible": True, "by": None}
        placements.place(session, lms.app.jobs, row, module_id, course=(7, "Nyansatt"), **how)
    return version.number


def is_there(lms: Lms, number: int) -> bool:
    (row,) = lms.placements()
    return (row.state, row.version) == ("there", number)


@pytest.fixture
def module(lms: Lms) -> uuid.UUID:
    return taken_in(lms.app, lms.tenant_id, HANDS)


@pytest.mark.parametrize(
    ("how", "state", "attempts"),
    [
        (signal.SIGKILL, "running", 1),
        pytest.param(
            signal.SIGTERM, "waiting", 0, marks=pytest.mark.skipif(not ALL, reason="MOODLE_KILLS=all")
        ),
    ],
)
def test_publishing_goes_on_with_the_next_worker(
    lms: Lms, module: uuid.UUID, how: signal.Signals, state: str, attempts: int
):
    put_in(lms, module)
    lms.moodle.fails("local_lmsbridge_publish", Fault(seconds=2, after=True))  # Moodle takes its time
    ended_at(lms, "local_lmsbridge_publish", how)
    with lms.work(write=False) as session:
        (place,) = placements.places(session, module_id=module)
    assert (place.placement.state, place.job.state, place.job.attempts) == ("sending", state, attempts)
    with worker(lms):
        seconds = until(lambda: is_there(lms, 1))
    print(f"there again after {seconds:.1f} s")
    (activity,) = lms.moodle.activities.values()
    assert lms.placements()[0].cmid == activity.cmid


@pytest.mark.skipif(not ALL, reason="MOODLE_KILLS=all")
def test_killed_at_random_again_and_again(lms: Lms, module: uuid.UUID):
    chance, took = random.Random(4), []
    for _ in range(20):
        with worker(lms) as process:
            until(lambda: any(lms.app.jobs.lifeline.folder.glob("*")))
            number = put_in(lms, module)
            time.sleep(chance.uniform(0, 0.6))
            process.kill()
        with worker(lms):
            took.append(until(lambda number=number: is_there(lms, number)))
        (activity,) = lms.moodle.activities.values()
        assert (activity.revision, lms.placements()[0].cmid) == (number, activity.cmid)
    print(f"there again after {sorted(took)[10]:.1f} s, at most {max(took):.1f} s")
