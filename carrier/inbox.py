"""Development without a provider: mail and texts are caught as files in one folder, which only its owner may read.

A file is one JSON object, its name begins with the time in microseconds, so that names sort as messages came. It is
written under another name first, because a reader that follows must never see half a message.
"""

# ruff: noqa: ARG002  without a network most of what a telephone is told has no use

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from carrier.results import not_configured
from core.clock import Clock

Medium = Literal["mail", "text"]


@dataclass(frozen=True, slots=True)
class Caught:
    """One message. `at` is an aware ISO time; a text has no subject."""

    at: str
    medium: Medium
    to: str
    subject: str
    body: str
    id: str
    name: str = ""


def keep(folder: Path, now: datetime, message: Caught) -> None:
    """Write one message (file mode 0600, folder 0700)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    microseconds = int(now.timestamp() * 1_000_000)
    name = f"{microseconds:017d}-{secrets.token_hex(4)}.json"
    draft = folder / f".{name}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({key: value for key, value in asdict(message).items() if key != "name"}, file, ensure_ascii=False)
    draft.rename(folder / name)


def read(folder: Path) -> tuple[Caught, ...]:
    """Every message, newest first; an empty inbox when there is no folder. A file that is none of ours is left out."""
    return tuple(_each(folder))


def _each(folder: Path) -> Iterator[Caught]:
    for path in sorted(folder.glob("[0-9]*.json"), reverse=True):
        try:
            yield Caught(**json.loads(path.read_text(encoding="utf-8")), name=path.name)
        except (OSError, ValueError, TypeError):
            continue


class InboxMailer:
    """`carrier.mail.Mailer` that catches."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def send(self, to: str, subject: str, body: str, *, message_id: str) -> None:
        now = self._clock.now()
        keep(self._folder, now, Caught(now.isoformat(), "mail", to, subject, body, message_id))


class InboxTelephone:
    """`carrier.telephone.Telephone` that catches texts; whatever needs a network is not configured."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def send_text(self, to: str, body: str, *, validity: int, status_url: str) -> str:
        now = self._clock.now()
        message_id = f"SM{secrets.token_hex(16)}"
        keep(self._folder, now, Caught(now.isoformat(), "text", to, "", body, message_id))
        return message_id

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
        raise not_configured("call")

    def redirect(self, call: str, url: str) -> None:
        raise not_configured("call")

    def hang_up(self, call: str, *, ringing: bool = False) -> None:
        raise not_configured("call")

    def find_room(self, room: str) -> str | None:
        raise not_configured("call")

    def add_listener(
        self, room: str, to: str, *, label: str, timeout: int, status_url: str, coached: str | None = None
    ) -> str:
        raise not_configured("call")

    def mute(self, room_id: str, call: str, *, muted: bool) -> None:
        raise not_configured("call")

    def coach(self, room_id: str, call: str, coached: str | None) -> None:
        raise not_configured("call")

    def remove(self, room_id: str, call: str) -> None:
        raise not_configured("call")
