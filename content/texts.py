"""Sentences for people, by code and language: findings, refused media, verdicts."""

import json
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "nb", "nn", "sv")


@cache
def catalogue(language: str) -> dict[str, str]:
    """All sentences of a language by code; a language we do not speak gets English."""
    known = language.split("-")[0]
    name = known if known in LANGUAGES else "en"
    sentences: dict[str, str] = json.loads(files("content").joinpath(f"texts/{name}.json").read_text("utf-8"))
    return sentences


def sentence(code: str, language: str, **params: str | int) -> str:
    """The sentence of a code. `found` and `wanted` are kinds of media and are put into words too."""
    words = catalogue(language)
    kinds: dict[str, str | int] = {
        key: words[f"kind.{params[key]}"] for key in ("found", "wanted") if key in params
    }
    return words[code].format(**{**params, **kinds})
