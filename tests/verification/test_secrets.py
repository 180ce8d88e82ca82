"""Two hundred PINs are issued, sent and keyed, and none is found anywhere but in the mailbox."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from carrier import inbox
from carrier.inbox import InboxMailer, InboxTelephone
from core.database import Base, Database
from core.jobs import Worker
from tests.verification.conftest import World
from tests.verification.test_challenges import ask, key, name_account, pin_of
from verification.delivery import Delivery
from verification.evidence import Channel

# Identifiers and hashes are long runs of hex digits, in which any eight digits turn up by chance.
_HEX = re.compile(rb"[0-9a-f]{16,}")
PEOPLE, TIMES = 40, 5


@pytest.fixture
def database(sqlite_database: Database) -> Any:
    """A file whose bytes can be read."""
    yield sqlite_database
    sqlite_database.close()


@pytest.fixture
def pins(world: World, tmp_path: Path) -> set[str]:
    organisation = world.company("Woodgrove", 3, high_risk=True)
    for person in range(PEOPLE):
        contact = world.contact(organisation, f"{3000 + person}", f"Person {person}", primary=False)
        world.address(organisation, contact, f"person{person}@woodgrove.example", None)
    mailer, telephone = (kind(tmp_path / "inbox", world.clock) for kind in (InboxMailer, InboxTelephone))
    delivery = Delivery(
        world.database,
        world.clock,
        world.keyring,
        telephone=telephone,  # type: ignore[arg-type]
        mailer=mailer,  # type: ignore[arg-type]
        public_url="https://support.example",
    )
    worker = Worker(world.database, world.clock, delivery.handlers())
    found: set[str] = set()
    for person in range(PEOPLE):
        caller = world.caller(None)
        name_account(world, caller, 3)
        for time in range(TIMES):
            issued = ask(world, caller, Channel.EMAIL, f"{3000 + person}")
            assert issued.why is None
            pin = pin_of(world, issued.challenge)
            found.add(pin)
            worker.run_due()
            key(world, caller, pin if time == TIMES - 1 else pin[::-1])
            world.clock.advance(timedelta(minutes=11))
    return found


def test_no_pin_is_in_the_database_its_log_or_any_output(
    world: World, pins: set[str], tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert len(pins) == PEOPLE * TIMES
    assert pins <= {pin for mail in inbox.read(tmp_path / "inbox") for pin in re.findall(r"\b\d{8}\b", mail.body)}
    files = [path for path in tmp_path.iterdir() if path.name.startswith("vouchline.db")]
    raw = b" ".join(_HEX.sub(b" ", path.read_bytes()) for path in files)
    assert any(path.name.endswith("-wal") for path in files)
    output = capfd.readouterr()
    places = {"file": raw.decode("latin-1"), "rows": rows(world), "out": output.out + output.err, "log": caplog.text}
    assert {name for name, text in places.items() for pin in pins if pin in text} == set()


def rows(world: World) -> str:
    """Every value of every table, identifiers included, each on a line of its own."""
    with world.database.read() as tx:
        values = [value for table in Base.metadata.sorted_tables for row in tx.execute(select(table)) for value in row]
    return "\n".join(_HEX.sub(b" ", str(value).encode()).decode() for value in values)
