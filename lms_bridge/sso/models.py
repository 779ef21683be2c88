"""The directories of municipalities that sign people in, and whose account each of their people has."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow
from ..vault import Sealed


class Provider(Base, TenantRow):
    """An OpenID Provider (Entra ID, ID-porten, Feide, Keycloak …) that a municipality trusts to say who is there."""

    __tablename__ = "sso_provider"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(200))
    secret: Mapped[bytes] = mapped_column(Sealed)
    acr: Mapped[str] = mapped_column(String(200), default="")
    """The levels of assurance of which one is demanded, with spaces between (acr_values); empty for any."""
    creates_accounts: Mapped[bool] = mapped_column(default=False)
    signs_out: Mapped[bool] = mapped_column(default=False)
    """Who signs out here is signed out there as well."""
    only: Mapped[bool] = mapped_column(default=False)
    """Nobody but administrators signs in by a password beside it."""
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime] = mapped_column(default=utcnow)


class Identity(Base, TenantRow):
    """Who somebody is at a provider (`sub`, OpenID Connect Core 1.0, section 2), and the account that is theirs here.

    One of each: an e-mail may be given to somebody new, who must not come by it to the account of the one before.
    """

    __tablename__ = "sso_identity"
    __table_args__ = (
        UniqueConstraint("provider_id", "subject"),
        UniqueConstraint("provider_id", "account_id", name="uq_sso_identity_account"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sso_provider.id"))
    subject: Mapped[str] = mapped_column(String(255))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    created: Mapped[datetime] = mapped_column(default=utcnow)


class ProviderSession(Base, TenantRow):
    """Which of a provider's sessions somebody signed in by (`sid`, OpenID Connect Front-Channel Logout 1.0, section 3),
    so that the provider can end it; empty where it has no name for it.
    """

    __tablename__ = "sso_session"

    sign_in_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("sign_in.id", ondelete="CASCADE"), primary_key=True
    )
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sso_provider.id"), index=True)
    sid: Mapped[str] = mapped_column(String(255))
