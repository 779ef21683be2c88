"""Another system sends its records: again is nothing, otherwise is a revision, unknown people wait, all or nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from lms_bridge.db import utcnow
from lms_bridge.errors import Invalid
from lms_bridge.register import erasing, sent
from lms_bridge.register.models import Evidence, IdentityLink, Position
from lms_bridge.register.sent import Sent, State, Whom
from lms_bridge.register.status import Method, Result

from .conftest import FIRE, HANDS

KEY = b"k" * 32
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def emma(session, fjordvik) -> Sent:
    """What the authority's register says of Emma, by her employment id."""
    number = session.scalars(
        select(Position.employment_id).where(Position.person_id == fjordvik.people["emma"])
    ).first()
    return Sent("r1", Whom(employment_id=number), HANDS, NOON, score=92.5, valid_until=date(2028, 3, 2))


def take(session, *records: Sent) -> list[State]:
    return sent.take(session, "api:hpr", records, KEY)


def kept(session) -> list[Evidence]:
    return list(
        session.scalars(
            select(Evidence).where(Evidence.source == "api:hpr").order_by(Evidence.record, Evidence.revision)
        )
    )


def test_a_record_is_evidence_of_the_person_with_that_employment_id(session, fjordvik, emma):
    assert take(session, replace(emma, method=Method.AUTHORITY)) == [State.STORED]
    (row,) = kept(session)
    assert (row.person_id, row.method, row.score) == (fjordvik.people["emma"], "authority", 92.5)


@pytest.mark.parametrize("ahead", [False, True])
def test_the_same_record_again_changes_nothing(session, emma, ahead):
    """Also one whose clock runs ahead: it counts from when it was received."""
    one = replace(emma, occurred=utcnow() + timedelta(hours=1)) if ahead else emma
    assert take(session, one) == [State.STORED]
    assert take(session, one) == [State.UNCHANGED]
    assert len(kept(session)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"score": 61.0},
        {"result": Result.ATTEMPTED},
        {"valid_until": None},
        {"occurred": NOON - timedelta(days=1)},
        {"level": 2},
        {"note": "corrected"},
    ],
)
def test_other_contents_are_a_new_revision(session, emma, change):
    take(session, emma)
    assert take(session, replace(emma, **change)) == [State.STORED]
    assert [row.revision for row in kept(session)] == [1, 2]


def test_a_record_is_taken_back_and_given_again(session, emma):
    take(session, emma)
    assert take(session, replace(emma, result=Result.RETRACTED)) == [State.STORED]
    assert take(session, emma) == [State.STORED]
    assert [row.result for row in kept(session)] == ["attained", "retracted", "attained"]


def test_taking_back_what_never_was_is_nothing(session, emma):
    assert take(session, replace(emma, result=Result.RETRACTED)) == [State.UNCHANGED]
    assert kept(session) == []


def test_a_record_that_turns_out_to_be_about_something_else_takes_back_the_first(session, fjordvik, emma):
    take(session, emma)
    take(session, replace(emma, competence=FIRE))
    said = {(row.competence_id, row.revision): row.result for row in kept(session)}
    hands, fire = fjordvik.competences[HANDS], fjordvik.competences[FIRE]
    assert said == {(hands, 1): "attained", (hands, 2): "retracted", (fire, 1): "attained"}


def test_whom_nobody_knows_waits_and_their_revisions_with_them(session, emma):
    stranger = replace(emma, whom=Whom(issuer="https://hpr.example", subject="77", name="E. Eide"))
    assert take(session, stranger, replace(stranger, record="r2")) == [State.WAITING, State.WAITING]
    assert take(session, replace(stranger, score=1.0)) == [State.WAITING]
    assert {row.person_id for row in kept(session)} == {None}
    assert len({row.link_id for row in kept(session)}) == 1
    link = session.get(IdentityLink, kept(session)[0].link_id)
    assert (link.issuer, link.value, link.name) == ("https://hpr.example", "77", "E. Eide")


def test_who_was_erased_is_not_taken_in_again(session, fjordvik, emma):
    erasing.erase_person(session, fjordvik.people["emma"], KEY, "http://bridge.localhost")
    assert take(session, emma) == [State.ERASED]
    assert kept(session) == []


def test_one_unknown_competence_and_nothing_is_kept(session, emma):
    with pytest.raises(Invalid) as refused:
        take(session, emma, replace(emma, record="r2", competence="https://nowhere.example"))
    assert list(refused.value.fields) == ["evidence[1].competence"]
    assert kept(session) == []


def test_an_unknown_person_is_named_by_the_record(session, fjordvik, emma):
    with pytest.raises(Invalid) as refused:
        take(session, emma, replace(emma, record="r2", whom=Whom(person_id=fjordvik.units["210"])))
    assert list(refused.value.fields) == ["evidence[1].person"]
    assert kept(session) == []
