"""The table of licences, row by row as the facts on rights state it."""

import pytest

from content.licences import IDS, LICENCES, Answer
from content.module import Grant, Rights
from content.rights import Use, adapters, may

Y, N, A = Answer.YES, Answer.NO, Answer.ASK
BY_ALL = {"BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"}
# licence: share unchanged, share adapted, commercial, attribution, licences the adapter may choose
TABLE = [
    ("CC0-1.0", Y, Y, Y, False, "any"),
    ("PDM-1.0", Y, Y, Y, False, "any"),
    ("CC-BY-4.0", Y, Y, Y, True, BY_ALL),
    ("CC-BY-3.0", Y, Y, Y, True, BY_ALL),
    ("CC-BY-SA-4.0", Y, Y, Y, True, {"BY-SA"}),
    ("CC-BY-SA-3.0", Y, Y, Y, True, {"BY-SA"}),
    ("CC-BY-NC-4.0", Y, Y, N, True, {"BY-NC", "BY-NC-SA", "BY-NC-ND"}),
    ("CC-BY-NC-3.0", Y, Y, N, True, {"BY-NC", "BY-NC-SA", "BY-NC-ND"}),
    ("CC-BY-NC-SA-4.0", Y, Y, N, True, {"BY-NC-SA"}),
    ("CC-BY-NC-SA-3.0", Y, Y, N, True, {"BY-NC-SA"}),
    ("CC-BY-ND-4.0", Y, N, Y, True, set()),
    ("CC-BY-ND-3.0", Y, N, Y, True, set()),
    ("CC-BY-NC-ND-4.0", Y, N, N, True, set()),
    ("CC-BY-NC-ND-3.0", Y, N, N, True, set()),
    ("NLOD-2.0", Y, Y, Y, True, BY_ALL),
    ("GFDL-1.3", Y, Y, Y, True, {"GFDL-1.3"}),
    ("all-rights-reserved", A, A, A, True, set()),
    ("unknown", A, A, A, True, set()),
    ("GROUP", A, A, A, True, set()),
]


def families(licences: frozenset[str]) -> set[str]:
    return {
        name.removeprefix("CC-").rsplit("-", 1)[0] if name.startswith("CC-") else name for name in licences
    }


@pytest.mark.parametrize(("licence", "share", "adapt", "commercial", "attribution", "chosen"), TABLE)
def test_row(
    licence: str, share: Answer, adapt: Answer, commercial: Answer, attribution: bool, chosen: set[str] | str
) -> None:
    rights = Rights(licence=licence, holder="Storsjö kommun")
    assert may(Use.SHARE, rights, organisation="Fjordvik kommune").answer is share
    for use in (Use.ADAPT, Use.TRANSLATE, Use.CROP, Use.SYNC):
        assert may(use, rights, organisation="Fjordvik kommune").answer is adapt
    assert may(Use.COMMERCIAL, rights, organisation="Fjordvik kommune").answer is commercial
    assert LICENCES[licence].attribution is attribution
    if chosen == "any":
        assert adapters(rights) == set(IDS) - {"unknown"}
    else:
        assert families(adapters(rights)) == chosen


def test_every_licence_has_a_row() -> None:
    assert {row[0] for row in TABLE} == set(IDS) == set(LICENCES)


def test_no_adaptation_of_the_newer_version_under_the_older() -> None:
    assert adapters(Rights(licence="CC-BY-SA-4.0")) == {"CC-BY-SA-4.0"}
    assert adapters(Rights(licence="CC-BY-SA-3.0")) == {"CC-BY-SA-3.0", "CC-BY-SA-4.0"}


def test_the_documentation_licence_goes_with_no_cc_licence() -> None:
    assert not any(name.startswith("CC-") for name in adapters(Rights(licence="GFDL-1.3")))


@pytest.mark.parametrize("licence", [name for name in IDS if name.startswith(("CC", "PDM", "NLOD", "GFDL"))])
def test_public_licences_say_where_they_stand(licence: str) -> None:
    assert LICENCES[licence].url.startswith("https://")
    assert LICENCES[licence].name


def test_the_holder_may_do_anything_with_her_own() -> None:
    for licence in IDS:
        rights = Rights(licence=licence, holder="Fjordvik kommune", grant=Grant(members=("Storsjö kommun",)))
        for use in Use:
            assert may(use, rights, organisation="Fjordvik kommune").answer is Y
