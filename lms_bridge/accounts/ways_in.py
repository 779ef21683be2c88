"""Ways to sign in other than by password: slices above add theirs to the sign-in page, as they do to the menu."""

from collections.abc import Callable
from dataclasses import dataclass

from ..web.app import Bridge


@dataclass(frozen=True)
class Way:
    """A button: what stands on it, whose it is, and where it leads."""

    name: str
    municipality: str
    address: str


def add(app: Bridge, find: Callable[[str], list[Way]]) -> None:
    """`find` is called when the page is shown, with the link that somebody was given to choose a password, if it is by
    that (links.py)."""
    app.extensions.setdefault("ways_in", []).append(find)


def init_app(app: Bridge) -> None:
    def every(link: str = "") -> list[Way]:
        return [way for find in app.extensions.get("ways_in", []) for way in find(link)]

    app.jinja_env.globals["ways_in"] = every
