"""A real S3 for the tests: OpenStack Swift (PyPI `swift`) with its S3 API, on loopback, one a session."""

import getpass
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3
import pytest

BACKENDS = ("account", "container", "object")
# The middleware in front of Swift's proxy: what the S3 API needs, in the order that Swift's own sample has.
FILTERS = (
    "catch_errors gatekeeper cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes symlink"
)
OPTIONS = {
    "cache": {
        "use": "egg:swift#memcache",
        "memcache_servers": "127.0.0.1:1",
    },  # none runs: Swift does without
    "s3api": {"s3_acl": "false", "location": "us-east-1", "allow_multipart_uploads": "true"},
    "versioned_writes": {"allow_object_versioning": "true"},
}
_ports = itertools.count(os.getpid() * 7)  # another run on this machine begins elsewhere
RINGS = """
import sys
from swift.common.ring import RingBuilder
folder, *rings = sys.argv[1:]
for ring in rings:
    kind, port = ring.split("=")
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "device": "d1", "weight": 1, "ip": "127.0.0.1",
                     "port": int(port), "replication_ip": "127.0.0.1", "replication_port": int(port)})
    builder.rebalance()
    builder.get_ring().save(f"{folder}/{kind}.ring.gz")
"""


class S3:
    """A running S3 server. Use as a context manager."""

    access_key = "lms:tests"
    secret_key = "a-secret-for-tests"
    region = "us-east-1"

    def __enter__(self) -> "S3":
        self.folder = Path(tempfile.mkdtemp(prefix="lms-s3-"))
        self._numbers = itertools.count(1)
        self._processes: list[subprocess.Popen] = []
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def client_options(self) -> dict[str, str]:
        """What boto3.client("s3", …) needs to speak to this server."""
        return {
            "endpoint_url": self.url,
            "region_name": self.region,
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same as environment variables, for the service in a process of its own."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def bucket(self) -> str:
        """Makes a new bucket and returns its name."""
        name = f"bucket{next(self._numbers)}"
        boto3.client("s3", **self.client_options).create_bucket(Bucket=name)
        return name

    def _start(self) -> None:
        ports = {kind: free_port() for kind in (*BACKENDS, "proxy")}
        self.url = f"http://127.0.0.1:{ports['proxy']}"
        (self.folder / "srv/d1").mkdir(parents=True)
        self._configure(ports)
        rings = [f"{kind}={ports[kind]}" for kind in BACKENDS]
        subprocess.run([sys.executable, "-c", RINGS, self.folder, *rings], check=True)
        for kind in ports:
            program = Path(sys.executable).parent / f"swift-{kind}-server"
            with (self.folder / f"{kind}.log").open("wb") as log:
                command = [program, self.folder / f"{kind}.conf", "-v"]
                self._processes.append(
                    subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
                )
        for process, (kind, port) in zip(self._processes, ports.items(), strict=True):
            self._wait_for(kind, port, process)

    def _configure(self, ports: dict[str, int]) -> None:
        common = {"user": getpass.getuser(), "swift_dir": self.folder, "bind_ip": "127.0.0.1", "workers": 0}
        self._write("mime.types", {})
        self._write(
            "swift.conf",
            {
                "swift-hash": {"swift_hash_path_suffix": "suffix", "swift_hash_path_prefix": "prefix"},
                "storage-policy:0": {"name": "one", "default": "yes"},
            },
        )
        for kind in BACKENDS:
            disk = {"devices": self.folder / "srv", "mount_check": "false", "disable_fallocate": "true"}
            default = {
                **common,
                **disk,
                "bind_port": ports[kind],
                "fallocate_reserve": 0,
                "log_level": "WARNING",
            }
            pipeline = {"pipeline": f"{kind}-server"}
            app = {"use": f"egg:swift#{kind}"}
            sections = {"DEFAULT": default, "pipeline:main": pipeline, f"app:{kind}-server": app}
            self._write(f"{kind}.conf", sections)
        account, user = self.access_key.split(":")
        options = {**OPTIONS, "tempauth": {f"user_{account}_{user}": f"{self.secret_key} .admin"}}
        proxy = {"use": "egg:swift#proxy", "allow_account_management": "true", "account_autocreate": "true"}
        self._write(
            "proxy.conf",
            {
                "DEFAULT": {**common, "bind_port": ports["proxy"]},
                "pipeline:main": {"pipeline": f"{FILTERS} proxy-server"},
                "app:proxy-server": proxy,
                **{f"filter:{n}": {"use": f"egg:swift#{n}", **options.get(n, {})} for n in FILTERS.split()},
            },
        )

    def _write(self, name: str, sections: dict[str, dict[str, object]]) -> None:
        lines = []
        for section, settings in sections.items():
            lines += [f"[{section}]", *(f"{key} = {value}" for key, value in settings.items())]
        (self.folder / name).write_text("\n".join(lines) + "\n")

    def _wait_for(self, kind: str, port: int, process: subprocess.Popen) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                return
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    log = (self.folder / f"{kind}.log").read_text(errors="replace")
                    raise RuntimeError(f"Swift's {kind} server did not start:\n{log[-2000:]}") from None
                time.sleep(0.05)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now, and that no other test is given: not those that run beside
    this one, which have ports of their own, nor by the system, which gives out higher ones."""
    first = 10_000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8 * 2_500
    while True:
        port = first + next(_ports) % 2_500
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """The session's S3 server."""
    if os.name != "posix" or not sys.platform.startswith("linux"):
        pytest.skip("Swift's servers run on Linux only")
    with S3() as server:
        yield server
