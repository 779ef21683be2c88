"""What is wrong with a course is said in the language of whoever brings it in, in the validator's own words."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import g

import scorm
from lms_bridge.cmi5 import findings
from lms_bridge.web.app import Bridge
from lms_bridge.web.i18n import translations
from scorm.catalogue import RULES, UNREADABLE
from tests.support.cmi5 import Lms, au, zipped

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PLACE = re.compile(r"\{(\w+)\}")


def test_the_sentences_are_the_catalogue_s(app: Bridge):
    assert {code: RULES[code].says for code in findings.SAYS} == findings.SAYS
    assert {code: RULES[code].hint for code in findings.HINTS} == findings.HINTS
    assert findings.REFUSALS == UNREADABLE
    assert set(refusal_hints()) == findings.REFUSAL_HINTS


def refusal_hints() -> Iterator[str]:
    """What `scorm` says to do wherever it does not open a file."""
    for path in Path(scorm.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("UnreadableError", "refusal"):
                yield from (arg.value for arg in node.args[2:3] if isinstance(arg, ast.Constant))


@pytest.mark.parametrize("language", ["nb", "nn", "sv"])
def test_a_translation_fills_the_same_places(app: Bridge, language: str):
    for sentence in {**findings.SAYS, **findings.HINTS, **findings.REFUSALS}.values():
        translated = translations(language).gettext(sentence)
        assert set(PLACE.findall(translated)) <= set(PLACE.findall(sentence)), translated


@pytest.mark.parametrize(
    ("content", "norwegian"),
    [
        (zipped(au(moveOn="Passed"), files={"other.html": b"x"}), "er ikke i zip-filen"),
        (zipped(au(moveOn="Passed")).replace(b"PK", b"XX"), "Verken en zip-fil eller et manifest"),
        (b"<courseStructure", "Manifestet er ikke gyldig XML."),
        (
            zipped(au(moveOn="Passed"), files={"1.html": b"x", "__MACOSX/._a": b"x"}),
            "tar vare på for seg selv",
        ),
    ],
)
def test_it_is_said_in_norwegian_to_who_reads_norwegian(app: Bridge, content: bytes, norwegian: str):
    report = scorm.validate(io.BytesIO(content))
    with app.test_request_context():
        g.language = "nb"
        said = [findings.words_of(finding) for finding in report.findings]
    assert any(norwegian in words.message and words.message_language == "nb" for words in said), said
    assert {words.hint_language for words in said} == {"nb"}


def test_the_page_says_it_and_marks_what_is_english(lms: Lms):
    lms.camilla.post("/language", data={"language": "nb", "next": "/"})
    page = lms.check(zipped(au(moveOn="Passed"), files={"other.html": b"x"})).text
    assert "er ikke i zip-filen" in page
    assert 'lang="nb">' in page
