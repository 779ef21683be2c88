"""The order and the rollup that municipal courses use, as each standard says it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scorm import Element, Item, Standard
from scorm.sequencing import iso_duration, mastery_of, simple_sequencing
from scorm.xml import IMSSS, keep
from tests.scorm.packages import course, find, hand_hygiene, manifest, own, texts

SCORM2004 = [Standard.SCORM2004_3, Standard.SCORM2004]


def item(root, identifier: str):
    return next(i for i in own(root, "item") if i.get("identifier") == identifier)


def sequencing(root, identifier: str):
    return next(child for child in item(root, identifier) if child.tag == f"{{{IMSSS}}}sequencing")


def test_1_2_a_forced_order_is_a_chain_of_prerequisites():
    root = manifest(course(), Standard.SCORM12)
    waits = {i.get("identifier"): i.findtext("{*}prerequisites") for i in own(root, "item")}
    assert waits == {"chapter": None, "lesson-1": None, "lesson-2": "lesson-1", "test": "chapter"}
    assert {p.get("type") for p in find(root, "prerequisites")} == {"aicc_script"}


def test_1_2_pass_mark_time_limit_and_launch_data():
    test = item(manifest(course(), Standard.SCORM12), "test")
    assert texts(test, "masteryscore") == ["75"]
    assert texts(test, "maxtimeallowed") == ["0000:30:00.00"]
    assert texts(test, "timelimitaction") == ["continue,no message"]
    assert texts(manifest(course(), Standard.SCORM12), "datafromlms") == ["page=1"]


@pytest.mark.parametrize("standard", SCORM2004)
def test_2004_in_a_forced_order_an_item_is_disabled_until_the_one_before_is_satisfied(standard):
    root = manifest(course(), standard)
    rules = find(sequencing(root, "lesson-2"), "ruleCondition")
    assert {(r.get("condition"), r.get("operator")) for r in rules} == {
        ("satisfied", "not"),
        ("objectiveStatusKnown", "not"),
    }
    assert [a.get("action") for a in find(sequencing(root, "lesson-2"), "ruleAction")] == ["disabled"]
    written = find(sequencing(root, "lesson-1"), "mapInfo")[0]
    read = find(sequencing(root, "lesson-2"), "mapInfo")[0]
    assert written.get("targetObjectiveID") == read.get("targetObjectiveID")
    assert (written.get("writeSatisfiedStatus"), read.get("writeSatisfiedStatus")) == ("true", None)
    assert find(sequencing(root, "lesson-1"), "ruleAction") == []


@pytest.mark.parametrize("standard", SCORM2004)
def test_2004_a_forced_order_begins_anew_with_each_attempt(standard):
    (organization,) = own(manifest(course(), standard), "organization")
    assert organization.xpath("@*[local-name()='objectivesGlobalToSystem']") == ["false"]


@pytest.mark.parametrize("standard", SCORM2004)
def test_2004_a_post_test_alone_decides_whether_the_course_is_passed(standard):
    root = manifest(course(), standard)
    (silent,) = find(sequencing(root, "chapter"), "rollupRules")
    assert silent.get("rollupObjectiveSatisfied") == "false"
    assert silent.get("objectiveMeasureWeight") == "0"
    assert silent.get("rollupProgressCompletion") is None  # what is left unread still counts
    assert find(sequencing(root, "test"), "rollupRules") == []


@pytest.mark.parametrize("standard", SCORM2004)
def test_2004_a_pass_mark_is_the_primary_objectives_measure(standard):
    (test,) = find(sequencing(manifest(course(), standard), "test"), "primaryObjective")
    assert test.get("satisfiedByMeasure") == "true"
    assert texts(test, "minNormalizedMeasure") == ["0.75"]


@pytest.mark.parametrize(("standard", "written"), [(SCORM2004[0], "0.5"), (SCORM2004[1], None)])
def test_2004_progress_that_completes_is_text_in_the_3rd_and_attributes_in_the_4th_edition(standard, written):
    (threshold,) = find(manifest(course(), standard), "completionThreshold")
    assert threshold.text == written
    assert threshold.get("minProgressMeasure") == (None if written else "0.5")
    assert texts(manifest(course(), standard), "hideLMSUI") == ["previous", "continue"]


def test_2004_sequencing_that_is_there_is_kept_as_it_is():
    own_words = Element(
        f"{{{IMSSS}}}sequencing",
        children=(
            Element(f"{{{IMSSS}}}controlMode", (("choice", "false"), ("flow", "true"))),
            Element(f"{{{IMSSS}}}deliveryControls", (("tracked", "false"),)),
        ),
    )
    package = hand_hygiene()
    organization = package.organizations[0]
    kept = replace(
        organization, sequencing=own_words, items=(replace(organization.items[0], sequencing=own_words),)
    )
    root = manifest(replace(package, organizations=(kept,)), Standard.SCORM2004)
    assert [keep(node) for node in find(root, "sequencing")] == [own_words, own_words]


def test_the_pass_mark_can_be_read_from_kept_sequencing():
    (item,) = simple_sequencing(hand_hygiene().organizations[0]).items
    assert mastery_of(item.sequencing) == 0.8
    assert mastery_of(None) is None
    assert mastery_of(Element(f"{{{IMSSS}}}sequencing")) is None


def test_a_flat_package_needs_no_global_objectives():
    root = manifest(hand_hygiene(), Standard.SCORM2004)
    assert find(root, "mapInfo") == []
    assert own(root, "organization")[0].xpath("@*[local-name()='objectivesGlobalToSystem']") == []


@pytest.mark.parametrize(
    ("time", "iso", "cmi"),
    [
        (timedelta(0), "PT0S", "0000:00:00.00"),
        (timedelta(hours=1, minutes=2, seconds=3.456), "PT1H2M3.46S", "0001:02:03.46"),
        (timedelta(days=2), "PT48H", "0048:00:00.00"),
        (timedelta(minutes=59, seconds=59.999), "PT1H", "0001:00:00.00"),
        (timedelta(days=1000), "PT24000H", "9999:59:59.99"),
    ],
)
def test_durations(time, iso, cmi):
    assert iso_duration(time) == iso
    limited = replace(
        hand_hygiene(),
        organizations=(
            replace(
                hand_hygiene().organizations[0],
                items=(Item("i", "I", resource=hand_hygiene().resources[0].identifier, max_time=time),),
            ),
        ),
    )
    assert texts(manifest(limited, Standard.SCORM12), "maxtimeallowed") == [cmi]
