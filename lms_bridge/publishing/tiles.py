"""What other slices put on a person's list of courses, beside the municipality's own modules."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ..accounts import Account


@dataclass(frozen=True)
class Tile:
    """A course of another kind; `state` is new, started, failed or passed."""

    title: str
    summary: str
    language: str
    address: str
    state: str


Provider = Callable[[Session, Account], Iterable[Tile]]
_providers: list[Provider] = []


def add(provider: Provider) -> None:
    """Asks it for each list from now on."""
    if provider not in _providers:
        _providers.append(provider)


def of(session: Session, account: Account) -> list[Tile]:
    """All that there is for this person."""
    return [tile for provider in _providers for tile in provider(session, account)]
