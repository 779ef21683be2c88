"""`lms-bridge serve` and `lms-bridge worker`: the processes of a running service."""

import errno
import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import psycopg
from gunicorn.app.base import BaseApplication
from huey.consumer import Consumer
from sqlalchemy.exc import OperationalError

from . import create_app
from .config import Settings, SettingsError
from .db import Database
from .lingering import forget
from .repeating import remember
from .schema import migrate
from .web.app import Bridge

WAIT_FOR_DATABASE_SECONDS = 60
PROXIED = 8080  # where a proxy in front finds the service, unless told otherwise


class Gunicorn(BaseApplication):  # type: ignore[misc]
    """gunicorn without a configuration file of its own."""

    def __init__(self, settings: Settings, binds: list[str]) -> None:
        self.bridge_settings, self.binds = settings, binds
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": self.binds,
            "workers": self.bridge_settings.web_processes,
            "threads": self.bridge_settings.web_threads,
            "worker_class": "lms_bridge.lingering.LingeringWorker",
            "timeout": 120,
            "keepalive": 5,
            "loglevel": "warning",
            "control_socket_disable": True,
            "child_exit": _forget,
            "post_request": remember,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        app = _created(self.bridge_settings)
        gc.collect()
        gc.freeze()  # what the start made stays for good: the collector need not walk over it again and again
        return app


def _created(settings: Settings) -> Bridge:
    """The application, for which a database that is just starting is waited for: gunicorn ends the whole service
    when one of its processes, started again while PostgreSQL is, fails at once.
    """
    ends = time.monotonic() + WAIT_FOR_DATABASE_SECONDS
    while True:
        try:
            return create_app(settings)
        except (psycopg.OperationalError, OperationalError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.5)


def _forget(_server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    forget(worker)
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port for both of the service's addresses, where a proxy stands in front. Without it: the ports in the "
    f"addresses, and {PROXIED} for those that are https, which is the proxy's to speak.",
)
@click.option("--demo", is_flag=True, help="Put the demo into an empty database, and print its sign-ins.")
@click.option("--worker/--no-worker", "with_worker", default=True, help="Carry out jobs in a process beside.")
def serve(host: str, port: int | None, demo: bool, with_worker: bool) -> None:
    """Start the service: pages and content at their two addresses, and the worker."""
    settings = Settings.from_environ()
    settings.prepare_data_dir()
    ports = {port or _port(url) for url in (settings.base_url, settings.content_url)}
    binds = [f"{host}:{port}" for port in sorted(ports)]
    for bind in binds:
        _refuse_taken(bind)
    database = Database(settings.database)
    migrate(database)
    signs = _seed(settings) if demo else ""
    database.engine.dispose()
    _metrics_folder(settings)
    if with_worker:
        first = _start_worker()  # before gunicorn forks: no process of its shall hold this one's pipes
        threading.Thread(target=_keep_a_worker, args=(first,), name="worker", daemon=True).start()
    click.echo(
        f"lms-bridge is at {settings.base_url}\n{signs}{_about_the_proxy(settings, binds)}Stop it with Ctrl+C."
    )
    Gunicorn(settings, binds).run()


@click.command()
@click.option("--child-of", type=int, help="Stop when that process, which started this one, ends.")
def worker(child_of: int | None) -> None:
    """Carry out jobs until stopped."""
    app = _created(Settings.from_environ())
    if child_of is not None:
        if os.getppid() != child_of:
            return
        threading.Thread(target=_follow_parent, args=(child_of,), daemon=True).start()
    with app.jobs.working():
        Consumer(app.jobs.huey, workers=2, check_worker_health=True).run()


def _start_worker() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "lms_bridge", "worker", "--child-of", str(os.getpid())])


def _keep_a_worker(worker: "subprocess.Popen[bytes]") -> None:
    """Starts another worker beside the service whenever it ends, later each time it ends at once."""
    wait, began = 1.0, time.monotonic()
    while True:
        worker.wait()
        wait = 1.0 if time.monotonic() - began > 60 else wait
        time.sleep(wait)
        click.echo("The worker had ended; another one starts.", err=True)
        worker, began = _start_worker(), time.monotonic()
        wait = min(2 * wait, 60.0)


def _follow_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGINT)


def _port(url: str) -> int:
    parts = urlsplit(url)
    return PROXIED if parts.scheme == "https" else parts.port or 80


def _about_the_proxy(settings: Settings, binds: list[str]) -> str:
    if not settings.base_url.startswith("https:"):
        return ""
    there = f"It listens on {binds[0]} for the proxy that speaks https.\n"
    if settings.proxies:
        return there
    return there + (
        "LMS_BRIDGE_PROXIES is 0, so everybody seems to come from the proxy, and wrong passwords are counted for all "
        "of them together: set it to 1 when the proxy says who asks (X-Forwarded-For).\n"
    )


def _refuse_taken(bind: str) -> None:
    host, _colon, port = bind.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = "is taken: another program (or another lms-bridge) listens there. Stop it, or choose"
            else:
                reason = f"cannot be used ({error.strerror}). Choose"
            raise SettingsError(
                f"Port {port} on {host} {reason} another port in LMS_BRIDGE_BASE_URL and LMS_BRIDGE_CONTENT_URL, "
                "or with --port where a proxy stands in front."
            ) from error


def _metrics_folder(settings: Settings) -> None:
    folder = Path(settings.data_dir) / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.absolute())


def _seed(settings: Settings) -> str:
    from .seed import seed_if_empty

    return seed_if_empty(create_app(settings))
