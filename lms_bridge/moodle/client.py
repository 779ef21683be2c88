"""Calling a Moodle's web services (REST): one function a call, and its troubles as sentences for people.

Moodle answers errors with HTTP 200 and `{"exception", "errorcode", "message"}`, and a page of HTML where something
before its web services failed. What may pass by itself is `Passing`; all else means it.
"""

import re
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson

from ..connectors.interface import SourceFailed
from ..errors import N_, Invalid
from ..outgoing import Answer, Outgoing, OutgoingError, Refused

MOST_BYTES = 64_000_000
"""The gradebook of 5,000 people was 11 MB."""
SLOW_SECONDS = 180.0
"""The same took 82 s."""
UPLOAD_SECONDS = 1800.0
USUAL_SECONDS = 60.0
SERVICE = "lmsbridge"
_CHUNK = 262_144


class MoodleError(SourceFailed):
    """Moodle did not do it; `code` is its own errorcode, or ours where its web services gave no answer."""

    title = N_("Moodle did not do that")

    def __init__(
        self, message: str, code: str = "", retry_after: float | None = None, **details: object
    ) -> None:
        super().__init__(message, retry_after, **details)
        self.code = code


class Passing(MoodleError):
    """A trouble that may pass by itself."""


SENTENCES = {
    "invalidtoken": N_(
        "Moodle does not know this token. Make a new one for the service’s user, and paste it here."
    ),
    "accessexception": N_(
        "Moodle lets this token call nothing here. See that web services and the REST protocol are switched on, "
        "that the function belongs to the token’s service, and that its user may use the REST protocol."
    ),
    "http403": N_(
        "Web services or the REST protocol are switched off in this Moodle, or something in front of it refuses us."
    ),
    "usernotconfirmed": N_("The token’s user has not been confirmed in Moodle."),
    "wsaccessuserunconfirmed": N_("The token’s user has not been confirmed in Moodle."),
    "wsaccessuserdeleted": N_("The token’s user does not exist in Moodle any more."),
    "wsaccessusersuspended": N_("The token’s user is suspended in Moodle."),
    "wsaccessuserexpired": N_("The password of the token’s user has expired in Moodle."),
    "wsaccessusernologin": N_("The token’s user may not sign in to Moodle at all (“no login”)."),
    "nopermissions": N_("The token’s user lacks a permission in Moodle: %(said)s"),
    "requireloginerror": N_("The token’s user may not enter that course in Moodle."),
    "notallowed": N_("The token’s user lacks a permission in Moodle: %(said)s"),
    "missingfunction": N_(
        "The lms-bridge plugin is not installed in this Moodle, or its functions are not in the token’s service."
    ),
    "invalidpackage": N_("Moodle found the package unsound: %(said)s"),
    "busy": N_("Moodle is busy with this course. It is tried again in a while."),
    "hasattempts": N_(
        "Somebody has begun this activity, so it is not deleted: their attempts would go with it. Hide it instead."
    ),
    "sitemaintenance": N_("Moodle is closed for maintenance."),
    "upgraderunning": N_("Moodle is being upgraded."),
    "userquotalimit": N_("The package is larger than Moodle’s user may upload. Raise its limit in Moodle."),
    "maxbytes": N_("The package is larger than Moodle takes. Raise the largest upload in Moodle and in PHP."),
    "upload_error_ini_size": N_(
        "The package is larger than Moodle takes. Raise the largest upload in Moodle and in PHP."
    ),
}
"""By Moodle's errorcode. Any other error is told in Moodle's own words."""
_PASSING_CODES = frozenset(
    {
        *("busy", "sitemaintenance", "upgraderunning", "dbconnectionfailed", "locktimeout"),
        "storedfilecannotcreatefiledirs",  # two uploads of one file at the same moment
    }
)
_MISSING_RECORD = "dml_missing_record_exception"
_TAGS = re.compile(r"<[^>]*>")


