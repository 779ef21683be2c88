"""What a source tells is evidence once: a change is a revision, what is withdrawn is retracted."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from lms_bridge.register import erasing, figures, identities, policies
from lms_bridge.register.jobs import secret_key
from lms_bridge.register.models import LmsRecord
from lms_bridge.register.service import today
from lms_bridge.register.status import State

from .conftest import AUTUMN, HANDS, LMS, MODULE, Source, result


def told(source: Source) -> list[tuple[str, int, str]]:
    return [(row.record, row.revision, row.result) for row in source.evidence()]


def test_the_same_result_by_whatever_road_is_evidence_once(source: Source):
    source.script.pages = [[result(), result("8")], [result(), result()]]
    assert source.sync().new == 2
    with source.app.app_context(), source.unit_of_work() as session:  # a push
        from lms_bridge.connectors.runs import take

        assert take(session, source.id, [result(), result("8"), result("9")]) == 1
    assert told(source) == [(f"a:12:{n}:1", 1, "attained") for n in "789"]


def test_other_contents_are_a_new_revision_and_the_old_one_stays(source: Source):
    source.script.pages = [[result(score=0.9)], [result(score=0.4)], [result(score=0.4)]]
    source.sync()
    assert [(row.revision, row.score) for row in source.evidence()] == [(1, 90.0), (2, 40.0)]


def test_what_another_road_tells_with_less_detail_is_no_revision(source: Source):
    """Moodle's own functions know no version, and the time of an attempt's last writing only."""
    known = result(score=0.66667, version=1)
    vague = result(score=2 / 3, version=None, occurred=known.occurred + timedelta(seconds=2))
    later = result(score=2 / 3, version=None, occurred=known.occurred + timedelta(days=7))
    source.script.pages = [[known], [vague], [later]]
    source.sync()
    assert [(row.revision, row.occurred) for row in source.evidence()] == [
        (1, known.occurred),
        (2, later.occurred),
    ]


def test_what_is_withdrawn_is_retracted_and_may_come_again(source: Source):
    done, gone = result(), result(outcome="withdrawn")
    source.script.pages = [[done], [gone], [gone], [done]]
    source.sync()
    assert [row.result for row in source.evidence()] == ["attained", "retracted", "attained"]


def test_withdrawn_before_it_was_ever_told_of_is_nothing(source: Source):
    source.script.pages = [[result(outcome="withdrawn")]]
    source.sync()
    assert source.evidence() == []


def test_of_several_contents_in_one_page_the_last_counts(source: Source):
    source.script.pages = [[result(outcome="failed"), result(outcome="passed", score=0.8)]]
    source.sync()
    assert told(source) == [("a:12:7:1", 1, "attained")]


def test_a_newer_version_of_the_module_does_not_change_what_was_told_before(source: Source):
    source.script.pages = [[result()]]
    source.sync()
    with source.unit_of_work() as session:
        more = [
            {"uri": u, "title": "X", "level": None, "validity_months": None} for u in (HANDS, HANDS + "/2")
        ]
        policies.map_module(
            session,
            module_id=MODULE,
            version=2,
            title="Håndhygiene",
            language="nb",
            pass_mark=None,
            competences=more,
        )
    source.script.pages = [[result()], [result()]]
    source.sync()
    assert told(source) == [("a:12:7:1", 1, "attained")]
    source.script.pages.append([result(version=2)])
    source.sync()
    assert len(source.evidence()) == 3


def test_it_stands_in_the_register_at_once_for_whom_the_employment_number_names(source: Source):
    gro = source.employ("Gro Gran", "1007")
    source.script.pages = [[result(employment_id="1007", occurred=AUTUMN + timedelta(days=1))]]
    source.sync()
    (row,) = source.evidence()
    assert row.person_id == gro


def test_an_employment_number_that_is_told_later_links_what_came_before(source: Source):
    gro = source.employ("Gro Gran", "1007")
    source.script.pages = [[result()]]
    source.sync()
    assert source.evidence()[0].person_id is None
    source.script.pages = [[], [result(employment_id="1007")]]
    source.sync()
    assert [(row.person_id, row.revision) for row in source.evidence()] == [(gro, 1)]


def test_a_number_of_two_people_links_nobody(source: Source):
    source.employ("Gro Gran", "1007")
    source.employ("Henrik Holm", "1007", system="payroll")
    source.script.pages = [[result(employment_id="1007")]]
    source.sync()
    assert source.evidence()[0].person_id is None


def test_who_was_erased_does_not_come_back(source: Source):
    gro = source.employ("Gro Gran", "1007")
    source.script.pages = [[result(employment_id="1007"), result("8")]]
    source.sync()
    with source.app.app_context(), source.unit_of_work() as session:
        erasing.erase_person(session, gro, secret_key(session), "http://bridge.localhost")
    source.script.pages = [[], [result(employment_id="1007"), result(), result(score=0.2)]]
    assert source.sync().new == 0
    assert told(source) == [("a:12:8:1", 1, "attained")]
    with source.unit_of_work(write=False) as session:
        assert [row.record for row in session.scalars(select(LmsRecord))] == ["a:12:8:1"]


def test_a_result_of_another_activity_is_kept_until_it_is_worth_something(source: Source):
    source.script.pages = [[result(activity=f"{LMS}/mod/scorm/view.php?id=12", activity_name="Brannvern")]]
    assert source.sync().new == 1
    assert source.evidence() == []
    with source.unit_of_work(write=False) as session:
        assert session.scalars(select(LmsRecord.activity_name)).all() == ["Brannvern"]
        assert identities.queue(session) == []  # nobody need say who that is: it gives nothing yet


def test_a_thousand_results_take_few_queries(source: Source):
    queries = []
    for n in range(3):
        source.employ(f"Person {n}", str(n))
    event.listen(source.app.database.engine, "before_cursor_execute", lambda *a: queries.append(a[2]))
    source.script.pages = [[result(str(n), employment_id=str(n)) for n in range(1000)]]
    assert source.sync().new == 1000
    assert len(queries) < 60
    assert sum(1 for row in source.evidence() if row.person_id) == 3


@pytest.mark.parametrize(("outcome", "state"), [("completed", State.MET), ("failed", State.IN_PROGRESS)])
def test_the_state_follows_the_outcome(source: Source, outcome: str, state: State):
    person = source.employ("Gro Gran", "1007")
    with source.unit_of_work() as session:
        demand = policies.Demand(title="Håndhygiene", competence_id=source.competence)
        policies.save_requirement(session, None, demand, effective_from=today(session))
    source.script.pages = [[result(outcome=outcome, employment_id="1007")]]
    source.sync()
    with source.unit_of_work(write=False) as session:
        cells = figures.of_person(session, person, today(session))
        assert [cell.state for cell in cells] == [state]


def test_what_was_on_its_way_for_long_undoes_nothing(source: Source):
    """A push that was tried again for an hour may come after a pull that told of later things."""
    at = [AUTUMN + timedelta(minutes=n) for n in range(3)]
    failed = result(outcome="failed", noted=at[0])
    source.script.pages = [
        [result(outcome="passed", noted=at[1])],
        [failed],
        [result(outcome="passed", noted=at[2])],
    ]
    source.sync()
    assert [row.result for row in source.evidence()] == ["attained"]
    source.script.pages += [[result(outcome="failed", noted=at[2])]]
    source.sync()
    assert [row.result for row in source.evidence()] == ["attained", "attempted"]
