"""Mail, by the server that the settings name: over TLS, unless they say that it is on the same machine."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from .config import Settings
from .errors import N_, Told

PATIENCE = 20  # seconds
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
CLOSING = 421
"""What a server says that hangs up now, whatever it was asked (RFC 5321, 3.8)."""
SILENT = N_("The mail server does not answer: %(answer)s")


class Refused(Told):
    """The server will never take this message."""


class Delayed(Told):
    """The server could not take it now."""


class Away(Delayed):
    """Nor would it take another."""


class Sender:
    """Hands messages over, one after the other on one connection: it is made for the first, and anew where the server
    has hung up in between.
    """

    def __init__(self, settings: Settings) -> None:
        self._where = urlsplit(settings.mail_url)
        self._server: smtplib.SMTP | None = None
        self._broke_off = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            with suppress(OSError):
                self._server.quit()
        self._close()

    def send(self, message: EmailMessage) -> None:
        """Raises Refused, Delayed or Away; then nobody has got it, as far as can be known."""
        first = not self._is_open()
        server = self._connected() if self._server is None else self._server
        try:
            server.send_message(message)
        except smtplib.SMTPServerDisconnected as error:
            # not again at once: the server may have taken it, and gone before it said so
            raise self._without_answer(str(error)) from None
        except smtplib.SMTPException as error:
            if _code(error) != CLOSING:
                self._broke_off = False
                raise _answered(error) from None
            if first:
                raise self._without_answer(str(CLOSING)) from None
            self._close()  # it takes so many on a connection, or so long
            self.send(message)
        except OSError as error:
            raise self._without_answer(str(error)) from None
        self._broke_off = False

    def _is_open(self) -> bool:
        """Whether there is a connection, and somebody at its other end."""
        if self._server is not None:
            with suppress(OSError):
                if self._server.noop()[0] == 250:
                    return True
        self._close()
        return False

    def _connected(self) -> smtplib.SMTP:
        try:
            self._server = self._connect()
        except smtplib.SMTPServerDisconnected as error:
            raise Away(SILENT, answer=str(error)[:200]) from None
        except smtplib.SMTPException as error:
            raise Away(N_("The mail server does not let us in: %(answer)s"), answer=_told(error)) from None
        except OSError as error:
            raise Away(SILENT, answer=str(error)[:200]) from None
        return self._server

    def _connect(self) -> smtplib.SMTP:
        host, port = self._where.hostname or "", self._where.port or PORTS[self._where.scheme]
        if self._where.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=PATIENCE, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, port, timeout=PATIENCE)
        try:
            if self._where.scheme == "smtp":
                server.starttls(context=ssl.create_default_context())
            if self._where.username:
                server.login(unquote(self._where.username), unquote(self._where.password or ""))
        except BaseException:
            server.close()
            raise
        return server

    def _without_answer(self, words: str) -> Delayed:
        """Once it may be this message that breaks the connection off; twice, one after the other, it is the server."""
        self._close()
        before, self._broke_off = self._broke_off, True
        return (Away if before else Delayed)(SILENT, answer=words[:200])

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _answered(error: smtplib.SMTPException) -> Told:
    """What the server said to a message."""
    ours = isinstance(
        error, smtplib.SMTPSenderRefused
    )  # the setting is somebody's to mend, not this message's
    if not ours and (_code(error) >= 500 or isinstance(error, smtplib.SMTPNotSupportedError)):
        return Refused(N_("The mail server refuses it: %(answer)s"), answer=_told(error))
    kind = Away if ours else Delayed
    return kind(N_("The mail server does not take it now: %(answer)s"), answer=_told(error))


def _told(error: smtplib.SMTPException) -> str:
    """The server's number; its words may repeat the address."""
    return str(_code(error) or type(error).__name__)


def _code(error: smtplib.SMTPException) -> int:
    """What the server answered; of several receivers there is one only."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))[0]
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
