"""Lists that another system puts down, in a folder, on the web or by SFTP: taken once, when whole, as far as sound."""

import asyncio
import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from sqlalchemy import select
from werkzeug.wrappers import Request, Response

from lms_bridge.connectors import drops, interface, service
from lms_bridge.db import utcnow
from lms_bridge.errors import Invalid
from lms_bridge.register import imports, list_sources
from lms_bridge.register.jobs import secret_key
from lms_bridge.register.models import Evidence, Import
from tests.support.far import HTML, Far, serving

from .conftest import Source

HEAD = "Ansattnummer;Navn;Fullført dato\n"
LIST = HEAD + "1007;Gro Gran;2026-09-01\n1008;Henrik Holm;2026-09-02\n"
PASSWORD = "et passord for prøver"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database: what is tested here is how lists are found, not how they are written."""
    import shutil

    shutil.copy(sqlite_template, tmp_path / "bridge.sqlite")
    return f"sqlite:///{tmp_path}/bridge.sqlite"


@pytest.fixture
def connect(source: Source, tmp_path: Path) -> Callable[..., Source]:
    """Connects Fjordvik to a place of this kind; `said`: a person has said what its columns are."""
    app = source.app
    app.outgoing.allow_private = True
    object.__setattr__(app.settings, "list_folder", tmp_path / "lists")
    source.employ("Gro Gran", "1007")
    source.employ("Henrik Holm", "1008")

    def connect(kind: str, address: str, *, said: bool = True, **more: Any) -> Source:
        with app.app_context(), source.unit_of_work() as session:
            row = service.create(session, app.vault, kind, name="HR", address=address, **more)
            if said:
                columns = {"employment_id": "Ansattnummer", "name": "Navn", "completed_at": "Fullført dato"}
                options = {"source": "HR", "competence_id": str(source.competence)}
                row.settings = {
                    **row.settings,
                    list_sources.SETTING: {"columns": columns, "options": options},
                }
        source.id = row.id
        return source

    return connect


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "lists" / "fjordvik" / "lms"
    made.mkdir(parents=True)
    return made


def put(folder: Path, name: str, text: str, age: timedelta = timedelta(hours=1)) -> Path:
    path = folder / name
    path.write_text(text)
    then = utcnow().timestamp() - age.total_seconds()
    os.utime(path, (then, then))
    return path


def evidence(source: Source) -> list[str]:
    with source.unit_of_work(write=False) as session:
        query = select(Evidence).where(Evidence.source == "list:HR").order_by(Evidence.day)
        return [f"{row.day} {row.person_id is not None}" for row in session.scalars(query)]


def lists(source: Source) -> list[tuple[str, str]]:
    with source.unit_of_work(write=False) as session:
        return [(row.filename, row.state) for row in session.scalars(select(Import).order_by(Import.created))]


BOTH = ["2026-09-01 True", "2026-09-02 True"]


# --- in a folder ------------------------------------------------------------------------------------------------


def test_a_list_is_taken_once_under_whatever_name(connect, folder: Path):
    hr = connect("folder", "lms")
    put(folder, "september.csv", LIST)
    assert hr.sync().new == 2
    put(folder, "september (1).csv", LIST, timedelta(minutes=30))
    assert hr.sync().new == 0
    assert evidence(hr) == BOTH
    assert lists(hr) == [("september.csv", "confirmed")]


def test_a_list_that_grew_is_taken_again_and_the_rows_that_were_there_are_nothing(connect, folder: Path):
    hr = connect("folder", "lms")
    put(folder, "all.csv", LIST)
    hr.sync()
    put(folder, "all.csv", LIST + "1007;Gro Gran;2026-10-01\n", timedelta(minutes=30))
    assert hr.sync().new == 1
    assert len(evidence(hr)) == 3


def test_a_file_that_is_being_written_is_left_until_it_rests(connect, folder: Path, monkeypatch):
    hr = connect("folder", "lms")
    put(folder, "half.csv", LIST[:60], timedelta())
    run = hr.sync()
    assert (run.new, run.warnings[0]["message"]) == (0, drops.WAITS)
    assert hr.row.next_run < utcnow() + timedelta(minutes=3)  # looked at again soon
    put(folder, "half.csv", LIST, timedelta())
    assert hr.sync().new == 0  # its size is another than before
    later = utcnow() + timedelta(minutes=2)
    monkeypatch.setattr(drops, "utcnow", lambda: later)
    assert hr.sync().new == 2


def test_files_that_are_no_lists_are_left(connect, folder: Path, tmp_path: Path):
    hr = connect("folder", "lms", settings={"pattern": "*.csv"})
    outside = put(tmp_path, "secret.csv", LIST)
    (folder / "link.csv").symlink_to(outside)
    (folder / "folder.csv").mkdir()
    for name in (".hidden.csv", "list.csv.part", "list.txt", "~$list.csv"):
        put(folder, name, LIST)
    assert hr.sync().new == 0
    assert lists(hr) == []


def test_only_the_municipality_s_own_folder_is_read(connect, folder: Path, tmp_path: Path):
    for address in ("/etc", "../storsjo", "lms/../../storsjo"):
        with pytest.raises(Invalid):
            connect("folder", address)
    (tmp_path / "lists" / "storsjo").mkdir()
    put(tmp_path / "lists" / "storsjo", "theirs.csv", LIST)
    (folder / "theirs").symlink_to(tmp_path / "lists" / "storsjo")
    hr = connect("folder", "lms/theirs")
    assert "leads out" in hr.sync().problem["message"]
    assert "no such folder" in connect("folder", "absent").sync().problem["message"]


def test_without_the_setting_no_folder_is_read(connect, source: Source):
    object.__setattr__(source.app.settings, "list_folder", None)
    with pytest.raises(Invalid) as refused:
        connect("folder", "lms")
    assert "LMS_BRIDGE_LIST_FOLDER" in refused.value.fields["address"]


def test_a_list_with_errors_is_taken_as_far_as_it_is_sound(connect, folder: Path):
    hr = connect("folder", "lms")
    put(folder, "mixed.csv", LIST + "1009;Emma;31. tulember\n;Nobody;2026-09-03\n")
    run = hr.sync()
    assert run.new == 2
    assert run.warnings[0]["details"] == {"name": "mixed.csv", "count": 2}
    with hr.unit_of_work(write=False) as session:
        (row,) = session.scalars(select(Import))
        assert [one["row"] for one in row.summary["told"]] == [4, 5]


BROKEN = {
    "a web page": "<!doctype html><p>Please sign in</p>",
    "cut short in a quotation": HEAD + '1007;"Gro Gran;2026-09-01\n',
    "binary": "\0\0\1\2" * 40,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_list_is_shown_and_the_next_is_taken(connect, folder: Path, text: str):
    hr = connect("folder", "lms")
    put(folder, "a.csv", text)
    put(folder, "b.csv", LIST, timedelta(minutes=30))
    run = hr.sync()
    assert run.new == 2
    assert run.warnings[0]["message"] == list_sources.BROKEN
    assert [state for _name, state in lists(hr)] in (["unreadable", "confirmed"], ["failed", "confirmed"])


def test_a_list_with_headings_only_is_no_trouble(connect, folder: Path):
    hr = connect("folder", "lms")
    put(folder, "empty.csv", HEAD)
    run = hr.sync()
    assert (run.state, run.warnings, lists(hr)) == ("done", [], [])


def test_the_first_list_waits_for_a_person_and_what_they_say_is_remembered(connect, folder: Path):
    hr = connect("folder", "lms", said=False)
    put(folder, "one.csv", LIST)
    put(folder, "two.csv", LIST.replace("2026-09", "2026-08"), timedelta(minutes=30))
    run = hr.sync()
    assert (run.new, [note["message"] for note in run.warnings]) == (0, [list_sources.WAITS] * 2)
    with hr.app.app_context(), hr.unit_of_work() as session:
        row = session.scalars(select(Import).order_by(Import.created)).first()
        gives = {"source": "HR", "competence_id": str(hr.competence)}
        imports.match(session, row.id, row.columns, gives)
        list_sources.remember(session, row)
        imports.confirm(session, row, secret_key(session))
    with hr.app.app_context(), hr.unit_of_work() as session:
        assert list_sources.take_waiting(session, hr.id, secret_key(session)) == 2
    put(folder, "three.csv", "Fullført dato;Ansattnummer;Navn\n2026-07-01;1007;Gro Gran\n")
    assert hr.sync().new == 1  # by the words of its headings, in whichever order
    assert len(evidence(hr)) == 5


def test_a_list_with_other_headings_waits_again(connect, folder: Path):
    hr = connect("folder", "lms")
    put(folder, "new.csv", LIST.replace("Ansattnummer", "Ressurs"))
    assert hr.sync().warnings[0]["message"] == list_sources.CHANGED
    assert lists(hr) == [("new.csv", "uploaded")]


# --- at a web address -------------------------------------------------------------------------------------------


class Shelf:
    """A web server's list, with the marks by which a change is seen."""

    body: bytes = LIST.encode()

    @Request.application
    def __call__(self, request: Request) -> Response:
        answer = Response(self.body, content_type="text/csv")
        answer.add_etag()
        answer.headers["X-Seen"] = request.headers.get("Authorization", "")
        return answer.make_conditional(request)


