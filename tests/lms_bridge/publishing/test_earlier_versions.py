"""A package carries the versions before it, for those who are in the middle of one when the LMS gets the new one."""

import io
import uuid
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from lxml import etree

import scorm
from content.module import EXTENSIONS
from lms_bridge.authoring import service as authoring
from lms_bridge.publishing import packages, service
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, Municipality

Document = dict[str, Any]
Publish = Callable[..., ModuleVersion]
SQLITE = pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # the query is tested on both once


@pytest.fixture
def publish(
    app: Bridge, module_id: uuid.UUID, tenant_id: Callable[[Municipality], uuid.UUID]
) -> Iterator[Publish]:
    """Publishes the draft, after a change to its document."""

    def make(change: Callable[[Document], Any] = lambda document: None) -> ModuleVersion:
        with app.app_context(), app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
            draft = authoring.draft_of(session, module_id)
            document = deepcopy(draft.document)
            change(document)
            draft.document = document
            return service.publish(session, app.jobs, module_id)

    return make


@pytest.fixture
def package(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> Callable[..., bytes]:
    def build(version: ModuleVersion, standard: str = "scorm12") -> bytes:
        with app.app_context(), app.database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
            version = service.get_version(session, version.module_id, version.number)
            return b"".join(packages.of_version(session, app.storage, version, standard))

    return build


def without_pictures(document: Document) -> None:
    for page in document["pages"]:
        page["blocks"] = [block for block in page["blocks"] if block["type"] != "image"]


def names(package: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(package)).namelist()


def carried(package: bytes) -> list[str]:
    return sorted(name for name in names(package) if name.startswith("revision-"))


def pictures(version: ModuleVersion) -> set[str]:
    used = {
        block["asset"] for page in version.document["pages"] for block in page["blocks"] if "asset" in block
    }
    assets = version.document["assets"]
    return {f"assets/{digest}.{EXTENSIONS[assets[digest]['media_type']]}" for digest in used}


def test_pages_of_each_and_each_file_once(publish: Publish, package: Callable[..., bytes], tmp_path):
    first = publish()
    publish(without_pictures)
    third = publish(lambda document: document.update(title="Hendene dine", pass_mark=50))
    made = package(third)
    assert carried(made) == ["revision-1.js", "revision-2.js"]
    assert len(set(names(made))) == len(names(made))
    assert pictures(first) <= set(names(made))
    page = zipfile.ZipFile(io.BytesIO(made)).read("index.html").decode()
    assert 'data-revision="3" data-earlier="2 1" data-pass-mark="50"' in page
    assert "Hendene dine" in page
    assert b"Hendene dine" not in zipfile.ZipFile(io.BytesIO(made)).read("revision-1.js")
    path = tmp_path / "package.zip"
    path.write_bytes(made)
    report = scorm.validate(path)
    assert not report.findings


@SQLITE
def test_the_rights_of_what_it_carries_travel_with_it(publish: Publish, package: Callable[..., bytes]):
    first = publish()
    second = publish(without_pictures)
    manifest = etree.fromstring(zipfile.ZipFile(io.BytesIO(package(second))).read("imsmanifest.xml"))
    rights = "".join(text for element in manifest.iter("{*}rights") for text in element.itertext())
    assert all(rights.count(path) == 1 for path in pictures(first))


@SQLITE
def test_a_version_s_package_is_the_same_whatever_came_after_it(
    app: Bridge, publish: Publish, package: Callable[..., bytes]
):
    first = publish()
    before = package(first)
    assert carried(before) == []
    second = publish(without_pictures)
    both = package(second)
    publish()
    app.jobs.run_waiting()
    assert (package(first), package(second)) == (before, both)


@SQLITE
def test_there_is_room_for_so_much(publish: Publish, package: Callable[..., bytes], monkeypatch):
    publish()
    publish(without_pictures)
    third = publish()
    monkeypatch.setattr(packages, "MOST_EARLIER_MEDIA", 1000)
    assert carried(package(third)) == ["revision-2.js"]
    monkeypatch.undo()
    monkeypatch.setattr(packages, "MOST_EARLIER", 1)
    assert carried(package(third)) == ["revision-2.js"]


@SQLITE
def test_a_picture_whose_permission_has_run_out_is_not_shown_again(
    app: Bridge,
    publish: Publish,
    package: Callable[..., bytes],
    tenant_id: Callable[[Municipality], uuid.UUID],
):
    def lent(document: Document) -> None:
        for asset in document["assets"].values():
            asset["rights"] |= {"licence": "GROUP", "holder": "Storsjö", "source": "Storsjö"}
            members = ["Fjordvik kommune"]
            asset["rights"]["grant"] = {
                "members": members,
                "valid_from": "2000-01-01",
                "valid_to": "2100-01-01",
            }

    publish(lent)
    second = publish(without_pictures)
    assert carried(package(second)) == ["revision-1.js"]
    with app.app_context(), app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        later = service.get_version(session, second.module_id, 2)
        later.published = later.published.replace(year=2101)
    assert carried(package(second)) == []
