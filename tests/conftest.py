"""What every test may ask for: the real parts in tests/support, one of each a session."""

import gc

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
    "tests.support.other_lrs",
]


def pytest_collection_finish() -> None:
    """The tests stay: to look through them for garbage, again and again, takes a tenth of the time."""
    gc.collect()
    gc.freeze()
