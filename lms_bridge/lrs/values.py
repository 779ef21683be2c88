"""The special data types of xAPI: each check takes a value and raises `Wrong` with a sentence if it is not one.

Sections are those of xAPI 1.0.3 part 2 (Data); the same types are 4.2.7 of IEEE 9274.1.1 (xAPI 2.0).
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .parsing import is_nested


class Wrong(Exception):
    """A value breaks a rule. `path` grows from the value outwards while the exception travels up."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.path: list[str | int] = list(path)

    def __str__(self) -> str:
        steps = "".join(f"[{step}]" if isinstance(step, int) else _step(step) for step in self.path)
        return f"${steps} {self.message}"


def _step(name: str) -> str:
    return f".{name}" if name.isidentifier() else f"[{name[:80]!r}]"


def string(value: Any) -> None:
    if type(value) is not str:
        raise Wrong("must be a string")


def boolean(value: Any) -> None:
    if value is not True and value is not False:
        raise Wrong("must be true or false")


def number(value: Any) -> None:
    if type(value) is not int and type(value) is not float:
        raise Wrong("must be a number")


def anything(value: Any) -> None:
    """Inside extensions every JSON value is allowed, null included (4.1)."""


_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>"{}|\\^`\x7f]+').fullmatch


MOST_REMEMBERED = 20_000
LONGEST_REMEMBERED = 300
_known_iris: set[str] = set()
_known_tags: set[str] = set()


def _remember(known: set[str], value: str) -> None:
    """Verbs, activities, extensions and languages come again and again; what was right once is."""
    if len(value) <= LONGEST_REMEMBERED:
        if len(known) >= MOST_REMEMBERED:
            known.clear()
        known.add(value)


def iri(value: Any) -> None:
    """An absolute IRI: with a scheme (2.2; RFC 3987)."""
    if type(value) is not str:
        raise Wrong("must be a string with an IRI")
    if value not in _known_iris:
        if not _IRI(value):
            raise Wrong("must be an IRI with a scheme, such as https://example.com/x")
        _remember(_known_iris, value)


_MAILTO = re.compile(r"mailto:[^@\s\x00-\x1f<>]+@[^@\s\x00-\x1f<>]+").fullmatch


def mailto(value: Any) -> None:
    """The IRI of one e-mail address (2.4.2.3)."""
    if type(value) is not str or not _MAILTO(value):
        raise Wrong("must be an e-mail address written as mailto:name@example.com")


_SHA1 = re.compile(r"[0-9A-Fa-f]{40}").fullmatch


def sha1(value: Any) -> None:
    if type(value) is not str or not _SHA1(value):
        raise Wrong("must be a SHA-1 as 40 hexadecimal digits")


_SHA2 = re.compile(r"(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})").fullmatch


def sha2(value: Any) -> None:
    if type(value) is not str or not _SHA2(value):
        raise Wrong("must be a SHA-2 in hexadecimal digits (56, 64, 96 or 128 of them)")


_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}").fullmatch


def uuid(value: Any) -> None:
    """RFC 4122 in its canonical form with hyphens (4.3)."""
    if type(value) is not str or not _UUID(value):
        raise Wrong("must be a UUID such as 123e4567-e89b-12d3-a456-426614174000")


# RFC 5646 section 2.1; the irregular grandfathered tags are listed there.
_LANGUAGE_TAG = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+|en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-(?:be-fr|be-nl|ch-de)|(?:art-lojban|cel-gaulish|no-bok|no-nyn|zh-(?:guoyu|hakka|min|min-nan|xiang))",
    re.IGNORECASE,
).fullmatch


def language_tag(value: Any) -> None:
    if type(value) is not str:
        raise Wrong("must be a language tag of RFC 5646, such as nb or en-GB")
    if value not in _known_tags:
        if not _LANGUAGE_TAG(value):
            raise Wrong("must be a language tag of RFC 5646, such as nb or en-GB")
        _remember(_known_tags, value)


def language_map(value: Any) -> None:
    """{language tag: string} (4.2)."""
    if type(value) is not dict:
        raise Wrong("must be an object of texts by language")
    for tag, text in value.items():
        if tag not in _known_tags:
            if not _LANGUAGE_TAG(tag):
                raise Wrong("must be a language tag of RFC 5646, such as nb or en-GB", tag)
            _remember(_known_tags, tag)
        if type(text) is not str:
            raise Wrong("must be a string", tag)


MOST_LEVELS = 50


