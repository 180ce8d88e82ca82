"""One base for errors: a sentence for whoever can act on it, and a stable code for machines."""

from __future__ import annotations


class VouchlineError(Exception):
    """Base of all errors that the service raises on purpose; `str()` is safe to show, it holds no secret."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class SettingError(VouchlineError):
    """A setting is missing or unusable; the message names it."""

    code = "setting"


class NotFoundError(VouchlineError):
    """Something that was named does not exist."""

    code = "not-found"


class RefusedError(VouchlineError):
    """A rule forbids the act; the message names the rule."""

    code = "refused"


class Fault(VouchlineError):
    """A bad input with every fault listed, each with its place."""

    code = "bad-input"

    def __init__(self, title: str, faults: list[str]) -> None:
        super().__init__("\n".join([title, *(f"  {fault}" for fault in faults)]))
        self.faults = faults
