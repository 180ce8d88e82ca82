"""Written forms of settings: each reads one text, returns it in its one canonical form or raises `ValueError`.

The error says what is expected and never repeats the text, which may be a secret in the wrong place.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MAILBOX = re.compile(r"[^\s<>\"@,]+@[^\s<>\"@,]+\.[^\s<>\"@,]+")
_SID = re.compile(r"[0-9a-f]{32}")
_HOST = re.compile(r"[A-Za-z0-9.:-]+")
_WORD = re.compile(r"[a-z0-9][a-z0-9-]*")
_REGION = re.compile(r"[A-Z]{2}")


def commas(text: str) -> tuple[str, ...]:
    """A list as people write it: `a, b`. Empty parts are dropped."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def words(text: str) -> tuple[str, ...]:
    return tuple(
        _match(_WORD, part.lower(), "needs names of small letters, separated by commas") for part in commas(text)
    )


def regions(text: str) -> tuple[str, ...]:
    return tuple(
        _match(_REGION, part.upper(), "needs two-letter codes (ISO 3166-1), by commas") for part in commas(text)
    )


def number(text: str) -> str:
    """A telephone number, E.164 with its plus sign."""
    return _match(_E164, text, "needs a telephone number like +14255550100")


def sender(text: str) -> str:
    """A number that sends texts, or the id of a messaging service."""
    return text if text[:2] == "MG" and _SID.fullmatch(text[2:]) else number(text)


def account_sid(text: str) -> str:
    return _sid("AC", text)


def key_sid(text: str) -> str:
    return _sid("SK", text)


def mailbox(text: str) -> str:
    """`support@example.com` or `Support <support@example.com>`."""
    _, bracket, rest = text.partition("<")
    _match(_MAILBOX, rest.removesuffix(">") if bracket else text, "needs a mail address like support@example.com")
    if not text.isprintable():
        raise ValueError("needs a mail address on one line")
    return text


def host_name(text: str) -> str:
    return _match(_HOST, text, "needs a host name or an address like 127.0.0.1")


def web_address(text: str) -> str:
    """An http or https address without query, user name or closing slash."""
    parts = _split(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("needs an address like https://calls.example.com")
    return text.rstrip("/")


def loopback_address(text: str) -> str:
    """A web address on this machine."""
    address = web_address(text)
    if not is_loopback(host(address)):
        raise ValueError("needs an address on this machine, like http://127.0.0.1:8001/clock")
    return address


def host(address: str) -> str:
    return urlsplit(address).hostname or ""


def is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def database(text: str) -> str:
    """SQLite on a file, or PostgreSQL in any of the spellings that hosts hand out."""
    scheme, separator, rest = text.partition("://")
    if (
        separator
        and scheme in {"postgres", "postgresql", "postgresql+psycopg"}
        and urlsplit(f"x://{rest}").path.strip("/")
    ):
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite" and rest.startswith("/") and rest.strip("/") and ":memory:" not in rest:
        return text
    raise ValueError("needs postgresql://user:password@host/name or sqlite:////full/path of a file")


def redis(text: str) -> str:
    return _scheme(text, {"redis", "rediss", "unix"}, "needs an address like redis://127.0.0.1:6379/0")


def smtp(text: str) -> str:
    """`smtp://` begins in the clear and must upgrade (STARTTLS), `smtps://` is TLS from its first byte."""
    return _scheme(text, {"smtp", "smtps"}, "needs an address like smtp://user:password@mail.example.com:587")


def without_password(address: str) -> str:
    """An address fit to be shown."""
    parts = _split(address)
    if not parts.netloc and not parts.query:
        return address  # a file; taking the address apart and joining it again would lose slashes
    user, at, host = parts.netloc.rpartition("@")
    shown = f"{user.partition(':')[0]}:***{at}{host}" if ":" in user else parts.netloc
    # A query may hold a password too, psycopg takes one there.
    return parts._replace(netloc=shown, query="***" if parts.query else "").geturl()


def _scheme(text: str, allowed: set[str], expected: str) -> str:
    parts = _split(text)
    if parts.scheme not in allowed or not (parts.hostname or parts.scheme == "unix"):
        raise ValueError(expected)
    return text


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("needs an address with a host and, if any, a port up to 65535") from None
    return parts


def _sid(prefix: str, text: str) -> str:
    if text[:2] == prefix and _SID.fullmatch(text[2:]):
        return text
    raise ValueError(f"needs {prefix} and 32 hexadecimal digits")


def _match(pattern: re.Pattern[str], text: str, expected: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(expected)
    return text
