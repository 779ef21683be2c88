"""What every page shares: the frame, languages, errors, safety, health."""

from .app import Bridge


def init_app(app: Bridge) -> None:
    from . import errors, health, i18n, logs, navigation, requests, safety

    for part in (logs, requests, safety, i18n, navigation, errors, health):
        part.init_app(app)
