"""What every test may ask for: the real parts in tests/support, one of each a session."""

import gc
from collections import Counter
from pathlib import Path

import pytest

# A test that drives the service in a browser, or starts and kills it, takes as long as so many others.
LONG = 40

pytest_plugins = [
    "tests.support.loopback",
    "tests.support.postgres",
    "tests.support.s3",
    "tests.support.chromium",
    "tests.support.app",
    "tests.support.service",
    "tests.support.cmi5",
    "tests.support.demo",
    "tests.support.lti_platform",
    "tests.support.openid_provider",
    "tests.support.other_lrs",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: the last ones, each on one worker, end together."""
    takes: Counter[Path] = Counter()
    for item in items:
        path = item.path
        is_long = path.parent.name == "browser" or "killed" in path.name or path.name == "test_starting.py"
        takes[path] += LONG if is_long else 1
    items.sort(key=lambda item: -takes[item.path])


def pytest_collection_finish() -> None:
    """The tests stay: to look through them for garbage, again and again, takes a tenth of the time."""
    gc.collect()
    gc.freeze()
