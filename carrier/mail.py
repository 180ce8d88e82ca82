"""E-mail by SMTP (RFC 5321), encrypted unless the server is this machine or plain transport was asked for by name.

URL: `smtps://user:password@host:465` (RFC 8314), `smtp://user:password@host:587?starttls` (TLS is demanded, never only
offered) or `smtp://host:25?plain=1`. The message id is the caller's, so that a repeated send is seen as one message.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from typing import Protocol, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from carrier.results import DeliveryError, Kind, unknown, unreachable
from core.errors import SettingError

T = TypeVar("T")

_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+>", re.ASCII)
_ADDRESS_CODES = frozenset({550, 551, 553})
_LOGIN_CODES = frozenset({530, 534, 535, 538})


class Mailer(Protocol):
    """Sends one plain message to one address. Raises `DeliveryError`."""

    def send(self, to: str, subject: str, body: str, *, message_id: str) -> None:
        """`message_id` is a whole Message-ID, `<…@…>`, the same for every try."""
        ...


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how to hand mail over. `transport` is "tls", "starttls" or "plain"."""

    host: str
    port: int
    transport: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str) -> SmtpServer:
        """Parse an SMTP URL. Raises `SettingError` without repeating it, as it holds a password."""
        try:
            parts = urlsplit(url)
            host, port, query = parts.hostname, parts.port, parse_qs(parts.query, keep_blank_values=True)
        except ValueError:
            raise SettingError("SMTP_URL cannot be parsed") from None
        if parts.scheme not in _PORTS or not host:
            raise SettingError("SMTP_URL must be smtp://host or smtps://host")
        transport = "tls" if parts.scheme == "smtps" else _smtp_transport(host, query)
        user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
        if user and transport == "plain" and host not in _LOOPBACK:
            raise SettingError("SMTP_URL would send a password in the clear: use ?starttls or smtps://")
        return cls(host, port or _PORTS[parts.scheme], transport, user or None, password)


def _smtp_transport(host: str, query: dict[str, list[str]]) -> str:
    if query.get("plain") == ["1"]:
        return "plain"
    return "plain" if host in _LOOPBACK and "starttls" not in query else "starttls"


class SmtpMailer:
    """`Mailer` over one SMTP server, one connection a message, TLS 1.2 or newer with a checked certificate."""

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        timeout: float = 10.0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._server = SmtpServer.of(url)
        self._sender = sender
        self._timeout = timeout
        self._context = context or ssl.create_default_context()
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    def send(self, to: str, subject: str, body: str, *, message_id: str) -> None:
        # A header for people and spam filters, never compared with the service's clock.
        message = compose(self._sender, to, subject, body, message_id=message_id, date=formatdate(usegmt=True))
        client = _before(self._connect)
        try:
            _before(lambda: self._greet(client))
            _hand_over(client, message)
        finally:
            client.close()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        # Named, because smtplib would ask the resolver for this machine's name, without a time-out.
        ourselves = parseaddr(self._sender)[1].rpartition("@")[2]
        if server.transport == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, ourselves, timeout=self._timeout, context=self._context)
        return smtplib.SMTP(server.host, server.port, ourselves, timeout=self._timeout)

    def _greet(self, client: smtplib.SMTP) -> None:
        if self._server.transport == "starttls":
            # Raises when the server does not offer it: a stripped offer must not become a plain message.
            client.starttls(context=self._context)
        if self._server.user is not None:
            client.login(self._server.user, self._server.password or "")


def compose(sender: str, to: str, subject: str, body: str, *, message_id: str, date: str) -> EmailMessage:
    """The message; its headers cannot be broken out of. Raises `DeliveryError` for an address that is none."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("a message id is <something@host>")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = _recipient(to)
    message["Date"] = date
    message["Subject"] = _CONTROLS.sub(" ", subject)
    message["Message-ID"] = message_id
    # RFC 3834: no vacation notes in return, please.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body, cte="quoted-printable")
    return message


def _recipient(to: str) -> Address:
    try:
        address = Address(addr_spec=to)
    except (ValueError, IndexError, MessageError):
        raise DeliveryError("mail-address", permanent=True, kind=Kind.BAD_ADDRESS) from None
    if _CONTROLS.search(to) or not address.username or not address.domain:
        raise DeliveryError("mail-address", permanent=True, kind=Kind.BAD_ADDRESS)
    return address


def _before(step: Callable[[], T]) -> T:
    """Everything up to the message: whatever fails here, nothing was handed over."""
    try:
        return step()
    except smtplib.SMTPNotSupportedError:
        raise DeliveryError("smtp-not-offered", permanent=True, kind=Kind.CONFIGURATION) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code) from None
    except ssl.SSLError:
        raise DeliveryError("smtp-tls", permanent=True, kind=Kind.CONFIGURATION) from None
    except (smtplib.SMTPException, OSError):
        raise unreachable("smtp-no-connection") from None


def _hand_over(client: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        client.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(*next(iter(error.recipients.values()))) from None
    except smtplib.SMTPSenderRefused as error:
        temporary = 400 <= error.smtp_code < 500
        raise DeliveryError(f"smtp-{error.smtp_code}", permanent=not temporary, kind=Kind.CONFIGURATION) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryError("smtp-utf8", permanent=True, kind=Kind.BAD_ADDRESS) from None
    except (smtplib.SMTPException, OSError):
        raise unknown("smtp-lost") from None
    with contextlib.suppress(smtplib.SMTPException, OSError):
        client.quit()


def _refused(code: int, text: bytes | str = b"") -> DeliveryError:
    """4xx may pass, 5xx will not (RFC 5321, section 4.2.1); 5.7 is policy (RFC 3463)."""
    said = text if isinstance(text, bytes) else text.encode()
    if 400 <= code < 500:
        return DeliveryError(f"smtp-{code}", permanent=False, kind=Kind.BACK_OFF)
    if code in _LOGIN_CODES:
        kind = Kind.CONFIGURATION
    elif said.startswith(b"5.7."):
        kind = Kind.BLOCKED
    else:
        kind = Kind.BAD_ADDRESS if code in _ADDRESS_CODES else Kind.OTHER
    return DeliveryError(f"smtp-{code}", permanent=True, kind=kind)
