"""Our cmi5 and tincan schemas, written anew, say the same as the standards' own."""

import copy
import random

import pytest
from lxml import etree

from scorm import Standard
from scorm.xsd import schema
from tests.scorm.judges import STANDARDS
from tests.scorm.samples import cmi5
from tests.scorm.test_corpus import CORPUS

ORIGINALS = {
    Standard.CMI5: ("cmi5/CourseStructure.xsd", "cmi5-*/*.xml"),
    Standard.XAPI: ("tincan/tincan.xsd", "rustici-golf/*.tincan.xml"),
}

pytestmark = pytest.mark.skipif(
    not (STANDARDS.is_dir() and CORPUS.is_dir()), reason="the standards' schemas are not at ../shared"
)


def bent(root: etree._Element, chance: random.Random) -> etree._Element:
    """A copy with one element or attribute moved, doubled, removed or changed."""
    root = copy.deepcopy(root)
    nodes = [node for node in root.iter() if isinstance(node.tag, str) and node is not root]
    node = chance.choice(nodes)
    parent = node.getparent()
    assert parent is not None
    match chance.randrange(5):
        case 0:
            parent.remove(node)
        case 1:
            parent.append(copy.deepcopy(node))
        case 2:
            parent.insert(0, node)
        case 3:
            node.set(
                chance.choice(["id", "moveOn", "masteryScore", "launchMethod", "lang", "own", "{urn:x}own"]),
                "2",
            )
        case _:
            for name in list(node.attrib):
                del node.attrib[name]
    return root


@pytest.mark.parametrize("standard", ORIGINALS)
def test_the_same_verdict_on_every_course_and_on_bent_ones(standard: Standard) -> None:
    path, pattern = ORIGINALS[standard]
    original, own = etree.XMLSchema(etree.parse(STANDARDS / path)), schema(standard)
    roots = [etree.parse(p).getroot() for p in sorted(CORPUS.glob(pattern))]
    if standard is Standard.CMI5:
        roots.append(etree.fromstring(cmi5(more='<x:own xmlns:x="urn:x"/>').encode()))
    assert roots
    verdicts = set()
    for number in range(1_500):
        root = (
            bent(roots[number % len(roots)], random.Random(number)) if number >= len(roots) else roots[number]
        )
        verdict = original.validate(root)
        assert own.validate(root) == verdict, (
            etree.tostring(root).decode(),
            original.error_log,
            own.error_log,
        )
        verdicts.add(verdict)
    assert verdicts == {True, False}
