"""Where a statement stands: one 64-bit number that is its time of storing and its place in the order.

41 bits of milliseconds since 2020 (until 2089), 10 bits for the process, 12 bits counting within the millisecond.
So `since`, `until`, the order of reading, `more` links and monthly partitions are all ranges of the primary key,
and no sequence is shared between processes. Two processes with the same 10 bits meet on the primary key, are told
by the database, and the later one takes another number (store.py).
"""

import os
import random
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from . import values

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_EPOCH_MS = int(EPOCH.timestamp() * 1000)
_SHIFT = 22
_PER_MILLISECOND = 4096

LAST_POSITION = 2**63 - 1
"""The largest that the databases can hold."""

_lock = threading.Lock()
_process = -1
_node = 0
_millisecond = 0
_next = 0


def take(count: int) -> Sequence[int]:
    """`count` positions in ascending order, later than every one this process took before.

    More than 4,096 a millisecond run ahead of the clock by a millisecond or two.
    """
    global _process, _millisecond, _next
    with _lock:
        if _process != os.getpid():
            _process = os.getpid()
            _set_node(_process)
        now = time.time_ns() // 1_000_000 - _EPOCH_MS
        if now > _millisecond:
            _millisecond, _next = now, 0
        taken = []
        for _ in range(count):
            if _next == _PER_MILLISECOND:
                _millisecond, _next = _millisecond + 1, 0
            taken.append(_millisecond << _SHIFT | _node << 12 | _next)
            _next += 1
        return taken


def change_node() -> None:
    """After a collision: another ten bits for this process."""
    with _lock:
        _set_node(random.getrandbits(10))


def _set_node(number: int) -> None:
    global _node
    _node = number % 1024


def stored_at(position: int) -> datetime:
    """The time of storing, to the millisecond, UTC."""
    return EPOCH + timedelta(milliseconds=position >> _SHIFT)


def written_time(position: int) -> str:
    """`stored_at` as the LRS writes it."""
    return _written(position >> _SHIFT)


@lru_cache(maxsize=16)
def _written(millisecond: int) -> str:
    return values.format_timestamp(stored_at(millisecond << _SHIFT))


def first_from(moment: datetime) -> int:
    """The smallest position whose time of storing is `moment`, a whole millisecond, or later."""
    return max(0, _milliseconds(moment) << _SHIFT)


def first_after(moment: datetime) -> int:
    """The smallest position whose time of storing is later than `moment` (what `since` means)."""
    return _within((_milliseconds(moment) + 1) << _SHIFT)


def last_until(moment: datetime) -> int:
    """The largest position whose time of storing is not later than `moment` (what `until` means)."""
    return _within(((_milliseconds(moment) + 1) << _SHIFT) - 1)


def _within(position: int) -> int:
    return min(max(0, position), LAST_POSITION)


def _milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
