"""Modules are made, copied, listed, deleted and taken back; each municipality sees its own."""

import uuid
from pathlib import Path

import pytest

import content
from content.files import opened
from lms_bridge.authoring import service
from lms_bridge.errors import Conflict, Invalid, NotFound
from tests.people import ASTRID, FJORDVIK, STORSJO

HAND_HYGIENE = Path("lms_bridge/demo/modules/hand-hygiene")


@pytest.fixture
def module(session, account_of):
    return service.create(session, {"title": "Fallforebygging", "language": "nb"}, by=account_of(ASTRID).id)


def test_a_new_module_is_a_draft_of_its_author(session, module):
    [listed] = service.list_modules(session)
    assert (listed.module.title, listed.changed_by) == ("Fallforebygging", ASTRID.name)
    assert listed.module.published_version is None
    assert content.Module.from_json(service.document(session, module.id)).id == str(module.identity)


def test_what_is_no_module_is_refused_with_the_place(session):
    with pytest.raises(Invalid, match="pages"):
        service.create(session, {"pages": "none"})
    assert service.list_modules(session) == []


def test_a_module_file_is_taken_in_with_its_assets(session, app):
    with opened(HAND_HYGIENE) as files:
        module = service.take_in(session, app.storage, files)
    document = service.document(session, module.id)
    assert document["id"] == files.module.id
    assert module.picture in document["assets"]
    assert all(app.storage.exists(digest) for digest in files.module.assets)


def test_the_same_module_is_had_once_in_a_municipality_and_also_in_another(database, tenant_id, app):
    for municipality in (FJORDVIK, STORSJO):
        with database.unit_of_work(tenant_id(municipality)) as session, opened(HAND_HYGIENE) as files:
            service.take_in(session, app.storage, files)
            with pytest.raises(Conflict, match="already"):
                service.take_in(session, app.storage, files)


def test_a_copy_remembers_where_it_came_from(session, module):
    service.mark_published(session, module.id, version=3)
    copy = service.copy(session, module.id, title="Kopi", by=None)
    document = service.document(session, copy.id)
    assert document["title"] == copy.title == "Kopi"
    assert document["derived_from"][-1]["id"] == str(module.identity)
    assert document["derived_from"][-1]["version"] == 3
    assert copy.identity != module.identity


def test_a_deleted_module_can_be_taken_back(session, module):
    service.archive(session, module.id, by=None)
    assert service.list_modules(session) == []
    assert [line.module.id for line in service.list_modules(session, archived=True)] == [module.id]
    service.unarchive(session, module.id, by=None)
    assert [line.module.id for line in service.list_modules(session)] == [module.id]


def test_search_finds_every_word_in_any_case(session, module):
    service.create(session, {"title": "ÅRLIG brannvern"})
    assert [line.module.title for line in service.list_modules(session, search="brann årlig")] == [
        "ÅRLIG brannvern"
    ]
    assert service.list_modules(session, search="ingenting") == []


def test_another_municipality_finds_nothing(database, tenant_id):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        module_id = service.create(session, {"title": "Vår"}).id
    with database.unit_of_work(tenant_id(STORSJO)) as session:
        assert service.list_modules(session) == []
        for look in (service.get, service.document):
            with pytest.raises(NotFound):
                look(session, module_id)


def test_an_unknown_module_is_not_found(session):
    with pytest.raises(NotFound):
        service.document(session, uuid.uuid4())
