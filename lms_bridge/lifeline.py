"""Whether a process that carries out jobs lives: it locks a file as long as it does, and gives a sign of life.

The system unlocks the file of a process that ends, however it ends, so that its death is seen at once on the same
machine. From another machine it is seen by its silence: a claim is good for a minute, and renewed every few seconds.
"""

import fcntl
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import structlog

log = structlog.get_logger()
CLAIM = timedelta(minutes=1)
"""How long a process may be silent before others take up what it held."""
BEAT_SECONDS = 5.0


class Lifeline:
    """This process's, and what it sees of others'; `held` are the ids of what it works on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = uuid.uuid4()
        self.held: frozenset[uuid.UUID] = frozenset()
        self._changing = threading.Lock()

    @contextmanager
    def holding(self, claimed: uuid.UUID) -> Iterator[None]:
        """While one of this process's threads works on something."""
        with self._changing:
            self.held |= {claimed}
        try:
            yield
        finally:
            with self._changing:
                self.held -= {claimed}

    @contextmanager
    def alive(self, beat: Callable[[], None]) -> Iterator[None]:
        """While the process lives: `beat` is called at once, and every few seconds."""
        over = threading.Event()
        heart = threading.Thread(target=_beating, args=(beat, over), name="lifeline", daemon=True)
        file = self._lock()
        heart.start()
        try:
            yield
        finally:
            over.set()
            heart.join(BEAT_SECONDS)
            if file is not None:
                (self.folder / str(self.id)).unlink(missing_ok=True)
                os.close(file)

    def _lock(self) -> int | None:
        unfinished = self.folder / f"{self.id}.new"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(unfinished, os.O_CREAT | os.O_RDWR, 0o600)
            os.write(file, f"{os.getpid()}\n".encode())  # for people who look
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unfinished.rename(self.folder / str(self.id))  # nobody sees it before it is locked
        except OSError as error:  # a data folder that cannot be written: its silence tells
            log.warning("lifeline_without_file", problem=str(error))
            return None
        return file

    def ended(self) -> set[uuid.UUID]:
        """The processes of this machine that are known to have ended, until they are forgotten."""
        try:
            found = {uuid.UUID(path.name) for path in self.folder.iterdir() if not path.suffix}
        except OSError:
            return set()
        return {other for other in found if other != self.id and _unlocked(self.folder / str(other))}

    def forget(self, ended: Iterable[uuid.UUID]) -> None:
        for other in ended:
            (self.folder / str(other)).unlink(missing_ok=True)


def _beating(beat: Callable[[], None], over: threading.Event) -> None:
    while True:
        try:
            beat()
        except Exception as error:  # the database is away: the next beat may find it
            log.error("beat_failed", exc_info=error)
        if over.wait(BEAT_SECONDS):
            return


def _unlocked(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:  # of another user, or forgotten this moment
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True
