"""The real parts under every other test: they start, they are what they say, and they let nobody out."""

import socket
import urllib.request

import boto3
import psycopg
import pytest
import sqlalchemy as sa

from tests.support import chromium, postgres
from tests.support.loopback import OutsideWorld, is_loopback


@pytest.mark.postgres
@pytest.mark.parametrize("way", [postgres.debian, postgres.embedded], ids=lambda way: way.__name__)
def test_a_postgresql_found_in_each_way_starts(way):
    folder = next(way(), None)
    if folder is None:
        pytest.skip("not on this machine")
    with postgres.Postgres(folder) as server:
        name = server.create()
        engine = sa.create_engine(server.url(name))
        with engine.connect() as connection:
            assert connection.scalar(sa.text("select current_database()")) == name
        engine.dispose()
    assert not server.folder.exists()


@pytest.mark.postgres
def test_a_wrong_pg_bindir_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    with pytest.raises(postgres.ServerNotFound, match="no initdb in that folder"):
        postgres.programs()


@pytest.mark.postgres
def test_the_service_is_no_superuser_and_owns_its_database(postgres):
    engine = sa.create_engine(postgres.url(postgres.create()))
    with engine.begin() as connection:
        rights = "select rolsuper, rolbypassrls from pg_roles where rolname = current_user"
        assert tuple(connection.execute(sa.text(rights)).one()) == (False, False)
        connection.execute(sa.text("create table module (id int)"))
    engine.dispose()


@pytest.mark.postgres
def test_a_database_is_copied_from_a_template_and_dropped_while_in_use(postgres):
    template = postgres.create()
    engine = sa.create_engine(postgres.url(template), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("create table module as select 'hands' as title"))
    copy = postgres.create(template=template)
    address = postgres.url(copy).replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        assert connection.execute("select title from module").fetchone() == ("hands",)
        postgres.drop(copy)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(address)


@pytest.mark.s3
def test_s3_keeps_bytes_and_refuses_a_wrong_secret(s3):
    client = boto3.client("s3", **s3.client_options)
    bucket = s3.bucket()
    client.put_object(Bucket=bucket, Key="a/b", Body=b"picture")
    assert client.get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"picture"
    assert s3.bucket() != bucket
    stranger = boto3.client("s3", **s3.client_options | {"aws_secret_access_key": "wrong"})
    with pytest.raises(stranger.exceptions.ClientError, match="SignatureDoesNotMatch"):
        stranger.get_object(Bucket=bucket, Key="a/b")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("lms.localhost", True),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("example.com", False),
        ("localhost.example.com", False),
    ],
)
def test_which_hosts_are_this_machine(host, loopback):
    assert is_loopback(host) is loopback


def test_no_test_reaches_the_outside_world():
    with pytest.raises(OutsideWorld, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(OutsideWorld, match=r"lms\.example"):
        urllib.request.urlopen("http://lms.example/", timeout=1)


@pytest.mark.browser
def test_chromium_unpacks_from_npm_without_node_on_the_machine(monkeypatch, playwright):
    monkeypatch.setenv("PATH", "/usr/bin/nothing")
    program = chromium.unpacked() / "chromium"
    assert program.stat().st_mode & 0o111
    assert (program.parent / "lib/libnss3.so").is_file()
    assert any((program.parent / "fonts").rglob("*.ttf"))


@pytest.mark.browser
def test_a_console_error_and_an_exception_are_problems(page, page_problems):
    page.set_content("<script>console.error('lost')</script><script>throw new Error('broken')</script>")
    page.wait_for_function("true")
    assert [problem.split(" (")[0] for problem in page_problems] == [
        "console error: lost",
        "uncaught: broken",
    ]
    page_problems.clear()


@pytest.mark.browser
def test_a_page_that_asks_another_machine_is_a_problem(page, page_problems):
    page.set_content("<img src='http://pictures.example/a.png' alt=''>")
    page.wait_for_load_state("networkidle")
    assert "request to another machine: http://pictures.example/a.png" in page_problems
    page_problems.clear()


@pytest.mark.browser
def test_axe_tells_what_is_wrong_and_where(page, axe):
    page.set_content(
        "<html lang='nb'><title>Hender</title><main><h1>Hender</h1><img src='data:,'></main></html>"
    )
    with pytest.raises(AssertionError, match=r"image-alt: .*\n.*<img"):
        axe(page)
    page.set_content("<html lang='nb'><title>Hender</title><main><h1>Hender</h1></main></html>")
    axe(page)
    small = "<button style='inline-size: 1rem; block-size: 1rem; padding: 0; border: 0'>{}</button>"
    page.set_content(
        f"<html lang='nb'><title>x</title><main><h1>x</h1>{small.format('a')}{small.format('b')}</main></html>"
    )
    with pytest.raises(AssertionError, match="target-size: "):
        axe(page)


@pytest.mark.browser
def test_each_page_is_another_persons_browser(new_page, tmp_path):
    (tmp_path / "page.html").write_text("<title>x</title>")
    first, second = new_page(), new_page(viewport={"width": 390, "height": 800})
    for page in (first, second):
        page.goto((tmp_path / "page.html").as_uri())
    first.evaluate("localStorage.who = 'Astrid'")
    assert second.evaluate("localStorage.who") is None
    assert second.viewport_size["width"] == 390
