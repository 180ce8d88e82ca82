"""Twilio's request signature: base64(HMAC-SHA1(auth token, URL + sorted names and distinct values of the form)).

The URL is what Twilio was told, byte for byte: the configured public URL and the raw request target, never a Host or
X-Forwarded header and never a decoded path. Twilio signs it with or without its port, so both are right. The string
has no separators, so a valid signature says nothing about where a name ends: `carrier.webhook` checks the form
strictly. The algorithm is fixed here, whatever `X-Twilio-Webhooks-Signature-Settings` asks for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from itertools import chain
from urllib.parse import urlsplit

HEADER = "X-Twilio-Signature"
_LENGTH = len(base64.b64encode(hashlib.sha1(b"", usedforsecurity=False).digest()))
_PORTS = {"https": 443, "http": 80}

Pairs = Sequence[tuple[str, str]]


class Verifier:
    """Checks requests to one public URL. The tokens are auth tokens, several while one is being replaced."""

    def __init__(self, tokens: Sequence[str], public_url: str) -> None:
        if not tokens or not all(tokens):
            raise ValueError("a verifier needs at least one token")
        self._started = tuple(
            hmac.new(token.encode(), origin.encode(), hashlib.sha1)
            for token in tokens
            for origin in _origins(public_url)
        )

    def check(self, raw_target: str, pairs: Pairs, header: str | None) -> bool:
        """Whether one of the tokens signed this request; `raw_target` is the path and query as they arrived."""
        if header is None or len(header) != _LENGTH or not header.isascii() or not raw_target.startswith("/"):
            return False
        try:
            rest = signed_rest(raw_target, pairs)
        except UnicodeEncodeError:
            return False
        given = header.encode()
        # Every candidate is computed and compared, so that the time tells neither which token nor which form was right.
        found = [hmac.compare_digest(_finished(start, rest), given) for start in self._started]
        return any(found)


def sign(token: str, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """The signature of a whole URL and form, as the carrier would make it."""
    return _finished(hmac.new(token.encode(), digestmod=hashlib.sha1), signed_rest(url, pairs)).decode()


def signed_rest(target: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    """What is signed after the origin. Distinct pairs in order are names in order, each with its values in order."""
    return (target + "".join(chain.from_iterable(sorted(set(pairs))))).encode()


def _finished(start: hmac.HMAC, rest: bytes) -> bytes:
    mac = start.copy()
    mac.update(rest)
    return base64.b64encode(mac.digest())


def _origins(public_url: str) -> tuple[str, str]:
    parts = urlsplit(public_url.rstrip("/"))
    if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("a public URL is http(s)://host[:port][/path]")
    if parts.port is None:
        bare, port = parts.netloc, _PORTS[parts.scheme]
    else:
        bare, port = parts.netloc.rpartition(":")[0], parts.port
    return f"{parts.scheme}://{bare}{parts.path}", f"{parts.scheme}://{bare}:{port}{parts.path}"
