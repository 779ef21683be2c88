"""What stands against using somebody's module, and the version that another may make of it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from content.adapting import adapted, last_day, may_adapt, most_learners, obstacles
from content.licences import IDS, LICENCES, Answer
from content.module import Grant, Module
from content.rights import adaptation, parts_of

from .samples import DIGEST, PICTURE, asset

DAY = date(2026, 3, 1)


def module(licence: str, part: str = "CC0-1.0", **grant: Any) -> Module:
    """Fjordvik's, with one picture of Bildebyrået's."""

    def rights(chosen: str, **more: str) -> dict[str, Any]:
        return {"licence": chosen, **more} | ({"grant": grant} if chosen == "GROUP" and grant else {})

    picture = asset("hands.png", "image/webp", PICTURE)
    picture["rights"] = rights(part, holder="Bildebyrået", title="Hands")
    block = {"id": "b100", "type": "image", "asset": DIGEST, "alt": "Two hands", "caption": ""}
    return Module.from_json(
        {
            "schema": 1,
            "id": "0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01",
            "title": "Clean hands",
            "rights": rights(licence, holder="Fjordvik"),
            "pages": [{"id": "p100", "title": "One", "blocks": [block]}],
            "assets": {DIGEST: picture},
        }
    )


@pytest.mark.parametrize("licence", sorted(set(IDS) - {"GROUP"}))
def test_anybody_uses_what_its_licence_lets_everybody_share(licence: str):
    found = obstacles(module(licence), ("Storsjö",), on=DAY)
    assert [work.name for work, _ in found] == (
        [] if LICENCES[licence].share is Answer.YES else ["Clean hands"]
    )


def test_a_part_that_may_not_be_passed_on_is_named():
    (found,) = obstacles(module("CC-BY-4.0", "all-rights-reserved"), ("Storsjö",), on=DAY)
    assert (found[0].name, found[0].block_id != "", found[1].answer) == ("Hands", True, Answer.ASK)


@pytest.mark.parametrize(
    ("name", "member"), [("Storsjö", True), ("2120009901", True), ("Fjordvik", True), ("Nabovik", False)]
)
def test_a_grant_is_for_its_members_and_its_holder(name: str, member: bool):
    granted = module("GROUP", members=["Storsjö", "2120009901"])
    assert (obstacles(granted, (name,), on=DAY) == []) is member


@pytest.mark.parametrize("licence", sorted(set(IDS) - {"GROUP", "unknown"}))
def test_what_is_made_of_it_may_always_be_published(licence: str):
    original = module(licence)
    if may_adapt(original, ("Storsjö",), on=DAY).answer is not Answer.YES:
        assert LICENCES[licence].adapt is not Answer.YES
        return
    own = adapted(original, version=3, holder="Storsjö")
    origins = [part for part in parts_of(own) if part.origin]
    assert own.rights.licence in adaptation(origins, organisation="Storsjö", on=DAY).licences
    assert (own.rights.holder, own.derived_from[0].version) == ("Storsjö", 3)
    assert (own.id != original.id, own.pages) == (True, original.pages)
    assert own.assets[DIGEST].rights.source == "Clean hands, Fjordvik"


def test_it_keeps_what_the_original_was_made_from():
    once = adapted(module("CC-BY-4.0"), version=1, holder="Storsjö")
    twice = adapted(once, version=1, holder="Nabovik")
    assert [origin.holder for origin in twice.derived_from] == ["Fjordvik", "Storsjö"]


def test_a_source_that_is_told_stays():
    original = module("CC-BY-4.0")
    told = replace(original.assets[DIGEST].rights, source="https://pictures.example/1")
    original = replace(original, assets={DIGEST: replace(original.assets[DIGEST], rights=told)})
    own = adapted(original, version=1, holder="Storsjö")
    assert own.assets[DIGEST].rights.source == "https://pictures.example/1"


@pytest.mark.parametrize(
    ("whole", "part", "ends"),
    [("GROUP", "CC0-1.0", "2026-12-31"), ("CC-BY-4.0", "GROUP", "2026-12-31"), ("CC-BY-4.0", "CC0-1.0", "")],
)
def test_its_last_day_is_that_of_the_first_grant_that_ends(whole: str, part: str, ends: str):
    assert last_day(module(whole, part, members=["Storsjö"], valid_to="2026-12-31")) == ends
    assert last_day(module(whole, part, valid_to="2026-12-31", after_expiry="keep")) == ""
    assert last_day(module(whole, part, members=["Storsjö"])) == ""


def test_what_a_holder_allows_others_does_not_bind_itself():
    granted = module("GROUP", members=["Storsjö"], valid_to="2026-12-31", max_learners=50)
    for names, day, most in ((("Fjordvik", "1"), "", None), (("Storsjö", "2"), "2026-12-31", 50)):
        assert (last_day(granted, names), most_learners(granted, names)) == (day, most)
    with_a_picture = module("GROUP", "GROUP", members=["Storsjö"], valid_to="2026-12-31")
    assert last_day(with_a_picture, ("Fjordvik", "1")) == "2026-12-31"


@pytest.mark.parametrize(
    ("whole", "part", "most"),
    [("GROUP", "CC0-1.0", 50), ("CC-BY-4.0", "GROUP", 50), ("CC-BY-4.0", "CC0-1.0", None)],
)
def test_it_is_for_as_many_learners_as_its_grants_let(whole: str, part: str, most: int | None):
    assert most_learners(module(whole, part, members=["Storsjö"], max_learners=50)) == most
    assert most_learners(module(whole, part, members=["Storsjö"])) is None
    assert most_learners(module(whole, part)) is None


@pytest.mark.parametrize(
    ("whole", "part", "most"), [(50, 20, 20), (20, 50, 20), (None, 50, 50), (50, None, 50)]
)
def test_of_several_grants_the_one_for_fewest_learners_counts(
    whole: int | None, part: int | None, most: int | None
):
    granted = module("GROUP", "GROUP", members=["Storsjö"], max_learners=whole)
    grant = Grant(members=("Storsjö",), max_learners=part)
    rights = replace(granted.assets[DIGEST].rights, grant=grant)
    assert (
        most_learners(replace(granted, assets={DIGEST: replace(granted.assets[DIGEST], rights=rights)}))
        == most
    )


def test_a_creative_commons_licence_knows_no_number_of_learners():
    narrowed = module("CC-BY-4.0")
    rights = replace(narrowed.rights, grant=Grant(members=("Storsjö",), max_learners=1))
    assert most_learners(replace(narrowed, rights=rights)) is None
