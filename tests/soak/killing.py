"""A worker that is killed while it delivers PINs to a telephone network, and the judge of what arrived."""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select

from app import Parts
from audit.models import AuditEntry
from audit.vocabulary import Action
from core.settings import load
from directory import accounts, register
from directory.vocabulary import AddressKind, LineType, Role
from simulator import server as simulator
from simulator.client import Network
from simulator.server import Running
from simulator.settings import Settings as NetworkSettings
from verification.challenges import Issued
from verification.models import ChallengeRow, DeliveryRow
from verification.pins import pin_for
from verification.record import Caller

PROJECT = Path(__file__).resolve().parents[2]
ACCOUNT, TOKEN = "AC" + "0" * 31 + "1", "0123456789abcdef0123456789abcdef"
# How many deliveries one worker has in hand at most: all its places but one (core.jobs.Worker).
IN_HAND = 7
LEASE = timedelta(seconds=61)
_PIN = re.compile(r"PIN ([0-9]{6})")


@dataclass
class Verdict:
    """`lost`: asked for and never arrived; `strange`: arrived with another PIN; `repeated`: texts beyond the first;
    `most`: texts to one number from one worker's life; `unrecorded`: deliveries without their entry, or the reverse.
    """

    asked: int
    lost: int
    strange: int
    repeated: int
    most: int
    unrecorded: int


