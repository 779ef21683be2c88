"""Frozen versions of modules: published, packaged for any LMS, and shown to learners."""

from ..web.app import Bridge


def init_app(app: Bridge) -> None:
    from . import content_origin, routes

    routes.init_app(app)
    content_origin.init_app(app)
