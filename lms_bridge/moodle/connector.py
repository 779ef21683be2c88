"""Moodle as a kind of source: with the plugin by its outbox, without it by Moodle's own functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..authoring.models import Module
from ..connectors.interface import Budget, Capability, Check, Connector, Page
from ..connectors.models import Connection
from ..web.app import bridge
from ..web.i18n import N_
from . import connecting, pulling
from .client import Client, address_of
from .core_reading import Reading
from .models import Placement
from .rows import Reader


class MoodleConnector(Connector):
    """A Moodle, such as KS Læring."""

    kind, title = connecting.KIND, "Moodle"
    hint = N_("Modules are put into its courses, and results come back. For KS Læring too.")
    capabilities = frozenset(Capability)
    page, new_page = "moodle.connection", "moodle.new"

    def settle(self, address: str, settings: dict[str, Any], secrets: dict[str, str]) -> None:
        address_of(address)

    def check(self, connection: Connection) -> list[Check]:
        return connecting.check(client_of(connection), connection)

    def pull(self, session: Session, connection: Connection, budget: Budget) -> Iterator[Page]:
        client, reader = client_of(connection), reader_of(connection)
        if connection.settings.get("plugin"):
            return pulling.pull(client, connection, reader, budget)
        settings, ours = connection.settings, published(session, connection)
        begin, many = bool(settings.get("begin")), settings.get("many")
        return Reading(client, reader, connection.cursor, ours, begin=begin, many=many).pages(budget)


def client_of(connection: Connection) -> Client:
    app = bridge()
    return connecting.client_of(app.outgoing, app.vault, connection)


def reader_of(connection: Connection) -> Reader:
    issuer = connection.settings.get("issuer") or connection.address
    return Reader(issuer, bool(connection.settings.get("idnumber")))


def published(session: Session, connection: Connection) -> dict[int, list[tuple[int, str]]]:
    """What this service put into the courses of a Moodle, and Moodle must therefore tell of."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = session.execute(
        select(Placement.course_id, Placement.cmid, Module.title)
        .join(Module, Module.id == Placement.module_id)
        .where(
            Placement.connection_id == connection.id, Placement.state == "there", Placement.cmid.is_not(None)
        )
    )
    for course, cmid, title in rows:
        if cmid is not None:
            found[course].append((cmid, title))
    return dict(found)
