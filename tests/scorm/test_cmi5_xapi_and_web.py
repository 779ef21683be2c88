"""Packages for LMSs that speak xAPI, and for none at all."""

from dataclasses import replace

import pytest

from scorm import File, Item, MoveOn, Objective, PackageError, Resource, Standard, build
from tests.scorm.packages import MODULE, course, find, hand_hygiene, manifest, texts, written


def with_item(**changes):
    package = hand_hygiene()
    organization = package.organizations[0]
    item = replace(organization.items[0], **changes)
    return replace(package, organizations=(replace(organization, items=(item,)),))


def test_cmi5_an_au_has_url_move_on_mastery_score_and_launch_method():
    (unit,) = find(manifest(hand_hygiene(), Standard.CMI5), "au")
    assert dict(unit.attrib) == {
        "id": f"urn:uuid:{MODULE}",
        "moveOn": "Passed",
        "masteryScore": "0.8",
        "launchMethod": "AnyWindow",
    }
    assert texts(unit, "url") == ["index.html"]


def test_cmi5_ids_are_unique_so_the_course_of_a_lone_unit_is_called_otherwise():
    root = manifest(hand_hygiene(), Standard.CMI5)
    assert find(root, "course")[0].get("id") == f"urn:uuid:{MODULE}#course"
    assert find(manifest(course(), Standard.CMI5), "course")[0].get("id") == f"urn:uuid:{MODULE}"


def test_cmi5_chapters_are_blocks_and_objectives_are_referred_to():
    root = manifest(course(), Standard.CMI5)
    (block,) = find(root, "block")
    assert [unit.get("id") for unit in find(block, "au")] == [
        f"urn:uuid:{MODULE}#lesson-1",
        f"urn:uuid:{MODULE}#lesson-2",
    ]
    assert texts(block, "url") == ["when.html", "how.html?lang=nb&page=2&part=b"]
    assert [o.get("idref") for o in root.xpath("//*[@idref]")] == ["urn:uuid:11aa"] * 2
    assert find(root, "objective")[0].get("id") == "urn:uuid:11aa"
    assert texts(root, "launchParameters") == ["page=1"]
    assert texts(root, "entitlementKey") == ["n0kkel"]


def test_cmi5_titles_and_descriptions_bear_the_language():
    strings = find(manifest(hand_hygiene(), Standard.CMI5), "langstring")
    assert {s.get("lang") for s in strings} == {"nb"}
    assert all(s.text for s in strings)


def test_xapi_a_module_is_one_activity_with_its_launch():
    (activity,) = find(manifest(hand_hygiene(), Standard.XAPI), "activity")
    assert activity.get("id") == f"urn:uuid:{MODULE}"
    assert texts(activity, "launch") == ["index.html"]


def test_xapi_a_course_comes_before_the_activities_that_it_launches():
    first, *rest = find(manifest(course(), Standard.XAPI), "activity")
    assert first.get("id") == f"urn:uuid:{MODULE}"
    assert find(first, "launch") == []
    assert [texts(activity, "launch") for activity in rest] == [
        ["when.html"],
        ["how.html?lang=nb&page=2&part=b"],
        ["quiz.html"],
    ]


@pytest.mark.parametrize("standard", [Standard.CMI5, Standard.XAPI])
@pytest.mark.parametrize(
    ("package", "code"),
    [
        (replace(hand_hygiene(), activity=MODULE), "activity"),
        (with_item(activity="hand hygiene"), "activity"),
        (with_item(activity_type="course"), "activity"),
        (with_item(launch_method="Popup"), "launch-method"),
        (with_item(parameters="?Endpoint=x"), "launch-parameter"),
        (
            replace(
                hand_hygiene(), resources=(replace(hand_hygiene().resources[0], href="index.html?actor=1"),)
            ),
            "launch-parameter",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_an_lms_could_not_launch_is_refused(standard, package, code):
    with pytest.raises(PackageError) as raised:
        build(package, standard)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("package", "code"),
    [
        (with_item(objectives=("urn:uuid:1",)), "objective-missing"),
        (replace(hand_hygiene(), objectives=(Objective("one", "One"),)), "objective"),
        (replace(hand_hygiene(), objectives=(Objective("urn:a:1", "One"),) * 2), "objective-twice"),
        (with_item(items=(Item("x", "X"),), resource=""), "nothing-to-launch"),
        (with_item(activity=f"urn:uuid:{MODULE}#course"), None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_cmi5_an_unsound_course_is_refused(package, code):
    if code is None:
        build(package, Standard.CMI5)
        return
    with pytest.raises(PackageError) as raised:
        build(package, Standard.CMI5)
    assert raised.value.code == code


def test_cmi5_the_same_activity_twice_is_refused():
    package = course()
    organization = package.organizations[0]
    twin = replace(organization.items[1], identifier="twin")
    same = tuple(replace(item, activity="urn:a:1") for item in (organization.items[1], twin))
    with pytest.raises(PackageError, match="'urn:a:1' is used 2 times"):
        build(replace(package, organizations=(replace(organization, items=same),)), Standard.CMI5)


def test_move_on_not_applicable_is_the_schemas_default_and_not_written():
    (unit,) = find(manifest(with_item(move_on=MoveOn.NOT_APPLICABLE), Standard.CMI5), "au")
    assert unit.get("moveOn") is None


def test_web_has_no_manifest_and_opens_from_a_folder():
    package = written(hand_hygiene(), Standard.WEB)
    assert package.namelist() == ["assets/hands.webp", "assets/player.js", "index.html"]


def test_web_gets_a_front_page_where_the_launch_page_is_called_otherwise():
    resource = Resource(hand_hygiene().resources[0].identifier, "start/side.html?a=1&b=2")
    package = replace(hand_hygiene(), resources=(resource,), files=(File.of("start/side.html", b"<p>"),))
    page = written(package, Standard.WEB).read("index.html").decode()
    assert '<html lang="nb">' in page
    assert 'href="start/side.html?a=1&amp;b=2"' in page
