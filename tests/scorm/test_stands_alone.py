"""The library is worth installing for itself: no web framework, no database, nothing of the service."""

import subprocess
import sys


def test_writing_reading_and_validating_load_nothing_of_the_service():
    program = (
        "import sys; from scorm import write, read, validate;"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout.split()
    )
    assert loaded.isdisjoint(
        {"lms_bridge", "content", "flask", "werkzeug", "sqlalchemy", "boto3", "jinja2", "PIL"}
    )
    assert {"scorm", "lxml"} <= loaded
