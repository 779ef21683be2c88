"""The demo's three modules are what a municipality could use tomorrow."""

import hashlib
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import content
from content.blocks import Question
from content.checks import check
from lms_bridge import demo

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "g", "path", "rect", "circle", "ellipse", "polygon", "text"}
COMPETENCES = {competence["uri"]: competence for competence in demo.competences()}
LANGUAGES = {"hand-hygiene": "nb", "fire-safety": "nn", "confidentiality": "sv"}


@pytest.fixture(params=demo.MODULES, ids=lambda folder: folder.name)
def folder(request) -> Path:
    return request.param


@pytest.fixture
def module(folder):
    return content.load(folder)


def test_each_speaks_its_own_language(folder, module):
    assert module.language == LANGUAGES[folder.name]


def test_it_has_pages_block_types_and_scored_questions_enough(module):
    assert len(module.pages) >= 8
    assert len({block.type for _, block in module.blocks()}) >= 6
    assert len(module.questions(scored=True)) >= 5
    assert module.questions(scored=False), "some practice that does not count"
    assert module.pass_mark == 80


def test_every_answer_is_met_with_a_reason(module):
    for question in module.questions():
        assert question.feedback_correct
        assert question.feedback_wrong
        if question.interaction == "choice":
            for option in question.choices():
                assert len(option.feedback) > 20, option.text


def test_the_right_answer_stands_in_different_places(module):
    places = [
        [option.correct for option in question.options].index(True)
        for question in module.questions()
        if question.type == "single_choice"
    ]
    assert len(set(places)) >= 3
    assert {question.correct for question in module.questions() if question.type == "true_false"} == {
        True,
        False,
    }


def test_it_can_be_published_as_it_is(module):
    assert check(module) == []


def test_its_files_are_named_by_what_they_hold(folder, module):
    files = {path.name: path.read_bytes() for path in (folder / "assets").iterdir()}
    assert files.keys() == {Path(asset.path(digest)).name for digest, asset in module.assets.items()}
    for digest, asset in module.assets.items():
        data = files[Path(asset.path(digest)).name]
        assert hashlib.sha256(data).hexdigest() == digest
        assert len(data) == asset.size


def test_every_picture_is_shown_described_and_free_to_reuse(module):
    assert module.used_assets().keys() == module.assets.keys()
    for _, block in module.blocks():
        if block.type == "image":
            assert len(block.alt) > 40
            assert not block.decorative
    for rights in [module.rights, *(asset.rights for asset in module.assets.values())]:
        assert rights.licence == "CC-BY-4.0"
        assert rights.holder == rights.creators[0]


def test_its_drawings_are_plain(folder, module):
    """No script, no style, nothing from elsewhere; words large enough on a phone 390 pixels wide."""
    for digest, asset in module.assets.items():
        drawing = ElementTree.fromstring((folder / asset.path(digest)).read_bytes())
        assert (asset.width, asset.height) == (int(drawing.get("width")), int(drawing.get("height")))
        for element in drawing.iter():
            assert element.tag.removeprefix(SVG) in DRAWN
            assert not [
                name for name in element.attrib if name.startswith("on") or "href" in name or name == "style"
            ]
            if element.tag == f"{SVG}text":
                assert float(element.get("font-size")) * 350 / asset.width >= 12, element.text


def test_it_names_its_sources(module):
    last = json.dumps(module.pages[-1].blocks[0].to_json())
    assert len(re.findall(r'href=\\"https://', last)) >= 5


def test_it_gives_a_competence_that_the_register_knows(module):
    (given,) = module.competences
    known = COMPETENCES[given.uri]
    assert known["module"] == module.id
    assert known["titles"][module.language] == given.title
    assert known["validity_months"] == given.validity_months


def test_nothing_in_it_looks_like_a_national_number(module):
    assert re.findall(r"\b\d{6}[- ]?\d{4,5}\b", json.dumps(module.to_json()["pages"])) == []


def test_the_modules_share_no_id():
    ids = [block.id for folder in demo.MODULES for _, block in content.load(folder).blocks()]
    assert len(ids) == len(set(ids))
    assert all(isinstance(q, Question) for folder in demo.MODULES for q in content.load(folder).questions())
