"""A process that is killed at any commit or call, of publishing, fetching and receiving: nothing lost, nothing twice.

Before every commit on SQLite, before the first ones on PostgreSQL; before and after every one by
`MOODLE_KILLS=all ./test tests/lms_bridge/moodle/test_killed.py`.
"""

import os
import shutil
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import event, select

from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.config import Settings
from lms_bridge.connectors import service as connections
from lms_bridge.jobs import Job
from lms_bridge.moodle import connecting, core_reading, placements, pulling
from lms_bridge.web.app import Bridge
from tests.lms_bridge.publishing.conftest import HANDS, published, taken_in
from tests.people import FJORDVIK
from tests.support.app import SECRET, new_client
from tests.support.moodle import Moodle
from tests.support.postgres import Postgres

from .conftest import MODULE, Lms, connect

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
Act = Callable[[Lms], None]
ALL = os.environ.get("MOODLE_KILLS") == "all"


class Worlds:
    """A database with the cast, a Moodle and a connection, anew for every kill."""

    def __init__(self, kind: str, request: pytest.FixtureRequest, folder: Path) -> None:
        self.kind, self.request, self.folder, self.number = kind, request, folder, count()

    @contextmanager
    def new(self, moodle: Moodle, prepare: Act) -> Iterator[Lms]:
        folder = self.folder / str(next(self.number))
        folder.mkdir()
        with self.database(folder) as url:
            app = create_app(settings_of(url, folder))
            with app.database.unit_of_work(write=False) as session:
                tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == FJORDVIK.slug)).one()
            moodle.reset()
            lms = connect(app, tenant_id, moodle)
            prepare(lms)
            app.database.engine.dispose()
            yield lms
            app.database.engine.dispose()

    @contextmanager
    def database(self, folder: Path) -> Iterator[str]:
        if self.kind == "sqlite":
            shutil.copy(self.request.getfixturevalue("sqlite_template"), folder / "bridge.sqlite")
            yield f"sqlite:///{folder / 'bridge.sqlite'}"
            return
        postgres: Postgres = self.request.getfixturevalue("postgres")
        with postgres.copy(self.request.getfixturevalue("postgres_template")) as name:
            yield postgres.url(name)


def settings_of(url: str, folder: Path) -> Settings:
    return Settings(
        data_dir=folder / "data",
        database_url=url,
        secret_key=SECRET,
        base_url="http://bridge.localhost",
        content_url="http://content.localhost",
        log_level="error",
        allow_private_addresses=True,
    )


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def worlds(request: pytest.FixtureRequest, tmp_path: Path) -> Worlds:
    return Worlds(request.param, request, tmp_path)


