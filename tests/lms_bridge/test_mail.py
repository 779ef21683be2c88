"""Mail leaves by the server of the settings: over TLS, and what does not leave is known to have stayed."""

import datetime
import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lms_bridge import mail
from lms_bridge.config import Settings, SettingsError
from tests.support.mail_server import PASSWORD, MailServer, mail_server
from tests.support.s3 import free_port

FROM = "no-reply@bridge.example"


def message(to: str = "emma@fjordvik.example") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = FROM, to, "Håndhygiene"
    made.set_content("Går ut snart. ✓\n")
    return made


def settings(url: str) -> Settings:
    return Settings(mail_url=url, mail_from=FROM)


def send(where: Settings, *messages: EmailMessage) -> None:
    with mail.Sender(where) as sender:
        for one in messages:
            sender.send(one)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """Of localhost, by nobody whom the machine trusts; and the server's side of it."""
    key, folder = ec.generate_private_key(ec.SECP256R1()), tmp_path_factory.mktemp("tls")
    name, now = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
        datetime.datetime.now(datetime.UTC),
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


@pytest.fixture
def plain() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def test_a_message_arrives_as_it_was_written(plain: MailServer):
    send(settings(f"smtp+plain://127.0.0.1:{plain.port}"), message())
    assert plain.receivers == ["emma@fjordvik.example"]
    assert plain.messages[0]["Subject"] == "Håndhygiene"
    assert plain.texts() == ["Går ut snart. ✓\n"]


def test_over_tls_and_with_a_password(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
):
    trusted, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with mail_server(context, asks=True) as server:
        send(settings(f"smtp://us%40er:{PASSWORD.replace('@', '%40')}@localhost:{server.port}"), message())
        assert len(server.messages) == 1
        with pytest.raises(mail.Delayed, match="let us in: 535"):
            send(settings(f"smtp://user:wrong@localhost:{server.port}"), message())
        assert len(server.messages) == 1


def test_a_server_that_asks_who_comes_and_is_not_told_gets_it_later():
    with mail_server(asks=True) as server, pytest.raises(mail.Delayed, match="530"):
        send(settings(f"smtp+plain://127.0.0.1:{server.port}"), message())


def test_a_server_that_nobody_vouches_for_gets_nothing(certificate: tuple[Path, ssl.SSLContext]):
    with mail_server(certificate[1]) as server:
        with pytest.raises(mail.Delayed, match="does not answer"):
            send(settings(f"smtp://localhost:{server.port}"), message())
        assert server.messages == []


def test_a_server_without_tls_gets_nothing(plain: MailServer):
    with pytest.raises(mail.Delayed):
        send(settings(f"smtp://127.0.0.1:{plain.port}"), message())
    assert plain.messages == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no such mailbox", mail.Refused), ("451 try again later", mail.Delayed)],
    ids=["550", "451"],
)
def test_what_the_server_does_not_take(plain: MailServer, answer: str, error: type[Exception]):
    plain.answers.append(answer)
    with pytest.raises(error, match=answer[:3]) as raised:
        send(settings(f"smtp+plain://127.0.0.1:{plain.port}"), message())
    assert "emma" not in str(raised.value)
    assert plain.messages == []


def test_where_nobody_listens():
    with pytest.raises(mail.Delayed, match="does not answer"):
        send(settings(f"smtp+plain://127.0.0.1:{free_port()}"), message())


def test_where_somebody_listens_and_says_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mail, "PATIENCE", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(mail.Delayed, match="does not answer"),
    ):
        send(settings(f"smtp+plain://127.0.0.1:{silent.getsockname()[1]}"), message())


# --- many on one connection -------------------------------------------------------------------------------------------


