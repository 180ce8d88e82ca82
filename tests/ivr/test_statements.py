"""How many SQL statements a webhook runs: each costs a tenth of a millisecond or more, so none comes in unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import Parts, create_app
from core.clock import ManualClock
from core.database import Database
from core.settings import load
from directory import loading
from tests.bench import town
from tests.bench.statements import counted, post
from tests.bench.town import Customers, PinCalls, Request

INCOMING, STRANGER, MENU, PIN = 12, 10, 5, 18
_NONCE = re.compile(rb"/voice/menu\?n=([\w-]+)")


@dataclass
class Desk:
    """The application in this process, and the customers that its directory knows."""

    parts: Parts
    client: FlaskClient
    customers: Customers

    def request(self, target: str, caller: str, call: str | None = None, **fields: str) -> Request:
        return town.request(self.parts.settings.public_url, target, call or town.new_call(), caller, **fields)

    def incoming(self, caller: str) -> Request:
        return self.request("/voice/incoming", caller)

    def statements(self, request: Request) -> list[str]:
        with counted(self.parts.database) as seen:
            assert b"<Gather" in post(self.client, request)
        return seen


@pytest.fixture
def desk(database: Database, clock: ManualClock, tmp_path: Path) -> Desk:
    parts = Parts(load(town.environment(database.url.render_as_string(hide_password=False), tmp_path, 8000)))
    parts.__dict__ |= {"database": database, "clock": clock}
    with database.begin() as tx:
        loading.load_shipped(tx)
    desk = Desk(parts, create_app(parts).test_client(), town.register(parts, 3))
    # What each process reads once: the book of lines, and which policies are stored.
    for _ in range(2):
        post(desk.client, desk.incoming(town.STRANGER))
    return desk


def test_a_call_of_a_registered_number(desk: Desk) -> None:
    assert len(desk.statements(desk.incoming(desk.customers.numbers[0]))) <= INCOMING


def test_a_call_of_an_unknown_number(desk: Desk) -> None:
    assert len(desk.statements(desk.incoming(town.STRANGER))) <= STRANGER


def test_a_key_in_the_menu(desk: Desk) -> None:
    call, number = town.new_call(), desk.customers.numbers[1]
    found = _NONCE.search(post(desk.client, desk.request("/voice/incoming", number, call)))
    assert found is not None
    step = desk.request(f"/voice/menu?n={found[1].decode()}", number, call, Digits="8")
    assert len(desk.statements(step)) <= MENU


def test_a_wrong_pin(desk: Desk) -> None:
    first = desk.incoming(desk.customers.numbers[2])
    post(desk.client, first)
    pins = PinCalls(desk.parts, first.call, desk.customers.numbers[2])
    [waiting] = pins.make(1)
    assert len(desk.statements(waiting.request(desk.parts.settings.public_url))) <= PIN


def test_a_repeated_webhook_costs_one_look(desk: Desk) -> None:
    request = desk.incoming(town.STRANGER)
    post(desk.client, request)
    assert len(desk.statements(request)) == 1
