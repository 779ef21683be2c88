"""What every block type has, and the registry that finds a type by its name."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from content import fields
from content.errors import InvalidModule


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


BlockType: TypeAlias = type[Block]


@dataclass(frozen=True, kw_only=True)
class Question(Block):
    """A block that asks. It counts in the test unless `scored` is false: then it is practice."""

    prompt: str = fields.rich(headings=False)
    feedback_correct: str = fields.string()
    feedback_wrong: str = fields.string()
    scored: bool = fields.flag(default=True)


def read_block(data: Any, path: str) -> Block:
    """A block from its JSON object; its `type` decides the fields. Raises InvalidModule."""
    if not isinstance(data, dict):
        raise InvalidModule(path, "must be an object")
    kind = Block.registry.get(data.get("type", "")) if isinstance(data.get("type", ""), str) else None
    if kind is None:
        raise InvalidModule(fields.join(path, "type"), f"must be one of {', '.join(sorted(Block.registry))}")
    return fields.read(kind, {key: value for key, value in data.items() if key != "type"}, path)
