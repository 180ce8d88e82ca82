"""What the service asks of a telephone network outside of a call's own answers.

No transaction may be open while one of these runs: each waits for somebody else's server. All raise `DeliveryError`.
"""

from __future__ import annotations

from typing import Protocol

from carrier.results import DeliveryError, Kind

__all__ = ["DeliveryError", "Kind", "Telephone"]


class Telephone(Protocol):
    """Texts, calls and rooms. Numbers are E.164 (for calls also `sip:` or `client:` addresses), URLs absolute."""

    def send_text(self, to: str, body: str, *, validity: int, status_url: str) -> str:
        """Send a text that is worthless after `validity` seconds; returns the provider's id."""
        ...

    def place_call(
        self,
        to: str,
        *,
        url: str,
        timeout: int,
        status_url: str,
        detect_machine: bool = False,
        caller_id: str | None = None,
    ) -> str:
        """Ring somebody for `timeout` seconds; `url` gives the steps once answered. Returns the call id."""
        ...

    def redirect(self, call: str, url: str) -> None:
        """Leave whatever a call is doing and go on at `url`."""
        ...

    def hang_up(self, call: str, *, ringing: bool = False) -> None:
        """End a call (`ringing`: one that nobody answered yet); one that has ended already is no error."""
        ...

    def find_room(self, room: str) -> str | None:
        """The id of a running room by its name."""
        ...

    def add_listener(
        self, room: str, to: str, *, label: str, timeout: int, status_url: str, coached: str | None = None
    ) -> str:
        """Ring a supervisor into a named room: muted, or heard by the call `coached` alone.

        `status_url` is told the end. Returns the new call id.
        """
        ...

    def mute(self, room_id: str, call: str, *, muted: bool) -> None:
        """Let a participant be heard by the room or not."""
        ...

    def coach(self, room_id: str, call: str, coached: str | None) -> None:
        """Whisper to one participant, or with None be heard by all (take over)."""
        ...

    def remove(self, room_id: str, call: str) -> None:
        """Take a participant out of a room, which ends that call; one who has left already is no error."""
        ...
