"""Finds the manifest in what a person gives: a zip, a bare manifest, or something else altogether."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePath
from typing import BinaryIO

from lxml import etree

from scorm.errors import UnreadableError
from scorm.safexml import MAX_BYTES, Problem, parse
from scorm.unzip import Archive
from scorm.zip_checks import is_zip

MANIFESTS = ("imsmanifest.xml", "cmi5.xml", "tincan.xml")
JUNK = re.compile(r"(^|/)(__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)

Given = str | PathLike[str] | bytes | BinaryIO

_AICC = re.compile(r"(^|/)[^/]+\.(au|crs|cst|des)$", re.IGNORECASE)
_MAGIC = {
    b"%PDF": "a PDF document",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\xd0\xcf\x11\xe0": "an old Office document",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A manifest and the files around it.

    `manifest` is its name in the zip (or the file's own name); `folder` is what stands before every path of
    the package ("" or "course/"). `root` is None for a zip of web pages without a manifest.
    """

    archive: Archive | None
    manifest: str
    folder: str
    data: bytes
    root: etree._Element | None
    problems: tuple[Problem, ...] = ()
    ignored: tuple[str, ...] = ()  # other manifests, which are not read

    @property
    def names(self) -> tuple[str, ...]:
        """The files of the package, relative to its root, without what computers keep for themselves."""
        if self.archive is None:
            return ()
        here = (n[len(self.folder) :] for n in self.archive.entries if n.startswith(self.folder))
        return tuple(name for name in here if not JUNK.search(name))

    @property
    def junk(self) -> tuple[str, ...]:
        return tuple(n for n in self.archive.entries if JUNK.search(n)) if self.archive else ()


def locate(given: Given) -> Source:
    """Opens what was given. Raises `UnreadableError`; the archive in the result is the caller's to close."""
    if isinstance(given, bytes):
        given = io.BytesIO(given)
    if isinstance(given, str | PathLike):
        path = Path(given)
        try:
            with path.open("rb") as file:
                head = file.read(512)
                if not is_zip(head):
                    return _bare(head + file.read(MAX_BYTES), path.name)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnreadableError(
                "file-unreadable", f"{path.name} cannot be opened: {reason}.", "Check its name and place."
            ) from None
        return _zipped(Archive(path))
    given.seek(0)
    head = given.read(512)
    if not is_zip(head):
        name = getattr(given, "name", "")
        return _bare(head + given.read(MAX_BYTES), PurePath(name).name if isinstance(name, str) else "")
    return _zipped(Archive(given))


def _bare(data: bytes, name: str) -> Source:
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise UnreadableError(
                "not-a-package",
                f"{name or 'The file'} is {what}, not a course.",
                "Give the zip that was published, or its manifest.",
            )
    if re.match(rb"\s*(<!--.*?-->\s*)?<html\b", data[:2000], re.IGNORECASE | re.DOTALL):
        data = b"<!DOCTYPE html>"  # one sentence for web pages with and without
    if not re.match(rb"[\s\0]*(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*(<|$)", data[:2000]):
        raise UnreadableError(
            "not-a-package",
            f"{name or 'The file'} is neither a zip nor XML.",
            "Give the zip that was published, or its manifest.",
        )
    document = parse(data, name or "The manifest")
    return Source(None, name, "", data, document.root, document.problems)


def _zipped(archive: Archive) -> Source:
    try:
        manifest, ignored = _find(archive)
        if not manifest:
            return _without_manifest(archive)
        data = archive.read(manifest, MAX_BYTES)
        document = parse(data, manifest)
    except BaseException:
        archive.close()
        raise
    folder = manifest[: manifest.rfind("/") + 1]
    return Source(archive, manifest, folder, data, document.root, document.problems, ignored)


def _find(archive: Archive) -> tuple[str, tuple[str, ...]]:
    """The manifest nearest to the root, and others of the same kind that are as near."""
    found: list[tuple[int, int, bool, str]] = []
    for name in archive.entries:
        base = name.rpartition("/")[2]
        if base.lower() in MANIFESTS and not JUNK.search(name):
            rank = MANIFESTS.index(base.lower())
            found.append((name.count("/"), rank, base not in MANIFESTS, name))
    if not found:
        return "", ()
    first, *rest = sorted(found)
    return first[3], tuple(other[3] for other in rest if other[:2] == first[:2])


def _without_manifest(archive: Archive) -> Source:
    names = [name for name in archive.entries if not JUNK.search(name)]
    bases = {name.rpartition("/")[2].lower() for name in names}
    if "h5p.json" in bases:
        raise UnreadableError(
            "h5p",
            "This is an H5P file, not a SCORM or cmi5 package.",
            "Upload it to the LMS's own H5P activity, or wrap it as SCORM with Lumi (lumi.education).",
        )
    if sum(1 for name in names if _AICC.search(name)) >= 2:
        raise UnreadableError(
            "aicc",
            "This is an AICC course (descriptor files .au, .crs, .cst, .des), an older standard.",
            "Ask the supplier for SCORM 1.2 or SCORM 2004; every authoring tool that makes AICC makes them.",
        )
    if "moodle_backup.xml" in bases:
        raise UnreadableError(
            "moodle-backup", "This is a backup of a Moodle course.", "Restore it in Moodle (Course reuse)."
        )
    pages = [n for n in names if n.lower().endswith((".html", ".htm"))]
    top = [n for n in pages if "/" not in n]
    start = next((n for n in top if n.lower() in ("index.html", "index.htm")), "")
    if not start:
        raise UnreadableError(
            "no-manifest",
            "There is no manifest (imsmanifest.xml, cmi5.xml or tincan.xml) in the zip.",
            "Publish the course for an LMS (SCORM or cmi5) and give that zip, as it is.",
        )
    return Source(archive, start, "", b"", None)
