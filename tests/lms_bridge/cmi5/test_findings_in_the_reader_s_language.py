"""What is wrong with a course is said in the language of whoever brings it in, in the validator's own words."""

import io
import re

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
    ],
)
def test_it_is_said_in_norwegian_to_who_reads_norwegian(app: Bridge, content: bytes, norwegian: str):
    report = scorm.validate(io.BytesIO(content))
    with app.test_request_context():
        g.language = "nb"
        said = [findings.words_of(finding) for finding in report.findings]
    assert any(norwegian in words.message and words.message_language == "nb" for words in said), said


def test_the_page_says_it_and_marks_what_is_english(lms: Lms):
    lms.camilla.post("/language", data={"language": "nb", "next": "/"})
    page = lms.check(zipped(au(moveOn="Passed"), files={"other.html": b"x"})).text
    assert "er ikke i zip-filen" in page
    assert 'lang="nb">' in page
