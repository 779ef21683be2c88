"""A folder on the service's own machine, or mounted there, that another system puts lists into.

Only below LMS_BRIDGE_LIST_FOLDER, in the municipality's own part of it; links that lead out of it are not followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ...accounts import Tenant
from ...errors import Invalid
from ...web.app import bridge
from ...web.i18n import N_
from .. import drops
from ..drops import Found
from ..interface import Budget, Capability, Check, Connector, Field, Page, SourceFailed, register
from ..models import Connection

OLD = timedelta(minutes=10)
PATTERN = Field(
    "pattern", N_("Files"), default="*.csv", help=N_("Which files are lists: *.csv, for example.")
)


class Folder(Connector):
    kind = "folder"
    title = N_("Lists in a folder")
    hint = N_("Another system puts its completions into a folder as CSV or XLSX; each list is taken once.")
    capabilities = frozenset({Capability.PULL})
    address_label = N_("Folder")
    address_help = N_(
        "Its name within your municipality's folder on this service. A dot is that folder itself."
    )
    fields = (PATTERN,)

    def settle(self, address: str, settings: dict[str, Any], secrets: dict[str, str]) -> None:
        if bridge().settings.list_folder is None:
            raise Invalid(
                N_("Some of it needs another look."),
                {
                    "address": N_(
                        "This service reads no folders. Whoever runs it sets LMS_BRIDGE_LIST_FOLDER."
                    )
                },
            )
        parts = Path(address).parts
        if Path(address).is_absolute() or ".." in parts or "\0" in address:
            problem = N_("Write a name such as lms/completions, within your folder.")
            raise Invalid(N_("Some of it needs another look."), {"address": problem})

    def check(self, connection: Connection) -> list[Check]:
        with bridge().database.new_session(connection.tenant_id, write=False) as session:
            folder = _folder(session, connection)
        count = sum(
            1 for file in _files(folder) if drops.wanted(file.name, connection.settings.get("pattern") or "*")
        )
        return [Check(N_("Open the folder"), True, N_("Lists in it: %(count)s"), {"count": count})]

    def pull(self, session: Session, connection: Connection, budget: Budget) -> Iterator[Page]:
        folder = _folder(session, connection)
        return drops.pull(session, connection, _files(folder), lambda name: _read(folder / name), old=OLD)


def _folder(session: Session, connection: Connection) -> Path:
    root = bridge().settings.list_folder
    if root is None:
        raise SourceFailed(N_("This service reads no folders. Whoever runs it sets LMS_BRIDGE_LIST_FOLDER."))
    own = root.resolve() / session.get_one(Tenant, connection.tenant_id).slug
    folder = (own / connection.address).resolve()
    if not folder.is_relative_to(own):
        raise SourceFailed(N_("The folder leads out of your municipality's own."))
    if not folder.is_dir():
        raise SourceFailed(N_("There is no such folder."))
    return folder


def _files(folder: Path) -> list[Found]:
    try:
        with os.scandir(folder) as entries:
            rows = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    except OSError as error:
        raise SourceFailed(N_("The folder cannot be read: %(why)s."), why=error.strerror or "") from error
    return [Found(name, row.st_size, row.st_mtime) for name, row in rows if stat.S_ISREG(row.st_mode)]


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(drops.MOST_BYTES + 1)
    except OSError as error:
        raise SourceFailed(N_("The folder cannot be read: %(why)s."), why=error.strerror or "") from error


register(Folder())
