"""What a PIN's message says: organisation, PIN, where the call comes from, how to use it; no person, no link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from carrier.steps import Ask, HangUp, Say, Step
from core.keys import Keyring
from directory import entities, models, people
from speech import Digits, Message, catalogue_for, say, speak
from speech.texts import fit


@dataclass(frozen=True, slots=True)
class Wording:
    """The facts around a PIN. `origin` is the last digits of the calling number, None when it is hidden."""

    organisation: str
    operator: str
    language: str
    origin: str | None

    def text(self, pin: str) -> str:
        """At most 160 GSM-7 characters or two UCS-2 segments; a long name is cut."""
        message = say("text.pin", organisation=self.organisation, pin=Digits(pin), origin=self._from())
        return fit(message, self.language)

    def mail(self, pin: str) -> tuple[str, str]:
        """Subject and body; the subject shows no PIN, because lists of messages are seen over shoulders."""
        body = say(
            "mail.pin.body",
            organisation=self.organisation,
            operator=self.operator,
            pin=Digits(pin),
            origin=self._from(),
        )
        return speak(say("mail.pin.subject", operator=self.operator), self.language), speak(body, self.language)

    def introduction(self, to: str) -> tuple[Step, ...]:
        """What an answered call hears first: no digits before a human has pressed a key (B10)."""
        intro = say("pincall.intro", operator=self.operator, organisation=self.organisation, origin=self._from())
        return (Ask((Say(intro, self.language),), to=to, digits=1, begin=10),)

    def spoken(self, pin: str) -> tuple[Step, ...]:
        return (Say(say("pincall.pin", pin=Digits(pin)), self.language), HangUp())

    def stale(self) -> tuple[Step, ...]:
        return (Say(say("pincall.stale"), self.language), HangUp())

    def _from(self) -> Message:
        if self.origin is None:
            return say("origin.hidden")
        return say("origin.number", digits=Digits(self.origin))


def of(tx: Connection, keyring: Keyring, challenge: Any) -> Wording:
    """The facts for a challenge row of a contact, in the contact's language, else the organisation's."""
    organisation = people.organisation(tx, keyring, challenge.organisation)
    contact = people.contact(tx, keyring, challenge.contact)
    operator = tx.execute(select(models.Operator.name).where(models.Operator.code == challenge.operator)).scalar()
    language = catalogue_for(contact.language or organisation.language or "en", organisation.region)
    return Wording(organisation.name, entities.spoken_name(operator or ""), language, challenge.origin)
