"""The register's tables. Facts first; `Standing` at the end is derived from them and can be rebuilt."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow


class Unit(Base, TenantRow):
    """A part of the municipality; a tree of any depth. `code` is what the HR system calls it."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("tenant_id", "source", "code"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class JobRole(Base, TenantRow):
    """What somebody works as, and what requirements are asked of."""

    __tablename__ = "job_role"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))


class Person(Base, TenantRow):
    """Somebody who works here, or has. The e-mail only suggests who an unknown actor may be."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_tenant_id_name", "tenant_id", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), default="")
    created: Mapped[datetime] = mapped_column(default=utcnow)
    merged_into: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    """The entry that this one turned out to be the same person as; all it had is there now."""


class Merge(Base, TenantRow):
    """Two entries that a coordinator found to be one person; `moved` is what undoing it takes back.

    `moved`: {table: [id, …]} of the rows that went from the merged entry to the kept one.
    """

    __tablename__ = "person_merge"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kept_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    merged_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    moved: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(default=utcnow)
    decided_by: Mapped[uuid.UUID | None]
    undone: Mapped[datetime | None]


class IdentityLink(Base, TenantRow):
    """Whom another system means: one open row per (issuer, kind, value).

    `person_id` None: nobody knows yet; it waits (or was rejected) with its evidence.
    Kinds: account (of this service), actor (xAPI account), employment (HR), national
    (keyed hash), username and email (of an LMS's list or statement).
    """

    __tablename__ = "identity_link"
    __table_args__ = (
        Index(
            "uq_identity_link_open",
            "tenant_id",
            "kind",
            "issuer",
            "value",
            unique=True,
            sqlite_where=text("closed IS NULL"),
            postgresql_where=text("closed IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    issuer: Mapped[str] = mapped_column(String(500))
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(500))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    rejected: Mapped[bool] = mapped_column(default=False)
    opened: Mapped[datetime] = mapped_column(default=utcnow)
    closed: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None]


class Position(Base, TenantRow):
    """A person's duty in a unit for a period. A change of unit or roles closes one and opens the next.

    `due_from`: the day from which deadlines are counted. `leads`: ids of the units led from here.
    """

    __tablename__ = "position"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "employment_id", "starts_on"),
        Index("ix_position_tenant_id_unit_id", "tenant_id", "unit_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    source: Mapped[str] = mapped_column(String(40))
    employment_id: Mapped[str] = mapped_column(String(80))
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    leads: Mapped[list[str]] = mapped_column(JSON, default=list)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    due_from: Mapped[date]


class Competence(Base, TenantRow):
    """What somebody can: a URI, a version of its meaning, and a title in each language."""

    __tablename__ = "competence"
    __table_args__ = (UniqueConstraint("tenant_id", "uri"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    uri: Mapped[str] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(20), default="knowledge")
    titles: Mapped[dict[str, str]] = mapped_column(JSON)
    validity_months: Mapped[int | None]


class Policy(Base, TenantRow):
    """One signed version of all that the municipality requires (a requirement set's version)."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("tenant_id", "version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int]
    effective_from: Mapped[date]
    retroactive: Mapped[bool] = mapped_column(default=False)
    signed_by: Mapped[uuid.UUID | None]
    signed: Mapped[datetime] = mapped_column(default=utcnow)


class Requirement(Base, TenantRow):
    """One version of a demand; `key` stays the same over versions.

    It concerns those who hold one of `roles` in `unit_id` or below it; no roles: every
    role; no unit: the whole municipality. `admissible` None: every method but a
    self-assessment. `alternatives`: ids of competences that suffice instead.
    """

    __tablename__ = "requirement"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[uuid.UUID] = mapped_column(default=new_id)
    policy_version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    competence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("competence.id"), index=True)
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    level: Mapped[int | None]
    due_days: Mapped[int | None]
    validity_months: Mapped[int | None]
    renewal: Mapped[str] = mapped_column(String(20), default="completion")
    window_days: Mapped[int] = mapped_column(default=90)
    calendar_month: Mapped[int] = mapped_column(default=12)
    admissible: Mapped[list[str] | None] = mapped_column(JSON)
    alternatives: Mapped[list[str]] = mapped_column(JSON, default=list)
    introduced: Mapped[date]
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    retroactive: Mapped[bool] = mapped_column(default=False)


class ModuleCompetence(Base, TenantRow):
    """What a published version of a module gives. `pass_mark` None: completion decides."""

    __tablename__ = "module_competence"
    __table_args__ = (UniqueConstraint("tenant_id", "module_id", "version", "competence_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    module_id: Mapped[uuid.UUID]
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    pass_mark: Mapped[int | None]
    competence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("competence.id"), index=True)
    level: Mapped[int | None]
    validity_months: Mapped[int | None]


class ActivityMapping(Base, TenantRow):
    """What activities of others give: those whose address fits `pattern` (exact, or with *), when one of `words` is
    said of them. `looked` of `total` stored results have been looked through, `given` of them count.
    """

    __tablename__ = "activity_mapping"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    pattern: Mapped[str] = mapped_column(String(1000))
    competence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("competence.id"))
    words: Mapped[list[str]] = mapped_column(JSON)
    level: Mapped[int | None]
    validity_months: Mapped[int | None]
    created: Mapped[datetime] = mapped_column(default=utcnow)
    looking: Mapped[bool] = mapped_column(default=False)
    looked: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    given: Mapped[int] = mapped_column(default=0)


class Import(Base, TenantRow):
    """A list on its way in: uploaded, matched, previewed; written only when a person has confirmed it.

    `content` is the file itself, removed as soon as it is confirmed or given up.
    """

    __tablename__ = "import"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    columns: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="uploaded")
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    account_id: Mapped[uuid.UUID | None]
    created: Mapped[datetime] = mapped_column(default=utcnow)
    finished: Mapped[datetime | None]
    connection_id: Mapped[uuid.UUID | None]
    """The source that put it down, where nobody uploaded it."""


