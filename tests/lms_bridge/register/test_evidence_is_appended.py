"""Evidence enters once and is never changed: replay, revisions, retraction, approval, and the rebuild that agrees."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms_bridge.db import new_id, utcnow
from lms_bridge.errors import Forbidden, Invalid
from lms_bridge.register import derivation, figures
from lms_bridge.register.models import Evidence, Requirement
from lms_bridge.register.service import NewEvidence, approve, record_evidence, record_word, retract, today
from lms_bridge.register.status import Flag, Method, Result, State

from .conftest import FIRE, HANDS, MEDICINES


def count(session):
    return session.scalar(select(func.count()).select_from(Evidence))


def cell(session, fjordvik, person, competence):
    cells = figures.of_person(session, fjordvik.people[person], today(session))
    return next((c for c in cells if c.competence_id == fjordvik.competences[competence]), None)


@pytest.fixture
def completion(fjordvik):
    """Henrik has washed his hands today."""
    return NewEvidence(
        "moodle",
        "henrik-1",
        fjordvik.competences[HANDS],
        utcnow(),
        Result.ATTAINED,
        person_id=fjordvik.people["henrik"],
    )


def test_a_completion_meets_the_requirement_until_the_right_day(session, fjordvik, completion):
    assert cell(session, fjordvik, "henrik", HANDS).state in {State.MISSING, State.IN_PROGRESS}
    assert record_evidence(session, [completion]) == 1
    found = cell(session, fjordvik, "henrik", HANDS)
    day = today(session)
    assert (found.state, found.attained_on) == (State.MET, day)
    assert (found.valid_until.year, found.valid_until.month) == (day.year + 2, day.month)


def test_a_replay_changes_nothing(session, completion):
    record_evidence(session, [completion, completion])
    before, rows = list(derivation.export(session)), count(session)
    assert record_evidence(session, [completion]) == 0
    assert (list(derivation.export(session)), count(session)) == (before, rows)


def test_a_rebuild_gives_the_same_register(session, completion):
    record_evidence(session, [completion])
    before = list(derivation.export(session))
    assert derivation.rebuild(session) == len(before) > 20
    assert list(derivation.export(session)) == before


def test_a_revision_corrects_and_both_rows_stay(session, fjordvik, completion):
    record_evidence(session, [completion])
    rows = count(session)
    record_evidence(session, [replace(completion, revision=2, result=Result.ATTEMPTED, score=40)])
    assert cell(session, fjordvik, "henrik", HANDS).state is State.IN_PROGRESS
    assert count(session) == rows + 1


def test_a_retraction_is_a_new_row(session, fjordvik, completion):
    earlier = cell(session, fjordvik, "henrik", HANDS)
    record_evidence(session, [completion])
    rows = count(session)
    assert retract(session, "moodle", ["henrik-1", "nobody-knows"]) == 1
    assert retract(session, "moodle", ["henrik-1"]) == 0
    assert cell(session, fjordvik, "henrik", HANDS) == earlier
    assert count(session) == rows + 1


def test_a_clock_that_runs_ahead_counts_from_today(session, fjordvik, completion):
    record_evidence(session, [replace(completion, occurred=utcnow() + timedelta(days=40))])
    assert cell(session, fjordvik, "henrik", HANDS).attained_on == today(session)


def test_a_minute_before_midnight_utc_is_the_next_day_in_fjordvik(session, completion):
    record_evidence(session, [replace(completion, occurred=datetime(2026, 3, 14, 23, 59, tzinfo=UTC))])
    row = session.scalars(select(Evidence).where(Evidence.record == "henrik-1")).one()
    assert row.day.isoformat() == "2026-03-15"


def test_an_upload_waits_until_another_approves(session, fjordvik, completion):
    upload = replace(completion, method=Method.UPLOAD, record="diploma", awaiting_approval=True)
    record_evidence(session, [upload])
    assert Flag.AWAITING_APPROVAL in cell(session, fjordvik, "henrik", HANDS).flags
    row = session.scalars(select(Evidence).where(Evidence.record == "diploma")).one()
    with pytest.raises(Forbidden, match="cannot approve your own"):
        approve(session, row.id, new_id(), fjordvik.people["henrik"])
    approve(session, row.id, new_id(), fjordvik.people["david"])
    assert cell(session, fjordvik, "henrik", HANDS).state is State.MET


class TestALeadersWord:
    def word(self, session, fjordvik, **more):
        values = {
            "person_id": fjordvik.people["henrik"],
            "competence_id": fjordvik.competences[MEDICINES],
            "method": Method.PRACTICAL,
            "occurred": utcnow(),
            "account_id": new_id(),
            "assessor": fjordvik.people["david"],
        }
        record_word(session, **(values | more))

    def test_a_practical_assessment_satisfies_where_it_is_asked_for(self, session, fjordvik):
        self.word(session, fjordvik)
        assert cell(session, fjordvik, "henrik", MEDICINES).state is State.MET

    def test_a_managers_word_does_not_where_it_is_not_admitted(self, session, fjordvik):
        self.word(session, fjordvik, method=Method.MANAGER)
        assert cell(session, fjordvik, "henrik", MEDICINES).state is State.IN_PROGRESS

    def test_nobody_vouches_for_themselves(self, session, fjordvik):
        with pytest.raises(Forbidden, match="cannot vouch for yourself"):
            self.word(session, fjordvik, assessor=fjordvik.people["henrik"])

    def test_nor_for_the_future(self, session, fjordvik):
        with pytest.raises(Invalid, match="in the future"):
            self.word(session, fjordvik, occurred=utcnow() + timedelta(days=2))

    def test_nor_by_another_method(self, session, fjordvik):
        with pytest.raises(Invalid):
            self.word(session, fjordvik, method=Method.AUTHORITY.LMS)


def test_two_positions_are_asked_each_and_shown_as_one(session, fjordvik):
    cells = figures.of_person(session, fjordvik.people["gro"], today(session))
    assert len({c.competence_id for c in cells}) == len(cells)
    assert cell(session, fjordvik, "gro", FIRE) is not None


def test_evidence_of_an_alternative_is_derived_too(session, fjordvik, completion):
    row = session.scalars(
        select(Requirement).where(Requirement.competence_id == fjordvik.competences[MEDICINES])
    ).one()
    row.alternatives, row.admissible = [str(fjordvik.competences[HANDS])], None
    derivation.rebuild(session)
    assert cell(session, fjordvik, "henrik", MEDICINES).state is not State.MET
    record_evidence(session, [completion])
    assert cell(session, fjordvik, "henrik", MEDICINES).state is State.MET
    before = list(derivation.export(session))
    derivation.rebuild(session)
    assert list(derivation.export(session)) == before
