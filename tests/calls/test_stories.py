"""Calls that show one rule each: incidents, languages, referral, severity, withheld numbers, a partner's customers."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from desk import agents
from directory import models
from directory.syncing import raise_version
from directory.vocabulary import Role
from tests.calls.customers import ADMIN, STRANGER, US_LINE, customer
from tests.calls.town import Town

GERMAN_LINE = "+498005892332"
CHINA = "+864000890365"


def test_an_incident_is_heard_first_and_a_text_follows_when_it_is_solved(anywhere: Town) -> None:
    customer(anywhere)
    caller = anywhere.phone(ADMIN)
    now = anywhere.clock.now()
    with anywhere.parts.database.begin() as tx:
        incident = {"id": "mail", "operator": "worldwide", "regions": ["US"], "products": []}
        tx.execute(insert(models.Incident).values(**incident, starts_at=now, ends_at=now + timedelta(minutes=5)))
        tx.execute(insert(models.IncidentText).values(incident="mail", language="en", text="Mail is slow today."))
        raise_version(tx)
    caller.call(US_LINE)
    caller.hear("Mail is slow today")
    caller.hear("press 1")
    caller.key("1")
    caller.hear("We will text you")
    caller.hear("technical support, press 1")
    caller.hang_up()
    anywhere.later(minutes=6)
    caller.text("is solved")


def test_an_ended_incident_is_not_heard(here: Town) -> None:
    now = here.clock.now()
    with here.parts.database.begin() as tx:
        incident = {"id": "mail", "operator": "worldwide", "regions": [], "products": []}
        tx.execute(insert(models.Incident).values(**incident, starts_at=now - timedelta(hours=2), ends_at=now))
        tx.execute(insert(models.IncidentText).values(incident="mail", language="en", text="Mail is slow today."))
        raise_version(tx)
    caller = here.phone(STRANGER)
    caller.call(US_LINE)
    caller.hear("technical support, press 1")
    assert not [event for event in caller.events if "Mail is slow" in str(event.get("text"))]


def test_a_contact_is_spoken_to_in_the_language_they_prefer(here: Town) -> None:
    customer(here, language="de")
    caller = here.phone(ADMIN)
    caller.call(US_LINE)
    caller.hear("Willkommen")
    caller.hear("drücken Sie")


def test_the_caller_chooses_another_language_by_key(here: Town) -> None:
    caller = here.phone(STRANGER)
    caller.call(US_LINE)
    caller.hear("For other languages, press 8")
    caller.key("8")
    caller.hear("Für Deutsch drücken Sie die Eins|Deutsch")
    keys = {"de": "1"}
    caller.key(keys["de"])
    caller.hear("drücken Sie")


def test_a_customer_of_a_partner_is_told_its_name_and_connected(here: Town) -> None:
    customer(here, partner=("Lucerne Partners", "+14255550198"))
    caller, partner = here.phone(ADMIN), here.phone("+14255550198")
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    caller.hear("Lucerne Partners")
    caller.key("1")
    partner.answer()
    caller.wait_for("bridged")
    assert partner.say("Lucerne Partners, hello") == [ADMIN]


def test_someone_who_is_no_administrator_is_referred(here: Town) -> None:
    customer(here, role=Role.USER)
    caller = here.phone(ADMIN)
    caller.call(US_LINE)
    caller.hear("press 1")
    caller.key("1")
    caller.hear("for administrators")


def test_a_withheld_number_reaches_the_account_question_and_no_callback(here: Town) -> None:
    caller = here.phone(STRANGER)
    caller.call(US_LINE, from_="+266696687")
    caller.hear("dialling code")
    caller.key("1#")
    caller.hear("Welcome to Microsoft support, United States")
    caller.key("1")
    caller.hear("account number")
    caller.key("0#")
    caller.hear("Nobody")
    caller.ended()


def test_severity_a_counts_only_with_the_advanced_agreement(here: Town) -> None:
    customer(here, operator="21vianet", region="CN", language="zh-Hans", mobile="+8610000000301")
    with here.parts.database.begin() as tx:
        agents.ready(tx, here.parts.context, "21vianet-mei")
    mei, caller = here.phone("+14255550183"), here.phone("+8610000000301")
    caller.call(CHINA)
    caller.key("1")
    caller.hear("严重|请按1|按1")
    caller.key("1")
    caller.hear("高级")
    mei.answer()


def test_what_is_closed_says_when_it_opens_and_what_is_open_in_another_language(here: Town) -> None:
    here.later(hours=-13)  # 03:00 in Berlin
    caller = here.phone("+493012345678")
    caller.call(GERMAN_LINE)
    caller.hear("geöffnet auf Englisch|Englisch")
    caller.hear("heute um 9")


def test_the_account_number_chooses_among_the_organisations_of_one_number(here: Town) -> None:
    shared = "+14255550175"
    first = customer(here, "Northwind", mobile=shared)
    customer(here, "Southridge", mobile=shared)
    with here.parts.database.begin() as tx:
        agents.ready(tx, here.parts.context, "worldwide-ada")
    ada, caller = here.phone("+14255550181"), here.phone(shared)
    caller.call(US_LINE)
    caller.key("1")
    caller.hear("account number")
    caller.key(f"{first.account}#")
    caller.hear("administrator|You are next")
    caller.key("1")
    ada.answer()
    ada.hear("Northwind, recognised number")


def test_zero_reaches_a_person_even_where_the_country_is_asked(here: Town) -> None:
    caller = here.phone(STRANGER)
    caller.call(US_LINE, from_="anonymous")
    caller.hear("dialling code")
    caller.key("0#")
    caller.hear("Nobody")
