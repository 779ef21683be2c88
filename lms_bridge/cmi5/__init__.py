"""The cmi5 LMS: courses of others brought in, launched, followed and satisfied, on top of the service's own LRS."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from ..accounts import Account
from ..accounts.signals import account_erased
from ..lrs.signals import StoredStatement, statements_stored
from ..publishing import tiles
from ..publishing.tiles import Tile
from ..web import navigation
from ..web.app import Bridge
from ..web.i18n import N_


def init_app(app: Bridge) -> None:
    from . import content_origin, guard, routes

    guard.init()
    account_erased.connect(_erase)
    statements_stored.connect(_follow_voiding)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(routes.tokens)
    app.register_blueprint(content_origin.blueprint, name="content.courses")
    tiles.add(own_tiles)
    navigation.add(
        N_("Courses from others"),
        "cmi5.courses",
        *routes.STAFF,
        order=25,
        hint=N_("Bring in cmi5 courses that were bought or given, and see how learners fare."),
    )


def _follow_voiding(
    _sender: object, *, session: Session, tenant_id: UUID, statements: Sequence[StoredStatement], **_: object
) -> None:
    if any(item.voids for item in statements):
        from . import voiding

        voiding.take(session, tenant_id, statements)


def _erase(_sender: object, *, session: Session, account_id: UUID) -> None:
    from .service import erase_learner

    erase_learner(session, account_id)


def own_tiles(session: Session, account: Account) -> Iterator[Tile]:
    """Brought-in courses on a person's list."""
    from .service import own_courses

    for course, registration in own_courses(session, account):
        state = "new" if registration is None else "passed" if registration.satisfied else "started"
        address = url_for("cmi5.course", course_id=course.id)
        summary = course.description if course.description != course.title else ""
        yield Tile(course.title, summary, course.language, address, state)
