"""Every sentence of the interface is there in bokmål, nynorsk and Swedish, and says the same values."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import lms_bridge
from lms_bridge.web.i18n import CATALOGUES

SOURCE = Path(lms_bridge.__file__).parent
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
TEMPLATES = ("**/templates/**.html", "**/templates/**.txt")
OPTIONS = {one: {"extensions": "jinja2.ext.i18n", "silent": "false", "trimmed": "true"} for one in TEMPLATES}
LANGUAGES = ["nb", "nn", "sv"]


@cache
def messages() -> dict[str, str]:
    """Every message id of the service's code and pages, with the file it stands in."""
    method = [*((one, "jinja2") for one in TEMPLATES), ("**.py", "python")]
    found = extract_from_dir(SOURCE, method, OPTIONS, keywords=KEYWORDS, comment_tags=())
    ids: dict[str, str] = {}
    for filename, _line, message, _comments, _context in found:
        ids[message[0] if isinstance(message, tuple) else message] = filename
    return ids


@cache
def catalogue(language: str) -> dict[str, str | tuple[str, ...]]:
    """All catalogues of a language as one."""
    texts: dict[str, str | tuple[str, ...]] = {}
    for path in sorted((CATALOGUES / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                key = message.id if isinstance(message.id, str) else message.id[0]
                if key:
                    texts[key] = message.string
    return texts


def forms(text: str | tuple[str, ...]) -> Iterator[str]:
    yield from (text,) if isinstance(text, str) else text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str):
    texts = catalogue(language)
    missing = sorted(f"{file}: {m}" for m, file in messages().items() if not all(forms(texts.get(m, ""))))
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_the_same_values(language: str):
    names = re.compile(r"%\((\w+)\)")
    wrong = [
        (message, text)
        for message, translated in catalogue(language).items()
        for text in forms(translated)
        if set(names.findall(message)) - {"n"} != set(names.findall(text)) - {"n"}
    ]
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_kept_that_no_page_says_any_more(language: str):
    assert set(catalogue(language)) <= set(messages())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_said_in_one_way_whichever_catalogue_has_it(language: str):
    said: dict[str, set[str | tuple[str, ...]]] = {}
    for path in sorted((CATALOGUES / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id:
                    said.setdefault(str(message.id), set()).add(message.string)
    assert not {sentence: ways for sentence, ways in said.items() if len(ways) > 1}