@pytest.fixture
def shelf() -> Iterator[tuple[Shelf, Far]]:
    shelf = Shelf()
    with serving(shelf) as far:
        yield shelf, far


def test_a_list_on_the_web_is_fetched_again_only_when_it_has_changed(connect, shelf):
    list_, far = shelf
    hr = connect("web-list", f"{far.url}/all.csv", settings={"user": "hr"}, secrets={"password": PASSWORD})
    assert hr.sync().new == 2
    assert hr.sync().new == 0
    assert far.seen[1].headers["If-None-Match"]
    assert far.seen[1].authorization.password == PASSWORD
    list_.body += b"1007;Gro Gran;2026-10-01\n"
    assert hr.sync().new == 1
    assert len(evidence(hr)) == 3


SHELF_FAULTS = {
    "a sign-in page": (HTML, "a web page, not a list"),
    "the wrong password": (401, "not accepted"),
    "an error": (500, "answered %(status)s"),
    "an empty answer": (Response(""), "is empty"),
    "a redirect": (Response("", 302, {"Location": "http://169.254.169.254/"}), "answered %(status)s"),
}


@pytest.mark.parametrize("fault", SHELF_FAULTS)
def test_what_is_no_list_on_the_web_is_told_and_tried_again(connect, shelf, fault: str):
    _list, far = shelf
    answer, sentence = SHELF_FAULTS[fault]
    hr = connect("web-list", f"{far.url}/all.csv")
    far.faults = [answer]
    assert sentence in hr.sync().problem["message"]
    assert hr.sync().new == 2


