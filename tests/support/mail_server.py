"""A real mail server on this machine (aiosmtpd), which can be told to refuse, to put off, and to ask who comes."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from .s3 import free_port

PASSWORD = "p@ss word"


@dataclass
class MailServer:
    """`answers`: what it says to the next messages instead of taking them; nothing: it hangs up without a word.
    `refuses`: what it says to these receivers. `most`: so many messages it takes on a connection.
    """

    port: int
    connections: int = 0
    most: int = 1_000_000
    refuses: dict[str, str] = field(default_factory=dict)
    messages: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """As it was in the beginning."""
        self.messages, self.receivers, self.answers, self.refuses = [], [], [], {}
        self.connections, self.most = 0, 1_000_000

    async def handle_MAIL(
        self, _server: Any, session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        session.taken = getattr(session, "taken", 0) + 1
        if session.taken > self.most:
            return "421 that is enough for one connection"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:
        if self.answers:
            answer = self.answers.pop(0)
            if not answer:
                server.transport.abort()
            return answer
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

    class Counting(Controller):
        def factory(self) -> SMTP:
            server.connections += 1
            return super().factory()

    controller = Counting(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    server.connections = 0  # it has tried itself
    try:
        yield server
    finally:
        controller.stop()
