"""Writing modules: the list, the editor, the drafts that several people write in at once."""

from ..web.app import Bridge


def init_app(app: Bridge) -> None:
    from . import models  # noqa: F401
