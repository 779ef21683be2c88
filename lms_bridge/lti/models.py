"""What is known of LMSs that speak LTI 1.3: who they are, who came from them, and which results they are owed."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow
from ..vault import Sealed

WAITING, APPROVED, REFUSED = "waiting", "approved", "refused"


class SigningKey(Base):
    """A key pair of this service; `private` is sealed (vault). A replaced one stays published for a while."""

    __tablename__ = "lti_signing_key"

    kid: Mapped[str] = mapped_column(String(40), primary_key=True)
    private: Mapped[bytes] = mapped_column(Sealed)
    public: Mapped[dict[str, Any]] = mapped_column(JSON)
    created: Mapped[datetime] = mapped_column(default=utcnow)


class Platform(Base, TenantRow):
    """One registration of this service in an LMS, known by (issuer, client id), of one municipality."""

    __tablename__ = "lti_platform"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_url: Mapped[str] = mapped_column(String(1000))
    token_url: Mapped[str] = mapped_column(String(1000))
    jwks_url: Mapped[str] = mapped_column(String(1000))
    token_audience: Mapped[str] = mapped_column(String(1000), default="")
    """Whom a token request is meant for, where that is not the token URL (Brightspace)."""
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    idnumber_is_employment_id: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime] = mapped_column(default=utcnow)


class Deployment(Base, TenantRow):
    """A place in the LMS where this service was put. An unknown one waits until an administrator approves it.

    The standard makes its id unique within the issuer; Open edX calls every one "1", so it is kept per platform.
    """

    __tablename__ = "lti_deployment"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    platform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_platform.id"))
    deployment_id: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    seen: Mapped[datetime] = mapped_column(default=utcnow)


class Login(Base):
    """A login that was begun and not finished: found by its state once, deleted as it is used, ten minutes old
    at most. `initiation` is what the LMS sent, to begin again in a window of its own.
    """

    __tablename__ = "lti_login"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    platform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_platform.id"))
    nonce: Mapped[str] = mapped_column(String(64))
    binding_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    storage: Mapped[str] = mapped_column(String(100), default="")
    initiation: Mapped[dict[str, str]] = mapped_column(JSON)
    expires: Mapped[datetime] = mapped_column(index=True)


class Invitation(Base, TenantRow):
    """An address that registers one LMS, once. Only the hash of its token is kept."""

    __tablename__ = "lti_invitation"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created: Mapped[datetime] = mapped_column(default=utcnow)
    expires: Mapped[datetime]
    used: Mapped[datetime | None]


class ResourceLink(Base, TenantRow):
    """An activity in a course of the LMS, and the services that came with its newest launch."""

    __tablename__ = "lti_resource_link"
    __table_args__ = (UniqueConstraint("deployment_id", "resource_link_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    deployment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_deployment.id"))
    resource_link_id: Mapped[str] = mapped_column(String(500))
    module_id: Mapped[uuid.UUID]
    title: Mapped[str] = mapped_column(String(500), default="")
    context_title: Mapped[str] = mapped_column(String(500), default="")
    lineitem: Mapped[str] = mapped_column(String(2000), default="")
    """Its column in the gradebook; "" where the launch named none and none was looked up yet (lineitems.py)."""
    lineitems: Mapped[str] = mapped_column(String(2000), default="")
    lineitem_scope: Mapped[str] = mapped_column(String(100), default="")
    """What the LMS allows with `lineitems`: read, or make too; "" for neither."""
    memberships: Mapped[str] = mapped_column(String(2000), default="")
    roster_read: Mapped[datetime | None]
    roster_size: Mapped[int | None]
    roster_problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Why the roster could not be read: a sentence (errors.Told)."""


class Score(Base, TenantRow):
    """What one learner's line item is owed: the newest result only, until the LMS has taken it (an outbox).

    `stamp` is the last timestamp used towards the LMS; the next is at least a second later, always.
    """

    __tablename__ = "lti_score"
    __table_args__ = (UniqueConstraint("link_id", "subject"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_resource_link.id"))
    subject: Mapped[str] = mapped_column(String(255))
    enrolment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("enrolment.id"), index=True)
    wanted: Mapped[float | None]
    """0 to 1; None until there is a result."""
    sent: Mapped[float | None]
    state: Mapped[str] = mapped_column(String(10), default="none", index=True)
    """none, waiting, sent or stuck."""
    change: Mapped[int] = mapped_column(default=0)
    """Counts results, so that one which came while another was on its way is seen."""
    stamp: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    claimed_by: Mapped[uuid.UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Why the LMS has not taken it: a sentence (errors.Told)."""
