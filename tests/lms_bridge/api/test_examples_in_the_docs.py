"""What docs/api.md shows works as it stands: each example is run by a shell, with curl, against a live service."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from lms_bridge.lrs.credentials import create_credential
from lms_bridge.publishing.models import ModuleVersion
from tests.support.demo import Demo

ROOT = Path(__file__).parents[3]
EXAMPLES = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.S)
PEOPLE = "Ansattnummer;Navn;Enhetsnummer\nF9001;Nina Ny;210\n"


@pytest.fixture
def environment(demo: Demo) -> Iterator[dict[str, str]]:
    server = make_server("127.0.0.1", 0, demo.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    scopes = re.search(r"--scopes (\S+)", EXAMPLES[0])[1].split(",")
    with demo.app.app_context(), demo.app.database.unit_of_work(demo.fjordvik) as session:
        made = create_credential(session, name="HR system", scopes=scopes)
        module_id = session.scalars(select(ModuleVersion.module_id)).first()
    yield {
        "PATH": os.environ["PATH"],
        "BRIDGE": f"http://127.0.0.1:{server.port}/api/v1",
        "KEY": made.credential.key,
        "SECRET": made.secret,
        "MODULE": str(module_id),
        "CURSOR": "",
    }
    server.shutdown()
    thread.join()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_every_example_runs(environment: dict[str, str], tmp_path: Path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    run = 0
    for example in EXAMPLES[1:]:
        script = 'set -e\ncurl() { command curl -sS --fail-with-body "$@"; echo; }\n' + example
        done = subprocess.run(
            ["bash", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=30
        )
        assert done.returncode == 0, f"{example}\n{done.stdout[-2000:]}{done.stderr}"
        run += example.count("curl ")
    assert run == 11
    assert (tmp_path / "module.zip").read_bytes().startswith(b"PK")