def killed(lms: Lms, act: Act, commit: int = 0, *, after: bool = False, call: str = "", nth: int = 1) -> bool:
    """Acts in a process of its own, which is killed at its nth commit or call; False where it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            app = create_app(lms.app.settings)
            _die_at(app, commit, after)
            with app.app_context(), app.jobs.lifeline.alive(lambda: None):
                act(replace(lms, app=app))
        except BaseException:
            traceback.print_exc()
            os._exit(3)
        os._exit(0)
    lms.moodle.arrives = _killer(lms.moodle, child, call, nth)
    _, status = os.waitpid(child, 0)
    lms.moodle.arrives = lambda function: None
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _killer(moodle: Moodle, child: int, call: str, nth: int) -> Callable[[str], None]:
    def kill(function: str) -> None:
        if function == call and len(moodle.called(call)) == nth:
            os.kill(child, signal.SIGKILL)

    return kill


def _die_at(app: Bridge, commit: int, after: bool) -> None:
    seen = 0

    @event.listens_for(app.database.engine, "commit")
    def before_it(_connection: object) -> None:
        nonlocal seen
        seen += 1
        if seen == commit and not after:
            os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(app.database.engine, "checkin")
    def after_it(_connection: object, _record: object) -> None:
        if seen == commit and after:
            os.kill(os.getpid(), signal.SIGKILL)


def everywhere(
    worlds: Worlds,
    moodle: Moodle,
    prepare: Act,
    act: Act,
    calls: list[str],
    check: Act,
    *,
    most: int = 1000,
) -> int:
    """Kills at every commit, before and after it, and at every call; then checks. How often that was."""
    kills = 0
    if worlds.kind == "postgresql":
        most = min(most, 2)
    for commit in count(1):
        for after in (False, True) if ALL else (False,):
            with worlds.new(moodle, prepare) as lms:
                dead = killed(lms, act, commit, after=after)
                check(lms)
                kills += dead
        if not dead or (commit == most and not ALL):
            break
    for call in calls if worlds.kind == "sqlite" or ALL else []:
        with worlds.new(moodle, prepare) as lms:
            name, _, nth = call.partition("#")
            assert killed(lms, act, call=name, nth=int(nth or 1))
            check(lms)
            kills += 1
    print(f"{kills} kills on {worlds.kind}")
    return kills


def test_publishing(worlds: Worlds, moodle: Moodle):
    def prepare(lms: Lms) -> None:
        module_id = taken_in(lms.app, lms.tenant_id, HANDS)
        published(lms.app, lms.tenant_id, module_id)
        with lms.app.app_context(), lms.work() as session:
            session.query(Job).delete()  # what publishing itself left to be done
            row = connecting.get(session, lms.id)
            how = {"section": 1, "completion": "passed", "visible": True, "by": None}
            placements.place(session, lms.app.jobs, row, module_id, course=(7, "Nyansatt"), **how)

    def check(lms: Lms) -> None:
        lms.next_worker()
        (row,) = lms.placements()
        (activity,) = moodle.activities.values()
        assert (row.state, row.version, row.cmid) == ("there", 1, activity.cmid)

    calls = ["upload.php", "local_lmsbridge_publish"]
    assert everywhere(worlds, moodle, prepare, Lms.run_jobs, calls, check) >= 2


def outbox(lms: Lms) -> None:
    """Two who passed and two who failed."""
    ours = lms.moodle.add(7, "scorm", "Håndhygiene", idnumber=f"lmsbridge:{MODULE}", revision=1)
    for n in range(4):
        learner = lms.moodle.enrol(7, f"u{n}", f"U {n}")
        lms.moodle.attempt(learner, ours.cmid, "passed" if n % 2 else "failed", n / 4)


def all_there(lms: Lms) -> None:
    assert [row.revision for row in lms.records()] == [1] * 4
    assert [row.revision for row in lms.evidence()] == [1] * 4
    assert len({row.record for row in lms.evidence()}) == 4


def test_fetching(worlds: Worlds, moodle: Moodle, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pulling, "ROWS", 2)

    def prepare(lms: Lms) -> None:
        outbox(lms)
        fetch_soon(lms)

    calls = ["local_lmsbridge_get_results", "local_lmsbridge_get_results#2"]
    assert everywhere(worlds, moodle, prepare, Lms.run_jobs, calls, fetched) >= 2


def test_fetching_without_the_plugin(worlds: Worlds, moodle: Moodle, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(core_reading, "LEARNERS", 2)

    def prepare(lms: Lms) -> None:
        outbox(lms)
        moodle.plugin = False
        lms.change(plugin=0, begin=True)
        fetch_soon(lms)

    assert everywhere(worlds, moodle, prepare, Lms.run_jobs, [], fetched, most=3) >= 2


def fetch_soon(lms: Lms) -> None:
    with lms.app.app_context(), lms.work() as session:
        connections.run_soon(session, lms.app.jobs, lms.id)


def fetched(lms: Lms) -> None:
    lms.next_worker()
    with lms.work(write=False) as session:
        assert connections.runs_of(session, lms.id)[0].state == "done"
    all_there(lms)


def test_receiving(worlds: Worlds, moodle: Moodle):
    """Moodle sends the batch again until it is answered."""

    def prepare(lms: Lms) -> None:
        outbox(lms)
        with lms.work() as session:
            connecting.seal(
                lms.app.vault, connecting.get(session, lms.id), {connecting.PUSH_SECRET: "s" * 64}
            )
        moodle.push.update(secret="s" * 64, url="")

    def receive(lms: Lms) -> None:
        assert posted(lms) == 200

    def check(lms: Lms) -> None:
        assert posted(lms) == 200
        all_there(lms)

    assert everywhere(worlds, moodle, prepare, receive, [], check) >= 1


def posted(lms: Lms) -> int:
    """The batch as the plugin sends it, by a client in this process."""
    body, headers = lms.moodle.signed(lms.moodle.outbox)
    client = new_client(lms.app)
    return client.post(f"/api/v1/sources/{lms.id}/push", data=body, headers=headers).status_code
