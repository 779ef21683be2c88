"""Server time of every page with the demo: `./run bench pages`. Floor: a page that asks nothing of the database."""

import json
import statistics
import tempfile
import time
from pathlib import Path

from flask.testing import FlaskClient

from tests.support.addresses import addresses
from tests.support.demo import EVERYTHING, opened, seed_everything

ROUNDS = 5
GOAL_MS = 100


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        seed_everything(Path(folder))
        demo = opened(Path(folder))
        client = demo.signed_in(EVERYTHING)
        floor = milliseconds(client, "/health/live")
        for address in addresses(demo.app, demo.fjordvik):
            if "GET" in address.methods:
                value = milliseconds(client, address.path)
                row = {"name": address.endpoint, "value": value, "unit": "ms", "floor": floor}
                print(json.dumps({**row, "ratio": round(value / floor, 1), "goal": GOAL_MS}))


def milliseconds(client: FlaskClient, path: str) -> float:
    """The median of a few requests, after one that warms up."""
    client.get(path)
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        client.get(path)
        times.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(times), 2)


if __name__ == "__main__":
    main()
