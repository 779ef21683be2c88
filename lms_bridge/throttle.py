"""How often is too often, counted over all processes: wrong passwords, wrong keys, doors that anybody can knock at.

A row counts one thing of one doer (by a keyed hash, for addresses and e-mails are personal) until it expires. Who
succeeds writes nothing. A refused request is rolled back, so counting has a transaction of its own.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from .db import Base, Database, utcnow
from .errors import N_, TooMany

TOO_MANY = N_("Too many attempts. Wait a while and try again.")


class Attempts(Base):
    """How often something was done since the first time that still counts."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_expires", "expires"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    times: Mapped[int]
    expires: Mapped[datetime]


@dataclass(frozen=True)
class Limit:
    """At most `most` times within `seconds`, for each of those who do it."""

    what: str
    most: int
    seconds: int


class Throttle:
    """Counts in the database; every process that shares the database and the secret key counts together."""

    def __init__(self, database: Database, secret: str) -> None:
        self._database, self._secret = database, secret.encode()

    def refuse(self, session: Session, *counted: tuple[Limit, str], message: str = TOO_MANY) -> None:
        """Raises TooMany if one of these (limit, who) has reached its limit. One query, nothing written."""
        limits = {self._key(limit, who): limit for limit, who in counted}
        now = utcnow()
        rows = session.execute(
            select(Attempts.key, Attempts.times, Attempts.expires).where(
                Attempts.key.in_(limits), Attempts.expires > now
            )
        )
        spent = [row.expires for row in rows if row.times >= limits[row.key].most]
        if spent:
            raise TooMany(message, _seconds(max(spent) - now))

    def count(self, *counted: tuple[Limit, str]) -> None:
        """Counts one more of each of these (limit, who), and forgets those that expired."""
        self._add([(self._key(limit, who), limit) for limit, who in counted])

    def take(self, limit: Limit, who: str, message: str = TOO_MANY) -> None:
        """Counts one more, and raises TooMany if that is over the limit: for what is limited also when it succeeds."""
        ((count, expires),) = self._add([(self._key(limit, who), limit)])
        if count > limit.most:
            raise TooMany(message, _seconds(expires - utcnow()))

    def _add(self, counted: Sequence[tuple[str, Limit]]) -> list[tuple[int, datetime]]:
        now = utcnow()
        found = []
        with self._database.unit_of_work() as session:
            dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
            for key, limit in sorted(counted, key=lambda one: one[0]):  # so that no two wait in a circle
                row = dialect.insert(Attempts).values(
                    key=key, times=1, expires=now + timedelta(seconds=limit.seconds)
                )
                over = Attempts.expires <= now
                row = row.on_conflict_do_update(
                    index_elements=[Attempts.key],
                    set_={
                        "times": case((over, 1), else_=Attempts.times + 1),
                        "expires": case((over, row.excluded.expires), else_=Attempts.expires),
                    },
                )
                found.append(session.execute(row.returning(Attempts.times, Attempts.expires)).one()._tuple())
            if any(count == 1 for count, _ in found):
                session.execute(
                    delete(Attempts).where(Attempts.expires <= now),
                    execution_options={"synchronize_session": False},
                )
        return found

    def _key(self, limit: Limit, who: str) -> str:
        return hmac.new(self._secret, f"{limit.what}:{who}".encode(), hashlib.sha256).hexdigest()


def _seconds(left: timedelta) -> int:
    return max(1, int(left.total_seconds()) + 1)
