"""The application object and the way to it from a request."""

from datetime import timedelta
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Request, current_app
from flask import request as current_request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.formparser import FormDataParser

from ..config import Settings
from ..db import Database
from ..jobs import Jobs
from ..key_sets import KeySets
from ..outgoing import Outgoing
from ..storage import Storage
from ..throttle import Throttle
from ..vault import Vault

SESSION_LASTS = timedelta(hours=12)
"""So long after its last use a browser stays signed in."""
LONGEST_FORM = 2_000_000
"""Bytes of a form without files. It is read as a whole, by pages that anybody may ask for, too."""


def take_files(most: int) -> None:
    """Says, before the current request's form is read, that it may have so many bytes of files."""
    current_request.max_content_length = most + LONGEST_FORM


class FormRequest(Request):
    """A request whose form is read up to a limit, whatever it says of its length."""

    def make_form_data_parser(self) -> FormDataParser:
        if self.max_content_length is None:
            self.max_content_length = LONGEST_FORM
        return super().make_form_data_parser()


class Sessions(SecureCookieSessionInterface):
    """Sessions by cookie, for people; the LRS and the API know their callers by credentials, and look for none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(("/xapi/", "/api/v1/")):
            return self.session_class()
        return super().open_session(app, request)


class Bridge(Flask):
    """A Flask application that knows its settings, database, storage, jobs, vault, the one way out, and the public
    keys of others.

    `signing_keys`: what addresses and tokens may be signed with, the key of now last (as itsdangerous wants them).
    """

    database: Database
    storage: Storage
    jobs: Jobs
    throttle: Throttle
    session_interface = Sessions()
    request_class = FormRequest

    def __init__(self, settings: Settings) -> None:
        super().__init__("lms_bridge.web")
        self.settings = settings
        secure = settings.base_url.startswith("https:")
        self.config.update(
            SECRET_KEY=settings.secret(),
            SECRET_KEY_FALLBACKS=list(settings.former_secret_keys),
            # __Host-: from this very host only, and not from another of the same domain, such as the content's
            SESSION_COOKIE_NAME="__Host-lms_bridge" if secure else "lms_bridge",
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
            SESSION_COOKIE_SECURE=secure,
            PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
            MAX_FORM_MEMORY_SIZE=LONGEST_FORM,
        )
        self.vault = Vault(settings.secret(), settings.former_secret_keys)
        self.signing_keys = settings.signing_keys()
        self.outgoing = Outgoing(allow_private=settings.allow_private_addresses)
        self.key_sets = KeySets(self.outgoing)
        self.jinja_env.trim_blocks = self.jinja_env.lstrip_blocks = True
        self.content_host = urlsplit(settings.content_url).netloc


def bridge() -> Bridge:
    """The application of the current request or command."""
    return cast(Bridge, current_app)
