"""Two entries turn out to be one person; a coordinator merges them, and takes them apart where that was wrong."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from lms_bridge.errors import Conflict, NotFound
from lms_bridge.register import derivation, erasing, identities, merges, people
from lms_bridge.register.identities import Identity
from lms_bridge.register.models import Evidence, IdentityLink, Merge, Person, Position
from lms_bridge.register.service import NewEvidence, record_evidence
from lms_bridge.register.status import Result
from tests.people import CAMILLA, DAVID, FJORDVIK

from .conftest import FIRE, HANDS, look_up

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def completed(session, link, competence_id, record):
    record_evidence(
        session,
        [
            NewEvidence(
                "lms", record, competence_id, WHEN, Result.ATTAINED, person_id=link.person_id, link_id=link.id
            )
        ],
    )


@pytest.fixture
def double(session, fjordvik):
    """Emma a second time, from a job in another unit, with a user and a result of her own."""
    person = Person(name="Emma Eide-Berg")
    session.add(person)
    session.flush()
    session.add(
        Position(
            person_id=person.id,
            unit_id=fjordvik.units["220"],
            source="hr",
            employment_id="F7777",
            starts_on=date(2025, 1, 1),
            due_from=date(2025, 1, 1),
        )
    )
    user = Identity("https://lms.example", "actor", "emma2")
    link = identities.resolve(session, [user])[user.key]
    identities.link_to_person(session, link.id, person.id, None)
    completed(session, link._replace(person_id=person.id), fjordvik.competences[FIRE], "1")
    return person


def everything(session):
    """The register's facts and what follows from them, by person."""
    tables = (IdentityLink, Position, Evidence)
    facts = [sorted(session.execute(select(t.id, t.person_id)).all(), key=str) for t in tables]
    return [*facts, list(derivation.export(session))]


def test_all_that_either_had_is_one_person_s_and_comes_apart_again(session, fjordvik, double):
    before, emma = everything(session), fjordvik.people["emma"]
    had = session.scalar(select(func.count()).where(Evidence.person_id == emma))
    done = merges.merge(session, emma, double.id, by=None)
    assert session.scalar(select(func.count()).where(Evidence.person_id == emma)) == had + 1
    assert merges.entry_of(session, emma).numbers == sorted([*merges.entry_of(session, emma).numbers])
    assert "F7777" in merges.entry_of(session, emma).numbers
    assert merges.entry_of(session, double.id).evidence == 0
    everybody = people.Reach(True, frozenset(), None)
    assert double not in people.search(session, everybody, "Eide")
    derived = list(derivation.export(session))
    derivation.rebuild(session)
    assert list(derivation.export(session)) == derived
    merges.undo(session, done.id, by=None)
    assert everything(session) == before
    assert double in people.search(session, everybody, "Eide")


def test_what_came_in_between_goes_where_its_user_goes(session, fjordvik, double):
    emma = fjordvik.people["emma"]
    done = merges.merge(session, emma, double.id, by=None)
    link = session.scalars(select(IdentityLink).where(IdentityLink.value == "emma2")).one()
    completed(session, link, fjordvik.competences[HANDS], "2")
    written = NewEvidence("manual", "3", fjordvik.competences[FIRE], WHEN, Result.ATTAINED, person_id=emma)
    record_evidence(session, [written])
    merges.undo(session, done.id, by=None)
    rows = select(Evidence.record, Evidence.person_id).where(Evidence.record.in_(["1", "2", "3"]))
    found = dict(session.execute(rows.where(Evidence.source.in_(["lms", "manual"]))).tuples().all())
    assert found == {"1": double.id, "2": double.id, "3": emma}


def test_what_cannot_be_merged(session, fjordvik, double):
    emma, gro = fjordvik.people["emma"], fjordvik.people["gro"]
    with pytest.raises(Conflict, match="same entry"):
        merges.merge(session, emma, emma, by=None)
    first = merges.merge(session, emma, double.id, by=None)
    with pytest.raises(Conflict, match="already"):
        merges.merge(session, gro, double.id, by=None)
    second = merges.merge(session, gro, emma, by=None)
    with pytest.raises(Conflict, match="Undo that first"):
        merges.undo(session, first.id, by=None)
    merges.undo(session, second.id, by=None)
    merges.undo(session, first.id, by=None)
    with pytest.raises(NotFound):
        merges.undo(session, first.id, by=None)


def test_erasing_the_person_erases_both_entries(session, fjordvik, double):
    emma = fjordvik.people["emma"]
    merges.merge(session, emma, double.id, by=None)
    erasing.erase_person(session, emma, b"key", "http://bridge.localhost")
    assert session.get(Person, emma) is None
    assert session.scalars(select(Person).where(Person.name == "Emma Eide-Berg")).all() == []
    assert session.scalars(select(Merge)).all() == []


def test_a_coordinator_merges_and_undoes_on_the_pages(pages):
    with pages.app.database.unit_of_work(pages.tenant_id(FJORDVIK)) as session:
        emma = look_up(session).people["emma"]
        other = Person(name="Emma Eide")
        session.add(other)
        session.flush()
        double = other.id
    camilla = pages.signed_in(CAMILLA)
    base = f"/register/people/{emma}/merge"
    assert str(double) in camilla.get(base).text
    assert "Are these one person?" in camilla.get(base, query_string={"with": double}).text
    done = camilla.post(base, data={"other": double}, follow_redirects=True)
    assert "Merged" in done.text
    assert camilla.get(f"/register/people/{double}").headers["Location"].endswith(str(emma))
    page = camilla.get(base).text
    undo = page[page.index("/register/merges/") :].partition('"')[0]
    assert "two entries again" in camilla.post(undo, follow_redirects=True).text
    assert camilla.get(f"/register/people/{double}").status_code == 200
    assert pages.signed_in(DAVID).get(base).status_code == 403