def extensions(value: Any) -> None:
    """{IRI: anything} (4.1), of no more than `MOST_LEVELS`."""
    if type(value) is not dict:
        raise Wrong("must be an object whose names are IRIs")
    for name, item in value.items():
        if name not in _known_iris:
            if not _IRI(name):
                raise Wrong("must be named by an IRI with a scheme", name)
            _remember(_known_iris, name)
        if (type(item) is dict or type(item) is list) and is_nested(item, MOST_LEVELS):
            raise Wrong(f"must not be nested more than {MOST_LEVELS} levels deep", name)


_MEDIA_TYPE = re.compile(r"[\w!#$&^.+\-]+/[\w!#$&^.+\-]+\s*(?:;.*)?").fullmatch


def media_type(value: Any) -> None:
    if type(value) is not str or not _MEDIA_TYPE(value):
        raise Wrong("must be a media type such as text/plain")


_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?(?:([Zz])|([+\-])(\d\d)(?::?(\d\d))?)?"
).fullmatch


def parse_timestamp(value: Any) -> datetime:
    """An ISO 8601 / RFC 3339 timestamp as an aware UTC datetime (4.5). Without an offset it is taken as UTC.

    Raises `Wrong`, also for the offset -00:00 ("local time unknown"), which the standard forbids.
    """
    match = _TIMESTAMP(value) if type(value) is str else None
    if match is None:
        raise Wrong("must be a timestamp such as 2026-03-01T12:00:00.000Z")
    year, month, day, hour, minute, second, fraction, zulu, sign, offset_hours, offset_minutes = (
        match.groups()
    )
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
            UTC,
        )
        if zulu or not sign:
            return moment
        offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes or 0))
        if offset >= timedelta(days=1):
            raise Wrong("must have an offset of less than a day")
        if sign == "-":
            if not offset:
                raise Wrong("must not have the offset -00:00; write Z")
            return moment + offset
        return moment - offset
    except (ValueError, OverflowError):
        raise Wrong("must be a timestamp that exists in the calendar") from None


_USUAL_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(?:\d{3}|\d{6}))?Z", re.ASCII).fullmatch


def timestamp(value: Any) -> None:
    if type(value) is str and _USUAL_TIMESTAMP(value):
        try:
            datetime.fromisoformat(value)
            return
        except ValueError:
            pass
    parse_timestamp(value)


def format_timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: what the LRS writes itself (4.5)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_DURATION = re.compile(
    r"P(?:(?P<W>\d+(?:[.,]\d+)?)W|(?=\d|T\d)(?:(?P<Y>\d+(?:[.,]\d+)?)Y)?(?:(?P<M>\d+(?:[.,]\d+)?)M)?"
    r"(?:(?P<D>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<h>\d+(?:[.,]\d+)?)H)?(?:(?P<m>\d+(?:[.,]\d+)?)M)?(?:(?P<s>\d+(?:[.,]\d+)?)S)?)?)",
    re.ASCII,
).fullmatch
_DECIMAL_BEFORE_THE_LAST = re.compile(r"[.,]\d+[YMDH].*\d").search
_USUAL_DURATION = re.compile(r"PT(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?", re.ASCII).fullmatch


def duration(value: Any) -> None:
    """ISO 8601:2004(E) section 4.4.3.2, not the alternative format (4.6); a decimal in the last part only."""
    if type(value) is not str or not (
        _USUAL_DURATION(value) or (_DURATION(value) and not _DECIMAL_BEFORE_THE_LAST(value))
    ):
        raise Wrong("must be an ISO 8601 duration such as PT1H30M or P3D")


def duration_parts(value: str) -> tuple[tuple[str, int], ...]:
    """What counts when two durations are compared: each part, in hundredths of a second at the finest (4.6)."""
    match = _DURATION(value)
    if match is None:
        return ()
    parts = []
    for unit, amount in match.groupdict().items():
        if amount:
            hundredths = int(float(amount.replace(",", ".")) * 100 + 1e-6)
            if hundredths:
                parts.append((unit, hundredths))
    return tuple(parts)


def duration_seconds(value: str) -> float | None:
    """The length in seconds; None where years or months make it uncertain, or it is no duration."""
    match = _DURATION(value)
    if match is None or match["Y"] or match["M"]:
        return None
    seconds = {"W": 604800, "D": 86400, "h": 3600, "m": 60, "s": 1}
    return sum(
        float(amount.replace(",", ".")) * seconds[unit]
        for unit, amount in match.groupdict().items()
        if amount and unit in seconds
    )
