"""A package with one page: the module comes from the service each time, in the version that is newest then."""

import io
import re
import time
import uuid
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

import scorm
from lms_bridge.authoring.models import Draft
from lms_bridge.db import utcnow
from lms_bridge.publishing import live
from lms_bridge.publishing.models import LivePackage, ModuleVersion
from lms_bridge.web.app import Bridge
from tests.people import ASTRID, CAMILLA, EMMA, FJORDVIK, INGRID, Municipality, Person

from .conftest import published

SignedIn = Callable[[Person], FlaskClient]
TenantId = Callable[[Municipality], uuid.UUID]


def address_of(version: ModuleVersion, standard: str = "scorm12") -> str:
    return f"/modules/{version.module_id}/live/{standard}.zip"


def in_package(answer: TestResponse, name: str = "index.html") -> str:
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.data)).read(name).decode()


def path_of(answer: TestResponse) -> str:
    """Where the package's page gets the module from, on the content origin."""
    found = re.search(r'data-address="http://content\.localhost(/live/[\w-]+)"', in_package(answer))
    assert found, in_package(answer)
    return found[1]


@pytest.fixture
def elsewhere(app: Bridge) -> Callable[[str], TestResponse]:
    """What a browser within some LMS gets from the content origin."""

    def get(path: str) -> TestResponse:
        browser = app.test_client(use_cookies=False)
        headers = {"Host": app.content_host, "Sec-Fetch-Site": "cross-site", "Accept-Language": "en"}
        return browser.get(path.removeprefix("http://content.localhost"), headers=headers)

    return get


@pytest.fixture
def next_version(app: Bridge, tenant_id: TenantId) -> Callable[..., ModuleVersion]:
    """Publishes the module with another title, without its pictures."""

    def publish(version: ModuleVersion, title: str) -> ModuleVersion:
        with app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
            draft = session.scalars(select(Draft).where(Draft.module_id == version.module_id)).one()
            document = deepcopy(draft.document)
            document["title"] = title
            for page in document["pages"]:
                page["blocks"] = [block for block in page["blocks"] if block["type"] != "image"]
            draft.document, draft.revision = document, draft.revision + 1
        return published(app, tenant_id(FJORDVIK), version.module_id)

    return publish


def rows(app: Bridge) -> int:
    with app.database.unit_of_work(write=False) as session:
        return session.scalar(select(func.count()).select_from(LivePackage)) or 0


@pytest.mark.parametrize("standard", ["scorm12", "scorm2004"])
def test_it_is_a_sound_package_of_one_page(
    signed_in: SignedIn, version: ModuleVersion, standard: str, tmp_path: Path
):
    answer = signed_in(ASTRID).get(address_of(version, standard))
    assert "-live-" in answer.headers["Content-Disposition"]
    path = tmp_path / "package.zip"
    path.write_bytes(answer.data)
    report = scorm.validate(path, profile="strict")
    assert report.sound, report.to_json()
    assert report.standard == standard
    names = {name for name in zipfile.ZipFile(path).namelist() if not name.endswith(".xsd")}
    assert {"index.html", "live.css", "lms.js", "relay.js", "imsmanifest.xml"} <= names
    assert not [name for name in names if name.startswith("assets/")]
    assert "Vask" not in in_package(answer)


def test_the_lms_knows_it_by_the_same_identifiers_as_the_ordinary_one(
    signed_in: SignedIn, version: ModuleVersion
):
    """So it may take that one's place, and its results mean the same module; but the mark that passes is not in it."""
    astrid = signed_in(ASTRID)
    ordinary = in_package(
        astrid.get(f"/modules/{version.module_id}/versions/1/scorm12.zip"), "imsmanifest.xml"
    )
    live = in_package(astrid.get(address_of(version)), "imsmanifest.xml")
    identifiers = re.compile(r'<(?:manifest|item|resource)\b[^>]* identifier="([^"]+)"')
    assert identifiers.findall(live) == identifiers.findall(ordinary)
    assert "masteryscore" in ordinary
    assert "masteryscore" not in live


def test_who_opens_it_gets_the_newest_version_with_the_earlier_ones(
    signed_in: SignedIn,
    version: ModuleVersion,
    next_version: Callable[..., ModuleVersion],
    elsewhere: Callable[[str], TestResponse],
):
    path = path_of(signed_in(ASTRID).get(address_of(version)))
    first = elsewhere(path).headers["Location"]
    assert version.title in elsewhere(first).text
    (picture,) = set(re.findall(r"assets/[0-9a-f]{64}\.\w+", elsewhere(first).text)[:1])
    assert elsewhere(first.replace("index.html", picture)).status_code == 200
    next_version(version, "Rene hender")
    second = elsewhere(path).headers["Location"]
    page = elsewhere(second)
    assert "<title>Rene hender</title>" in page.text
    assert 'data-earlier="1"' in page.text
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    earlier = elsewhere(second.replace("index.html", "revision-1.js"))
    assert picture in earlier.text
    assert elsewhere(second.replace("index.html", picture)).status_code == 200
    assert version.title in elsewhere(first).text  # a browser that is there already stays on its own
    for nothing in ("revision-2.js", "assets/" + "0" * 64 + ".png", "../../../etc/passwd", "imsmanifest.xml"):
        assert elsewhere(second.replace("index.html", nothing)).status_code == 404


