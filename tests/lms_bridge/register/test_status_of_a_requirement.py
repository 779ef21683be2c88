"""Status: what a person meets, until when, and by which evidence."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.register.dates import Renewal, Validity, add_months
from lms_bridge.register.status import (
    Duty,
    Evidence,
    Exemption,
    Flag,
    Method,
    Requirement,
    Result,
    State,
    combine,
    standings,
    state,
)

HANDS, FIRE = "urn:competence:hands", "urn:competence:fire"
TODAY = date(2026, 6, 15)
duty = Duty(starts_on=date(2026, 1, 1))
yearly = Requirement("care", 1, HANDS, date(2020, 1, 1), due_days=30, validity=Validity(12))
_numbers = iter(range(10**9))


def evidence(day, method=Method.LMS, result=Result.ATTAINED, **more):
    record = more.pop("record", f"r{next(_numbers)}")
    fields = {
        "source": "lms",
        "revision": 1,
        "competence": HANDS,
        "id": f"{record}-{more.get('revision', 1)}",
    }
    return Evidence(day=day, method=method, result=result, record=record, **(fields | more))


def on(day, known=(), requirements=(yearly,), exemptions=(), of=duty):
    """State, flags and standing on a day."""
    rows = standings(of, requirements, known, exemptions)
    row = next(
        (r for r in rows if r.required_from <= day and (r.required_to is None or day <= r.required_to)),
        None,
    )
    return (*state(row, day), row) if row else (State.NOT_REQUIRED, frozenset(), None)


class TestStates:
    def test_missing_until_due_then_overdue(self):
        assert on(date(2026, 1, 31))[:2] == (State.MISSING, frozenset())
        assert on(date(2026, 2, 1))[:2] == (State.MISSING, {Flag.OVERDUE})

    def test_an_attempt_is_in_progress(self):
        tried = evidence(date(2026, 1, 10), result=Result.ATTEMPTED)
        assert on(date(2026, 1, 11), [tried])[0] is State.IN_PROGRESS

    def test_met_expiring_and_expired(self):
        done = [evidence(date(2025, 9, 1))]
        assert on(date(2026, 6, 2), done)[0] is State.MET
        assert on(date(2026, 6, 3), done)[0] is State.EXPIRING
        assert on(date(2026, 9, 1), done)[0] is State.EXPIRING
        assert on(date(2026, 9, 2), done)[:2] == (State.EXPIRED, {Flag.OVERDUE})

    def test_starting_a_renewal_never_downgrades_a_valid_state(self):
        done = evidence(date(2025, 9, 1))
        again = evidence(TODAY - timedelta(1), result=Result.ATTEMPTED)
        assert on(TODAY, [done, again])[:2] == (State.EXPIRING, {Flag.RENEWING})
        assert on(date(2026, 10, 1), [done, again])[1] == {Flag.RENEWING, Flag.OVERDUE}

    def test_nothing_is_required_before_the_duty_or_after_it(self):
        left = Duty(date(2026, 1, 1), date(2026, 5, 31))
        assert on(date(2025, 12, 31), of=left)[0] is State.NOT_REQUIRED
        assert on(date(2026, 6, 1), of=left)[0] is State.NOT_REQUIRED

    def test_an_upload_awaits_approval_and_then_counts(self):
        upload = evidence(TODAY, Method.UPLOAD, record="diploma", awaiting_approval=True)
        assert on(TODAY, [upload])[:2] == (State.MISSING, {Flag.AWAITING_APPROVAL, Flag.OVERDUE})
        approved = replace(upload, id="diploma-2", revision=2, awaiting_approval=False)
        assert on(TODAY, [upload, approved])[:2] == (State.MET, frozenset())

    def test_a_self_assessment_never_satisfies(self):
        assert on(TODAY, [evidence(TODAY, Method.SELF)])[0] is State.MISSING


class TestCasesThatBreakRegisters:
    def test_31_august_plus_6_months(self):
        half = replace(yearly, validity=Validity(6))
        assert on(TODAY, [evidence(date(2025, 8, 31))], [half])[2].valid_until == date(2026, 2, 28)

    def test_the_same_completion_twice(self):
        done = evidence(date(2026, 2, 1), record="a")
        assert on(TODAY, [done, done]) == on(TODAY, [done])

    def test_one_arriving_behind_the_cursor_does_not_replace_a_later_one(self):
        late, early = evidence(date(2026, 3, 1), record="b"), evidence(date(2025, 3, 1), record="a")
        assert on(TODAY, [late, early])[2].evidence == late.id

    def test_a_completion_unlocked_and_stamped_anew_keeps_its_record(self):
        first = evidence(date(2026, 3, 1), record="a")
        again = evidence(date(2026, 4, 1), record="a", revision=2)
        assert on(TODAY, [again, first])[2].valid_until == date(2027, 4, 1)

    def test_a_score_corrected_downwards(self):
        passed = evidence(date(2026, 3, 1), record="a")
        corrected = evidence(date(2026, 3, 1), record="a", revision=2, result=Result.ATTEMPTED)
        assert on(TODAY, [passed, corrected])[0] is State.IN_PROGRESS

    def test_a_retraction_is_a_new_row_and_leaves_what_was_before(self):
        old = evidence(date(2025, 12, 1), record="a")
        new = evidence(date(2026, 5, 1), record="b")
        gone = evidence(date(2026, 5, 1), record="b", revision=2, result=Result.RETRACTED)
        assert on(TODAY, [old, new, gone])[2].evidence == old.id

    def test_renewal_one_day_early_and_one_day_late(self):
        rule = replace(yearly, validity=Validity(12, Renewal.EXPIRY, 30))
        first = evidence(date(2025, 6, 1))
        early, late = evidence(date(2026, 5, 31)), evidence(date(2026, 6, 2))
        assert on(TODAY, [first, early], [rule])[2].valid_until == date(2027, 6, 1)
        assert on(TODAY, [first, late], [rule])[2].valid_until == date(2027, 6, 2)

    def test_leave_across_an_expiry_and_a_rehire_find_the_evidence_again(self):
        done = [evidence(date(2026, 2, 1))]
        returned = Duty(date(2026, 10, 1))
        assert on(date(2026, 10, 1), done, of=returned)[0] is State.MET
        assert on(date(2027, 2, 2), done, of=returned)[0] is State.EXPIRED

    def test_a_returner_with_expired_evidence_is_not_overdue_before_the_deadline(self):
        done = [evidence(date(2020, 2, 1))]
        assert on(date(2026, 1, 2), done)[:2] == (State.EXPIRED, frozenset())

    def test_an_exemption_running_out(self):
        parental = [Exemption(date(2026, 1, 1), date(2026, 6, 30))]
        assert on(date(2026, 6, 30), exemptions=parental)[0] is State.EXEMPT
        assert on(date(2026, 7, 1), exemptions=parental)[:2] == (State.MISSING, {Flag.OVERDUE})
        assert on(date(2026, 7, 1), exemptions=parental)[2].due_on == date(2026, 6, 30)

    def test_two_roles_with_contradicting_validity(self):
        nurse = replace(yearly, key="nurse", level=2, validity=Validity(36))
        done = [evidence(date(2025, 3, 1), level=2)]
        assert on(TODAY, done, [yearly, nurse])[2].valid_until == date(2026, 3, 1)
        low = [evidence(date(2026, 3, 1), level=1)]
        assert on(TODAY, low, [yearly, nurse])[0] is State.IN_PROGRESS
        assert on(TODAY, low, [yearly])[0] is State.MET

    def test_of_alternatives_one_suffices(self):
        either = replace(yearly, alternatives=frozenset({FIRE}))
        assert on(TODAY, [evidence(TODAY, competence=FIRE)], [either])[0] is State.MET
        assert on(TODAY, [evidence(TODAY, competence=FIRE)], [yearly])[0] is State.MISSING

    def test_evidence_dated_in_the_future_does_not_count_yet(self):
        assert on(TODAY, [evidence(TODAY + timedelta(1))])[0] is State.MISSING


class TestPolicy:
    """A change of policy works forward unless it was signed as retroactive."""

    before = replace(yearly, validity=Validity(24), effective_to=date(2026, 5, 31))
    after = replace(
        yearly,
        policy_version=2,
        validity=Validity(12),
        effective_from=date(2026, 6, 1),
        introduced=date(2020, 1, 1),
    )
    done = (evidence(date(2025, 3, 1)),)

    def test_evidence_from_before_keeps_its_validity(self):
        row = on(TODAY, self.done, [self.before, self.after])[2]
        assert (row.valid_until, row.policy_version) == (date(2027, 3, 1), 2)
        assert on(date(2026, 5, 1), self.done, [self.before, self.after])[2].valid_until == date(2027, 3, 1)

    def test_evidence_from_after_follows_the_new_version(self):
        new = evidence(date(2026, 6, 2))
        assert on(TODAY, [new], [self.before, self.after])[2].valid_until == date(2027, 6, 2)

    def test_signed_as_retroactive_it_judges_all(self):
        signed = replace(self.after, retroactive=True)
        assert on(TODAY, self.done, [self.before, signed])[0] is State.EXPIRED
        assert on(date(2026, 5, 31), self.done, [self.before, signed])[0] is State.MET

    def test_a_new_requirement_gives_those_who_are_there_its_own_deadline(self):
        new = replace(yearly, effective_from=date(2026, 6, 1), due_days=60)
        assert on(TODAY, requirements=[new])[2].due_on == date(2026, 7, 31)


class TestPrecedence:
    @pytest.mark.parametrize("lighter", [Method.LMS, Method.UPLOAD, Method.MANAGER, Method.LEGACY])
    def test_an_authoritys_later_word_replaces_lighter_evidence(self, lighter):
        before = evidence(date(2026, 3, 1), lighter)
        register = evidence(date(2026, 4, 1), Method.AUTHORITY, valid_until=date(2026, 7, 1))
        assert on(TODAY, [before, register])[2].valid_until == date(2026, 7, 1)

    def test_a_later_completion_renews_what_an_authority_said(self):
        register = evidence(date(2025, 4, 1), Method.AUTHORITY, valid_until=date(2026, 7, 1))
        course = evidence(date(2026, 6, 1))
        assert on(TODAY, [register, course])[2].evidence == course.id

    def test_on_the_same_day_the_weightier_is_named(self):
        word, course = evidence(TODAY, Method.MANAGER), evidence(TODAY, Method.LMS)
        assert on(TODAY, [word, course])[2].evidence == course.id

    def test_only_what_the_requirement_admits_counts(self):
        hands_on = replace(yearly, admissible=frozenset({Method.PRACTICAL}))
        assert on(TODAY, [evidence(TODAY)], [hands_on])[0] is State.IN_PROGRESS
        assert on(TODAY, [evidence(TODAY, Method.PRACTICAL)], [hands_on])[0] is State.MET

    def test_the_earlier_of_policy_and_evidence(self):
        stated = evidence(date(2026, 2, 1), valid_until=date(2026, 8, 1))
        assert on(TODAY, [stated])[2].valid_until == date(2026, 8, 1)
        generous = evidence(date(2026, 2, 1), valid_until=date(2036, 8, 1))
        assert on(TODAY, [generous])[2].valid_until == date(2027, 2, 1)


days = st.dates(date(2023, 1, 1), TODAY)
records = st.builds(
    evidence,
    days,
    st.sampled_from(Method),
    st.sampled_from(Result),
    record=st.sampled_from("abcde"),
    revision=st.integers(1, 3),
    level=st.sampled_from([None, 1, 2, 3]),
    competence=st.sampled_from([HANDS, FIRE]),
    validity_months=st.sampled_from([None, 6, 24]),
)
histories = st.lists(records, max_size=8, unique_by=lambda e: (e.record, e.revision, e.competence))
rules = st.builds(
    lambda key, level, months, renewal, alternatives: replace(
        yearly, key=key, level=level, validity=Validity(months, renewal), alternatives=alternatives
    ),
    st.sampled_from(["care", "nurse", "all"]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, 6, 12, 36]),
    st.sampled_from(Renewal),
    st.sampled_from([frozenset(), frozenset({FIRE})]),
)
policies = st.lists(rules, min_size=1, max_size=3, unique_by=lambda r: r.key)


@given(st.data(), histories, policies)
def test_order_and_repetition_change_nothing(data, history, policy):
    shuffled = data.draw(st.permutations(history + history[:3]))
    reordered = data.draw(st.permutations(policy))
    assert standings(duty, reordered, shuffled) == standings(duty, policy, history)


@given(histories, policies)
def test_several_roles_are_never_easier_than_one(history, policy):
    together = state(standings(duty, policy, history)[0], TODAY)[0]
    if together in {State.MET, State.EXPIRING}:
        levels = [r.level for r in policy if r.level is not None]
        assert combine(policy).level == max(levels, default=None)
        months = [r.validity.months for r in policy if r.validity.months]
        assert combine(policy).validity.months == min(months, default=None)


@given(histories, policies, days)
def test_an_attempt_never_takes_away_what_is_met(history, policy, day):
    before = state(standings(duty, policy, history)[0], TODAY)[0]
    tried = evidence(day, result=Result.ATTEMPTED, record="new")
    after = state(standings(duty, policy, [*history, tried])[0], TODAY)[0]
    if before in {State.MET, State.EXPIRING, State.EXPIRED}:
        assert after is before


@given(days, st.sampled_from([6, 12, 36]))
def test_the_last_valid_day_is_valid_and_the_next_is_not(day, months):
    rule = replace(yearly, validity=Validity(months))
    row = standings(Duty(date(2020, 1, 1)), [rule], [evidence(day)])[0]
    last = add_months(day, months)
    assert state(row, last)[0] in {State.MET, State.EXPIRING}
    assert state(row, last + timedelta(1))[0] is State.EXPIRED


@given(st.lists(st.tuples(days, st.integers(0, 400)), max_size=3), st.lists(days, max_size=3), days)
def test_standings_cover_each_day_of_the_duty_at_most_once(leaves, changes, begin):
    versions = [
        replace(yearly, policy_version=n, effective_from=day, key=f"k{n}") for n, day in enumerate(changes)
    ]
    exempt = [Exemption(day, day + timedelta(length)) for day, length in leaves]
    rows = standings(Duty(begin, TODAY), versions, [], exempt)
    for one, following in pairwise(rows):
        assert one.required_to is not None
        assert one.required_from <= one.required_to < following.required_from
    assert all(begin <= r.required_from and r.required_to <= TODAY for r in rows)
