"""What a learning module is: pages, blocks, rights, media, checks, and the player that shows it."""

from content.errors import ContentError, InvalidModule, InvalidModuleFile, RejectedMedia
from content.files import load, save, save_file
from content.module import Module

__all__ = [
    "ContentError",
    "InvalidModule",
    "InvalidModuleFile",
    "Module",
    "RejectedMedia",
    "load",
    "save",
    "save_file",
]
