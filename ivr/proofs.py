"""Who is calling: account number, contact number, the kind of address, the PIN; then role and referral.

To someone unproven an unknown account sounds like a known one: the same questions, words and waits (C10).
"""

from __future__ import annotations

from dataclasses import replace

from carrier.steps import Dial, Say
from directory.eligibility import Verdict
from ivr.events import (
    AccountTaken,
    Checked,
    CheckPin,
    DialPartner,
    Event,
    LookUpAccount,
    PartnerAllowed,
    PartnerRefused,
    PinSent,
    PinTooSoon,
    SendPin,
)
from ivr.question import Question, farewell
from ivr.state import Call, Channel, Facts
from ivr.turns import Reply, voiced
from speech.messages import Digits, Message, say
from verification.catalogue import Level

KEYINGS_PER_MENU = 3
ROUNDS = 2
CHANNELS: dict[str, Channel] = {"1": "text", "2": "call", "3": "email"}


class AccountNumber(Question):
    """The account number of the organisation. Where identification is only offered, silence goes on without it."""

    name = "account"
    digits = None
    begin = 15
    between = 8

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        return (say("account.ask"),)

    def silent(self, call: Call, facts: Facts) -> Reply:
        department = facts.department(call.department)
        if department is not None and department.identification == "offered":
            return Reply(replace(call, identification_over=True))
        return super().silent(call, facts)

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        return Reply(call, deed=LookUpAccount(digits))

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case AccountTaken(well_formed=True):
                call = proven(call, event) if event.level > call.level else call
                return Reply(replace(call, account_keyed=True, faults=0))
            case AccountTaken(well_formed=False):
                return self.fault(call, "account.again")
            case _:
                return self.not_now(call)


class ContactNumber(Question):
    """The contact number chooses whose address gets the PIN; without one it is the primary contact's."""

    name = "contact"
    digits = None
    begin = 8

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        return (say("contact.ask"),)

    def silent(self, call: Call, facts: Facts) -> Reply:
        return Reply(replace(call, contact_asked=True))

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        return Reply(replace(call, contact_number=digits[:16], contact_asked=True))


class ChannelChoice(Question):
    """Text, call or e-mail: a kind is named, never an address."""

    name = "channel"

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        return (say("channel.ask"),)

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if digits not in CHANNELS:
            return self.fault(call)
        channel = CHANNELS[digits]
        return Reply(replace(call, channel=channel), deed=SendPin(channel, call.contact_number))

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case PinSent() if call.channel is not None:
                call = replace(call, keyings=0, silences=0, faults=0)
                return Reply(call, said=(say(f"pin.{call.channel}"),))
            case PinTooSoon():
                return self.fault(replace(call, channel=None), "pin.wait")
            case _:
                return self.not_now(call)


class PinEntry(Question):
    """The PIN, keyed by the caller: 30 s to begin, 15 s between keys. Wrong, expired, used and unknown sound alike."""

    name = "pin"
    # No fixed count: how long the PIN is would tell which organisations exist and are at high risk (C10).
    digits = None
    begin = 30
    between = 15

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        return (say("pin.ask"),)

    def silent(self, call: Call, facts: Facts) -> Reply:
        call = replace(call, silences=call.silences + 1)
        if call.silences == 1:
            return Reply(call, said=(say("fault.no_key"),), next=self.name)
        return self._round_over(replace(call, silences=0))

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if digits == "9":
            return self._round_over(call)
        return Reply(replace(call, keyings=call.keyings + 1), deed=CheckPin(digits))

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case Checked(right=True):
                call = proven(call, event)
                return Reply(replace(call, identification_over=True, faults=0), said=(say("pin.right"),))
            case Checked() if call.keyings >= KEYINGS_PER_MENU:
                return self._round_over(call, say("pin.wrong"))
            case Checked():
                return Reply(call, said=(say("pin.wrong"),), next=self.name)
            case _:
                return self.not_now(call)

    def _round_over(self, call: Call, *said: Message) -> Reply:
        """Another kind may be chosen a limited number of times; then the agent path, at the level reached."""
        call = replace(call, channel=None, keyings=0, rounds=call.rounds + 1)
        if call.rounds > ROUNDS:
            return Reply(replace(call, identification_over=True), said=(*said, say("pin.failed")))
        return Reply(call, said=said)


