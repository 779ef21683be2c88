"""A module leaves as a file with its rights, and comes in elsewhere: one's own as it was, another's as a start."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from lms_bridge.authoring.models import Module
from tests.people import ASTRID, CAMILLA, EMMA, FJORDVIK, INGRID, STORSJO

from .conftest import Shelf, SignedIn, rights


@pytest.fixture
def file(shelf: Shelf, signed_in: SignedIn) -> bytes:
    """Fjordvik's module as it was fetched."""
    answer = signed_in(CAMILLA).get(f"/modules/{shelf.hands}/versions/1/module.lmsmodule")
    assert answer.status_code == 200
    assert ".lmsmodule" in answer.headers["Content-Disposition"]
    return answer.data


def bring_in(client: FlaskClient, file: bytes) -> tuple[int, str]:
    answer = client.post("/library/file", data={"file": (io.BytesIO(file), "module.lmsmodule")})
    return answer.status_code, answer.headers.get("Location", answer.text)


def newest(shelf: Shelf) -> Module:
    return shelf.modules(STORSJO)[-1]


def changed(file: bytes, change: Callable[[dict], None], **files: bytes) -> bytes:
    """The file with another document, and with other bytes where a file's name ends so."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as archive, zipfile.ZipFile(written, "w") as target:
        document = json.loads(archive.read("module.json"))
        change(document)
        target.writestr("module.json", json.dumps(document))
        for name in archive.namelist()[1:]:
            target.writestr(name, archive.read(name))
        for name, content in files.items():
            target.writestr(name, content)
    return written.getvalue()


def test_another_s_becomes_a_version_of_one_s_own(shelf: Shelf, file: bytes, signed_in: SignedIn):
    status, location = bring_in(signed_in(INGRID), file)
    assert status == 302
    assert signed_in(INGRID).get(location).status_code == 200
    own, original = shelf.document(STORSJO, newest(shelf).id), shelf.document(FJORDVIK, shelf.hands)
    assert own["id"] != original["id"]
    assert own["rights"]["holder"] == STORSJO.name
    assert own["derived_from"][0]["id"] == original["id"]
    assert [page["title"] for page in own["pages"]] == [page["title"] for page in original["pages"]]
    assert len(own["assets"]) == len(original["assets"])


def test_one_s_own_comes_back_as_it_was(shelf: Shelf, file: bytes, signed_in: SignedIn):
    mine = str(uuid.uuid4())
    status, _location = bring_in(signed_in(ASTRID), changed(file, lambda document: document.update(id=mine)))
    assert status == 302
    brought = shelf.modules(FJORDVIK)[-1]
    assert (str(brought.identity), brought.taken_from) == (mine, None)
    assert shelf.document(FJORDVIK, brought.id)["derived_from"] == []


def test_what_is_there_already_is_not_overwritten(shelf: Shelf, file: bytes, signed_in: SignedIn):
    before = shelf.document(FJORDVIK, shelf.hands)
    status, page = bring_in(signed_in(ASTRID), changed(file, lambda document: document.update(title="Ny")))
    assert status == 400
    assert before["title"] in page
    assert shelf.document(FJORDVIK, shelf.hands) == before


def test_its_pictures_can_be_shown(shelf: Shelf, file: bytes, signed_in: SignedIn):
    bring_in(signed_in(INGRID), file)
    module = newest(shelf)
    for digest in shelf.document(STORSJO, module.id)["assets"]:
        assert signed_in(INGRID).get(f"/modules/{module.id}/assets/{digest}").status_code == 200


@pytest.mark.parametrize("licence", ["CC-BY-ND-4.0", "all-rights-reserved"])
def test_nobody_begins_a_version_that_the_licence_forbids(
    shelf: Shelf, file: bytes, signed_in: SignedIn, licence: str
):
    status, page = bring_in(signed_in(INGRID), changed(file, rights(licence)))
    assert status == 400
    assert FJORDVIK.name in page
    assert len(shelf.modules(STORSJO)) == 1


def test_a_drawing_with_a_script_in_it_is_refused_or_cleaned(shelf: Shelf, file: bytes, signed_in: SignedIn):
    """As if somebody had put it into the editor: the file says which hash it has, and may say it rightly."""
    import hashlib

    evil = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
    digest = hashlib.sha256(evil).hexdigest()

    def with_evil(document: dict) -> None:
        one = next(iter(document["assets"].values()))
        document["assets"][digest] = {
            **one,
            "name": "evil.svg",
            "size": len(evil),
            "media_type": "image/svg+xml",
        }

    sent = changed(file, with_evil, **{f"assets/{digest}.svg": evil})
    status, _page = bring_in(signed_in(INGRID), sent)
    stored = [sha256 for sha256, _at in shelf.app.storage.stored()]
    assert digest not in stored
    if status == 302:
        module = newest(shelf)
        for asset in shelf.document(STORSJO, module.id)["assets"]:
            assert b"<script" not in signed_in(INGRID).get(f"/modules/{module.id}/assets/{asset}").data


@pytest.mark.parametrize("file", [b"", b"PK\x03\x04 no zip", b"%PDF-1.7"])
def test_what_is_no_module_is_told(shelf: Shelf, signed_in: SignedIn, file: bytes):
    status, _page = bring_in(signed_in(INGRID), file)
    assert status == 400
    assert len(shelf.modules(STORSJO)) == 1


def test_no_file_at_all_is_told(shelf: Shelf, signed_in: SignedIn):
    assert signed_in(INGRID).post("/library/file").status_code == 400


def test_those_who_write_bring_in(shelf: Shelf, file: bytes, signed_in: SignedIn):
    assert {bring_in(signed_in(one), file)[0] for one in (CAMILLA, EMMA)} == {403}
    assert signed_in(INGRID).get("/library/file").status_code == 200
    assert "/library/file" in signed_in(INGRID).get("/modules/new").text
