"""Who keeps a copy of the evidence asks from where it stopped: nothing is missed, however late, and nothing lost."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lms_bridge.register import feed, identities
from lms_bridge.register.models import Evidence
from lms_bridge.register.service import NewEvidence, record_evidence, retract
from lms_bridge.register.status import Result

from .conftest import HANDS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_lag(monkeypatch: pytest.MonkeyPatch):
    """The clocks of the tests are one."""
    monkeypatch.setattr(feed, "LAG", timedelta(0))


def new(fjordvik, record: str, **more) -> NewEvidence:
    given = {"person_id": fjordvik.people["emma"], "occurred": NOON, "result": Result.ATTAINED} | more
    return NewEvidence(source="lms", record=record, competence_id=fjordvik.competences[HANDS], **given)


def follow(session, after=None, limit=1000):
    """Every row after a place, and where that ended."""
    found = []
    while True:
        page = feed.evidence_after(session, after, limit)
        found += page.rows
        after = page.last or after
        if not page.more:
            return found, after


def test_pages_of_any_size_tell_the_same_rows_once(session):
    whole = [told.evidence.id for told in follow(session)[0]]
    assert len(whole) == len(set(whole)) == len(session.scalars(select(Evidence.id)).all())
    for limit in (1, 7):
        assert [told.evidence.id for told in follow(session, limit=limit)[0]] == whole


def test_a_row_that_is_about_last_year_comes_when_it_comes(session, fjordvik):
    _, place = follow(session)
    record_evidence(session, [new(fjordvik, "late", occurred=NOON - timedelta(days=400))])
    rows, place = follow(session, place)
    assert [told.evidence.record for told in rows] == ["late"]
    assert follow(session, place)[0] == [], "nothing new"


def test_a_retraction_comes_as_a_row_of_its_own(session, fjordvik):
    record_evidence(session, [new(fjordvik, "mistake", score=97.0)])
    _, place = follow(session)
    retract(session, "lms", ["mistake"])
    (told,), _ = follow(session, place)
    assert (told.evidence.record, told.evidence.revision, told.evidence.result) == ("mistake", 2, "retracted")


def test_a_row_comes_again_when_a_person_is_put_to_it_and_taken_from_it(session, fjordvik):
    identity = identities.Identity("https://lms.example", identities.ACTOR, "77", "E. Eide")
    link = identities.resolve(session, [identity])[identity.key]
    record_evidence(session, [new(fjordvik, "unknown", person_id=None, link_id=link.id)])
    rows, place = follow(session)
    told = rows[-1]
    assert (told.evidence.person_id, told.link.value) == (None, "77")
    identities.link_to_person(session, link.id, fjordvik.people["emma"], None)
    session.expire_all()
    (again,), place = follow(session, place)
    assert (again.evidence.id, again.evidence.person_id) == (told.evidence.id, fjordvik.people["emma"])
    identities.unlink(session, link.id, None)
    session.expire_all()
    (once_more,), _ = follow(session, place)
    assert (once_more.evidence.id, once_more.evidence.person_id) == (told.evidence.id, None)


def test_many_that_are_linked_at_once_come_again_too(session, fjordvik):
    identity = identities.Identity("https://lms.example", identities.ACTOR, "78")
    link = identities.resolve(session, [identity])[identity.key]
    record_evidence(session, [new(fjordvik, "unknown", person_id=None, link_id=link.id)])
    _, place = follow(session)
    identities.link_many(session, {link.id: fjordvik.people["emma"]})
    session.expire_all()
    assert [told.evidence.record for told in follow(session, place)[0]] == ["unknown"]


def test_what_is_still_being_written_holds_back_what_came_after_it(database, tenant_id, monkeypatch):
    """Two processes write at once; the one that began first ends last (PostgreSQL; SQLite lets one in at a time)."""
    from lms_bridge.db import set_current
    from lms_bridge.register.policies import save_competence
    from tests.people import FJORDVIK

    if database.engine.dialect.name == "sqlite":
        pytest.skip("writers queue up")
    fjordvik = tenant_id(FJORDVIK)
    with database.unit_of_work(fjordvik) as own:
        competence = save_competence(own, None, uri=HANDS, titles={"nb": "Håndhygiene"}).id
        identity = identities.Identity("https://lms.example", identities.ACTOR, "1")
        link = identities.resolve(own, [identity])[identity.key].id

    def write(name: str):
        own = database.new_session(fjordvik)
        record_evidence(own, [NewEvidence("lms", name, competence, NOON, Result.ATTAINED, link_id=link)])
        return own

    slow, quick = write("slow"), write("quick")
    quick.commit()
    with database.unit_of_work(fjordvik, write=False) as reader:
        assert follow(reader)[0] == []
    slow.commit()
    with database.unit_of_work(fjordvik, write=False) as reader:
        assert [told.evidence.record for told in follow(reader)[0]] == ["slow", "quick"]
    for own in (slow, quick):
        own.close()
    set_current(None)
