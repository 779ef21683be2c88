"""What every test may ask for: the real parts in tests/support, one of each a session."""

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
