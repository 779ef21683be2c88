"""Files that nobody refers to are cleared away at night, and no others."""

import hashlib
import io
import os
from datetime import timedelta

import pytest

from lms_bridge.db import utcnow
from lms_bridge.storage import Storage
from lms_bridge.stored_files import GRACE, clear_away, files_named
from lms_bridge.web.app import Bridge
from tests.support.demo import Demo

ORPHAN = b"a film whose upload broke off"
DIGEST = hashlib.sha256(ORPHAN).hexdigest()


def age(storage: Storage, sha256: str, by: timedelta = GRACE + timedelta(hours=1)) -> None:
    at = (utcnow() - by).timestamp()
    os.utime(storage.path(sha256) or "", (at, at))


@pytest.fixture
def app(demo: Demo) -> Bridge:
    return demo.app


@pytest.fixture
def named(app: Bridge) -> set[str]:
    """What the demo's drafts, versions, courses and statements refer to, all of it old; an old one beside it
    that nobody does."""
    app.storage.put(io.BytesIO(ORPHAN))
    with app.database.unit_of_work(write=False) as session:
        found = set(files_named(session))
    for sha256 in {*found, DIGEST}:
        age(app.storage, sha256)
    return found


def test_only_what_nobody_refers_to_goes(app: Bridge, named: set[str]):
    assert len(named) > 5
    assert clear_away(app) == 1
    assert not app.storage.exists(DIGEST)
    assert {sha256 for sha256, _at in app.storage.stored()} >= named
    assert clear_away(app) == 0


def test_an_upload_that_is_not_committed_yet_stays(app: Bridge, named: set[str]):
    age(app.storage, DIGEST, GRACE - timedelta(hours=1))
    assert clear_away(app) == 0
    assert app.storage.exists(DIGEST)


def test_an_old_one_that_is_uploaded_again_meanwhile_stays(
    app: Bridge, named: set[str], monkeypatch: pytest.MonkeyPatch
):
    listed = list(app.storage.stored())
    app.storage.put(io.BytesIO(ORPHAN))
    monkeypatch.setattr(app.storage, "stored", lambda: iter(listed))
    assert clear_away(app) == 0
    assert app.storage.exists(DIGEST)


def test_the_worker_does_it_at_night(app: Bridge, named: set[str]):
    app.jobs.do_nightly()
    assert not app.storage.exists(DIGEST)