def test_many_leave_on_one_connection(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
):
    trusted, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with mail_server(context) as server:
        send(
            settings(f"smtp://localhost:{server.port}"),
            *(message(f"p{n}@fjordvik.example") for n in range(20)),
        )
        assert server.receivers == [f"p{n}@fjordvik.example" for n in range(20)]
        assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no such mailbox", mail.Refused), ("450 busy mailbox", mail.Delayed)],
    ids=["550", "450"],
)
def test_what_one_receiver_does_not_get_holds_no_other(
    plain: MailServer, answer: str, error: type[Exception]
):
    plain.refuses["emma@fjordvik.example"] = answer
    with mail.Sender(settings(f"smtp+plain://127.0.0.1:{plain.port}")) as sender:
        with pytest.raises(error) as raised:
            sender.send(message())
        assert not isinstance(raised.value, mail.Away)
        sender.send(message("gro@fjordvik.example"))
    assert plain.receivers == ["gro@fjordvik.example"]
    assert plain.connections == 1


def test_a_server_that_takes_so_many_on_a_connection_gets_another_connection(plain: MailServer):
    plain.most = 3
    messages = [message(f"p{n}@fjordvik.example") for n in range(7)]
    send(settings(f"smtp+plain://127.0.0.1:{plain.port}"), *messages)
    assert plain.receivers == [f"p{n}@fjordvik.example" for n in range(7)]
    assert plain.connections == 3


def test_a_server_that_takes_none_is_not_asked_again_and_again(plain: MailServer):
    plain.most = 0
    with mail.Sender(settings(f"smtp+plain://127.0.0.1:{plain.port}")) as sender:
        for error in (mail.Delayed, mail.Away):
            with pytest.raises(mail.Delayed, match="421") as raised:
                sender.send(message())
            assert type(raised.value) is error
    assert plain.connections == 2


def test_a_connection_that_broke_off_in_between_is_made_anew(plain: MailServer):
    with mail.Sender(settings(f"smtp+plain://127.0.0.1:{plain.port}")) as sender:
        sender.send(message())
        assert sender._server is not None
        sender._server.sock.shutdown(socket.SHUT_RDWR)
        sender.send(message("gro@fjordvik.example"))
    assert len(plain.messages) == plain.connections == 2


def test_a_message_without_an_answer_is_not_repeated_at_once_and_the_next_one_goes(plain: MailServer):
    """It may have arrived. If the next one breaks off, too, it is the server."""
    plain.answers += ["", "250 thank you", "", ""]
    with mail.Sender(settings(f"smtp+plain://127.0.0.1:{plain.port}")) as sender:
        kinds: list[type[Exception] | None] = []
        for _ in range(4):
            try:
                sender.send(message())
                kinds.append(None)
            except mail.Delayed as error:
                kinds.append(type(error))
    assert kinds == [mail.Delayed, None, mail.Delayed, mail.Away]
    assert plain.answers == []


def test_a_server_that_lets_nobody_in_is_away():
    with mail_server(asks=True) as server, pytest.raises(mail.Away):
        send(settings(f"smtp+plain://127.0.0.1:{server.port}"), message())
    with pytest.raises(mail.Away):
        send(settings(f"smtp+plain://127.0.0.1:{free_port()}"), message())


# --- the settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"MAIL_URL": "smtp://mail.example"}, "MAIL_FROM is missing"),
        ({"MAIL_URL": "mail.example"}, "MAIL_URL must be smtp://"),
        ({"MAIL_URL": "smtp://"}, "MAIL_URL must be smtp://"),
        ({"MAIL_URL": "smtp://mail.example:smtp"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp+plain://user:secret@mail.example"}, "in the open"),
        ({"MAIL_FROM": "Fjordvik <no-reply@fjordvik.example>"}, "MAIL_FROM must be an address"),
        ({"MAIL_FROM": "no-reply"}, "MAIL_FROM must be an address"),
    ],
)
def test_settings_that_cannot_be_meant_stop_the_start(environ: dict[str, str], sentence: str):
    with pytest.raises(SettingsError, match=sentence) as raised:
        Settings.from_environ({f"LMS_BRIDGE_{name}": value for name, value in environ.items()})
    assert "secret" not in str(raised.value)
