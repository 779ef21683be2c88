"""Lists of people, units and completions, sent as files: as the pages of the register take them in, in one step."""

import io
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import Invalid
from ..register import imports
from ..register.jobs import WRITE_LIST, secret_key
from ..register.models import Competence, Import
from ..register.plans import Finding, Plan
from ..web.app import bridge
from .protocol import Nothing, endpoint

FILES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
)


class Said(msgspec.Struct):
    """A sentence about a row; `row` as a spreadsheet counts."""

    row: int
    message: str


class ListFacts(msgspec.Struct, kw_only=True):
    """A list that was sent, and what it did or will do."""

    id: Annotated[UUID | None, Meta(description="null for one that was only tried.")]
    kind: Literal["people", "units", "completions"]
    state: Annotated[
        Literal["uploaded", "running", "confirmed", "failed", "cancelled"],
        Meta(
            description="`confirmed`: written; `uploaded`: tried only; `running`: a large one, being written."
        ),
    ]
    columns: Annotated[
        dict[str, str], Meta(description="What was looked for → the heading that it was found under.")
    ]
    counts: Annotated[
        dict[str, int], Meta(description="How many were added, changed, closed, duplicates, problems …")
    ]
    problem: Annotated[str, Meta(description="Why it failed.")] = ""
    problems: Annotated[list[Said], Meta(description="Rows that cannot be used (the first hundred).")] = []
    warnings: list[Said] = []


class ListQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    try_only: Annotated[bool, Meta(description="Only say what it would do; nothing is written.")] = False
    full: Annotated[
        bool, Meta(description="People and units: the list is complete; who is not in it has left.")
    ] = False
    approve_closing: Annotated[
        bool, Meta(description="A full list may close more than a tenth of what is open.")
    ] = False
    competence: Annotated[
        str, Meta(max_length=500, description="Completions: the URI of what they give.")
    ] = ""
    module: Annotated[UUID | None, Meta(description="Completions: or the module's identity.")] = None
    course: Annotated[str, Meta(max_length=200, description="Completions: only rows of this course.")] = ""
    source: Annotated[
        str, Meta(max_length=100, description="Completions: the LMS that the list is from.")
    ] = ""


@endpoint(
    "POST",
    "/lists/<any(people, units, completions):kind>",
    scope="register/write",
    query=ListQuery,
    body=FILES,
    answer=ListFacts,
    status=201,
)
def send_list(session: Session, query: ListQuery, file: bytes, kind: str) -> ListFacts:
    """A CSV or XLSX file as the HR system or the LMS exports it; its columns are found by their headings.

    All of it is written, or nothing. A large list is written after the answer: ask for it again.
    """
    row = imports.upload(session, kind, f"{kind} (API)", io.BytesIO(file), None)
    imports.match(session, row.id, row.columns, _options(session, query, kind))
    headings, _rows = imports.sample(row, 0)
    if query.try_only:
        plan = imports.preview(session, row, secret_key(session))
        facts = msgspec.structs.replace(_facts(row, headings, plan), id=None)
        session.rollback()
        return facts
    if imports.is_large(row):
        imports.start(session, row)
        approved = query.approve_closing
        bridge().jobs.enqueue(session, WRITE_LIST, import_id=str(row.id), approve_closing=approved)
        return _facts(row, headings, None)
    plan = imports.confirm(session, row, secret_key(session), approve_closing=query.approve_closing)
    return _facts(row, headings, plan)


@endpoint("GET", "/lists/<uuid:list_id>", scope="register/write", answer=ListFacts)
def get_list(session: Session, _query: Nothing, list_id: UUID) -> ListFacts:
    """What became of a list."""
    return _facts(imports.get_import(session, list_id), None, None)


def _options(session: Session, query: ListQuery, kind: str) -> dict[str, Any]:
    if kind != "completions":
        return {"full": query.full}
    options: dict[str, Any] = {"source": query.source, "course": query.course}
    if query.module:
        return options | {"module_id": str(query.module)}
    competence_id = session.scalar(select(Competence.id).where(Competence.uri == query.competence))
    if competence_id is None:
        raise Invalid("Say by the parameter 'competence' or 'module' what a completion gives.")
    return options | {"competence_id": str(competence_id)}


def _facts(row: Import, headings: tuple[str, ...] | None, plan: Plan | None) -> ListFacts:
    summary = {name: value for name, value in row.summary.items() if isinstance(value, int)}
    return ListFacts(
        id=row.id,
        kind=row.kind,  # type: ignore[arg-type]
        state=row.state,  # type: ignore[arg-type]
        columns={name: headings[index] for name, index in row.columns.items()} if headings else {},
        counts=dict(plan.counts) if plan else summary,
        problem=str(row.summary.get("problem", "")),
        problems=[_said(one) for one in plan.problems] if plan else [],
        warnings=[_said(one) for one in plan.warnings] if plan else [],
    )


def _said(finding: Finding) -> Said:
    return Said(finding.row, str(finding.problem))
