"""A terminal shows what happens in words, everything else gets a JSON line; nobody can write to either but us."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import structlog
from lms_bridge.web.logs import configure
configure("info")
log = structlog.get_logger()
log.info("request", id="1", endpoint="authoring.modules", method="GET", status=200, ms=12.4, tenant="fjordvik")
log.warning("odd", said="a\\n\\x1b[2Jb", name="Blåbær")
try:
    1 / 0
except ZeroDivisionError as error:
    log.error("unexpected", exc_info=error)
"""


def printed(at_terminal: bool) -> list[str]:
    """The lines that a process writes to its standard error: a terminal, or a file."""
    command = [sys.executable, "-c", SCRIPT]
    if not at_terminal:
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    ours, theirs = pty.openpty()
    subprocess.run(command, stderr=theirs, check=True)
    os.close(theirs)
    found = b""
    try:
        while part := os.read(ours, 4096):
            found += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return found.decode().splitlines()


@pytest.mark.skipif(not Path("/dev/ptmx").exists(), reason="no terminals on this machine")
def test_at_a_terminal_a_request_is_a_sentence():
    lines = printed(at_terminal=True)
    assert lines[0][8:] == " GET authoring.modules 200 in 12 ms (fjordvik)"
    assert lines[1][8:] == r" warning odd said=a\n\x1b[2Jb name=Blåbær"
    assert lines[2][8:] == " error unexpected"
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_elsewhere_each_is_one_json_line():
    lines = [json.loads(line) for line in printed(at_terminal=False)]
    assert [line["event"] for line in lines] == ["request", "odd", "unexpected"]
    assert lines[0]["ms"] == 12.4
    assert lines[1]["said"] == "a\n\x1b[2Jb"
