"""Blocks of the index: statements that came together have positions one after the other, so that a key that several of
them share needs one row. Its `position` is the first of the block, whether or not that one has the key, and its `mask`
says which have: 1 for the first, 2, 4 and so on for those after it; NULL is the first alone. All keys of a statement
lie in the same block.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func

from .models import IndexEntry

WIDTH = 16  # positions of a block
REACH = WIDTH - 1
BITS = f"(VALUES {', '.join(f'({n})' for n in range(WIDTH))}) AS bit"
"""SQL for both databases: `bit.column1` is how far a position lies behind the first of its block."""

Placed = tuple[int, set[int]]  # a position, and the keys of the statement that has it


def blocks(statements: Sequence[Placed]) -> tuple[list[int], list[int], list[int]]:
    """Keys, positions and masks of the rows for statements in the order of their positions."""
    keys, positions, masks = list[int](), list[int](), list[int]()
    first, block = 0, dict[int, int]()

    def put() -> None:
        keys.extend(block)
        positions.extend([first] * len(block))
        masks.extend(block.values())

    for position, found_by in statements:
        if position - first >= WIDTH:
            put()
            first, block = position, {}
        bit = 1 << position - first
        for key in found_by:
            block[key] = block.get(key, 0) | bit
    put()
    return keys, positions, masks


def has(row: str, behind: str = "bit.column1") -> str:
    """SQL: whether a row of the index has the position that lies so far behind its first."""
    return f"(coalesce({row}.mask, 1) >> {behind}) & 1 = 1"


def is_at(position: ColumnElement[int] | Any) -> ColumnElement[bool]:
    """SQLAlchemy: whether a row of the index has this position."""
    behind = cast(position - IndexEntry.position, Integer)
    mask = func.coalesce(IndexEntry.mask, 1).op(">>")(behind).op("&")(1)
    return position.between(IndexEntry.position, IndexEntry.position + REACH) & (mask == 1)
