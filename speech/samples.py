"""A sample of every message, so that a test of any package can render all there is.

The parameters are those that the English text names; a new placeholder needs a value here.
"""

from datetime import UTC, datetime

from speech.catalogue import FALLBACK, load
from speech.messages import Count, Date, Digits, Listing, Message, Moment, Name, Param, Prose, say
from speech.speaking import PLACEHOLDER

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)

# Entries that messages are made of; nobody says them alone.
_PARTS = ("when.", "pattern.", "count.", "digit.", "tongue.", "region.")

VALUES: dict[str, Param] = {
    "date": Date(datetime(2021, 10, 29, 12, 0, tzinfo=UTC), "Europe/Berlin"),
    "department": Name("department", "billing"),
    "digits": Digits("47"),
    "key": 1,
    "language": Name("language", "cmn"),
    "languages": Listing.of(Name("language", code) for code in ("en", "de", "pt-BR")),
    "level": Name("level", "confirmed.text"),
    "minutes": Count(5, "minutes"),
    "number": Digits("+4930123456"),
    "operator": "Contoso Cloud",
    "organisation": "Fabrikam",
    "origin": say("origin.number", digits=Digits("47")),
    "other": Name("language", "de"),
    "partner": "Northwind",
    "pin": Digits("471190"),
    "position": 3,
    "region": Name("region", "CA"),
    "text": Prose("Some users cannot open shared mailboxes. We are working on it."),
    "when": Moment(datetime(2026, 11, 20, 14, 30, tzinfo=UTC), "America/Toronto", NOW),
}


def ids() -> tuple[str, ...]:
    """Every message that can be said, in the order of the English catalogue."""
    return tuple(one for one in load(FALLBACK).texts if not one.startswith(_PARTS))


def sample(message_id: str, **instead: Param) -> Message:
    """The message with sample parameters; `instead` replaces some of them where the message has them."""
    names = [found[1] for found in PLACEHOLDER.finditer(load(FALLBACK).texts[message_id][0])]
    return say(message_id, **{name: instead.get(name, VALUES[name]) for name in names})


def messages() -> tuple[Message, ...]:
    return tuple(sample(message_id) for message_id in ids())