def test_both_kinds_and_every_download_are_the_same_package(signed_in: SignedIn, version: ModuleVersion):
    astrid, camilla = signed_in(ASTRID), signed_in(CAMILLA)
    first = path_of(astrid.get(address_of(version)))
    assert path_of(camilla.get(address_of(version, "scorm2004"))) == first


def test_the_page_says_how_often_it_was_opened(
    signed_in: SignedIn, version: ModuleVersion, elsewhere: Callable[[str], TestResponse]
):
    astrid, page = signed_in(ASTRID), f"/modules/{version.module_id}/publish"
    assert "A package that stays up to date" in astrid.get(page).text
    assert "Not opened yet." not in astrid.get(page).text
    path = path_of(astrid.get(address_of(version)))
    assert "Not opened yet." in astrid.get(page).text
    for _ in range(2):
        elsewhere(path)
    assert "Opened 2 times, last on" in astrid.get(page).text


def test_once_it_is_closed_it_opens_nothing_and_the_next_one_is_another(
    app: Bridge, signed_in: SignedIn, version: ModuleVersion, elsewhere: Callable[[str], TestResponse]
):
    astrid = signed_in(ASTRID)
    path = path_of(astrid.get(address_of(version)))
    closed = astrid.post(f"/modules/{version.module_id}/live/close", follow_redirects=True)
    assert "these packages open nothing any more" in closed.text
    answer = elsewhere(path)
    assert answer.status_code == 404
    assert "This course is closed." in answer.text
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert astrid.post(f"/modules/{version.module_id}/live/close").status_code == 404
    assert path_of(astrid.get(address_of(version))) != path
    assert rows(app) == 1


def test_after_the_last_day_of_an_agreement_it_says_so_in_the_lms(
    app: Bridge,
    signed_in: SignedIn,
    version: ModuleVersion,
    elsewhere: Callable[[str], TestResponse],
    tenant_id: TenantId,
):
    astrid = signed_in(ASTRID)
    path = path_of(astrid.get(address_of(version)))
    with app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        session.get_one(ModuleVersion, version.id).ends = utcnow().date() - timedelta(days=1)
    answer = elsewhere(path)
    assert answer.status_code == 403
    assert "The agreement on" in answer.text
    assert "A package that stays up to date" not in astrid.get(f"/modules/{version.module_id}/publish").text
    assert astrid.get(address_of(version)).status_code == 403


def test_two_who_fetch_it_first_at_once_get_the_same(
    app: Bridge, signed_in: SignedIn, version: ModuleVersion, tenant_id: TenantId
):
    camilla = signed_in(CAMILLA)
    with ThreadPoolExecutor(1) as at_once:
        with app.app_context(), app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
            first = live.begin(session, version.module_id, by=uuid.uuid4())
            second = at_once.submit(camilla.get, address_of(version))
            time.sleep(0.3)
            assert not second.done()
        assert path_of(second.result()).endswith(first.key)


@pytest.mark.parametrize(("person", "status"), [(EMMA, 403), (INGRID, 404)])
def test_others_neither_fetch_nor_close_it(
    app: Bridge, signed_in: SignedIn, version: ModuleVersion, person: Person, status: int
):
    path_of(signed_in(ASTRID).get(address_of(version)))
    other = signed_in(person)
    assert other.get(address_of(version)).status_code == status
    assert other.post(f"/modules/{version.module_id}/live/close").status_code == status
    assert rows(app) == 1


@pytest.mark.parametrize("standard", ["cmi5", "web", "x"])
def test_a_kind_that_there_is_not_leaves_nothing(
    app: Bridge, signed_in: SignedIn, version: ModuleVersion, standard: str
):
    assert signed_in(ASTRID).get(address_of(version, standard)).status_code == 404
    assert rows(app) == 0


def test_there_is_none_of_what_was_never_published(app: Bridge, signed_in: SignedIn, module_id: uuid.UUID):
    astrid = signed_in(ASTRID)
    assert astrid.get(f"/modules/{module_id}/live/scorm12.zip").status_code == 404
    assert "A package that stays up to date" not in astrid.get(f"/modules/{module_id}/publish").text
    assert rows(app) == 0


@pytest.mark.parametrize("key", ["x", "A" * 24, "%00", "é"])
def test_a_key_that_nobody_has_opens_nothing(
    version: ModuleVersion, elsewhere: Callable[[str], TestResponse], key: str
):
    assert elsewhere(f"/live/{key}").status_code == 404
