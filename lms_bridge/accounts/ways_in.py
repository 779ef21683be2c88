"""Ways to sign in other than by password, and out again: slices above add theirs, as they do to the menu."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from ..web.app import Bridge, bridge
from .models import Account


@dataclass(frozen=True)
class Way:
    """A button: what stands on it, whose it is, and where it leads."""

    name: str
    municipality: str
    address: str


@dataclass(frozen=True)
class Ways:
    """What a slice adds. `find`: the buttons, called when the page is shown, with the link that somebody was given to
    choose a password, if it is by that (links.py). `only`: by what alone a municipality's people sign in, empty where
    passwords do as well. `out`: where a browser that signs out goes on to.
    """

    find: Callable[[str], list[Way]]
    only: Callable[[uuid.UUID], str]
    out: Callable[[], Way | None]


def add(app: Bridge, ways: Ways) -> None:
    app.extensions.setdefault("ways_in", []).append(ways)


def only_way(account: Account) -> str:
    """What an account signs in by in place of a password; empty where it may have one, as administrators always may:
    what they sign in by may fail, and they put it right.
    """
    if "administrator" in account.roles:
        return ""
    return next((name for ways in _all() if (name := ways.only(account.tenant_id))), "")


def way_out() -> Way | None:
    """Where the browser that signs out goes on to, to be signed out there as well."""
    return next((way for ways in _all() if (way := ways.out())), None)


def _all() -> list[Ways]:
    found: list[Ways] = bridge().extensions.get("ways_in", [])
    return found


def init_app(app: Bridge) -> None:
    def every(link: str = "") -> list[Way]:
        return [way for ways in _all() for way in ways.find(link)]

    app.jinja_env.globals.update(ways_in=every, only_way=only_way)
