"""The office, and the mail server that it writes by."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, Municipality
from tests.support.mail_server import MailServer, mail_server

from .office import Office

TenantId = Callable[[Municipality], uuid.UUID]


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def office(app: Bridge, tenant_id: TenantId, monkeypatch: pytest.MonkeyPatch, post: MailServer) -> Office:
    post.forget()
    url = f"smtp+plain://127.0.0.1:{post.port}"
    app.settings = replace(app.settings, mail_url=url, mail_from="no-reply@bridge.example")
    return Office(app, tenant_id(FJORDVIK), monkeypatch)
