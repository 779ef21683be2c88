"""Bringing in a file as the service does, with content's own intake of pictures."""

import io
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest

import content
from content import importers, media
from content.fields import write
from content.importers import Imported
from content.texts import sentence


def take(stream: BinaryIO, name: str) -> tuple[str, dict[str, Any]]:
    taken = media.take(stream, name, io.BytesIO(), kind="image")
    return taken.sha256, write(taken.asset)


class Brought:
    """What came of a file: the module, and what was told."""

    def __init__(self, imported: Imported) -> None:
        document = {"schema": 1, "id": str(uuid.UUID(int=0)), **imported.document}
        self.module = content.Module.from_json(document)
        self.titles = [page.title for page in self.module.pages]
        self.told = [(one.page, sentence(one.code, "en", count=one.count)) for one in imported.lost]

    def page(self, number: int = 0) -> list[dict[str, Any]]:
        return [
            {k: v for k, v in block.to_json().items() if k != "id"}
            for block in self.module.pages[number].blocks
        ]

    def html(self, number: int = 0) -> str:
        return "".join(block.get("html", "") for block in self.page(number))


Bring = Callable[..., Brought]


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    def bring(body: bytes, name: str = "Håndhygiene i Fjordvik.docx", language: str = "nb") -> Brought:
        path = tmp_path / "file"
        path.write_bytes(body)
        return Brought(importers.read(path, name, language=language, take=take))

    return bring
