"""The main menu: each slice adds its entries; a person sees those of their roles."""

from dataclasses import dataclass

from flask import g

from .app import Bridge


@dataclass(frozen=True)
class Entry:
    """A line of the menu: a message id (mark it with N_), an endpoint, the roles that see it, its place, and a
    sentence (a message id too) for the first page."""

    label: str
    endpoint: str
    roles: frozenset[str]
    order: int
    hint: str


_entries: list[Entry] = []


def add(label: str, endpoint: str, *roles: str, order: int = 50, hint: str = "") -> None:
    """Adds an entry once; no roles means everybody who is signed in."""
    entry = Entry(label, endpoint, frozenset(roles), order, hint)
    if entry not in _entries:
        _entries.append(entry)
        _entries.sort(key=lambda e: e.order)


def entries() -> list[Entry]:
    """What the person who is signed in may open."""
    account = g.get("account")
    if account is None:
        return []
    return [e for e in _entries if not e.roles or e.roles & set(account.roles)]


def init_app(app: Bridge) -> None:
    app.jinja_env.globals["menu"] = entries
