"""A test that reaches out of this machine is a test that fails without a network: it is refused here."""

from __future__ import annotations

import ipaddress
from typing import Any


class OutsideError(Exception):
    """Not an OSError on purpose: code that retries network errors must not swallow it."""


def only_this_machine(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook (PEP 578) that refuses connections and name look-ups beyond loopback."""
    if event in {"socket.connect", "socket.sendto"}:
        address = args[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise OutsideError(f"a test reaches out to {address[0]}")
    elif event == "socket.getaddrinfo" and not _is_local(args[0]):
        raise OutsideError(f"a test looks up {args[0]}")


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or host in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
