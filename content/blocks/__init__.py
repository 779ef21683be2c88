"""The block types. Adding one is adding one file here: a dataclass with fields, checks and HTML template."""

import importlib
import pkgutil

from content.blocks.base import Block, BlockType, Problem, read_block
from content.blocks.question import Question

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

TYPES: dict[str, BlockType] = Block.registry

__all__ = ["TYPES", "Block", "Problem", "Question", "read_block"]
