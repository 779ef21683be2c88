"""The trail of what was done and whose data was read (accounts/audit.py writes it): sealed day by day, and read."""

from ..web.app import Bridge


def init_app(app: Bridge) -> None:
    from . import retention_pages, routes, seals  # noqa: F401 - add the night's jobs, and a page

    routes.init_app(app)
