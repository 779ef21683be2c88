"""From a verified message to the place in this service that it opens."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..db import Database, utcnow
from ..errors import Forbidden, NotFound, Untrusted
from ..key_sets import KeySets
from ..publishing import delivery
from ..publishing import service as publishing
from ..publishing.models import Enrolment, Learner
from ..web.app import Bridge
from ..web.i18n import N_
from . import id_token, logins, messages, signals
from .messages import Message
from .models import APPROVED, Deployment, Platform, ResourceLink, Score

MOST_WAITING = 50


@dataclass(frozen=True)
class Launch:
    """A launch that is believed: what the LMS said, and whose deployment it came through."""

    message: Message
    platform: Platform
    deployment: Deployment


class BindingMissing(Untrusted):
    """The browser showed no cookie of the login; the LMS's platform storage may hold it instead."""

    def __init__(self, pending: logins.Pending) -> None:
        super().__init__(
            N_("The browser did not keep this login. Open the activity again in a window of its own.")
        )
        self.pending = pending


def receive(app: Bridge, keys: KeySets, state: str, token: str, bindings: list[str]) -> Launch:
    """Checks a launch, in this order: login, browser, token, single use, message, deployment.

    `bindings`: what the browser shows for the login. Raises Untrusted, BindingMissing, Unavailable, Forbidden for a
    deployment that waits for approval. Nothing is open in the database while the LMS's keys are fetched.
    """
    pending = logins.find(app.database, state)
    if not bindings:
        raise BindingMissing(pending)
    if not any(logins.belongs(pending.login, binding) for binding in bindings):
        raise Untrusted(N_("This launch was begun in another browser. Open the activity again in the LMS."))
    if pending.platform.state != APPROVED:
        raise Untrusted(
            N_("This LMS is not connected to the service. An administrator connects it on the page “LTI”.")
        )
    claims = id_token.verified(token, pending.platform, pending.login.nonce, keys)
    logins.use(app.database, state)
    message = messages.read(claims)
    deployment = _deployment(app.database, pending.platform, message.deployment_id)
    if deployment.state != APPROVED:
        raise Forbidden(
            N_(
                "Your LMS is known, but this place in it waits for approval by an administrator, on the page “LTI”."
            )
        )
    return Launch(message, pending.platform, deployment)


def _deployment(database: Database, platform: Platform, deployment_id: str) -> Deployment:
    """The deployment of that id; an unknown one is written down for the administrator, and trusted by nobody."""
    query = select(Deployment).where(
        Deployment.platform_id == platform.id, Deployment.deployment_id == deployment_id
    )
    with database.unit_of_work(platform.tenant_id, write=False) as session:
        known = session.scalar(query)
    if known is not None:
        return known
    try:
        with database.unit_of_work(platform.tenant_id) as session:
            count = session.scalar(
                select(func.count()).select_from(Deployment).where(Deployment.platform_id == platform.id)
            )
            new = Deployment(platform_id=platform.id, deployment_id=deployment_id)
            if (count or 0) < MOST_WAITING:
                session.add(new)
            else:
                new.state = "refused"
        return new
    except IntegrityError:  # a second launch of the same moment wrote it
        with database.unit_of_work(platform.tenant_id, write=False) as session:
            return session.scalars(query).one()


def open_resource_link(app: Bridge, session: Session, launch: Launch) -> str:
    """The address of the module in the player, for this learner. Raises NotFound where no module is chosen.

    A teacher takes the course like anybody else, but no score of theirs is sent: LMSs refuse those.
    """
    message = launch.message
    module_id = module_of(message)
    link = _resource_link(session, launch, module_id)
    learner = Learner(launch.platform.issuer, message.subject)
    enrolment = delivery.enrol(session, learner, module_id)
    if (link.lineitem or link.lineitem_scope) and not message.teaches:
        _note_score(session, link, message.subject, enrolment)
    signals.learners_known.send(None, session=session, learners=[recognised(launch)])
    return delivery.launch_url(app, session, enrolment, framed_by_lms=True)