class Evidence(Base, TenantRow):
    """One revision of one record: append-only, a retraction is a new row.

    `day` is the local day of `occurred`. `person_id` None: it waits with its identity link.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "record", "revision", "competence_id"),
        Index("ix_evidence_tenant_id_person_id", "tenant_id", "person_id"),
        Index("ix_evidence_tenant_id_changed_id", "tenant_id", "changed", "id"),
        Index(
            "ix_evidence_awaiting_approval",
            "tenant_id",
            "received",
            sqlite_where=text("awaiting_approval"),
            postgresql_where=text("awaiting_approval"),
        ),
        Index(
            "ix_evidence_mapping_id",
            "mapping_id",
            sqlite_where=text("mapping_id IS NOT NULL"),
            postgresql_where=text("mapping_id IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(String(200))
    record: Mapped[str] = mapped_column(String(200))
    revision: Mapped[int] = mapped_column(default=1)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    link_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("identity_link.id"), index=True)
    competence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("competence.id"), index=True)
    method: Mapped[str] = mapped_column(String(20))
    result: Mapped[str] = mapped_column(String(20))
    occurred: Mapped[datetime]
    day: Mapped[date]
    received: Mapped[datetime] = mapped_column(default=utcnow)
    changed: Mapped[datetime] = mapped_column(default=utcnow)
    """When it was received, or when a person was last put to it or taken from it: what readers follow (feed.py)."""
    level: Mapped[int | None]
    score: Mapped[float | None]
    validity_months: Mapped[int | None]
    valid_until: Mapped[date | None]
    awaiting_approval: Mapped[bool] = mapped_column(default=False)
    module_id: Mapped[uuid.UUID | None]
    module_version: Mapped[int | None]
    mapping_id: Mapped[uuid.UUID | None]
    """The mapping that gives it: where that is removed, this is taken back, though its statement be deleted since."""
    assessor_id: Mapped[uuid.UUID | None]
    import_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("import.id"))
    note: Mapped[str] = mapped_column(Text, default="")


class EvidenceDocument(Base, TenantRow):
    """The file behind an uploaded piece of evidence, whose `record` is this row's id.

    `sha256` None: it was not approved and is gone, `declined` says why.
    """

    __tablename__ = "evidence_document"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    competence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("competence.id"))
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64), info={"stored_file": True})
    media_type: Mapped[str] = mapped_column(String(100))
    account_id: Mapped[uuid.UUID | None]
    """Who put it in."""
    uploaded: Mapped[datetime] = mapped_column(default=utcnow)
    declined: Mapped[str | None] = mapped_column(Text)


class LmsRecord(Base, TenantRow):
    """A result as a source last told it (a fact), whether or not it gives a competence today.

    (`source_id`, `record`) names it; `revision` counts how often it came with other contents. The learner is the
    link's. `outcome` is completed, passed, failed or withdrawn; `score` is from 0 to 1.
    """

    __tablename__ = "lms_record"
    __table_args__ = (UniqueConstraint("tenant_id", "source_id", "record"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    source_id: Mapped[uuid.UUID]
    record: Mapped[str] = mapped_column(String(200))
    revision: Mapped[int] = mapped_column(default=1)
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("identity_link.id"), index=True)
    activity: Mapped[str] = mapped_column(String(1000))
    activity_name: Mapped[str] = mapped_column(String(300), default="")
    outcome: Mapped[str] = mapped_column(String(10))
    occurred: Mapped[datetime]
    score: Mapped[float | None]
    version: Mapped[int | None]
    noted: Mapped[datetime | None]
    """When the source wrote it down, where it says so."""
    received: Mapped[datetime] = mapped_column(default=utcnow)


class Exemption(Base, TenantRow):
    """Somebody need not have a competence for a while; decided by another than the person."""

    __tablename__ = "exemption"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    competence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("competence.id"))
    reason: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    until: Mapped[date | None]
    decided_by: Mapped[uuid.UUID | None]
    decided: Mapped[datetime] = mapped_column(default=utcnow)


class Erased(Base, TenantRow):
    """All that is left of an erased person: keyed hashes that stop a re-import."""

    __tablename__ = "erased"
    __table_args__ = (UniqueConstraint("tenant_id", "hash"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=utcnow)


_COUNTED = (
    "required_from",
    "required_to",
    "exempt",
    "attained_on",
    "valid_until",
    "expiring_from",
    "started",
)
"""What a state is counted from; in the index, so that counting reads nothing else."""


class Standing(Base, TenantRow):
    """Derived: what holds for a position and a competence between two days (see `status.Standing`).

    `expiring_from` is the first day of the renewal window; `person_id` and `unit_id` repeat the position's.
    """

    __tablename__ = "standing"
    __table_args__ = (
        Index("ix_standing_of_unit", "tenant_id", "unit_id", "competence_id", *_COUNTED),
        Index("ix_standing_tenant_id_valid_until", "tenant_id", "valid_until"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    position_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("position.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    competence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("competence.id"))
    required_from: Mapped[date]
    required_to: Mapped[date | None]
    policy_version: Mapped[int]
    level: Mapped[int | None]
    window_days: Mapped[int]
    exempt: Mapped[bool]
    due_on: Mapped[date | None]
    attained_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    expiring_from: Mapped[date | None]
    evidence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("evidence.id"))
    started: Mapped[bool]
    awaiting_approval: Mapped[bool]
