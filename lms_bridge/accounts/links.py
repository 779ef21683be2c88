"""Links by which somebody chooses a password: the first one, or another for who forgot it.

Whoever has the link has the account, once: its epoch is in the link, and rises with every password. Nothing is kept.
"""

import uuid

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from ..config import Settings
from ..db import bind_tenant
from ..errors import Untrusted
from ..web.i18n import N_
from . import audit
from .models import Account

DAYS = 7


def link_for(settings: Settings, session: Session, account: Account) -> str:
    """The address to give to the person; noted in the trail."""
    audit.record(session, "account.link", f"account:{account.id}")
    token = _serializer(settings).dumps([account.id.hex, account.epoch])
    return f"{settings.base_url}/choose-password/{token}"


def account_of(settings: Settings, session: Session, token: str) -> Account:
    """Whose link this is; from now on the session is their municipality's. Raises Untrusted when it is used or old."""
    try:
        account_id, epoch = _serializer(settings).loads(token, max_age=DAYS * 86_400)
    except BadData:
        account_id, epoch = uuid.UUID(int=0).hex, -1
    bind_tenant(session, None)
    # of two who come with it at once, the second waits, and finds it used
    account = session.get(Account, uuid.UUID(account_id), with_for_update=True)
    if account is None or not account.active or account.epoch != epoch:
        raise Untrusted(
            N_(
                "This link has been used already, or is more than %(days)s days old. "
                "Whoever gave it to you makes a new one."
            ),
            days=DAYS,
        )
    bind_tenant(session, account.tenant_id)
    return session.merge(account, load=False)


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_keys(), salt="choose-password")
