"""A mapping says what others' activities give: at once, for what is stored already, once; removed, it takes it back."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from lms_bridge.connectors.interface import LmsResult
from lms_bridge.db import utcnow
from lms_bridge.lrs.patterns import matches
from lms_bridge.register import looking_back, mappings, policies, rebuilding
from lms_bridge.register.jobs import secret_key
from lms_bridge.register.lms_results import take_results
from lms_bridge.register.models import ActivityMapping, Evidence
from lms_bridge.web.app import Bridge
from tests.lms_bridge.lrs.conftest import PASSED, VOIDED, Sender, statement
from tests.people import ASTRID, CAMILLA, FJORDVIK, Municipality

FIRE = "https://competences.example/fire-safety"
FIRST_AID = "https://competences.example/first-aid"
COURSE = "https://lms.example/course/7"
ELSEWHERE = "https://elsewhere.example/1"
FAILED = "http://adlnet.gov/expapi/verbs/failed"
SOURCE = uuid.UUID(int=7)


class Register:
    """Fjordvik's, with two competences."""

    def __init__(self, app: Bridge, tenant_id: uuid.UUID) -> None:
        self.app, self.tenant_id = app, tenant_id
        with self.work() as session:
            for uri in (FIRE, FIRST_AID):
                policies.save_competence(
                    session, None, uri=uri, titles={"en": uri}, kind="skill", validity_months=None
                )
            self.competences = {c.uri: c.id for c in policies.list_competences(session)}

    def work(self) -> Any:
        return self.app.database.unit_of_work(self.tenant_id)

    def map(self, pattern: str, uri: str = FIRE, *, words: tuple[str, ...] = mappings.USUAL) -> uuid.UUID:
        """Makes a mapping by its form, and lets the worker look back."""
        form = {"pattern": pattern, "competence": str(self.competences[uri]), "validity_months": "24"}
        with self.work() as session:
            row = mappings.save(session, mappings.read(session, form, words))
            looking_back.begin(session, self.app.jobs, [pattern], row)
        self.look()
        return row.id

    def unmap(self, mapping_id: uuid.UUID) -> None:
        with self.work() as session:
            looking_back.begin(session, self.app.jobs, [mappings.remove(session, mapping_id)])
        self.look()

    def look(self) -> None:
        for _ in range(9):
            self.app.jobs.run_waiting()

    def tell(self, *results: LmsResult) -> None:
        with self.app.app_context(), self.work() as session:
            take_results(session, SOURCE, results, secret_key(session))

    def evidence(self) -> list[tuple[str, str, str]]:
        """What counts now: (record, competence, result), without what was retracted."""
        with self.work() as session:
            rows = session.scalars(select(Evidence).order_by(Evidence.revision))
            uris = {known: uri for uri, known in self.competences.items()}
            latest = {(row.record, uris[row.competence_id]): row.result for row in rows}
        return sorted((*key, result) for key, result in latest.items() if result != "retracted")

    def rows(self) -> int:
        with self.work() as session:
            return len(session.scalars(select(Evidence.id)).all())


