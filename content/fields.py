"""Typed fields: a dataclass says what its JSON looks like; `read` and `write` turn one into the other.

Every element of the module document is a frozen dataclass whose fields are made by the functions below. A
value that does not fit raises InvalidModule with the exact place, so that a person or a program can mend it.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from content.errors import InvalidModule, TooLong
from content.sanitize import clean

Reader = Callable[[Any, str], Any]
ID = re.compile(
    r"[a-z][a-z0-9]{3,15}"
)  # pages and blocks: unique in the module, good in a URL and an HTML id
ITEM_ID = re.compile(r"[a-z][a-z0-9]{0,15}")  # options and items: unique in their block
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_TEXT = 200_000
LONGEST_LIST = 2_000


class Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T", bound=Dataclass)
E = TypeVar("E", bound=Any)


def read(kind: type[T], data: Any, path: str) -> T:
    """A `kind` from its JSON object. Raises InvalidModule: an unknown, missing or ill-typed field."""
    if not isinstance(data, dict):
        raise InvalidModule(path, "must be an object")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for key in data:
        if key not in fields:
            raise InvalidModule(join(path, key), f"is not known here; known are {', '.join(fields)}")
    values = {}
    for name, field in fields.items():
        if name in data:
            values[name] = field.metadata["read"](data[name], join(path, name))
        elif field.metadata.get("required"):
            raise InvalidModule(join(path, name), "is missing")
    return kind(**values)


def write(value: Any) -> Any:
    """The JSON value of an element: the inverse of `read`."""
    if dataclasses.is_dataclass(value):
        return {field.name: write(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [write(item) for item in value]
    if isinstance(value, Mapping):
        return {key: write(item) for key, item in value.items()}
    return value


def join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else str(key)


def string(
    *,
    default: str = "",
    pattern: re.Pattern[str] | None = None,
    among: tuple[str, ...] = (),
    form: str = "",
    required: bool = False,
    longest: int = 5_000,
) -> Any:
    """Plain text. `form` tells a person what `pattern` wants."""

    def reader(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise InvalidModule(path, "must be text")
        if len(value) > longest:
            raise TooLong(path, longest, len(value))
        if UNWRITABLE.search(value):
            raise InvalidModule(path, "must not contain NUL or half characters")
        if among and value not in among:
            raise InvalidModule(path, f"must be one of {', '.join(among)}")
        if pattern and not pattern.fullmatch(value):
            raise InvalidModule(path, f"must be {form or f'of the form {pattern.pattern}'}")
        return value

    return _field(reader, default, required, kind="" if pattern or among else "text")


def identifier(pattern: re.Pattern[str] = ID) -> Any:
    return string(pattern=pattern, required=True)


def rich(*, headings: bool = True) -> Any:
    """HTML with a closed list of tags; what is not on the list is gone after reading (content.sanitize)."""
    text = string(longest=LONGEST_TEXT).metadata["read"]
    return _field(lambda value, path: clean(text(value, path), headings=headings), "", False, kind="rich")


def flag(*, default: bool) -> Any:
    def reader(value: Any, path: str) -> bool:
        if not isinstance(value, bool):
            raise InvalidModule(path, "must be true or false")
        return value

    return _field(reader, default, False)


def number(*, least: int = 0, most: int = 2**53, kind: type[int] | type[float] = int) -> Any:
    """A number, or null."""

    def reader(value: Any, path: str) -> int | float | None:
        if value is None:
            return None
        wanted = (int,) if kind is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted) or not least <= value <= most:
            name = "a whole number" if kind is int else "a number"
            raise InvalidModule(path, f"must be {name} from {least} to {most}, or null")
        return value

    return _field(reader, None, False)


def asset() -> Any:
    """The SHA-256 of one of the module's assets, or null while none is chosen."""
    digest = string(pattern=SHA256, form="the SHA-256 of an asset, or null").metadata["read"]
    return _field(
        lambda value, path: None if value is None else digest(value, path), None, False, kind="asset"
    )


def nested(kind: type[Any], *, optional: bool = False) -> Any:
    def reader(value: Any, path: str) -> Any:
        return None if optional and value is None else read(kind, value, path)

    if optional:
        return _field(reader, None, False)
    return dataclasses.field(default_factory=kind, metadata={"read": reader})


def several(item: Reader | type[Any]) -> Any:
    """A list, kept as a tuple. Items that have an id have it once."""
    reader_of_item: Reader = (lambda value, path: read(item, value, path)) if isinstance(item, type) else item

    def reader(value: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise InvalidModule(path, "must be a list")
        if len(value) > LONGEST_LIST:
            raise InvalidModule(path, f"must have at most {LONGEST_LIST} entries, has {len(value)}")
        items = tuple(reader_of_item(entry, f"{path}[{index}]") for index, entry in enumerate(value))
        refuse_repeats(
            [(getattr(entry, "id", None), f"{path}[{index}].id") for index, entry in enumerate(items)]
        )
        return items

    return _field(reader, (), False)


def texts() -> Any:
    return several(string().metadata["read"])


def refuse_repeats(ids: Sequence[tuple[str | None, str]]) -> None:
    """Ids with their places: each is used once. None is no id."""
    seen: set[str] = set()
    for identity, path in ids:
        if identity in seen:
            raise InvalidModule(path, f"“{identity}” is used twice")
        if identity is not None:
            seen.add(identity)


def by_key(pattern: re.Pattern[str], kind: type[Any]) -> Any:
    """An object of like values, such as the assets by their hash."""

    def reader(value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise InvalidModule(path, "must be an object")
        for key in value:
            if not pattern.fullmatch(key):
                raise InvalidModule(join(path, key), f"the name must be of the form {pattern.pattern}")
        return {key: read(kind, entry, join(path, key)) for key, entry in value.items()}

    return dataclasses.field(default_factory=dict, metadata={"read": reader})


def assets_of(element: Any) -> list[str]:
    """The assets that an element names in its own fields."""
    named = (
        getattr(element, f.name) for f in dataclasses.fields(element) if f.metadata.get("kind") == "asset"
    )
    return [digest for digest in named if digest]


def texts_of(element: Any, prefix: str = "") -> Iterator[tuple[str, str, bool]]:
    """(place, text, whether it is HTML) of what people wrote in an element and in the items in it: `items.a.html`."""
    for spec in dataclasses.fields(element):
        value, kind = getattr(element, spec.name), spec.metadata.get("kind")
        if kind in ("text", "rich"):
            yield prefix + spec.name, value, kind == "rich"
        elif isinstance(value, tuple):
            for item in value:
                if dataclasses.is_dataclass(item):
                    yield from texts_of(item, f"{prefix}{spec.name}.{getattr(item, 'id', '')}.")


def with_texts(element: E, texts: Mapping[str, str], prefix: str = "") -> E:
    """The element with other texts at the places that are named, as `texts_of` names them."""
    changes: dict[str, Any] = {}
    for spec in dataclasses.fields(element):
        value, kind, place = getattr(element, spec.name), spec.metadata.get("kind"), prefix + spec.name
        if kind in ("text", "rich") and place in texts:
            changes[spec.name] = texts[place]
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            changes[spec.name] = tuple(with_texts(item, texts, f"{place}.{item.id}.") for item in value)
    return dataclasses.replace(element, **changes)


def rich_of(element: Any) -> Iterator[tuple[str, str]]:
    """(place, html) of its rich texts."""
    return ((place, text) for place, text, rich in texts_of(element) if rich)


def _field(reader: Reader, default: Any, required: bool, *, kind: str = "") -> Any:
    metadata = {"read": reader, "required": required, "kind": kind}
    if required:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
