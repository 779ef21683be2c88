"""A worker that is killed in the middle of publishing, and started again: published within seconds, once."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lms_bridge.jobs import Job
from lms_bridge.moodle import connecting, placements
from tests.lms_bridge.publishing.conftest import HANDS, published, taken_in
from tests.support.app import SECRET

from .conftest import Lms

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


def killed_at(lms: Lms, function: str) -> None:
    """The worker begins, and is killed when it calls that function; what it asked for, Moodle does."""
    with worker(lms) as process:
        lms.moodle.arrives = lambda name: process.kill() if name == function else None
        process.wait(SECONDS)
    lms.moodle.arrives = lambda name: None


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < ends, "that took too long"
        time.sleep(0.05)


def test_publishing_goes_on_with_the_next_worker(lms: Lms):
    module_id = taken_in(lms.app, lms.tenant_id, HANDS)
    published(lms.app, lms.tenant_id, module_id)
    with lms.app.app_context(), lms.work() as session:
        session.query(Job).delete()  # what publishing itself left to be done
        row = connecting.get(session, lms.id)
        how = {"section": 1, "completion": "passed", "visible": True, "by": None}
        placements.place(session, lms.app.jobs, row, module_id, course=(7, "Nyansatt"), **how)
    killed_at(lms, "local_lmsbridge_publish")
    with lms.work(write=False) as session:
        (place,) = placements.places(session, module_id=module_id)
    assert (place.placement.state, place.job.state, place.job.attempts) == ("sending", "running", 1)
    with worker(lms):
        until(lambda: lms.placements()[0].state == "there")
    (activity,) = lms.moodle.activities.values()
    assert lms.placements()[0].cmid == activity.cmid
