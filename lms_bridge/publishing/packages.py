"""Packages of published versions: which there are, what they are called, and their bytes."""

import re
import unicodedata
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

import content
import scorm
from content import rights
from content.licences import Answer

from ..jobs import job
from ..storage import Storage
from ..web.app import bridge
from ..web.i18n import N_
from .models import ModuleVersion
from .package import archive


@dataclass(frozen=True)
class Format:
    """A kind of package, as people choose it."""

    name: str
    suits: str


FORMATS = {
    "scorm12": Format("SCORM 1.2", N_("Works in nearly every LMS: KS Læring, Moodle, itslearning, Canvas.")),
    "scorm2004": Format(
        "SCORM 2004", N_("Keeps longer answers and both results; where the LMS supports it.")
    ),
    "cmi5": Format("cmi5", N_("For an LMS with a Learning Record Store.")),
    "xapi": Format("xAPI", N_("For an LMS that starts xAPI (Tin Can) activities.")),
    "web": Format("Web", N_("A folder to open in a browser, without an LMS. Nothing is recorded.")),
}


MOST_EARLIER = 20
"""So many earlier versions travel in a package at most; each adds its pages, some 10 kB zipped,"""
MOST_EARLIER_MEDIA = 50_000_000
"""and together so many bytes of media that the version itself does not show."""


def of_version(session: Session, storage: Storage, version: ModuleVersion, standard: str) -> scorm.Archive:
    """The version's package, to be streamed; with what an earlier build learnt, it costs a copy."""
    memory = scorm.Memory.from_json(version.build_memory) if version.build_memory else scorm.Memory()
    return _archive(storage, version, standard, earlier(session, version), memory)


def _archive(
    storage: Storage,
    version: ModuleVersion,
    standard: str,
    before: dict[str, content.Module],
    memory: scorm.Memory,
) -> scorm.Archive:
    module = content.Module.from_json(version.document)
    revision = str(version.number)
    return archive(module, standard, storage.open, revision=revision, earlier=before, memory=memory)


def earlier(session: Session, version: ModuleVersion) -> dict[str, content.Module]:
    """The versions before it that its package carries, by number, newest first: an LMS that puts the package in
    the place of an older one has learners who are in the middle of those.

    As many as there is room for, but none whose rights had run out when this one was published. What is published
    later is never among them, so the package stays the same.
    """
    rows = session.execute(
        select(ModuleVersion.number, ModuleVersion.document)
        .where(ModuleVersion.module_id == version.module_id, ModuleVersion.number < version.number)
        .order_by(ModuleVersion.number.desc())
        .limit(MOST_EARLIER)
    )
    shown = set(content.Module.from_json(version.document).used_assets())
    room = MOST_EARLIER_MEDIA
    found: dict[str, content.Module] = {}
    for number, document in rows.tuples():
        module = content.Module.from_json(document)
        added = {digest: asset.size for digest, asset in module.used_assets().items() if digest not in shown}
        if sum(added.values()) <= room and _may_be_shown(module, version):
            found[str(number)] = module
            shown |= set(added)
            room -= sum(added.values())
    return found


def _may_be_shown(module: content.Module, version: ModuleVersion) -> bool:
    holder, on = module.rights.holder, version.published.date()
    return rights.collection(rights.parts_of(module), organisation=holder, on=on).share is not Answer.NO


def file_name(version: ModuleVersion, standard: str) -> str:
    """handhygiene-v2-scorm12.zip"""
    return f"{slug(version.title)}-v{version.number}-{standard}.zip"


def live_name(version: ModuleVersion, standard: str) -> str:
    """handhygiene-live-scorm12.zip"""
    return f"{slug(version.title)}-live-{standard}.zip"


def slug(title: str) -> str:
    """A title in letters that every file system takes."""
    plain = title.lower().translate(str.maketrans("æøåäö", "aoaao"))
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "module"


@job("publishing.remember_build")
def remember_build(session: Session, version_id: str) -> None:
    """Reads the version's files once, so that every later package costs a copy."""
    version = session.get(ModuleVersion, uuid.UUID(version_id), options=[undefer(ModuleVersion.document)])
    if version is None:
        return
    memory, before = scorm.Memory(), earlier(session, version)
    for standard in FORMATS:
        for _chunk in _archive(bridge().storage, version, standard, before, memory):
            pass
    version.build_memory = memory.to_json()