class Client:
    """One Moodle and one token. Every call raises MoodleError, or Passing where it may go better later."""

    def __init__(self, outgoing: Outgoing, address: str, token: str) -> None:
        self._outgoing = outgoing
        self.address = address.rstrip("/")
        self._token = token
        self.calls, self.seconds = 0, 0.0
        """How many calls there were, and how long they took."""
        self.many: bool | None = None
        """Whether it takes many questions in one call; None before that was tried."""

    def call(self, function: str, /, *, patience: float = USUAL_SECONDS, **arguments: object) -> Any:
        """The function's answer. Lists and dicts among the arguments become PHP's `name[0][key]=value`."""
        fields = [("wstoken", self._token), ("wsfunction", function), ("moodlewsrestformat", "json")]
        fields += list(php_fields(arguments))
        answer = self._request(
            "/webservice/rest/server.php",
            urlencode(fields).encode(),
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            patience,
        )
        return self._sound(answer, function)

    def upload(self, name: str, archive: Iterable[bytes], size: int | None) -> int:
        """Sends a file into the user's draft area while it is made; returns the draft's item id.

        Where the size is not known beforehand, the file is written to disk first: many PHP servers take no chunks.
        """
        if size is None:
            with tempfile.TemporaryFile() as file:
                size = sum(file.write(chunk) for chunk in archive)
                file.seek(0)
                return self._upload(name, iter(lambda: file.read(_CHUNK), b""), size)
        return self._upload(name, archive, size)

    def _upload(self, name: str, archive: Iterable[bytes], size: int) -> int:
        boundary = f"lms-bridge-{secrets.token_hex(16)}"
        head = _form_head(boundary, {"token": self._token, "filearea": "draft", "itemid": "0"}, name)
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + size + len(tail)),
        }
        body = _parts(head, archive, tail)
        found = self._sound(
            self._request("/webservice/upload.php", body, headers, UPLOAD_SECONDS), "upload.php"
        )
        try:
            file = found[0]
            if "error" in file:
                code = "maxbytes" if file.get("errortype") == "fileoversized" else str(file.get("errortype"))
                raise told_error({"errorcode": code, "message": file["error"]}, "upload")
            return int(file["itemid"])
        except (LookupError, TypeError, ValueError):
            raise MoodleError(N_("Moodle took the package and did not say where it is."), "upload") from None

    def _request(
        self, path: str, body: bytes | Iterable[bytes], headers: Mapping[str, str], patience: float
    ) -> Answer:
        self.calls, began = self.calls + 1, time.monotonic()
        try:
            answer = self._outgoing.request(
                "POST", self.address + path, headers=headers, body=body, most=MOST_BYTES, patience=patience
            )
        except Refused as error:
            raise MoodleError(
                N_("lms-bridge does not go to that address: %(said)s."), "address", said=error
            ) from error
        except OutgoingError as error:
            raise Passing(N_("Moodle does not answer: %(said)s."), "unreachable", said=error) from error
        finally:
            self.seconds += time.monotonic() - began
        if answer.status == 429 or answer.status >= 500:
            raise Passing(
                N_("Moodle answered %(status)s. It is tried again later."),
                f"http{answer.status}",
                retry_after=answer.retry_after,
                status=answer.status,
            )
        if answer.status in (301, 302, 303, 307, 308):
            raise MoodleError(
                N_("That address leads on to %(other)s. Write the address that Moodle itself has."),
                "redirect",
                other=_shown(answer.headers.get("location", "")),
            )
        if answer.status == 404:
            raise MoodleError(N_("There is no Moodle at that address."), "http404")
        if answer.status == 403:
            raise MoodleError(SENTENCES["http403"], "http403")
        if answer.status != 200:
            raise MoodleError(N_("Moodle answered %(status)s."), f"http{answer.status}", status=answer.status)
        return answer

    def _sound(self, answer: Answer, function: str) -> Any:
        """The value of a sound answer. HTML with 200 is a page of something else: a sign-in, a proxy, an upgrade."""
        try:
            value = orjson.loads(answer.body)
        except ValueError:
            raise Passing(
                N_("A web page came instead of Moodle’s answer. Is something in front of Moodle?"), "html"
            ) from None
        if isinstance(value, dict) and ("exception" in value or "errorcode" in value):
            raise told_error(value, function)
        return value


def address_of(typed: str) -> str:
    """The address of a Moodle from what a person typed or pasted: without query, page and slash. Raises Invalid."""
    text = typed.strip()
    if text and "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
        _ = parts.port
    except ValueError:
        sound = None
    if not sound or any(c.isspace() or c in "\\<>\"'" for c in text) or len(text) > 500:
        sentence = N_("Write the address of your Moodle, such as https://moodle.kommune.no.")
        raise Invalid(sentence, {"address": sentence})
    path = re.sub(r"/(index\.php|login/.*|my/.*|admin/.*|course/.*|webservice/.*)?$", "", parts.path)
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


def php_fields(arguments: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Arguments as PHP reads them from a form."""
    for name, value in arguments.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, Mapping):
            yield from php_fields(cast(Mapping[str, object], value), key)
        elif isinstance(value, list | tuple):
            yield from php_fields({str(i): item for i, item in enumerate(value)}, key)
        elif isinstance(value, bool):
            yield key, str(int(value))
        else:
            yield key, str(value)


def moment(seconds: object) -> datetime | None:
    """A Moodle's Unix seconds as a datetime; None for 0 and for what is no time."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds < 253_402_300_800:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def told_error(value: Mapping[str, Any], function: str) -> MoodleError:
    """What Moodle's own error means, as a sentence."""
    kind, code = str(value.get("exception", "")), str(value.get("errorcode", ""))
    said = _shown(str(value.get("message", "")))
    if kind == _MISSING_RECORD and "external_functions" in said:
        code = "missingfunction"  # how Moodle says that it has no function of this name
    database = kind.startswith("dml_") or code.startswith("dml")  # among many answers, the kind is not told
    passing = code in _PASSING_CODES or (database and kind != _MISSING_RECORD)
    sentence = SENTENCES.get(code, N_("Moodle says: %(said)s"))
    details = {"said": said or code or function} if "%(said)s" in sentence else {}
    return (Passing if passing else MoodleError)(sentence, code, None, **details)


def _shown(said: str) -> str:
    """Moodle's own words as one short line of plain text."""
    return " ".join(_TAGS.sub(" ", said).split())[:300]


def _form_head(boundary: str, fields: Mapping[str, str], name: str) -> bytes:
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    lines.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file_1"; filename="{safe}"\r\n'
        "Content-Type: application/zip\r\n\r\n"
    )
    return "".join(lines).encode()


def _parts(head: bytes, archive: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from archive
    yield tail