def test_a_list_inside_the_network_is_refused(connect, source: Source):
    hr = connect("web-list", "https://127.0.0.1:9/list.csv")
    source.app.outgoing.allow_private = False
    assert "refused" in hr.sync().problem["message"]


def test_the_certificate_must_be_the_host_s_own(connect, tmp_path: Path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    names = ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=other.example", "-days", "2"]
    subprocess.run([*command, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(Shelf(), ssl_context=context) as far:
        hr = connect("web-list", f"{far.url}/all.csv")
        assert "No answer could be had" in hr.sync().problem["message"]


# --- by SFTP ----------------------------------------------------------------------------------------------------


class _Host(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        _Host.tried.append(password)
        return (username, password) == ("hr", PASSWORD)

    tried: list[str] = []  # noqa: RUF012 - read by the test


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Any]:
    """An SFTP server that shows a folder of its own; `restart` gives it another key."""
    root = tmp_path / "remote"
    (root / "completions").mkdir(parents=True)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    class Server:
        folder = root / "completions"
        port = 0
        listening: Any = None

        def start(self) -> None:
            key = asyncssh.generate_private_key("ssh-ed25519")

            async def listen() -> Any:
                return await asyncssh.listen(
                    "127.0.0.1",
                    self.port,
                    server_host_keys=[key],
                    server_factory=_Host,
                    sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root)),
                )

            self.listening = run(listen())
            self.port = self.listening.get_port()

        def restart(self) -> None:
            self.stop()
            self.start()

        def stop(self) -> None:
            async def close() -> None:
                self.listening.close()
                await self.listening.wait_closed()

            run(close())

        @property
        def address(self) -> str:
            return f"sftp://127.0.0.1:{self.port}/completions"

    _Host.tried.clear()
    server = Server()
    server.start()
    yield server
    server.stop()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def later(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    then = utcnow() + timedelta(minutes=minutes)
    monkeypatch.setattr(drops, "utcnow", lambda: then)


def test_lists_by_sftp_are_taken_when_they_rest(connect, sftp, monkeypatch):
    hr = connect("sftp", sftp.address, settings={"user": "hr"}, secrets={"password": PASSWORD})
    put(sftp.folder, "one.csv", LIST)
    assert hr.sync().new == 0  # that server's clock may be another: it has to be seen twice
    later(monkeypatch, 2)
    run = hr.sync()
    assert (run.new, run.problem) == (2, None)
    assert evidence(hr) == BOTH


def test_the_server_s_key_is_pinned_at_first_contact_and_another_is_told_nothing(connect, sftp, monkeypatch):
    hr = connect("sftp", sftp.address, settings={"user": "hr"}, secrets={"password": PASSWORD})
    hr.sync()
    assert hr.row.settings["host_key"].startswith("ssh-ed25519 ")
    _Host.tried.clear()
    sftp.restart()
    assert "another key" in hr.sync().problem["message"]
    assert _Host.tried == []


@pytest.mark.parametrize("what", ["password", "folder", "down", "inside"])
def test_what_goes_wrong_by_sftp_is_told(connect, sftp, what: str, source: Source):
    address = sftp.address + ("/absent" if what == "folder" else "")
    secrets = {"password": "wrong" if what == "password" else PASSWORD}
    hr = connect("sftp", address, settings={"user": "hr"}, secrets=secrets)
    if what == "down":
        sftp.stop()
    source.app.outgoing.allow_private = what != "inside"
    sentences = {
        "password": "not accepted",
        "folder": "no such folder",
        "down": "does not answer as it should",
        "inside": "refused",
    }
    problem = hr.sync().problem
    assert sentences[what] in problem["message"]
    assert "wrong" not in str(problem)
    if what == "down":
        sftp.start()


def test_its_health_shows_the_key(connect, sftp):
    hr = connect("sftp", sftp.address, settings={"user": "hr"}, secrets={"password": PASSWORD})
    put(sftp.folder, "one.csv", LIST)
    with hr.app.app_context():
        checks = interface.find("sftp").check(hr.row)
    assert [one.ok for one in checks] == [True, True, True]
    assert checks[0].details["key"].startswith("SHA256:")
    assert checks[2].details == {"count": 1}


@pytest.mark.parametrize(
    "address", ["files.example", "http://files.example", "sftp://u:p@files.example", "sftp://:x"]
)
def test_an_address_that_is_none_is_refused(connect, address: str):
    with pytest.raises(Invalid) as refused:
        connect("sftp", address, settings={"user": "hr"}, secrets={"password": PASSWORD})
    assert "address" in refused.value.fields
