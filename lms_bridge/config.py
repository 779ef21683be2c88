"""Settings: read once from the environment, each with a help text; an unknown or malformed one stops the start."""

import difflib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "LMS_BRIDGE_"
MAILBOX = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE | re.ASCII)


class SettingsError(Exception):
    """A setting is unknown or malformed; the message is a sentence for the person who set it."""


def _setting(default: Any, help_text: str, parse: Callable[[str], Any] = str) -> Any:
    return field(default=default, metadata={"help": help_text, "parse": parse})


def _origin(text: str) -> str:
    """As browsers write it in Origin and Host: in lower case, without the port that goes without saying."""
    parts = urlsplit(_address(text.lower()))
    if parts.path not in ("", "/") or "@" in parts.netloc:
        raise ValueError("must be an address without a path, such as https://bridge.example")
    usual = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}"


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://bridge.example")
    return text.rstrip("/")


def _database_url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("must be sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME") from None
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ValueError(f"{url.drivername} is not supported: use sqlite:///… or postgresql+psycopg://…")
    return text


def _storage_url(text: str) -> str:
    parts = urlsplit(text)
    sound = (parts.scheme == "file" and parts.path) or (parts.scheme == "s3" and parts.netloc)
    if not sound:
        raise ValueError("must be file:///FOLDER or s3://BUCKET/PREFIX")
    return text


def _mail_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps", "smtp+plain") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be smtp://USER:PASSWORD@HOST:PORT, smtps://… or smtp+plain://…")
    if parts.scheme == "smtp+plain" and parts.password:
        raise ValueError(
            "must be smtp:// or smtps:// where there is a password: it would be sent in the open"
        )
    _ = parts.port
    return text


def _mailbox(text: str) -> str:
    if not MAILBOX.fullmatch(text):
        raise ValueError("must be an address such as no-reply@bridge.example")
    return text


def _secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError("must have at least 32 characters; make one with: openssl rand -hex 32")
    return text


def _secrets(text: str) -> tuple[str, ...]:
    return tuple(_secret(one.strip()) for one in text.split(",") if one.strip())


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError("must be one of: " + ", ".join(words))
        return text

    return parse


def _yes_or_no(text: str) -> bool:
    if text.lower() not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return text.lower() == "yes"


@dataclass(frozen=True)
class Settings:
    """All that a municipality can set, as LMS_BRIDGE_NAME in the environment."""

    data_dir: Path = _setting(
        Path("data"), "Folder for the database, files and logs of a service on one machine.", Path
    )
    database_url: str = _setting(
        "", "sqlite:///FILE or postgresql+psycopg://…; without it, SQLite in the data folder.", _database_url
    )
    storage_url: str = _setting(
        "",
        "Where files are kept: file:///FOLDER or s3://BUCKET/PREFIX; without it, the data folder.",
        _storage_url,
    )
    s3_endpoint_url: str = _setting(
        "",
        "Address of an S3 service other than Amazon's. Keys come from AWS_ACCESS_KEY_ID and so on.",
        _address,
    )
    base_url: str = _setting("http://127.0.0.1:8080", "The service's address, as people see it.", _origin)
    content_url: str = _setting(
        "http://127.0.0.1:8081",
        "Address of another origin, from which modules are shown to learners.",
        _origin,
    )
    secret_key: str = _setting(
        "",
        "Signs cookies, encrypts tokens: 32 characters or more; without it, one is made and kept in the data folder.",
        _secret,
    )
    former_secret_keys: tuple[str, ...] = _setting(
        (),
        "Secret keys that were replaced, the latest first, with commas between; until rotate-secrets has been run, "
        "and for as long as sessions and backups of before should count.",
        _secrets,
    )
    web_processes: int = _setting(2, "Processes that answer requests.", _whole(1, 64))
    web_threads: int = _setting(4, "Threads in each process.", _whole(1, 64))
    proxies: int = _setting(
        0, "How many proxies stand in front and set X-Forwarded-For and -Proto.", _whole(0, 5)
    )
    allow_private_addresses: bool = _setting(
        False,
        "yes lets the service call systems in its own network, and by http: for an LMS on the same machine.",
        _yes_or_no,
    )
    list_folder: Path | None = _setting(
        None,
        "Folder that other systems put lists of completions into, each municipality's in a folder of its short name "
        "below it; without it, no lists are read from folders.",
        Path,
    )
    mail_url: str = _setting(
        "",
        "The server that mail leaves by: smtp://USER:PASSWORD@HOST (STARTTLS), smtps://… (TLS from the start), or "
        "smtp+plain://HOST for one on the same machine; without it, no mail is sent.",
        _mail_url,
    )
    mail_from: str = _setting(
        "", "The address that mail comes from; needed where there is a mail server.", _mailbox
    )
    max_upload_mb: int = _setting(
        2048, "The largest file that may be uploaded, in megabytes.", _whole(1, 20480)
    )
    log_level: str = _setting(
        "info", "debug, info, warning or error.", _one_of("debug", "info", "warning", "error")
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of this environment. Raises SettingsError with a sentence that names the setting."""
        known = {PREFIX + f.name.upper(): f for f in fields(cls)}
        values: dict[str, Any] = {}
        for name in sorted(n for n in environ if n.startswith(PREFIX)):
            if name not in known:
                near = difflib.get_close_matches(name, known, 1, cutoff=0.85)
                meant = f" Did you mean {near[0]}?" if near else " See: lms-bridge settings"
                raise SettingsError(f"{name} is not a setting.{meant}")
            text = environ[name].strip()
            if text:
                values[known[name].name] = _parsed(name, known[name].metadata["parse"], text)
        settings = cls(**values)
        if settings.mail_url and not settings.mail_from:
            raise SettingsError("LMS_BRIDGE_MAIL_FROM is missing: the address that mail comes from.")
        if settings.base_url == settings.content_url:
            raise SettingsError(
                "LMS_BRIDGE_CONTENT_URL must be another origin than LMS_BRIDGE_BASE_URL: "
                "modules are shown apart from the service, so that what is in them cannot reach it."
            )
        return settings

    @property
    def database(self) -> str:
        """URL of the database that is used."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'lms-bridge.sqlite').absolute()}"

    @property
    def storage(self) -> str:
        """URL of the storage that is used."""
        return self.storage_url or f"file://{(self.data_dir / 'files').absolute()}"

    def prepare_data_dir(self) -> None:
        """Makes the data folder. Raises SettingsError when it cannot be written."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            probe = self.data_dir / f".writable-{secrets.token_hex(4)}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise SettingsError(
                f"The data folder {self.data_dir.absolute()} cannot be written ({error.strerror}). "
                "Give this user the right to write there, or set LMS_BRIDGE_DATA_DIR to another folder."
            ) from error

    def secret(self) -> str:
        """The secret key: from the settings, or made once and kept in the data folder, readable by its owner only."""
        if self.secret_key:
            return self.secret_key
        self.prepare_data_dir()
        path = self.data_dir / "secret-key"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        return path.read_text()

    def signing_keys(self) -> list[str]:
        """What addresses and tokens may be signed with, the key of now last (as itsdangerous wants them)."""
        return [*reversed(self.former_secret_keys), self.secret()]


def _parsed(name: str, parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"{name} {error}.") from None


def describe() -> list[tuple[str, str, str]]:
    """(name, default, help) of every setting, in the order of declaration."""
    return [
        (PREFIX + f.name.upper(), str(f.default) if f.default not in (None, ()) else "", f.metadata["help"])
        for f in fields(Settings)
    ]
