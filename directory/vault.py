"""How personal columns are hashed and sealed; the one place that knows the purposes and row names.

The operator is part of every hashed value, so that equal numbers at two operators cannot be joined.
"""

from __future__ import annotations

from core.keys import Keyring
from directory.numbers import prefix
from directory.vocabulary import AddressKind

_ACCOUNT = "directory account"
_ADDRESS = "directory address"
_PREFIX = "directory prefix"
_NAME = "directory name"


def account_hash(keyring: Keyring, operator: str, number: str) -> str:
    return keyring.pseudonym(_ACCOUNT, f"{operator}:{number}")


def account_candidates(keyring: Keyring, operator: str, number: str) -> tuple[str, ...]:
    """Hashes of an account number under every held key."""
    return keyring.candidates(_ACCOUNT, f"{operator}:{number}")


def seal_account(keyring: Keyring, organisation: str, number: str) -> bytes:
    return keyring.seal(_ACCOUNT, number, f"organisations/account/{organisation}")


def open_account(keyring: Keyring, organisation: str, sealed: bytes) -> str:
    return keyring.open(_ACCOUNT, sealed, f"organisations/account/{organisation}")


def address_hash(keyring: Keyring, operator: str, kind: AddressKind, value: str) -> str:
    return keyring.pseudonym(_ADDRESS, _named(operator, kind, value))


def address_candidates(keyring: Keyring, operator: str, kind: AddressKind, value: str) -> tuple[str, ...]:
    """Hashes of an address under every held key."""
    return keyring.candidates(_ADDRESS, _named(operator, kind, value))


def prefix_hash(keyring: Keyring, operator: str, kind: AddressKind, value: str) -> str:
    """Hash of a number's block or of an e-mail's domain."""
    part = prefix(value) if kind is AddressKind.PHONE else value.rpartition("@")[2].lower()
    return keyring.pseudonym(_PREFIX, f"{operator}:{kind}:{part}")


def seal_address(keyring: Keyring, address: str, value: str) -> bytes:
    return keyring.seal(_ADDRESS, value, f"addresses/value/{address}")


def open_address(keyring: Keyring, address: str, sealed: bytes) -> str:
    return keyring.open(_ADDRESS, sealed, f"addresses/value/{address}")


def seal_name(keyring: Keyring, contact: str, name: str) -> bytes:
    return keyring.seal(_NAME, name, f"contacts/name/{contact}")


def open_name(keyring: Keyring, contact: str, sealed: bytes) -> str:
    return keyring.open(_NAME, sealed, f"contacts/name/{contact}")


def _named(operator: str, kind: AddressKind, value: str) -> str:
    # A mailbox name is case-sensitive by RFC 5321, and nowhere in practice.
    return f"{operator}:{kind}:{value.lower() if kind is AddressKind.EMAIL else value}"
