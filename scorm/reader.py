"""Reads a package that others made: an untrusted zip, or a manifest alone, into a Package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import TracebackType

from scorm import ims
from scorm.errors import UnreadableError
from scorm.package import File, Item, Metadata, Organization, Package, Resource, Standard
from scorm.read_cmi5 import read_cmi5, read_tincan
from scorm.read_ims import read_ims
from scorm.source import MANIFESTS, Given, Source, locate

_CONTROL_DOCUMENT = (".xsd", ".dtd")


@dataclass(frozen=True, slots=True)
class Reading:
    """A package as it was found. Its files can be opened until it is closed (or leaves its `with`).

    `source` is what it was read from, for `validate` and `mend`.
    """

    package: Package
    source: Source

    def __enter__(self) -> Reading:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.source.archive is not None:
            self.source.archive.close()


def read(given: Given) -> Reading:
    """Reads a zip or a manifest, given as a path, bytes or a seekable binary file.

    What is merely wrong is tolerated (see `validate`); `UnreadableError` is raised for what cannot or must
    not be opened. Content is checked against the zip's promises as it is read from `File.open()`.
    """
    source = locate(given)
    try:
        return Reading(_package(source), source)
    except BaseException:
        if source.archive is not None:
            source.archive.close()
        raise


def kind_of(source: Source) -> Standard:
    """The standard, by the manifest's root element. `UnreadableError` for one that is not read here."""
    root = source.root
    if root is None:
        return Standard.WEB
    name, namespace = ims.local(root), ims.namespace(root)
    if name == "manifest":
        if "imsccv1" in namespace or "/imscc/" in namespace:
            raise UnreadableError(
                "common-cartridge",
                "This is an IMS Common Cartridge, not a SCORM package.",
                "Import it as a course in the LMS, or publish it as SCORM.",
            )
        return ims.standard_of(root)
    if name == "courseStructure":
        return Standard.CMI5
    if name == "tincan":
        return Standard.XAPI
    raise UnreadableError(
        "root-unknown",
        f"{source.manifest or 'The file'} begins with <{name}>; a manifest begins with <manifest>, "
        "<courseStructure> or <tincan>.",
        "Give the zip that was published, or its manifest.",
    )


def _package(source: Source) -> Package:
    standard, files = kind_of(source), _files(source)
    if standard is Standard.CMI5:
        return read_cmi5(source, files)
    if standard is Standard.XAPI:
        return read_tincan(source, files)
    if standard is Standard.WEB:
        return _web(source, files)
    return read_ims(source, files)


def _files(source: Source) -> tuple[File, ...]:
    """What the course consists of: not the manifest, nor the standard's control documents."""
    archive = source.archive
    if archive is None:
        return ()
    files = []
    for name in source.names:
        bare = "/" not in name
        if bare and (name.lower() in MANIFESTS or name.lower().endswith(_CONTROL_DOCUMENT)):
            continue
        entry = archive.entries[source.folder + name]
        files.append(File(name, partial(archive.open, entry.name), entry.size, crc32=entry.crc32))
    return tuple(files)


def _web(source: Source, files: tuple[File, ...]) -> Package:
    """Pages without a manifest: one item that opens the start page."""
    item = Item("page", source.manifest, resource="pages")
    return Package(
        identifier="",
        metadata=Metadata(),
        organizations=(Organization("site", "", (item,)),),
        resources=(Resource("pages", source.manifest, "asset", tuple(f.path for f in files)),),
        files=files,
        standard=Standard.WEB,
    )