class Role(Question):
    """Administrator or not, asked where it is not proven with the contact, and recorded as claimed (F1, F51, F104)."""

    name = "role"

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        return (say("role.ask"),)

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if digits not in ("1", "2"):
            return self.fault(call)
        return Reply(replace(call, administrator=digits == "1", faults=0))


class UserReferral(Question):
    """Someone who is no administrator: self-service, the community, the own administrator (F2, F52, F104)."""

    name = "user"

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        return (say("refer.user"), say("menu.person"), say("menu.repeat"))

    def silent(self, call: Call, facts: Facts) -> Reply:
        return farewell(call)

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        return self.fault(call)


class Ineligible(Question):
    """No subscription, or a customer of another cloud; outages are taken all the same (F8, F100)."""

    name = "ineligible"

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        other = call.organisation is not None and call.organisation.verdict is Verdict.OTHER_CLOUD
        words = say("refer.other_cloud" if other else "refer.no_subscription")
        return (words, say("refer.exceptions"), say("menu.person"), say("menu.repeat"))

    def silent(self, call: Call, facts: Facts) -> Reply:
        return farewell(call)

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        return Reply(replace(call, exception=True, faults=0)) if digits == "2" else self.fault(call)


class PartnerReferral(Question):
    """Every subscription came through a partner: its name and number, a connection, or an outage report (F9)."""

    name = "partner"

    def prompts(self, call: Call, facts: Facts) -> tuple[Message | Say, ...]:
        partner = call.organisation
        if partner is None or not partner.partner_name or not partner.partner_number:
            return (say("refer.partner_unproven"), say("refer.exceptions"), say("menu.person"))
        number = Digits(partner.partner_number)
        named = say("refer.partner", partner=partner.partner_name, number=number)
        return (named, say("refer.partner_connect"), say("refer.exceptions"), say("menu.repeat"))

    def silent(self, call: Call, facts: Facts) -> Reply:
        return farewell(call)

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        partner = call.organisation
        if digits == "2":
            return Reply(replace(call, exception=True, faults=0))
        if digits == "1" and partner is not None and partner.partner_number:
            return Reply(call, deed=DialPartner(partner.partner_number))
        return self.fault(call)

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case PartnerAllowed(number):
                over = replace(call, at="over")
                return Reply(over, steps=(*voiced(over, (say("agent.accepted"),)), Dial(number, then="ended")))
            case PartnerRefused():
                return farewell(call, say("refer.partner_unproven"))
            case _:
                return self.not_now(call)


def proven(call: Call, event: Checked | AccountTaken) -> Call:
    """What a passed check makes known."""
    administrator = call.administrator if event.administrator is None else event.administrator
    return replace(call, level=event.level, organisation=event.organisation, administrator=administrator)


def identification_missing(call: Call, facts: Facts) -> str | None:
    """The state that asks next for identification, or None when there is nothing (more) to ask."""
    department = facts.department(call.department)
    if department is None or department.identification == "none" or call.identification_over:
        return None
    if call.level >= facts.needed and not call.resume:
        # Whoever an agent sends back keys a PIN, however well the number is known.
        return None
    known = call.organisation is not None and call.level >= Level.RECOGNISED
    if not known and not call.account_keyed:
        return "account"
    if not known and not call.contact_asked:
        return "contact"
    return "channel" if call.channel is None else "pin"


def referral(call: Call, facts: Facts) -> str | None:
    """The state that refers a caller elsewhere; of an account that is not proven nothing is told (C10)."""
    department = facts.department(call.department)
    if department is None or department.identification == "none" or call.exception:
        return None
    organisation = call.organisation if call.level >= Level.RECOGNISED else None
    verdict = organisation.verdict if organisation is not None else Verdict.ELIGIBLE
    if verdict is Verdict.PARTNER:
        return "partner"
    if verdict is not Verdict.ELIGIBLE:
        return "ineligible"
    if facts.admins_only and call.administrator is None:
        return "role"
    return "user" if facts.admins_only and call.administrator is False else None