@dataclass
class Killing:
    """The service's database, the network that its worker talks to, and what was asked for."""

    parts: Parts
    running: Running
    environ: dict[str, str]
    chance: random.Random
    pins: dict[str, str] = field(default_factory=dict)  # by number
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    standing_by: list[subprocess.Popen[bytes]] = field(default_factory=list)
    lives: list[int] = field(default_factory=list)  # how many texts there were when each worker ended

    def round(self, many: int, *, standby: bool = False) -> None:
        """Ask for PINs, start a worker, and kill it while it delivers them. Another one may stand by and live."""
        self.ask(many)
        arrived = len(self.running.network.texts)
        other = [self.start()] if standby else []
        worker = self.start()
        self._until(lambda: len(self.running.network.texts) > arrived)
        time.sleep(self.chance.uniform(0, 0.2))
        worker.kill()
        worker.wait()
        self.lives.append(len(self.running.network.texts))
        Network(self.running.url).advance_clock(LEASE)
        self.standing_by += other

    def drain(self) -> None:
        """Let a worker that nobody kills do what is left; a PIN that waits too long expires, and that is no loss."""
        last = self.standing_by or [self.start()]
        self._until(lambda: self.pins.keys() <= {one.to for one in self.running.network.texts.values()})
        self._until(lambda: not self._open())
        for worker in last:
            worker.terminate()
            worker.wait()
        self.lives.append(len(self.running.network.texts))

    def ask(self, many: int) -> None:
        """As many customers ask for a PIN by text, each with a number of its own block."""
        for _ in range(many):
            number = f"+1425{200 + len(self.pins):03d}0100"
            self.pins[number] = self._pin(self._customer(number))

    def _customer(self, number: str) -> str:
        now, keyring = self.parts.clock.now(), self.parts.keyring
        account = accounts.new(lambda _: 1_000_000 + len(self.pins))
        with self.parts.database.begin() as tx:
            new = register.NewOrganisation("worldwide", "Litware", account, "US")
            organisation = register.add_organisation(tx, now, keyring, new)
            person = register.NewContact("worldwide", organisation, "100", "Alex", Role.GLOBAL, is_primary=True)
            contact = register.add_contact(tx, now, keyring, person)
            one = (organisation, contact, AddressKind.PHONE, number, LineType.MOBILE)
            register.add_address(tx, now, keyring, register.NewAddress("worldwide", *one, confirmed_at=now))
        return account

    def _pin(self, account: str) -> str:
        caller = Caller(f"CA{len(self.pins):032x}", "worldwide", None)
        with self.parts.database.begin() as tx:
            self.parts.verifier.account_keyed(tx, caller, account)
            issued = self.parts.verifier.ask_pin(tx, caller, "text")
            assert isinstance(issued, Issued)
            assert issued.why is None
            row = tx.execute(select(ChallengeRow.__table__).where(ChallengeRow.id == issued.challenge)).one()
        return pin_for(self.parts.keyring, row)

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "ivr.cli", "worker"]
        with (self.parts.settings.data_dir / "worker.log").open("ab") as log:
            started = subprocess.Popen(command, cwd=PROJECT, env=self.environ, stderr=log)
        self.started.append(started)
        return started

    def _open(self) -> bool:
        """Whether any PIN that was asked for has no delivery that the provider took."""
        with self.parts.database.read() as tx:
            closed = select(DeliveryRow.challenge).where(DeliveryRow.status != "sending")
            return len(set(tx.execute(closed).scalars())) < len(self.pins)

    def judge(self) -> Verdict:
        """What arrived against what was asked for."""
        arrived: dict[str, list[str]] = defaultdict(list)
        for one in self.running.network.texts.values():
            found = _PIN.search(one.body)
            arrived[one.to].append(found.group(1) if found else "")
        return Verdict(
            asked=len(self.pins),
            lost=len(self.pins.keys() - arrived.keys()),
            strange=sum(pin != self.pins[number] for number, pins in arrived.items() for pin in pins),
            repeated=sum(len(pins) - 1 for pins in arrived.values()),
            most=max(Counter(life).most_common(1)[0][1] for life in self._lives() if life),
            unrecorded=self._unrecorded(),
        )

    def _lives(self) -> Iterator[list[str]]:
        """Numbers that each worker wrote to, killed ones first."""
        numbers = [one.to for one in self.running.network.texts.values()]
        for start, end in pairwise([0, *self.lives]):
            yield numbers[start:end]

    def _unrecorded(self) -> int:
        """Deliveries that the provider took against entries that say so: both or neither (F1)."""
        with self.parts.database.read() as tx:
            taken = select(DeliveryRow.challenge).where(DeliveryRow.provider_id.is_not(None))
            deliveries = Counter(f"challenge:{one}" for one in tx.execute(taken).scalars())
            sent = select(AuditEntry.subject).where(AuditEntry.action == Action.DELIVERY_SENT.value)
            entries = Counter(tx.execute(sent).scalars())
        return ((deliveries - entries) + (entries - deliveries)).total()

    def _until(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not what():
            if time.monotonic() > deadline:
                said = (self.parts.settings.data_dir / "worker.log").read_text()[-2000:]
                raise AssertionError(f"the worker does not get on: {said}")
            time.sleep(0.01)


@contextmanager
def killing(database: str, folder: Path, seed: int) -> Iterator[Killing]:
    """A network on a free port and a filled database; no web face runs, so receipts find nobody."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings = NetworkSettings(f"{nobody}/voice/incoming", public_url=nobody, account_sid=ACCOUNT, auth_token=TOKEN)
        running = simulator.start(settings)
        own = {
            "VOUCHLINE_ENV": "development",
            "VOUCHLINE_DATA_DIR": str(folder),
            "VOUCHLINE_SECRET_KEY": "a master secret made for the tests only",
            "VOUCHLINE_CLOCK": f"{running.url}/sim/clock",
            "VOUCHLINE_PIN_MINUTES": "10",
            "VOUCHLINE_VOICE_FROM": "+14255550190",
            "VOUCHLINE_TEXT_FROM": "+14255550190",
            "DATABASE_URL": database,
            "PUBLIC_URL": nobody,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE_URL": running.url,
        }
        parts = Parts(load(own))
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        scene = Killing(parts, running, kept | own, random.Random(seed))
        try:
            yield scene
        finally:
            for left in scene.started:
                left.kill()
                left.wait()
            running.stop()
            parts.database.close()
