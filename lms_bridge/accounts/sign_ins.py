"""The browsers in which people are signed in. A sign-in ends when its person or their directory says so, and then every
copy of its cookie is useless; or twelve hours after it was last used.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, Row, delete, select, update
from sqlalchemy.orm import Session

from ..db import Database, utcnow
from ..errors import NotFound
from ..jobs import every_night
from ..web.app import SESSION_LASTS, bridge
from .models import Account, SignIn, Tenant

log = structlog.get_logger()
NOTED = timedelta(minutes=30)  # so often at the most, since it writes
LASTS = SESSION_LASTS + NOTED

# What a browser calls itself is full of other browsers' names; the first of ours that is in it is right.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Macintosh": "Mac",
    "Linux": "Linux",
}


def browser_of(user_agent: str) -> str:
    """What a person would call it, such as "Edge, Windows"; empty for one that says nothing known of itself."""
    found = (
        next((name for part, name in names.items() if part in user_agent), "")
        for names in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(filter(None, found))


def begin(session: Session, account: Account, user_agent: str) -> SignIn:
    """This browser is the account's from now on."""
    row = SignIn(tenant_id=account.tenant_id, account_id=account.id, browser=browser_of(user_agent))
    session.add(row)
    session.flush()
    return row


def find(
    session: Session, sign_in_id: uuid.UUID, now: datetime
) -> Row[tuple[SignIn, Account, Tenant]] | None:
    """Who is signed in by it, if anybody still is."""
    rows = (
        select(SignIn, Account, Tenant)
        .join(Account, Account.id == SignIn.account_id)
        .join(Tenant, Tenant.id == Account.tenant_id)
        .where(SignIn.id == sign_in_id, SignIn.seen > now - LASTS, Account.active)
    )
    return session.execute(rows).one_or_none()


def note(session: Session, sign_in_id: uuid.UUID, now: datetime) -> None:
    """It was used."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen=now))


def every(session: Session, account_id: uuid.UUID) -> Sequence[SignIn]:
    """Where somebody is signed in, the last used first."""
    alive = select(SignIn).where(SignIn.account_id == account_id, SignIn.seen > utcnow() - LASTS)
    return session.scalars(alive.order_by(SignIn.seen.desc(), SignIn.id)).all()


def drop(session: Session, sign_in_id: uuid.UUID) -> None:
    """Ends the one of the browser that asks."""
    session.execute(delete(SignIn).where(SignIn.id == sign_in_id))


def end(session: Session, account_id: uuid.UUID, sign_in_id: uuid.UUID) -> None:
    """Ends one of somebody's. Raises NotFound."""
    row = session.get(SignIn, sign_in_id)
    if row is None or row.account_id != account_id:
        raise NotFound
    session.delete(row)


def end_all(session: Session, account_id: uuid.UUID, *, but: uuid.UUID | None = None) -> None:
    """Ends all of somebody's, or all but one."""
    gone = delete(SignIn).where(SignIn.account_id == account_id)
    session.execute(gone if but is None else gone.where(SignIn.id != but))


def end_for_good(session: Session, account: Account) -> None:
    """Ends all of somebody's, and the links by which a password could be chosen."""
    account.epoch += 1
    end_all(session, account.id)


@every_night
def tidy_up() -> None:
    log.info("sign_ins_forgotten", sign_ins=forget(bridge().database, utcnow()))


def forget(database: Database, now: datetime) -> int:
    """Deletes those that have ended by themselves; how many."""
    with database.unit_of_work() as session:
        gone = session.execute(delete(SignIn).where(SignIn.seen < now - LASTS))
        return cast(CursorResult[Any], gone).rowcount
