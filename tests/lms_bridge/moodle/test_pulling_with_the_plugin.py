"""Results are fetched from the plugin's outbox by cursor: once each, whatever goes wrong on the way."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.connectors.interface import LmsResult
from lms_bridge.moodle import pulling
from lms_bridge.moodle.rows import BrokenRow, Reader
from lms_bridge.register.models import IdentityLink
from tests.support.moodle import BROKEN, HTML, Fault, Moodle

from .conftest import MODULE, Lms, employ

RESULTS = "local_lmsbridge_get_results"
AUTUMN = int(datetime(2026, 9, 1, 8, tzinfo=UTC).timestamp())


@pytest.fixture
def course(lms: Lms) -> int:
    """Our module in Moodle, taken by Emma, Gro and a stranger; and a page of Moodle's own."""
    moodle = lms.moodle
    ours = moodle.add(7, "scorm", "Håndhygiene", idnumber=f"lmsbridge:{MODULE}", revision=1)
    page = moodle.add(7, "page", "Velkommen")
    emma, gro = moodle.enrol(7, "emma", "Emma Eide", idnumber="1001"), moodle.enrol(7, "gro", "Gro Grong")
    moodle.attempt(emma, ours.cmid, "passed", 0.9, at=AUTUMN)
    moodle.attempt(gro, ours.cmid, "failed", 0.4, at=AUTUMN)
    moodle.attempt(gro, ours.cmid, "incomplete", at=AUTUMN + 50)
    moodle.complete(gro, page.cmid, at=AUTUMN)
    moodle.complete_course(emma, 7, at=AUTUMN + 60)
    return ours.cmid


def test_every_result_comes_once_with_its_record(lms: Lms, course: int):
    run = lms.sync()
    emma, gro = sorted(lms.moodle.users)
    assert (run.state, run.new, run.warnings) == ("done", 4, [])
    assert lms.told() == [
        (f"a:{course}:{emma}:1", "passed", 0.9),
        (f"a:{course}:{gro}:1", "failed", 0.4),
        (f"a:{course + 1}:{gro}:0", "completed", None),
        (f"c:7:{emma}", "completed", None),
    ]
    first = lms.records()[0]
    assert first.activity == f"urn:uuid:{MODULE}"
    assert (first.occurred, first.version) == (datetime(2026, 9, 1, 8, tzinfo=UTC), 1)
    assert lms.records()[2].activity == f"{lms.moodle.url}/mod/page/view.php?id={course + 1}"
    assert lms.records()[3].activity == f"{lms.moodle.url}/course/view.php?id=7"
    assert [(row.record, row.result) for row in lms.evidence()] == [
        (f"a:{course}:{emma}:1", "attained"),
        (f"a:{course}:{gro}:1", "attempted"),
    ]


def test_about_one_call_for_a_thousand_rows_and_one_for_nothing_new(
    lms: Lms, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pulling, "ROWS", 10)
    page = lms.moodle.add(7, "page", "Velkommen")
    for n in range(25):
        lms.moodle.complete(lms.moodle.enrol(7, f"u{n}", f"U {n}"), page.cmid)
    run = lms.sync()
    assert (run.calls, run.new, lms.moodle.called()) == (3, 25, [RESULTS] * 3)
    lms.moodle.requests.clear()
    run = lms.sync()
    assert (run.calls, run.new, lms.moodle.called()) == (1, 0, [RESULTS])


def test_what_is_left_is_told_while_the_plugin_still_collects(lms: Lms, course: int):
    lms.moodle.backfilling = 1234
    lms.sync()
    assert lms.row.estimate == {"rows": 1234, "calls": 2}
    assert (lms.row.next_run - lms.row.last_success).total_seconds() <= 61
    lms.moodle.backfilling = 0
    lms.sync()
    assert lms.row.estimate is None


def test_a_later_attempt_is_a_result_of_its_own(lms: Lms, course: int):
    """SCORM completion never goes back, and later attempts do not touch it: recertification reads attempts."""
    lms.sync()
    emma = next(u for u in lms.moodle.users.values() if u.username == "emma")
    lms.moodle.attempt(emma, course, "passed", 0.95, at=AUTUMN + 31_000_000)
    lms.sync()
    assert [row.record for row in lms.evidence() if row.result == "attained"] == [
        f"a:{course}:{emma.id}:1",
        f"a:{course}:{emma.id}:2",
    ]


def test_a_first_failed_attempt_makes_no_completion_row_and_is_told_all_the_same(lms: Lms, course: int):
    gro = next(u for u in lms.moodle.users.values() if u.username == "gro")
    assert (course, gro.id) not in lms.moodle.completions
    lms.sync()
    assert (f"a:{course}:{gro.id}:1", "failed", 0.4) in lms.told()


def test_what_is_taken_back_in_moodle_is_retracted(lms: Lms, course: int):
    lms.sync()
    emma = next(u for u in lms.moodle.users.values() if u.username == "emma")
    lms.moodle.note(emma, lms.moodle.activities[course], "withdrawn", -1, AUTUMN + 99, 1)
    lms.sync()
    assert [row.result for row in lms.evidence() if row.record == f"a:{course}:{emma.id}:1"] == [
        "attained",
        "retracted",
    ]


BROKEN_ROWS: list[Callable[[dict[str, Any]], Any]] = [
    lambda row: row | {"state": "enlightened"},
    lambda row: row | {"state": ["passed"]},
    lambda row: row | {"kind": "badge"},
    lambda row: row | {"userid": 0},
    lambda row: row | {"userid": "7; drop"},
    lambda row: row | {"attempt": -1},
    lambda row: row | {"score": 17},
    lambda row: row | {"occurred": 0, "changed": "yesterday"},
    lambda row: {k: v for k, v in row.items() if k != "cmid"},
    lambda row: None,
    lambda row: [],
]


