"""Where the carrier is to ask for the next steps; the web face knows its own addresses."""

from __future__ import annotations

from typing import Protocol


class Urls(Protocol):
    """Absolute URLs. Asked for with no transaction open, because a call's token may have to be read."""

    def agent(self, token: str) -> str:
        """First steps of an agent's leg; `token` is the reservation's."""
        ...

    def agent_status(self, token: str) -> str:
        """Where the carrier tells how an agent's leg goes."""
        ...

    def leg_status(self) -> str:
        """Where the carrier tells how a leg goes that joined a talk by itself; it is known by its call id."""
        ...

    def caller(self, call: str, step: str) -> str:
        """A step of a caller's call (`talks.CONNECT`, `talks.TALKED`, or what `send_away` was given)."""
        ...

    def callback(self, token: str) -> str:
        """First steps of a call to somebody who wanted one; `token` is the attempt's."""
        ...

    def callback_status(self, token: str) -> str:
        """Where the carrier tells how that call goes."""
        ...
