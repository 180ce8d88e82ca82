"""Which phone an address rings: a number as it is, client:NAME, or sip:user@host without parameters."""

import re

E164 = re.compile(r"\+[1-9][0-9]{1,14}")


def phone_of(address: str) -> str:
    address = address.strip()
    if address.lower().startswith("sip:"):
        return re.split(r"[;?]", address, maxsplit=1)[0].lower()
    return address


def callable_address(address: str) -> bool:
    return bool(E164.fullmatch(address)) or (address.startswith(("client:", "sip:")) and len(address) > 7)
