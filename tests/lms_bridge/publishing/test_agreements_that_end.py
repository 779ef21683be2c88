"""Bought pictures and modules are used by agreement: after its last day nobody begins, and what was completed stays."""

import uuid
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.authoring.models import Draft
from lms_bridge.db import utcnow
from lms_bridge.publishing.models import Enrolment, ModuleVersion
from lms_bridge.web.app import Bridge
from tests.people import ASTRID, EMMA, FJORDVIK, Municipality, Person

from .conftest import published

SignedIn = Callable[[Person], FlaskClient]
TenantId = Callable[[Municipality], uuid.UUID]


@pytest.fixture
def bought(app: Bridge, module_id: uuid.UUID, tenant_id: TenantId) -> Callable[..., ModuleVersion]:
    """Publishes the module with pictures that Fjordvik has by agreements: until these days, and what follows then."""

    def publish(*grants: dict) -> ModuleVersion:
        with app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
            draft = session.scalars(select(Draft).where(Draft.module_id == module_id)).one()
            document = deepcopy(draft.document)
            for asset, grant in zip(document["assets"].values(), grants, strict=False):
                members = {"members": [FJORDVIK.name]}
                rights = {"licence": "GROUP", "holder": "Bildebyrået AS", "grant": members | grant}
                asset["rights"].update(rights)
            draft.document, draft.revision = document, draft.revision + 1
        return published(app, tenant_id(FJORDVIK), module_id)

    return publish


def end(app: Bridge, tenant: uuid.UUID, version: ModuleVersion, day: date) -> None:
    """As if it had been agreed so."""
    with app.database.unit_of_work(tenant) as session:
        session.get_one(ModuleVersion, version.id).ends = day


@pytest.mark.parametrize(
    ("grants", "ends"),
    [
        ([], None),
        ([{"valid_to": "2099-03-31"}, {"valid_to": "2098-12-31"}], date(2098, 12, 31)),
        ([{"valid_to": "2099-03-31"}, {"valid_to": "2098-12-31", "after_expiry": "keep"}], date(2099, 3, 31)),
        ([{}], None),
    ],
)
def test_the_first_agreement_that_stops_it_is_its_last_day(
    bought: Callable[..., ModuleVersion], grants: list, ends: date | None
):
    assert bought(*grants).ends == ends


def test_until_the_last_day_all_is_as_ever(
    app: Bridge, version: ModuleVersion, signed_in: SignedIn, tenant_id: TenantId
):
    end(app, tenant_id(FJORDVIK), version, utcnow().date() + timedelta(days=1))
    emma = signed_in(EMMA)
    assert version.title in emma.get("/courses").text
    assert emma.get(f"/courses/{version.module_id}").status_code == 200
    assert signed_in(ASTRID).get(f"/modules/{version.module_id}/versions/1/scorm12.zip").status_code == 200


def test_afterwards_nobody_begins_goes_on_or_fetches_it(
    app: Bridge, version: ModuleVersion, signed_in: SignedIn, tenant_id: TenantId
):
    emma, astrid = signed_in(EMMA), signed_in(ASTRID)
    assert emma.get(f"/courses/{version.module_id}").status_code == 200
    end(app, tenant_id(FJORDVIK), version, date(2026, 1, 31))
    assert version.title not in emma.get("/courses").text
    answer = emma.get(f"/courses/{version.module_id}")
    assert answer.status_code == 403
    assert "2026" in answer.text
    assert astrid.get(f"/modules/{version.module_id}/versions/1/scorm12.zip").status_code == 403
    assert astrid.get(f"/modules/{version.module_id}/publish").status_code == 200
    with app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        assert len(session.scalars(select(Enrolment)).all()) == 1


def test_a_newer_version_without_it_is_taken_instead(
    app: Bridge, version: ModuleVersion, signed_in: SignedIn, tenant_id: TenantId
):
    end(app, tenant_id(FJORDVIK), version, date(2026, 1, 31))
    with app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        session.scalars(select(Draft).where(Draft.module_id == version.module_id)).one().revision += 1
    published(app, tenant_id(FJORDVIK), version.module_id)
    assert signed_in(EMMA).get(f"/courses/{version.module_id}").status_code == 200
