"""A file that was put into a draft and taken out again is forgotten after thirty days, and then cleared away, unless
somebody has use for it: the draft, a change that can be undone, a version, another municipality.
"""

import hashlib
import io
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from lms_bridge.accounts import Account
from lms_bridge.authoring import drafts, service, unused_files
from lms_bridge.authoring.drafts import Author
from lms_bridge.authoring.models import DraftChange
from lms_bridge.db import utcnow
from lms_bridge.errors import DomainError
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.storage import Storage
from lms_bridge.stored_files import clear_away
from lms_bridge.web.app import Bridge
from tests.lms_bridge.test_storage import storage
from tests.people import ASTRID, FJORDVIK, STORSJO, Municipality, Person

from .drafts import a_module, setting

__all__ = ["storage"]
LATER = unused_files.KEPT + timedelta(hours=1)
A_DAY = timedelta(days=1)
HANDS, SOAP = b"hands under water", b"a piece of soap"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Desk:
    """Astrid's, with a draft before her."""

    def __init__(self, app: Bridge, storage: Storage, tenant: uuid.UUID, author: Author) -> None:
        self.app, self.storage, self.tenant, self.author = app, storage, tenant, author
        with self.work() as session:
            self.module = service.create(session, a_module()).id

    def work(self) -> Any:
        return self.app.database.unit_of_work(self.tenant)

    def upload(self, content: bytes) -> None:
        self.storage.put(io.BytesIO(content))
        record = {"name": "a.png", "media_type": "image/png", "size": len(content), "width": 4, "height": 3}
        with self.work() as session:
            drafts.add_asset(session, self.module, digest(content), record | {"rights": {}})

    def edit(self, wanted: dict[str, Any]) -> int:
        with self.work() as session:
            return drafts.edit(session, self.module, {"base": 99, **wanted}, self.author).change or 0

    def show(self, content: bytes | None) -> int:
        return self.edit(setting("bimage", 99, asset=content and digest(content)))

    def delete(self, target: str = "bimage") -> int:
        return self.edit({"op": "delete", "target": target})

    def days_pass(self, days: timedelta = LATER) -> None:
        """For the changes; the files' days pass by what the night is told."""
        with self.work() as session:
            for change in session.query(DraftChange):
                change.at -= days

    def night(self, after: timedelta = LATER) -> int:
        now = utcnow() + after
        return unused_files.forget(self.app.database, self.storage, now)

    def known(self) -> set[str]:
        with self.work() as session:
            return set(service.draft_of(session, self.module).document["assets"])

    def is_stored(self, content: bytes) -> bool:
        """After the storage was cleared of what nobody names."""
        clear_away(self.app, grace=-A_DAY)
        return self.storage.exists(digest(content))


