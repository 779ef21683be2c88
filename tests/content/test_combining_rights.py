"""Combining works: adaptations, collections, and what a grant to named organisations allows on which day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.licences import IDS, Answer
from content.module import Grant, Rights
from content.rights import Part, Use, adaptation, adapters, collection, may

FJORDVIK, STORSJO = "Fjordvik kommune", "Storsjö kommun"


def part(licence: str, name: str = "") -> Part:
    return Part(name or licence, Rights(licence=licence, holder="Kari Fotograf"))


def names(clashes: tuple[tuple[Part, ...], ...]) -> list[set[str]]:
    return [{part.name for part in clash} for clash in clashes]


def test_by_and_by_sa_become_by_sa() -> None:
    assert adaptation([part("CC-BY-4.0"), part("CC-BY-SA-4.0")]).licences == {"CC-BY-SA-4.0"}


def test_versions_three_and_four_of_share_alike_meet_in_four() -> None:
    assert adaptation([part("CC-BY-SA-3.0"), part("CC-BY-SA-4.0")]).licences == {"CC-BY-SA-4.0"}


def test_share_alike_and_noncommercial_cannot_be_merged_and_both_are_named() -> None:
    result = adaptation([part("CC0-1.0"), part("CC-BY-SA-4.0", "foto"), part("CC-BY-NC-4.0", "tekst")])
    assert result.licences == frozenset()
    assert names(result.clashes) == [{"foto", "tekst"}]
    assert "CC-BY-4.0" in result.replacements
    assert "CC0-1.0" in result.replacements
    assert not {"CC-BY-NC-4.0", "CC-BY-ND-4.0", "unknown"} & result.replacements


def test_a_part_that_allows_no_adaptation_clashes_alone() -> None:
    result = adaptation([part("CC-BY-ND-4.0", "plakat"), part("CC-BY-SA-4.0", "foto")])
    assert names(result.clashes) == [{"plakat"}]
    assert {"CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0"} <= result.replacements
    assert "CC-BY-NC-4.0" not in result.replacements


def test_documentation_licence_clashes_with_cc() -> None:
    assert names(adaptation([part("GFDL-1.3"), part("CC-BY-SA-4.0")]).clashes) == [
        {"GFDL-1.3", "CC-BY-SA-4.0"}
    ]


def test_nothing_but_own_work_may_become_anything() -> None:
    own = Part("egen", Rights(licence="all-rights-reserved", holder=FJORDVIK))
    assert adaptation([own], organisation=FJORDVIK).licences == set(IDS) - {"unknown"}
    assert adaptation([]).licences == set(IDS) - {"unknown"}


LICENCES = st.lists(st.sampled_from(IDS), min_size=1, max_size=5)


@given(LICENCES)
def test_an_adaptation_is_the_intersection_and_a_refusal_names_a_clash(licences: list[str]) -> None:
    parts = [part(licence, f"{licence} {number}") for number, licence in enumerate(licences)]
    result = adaptation(parts)
    assert result.licences == frozenset.intersection(*(adapters(part.rights) for part in parts))
    assert bool(result.clashes) == (not result.licences)
    for clash in result.clashes:
        assert not frozenset.intersection(*(adapters(part.rights) for part in clash))


@given(LICENCES, st.sampled_from(IDS))
def test_another_part_never_widens_what_is_allowed(licences: list[str], more: str) -> None:
    parts = [part(licence) for licence in licences]
    assert adaptation([*parts, part(more)]).licences <= adaptation(parts).licences
    order = [Answer.NO, Answer.ASK, Answer.YES]
    before, after = collection(parts), collection([*parts, part(more)])
    assert order.index(after.share) <= order.index(before.share)
    assert order.index(after.commercial) <= order.index(before.commercial)


def test_a_collection_keeps_unchanged_parts_even_nd() -> None:
    whole = collection([part("CC-BY-ND-4.0"), part("CC-BY-4.0"), part("GFDL-1.3")])
    assert (whole.share, whole.commercial) == (Answer.YES, Answer.YES)


def test_one_nc_part_makes_the_whole_noncommercial() -> None:
    whole = collection([part("CC-BY-4.0"), part("CC-BY-NC-ND-4.0", "film")])
    assert (whole.share, whole.commercial) == (Answer.YES, Answer.NO)
    assert names((whole.commercial_because,)) == [{"film"}]


def test_one_unknown_part_must_be_asked_for() -> None:
    whole = collection([part("CC-BY-4.0"), part("unknown", "bilde")])
    assert whole.share is Answer.ASK
    assert names((whole.share_because,)) == [{"bilde"}]


def granted(**fields: object) -> Rights:
    grant = Grant(
        members=(FJORDVIK, "Nordli kommune"), valid_from="2026-01-01", valid_to="2026-12-31", **fields
    )  # type: ignore[arg-type]
    return Rights(licence="GROUP", holder=STORSJO, grant=grant)


GRANTS = [
    ("member on the first day", granted(), Use.SHARE, FJORDVIK, "2026-01-01", Answer.YES, "verdict.grant"),
    ("member on the last day", granted(), Use.SHARE, FJORDVIK, "2026-12-31", Answer.YES, "verdict.grant"),
    (
        "member the day after",
        granted(),
        Use.SHARE,
        FJORDVIK,
        "2027-01-01",
        Answer.NO,
        "verdict.outside_period",
    ),
    (
        "member the day before",
        granted(),
        Use.SHARE,
        FJORDVIK,
        "2025-12-31",
        Answer.NO,
        "verdict.outside_period",
    ),
    ("not a member", granted(), Use.SHARE, "Vik kommune", "2026-06-01", Answer.NO, "verdict.not_a_member"),
    (
        "not a member, but it may be passed on",
        granted(may_redistribute=True),
        Use.SHARE,
        "Vik kommune",
        "2026-06-01",
        Answer.YES,
        "verdict.grant",
    ),
    ("the holder always", granted(), Use.ADAPT, STORSJO, "2030-01-01", Answer.YES, "verdict.own"),
    ("adapting", granted(), Use.ADAPT, FJORDVIK, "2026-06-01", Answer.NO, "verdict.grant_says_no"),
    (
        "adapting allowed",
        granted(may_adapt=True),
        Use.CROP,
        FJORDVIK,
        "2026-06-01",
        Answer.YES,
        "verdict.grant",
    ),
    (
        "adapting allowed, translating not",
        granted(may_adapt=True),
        Use.TRANSLATE,
        FJORDVIK,
        "2026-06-01",
        Answer.NO,
        "verdict.grant_says_no",
    ),
    (
        "translating allowed",
        granted(may_translate=True),
        Use.TRANSLATE,
        FJORDVIK,
        "2026-06-01",
        Answer.YES,
        "verdict.grant",
    ),
    ("selling", granted(), Use.COMMERCIAL, FJORDVIK, "2026-06-01", Answer.NO, "verdict.grant_says_no"),
    (
        "no agreement entered",
        Rights(licence="GROUP", holder=STORSJO),
        Use.SHARE,
        FJORDVIK,
        "2026-06-01",
        Answer.ASK,
        "verdict.no_grant",
    ),
]


@pytest.mark.parametrize(
    ("rights", "use", "organisation", "on", "answer", "code"),
    [row[1:] for row in GRANTS],
    ids=[row[0] for row in GRANTS],
)
def test_grant(rights: Rights, use: Use, organisation: str, on: str, answer: Answer, code: str) -> None:
    verdict = may(use, rights, organisation=organisation, on=date.fromisoformat(on))
    assert (verdict.answer, verdict.code) == (answer, code)


def test_an_adaptation_by_grant_takes_the_licence_agreed_on() -> None:
    on = date(2026, 6, 1)
    agreed = granted(may_adapt=True, derivative_licence="CC-BY-NC-4.0")
    assert adapters(agreed, organisation=FJORDVIK, on=on) == {"CC-BY-NC-4.0"}
    assert adapters(granted(may_adapt=True), organisation=FJORDVIK, on=on) == {"GROUP"}
    assert adapters(agreed, organisation="Vik kommune", on=on) == frozenset()
    assert adapters(agreed, organisation=FJORDVIK, on=date(2027, 1, 1)) == frozenset()
