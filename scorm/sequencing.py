"""The sequencing that municipal courses use, translated from intents to each standard's own data.

`Item.forced_order` and `Item.post_test` say what is meant. SCORM 1.2 has prerequisites (AICC script);
SCORM 2004 has IMS Simple Sequencing. Data that is already there (read from another package, or written by
hand) is never overwritten.
"""

from dataclasses import replace
from datetime import timedelta

from scorm.package import Element, Item, Organization
from scorm.xml import ADLSEQ, IMSSS, number

GLOBAL_OBJECTIVES = f"{{{ADLSEQ}}}objectivesGlobalToSystem"


def prerequisites(organization: Organization) -> Organization:
    """SCORM 1.2: an item of a forced order waits for the one before it (CAM 2.3.2.5.2)."""

    def chained(items: tuple[Item, ...], forced: bool) -> tuple[Item, ...]:
        done: list[Item] = []
        for item in items:
            before = done[-1].identifier if done and forced else ""
            done.append(
                replace(
                    item,
                    items=chained(item.items, item.forced_order),
                    prerequisites=item.prerequisites or before,
                )
            )
        return tuple(done)

    return replace(organization, items=chained(organization.items, organization.forced_order))


def simple_sequencing(organization: Organization) -> Organization:
    """SCORM 2004: every intent as an imsss:sequencing (SN book, chapter 3).

    A forced order passes results on by global objectives; they are to belong to one attempt at this course.
    """
    forced = organization.forced_order or any(item.forced_order for item in organization.walk())
    return replace(
        organization,
        global_objectives=organization.global_objectives and not forced,
        sequencing=organization.sequencing or _cluster_control(),
        items=_sequenced(organization.items, organization.identifier, organization.forced_order),
    )


def _sequenced(items: tuple[Item, ...], scope: str, forced: bool) -> tuple[Item, ...]:
    tested = any(item.post_test for item in items)
    done: list[Item] = []
    for position, item in enumerate(items):
        sequencing = item.sequencing or _sequencing(
            item,
            waits_for=_objective(scope, items[position - 1]) if forced and position else "",
            reports_to=_objective(scope, item) if forced and position < len(items) - 1 else "",
            silent=tested and not item.post_test,
        )
        children = _sequenced(item.items, item.identifier, item.forced_order)
        done.append(replace(item, sequencing=sequencing, items=children))
    return tuple(done)


def _objective(scope: str, item: Item) -> str:
    return f"{scope}.{item.identifier}.satisfied"


def _sequencing(item: Item, *, waits_for: str, reports_to: str, silent: bool) -> Element | None:
    """The parts in the order of imsss:sequencingType."""
    parts: list[Element] = []
    if item.items:
        parts.extend(_cluster_control().children)
    if waits_for:
        parts.append(_disabled_until("before"))
    if item.max_time is not None:
        parts.append(_part("limitConditions", attemptAbsoluteDurationLimit=iso_duration(item.max_time)))
    if silent:  # the post-test beside it decides whether the parent is passed
        parts.append(_part("rollupRules", rollupObjectiveSatisfied="false", objectiveMeasureWeight="0"))
    objectives = _objectives(item, waits_for, reports_to)
    if objectives:
        parts.append(objectives)
    if item.resource:
        # Without these two, SuccessFactors completes and passes the SCO by itself.
        parts.append(_part("deliveryControls", completionSetByContent="true", objectiveSetByContent="true"))
    return _part("sequencing", *parts) if parts else None


def _cluster_control() -> Element:
    return _part("sequencing", _part("controlMode", choice="true", flow="true"))


def _disabled_until(objective: str) -> Element:
    """Not satisfied, or not known to be: it cannot be opened."""
    conditions = [
        _part("ruleCondition", referencedObjective=objective, operator="not", condition=condition)
        for condition in ("satisfied", "objectiveStatusKnown")
    ]
    rule = _part(
        "preConditionRule",
        _part("ruleConditions", *conditions, conditionCombination="any"),
        _part("ruleAction", action="disabled"),
    )
    return _part("sequencingRules", rule)


def _objectives(item: Item, waits_for: str, reports_to: str) -> Element | None:
    if item.mastery_score is None and not waits_for and not reports_to:
        return None
    primary: list[Element] = []
    attributes = {"objectiveID": "primary"}
    if item.mastery_score is not None:
        attributes["satisfiedByMeasure"] = "true"
        primary.append(_part("minNormalizedMeasure", text=number(item.mastery_score)))
    if reports_to:
        primary.append(_part("mapInfo", targetObjectiveID=reports_to, writeSatisfiedStatus="true"))
    parts = [_part("primaryObjective", *primary, **attributes)]
    if waits_for:
        parts.append(_part("objective", _part("mapInfo", targetObjectiveID=waits_for), objectiveID="before"))
    return _part("objectives", *parts)


def _part(name: str, *children: Element, text: str = "", **attributes: str) -> Element:
    return Element(f"{{{IMSSS}}}{name}", tuple(sorted(attributes.items())), children, text)


def mastery_of(sequencing: Element | None) -> float | None:
    """The pass mark that kept sequencing states, 0..1: for readers."""
    objectives = sequencing.find(f"{{{IMSSS}}}objectives") if sequencing else None
    primary = objectives.find(f"{{{IMSSS}}}primaryObjective") if objectives else None
    if primary is None or primary.get("satisfiedByMeasure") not in ("true", "1"):
        return None
    measure = primary.find(f"{{{IMSSS}}}minNormalizedMeasure")
    try:
        return float(measure.text) if measure else 1.0  # the schema's default
    except ValueError:
        return None


def iso_duration(time: timedelta) -> str:
    """ISO 8601 without years and months, which have no fixed length: `PT1H30M`."""
    hundredths = round(time.total_seconds() * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    parts = f"{hours}H" if hours else ""
    parts += f"{minutes}M" if minutes else ""
    parts += f"{number(rest / 100)}S" if rest or not parts else ""
    return f"PT{parts}"
