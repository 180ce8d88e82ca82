"""Marked secrets go down every path at the finest log level, and are found nowhere (REQUIREMENTS B6, E11, F13, H17)."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlalchemy import select, text

from audit.models import AuditEntry
from core.clock import ManualClock
from core.database import Base
from desk import agents
from simulator.client import Phone
from tests.calls.customers import ADMIN, US_LINE, customer
from tests.calls.test_main_flow import ADA, PIN, caller_asks_for_pin, wait_for_mail
from tests.calls.town import TOKEN, Town, town
from tests.calls.wire import logged

CALLER = "+14255550153"
WRONG = "918273"
MASTER = "a master secret made for the tests only"
# Identifiers and hashes are long runs of hex digits, moments end in microseconds: any six digits turn up in them.
_CHANCE = re.compile(r"[0-9a-f]{16,}|\.[0-9]{6}(Z|\+00:00|\b)")


@dataclass
class Search:
    """What must not be found, by name, and every place where it could be."""

    secrets: dict[str, set[str]]
    places: dict[str, str]

    def found(self, secret: str) -> list[str]:
        """Places that hold one of the secrets of this kind, as a whole word."""
        sought = re.compile("|".join(rf"(?<![0-9]){re.escape(one)}(?![0-9])" for one in self.secrets[secret]))
        return [name for name, held in self.places.items() if sought.search(held)]


@pytest.fixture(scope="module")
def search(filled_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Search:
    folder = tmp_path_factory.mktemp("secrets")
    shutil.copyfile(filled_template, folder / "vouchline.db")
    clock = ManualClock(datetime(2026, 11, 18, 15, tzinfo=UTC))
    with town(f"sqlite:///{folder / 'vouchline.db'}", clock, folder) as made, logged() as log:
        account, pins = every_path(made)
        places = {**looked_at(made, folder), "log": log.getvalue()}
    numbers = {form for number in (CALLER, ADMIN) for form in (number, number[1:], number[2:])}
    secrets = {"PIN": pins | {WRONG}, "account": {account}, "number": numbers, "token": {TOKEN, MASTER}}
    return Search(secrets, {name: _CHANCE.sub(" ", held) for name, held in places.items()})


def every_path(made: Town) -> tuple[str, set[str]]:
    """Texts, calls, mail, a provider that fails, a callback, an agent, and an error inside; the secrets that went."""
    litware = customer(made)
    caller, admin = made.phone(CALLER), made.phone(ADMIN)
    pins = {by_text(caller, admin, litware.account), by_call(made, caller, admin, litware.account)}
    pins.add(by_mail(made, caller, litware.account))
    to_an_agent(made, admin)
    called_back(made, caller, litware.account)
    failing_provider(made, caller, litware.account)
    pins.add(error_inside(made, caller, litware.account))
    return litware.account, pins


def by_text(caller: Phone, admin: Phone, account: str) -> str:
    caller_asks_for_pin(caller, account, "1")
    pin = admin.text(PIN).group(1)
    caller.key(f"{WRONG}#")
    caller.hear("not right")
    caller.key(f"{pin}#")
    caller.hear("You are verified")
    caller.hang_up()
    return pin


def by_call(made: Town, caller: Phone, admin: Phone, account: str) -> str:
    made.later(hours=2)
    caller_asks_for_pin(caller, account, "2")
    admin.answer()
    admin.key("1")
    spoken = admin.hear(r"The PIN is:? ([0-9, ]+)\.").group(1)
    pin = "".join(filter(str.isdigit, spoken))
    caller.key(f"{pin}#")
    caller.hear("You are verified")
    caller.hang_up()
    admin.hang_up()
    return pin


def by_mail(made: Town, caller: Phone, account: str) -> str:
    made.later(hours=2)
    caller_asks_for_pin(caller, account, "3")
    mail = wait_for_mail(made)
    pin = next(word for word in mail.replace(".", " ").split() if word.isdigit() and len(word) == 6)
    caller.key(f"{pin}#")
    caller.hear("You are verified")
    caller.hang_up()
    return pin


def to_an_agent(made: Town, admin: Phone) -> None:
    ada = made.phone(ADA)
    with made.parts.database.begin() as tx:
        agents.ready(tx, made.parts.context, "worldwide-ada")
    admin.call(US_LINE)
    admin.key("1")
    ada.answer()
    ada.key("1")
    admin.wait_for("joined")
    admin.hang_up()
    ada.ended()


def called_back(made: Town, caller: Phone, account: str) -> None:
    made.later(hours=2)
    with made.parts.database.begin() as tx:
        agents.away(tx, made.parts.context, "worldwide-ada")
    caller.call(US_LINE)
    caller.key("1")
    caller.hear("account number")
    caller.key("0")
    caller.hear("called back")
    caller.key("1")
    caller.ended()


def failing_provider(made: Town, caller: Phone, account: str) -> None:
    made.later(hours=2)
    made.network.fault("messages", "500", times=2)
    caller_asks_for_pin(caller, account, "1")
    caller.hang_up()


def error_inside(made: Town, caller: Phone, account: str) -> str:
    """A table is gone while a PIN is keyed; nothing but a real error in a driver quotes what it was given."""
    made.later(hours=2)
    made.network.clear_faults()
    phone = made.network.phone(ADMIN, fresh=True)
    caller_asks_for_pin(caller, account, "1")
    pin = phone.text(PIN).group(1)
    with made.parts.database.begin() as tx:
        tx.execute(text("ALTER TABLE evidence RENAME TO gone"))
    caller.key(f"{pin}#")
    caller.hear("something went wrong")
    caller.ended()
    with made.parts.database.begin() as tx:
        tx.execute(text("ALTER TABLE gone RENAME TO evidence"))
    return pin


def looked_at(made: Town, folder: Path) -> dict[str, str]:
    """The places: addresses of requests, pages, numbers for operators, the record, the file and its log."""
    origin = made.parts.settings.public_url
    with made.parts.database.read() as tx:
        bodies = [body.decode() for (body,) in tx.execute(select(AuditEntry.body))]
        values = [str(one) for table in Base.metadata.sorted_tables for row in tx.execute(select(table)) for one in row]
        calls = [call for (call,) in tx.execute(text("SELECT sid FROM calls"))]
    urls = [each["url"] for call in calls for each in made.network.call(call)["requests"]]
    pages = [
        requests.get(f"{origin}{path}", timeout=5) for path in ("/metrics", "/readyz", "/healthz", "/voice/pin?n=1")
    ]
    raw = b" ".join(file.read_bytes() for file in sorted(folder.glob("vouchline.db*")))
    assert (folder / "vouchline.db-wal").stat().st_size > 0
    return {
        "addresses": "\n".join([*urls, *(str(each["url"]) for each in made.network.callbacks())]),
        "pages": "\n".join(page.text + str(page.headers) for page in pages),
        "audit": "\n".join(bodies),
        "rows": "\n".join(values),
        "file": raw.decode("latin-1"),
    }


@pytest.mark.parametrize("secret", ["PIN", "account", "number", "token"])
def test_a_secret_is_found_nowhere(secret: str, search: Search) -> None:
    assert search.found(secret) == []


def test_the_search_looked_where_the_calls_left_something(search: Search) -> None:
    assert len(search.secrets["PIN"]) == 5
    assert "a webhook failed" in search.places["log"]
    assert "/voice/pin?n=" in search.places["addresses"]
    assert "vouchline_calls_total" in search.places["pages"]
    assert "challenge" in search.places["audit"]
    # An agent's telephone is no secret: what is stored in the clear is found.
    assert Search({"agent": {ADA[1:]}}, search.places).found("agent") == ["rows", "file"]
