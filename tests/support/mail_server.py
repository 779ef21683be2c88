"""A real mail server on this machine (aiosmtpd), which can be told to refuse, to put off, and to ask who comes."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from .s3 import free_port

PASSWORD = "p@ss word"


@dataclass
class MailServer:
    """`answers`: what it says to the next messages instead of taking them."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        made = message_from_bytes(content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.messages.append(made)
        self.receivers += envelope.rcpt_tos
        return "250 thank you"

    def texts(self) -> list[str]:
        return [message.get_content().replace("\r\n", "\n") for message in self.messages]


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, asks: bool = False) -> Iterator[MailServer]:
    """With `tls`, one that wants STARTTLS first; `asks`: for a name and the password."""
    server = MailServer(free_port())

    def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)

    options: dict[str, Any] = {"tls_context": tls, "require_starttls": tls is not None}
    if asks:
        options |= {"authenticator": known, "auth_required": True}
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
