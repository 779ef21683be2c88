"""Municipalities and the people who sign in."""

from ..web.app import Bridge
from .access import current_account, current_user, requires_role, requires_sign_in
from .models import ROLES, Account, Tenant

__all__ = [
    "ROLES",
    "Account",
    "Tenant",
    "current_account",
    "current_user",
    "requires_role",
    "requires_sign_in",
]


def init_app(app: Bridge) -> None:
    from . import access, own_settings, routes, ways_in

    access.init_app(app)
    ways_in.init_app(app)
    own_settings.init_app(app)
    routes.init_app(app)
