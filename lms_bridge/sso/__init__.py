"""Sign-in by a municipality's own directory (OpenID Connect)."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from ..accounts.signals import account_erased
from ..web.app import Bridge
from . import service


def init_app(app: Bridge) -> None:
    from . import routes

    account_erased.connect(_account_erased)
    routes.init_app(app)


def _account_erased(_sender: object, *, session: Session, account_id: uuid.UUID, **_more: Any) -> None:
    service.forget_account(session, account_id)
