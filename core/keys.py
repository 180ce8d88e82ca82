"""Keys derived from the master secrets: look-up hashes, sealed columns and PIN keys.

The current master is the first of `VOUCHLINE_SECRET_KEY`, an older one may follow during a rotation. Every sealed or
hashed row carries the id of the key it was made with. Derivation is HKDF-SHA-256 (RFC 5869), sealing AES-256-GCM with
the row it belongs to as associated data (NIST SP 800-38D), so that a ciphertext moved to another row does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import VouchlineError

_NONCE = 12
_SHORTEST = 4 + _NONCE + 16  # key id, nonce, and the tag over an empty text


class SealError(VouchlineError):
    """A sealed value cannot be opened: unknown key, other row, or altered bytes."""

    code = "key"


class Keyring:
    """The master secrets, current first; everything else is derived by purpose."""

    def __init__(self, masters: Sequence[bytes]) -> None:
        if not masters:
            raise ValueError("a keyring needs a master secret")
        self._masters = {_key_id(master): bytes(master) for master in masters}
        self.current = next(iter(self._masters))

    @property
    def ids(self) -> tuple[str, ...]:
        """Key ids, current first."""
        return tuple(self._masters)

    def derive(self, purpose: str, key_id: str | None = None) -> bytes:
        """A 32-byte key for one purpose. Raises `SealError` for a key id that is no longer held."""
        try:
            return _derive(self._masters[key_id or self.current], purpose)
        except KeyError:
            raise SealError(f"key {key_id} is not held any more") from None

    def pseudonym(self, purpose: str, value: str, key_id: str | None = None) -> str:
        """Keyed hash (HMAC-SHA-256, hex): equal values look alike, nobody without the key can try them all."""
        return hmac.new(self.derive(purpose, key_id), value.encode(), hashlib.sha256).hexdigest()

    def candidates(self, purpose: str, value: str) -> tuple[str, ...]:
        """The pseudonyms under every held key, current first: a look-up must try them all during a rotation."""
        return tuple(self.pseudonym(purpose, value, key_id) for key_id in self._masters)

    def seal(self, purpose: str, text: str, row: str) -> bytes:
        """Encrypt `text` for one row (`row` names table, column and id)."""
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self.derive(purpose)).encrypt(nonce, text.encode(), row.encode())
        return bytes.fromhex(self.current) + nonce + sealed

    def open(self, purpose: str, sealed: bytes, row: str) -> str:
        """Decrypt what `seal` made for the same row. Raises `SealError`."""
        if len(sealed) < _SHORTEST:
            raise SealError("a sealed value is cut off")
        key_id, nonce, body = sealed[:4].hex(), sealed[4 : 4 + _NONCE], sealed[4 + _NONCE :]
        try:
            return AESGCM(self.derive(purpose, key_id)).decrypt(nonce, body, row.encode()).decode()
        except InvalidTag:
            raise SealError("a sealed value does not belong to its row or was altered") from None


def _key_id(master: bytes) -> str:
    return hashlib.sha256(b"vouchline key id\x00" + master).hexdigest()[:8]


@lru_cache(maxsize=256)
def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"vouchline/{purpose}".encode()).derive(master)
