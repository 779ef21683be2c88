"""A Package in, a zip out."""

import html
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import BinaryIO

from scorm import manifest_cmi5, manifest_scorm12, manifest_scorm2004, manifest_xapi
from scorm.archive import Archive, Memory
from scorm.checks import check
from scorm.content_packaging import list_every_file
from scorm.identifiers import with_parameters
from scorm.package import File, Package, Standard
from scorm.xsd import control_documents, schemas

# What each standard has at the root: the manifest's path and its writer.
_MANIFESTS: dict[Standard, tuple[str, Callable[[Package], bytes]]] = {
    Standard.SCORM12: ("imsmanifest.xml", manifest_scorm12.manifest),
    Standard.SCORM2004_3: ("imsmanifest.xml", manifest_scorm2004.manifest_3rd_edition),
    Standard.SCORM2004: ("imsmanifest.xml", manifest_scorm2004.manifest),
    Standard.CMI5: ("cmi5.xml", manifest_cmi5.manifest),
    Standard.XAPI: ("tincan.xml", manifest_xapi.manifest),
}

Sink = BinaryIO | str | os.PathLike[str]


def write(package: Package, standard: Standard, sink: Sink, *, memory: Memory | None = None) -> None:
    """Writes the package to a binary stream, or to a path (whole or not at all).

    Raises PackageError before anything is written if the package cannot be sound, SourceError if one of its
    files cannot be read, OSError if the sink fails.
    """
    archive = build(package, standard, memory=memory)
    if not isinstance(sink, (str, os.PathLike)):
        archive.write_to(sink)
        return
    path = Path(sink)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with unfinished.open("xb") as stream:
            archive.write_to(stream)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def stream(package: Package, standard: Standard, *, memory: Memory | None = None) -> Iterator[bytes]:
    """The package as chunks of bytes, made while they are taken; a PackageError is raised here and now."""
    return iter(build(package, standard, memory=memory))


def build(package: Package, standard: Standard, *, memory: Memory | None = None) -> Archive:
    """The package as an Archive: checked, its manifest written, no file of it opened yet."""
    package = list_every_file(package)
    laid = list(_laid(standard))
    if standard is Standard.WEB:
        laid += _front_page(package)
    names = {file.path for file in laid}
    files = [file for file in package.files if file.path not in names]  # the standard's own win
    first: list[File] = []
    if standard in _MANIFESTS:
        path, manifest = _MANIFESTS[standard]
        check(replace(package, files=(*package.files, File.of(path, b""))), standard)
        first = [File.of(path, manifest(package))]
    else:
        check(package, standard)
    return Archive([*first, *sorted([*laid, *files], key=lambda file: file.path.encode())], memory)


@cache
def _laid(standard: Standard) -> tuple[File, ...]:
    """The control documents, and the schema for LOM that the sets of 2004 lack."""
    documents = dict(control_documents(standard))
    if standard in (Standard.SCORM2004, Standard.SCORM2004_3):
        documents["lom.xsd"] = schemas().joinpath("lom.xsd").read_bytes()
    return tuple(File.of(name, content) for name, content in documents.items())


def _front_page(package: Package) -> list[File]:
    """Plain web: what opens when a person opens the folder, if the launch page is called otherwise."""
    launchable = package.launchable()
    resource = package.resource(launchable[0].resource) if launchable else None
    if resource is None or any(file.path == "index.html" for file in package.files):
        return []
    target = html.escape(with_parameters(resource.href, launchable[0].parameters))
    title = html.escape(package.metadata.title)
    language = html.escape(package.metadata.language or "en")
    page = (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta http-equiv="refresh" content="0; url={target}">\n<a href="{target}">{title}</a>\n</html>\n'
    )
    return [File.of("index.html", page.encode())]
