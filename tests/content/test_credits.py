"""Credit lines in four languages, and the same rights for programs as JSON-LD."""

import json
import re

import pytest

from content import render
from content.credits import credit, credit_line, json_ld
from content.module import Rights
from tests.content.samples import DIGEST, changed, sample

PHOTO = Rights(
    licence="CC-BY-SA-4.0",
    holder="Vik kommune",
    creators=("Kari Nordmann", "Ola Nordmann"),
    source="https://bilder.example/123",
    title="Hender",
    changes="beskåret",
)
LICENCE = "CC BY-SA 4.0 <https://creativecommons.org/licenses/by-sa/4.0/>"
LINK = "bilder.example <https://bilder.example/123>"
LINES = {
    "nb": f"«Hender» av Kari Nordmann, Ola Nordmann. © Vik kommune. {LICENCE}. Kilde: {LINK}. Endret: beskåret.",
    "nn": f"«Hender» av Kari Nordmann, Ola Nordmann. © Vik kommune. {LICENCE}. Kjelde: {LINK}. Endra: beskåret.",
    "sv": f"”Hender” av Kari Nordmann, Ola Nordmann. © Vik kommune. {LICENCE}. Källa: {LINK}. Ändrat: beskåret.",
    "en": f"“Hender” by Kari Nordmann, Ola Nordmann. © Vik kommune. {LICENCE}. Source: {LINK}. Changed: beskåret.",
}


@pytest.mark.parametrize("language", LINES)
def test_a_credit_line_names_title_author_licence_source_and_change(language: str) -> None:
    assert credit_line(PHOTO, language) == LINES[language]


def test_what_has_no_licence_text_is_named_in_words() -> None:
    assert (
        credit_line(Rights(licence="all-rights-reserved", holder="Vik"), "nn")
        == "© Vik. Alle rettar atterhaldne."
    )
    assert credit_line(Rights(), "en", name="a.png") == "“a.png”. Rights unknown."


def test_an_address_that_is_no_web_address_is_never_a_link() -> None:
    pieces = credit(Rights(licence="CC0-1.0", source="javascript:alert(1)"), "nb")
    assert all(not url or url.startswith("https://creativecommons.org") for _, url in pieces)


def test_the_credits_page_writes_itself_from_what_is_shown() -> None:
    drawn = render.document(sample())
    credits = drawn[drawn.index('id="credits-page"') :]
    for name in ("hender.webp", "film.mp4", "lyd.mp3"):
        assert f"«{name}» av Astrid" in credits
    assert "film.vtt" not in credits  # captions go with their film


def test_a_picture_no_block_shows_is_neither_credited_nor_packed() -> None:
    def remove(made: dict) -> None:  # type: ignore[type-arg]
        del made["pages"][0]["blocks"][1]

    module = changed(remove)
    assert "hender.webp" not in render.document(module)
    assert DIGEST not in module.used_assets()


def test_json_ld_carries_licence_credit_and_parts() -> None:
    data = json_ld(sample(), revision="3")
    assert data["@id"] == f"urn:uuid:{sample().id}"
    assert (data["version"], data["inLanguage"], data["timeRequired"]) == ("3", "nb", "PT15M")
    assert data["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert data["copyrightHolder"]["name"] == "Fjordvik kommune"
    assert [part["@type"] for part in data["hasPart"]] == [
        "ImageObject",
        "VideoObject",
        "MediaObject",
        "AudioObject",
    ]
    assert all(part["license"] and part["creditText"] for part in data["hasPart"])


def test_json_ld_in_the_page_cannot_end_its_element() -> None:
    def spoil(made: dict) -> None:  # type: ignore[type-arg]
        made["title"] = "</script><!--<script>"

    drawn = render.document(changed(spoil))
    written = re.search(r'<script type="application/ld\+json">(.*?)</script>', drawn)
    assert written
    assert json.loads(written[1])["name"] == "</script><!--<script>"
