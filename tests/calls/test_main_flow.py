"""The main job over the wire: from a dialled line to a verified caller with an agent, told as calls."""

from __future__ import annotations

import time

from carrier.inbox import read
from desk import agents
from simulator.client import Phone
from tests.calls.customers import ADMIN, STRANGER, US_LINE, customer
from tests.calls.town import Town

ADA = "+14255550181"
PIN = r"PIN ([0-9]{6})"


def ada_is_ready(town: Town) -> Phone:
    phone = town.phone(ADA)
    with town.parts.database.begin() as tx:
        agents.ready(tx, town.parts.context, "worldwide-ada")
    return phone


def test_a_registered_administrator_is_recognised_and_talks_to_an_agent(anywhere: Town) -> None:
    customer(anywhere)
    ada, caller = ada_is_ready(anywhere), anywhere.phone(ADMIN)
    caller.call(US_LINE)
    caller.hear("Welcome to Microsoft support, United States")
    caller.hear("technical support, press 1")
    caller.key("1")
    caller.hear("You are next")
    ada.answer()
    ada.hear("Litware, recognised number, technical support, English. Press 1 to accept")
    ada.key("1")
    caller.wait_for("joined")
    assert ADA in caller.say("Hello, this is Alex.")
    ada.hear("Hello, this is Alex")


def test_an_unknown_number_proves_itself_with_a_pin_by_text(anywhere: Town) -> None:
    litware = customer(anywhere)
    mobile = anywhere.phone(ADMIN)
    ada, caller = ada_is_ready(anywhere), anywhere.phone(STRANGER)
    caller.call(US_LINE)
    caller.hear("technical support, press 1")
    caller.key("1")
    caller.hear("account number")
    caller.key(f"{litware.account}#")
    caller.hear("contact number")
    caller.key("#")
    caller.hear("For a text message, press 1")
    caller.key("1")
    caller.hear("key the PIN")
    pin = mobile.text(PIN).group(1)
    caller.key(f"{pin}#")
    caller.hear("You are verified")
    caller.hear("You are next")
    ada.answer()
    ada.hear("Litware, confirmed by text")
    ada.key("1")
    caller.wait_for("joined")


def test_a_pin_is_spoken_to_a_human_who_presses_a_key(here: Town) -> None:
    litware = customer(here)
    landline, caller = here.phone(ADMIN), here.phone(STRANGER)
    caller_asks_for_pin(caller, litware.account, "2")
    landline.answer()
    landline.hears_nothing("The PIN is", within=0.1)
    landline.key("1")
    spoken = landline.hear(r"The PIN is:? ([0-9, ]+)\.").group(1)
    caller.key("".join(filter(str.isdigit, spoken)) + "#")
    caller.hear("You are verified")


def test_a_pin_goes_by_mail(here: Town) -> None:
    litware = customer(here)
    caller = here.phone(STRANGER)
    caller_asks_for_pin(caller, litware.account, "3")
    mail = wait_for_mail(here)
    pin = next(word for word in mail.replace(".", " ").split() if word.isdigit() and len(word) == 6)
    caller.key(f"{pin}#")
    caller.hear("You are verified")


def test_an_unknown_account_hears_the_same_words(here: Town) -> None:
    litware = customer(here)
    heard = []
    for account in (litware.account, "5000000009"):
        caller = here.phone("+14255550151" if account == litware.account else "+14255550152")
        caller_asks_for_pin(caller, account, "1")
        caller.key("000000#")
        caller.hear("not right")
        caller.hear("key the PIN")
        heard.append([event["text"] for event in caller.events if event["kind"] == "said"])
        caller.hang_up()
    assert heard[0] == heard[1]


def test_a_caller_who_hangs_up_while_the_agent_is_rung_ends_that_leg(here: Town) -> None:
    customer(here)
    ada, caller = ada_is_ready(here), here.phone(ADMIN)
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    ada.ring()
    caller.hang_up()
    ada.ended()


def test_nobody_signed_in_is_said_and_a_callback_offered(here: Town) -> None:
    customer(here)
    caller = here.phone(ADMIN)
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    caller.hear("signed in")
    caller.hear("called back")
    caller.key("1")
    caller.hear("We will call you back")
    caller.ended()


def test_a_callback_keeps_the_place_and_reaches_the_agent(here: Town) -> None:
    customer(here)
    caller = here.phone(ADMIN)
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    caller.hear("called back")
    caller.key("1")
    caller.ended()
    ada = ada_is_ready(here)
    caller.answer()
    caller.hear("You asked us to call you back")
    caller.key("1")
    caller.hear("You are next")
    ada.answer()
    ada.hear("confirmed by call")
    ada.key("1")
    caller.wait_for("joined")


def test_an_agent_who_does_not_accept_loses_the_caller_to_the_place_they_had(here: Town) -> None:
    customer(here)
    ada, caller = ada_is_ready(here), here.phone(ADMIN)
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    ada.answer()
    ada.hear("Press 1 to accept")
    ada.key("2")
    ada.ended()
    with here.parts.database.read() as tx:
        states = {agent.name: agent.state for agent in agents.listing(tx)}
    assert states["Ada"] == "away"


def test_what_happened_is_on_record_without_any_pin(here: Town) -> None:
    litware = customer(here)
    mobile, caller = here.phone(ADMIN), here.phone(STRANGER)
    caller_asks_for_pin(caller, litware.account, "1")
    pin = mobile.text(PIN).group(1)
    caller.key(f"{pin}#")
    caller.hear("You are verified")
    rows = here.timeline(caller.call_sid or "")
    assert [row for row in rows if row.action == "service:assurance:decided" and row.level == "confirmed"]
    assert pin not in str(rows)
    assert litware.account not in str(rows)


def caller_asks_for_pin(caller: Phone, account: str, kind: str) -> None:
    caller.call(US_LINE)
    caller.hear("technical support, press 1")
    caller.key("1")
    caller.hear("account number")
    caller.key(f"{account}#")
    caller.hear("contact number")
    caller.key("#")
    caller.hear("press 1")
    caller.key(kind)
    caller.hear("key the PIN")


def wait_for_mail(town: Town) -> str:
    for _ in range(100):
        if found := read(town.parts.inbox):
            return found[0].body
        time.sleep(0.05)
    raise AssertionError("no mail came")