@pytest.fixture
def desk(
    app: Bridge,
    storage: Storage,
    tenant_id: Callable[[Municipality], uuid.UUID],
    account_of: Callable[[Person], Account],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    monkeypatch.setattr(app, "storage", storage)
    return Desk(app, storage, tenant_id(FJORDVIK), Author(account_of(ASTRID).id, "her-tab"))


def test_a_file_that_was_never_shown_goes_after_thirty_days(desk: Desk):
    desk.upload(HANDS)
    assert desk.night(unused_files.KEPT - A_DAY) == 0
    assert desk.known() == {digest(HANDS)}
    assert desk.night() == 1
    assert desk.known() == set()
    assert not desk.is_stored(HANDS)
    assert desk.night() == 0


def test_what_is_shown_stays(desk: Desk):
    desk.upload(HANDS)
    desk.show(HANDS)
    desk.days_pass()
    assert desk.night() == 0
    assert (desk.known(), desk.is_stored(HANDS)) == ({digest(HANDS)}, True)


@pytest.mark.parametrize("taken_out", ["replaced", "emptied", "deleted", "with its page"])
def test_what_an_undo_brings_back_stays_for_thirty_days(desk: Desk, taken_out: str):
    for content in (HANDS, SOAP):
        desk.upload(content)
    desk.show(HANDS)
    desk.days_pass()
    if taken_out == "replaced":
        change = desk.show(SOAP)
    elif taken_out == "emptied":
        change = desk.show(None)
    else:
        change = desk.delete("bimage" if taken_out == "deleted" else "pone")
    desk.days_pass(-unused_files.KEPT)  # the file is a month older than that change
    desk.night()
    assert digest(HANDS) in desk.known()
    with desk.app.database.unit_of_work(desk.tenant) as session:
        drafts.undo(session, desk.module, change, desk.author)
        assert digest(HANDS) in str(service.document(session, desk.module)["pages"])
        session.rollback()
    desk.night(2 * LATER)
    assert digest(HANDS) not in desk.known()
    assert not desk.is_stored(HANDS)
    assert desk.is_stored(SOAP) is (taken_out == "replaced")


def test_what_cannot_be_taken_back_whole_is_not_offered(desk: Desk):
    desk.upload(HANDS)
    desk.show(HANDS)
    pictured, plain = desk.delete("bimage"), desk.delete("btext")
    with desk.work() as session:
        assert len(drafts.deleted(session, desk.module)) == 2
    desk.days_pass()
    assert desk.night() == 1
    with desk.work() as session:
        assert [one.change.revision for one in drafts.deleted(session, desk.module)] == [plain]
    with pytest.raises(DomainError), desk.work() as session:
        drafts.undo(session, desk.module, pictured, desk.author)
    with desk.work() as session:
        drafts.undo(session, desk.module, plain, desk.author)


def test_a_file_that_is_uploaded_again_is_new(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    desk.upload(HANDS)
    old = desk.storage.put_at
    again: datetime = utcnow() + LATER - A_DAY
    monkeypatch.setattr(desk.storage, "put_at", lambda sha256: again)
    assert desk.night() == 0
    monkeypatch.setattr(desk.storage, "put_at", old)
    assert desk.night() == 1
    desk.upload(HANDS)
    desk.show(HANDS)
    assert desk.known() == {digest(HANDS)}


def test_what_a_version_shows_stays_stored(desk: Desk):
    desk.upload(HANDS)
    desk.show(HANDS)
    with desk.work() as session:
        frozen = service.document(session, desk.module)
        told = {name: frozen[name] for name in ("title", "summary", "language", "competences")}
        identity = uuid.UUID(frozen["id"])
        session.add(
            ModuleVersion(module_id=desk.module, identity=identity, number=1, document=frozen, **told)
        )
    desk.delete()
    desk.days_pass()
    assert desk.night() == 1
    assert (desk.known(), desk.is_stored(HANDS)) == (set(), True)


def test_what_another_municipality_shows_stays_stored_and_hers(
    desk: Desk, tenant_id: Callable[[Municipality], uuid.UUID]
):
    desk.upload(HANDS)
    desk.show(HANDS)
    with desk.work() as session:
        document = service.document(session, desk.module)
    with desk.app.database.unit_of_work(tenant_id(STORSJO)) as session:
        theirs = service.create(session, document).id
    desk.delete()
    desk.days_pass()
    assert desk.night() == 1
    assert desk.is_stored(HANDS)
    with desk.app.database.unit_of_work(tenant_id(STORSJO)) as session:
        assert digest(HANDS) in service.draft_of(session, theirs).document["assets"]


def test_forgetting_is_no_change_of_the_module(desk: Desk):
    desk.upload(HANDS)
    with desk.work() as session:
        before = (service.draft_of(session, desk.module).revision, service.get(session, desk.module).changed)
    assert desk.night() == 1
    with desk.work() as session:
        assert before == (
            service.draft_of(session, desk.module).revision,
            service.get(session, desk.module).changed,
        )


def test_a_file_that_was_lost_is_forgotten_too(desk: Desk):
    desk.upload(HANDS)
    desk.storage.delete(digest(HANDS))
    assert desk.night(timedelta()) == 1


def test_the_worker_does_it_at_night(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    desk.upload(HANDS)
    monkeypatch.setattr(unused_files, "KEPT", -A_DAY)
    desk.app.jobs.do_nightly()
    assert desk.known() == set()
