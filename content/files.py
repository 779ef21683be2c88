"""A module on disk: a folder with `module.json` and `assets/`, or the same zipped as a `.lmsmodule` file.

A .lmsmodule comes from anywhere, so nothing in it is believed: only the names that its own module.json calls
for are read, sizes are counted while inflating, and every asset has the SHA-256 that it is named by.
"""

import hashlib
import json
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from content.errors import InvalidModuleFile
from content.module import Module

DOCUMENT = "module.json"
LARGEST_DOCUMENT = 20 * 2**20
LARGEST_FILE = 2 * 2**30
MOST_FILES = 20_000
_NAME = re.compile(r"module\.json|assets/[0-9a-f]{64}\.[a-z0-9]{2,4}")
_CHUNK = 2**18
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class ModuleFiles:
    """A module and the way to its assets' bytes."""

    module: Module
    open_asset: Callable[[str], BinaryIO]
    """From an asset's SHA-256 to its bytes, to be read and closed."""


def load(path: str | os.PathLike[str]) -> Module:
    """The module in a folder, a module.json or a .lmsmodule file. Raises InvalidModule, InvalidModuleFile."""
    with opened(path) as files:
        return files.module


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[ModuleFiles]:
    """A module with its assets, until the block ends. Raises InvalidModule, InvalidModuleFile."""
    place = Path(path)
    if place.is_dir() or place.name == DOCUMENT:
        yield _in_folder(place if place.is_dir() else place.parent)
        return
    try:
        archive = zipfile.ZipFile(place)
    except FileNotFoundError:
        raise InvalidModuleFile(
            f"{place} does not exist. Give a module folder or a .lmsmodule file."
        ) from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InvalidModuleFile(f"{place.name} is not a .lmsmodule file, or is damaged ({error}).") from None
    with archive:
        yield _in_archive(archive)


def save(module: Module, folder: str | os.PathLike[str], open_asset: Callable[[str], BinaryIO]) -> None:
    """Writes the module as a folder; assets that are there already are kept."""
    place = Path(folder)
    (place / "assets").mkdir(parents=True, exist_ok=True)
    for digest, asset in module.assets.items():
        target = place / asset.path(digest)
        if not target.exists():
            with open_asset(digest) as source:
                _write_whole(target, iter(lambda: source.read(_CHUNK), b""))
    _write_whole(place / DOCUMENT, [_document(module)])


def save_file(module: Module, target: BinaryIO, open_asset: Callable[[str], BinaryIO]) -> None:
    """Writes the module as a .lmsmodule to a file or a stream; equal modules give equal bytes."""
    with zipfile.ZipFile(target, "w") as archive:
        with archive.open(_entry(DOCUMENT, zipfile.ZIP_DEFLATED), "w") as entry:
            entry.write(_document(module))
        for digest, asset in sorted(module.assets.items()):
            packed = _entry(asset.path(digest), zipfile.ZIP_STORED)
            packed.file_size = asset.size
            with archive.open(packed, "w") as entry, open_asset(digest) as source:
                for chunk in iter(lambda: source.read(_CHUNK), b""):
                    entry.write(chunk)


def _document(module: Module) -> bytes:
    return (json.dumps(module.to_json(), ensure_ascii=False, indent=1) + "\n").encode()


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = compression
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    return entry


def _write_whole(target: Path, chunks: Any) -> None:
    """All of it or nothing: a full disk leaves the old file."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _parsed(document: bytes) -> Module:
    try:
        data = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise InvalidModuleFile(f"{DOCUMENT} is not JSON in UTF-8: {error}.") from None
    return Module.from_json(data)


def _in_folder(folder: Path) -> ModuleFiles:
    try:
        module = _parsed((folder / DOCUMENT).read_bytes())
    except FileNotFoundError:
        raise InvalidModuleFile(
            f"{folder} has no {DOCUMENT}. Give a module folder or a .lmsmodule file."
        ) from None
    for digest, asset in module.assets.items():
        file = folder / asset.path(digest)
        if not file.is_file():
            raise InvalidModuleFile(f"{asset.path(digest)} ({asset.name}) is missing in {folder}.")
        if file.stat().st_size != asset.size:
            raise InvalidModuleFile(f"{asset.path(digest)} ({asset.name}) is not {asset.size} bytes long.")
    return ModuleFiles(module, lambda digest: (folder / module.assets[digest].path(digest)).open("rb"))


def _in_archive(archive: zipfile.ZipFile) -> ModuleFiles:
    entries = {entry.filename: entry for entry in archive.infolist()}
    _refuse_unsafe(archive, entries)
    if DOCUMENT not in entries:
        raise InvalidModuleFile(f"The file has no {DOCUMENT}: it is not a .lmsmodule.")
    if entries[DOCUMENT].file_size > LARGEST_DOCUMENT:
        raise InvalidModuleFile(f"{DOCUMENT} is larger than {LARGEST_DOCUMENT // 2**20} MB.")
    module = _parsed(b"".join(_inflated(archive, entries[DOCUMENT], LARGEST_DOCUMENT)))
    for digest, asset in module.assets.items():
        entry = entries.get(asset.path(digest))
        if entry is None or entry.file_size != asset.size:
            raise InvalidModuleFile(
                f"{asset.path(digest)} ({asset.name}) is missing, or not {asset.size} bytes long."
            )
        checksum = hashlib.sha256()
        for chunk in _inflated(archive, entry, asset.size):
            checksum.update(chunk)
        if checksum.hexdigest() != digest:
            raise InvalidModuleFile(f"{asset.path(digest)} ({asset.name}) has been changed or damaged.")
    return ModuleFiles(
        module, lambda digest: cast(BinaryIO, archive.open(entries[module.assets[digest].path(digest)]))
    )


def _refuse_unsafe(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> None:
    listed = archive.infolist()
    if len(listed) > MOST_FILES or sum(entry.file_size for entry in listed) > LARGEST_FILE:
        raise InvalidModuleFile(f"The file holds more than {MOST_FILES} files or {LARGEST_FILE // 2**30} GB.")
    if len(entries) != len(listed):
        raise InvalidModuleFile("The file holds two entries of the same name.")
    end = 0
    for entry in sorted(listed, key=lambda entry: entry.header_offset):
        name = entry.filename
        if not _NAME.fullmatch(name):
            raise InvalidModuleFile(f"“{name[:100]}” does not belong in a .lmsmodule.")
        if entry.flag_bits & _ENCRYPTED:
            raise InvalidModuleFile(f"{name} is encrypted. Export the module without a password.")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise InvalidModuleFile(f"{name} is not a plain file.")
        if entry.header_offset < end:
            raise InvalidModuleFile(f"{name} overlaps another entry: the file is damaged or made to do harm.")
        end = entry.header_offset + 30 + len(name.encode()) + entry.compress_size


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """The entry's bytes in chunks; never more than `most`, whatever its header says."""
    count = 0
    try:
        with archive.open(entry) as file:
            while chunk := file.read(_CHUNK):
                count += len(chunk)
                if count > most:
                    raise InvalidModuleFile(f"{entry.filename} is larger than it says.")
                yield chunk
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise InvalidModuleFile(f"{entry.filename} is damaged ({error}).") from None
