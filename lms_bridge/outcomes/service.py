"""How the versions of a module went, from the statements that its learners' courses told the LRS."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy.orm import Session

import content

from ..errors import N_, NotFound
from ..lrs.query import Query, find_statements
from ..lrs.references import ACTIVITY, RELATED_ACTIVITY, Keys
from ..publishing import service as publishing
from ..publishing.models import ModuleVersion
from ..publishing.package import activity_id
from . import counting
from .counting import Outcome, Statement

MOST = 20_000
"""So many statements are read at most, the newest: half a second's work, and several hundred learners."""
_AT_ONCE = 1000


@dataclass(frozen=True)
class Report:
    """`begun`: how many learners each version has; `outcome` of one of them, None while it has too few."""

    versions: list[ModuleVersion]
    begun: dict[int, int]
    version: ModuleVersion
    outcome: Outcome | None
    since: datetime | None  # when there were too many statements to read them all


def report(session: Session, tenant_id: uuid.UUID, module_id: uuid.UUID, number: int | None) -> Report:
    """Of that version, or of the newest that enough learners have begun. Raises NotFound."""
    versions = publishing.versions(session, module_id)
    if number not in (None, *(version.number for version in versions)) or not versions:
        raise NotFound(N_("There is no such published version."))
    reading = _Reading(session, tenant_id, activity_id(versions[0].identity))
    learners = counting.by_version(reading)
    begun = {version.number: len(learners.get(str(version.number), ())) for version in versions}
    if number is None:
        many = (version.number for version in versions if begun[version.number] >= counting.LEAST)
        number = next(many, versions[0].number)
    version = next(version for version in versions if version.number == number)
    module = content.Module.from_json(version.document)
    outcome = counting.outcome(module, learners.get(str(number), []))
    return Report(versions, begun, version, outcome, reading.since)


class _Reading:
    """The newest statements of a module and of its questions, the newest first."""

    def __init__(self, session: Session, tenant_id: uuid.UUID, activity: str) -> None:
        self._session, self._tenant_id = session, tenant_id
        self._query = Query(limit=_AT_ONCE)
        self._query.demand(Keys(tenant_id), activity, ACTIVITY, RELATED_ACTIVITY)
        self.since: datetime | None = None

    def __iter__(self) -> Iterator[Statement]:
        query, left = self._query, MOST
        while left:
            page = find_statements(self._session, self._tenant_id, replace(query, limit=min(_AT_ONCE, left)))
            statements = [orjson.loads(payload) for payload in page.payloads]
            yield from statements
            if page.last is None:
                return
            left -= len(statements)
            query = replace(query, last=page.last - 1)
        self.since = datetime.fromisoformat(statements[-1]["stored"])
