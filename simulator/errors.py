"""How a call's document stops before its last verb, and what the REST face refuses."""


class Interrupted(Exception):
    """Base of everything that takes a call out of what it is doing."""


class Ended(Interrupted):
    """The call is over: its phone hung up, or REST ended it."""


class Redirected(Interrupted):
    """REST gave the call another document (`call.redirect`)."""


class Stopped(Interrupted):
    """The reason to wait has gone (`call.stops[depth]`)."""

    def __init__(self, depth: int) -> None:
        super().__init__(depth)
        self.depth = depth


class HungUp(Interrupted):
    """The document said <Hangup> or <Reject>."""

    def __init__(self, status: str = "completed", reason: str = "service-hung-up") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class LeftQueue(Interrupted):
    """The waiting document said <Leave>."""


class ApplicationError(Exception):
    """The service answered what a carrier cannot carry out. `code` is Twilio's number where one fits."""

    def __init__(self, code: int, message: str, url: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.url = url


class RestError(Exception):
    """An answer of the REST face in Twilio's shape."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class NoSuchPhoneCall(Exception):
    """A phone was told to do something that it has no call for."""