@pytest.fixture
def register(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> Register:
    return Register(app, tenant_id(FJORDVIK))


def about(activity: str, **more: Any) -> dict[str, Any]:
    return statement(object={"id": activity, "definition": {"name": {"nb": "Brannvern"}}}, **more)


def result(record: str = "c:7:1", activity: str = COURSE, **more: Any) -> LmsResult:
    told = {"issuer": "https://lms.example", "subject": record, "outcome": "completed", "occurred": utcnow()}
    return LmsResult(**{**told, "record": record, "activity": activity, "activity_name": "Fire", **more})


@pytest.mark.parametrize(
    ("pattern", "address", "fits"),
    [
        (COURSE, COURSE, True),
        (COURSE, COURSE + "7", False),
        ("https://lms.example/course/*", COURSE, True),
        ("https://lms.example/*/7", COURSE, True),
        ("*/course/7", COURSE, True),
        ("https://lms.example/course/7*", COURSE, True),
        ("https://*/course/*", COURSE, True),
        ("https://lms.example/course/77*", COURSE, False),
        ("ab*ba", "aba", False),
        ("a*b*c", "a-c-b-c", True),
        ("a*b*c", "a-c-c", False),
        ("a*b*", "ab", True),
        ("[a-z]+.?", "[a-z]+.?", True),
        ("[a-z]+.?", "abc", False),
    ],
)
def test_a_pattern_means_what_it_says(pattern: str, address: str, fits: bool):
    assert matches(pattern, address) is fits


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_a_pattern_fits_as_a_regular_expression_would(pattern: str, address: str):
    wanted = ".*".join(map(re.escape, pattern.split("*")))
    assert matches(pattern, address) is (re.fullmatch(wanted, address, re.DOTALL) is not None)


def test_no_pattern_makes_it_slow():
    assert matches("*a" * 300 + "*b", "a" * 100_000) is False


def test_results_to_come_count_in_the_transaction_that_stores_them(register: Register, lrs: Sender):
    register.map("https://lms.example/course/*")
    done, other = about(COURSE, verb={"id": PASSED}), about(ELSEWHERE)
    assert lrs.post(done, other).status_code == 200
    register.tell(result(), result("c:8:1", ELSEWHERE))
    assert register.evidence() == sorted((record, FIRE, "attained") for record in ("c:7:1", done["id"]))
    with register.work() as session:
        row = session.scalars(select(Evidence).where(Evidence.record == done["id"])).one()
        assert (row.note, row.validity_months) == ("Brannvern", 24)


def test_what_is_stored_already_is_looked_through_once(
    register: Register, lrs: Sender, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(looking_back, "PAGE", 7)
    done = [about(COURSE) for _ in range(40)]
    lrs.post(*done, *[about(ELSEWHERE) for _ in range(10)])
    register.tell(*[result(f"c:7:{n}") for n in range(20)])
    assert register.evidence() == []
    first = register.map("https://lms.example/*")
    assert len(register.evidence()) == 60
    with register.work() as session:
        row = session.get(ActivityMapping, first)
        assert (row.looking, row.given, row.looked, row.total) == (False, 60, 70, 70)
        looking_back.begin(session, register.app.jobs, ["https://lms.example/*"], row)
    register.look()
    assert register.rows() == 60, "looked through twice, it gives nothing more"


@pytest.mark.parametrize(
    ("words", "verb", "more", "expected"),
    [
        (("completed", "passed"), PASSED, {}, "attained"),
        (("passed",), "http://adlnet.gov/expapi/verbs/completed", {}, "attempted"),
        (("completed", "passed"), FAILED, {}, "attempted"),
        (("completed",), "http://adlnet.gov/expapi/verbs/completed", {"success": False}, "attempted"),
        (("attended",), "http://adlnet.gov/expapi/verbs/attended", {}, "attained"),
        (("completed",), "http://adlnet.gov/expapi/verbs/experienced", {}, None),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_counts_is_what_was_chosen(
    register: Register, lrs: Sender, words: tuple[str, ...], verb: str, more: dict, expected: str | None
):
    before = about(COURSE, verb={"id": verb}, result=more or None)
    lrs.post(before)
    register.map(COURSE, words=words)
    after = about(COURSE, verb={"id": verb}, result=more or None)
    lrs.post(after)
    wanted = sorted((one["id"], FIRE, expected) for one in (before, after) if expected)
    assert register.evidence() == wanted


def test_removed_it_takes_back_what_it_alone_gave_and_made_again_it_gives_it_again(
    register: Register, lrs: Sender
):
    one, other = about(COURSE), about("https://lms.example/course/8")
    lrs.post(one, other)
    register.tell(result())
    wide = register.map("https://lms.example/*")
    narrow = register.map(COURSE)
    everything = register.evidence()
    assert len(everything) == 3
    register.unmap(wide)
    assert register.evidence() == [row for row in everything if row[0] != other["id"]]
    register.unmap(narrow)
    assert register.evidence() == []
    register.map("https://lms.example/*")
    assert register.evidence() == everything


def test_a_withdrawn_statement_gives_nothing_whenever_the_mapping_comes(register: Register, lrs: Sender):
    register.map(COURSE)
    one = about(COURSE)
    lrs.post(one)
    lrs.post(statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": one["id"]}))
    assert register.evidence() == []
    register.map("https://lms.example/course/*", FIRST_AID)
    assert register.evidence() == []


def test_a_course_of_cmi5_is_known_by_what_its_publisher_calls_it(register: Register, lrs: Sender):
    register.map("https://courses.example/lifting*")
    around = {
        "category": [{"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}],
        "grouping": [{"id": "https://courses.example/lifting/1"}],
    }
    one = about(f"urn:uuid:{uuid.uuid4()}", context={"contextActivities": around})
    lrs.post(one)
    assert register.evidence() == [(one["id"], FIRE, "attained")]


# --- the register is derived ------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("statement"), st.sampled_from([COURSE, ELSEWHERE]), st.sampled_from([PASSED, FAILED])
        ),
        st.tuples(
            st.just("lms"), st.sampled_from([COURSE, ELSEWHERE]), st.sampled_from(["passed", "withdrawn"])
        ),
        st.tuples(st.just("void"), st.integers(0, 3), st.none()),
        st.tuples(st.just("map"), st.sampled_from([COURSE, "https://*"]), st.sampled_from([FIRE, FIRST_AID])),
        st.tuples(st.just("unmap"), st.integers(0, 3), st.none()),
    ),
    min_size=3,
    max_size=9,
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_rebuild_from_all_statements_gives_the_same(register: Register, lrs: Sender, steps: list):
    sent, made = [], []
    for kind, what, how in steps:
        if kind == "statement":
            sent.append(about(what, verb={"id": how}))
            lrs.post(sent[-1])
        elif kind == "lms":
            register.tell(result("c:7:1", what, outcome=how))
        elif kind == "void" and what < len(sent):
            ref = {"objectType": "StatementRef", "id": sent[what]["id"]}
            lrs.post(statement(verb={"id": VOIDED}, object=ref))
        elif kind == "map":
            made.append(register.map(what, how))
        elif kind == "unmap" and what < len(made):
            register.unmap(made.pop(what))
    before, rows = register.evidence(), register.rows()
    with register.app.app_context(), register.work() as session:
        assert rebuilding.take_again(session, register.app.settings.base_url, secret_key(session)) == 0
    assert register.rows() == rows, "what is there already is not written again"
    with register.app.app_context(), register.work() as session:
        session.execute(delete(Evidence))
        rebuilding.take_again(session, register.app.settings.base_url, secret_key(session))
    assert register.evidence() == before
    for one in made:
        register.unmap(one)


# --- pages --------------------------------------------------------------------------------------------------------

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@SQLITE
def test_what_gives_nothing_yet_is_suggested_with_how_much_it_would_give(
    register: Register, lrs: Sender, signed_in
):
    lrs.post(*[about(COURSE) for _ in range(3)], about(ELSEWHERE), statement())
    register.tell(result("c:9:1", "https://moodle.example/course/9", activity_name="Moodle course"))
    camilla = signed_in(CAMILLA)
    page = camilla.get("/register/mappings").text
    assert page.index(COURSE) < page.index(ELSEWHERE)
    assert "Moodle course" in page
    assert "urn:uuid:" not in page, "a module of our own needs no mapping"
    form = {"pattern": COURSE, "competence": str(register.competences[FIRE]), "words": "completed"}
    shown = camilla.post("/register/mappings/new", data=form | {"action": "preview"})
    assert "It would make 3 results count." in shown.text
    assert register.evidence() == []
    assert camilla.post("/register/mappings/new", data=form).status_code == 303
    register.look()
    page = camilla.get("/register/mappings").text
    assert "3 stored results counted" in page
    assert f'new?pattern={COURSE}"' not in page
    address = next(p.split('"')[0] for p in page.split('action="') if p.split('"')[0].endswith("/remove"))
    assert camilla.post(address).status_code == 303
    register.look()
    assert register.evidence() == []


@SQLITE
@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"pattern": ""}, "not * alone"),
        ({"pattern": "*"}, "not * alone"),
        ({"pattern": "two words"}, "not * alone"),
        ({"words": []}, "Choose at least one."),
        ({"words": ["flew"]}, "Choose at least one."),
        ({"competence": ""}, "Choose a competence."),
        ({"competence": str(uuid.UUID(int=1))}, "Choose a competence."),
        ({"level": "high"}, "Write a whole number."),
        ({"validity_months": "0"}, "Write a whole number."),
        ({"validity_months": "99999"}, "Write a whole number."),
    ],
)
def test_a_faulty_mapping_is_refused_with_a_sentence_at_the_field(
    register: Register, signed_in, form: dict, sentence: str
):
    sound = {"pattern": COURSE, "competence": str(register.competences[FIRE]), "words": ["passed"]}
    answer = signed_in(CAMILLA).post("/register/mappings/new", data=sound | form)
    assert answer.status_code == 400
    assert sentence in answer.text


@SQLITE
def test_only_coordinators_say_what_gives_competence(register: Register, signed_in):
    assert signed_in(ASTRID).get("/register/mappings").status_code == 403
