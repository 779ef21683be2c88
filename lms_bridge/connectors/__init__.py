"""Connections to other systems: their results are fetched, or pushed here, and handed on."""

from ..web.app import Bridge


def init_app(app: Bridge) -> None:
    from . import jobs, kinds, routes  # noqa: F401  # names the slice's jobs

    kinds.load()
    routes.init_app(app)
