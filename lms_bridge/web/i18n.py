"""The interface in bokmål, nynorsk, Swedish and English. Message ids are English; one catalogue a slice."""

import functools
import gettext
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import g, request, session

from ..errors import N_, Told
from .app import Bridge

__all__ = [
    "LANGUAGES",
    "N_",
    "_",
    "format_date",
    "format_datetime",
    "format_number",
    "in_language",
    "language",
    "ngettext",
    "speaking",
    "told",
]

LANGUAGES = {"nb": "Bokmål", "nn": "Nynorsk", "sv": "Svenska", "en": "English"}
CATALOGUES = Path(__file__).parent.parent / "translations"
_LOCALES = {"nb": "nb_NO", "nn": "nn_NO", "sv": "sv_SE", "en": "en_GB"}


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """All catalogues of a language as one."""
    merged: gettext.NullTranslations = gettext.NullTranslations()
    for path in sorted((CATALOGUES / language).glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        catalogue = gettext.GNUTranslations(compiled)
        catalogue.add_fallback(merged)
        merged = catalogue
    return merged


def language() -> str:
    """The language of this request: the person's own, the one chosen here, or the browser's best."""
    if not g:
        return "en"
    if "language" not in g:
        account = g.get("account")
        chosen = account.language if account else session.get("language")
        g.language = chosen or request.accept_languages.best_match(_accepted(), default="nb")
        g.language = {"no": "nb"}.get(g.language, g.language)
    return str(g.language)


@contextmanager
def speaking(language: str, tenant: Any) -> Iterator[None]:
    """Texts in this language and this municipality's time, outside of a request."""
    before = {name: g.get(name) for name in ("language", "tenant")}
    g.language, g.tenant = language, tenant
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                g.pop(name, None)
            else:
                setattr(g, name, value)


def _accepted() -> list[str]:
    return [*LANGUAGES, "no"]


def _(message: str, **values: Any) -> str:
    """The message in the reader's language; %(name)s are filled from `values`."""
    text = translations(language()).gettext(message)
    return text % {name: _worded(value) for name, value in values.items()} if values else text


def told(sentence: Mapping[str, Any] | None) -> str:
    """A kept sentence ({"message", "details"}) in the reader's language; empty for None."""
    if not sentence:
        return ""
    message, details = sentence["message"], sentence["details"]
    return _(message, **details)


def _worded(value: object) -> object:
    """What fills a gap: a sentence within a sentence is said in the reader's language too."""
    if isinstance(value, Told):
        return _(value.message, **value.details)
    return told(value) if isinstance(value, Mapping) else value


def ngettext(one: str, many: str, n: int, **values: Any) -> str:
    """Singular or plural in the reader's language; %(n)s is `n`."""
    return translations(language()).ngettext(one, many, n) % {"n": n, **values}


def in_language(texts: Mapping[str, str]) -> str:
    """The text in the reader's language, of those that are there; any of them rather than none."""
    return texts.get(language()) or texts.get("nb") or texts.get("en") or next(iter(texts.values()), "")


def format_date(value: Any, style: str = "medium") -> str:
    """A date as people write it: 31. aug. 2026. Empty for None."""
    return _formatted(value, style, _LOCALES[language()]) if value else ""


@functools.lru_cache(maxsize=8192)
def _formatted(value: Any, style: str, locale: str) -> str:
    """Babel's formatting costs 40 µs; a page of a unit shows hundreds of dates, many the same."""
    return dates.format_date(value, style, locale=locale)


@functools.lru_cache(maxsize=8192, typed=True)
def _formatted_number(value: float, locale: str) -> str:
    return numbers.format_decimal(value, locale=locale)


def format_datetime(value: Any, style: str = "short") -> str:
    """A moment in the municipality's time zone. Empty for None."""
    if not value:
        return ""
    tenant = g.get("tenant")
    if style == "short":  # shows no seconds
        value = value.replace(second=0, microsecond=0)
    return _formatted_moment(value, style, tenant.timezone if tenant else "Europe/Oslo", _LOCALES[language()])


@functools.lru_cache(maxsize=8192)
def _formatted_moment(value: Any, style: str, zone: str, locale: str) -> str:
    return dates.format_datetime(value, style, tzinfo=dates.get_timezone(zone), locale=locale)


def format_number(value: float) -> str:
    """A number with the language's separators."""
    return _formatted_number(value, _LOCALES[language()])


def init_app(app: Bridge) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda m: translations(language()).gettext(m),
        lambda s, p, n: translations(language()).ngettext(s, p, n),
        newstyle=True,
    )
    app.jinja_env.filters.update(date=format_date, datetime=format_datetime, number=format_number)
    app.jinja_env.globals.update(languages=LANGUAGES, language=language, in_language=in_language, told=told)
