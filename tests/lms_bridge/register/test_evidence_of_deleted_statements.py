"""What a mapping gave stays when its statement is deleted as too old, also in a rebuild; removed, the mapping takes it
back all the same, and nothing of others.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lms_bridge.db import utcnow
from lms_bridge.lrs import partitions, retention
from lms_bridge.register import looking_back, mappings, rebuilding
from lms_bridge.register.jobs import secret_key
from lms_bridge.register.models import Evidence
from tests.lms_bridge.lrs.conftest import Sender
from tests.people import CAMILLA, FJORDVIK, Municipality, Person

from .test_activities_of_others import COURSE, ELSEWHERE, FIRE, FIRST_AID, Register, about, register, result

__all__ = ["register"]
WIDE = "https://lms.example/*"


@pytest.fixture(autouse=True)
def _partitions() -> Iterator[None]:
    yield
    partitions.known.clear()


def tell(lrs: Sender, *activities: str) -> list[str]:
    """The ids of statements about these."""
    sent = [about(activity) for activity in activities]
    assert lrs.post(*sent).status_code == 200
    return [one["id"] for one in sent]


def let_expire(register: Register, tenant: uuid.UUID) -> None:
    """All statements that there are."""
    with register.work() as session:
        retention.keep_for(session, tenant, 12)
    assert retention.expire(register.app.database, utcnow() + timedelta(days=400))[tenant]


@pytest.fixture
def old(register: Register, lrs: Sender, tenant_id: Callable[[Municipality], uuid.UUID]) -> Any:
    """Makes statements about activities and lets them expire; their ids."""

    def made(*activities: str) -> list[str]:
        ids = tell(lrs, *activities)
        let_expire(register, tenant_id(FJORDVIK))
        assert lrs.ids() == []
        return ids

    return made


def rebuild(register: Register) -> int:
    with register.app.app_context(), register.work() as session:
        return rebuilding.take_again(session, register.app.settings.base_url, secret_key(session))


def attained(*rows: tuple[str, str]) -> list[tuple[str, str, str]]:
    return sorted((record, uri, "attained") for record, uri in rows)


def test_it_survives_a_rebuild(register: Register, lrs: Sender, old: Any):
    register.map(COURSE)
    (gone,) = old(COURSE)
    (there,) = tell(lrs, COURSE)
    assert register.evidence() == attained((gone, FIRE), (there, FIRE))
    assert rebuild(register) == 0
    assert register.evidence() == attained((gone, FIRE), (there, FIRE))


def test_a_mapping_that_is_removed_takes_back_all_that_it_gave(register: Register, lrs: Sender, old: Any):
    mapping = register.map(COURSE)
    (gone,) = old(COURSE)
    (there,) = tell(lrs, COURSE)
    register.tell(result())
    assert len(register.evidence()) == 3
    register.unmap(mapping)
    assert register.evidence() == []
    assert rebuild(register) == 0
    register.map(COURSE)
    again = attained((there, FIRE), ("c:7:1", FIRE))
    assert register.evidence() == again, f"nothing tells any more what {gone} was of"


def test_it_takes_back_nothing_that_others_gave(register: Register, lrs: Sender, old: Any):
    mapping = register.map(COURSE)
    register.map(ELSEWHERE)
    register.map(WIDE, FIRST_AID)
    one, other = old(COURSE, ELSEWHERE)
    assert register.evidence() == attained((one, FIRE), (one, FIRST_AID), (other, FIRE))
    register.unmap(mapping)
    assert register.evidence() == attained((one, FIRST_AID), (other, FIRE))


def test_what_another_mapping_gives_as_well_is_that_ones_from_then_on(
    register: Register, lrs: Sender, tenant_id: Callable[[Municipality], uuid.UUID]
):
    """As long as its statement is there to tell."""
    narrow, wide = register.map(COURSE), register.map(WIDE)
    ids = tell(lrs, COURSE)
    rows = register.rows()
    register.unmap(narrow)
    assert (register.evidence(), register.rows()) == (attained((ids[0], FIRE)), rows)
    let_expire(register, tenant_id(FJORDVIK))
    register.unmap(wide)
    assert register.evidence() == []


def test_a_mapping_that_is_changed_leaves_what_nothing_tells_of_any_more(
    register: Register, lrs: Sender, old: Any
):
    mapping = register.map(COURSE)
    (gone,) = old(COURSE)
    (there,) = tell(lrs, COURSE)
    with register.work() as session:
        row = mappings.get_mapping(session, mapping)
        form = {"pattern": COURSE, "competence": str(register.competences[FIRST_AID])}
        mappings.save(session, mappings.read(session, form, mappings.USUAL), row)
        looking_back.begin(session, register.app.jobs, [COURSE], row)
    register.look()
    assert register.evidence() == attained((gone, FIRE), (there, FIRST_AID))
    register.unmap(mapping)
    assert register.evidence() == []


def test_much_is_taken_back_some_at_a_time(
    register: Register, lrs: Sender, old: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(looking_back, "PAGE", 2)
    mapping = register.map(COURSE)
    old(*[COURSE] * 9)
    assert len(register.evidence()) == 9
    register.unmap(mapping)
    assert register.evidence() == []
    assert register.rows() == 18, "each was retracted once"


def test_a_rebuild_takes_back_what_a_removed_mapping_left(register: Register, lrs: Sender, old: Any):
    """Where the work after its removal was lost."""
    mapping = register.map(COURSE)
    register.map(ELSEWHERE)
    _gone, other = old(COURSE, ELSEWHERE)
    with register.work() as session:
        mappings.remove(session, mapping)
    assert rebuild(register) == 1
    assert register.evidence() == attained((other, FIRE))


def test_what_is_of_no_mapping_stays(register: Register, lrs: Sender, old: Any):
    """Evidence from before the service noted which mapping gave it is noted when its statement is looked through."""
    mapping = register.map(COURSE)
    (there,) = tell(lrs, COURSE)
    with register.work() as session:
        session.execute(update(Evidence).values(mapping_id=None))
    assert rebuild(register) == 0
    with register.work() as session:
        assert session.scalars(select(Evidence.mapping_id).where(Evidence.record == there)).one() == mapping
    with register.work() as session:
        session.execute(update(Evidence).values(mapping_id=None))
    old(ELSEWHERE)
    register.unmap(mapping)
    assert register.evidence() == attained((there, FIRE))


def test_the_pages_say_what_happens_to_what(register: Register, signed_in: Callable[[Person], FlaskClient]):
    mapping = register.map(COURSE)
    camilla = signed_in(CAMILLA)
    told = "also of learning records that have been deleted since"
    assert camilla.get("/register/mappings").text.count(told) == 2, "on the page, and before it is removed"
    assert "stays as it was given" in camilla.get(f"/register/mappings/{mapping}").text
    assert "stays as it was given" not in camilla.get("/register/mappings/new").text
