"""Mail against a real SMTP server on loopback."""

from __future__ import annotations

import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from carrier.mail import SmtpMailer, SmtpServer
from carrier.results import DeliveryError, Kind
from core.errors import SettingError

SENDER = "Support <support@example.com>"
TO = "amy@contoso.example"
MESSAGE_ID = "<challenge-1@calls.example.com>"


@dataclass
class Sink:
    """Keeps what arrives, or refuses as told."""

    rcpt: str = "250 OK"
    data: str = "250 OK"
    arrived: list[bytes] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: Any) -> str:  # noqa: N802
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data.startswith("250"):
            self.arrived.append(envelope.original_content or b"")
        return self.data

    def login(self, _: SMTP, __: Session, ___: Envelope, ____: str, data: Any) -> AuthResult:
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"right", handled=False)

    def message(self) -> EmailMessage:
        (raw,) = self.arrived
        parsed = message_from_bytes(raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass(frozen=True)
class Certificate:
    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1, and a client that trusts it."""
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    return Certificate(_server_context(pem), ssl.create_default_context(cafile=str(pem)))


def _server_context(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@contextmanager
def serving(sink: Sink, *, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        sink,
        hostname="127.0.0.1",
        port=port,
        ssl_context=tls,
        server_hostname="mx.example.com",
        **options,
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def send(mailer: SmtpMailer, to: str = TO, subject: str = "Your PIN", body: str = "PIN 123456 – only here\n") -> None:
    mailer.send(to, subject, body, message_id=MESSAGE_ID)


def failure(act: Callable[[], None]) -> tuple[str, Kind, bool]:
    with pytest.raises(DeliveryError) as failed:
        act()
    return failed.value.code, failed.value.kind, failed.value.permanent


def test_a_message_arrives_with_its_own_id() -> None:
    sink = Sink()
    with serving(sink) as port:
        send(SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER))
    message = sink.message()
    assert (message["Message-ID"], message["Auto-Submitted"], message["To"]) == (MESSAGE_ID, "auto-generated", TO)
    assert message["From"] == SENDER
    assert message["Date"]
    assert message.get_content().strip() == "PIN 123456 – only here"


def test_starttls_with_a_checked_certificate_and_a_login(certificate: Certificate) -> None:
    sink = Sink()
    with serving(sink, tls_context=certificate.server, require_starttls=True, authenticator=sink.login) as port:
        send(SmtpMailer(f"smtp://amy:right@127.0.0.1:{port}?starttls", SENDER, context=certificate.client))
    assert (len(sink.arrived), sink.logins) == (1, ["amy"])


def test_tls_from_the_first_byte(certificate: Certificate) -> None:
    sink = Sink()
    with serving(sink, tls=certificate.server) as port:
        send(SmtpMailer(f"smtps://127.0.0.1:{port}", SENDER, context=certificate.client))
    assert len(sink.arrived) == 1


def test_a_certificate_nobody_vouches_for_ends_it_before_the_message(certificate: Certificate) -> None:
    sink = Sink()
    with serving(sink, tls_context=certificate.server) as port:
        found = failure(lambda: send(SmtpMailer(f"smtp://127.0.0.1:{port}?starttls", SENDER)))
    assert found == ("smtp-tls", Kind.CONFIGURATION, True)
    assert sink.arrived == []


def test_a_server_that_offers_no_encryption_gets_no_message() -> None:
    sink = Sink()
    with serving(sink) as port:
        found = failure(lambda: send(SmtpMailer(f"smtp://127.0.0.1:{port}?starttls", SENDER)))
    assert found == ("smtp-not-offered", Kind.CONFIGURATION, True)
    assert sink.arrived == []


def test_a_wrong_password_is_a_matter_of_configuration(certificate: Certificate) -> None:
    sink = Sink()
    with serving(sink, tls_context=certificate.server, authenticator=sink.login) as port:
        mailer = SmtpMailer(f"smtp://amy:wrong@127.0.0.1:{port}?starttls", SENDER, context=certificate.client)
        assert failure(lambda: send(mailer)) == ("smtp-535", Kind.CONFIGURATION, True)


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("rcpt", "450 later", ("smtp-450", Kind.BACK_OFF, False)),
        ("rcpt", "550 5.1.1 no such user", ("smtp-550", Kind.BAD_ADDRESS, True)),
        ("rcpt", "550 5.7.1 not from you", ("smtp-550", Kind.BLOCKED, True)),
        ("data", "451 4.3.0 later", ("smtp-451", Kind.BACK_OFF, False)),
        ("data", "554 5.6.0 no", ("smtp-554", Kind.OTHER, True)),
    ],
)
def test_a_refusal_is_temporary_or_permanent(stage: str, answer: str, expected: tuple[str, Kind, bool]) -> None:
    sink = Sink()
    setattr(sink, stage, answer)
    with serving(sink) as port:
        assert failure(lambda: send(SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER))) == expected


def test_nobody_at_the_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER, timeout=0.5)
    assert failure(lambda: send(mailer)) == ("smtp-no-connection", Kind.UNREACHABLE, False)


def test_a_silent_server_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{silent.getsockname()[1]}", SENDER, timeout=0.2)
        assert failure(lambda: send(mailer))[1] is Kind.UNREACHABLE


def test_silence_after_the_message_leaves_its_fate_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(self: smtplib.SMTP, message: bytes) -> None:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(smtplib.SMTP, "data", lost)
    with serving(Sink()) as port:
        found = failure(lambda: send(SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER)))
    assert found == ("smtp-lost", Kind.UNKNOWN_OUTCOME, False)


@pytest.mark.parametrize(
    "subject", ["Hi\r\nBcc: eve@example.com", "Hi\nX: y", "Hi\u2028Bcc: eve@example.com", "Hi\x00"]
)
def test_a_subject_cannot_add_a_header(subject: str) -> None:
    sink = Sink()
    with serving(sink) as port:
        send(SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER), subject=subject)
    message = sink.message()
    assert (message["Bcc"], message["X"], str(message["Subject"]).startswith("Hi ")) == (None, None, True)


@pytest.mark.parametrize("to", ["", "amy", "a@b\r\nBcc: e@example.com", "a@b, c@d", "<a@b>", "a b@c", "@c", "amy@"])
def test_what_is_no_address_is_refused_before_anything_is_sent(to: str) -> None:
    mailer = SmtpMailer("smtp://127.0.0.1:9", SENDER)
    assert failure(lambda: send(mailer, to=to)) == ("mail-address", Kind.BAD_ADDRESS, True)


@pytest.mark.parametrize("message_id", ["", "a@b", "<a@b>\r\nBcc: x", "<a b@c>"])
def test_a_message_id_that_is_none_is_a_mistake(message_id: str) -> None:
    with pytest.raises(ValueError, match="message id"):
        SmtpMailer("smtp://127.0.0.1:9", SENDER).send(TO, "s", "b", message_id=message_id)


@pytest.mark.parametrize(
    ("url", "port", "transport"),
    [
        ("smtp://mail.example.com", 587, "starttls"),
        ("smtp://mail.example.com:25?plain=1", 25, "plain"),
        ("smtp://127.0.0.1:1025", 1025, "plain"),
        ("smtp://127.0.0.1:1025?starttls", 1025, "starttls"),
        ("smtps://u:p%40ss@mail.example.com", 465, "tls"),
    ],
)
def test_only_a_named_or_local_server_is_spoken_to_in_the_clear(url: str, port: int, transport: str) -> None:
    found = SmtpServer.of(url)
    assert (found.port, found.transport) == (port, transport)
    assert found.password in {None, "p@ss"}


@pytest.mark.parametrize("url", ["", "http://h", "smtp://", "smtp://h:x", "smtp://u:secret@mail.example.com?plain=1"])
def test_a_url_that_cannot_be_used_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(SettingError) as refused:
        SmtpServer.of(url)
    assert "secret" not in str(refused.value)


def test_the_password_stays_out_of_what_is_printed() -> None:
    assert "secret" not in repr(SmtpServer.of("smtps://u:secret@mail.example.com"))