def test_rows_that_are_broken_are_counted_and_left_out_and_the_rest_goes_on(lms: Lms, course: int):
    sound = lms.moodle.outbox[0]
    lms.moodle.outbox[1:1] = [breaks(sound | {"id": 100 + n}) for n, breaks in enumerate(BROKEN_ROWS)]
    run = lms.sync()
    assert (run.state, run.new) == ("done", 4)
    (warning,) = run.warnings
    assert warning["details"] == {"count": len(BROKEN_ROWS), "example": "row 100: state 'enlightened'"}


@given(
    st.dictionaries(st.text(max_size=12), st.none() | st.booleans() | st.integers() | st.floats() | st.text())
)
def test_no_row_breaks_the_reading(row: dict[str, Any]):
    sound = {
        "id": 1,
        "kind": "activity",
        "cmid": 4,
        "courseid": 7,
        "userid": 2,
        "state": "passed",
        "occurred": AUTUMN,
    }
    for one in (row, sound | row):
        try:
            result = Reader("https://moodle.example", True).result(one)
        except BrokenRow:
            continue
        assert result is None or isinstance(result, LmsResult)


def test_activities_are_left_out_silently_where_the_role_lacks_the_view_capability(lms: Lms, course: int):
    tool = lms.moodle.add(7, "lti", "Ekstern")
    lms.moodle.complete(lms.moodle.users[sorted(lms.moodle.users)[0]], tool.cmid)
    lms.moodle.held -= {"mod/lti:view"}
    run = lms.sync()
    assert (run.state, run.new) == ("done", 4)
    (warning,) = run.warnings
    assert warning["details"] == {"capability": "mod/lti:view", "courses": "Nyansatt i hjemmetjenesten"}
    assert "lacks %(capability)s" in warning["message"]


@pytest.mark.parametrize(
    "fault",
    [
        HTML,
        BROKEN,
        Fault(cut=200),
        Fault(after=True, cut=300),
        Fault(status=429, headers={"Retry-After": "90"}),
        Fault(status=503),
        Fault(body=b"[]"),
        Fault(body=b'{"rows": {}}'),
        Fault(body=b'{"rows": [], "cursor": "2", "more": true}'),
    ],
    ids=["HTML", "500", "cut", "cut in the middle", "429", "503", "list", "no rows", "in a circle"],
)
def test_whatever_goes_wrong_on_the_way_nothing_is_lost_or_doubled(
    lms: Lms, course: int, fault: Fault, monkeypatch: pytest.MonkeyPatch
):
    """In the middle: after the first page of two rows was taken."""
    monkeypatch.setattr(pulling, "ROWS", 2)
    lms.moodle.arrives = lambda function: len(lms.moodle.requests) == 2 and lms.moodle.fails(RESULTS, fault)
    run = lms.sync()
    assert (run.state, len(lms.records())) == ("failed", 2)
    assert lms.row.cursor["outbox"] == "2"
    assert lms.row.problem["message"]
    if fault.headers.get("Retry-After") == "90":
        assert (lms.row.next_run - run.finished).total_seconds() >= 89
    assert lms.sync().state == "done"
    assert len(lms.records()) == len({row.record for row in lms.records()}) == 4
    assert len(lms.evidence()) == 2


def test_a_token_that_was_withdrawn_is_said_so(lms: Lms, course: int):
    lms.moodle.token = "another"
    run = lms.sync()
    assert run.state == "failed"
    assert "does not know this token" in run.problem["message"]


def test_the_idnumber_is_the_employment_number_only_where_the_municipality_says_so(lms: Lms, course: int):
    with lms.work() as session:
        emma = employ(session, "Emma Eide", "1001")
    lms.sync()
    assert {row.person_id for row in lms.evidence()} == {None}
    lms.change(idnumber=True)
    lms.sync()
    assert {row.person_id for row in lms.evidence() if row.result == "attained"} == {emma}


def test_the_roster_is_read_once_a_day_where_numbers_tell_who_people_are(
    lms: Lms, course: int, monkeypatch: pytest.MonkeyPatch
):
    """Henrik has taken nothing yet, and is known all the same; who has no number or has left, is not."""
    monkeypatch.setattr(pulling, "ROWS", 3)
    henrik = lms.moodle.enrol(7, "henrik", "Henrik Hauge", idnumber="1003")
    left = lms.moodle.enrol(7, "left", "Left Long Ago", idnumber="1004", suspended=True)
    with lms.work() as session:
        person = employ(session, "Henrik Hauge", "1003")
    lms.change(idnumber=True)
    lms.sync()
    with lms.work(write=False) as session:
        links = {
            row.value: row.person_id for row in session.query(IdentityLink).filter_by(issuer=lms.moodle.url)
        }
    assert links[str(henrik.id)] == person
    assert str(left.id) not in links
    assert len(lms.moodle.called("local_lmsbridge_get_roster")) == 2
    lms.sync()
    assert len(lms.moodle.called("local_lmsbridge_get_roster")) == 2


def test_results_of_two_municipalities_stay_apart(lms: Lms, course: int, tenant_id: Any, moodle: Moodle):
    from tests.people import STORSJO

    lms.sync()
    with lms.app.database.unit_of_work(tenant_id(STORSJO), write=False) as session:
        assert session.query(IdentityLink).count() == 0
