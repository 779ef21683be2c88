"""Evidence from statements and from what LMSs told is taken again from what is stored: what is there already stays,
what is missing or differs is written, and what a mapping gave that is no more is taken back. What a statement gave that
the LRS has deleted since, as older than it is kept, stays: evidence is a record of its own. So the register can be
rebuilt from its facts (invariant 3).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..lrs.query import find_statements
from .lms_results import settle_mapped, take_lost
from .looking_back import PAGE, kept_records, results_in, results_query
from .models import Evidence
from .results import evidence_of
from .service import XAPI, NewEvidence, record_evidence, settle, take_back_orphans


def take_again(session: Session, own_address: str, key: bytes) -> int:
    """Takes every result once more; returns how many rows of evidence that wrote: none where nothing was lost."""
    before = _count(session)
    after = ""
    while rows := kept_records(session, ["*"], after):
        take_lost(session, rows)
        settle_mapped(session, rows)
        after = str(rows[-1].id)
    query = results_query(session, ["*"])
    while True:
        page = find_statements(session, session.info["tenant_id"], query)
        told = list(results_in(page))
        found = evidence_of(session, told, own_address, lambda: key, afresh=True)
        record_evidence(session, _lost(session, [one for one in found if one.module_id]))
        settle(session, XAPI, [one.record for one in told], [one for one in found if not one.module_id])
        if page.last is None:
            while take_back_orphans(session, PAGE):
                pass
            return _count(session) - before
        query.first = page.last + 1


def _lost(session: Session, found: Iterable[NewEvidence]) -> list[NewEvidence]:
    """Those of whose statement there is no evidence at all: what a module gave then stays as it was given."""
    rows = list(found)
    known = set(
        session.scalars(
            select(Evidence.record).where(
                Evidence.source == XAPI, Evidence.record.in_({one.record for one in rows})
            )
        )
    )
    return [one for one in rows if one.record not in known]


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Evidence)) or 0
