"""A telephone network that remembers what it was asked and can be told to fail."""

# ruff: noqa: ARG002 - a fake takes what the contract says, used or not

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from carrier.telephone import DeliveryError


@dataclass
class Network:
    """Fulfils `carrier.telephone.Telephone`. `meanwhile` runs while a call is being placed."""

    asked: list[tuple[str, ...]] = field(default_factory=list)
    fail: DeliveryError | None = None
    meanwhile: Callable[[], None] = lambda: None

    def send_text(self, to: str, body: str, *, validity: int, status_url: str) -> str:
        raise AssertionError("the desk sends no texts")

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
        self._ask("ring", to)
        self.meanwhile()
        return f"CA{len(self.asked):032x}"[:34].replace("CA0", "CAf", 1)

    def redirect(self, call: str, url: str) -> None:
        self._ask("redirect", call, url)

    def hang_up(self, call: str, *, ringing: bool = False) -> None:
        self._ask("cancel" if ringing else "hang up", call)

    def find_room(self, room: str) -> str | None:
        return f"CF-{room}"

    def add_listener(
        self, room: str, to: str, *, label: str, timeout: int, status_url: str, coached: str | None = None
    ) -> str:
        self._ask("listen", room, coached or "muted")
        return "CAsupervisor"

    def mute(self, room_id: str, call: str, *, muted: bool) -> None:
        self._ask("mute" if muted else "unmute", call)

    def coach(self, room_id: str, call: str, coached: str | None) -> None:
        self._ask("coach", call, coached or "all")

    def remove(self, room_id: str, call: str) -> None:
        self._ask("remove", call)

    def rung(self) -> list[str]:
        return [what[1] for what in self.asked if what[0] == "ring"]

    def _ask(self, *what: str) -> None:
        self.asked.append(what)
        if self.fail is not None:
            raise self.fail


class Addresses:
    """Fulfils `desk.urls.Urls`."""

    def agent(self, token: str) -> str:
        return f"https://desk.test/voice/agent/{token}"

    def agent_status(self, token: str) -> str:
        return f"https://desk.test/voice/agent/{token}/status"

    def leg_status(self) -> str:
        return "https://desk.test/voice/leg/status"

    def caller(self, call: str, step: str) -> str:
        return f"https://desk.test/voice/{step}/{call}"

    def callback(self, token: str) -> str:
        return f"https://desk.test/voice/callback/{token}"

    def callback_status(self, token: str) -> str:
        return f"https://desk.test/voice/callback/{token}/status"