def recognised(launch: Launch) -> signals.LmsLearner:
    """What is told to the register of who came: no more than it needs to know the person by."""
    message = launch.message
    employment_id = message.idnumber if launch.platform.idnumber_is_employment_id else ""
    return signals.LmsLearner(
        launch.platform.issuer, message.subject, message.name, message.email, employment_id
    )


def module_of(message: Message) -> uuid.UUID:
    """The module that the deep link's `custom` names, or the address that was typed in the LMS.

    Never the resource link's id: a copied course has new ones, and nobody tells us of the old (Moodle).
    """
    given = message.custom.get("module")
    if not given:
        given = parse_qs(urlsplit(message.target_link_uri).query).get("module", [""])[0]
    if not given:
        raise NotFound(
            N_(
                "No module is chosen for this activity yet. Its teacher chooses one with “Select content” in the LMS."
            )
        )
    try:
        return uuid.UUID(str(given))
    except ValueError:
        raise NotFound(N_("The module of this activity is not here, or was taken away.")) from None


def _resource_link(session: Session, launch: Launch, module_id: uuid.UUID) -> ResourceLink:
    _demand_published(session, module_id)
    message = launch.message
    link = session.scalar(
        select(ResourceLink).where(
            ResourceLink.deployment_id == launch.deployment.id,
            ResourceLink.resource_link_id == message.resource_link_id,
        )
    )
    if link is None:
        link = ResourceLink(
            deployment_id=launch.deployment.id, resource_link_id=message.resource_link_id, module_id=module_id
        )
        session.add(link)
    link.module_id, link.title, link.context_title = module_id, message.title, message.context_title
    _note_gradebook(link, message)
    link.memberships = message.memberships
    session.flush()
    return link


def _note_gradebook(link: ResourceLink, message: Message) -> None:
    """Where results go: the line item of the launch; one that was looked up before stays while its list does."""
    kept = link.lineitem if message.lineitem_scope and link.lineitems == message.lineitems else ""
    link.lineitem = (message.lineitem or kept or "") if message.may_score else ""
    link.lineitems, link.lineitem_scope = message.lineitems, message.lineitem_scope


def _demand_published(session: Session, module_id: uuid.UUID) -> None:
    if publishing.latest_number(session, module_id) is None:
        raise NotFound(N_("The module of this activity is not here, or was taken away."))


def _note_score(session: Session, link: ResourceLink, subject: str, enrolment: Enrolment) -> None:
    """From now on, what comes of this attempt is owed to this line item."""
    query = select(Score).where(Score.link_id == link.id, Score.subject == subject)
    score = session.scalar(query)
    if score is None:
        session.add(Score(link_id=link.id, subject=subject, enrolment_id=enrolment.id))
    else:
        score.enrolment_id = enrolment.id


def review(session: Session, launch: Launch) -> Mapping[str, Any]:
    """Submission review (LTI Submission Review 1.0): whose work at which module, attempt by attempt.

    A teacher sees the learner that is asked for, everybody else only themselves. Raises Forbidden, NotFound.
    """
    message = launch.message
    subject = message.reviewed or message.subject
    if subject != message.subject and not message.teaches:
        raise Forbidden(N_("Only teachers may look at what others have done."))
    module_id = module_of(message) if message.custom.get("module") else _module_of_link(session, launch)
    learner = Learner(launch.platform.issuer, subject)
    return {
        "version": publishing.get_version(session, module_id),
        "attempts": delivery.attempts(session, learner, module_id),
        "own": subject == message.subject,
        "at": utcnow(),
    }


def _module_of_link(session: Session, launch: Launch) -> uuid.UUID:
    found = session.scalar(
        select(ResourceLink.module_id).where(
            ResourceLink.deployment_id == launch.deployment.id,
            ResourceLink.resource_link_id == launch.message.resource_link_id,
        )
    )
    if found is None:
        raise NotFound(N_("The module of this activity is not here, or was taken away."))
    return found
