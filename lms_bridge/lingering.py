"""gunicorn's threaded worker, whose threads stay with a connection for a moment after they have answered."""

import select
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

MOMENT = 1  # millisecond


class LingeringWorker(ThreadWorker):  # type: ignore[misc]
    """A busy client's next request is there at once. Handing the connection back to the main thread, only to get it
    again, takes as long as the whole answer; where somebody else waits for a thread, or nothing comes, it is done.
    """

    def handle(self, conn: Any) -> Any:
        while True:
            kept = super().handle(conn)
            if kept is not True or not self.alive or conn.is_http2:
                return kept
            if self.tpool._work_queue.qsize() or conn.parser.unreader.buf.getvalue():
                return kept
            ready = select.poll()
            ready.register(conn.sock, select.POLLIN)
            if not ready.poll(MOMENT):
                return kept
