"""Packages of published versions: which there are, what they are called, and their bytes."""

import re
import unicodedata
import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session, undefer

import content
import scorm

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


def of_version(storage: Storage, version: ModuleVersion, standard: str) -> scorm.Archive:
    """The version's package, to be streamed; with what an earlier build learnt, it costs a copy."""
    memory = scorm.Memory.from_json(version.build_memory) if version.build_memory else None
    module = content.Module.from_json(version.document)
    return archive(module, standard, storage.open, revision=str(version.number), memory=memory)


def file_name(version: ModuleVersion, standard: str) -> str:
    """handhygiene-v2-scorm12.zip: letters that every file system takes."""
    plain = version.title.lower().translate(str.maketrans("æøåäö", "aoaao"))
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "module"
    return f"{slug}-v{version.number}-{standard}.zip"


@job("publishing.remember_build")
def remember_build(session: Session, version_id: str) -> None:
    """Reads the version's files once, so that every later package costs a copy."""
    version = session.get(ModuleVersion, uuid.UUID(version_id), options=[undefer(ModuleVersion.document)])
    if version is None:
        return
    memory = scorm.Memory()
    module = content.Module.from_json(version.document)
    for standard in FORMATS:
        for _chunk in archive(
            module, standard, bridge().storage.open, revision=str(version.number), memory=memory
        ):
            pass
    version.build_memory = memory.to_json()
