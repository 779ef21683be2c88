"""Taking in pictures, films, sounds and captions: streamed to a file aside, judged by content, stored whole or not."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from werkzeug.datastructures import FileStorage

from content import media
from content.fields import write
from content.module import Rights

from ..errors import N_, TooLarge
from ..storage import Storage, full_disk_is_unavailable

KINDS = ("image", "video", "audio", "text")


def take_in(
    storage: Storage,
    stream: IO[bytes],
    name: str,
    *,
    kind: str,
    rights: Rights,
    announced: int | None,
    most_mb: int,
    aside: Path,
) -> tuple[str, dict[str, object]]:
    """The SHA-256 and the asset record of an upload that is now stored.

    `announced` is the size that the sender told, in bytes; `aside` a folder with room for one upload. Raises
    TooLarge, Unavailable (no room on the disk), and content's RejectedMedia with a sentence for the person.
    """
    if announced is not None and announced > most_mb * 1_000_000:
        raise TooLarge(
            N_("The file is larger than %(mb)s MB, the most that is accepted. Choose a smaller one."),
            mb=most_mb,
        )
    with full_disk_is_unavailable():
        aside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=aside) as file:
            taken = media.take(cast(BinaryIO, stream), name, cast(BinaryIO, file), kind=kind, rights=rights)
            file.seek(0)
            storage.put(cast(IO[bytes], file), limit=most_mb * 1_000_000)
    return taken.sha256, write(taken.asset)


@contextmanager
def put_aside(given: FileStorage, aside: Path) -> Iterator[Path]:
    """An upload as a file on the disk, until the block ends."""
    with full_disk_is_unavailable():
        aside.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=aside) as file:
            given.save(file)
            file.flush()
            yield Path(file.name)
