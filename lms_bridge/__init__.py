"""The service: authoring, packages, results and the competence register of municipalities."""

import gc

# What a start makes stays, and so does most of what a batch of statements is until it is stored (five hundred are
# twenty thousand objects): to look for garbage as often as Python does takes a fifth of each command's start.
gc.set_threshold(100_000, 20, 50)

from werkzeug.middleware.proxy_fix import ProxyFix

from . import (
    accounts,
    api,
    authoring,
    cmi5,
    connectors,
    forwarding,
    library,
    lrs,
    lti,
    moodle,
    outcomes,
    publishing,
    register,
    reminders,
    sso,
    trail,
    translating,
    web,
    webhooks,
)
from .config import Settings
from .db import Database
from .jobs import Jobs, every_night
from .storage import open_storage
from .stored_files import tidy_up
from .throttle import Throttle
from .web.app import Bridge

SLICES = (
    web,
    accounts,
    sso,
    trail,
    authoring,
    lrs,
    forwarding,
    publishing,
    library,
    translating,
    outcomes,
    cmi5,
    lti,
    connectors,
    moodle,
    register,
    api,
    webhooks,
    reminders,
)


def create_app(settings: Settings | None = None) -> Bridge:
    """The service as a WSGI application, with these settings or the environment's."""
    settings = settings or Settings.from_environ()
    app = Bridge(settings)
    app.database = Database(settings.database)
    app.throttle = Throttle(app.database, str(app.config["SECRET_KEY"]))
    app.storage = open_storage(settings.storage, s3_endpoint_url=settings.s3_endpoint_url)
    app.jobs = Jobs(settings, app.database)
    app.jobs.context = app.app_context
    every_night(tidy_up)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    for slice_ in SLICES:
        slice_.init_app(app)
    return app
