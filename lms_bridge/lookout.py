"""Waiting for what is nearly there.

To be woken takes as long as to check and store a statement. So what came at once the last time is looked for again and
again, letting everybody else go first, but only while there are fewer connections than processors.
"""

import os
import select
import time
from pathlib import Path

AT_ONCE = 0.0003  # seconds


def processors(limit: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Those of the machine, or as many whole ones as the container is given of them (Linux: cgroup v2)."""
    there = os.cpu_count() or 1
    try:
        given, of = limit.read_text().split()
    except (OSError, ValueError):
        return there
    return min(there, int(given) // int(of)) if given.isdigit() else there


_processors = processors()
_idle = False


def tell(connections: int) -> None:
    """How many are open in all processes."""
    global _idle
    _idle = connections < _processors


class Lookout:
    """Over one connection."""

    def __init__(self) -> None:
        self._came_at_once = False

    def wait(self, descriptor: int, events: int = select.POLLIN, milliseconds: int | None = None) -> bool:
        """Waits for one of these poll events, so long at most (None: for ever); whether one has come."""
        ready = select.poll()
        ready.register(descriptor, events)
        return bool(self.watch(ready, milliseconds))

    def watch(self, ready: select.poll, milliseconds: int | None = None) -> list[tuple[int, int]]:
        """As `wait`, for many; the (descriptor, events) that have come."""
        began = time.perf_counter()
        while self._came_at_once and _idle and time.perf_counter() - began < AT_ONCE:
            if found := ready.poll(0):
                return found
            os.sched_yield()
        found = ready.poll(milliseconds)
        self._came_at_once = bool(found) and time.perf_counter() - began < AT_ONCE
        return found
