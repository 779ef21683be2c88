"""What can go wrong in the domain. Services raise these; the one table below says what HTTP makes of them."""

from collections.abc import Mapping
from typing import Any


def N_(message: str) -> str:
    """Marks a message for translation where it is declared; it is translated where it is shown."""
    return message


class Told(Exception):
    """An error whose sentence reaches people. `message` is a message id, %(name)s in it are filled from `details`, of
    which one may be another such error: the reason. It is translated where it is shown; `str()` of it is English."""

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message % details if details else message)
        self.message = message
        self.details = details

    def plain(self) -> dict[str, Any]:
        """The sentence as it is kept, for i18n.told: {"message", "details"}."""
        return {"message": self.message, "details": plain(self.details)}


def plain(details: Mapping[str, object]) -> dict[str, Any]:
    """Details as JSON: numbers and texts, and a reason as the sentence that it is."""
    return {name: _plain(value) for name, value in details.items()}


def _plain(value: object) -> object:
    if isinstance(value, Told):
        return value.plain()
    return value if isinstance(value, int | float | str | list | Mapping) else str(value)


class DomainError(Told):
    """Something a person can act on."""

    title = N_("That did not work")


class Invalid(DomainError):
    """What was sent is wrong; `fields` names each wrong field with a sentence."""

    title = N_("Something is missing or wrong")

    def __init__(self, message: str, fields: Mapping[str, str] | None = None, **details: object) -> None:
        super().__init__(message, **details)
        self.fields = dict(fields or {})


class SignInNeeded(DomainError):
    """Nobody is signed in."""

    title = N_("Please sign in")


class Untrusted(DomainError):
    """What came in is not to be trusted: forged, out of date, used before, or meant for another."""

    title = N_("That was refused")


class Forbidden(DomainError):
    """Signed in, but not allowed."""

    title = N_("You may not do that")


class NotFound(DomainError):
    """There is no such thing, or it is another municipality's."""

    title = N_("Not found")

    def __init__(self, message: str = N_("There is nothing at this address."), **details: object) -> None:
        super().__init__(message, **details)


class Conflict(DomainError):
    """Somebody else changed it in the meantime."""

    title = N_("Changed in the meantime")


class PreconditionFailed(DomainError):
    """An If-Match or If-None-Match did not hold."""

    title = N_("Changed in the meantime")


class TooLarge(DomainError):
    """More than is accepted."""

    title = N_("Too large")


class TooMany(DomainError):
    """Too often in too short a time; `retry_after` in seconds."""

    title = N_("Too many attempts")

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A part that is needed does not answer (a full disk, a storage that is down)."""

    title = N_("Not possible right now")


STATUSES: dict[type[DomainError], int] = {
    Invalid: 400,
    SignInNeeded: 401,
    Untrusted: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    TooLarge: 413,
    TooMany: 429,
    Unavailable: 503,
}


def status_of(error: DomainError) -> int:
    """The HTTP status of a domain error; 400 for one without a row of its own."""
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 400)
