"""Every template is a sound module in every language; only what the author must fill in is missing."""

import pytest

import content
from content import checks
from lms_bridge.authoring import starters
from lms_bridge.web.i18n import LANGUAGES

KEYS = [starter.key for starter in starters.STARTERS]
TO_FILL_IN = {"image.no_file", "page.empty", "page.no_title", "module.no_summary"}
TO_FILL_IN |= {"module.no_duration", "module.no_goals"}


def identified(key: str, language: str) -> content.Module:
    document = starters.document(key, language, title="Fall", holder="Fjordvik kommune")
    return content.Module.from_json({"schema": 1, "id": "00000000-0000-4000-8000-000000000001", **document})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_a_template_lacks_only_what_the_author_fills_in(key: str, language: str):
    module = identified(key, language)
    assert (module.title, module.language, module.rights.holder) == ("Fall", language, "Fjordvik kommune")
    assert {finding.code for finding in checks.check(module)} <= TO_FILL_IN
    assert (module.pass_mark is not None) == (key == "course")


def test_two_modules_from_one_template_share_no_ids():
    first, second = (starters.document("course", "nb", title="x", holder="y") for _ in range(2))
    ids = [
        {block["id"] for page in module["pages"] for block in page["blocks"]} for module in (first, second)
    ]
    assert len(ids[0]) > 5
    assert not ids[0] & ids[1]


def test_an_unknown_template_is_an_empty_page():
    [page] = starters.document("../../etc/passwd", "nb", title="x", holder="y")["pages"]
    assert page["blocks"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_template_asks_to_be_written_is_found_until_it_is(language: str):
    document = identified("news", language).to_json()
    told = [finding.block_id for finding in starters.untouched(content.Module.from_json(document))]
    first, *others = document["pages"][0]["blocks"]
    assert first["id"] == told[0]
    assert len(told) > len(others)
    first["html"] = "<p>Fra mandag av er døra låst.</p>"
    document["language"] = "en"  # changed afterwards: the words are still the template's
    module = content.Module.from_json(document)
    assert [finding.block_id for finding in starters.untouched(module)] == told[1:]
    assert checks.publishable(starters.untouched(module))


def test_a_checklist_and_an_empty_page_are_left_alone():
    module = identified("procedure", "nb")
    kinds = {block.id: block.type for page in module.pages for block in page.blocks}
    assert {kinds[finding.block_id] for finding in starters.untouched(module)} == {
        "text",
        "callout",
        "single_choice",
    }
    assert starters.untouched(identified("empty", "nb")) == []
