"""Absolute addresses of our steps, and the tokens that open the ones a carrier fetches by itself.

A call's token is an HMAC of its id, so every process knows it and nothing is stored; it opens nothing but that call's
own steps, behind the carrier's signature.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import quote

from core.keys import Keyring

_PURPOSE = "call.token"
_LENGTH = 32  # hex digits, 128 bits (REQUIREMENTS E3)


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses below `public_url`, which is the origin the carrier knows."""

    public_url: str
    keyring: Keyring

    def step(self, name: str, nonce: str) -> str:
        """A step that is answered once."""
        return f"{self.public_url.rstrip('/')}/voice/{name}?n={quote(nonce, safe='')}"

    def carried(self, call: str, name: str) -> str:
        """A step of this call that the carrier fetches by itself."""
        return f"{self.public_url.rstrip('/')}/voice/{name}?t={self.token(call)}"

    def caller(self, call: str, step: str) -> str:
        """Where the desk sends a caller's call."""
        return self.carried(call, step)

    def agent(self, token: str, act: str = "offer") -> str:
        """A step of an agent's leg; `token` is the reservation's."""
        return self._path("agent", act, token)

    def agent_status(self, token: str) -> str:
        return self._path("status", "agent", token)

    def leg_status(self) -> str:
        """Where the end of a leg is told that joined a talk by itself."""
        return self._path("status", "leg")

    def pin_call(self, token: str, act: str) -> str:
        """A step of a call that speaks a PIN; `token` is the delivery's."""
        return self._path("pincall", act, token)

    def message_status(self, token: str) -> str:
        return self._path("status", "message", token)

    def callback(self, token: str) -> str:
        """First steps of a call to somebody who wanted one; `token` is the attempt's."""
        return self._path("callback", token)

    def callback_status(self, token: str) -> str:
        return self._path("status", "callback", token)

    def _path(self, *parts: str) -> str:
        return "/".join((self.public_url.rstrip("/"), "voice", *(quote(part, safe="") for part in parts)))

    def token(self, call: str) -> str:
        return self.keyring.pseudonym(_PURPOSE, call)[:_LENGTH]

    def opens(self, call: str, token: str) -> bool:
        """Whether the token is this call's, under any key that is held."""
        given = token.encode()
        candidates = self.keyring.candidates(_PURPOSE, call)
        return any(hmac.compare_digest(one[:_LENGTH].encode(), given) for one in candidates)
