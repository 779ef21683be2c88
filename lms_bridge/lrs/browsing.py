"""Statements for people: what a coordinator looks through, and takes away as a file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms_bridge.accounts import Account
from lms_bridge.db import Database
from lms_bridge.errors import Invalid
from lms_bridge.web.csv_files import csv_file
from lms_bridge.web.i18n import N_

from . import positions, values
from .days import midnight
from .formats import best_language
from .identity import identity
from .query import Page, Query, find_statements
from .references import ACTIVITY, AGENT, RELATED_ACTIVITY, VERB, Keys

PAGE = 50
NOBODY: Mapping[str, str] = MappingProxyType({})
EXPORT_PAGE = 500

VERBS = {
    "http://adlnet.gov/expapi/verbs/completed": N_("completed"),
    "http://adlnet.gov/expapi/verbs/passed": N_("passed"),
    "http://adlnet.gov/expapi/verbs/failed": N_("failed"),
    "http://adlnet.gov/expapi/verbs/initialized": N_("started"),
    "http://adlnet.gov/expapi/verbs/answered": N_("answered"),
    "http://adlnet.gov/expapi/verbs/terminated": N_("ended the visit"),
    "http://adlnet.gov/expapi/verbs/voided": N_("withdrew"),
}


@dataclass(frozen=True)
class Filters:
    """What a person typed: an e-mail or another identifier, a verb, an activity, days of the municipality."""

    person: str = ""
    verb: str = ""
    activity: str = ""
    first: date | None = None
    last: date | None = None

    def query(self, tenant_id: UUID, timezone: str) -> Query:
        """Raises `Invalid` with the field that cannot be understood."""
        query, keys, wrong = Query(limit=PAGE), Keys(tenant_id), {}
        if self.person:
            query.demand(keys, identity_of(self.person), AGENT)
        for name, value, roles in (
            ("verb", self.verb, [VERB]),
            ("activity", self.activity, [ACTIVITY, RELATED_ACTIVITY]),
        ):
            if value:
                try:
                    values.iri(value)
                except values.Wrong:
                    wrong[name] = N_("Write an address with its beginning, such as https:// or urn:.")
                query.demand(keys, value, *roles)
        if wrong:
            raise Invalid(N_("Look at the marked fields."), wrong)
        if self.first:
            query.first = positions.first_after(midnight(self.first, timezone) - timedelta(milliseconds=1))
        if self.last:
            after = midnight(self.last + timedelta(days=1), timezone)
            query.last = positions.last_until(after - timedelta(milliseconds=1))
        return query


def identity_of(person: str) -> str:
    """An e-mail, an openid, a SHA-1, or "home page name" of an account, as a person writes it."""
    written = person.strip()
    if " " in written:
        return f"account:{written}"
    if "@" in written and "/" not in written:
        return identity({"mbox": f"mailto:{written.removeprefix('mailto:')}"}) or ""
    if written.startswith(("http:", "https:")):
        return f"openid:{written}"
    return f"mbox_sha1sum:{written.lower()}"


@dataclass(frozen=True)
class Row:
    """A statement as a line: who did what, when it was stored, and how it went. Texts may be empty.

    `person` is who it was as a filter takes it.
    """

    id: str
    stored: datetime
    who: str
    person: str
    verb: str
    verb_id: str
    what: str
    what_id: str
    success: bool | None
    score: float | None


def rows_of(session: Session, home: str, payloads: Iterable[bytes], language: str) -> list[Row]:
    """The statements as lines; accounts of this service, whose home page is `home`, have their names."""
    statements = [orjson.loads(payload) for payload in payloads]
    names = _names_of_own(session, home, statements)
    return [row_of(statement, language, names) for statement in statements]


def _names_of_own(session: Session, home: str, statements: list[dict[str, Any]]) -> dict[str, str]:
    """What the accounts of this service among the actors are called, by their identity: a statement has no names."""
    start = f"account:{home} "
    ids = set()
    for statement in statements:
        found = identity(statement["actor"]) or ""
        try:
            ids.add(UUID(found.removeprefix(start) if found.startswith(start) else ""))
        except ValueError:
            continue  # somebody else's, or not one that this service gave
    accounts = session.scalars(select(Account).where(Account.id.in_(ids))) if ids else ()
    return {f"{start}{account.id}": f"{account.name} ({account.email})" for account in accounts}


def own_account(session: Session, home: str, person: str) -> str:
    """The account of this service whose owner signs in with this e-mail, as a filter takes it; "" for nobody's."""
    account_id = session.scalar(select(Account.id).where(Account.email == person.strip().lower()))
    return f"{home} {account_id}" if account_id else ""


def row_of(statement: dict[str, Any], language: str, names: Mapping[str, str] = NOBODY) -> Row:
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    name = target.get("definition", {}).get("name")
    result = statement.get("result", {})
    return Row(
        id=statement["id"],
        stored=values.parse_timestamp(statement["stored"]),
        who=names.get(identity(statement["actor"]) or "") or _named(statement["actor"]),
        person=_plain(statement["actor"]),
        verb=_text(statement["verb"].get("display"), language),
        verb_id=statement["verb"]["id"],
        what=_text(name, language) or (_named(target) if kind in ("Agent", "Group") else ""),
        what_id=target.get("id", "") or kind,
        success=result.get("success"),
        score=result.get("score", {}).get("scaled"),
    )


def _named(actor: dict[str, Any]) -> str:
    plain = _plain(actor)
    name = str(actor.get("name", ""))
    return f"{name} ({plain})" if name and plain else name or plain


def _plain(actor: dict[str, Any]) -> str:
    """As `identity_of` reads it again."""
    found = identity(actor) or ""
    for kind in ("mbox:mailto:", "account:", "openid:", "mbox_sha1sum:"):
        found = found.removeprefix(kind)
    return found


def _text(texts: dict[str, str] | None, language: str) -> str:
    return next(iter(best_language(texts, [language, "en"]).values()), "") if texts else ""


# --- taking away --------------------------------------------------------------------------------------------------

COLUMNS = (
    "stored",
    "timestamp",
    "actor",
    "verb",
    "object",
    "object_name",
    "success",
    "completion",
    "score",
    "id",
)


def pages(database: Database, tenant_id: UUID, query: Query) -> Iterator[Page]:
    """All statements of a query, oldest first, a page at a time, in a session of their own."""
    query.ascending, query.limit = True, EXPORT_PAGE
    while True:
        with database.unit_of_work(tenant_id, write=False) as session:
            page = find_statements(session, tenant_id, query)
        yield page
        if page.last is None:
            return
        query.first = page.last + 1


def json_lines(found: Iterable[Page]) -> Iterator[bytes]:
    """A statement a line."""
    for page in found:
        yield b"".join(payload + b"\n" for payload in page.payloads)


def csv_lines(found: Iterable[Page], language: str) -> Iterator[bytes]:
    """A statement a line, for spreadsheets."""
    statements = (orjson.loads(payload) for page in found for payload in page.payloads)
    return csv_file(COLUMNS, (_cells(statement, language) for statement in statements))


def _cells(statement: dict[str, Any], language: str) -> list[str]:
    row, result = row_of(statement, language), statement.get("result", {})
    return [
        statement["stored"],
        statement["timestamp"],
        row.who,
        row.verb_id,
        row.what_id,
        row.what,
        "" if row.success is None else str(row.success).lower(),
        str(result.get("completion", "")).lower(),
        "" if row.score is None else str(row.score),
        row.id,
    ]
