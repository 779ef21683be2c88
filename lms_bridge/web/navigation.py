"""The main menu: each slice adds its entries; a person sees those of their roles."""

from dataclasses import dataclass

from flask import g, request, url_for

from .app import Bridge
from .i18n import N_


@dataclass(frozen=True)
class Entry:
    """A line of the menu: a message id (mark it with N_), an endpoint, the roles that see it, its place, and a
    sentence (a message id too) for the first page. What belongs to `setup` is behind one line of the menu."""

    label: str
    endpoint: str
    roles: frozenset[str]
    order: int
    hint: str
    setup: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the page asked for is this one or below it."""
        return request.endpoint == self.endpoint or request.path.startswith(
            url_for(self.endpoint).rstrip("/") + "/"
        )


SETUP = N_("Set-up")
_entries: list[Entry] = []


def add(label: str, endpoint: str, *roles: str, order: int = 50, hint: str = "", setup: bool = False) -> None:
    """Adds an entry once; no roles means everybody who is signed in."""
    entry = Entry(label, endpoint, frozenset(roles), order, hint, setup)
    if entry not in _entries:
        _entries.append(entry)
        _entries.sort(key=lambda e: e.order)


def entries(*, setup: bool = False) -> list[Entry]:
    """What the person who is signed in may open: of every day, or of the set-up."""
    account = g.get("account")
    if account is None:
        return []
    return [e for e in _entries if e.setup == setup and (not e.roles or e.roles & set(account.roles))]


def init_app(app: Bridge) -> None:
    app.jinja_env.globals.update(menu=entries, setup_label=SETUP)
