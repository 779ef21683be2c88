"""Mail, by the server that the settings name: over TLS, unless they say that it is on the same machine."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from .config import Settings
from .errors import N_, Told

PATIENCE = 20  # seconds
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class Refused(Told):
    """The server will never take this message."""


class Delayed(Told):
    """The server could not take it now."""


def send(settings: Settings, message: EmailMessage) -> None:
    """Hands a message over to the server. Raises Refused or Delayed; then nobody has got it."""
    with _told_apart(N_("The mail server does not let us in: %(answer)s")):
        server = _connected(urlsplit(settings.mail_url))
    try:
        with _told_apart(N_("The mail server does not take it now: %(answer)s"), final=True):
            server.send_message(message)
    finally:
        with suppress(OSError):
            server.quit()


@contextmanager
def _told_apart(sentence: str, *, final: bool = False) -> Iterator[None]:
    """What goes wrong, as Delayed with this sentence; where it may be `final`, as Refused."""
    try:
        yield
    except smtplib.SMTPServerDisconnected as error:
        raise Delayed(N_("The mail server does not answer: %(answer)s"), answer=str(error)[:200]) from None
    except smtplib.SMTPException as error:
        code = _code(error)
        answer = str(code) if code else type(error).__name__  # its words may repeat the address
        ours = isinstance(
            error, smtplib.SMTPSenderRefused
        )  # the setting is somebody's to mend, not this message's
        if final and not ours and (code >= 500 or isinstance(error, smtplib.SMTPNotSupportedError)):
            raise Refused(N_("The mail server refuses it: %(answer)s"), answer=answer) from None
        raise Delayed(sentence, answer=answer) from None
    except OSError as error:
        raise Delayed(N_("The mail server does not answer: %(answer)s"), answer=str(error)[:200]) from None


def _connected(where: SplitResult) -> smtplib.SMTP:
    host, port = where.hostname or "", where.port or PORTS[where.scheme]
    if where.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, timeout=PATIENCE, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE)
    try:
        if where.scheme == "smtp":
            server.starttls(context=ssl.create_default_context())
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _code(error: smtplib.SMTPException) -> int:
    """What the server answered; of several receivers there is one only."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))[0]
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
