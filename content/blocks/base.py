"""What every block type has, and the registry that finds a type by its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from content import fields
from content.errors import InvalidModule
from content.html import Child
from content.sanitize import text

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module


@dataclass(frozen=True)
class Problem:
    """Something in a block to be mended; `field` is the place in the block, named as in `data-field`."""

    code: str
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One part of a page. A subclass with a `type` is registered by being defined."""

    type: ClassVar[str] = ""
    registry: ClassVar[dict[str, "BlockType"]] = {}

    id: str = fields.identifier()

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if cls.__dict__.get("type"):
            Block.registry[cls.type] = cls

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = fields.write(self)
        return {"id": body.pop("id"), "type": self.type, **body}

    def assets(self) -> list[str]:
        """The hashes of the assets that this block shows."""
        return fields.assets_of(self)

    def draw(self, on: "Drawing") -> Child:
        """The block's HTML, for the learner and the editor alike."""
        raise NotImplementedError

    def check(self, module: "Module") -> Iterator[Problem]:
        """What is missing before the block may be published; codes stand in content/texts."""
        raise NotImplementedError

    def first_words(self, most: int = 40) -> str:
        """What it begins with, to tell it from others of its kind; "" while nothing is written in it."""
        found = (text(one) if rich else one.strip() for _, one, rich in fields.texts_of(self))
        words = next((one for one in found if one), "")
        return words if len(words) <= most else f"{words[:most].rstrip()} …"

    def rich_texts(self) -> Iterator[tuple[str, str]]:
        """(field, html) of every rich text, for checks of links and headings and for translation."""
        return fields.rich_of(self)


BlockType: TypeAlias = type[Block]


def read_block(data: Any, path: str) -> Block:
    """A block from its JSON object; its `type` decides the fields. Raises InvalidModule."""
    if not isinstance(data, dict):
        raise InvalidModule(path, "must be an object")
    name = data.get("type")
    kind = Block.registry.get(name) if isinstance(name, str) else None
    if kind is None:
        raise InvalidModule(fields.join(path, "type"), f"must be one of {', '.join(sorted(Block.registry))}")
    return fields.read(kind, {key: value for key, value in data.items() if key != "type"}, path)
