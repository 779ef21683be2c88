"""How fast one key may ask: a bucket that fills steadily (each process has its own)."""

import threading
import time
from collections import OrderedDict

from ..errors import TooMany

MOST_KEYS = 10_000


class Pace:
    """So many requests a minute in the long run, and so many in one go."""

    def __init__(self, *, a_minute: int, at_once: int) -> None:
        self.rate, self.size = a_minute / 60, at_once
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, key: str) -> None:
        """Counts a request. Raises TooMany, which says how long to wait."""
        now = time.monotonic()
        with self._lock:
            left, at = self._left.get(key, (float(self.size), now))
            left = min(self.size, left + (now - at) * self.rate)
            if left < 1:
                raise TooMany(
                    "Too many requests with this key. Slow down.", max(1, round((1 - left) / self.rate))
                )
            self._left[key] = (left - 1, now)
            self._left.move_to_end(key)
            while len(self._left) > MOST_KEYS:
                self._left.popitem(last=False)
