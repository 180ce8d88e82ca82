"""Before anybody is identified: incidents, the departments, languages, severity, and the offer to be called back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from carrier.steps import Say
from ivr.events import (
    AskCallback,
    CallbackRefused,
    CallbackTaken,
    Event,
    IncidentNoted,
    Located,
    NoteIncident,
    PlaceByCode,
)
from ivr.question import MOST_FAULTS, Question, farewell
from ivr.state import Call, Department, Facts, Severity
from ivr.turns import Reply
from speech.languages import catalogues, own_name
from speech.messages import Message, Moment, Name, Prose, say

MORE_LANGUAGES = "8"
PRIVACY = "9"
CALL_ME_BACK = "7"
FIRST_LANGUAGE_KEY = 4
MOST_LANGUAGE_KEYS = 3
PAGE = 7


class Country(Question):
    """One number serves many regions and nothing told this caller's: a keyed dialling code may."""

    name = "country"
    digits = None
    begin = 10

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        return (say("country.ask"),)

    def silent(self, call: Call, facts: Facts) -> Reply:
        return Reply(replace(call, country_asked=True, greeted=False))

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        return Reply(call, deed=PlaceByCode(digits))

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case Located(found=True):
                language = next(iter(facts.languages), call.language)
                return Reply(replace(call, country_asked=True, greeted=False, language=language, faults=0))
            case Located(found=False):
                return Reply(replace(call, country_asked=True, greeted=False), said=(say("country.unknown"),))
            case _:
                return self.not_now(call)


class Incidents(Question):
    """What is broken now, before the menu; staying on the line is the normal answer and no fault."""

    name = "incident"
    begin = 4

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        texts = tuple(say("incident.told", text=Prose(one.text(call.language))) for one in facts.incidents)
        return (*texts, say("incident.offer"))

    def silent(self, call: Call, facts: Facts) -> Reply:
        return Reply(replace(call, incidents_heard=True))

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if digits == PRIVACY:
            return Reply(call, said=(say(facts.privacy),), next=self.name)
        if digits != "1":
            return self.fault(call)
        return Reply(call, deed=NoteIncident(tuple(one.id for one in facts.incidents)))

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case IncidentNoted(accepted):
                words = "incident.noted" if accepted else "incident.refused"
                return Reply(replace(call, incidents_heard=True), said=(say(words),))
            case _:
                return self.not_now(call)


class Menu(Question):
    """The departments by what is open now, in the caller's language or another; then languages and privacy."""

    name = "menu"

    def prompts(self, call: Call, facts: Facts) -> tuple[Message | Say, ...]:
        offers = [one for key, department in _numbered(facts) for one in _offer(call, facts, department, key)]
        back = (say("menu.international"), say("callback.offer", key=int(CALL_ME_BACK))) if _costly(call, facts) else ()
        return (*back, *offers, *common_prompts(call, facts), say("menu.person"), say("menu.repeat"))

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if (common := common_keys(call, facts, digits, self.name)) is not None:
            return common
        if digits == CALL_ME_BACK and _costly(call, facts):
            return Reply(replace(call, wants_callback=True))
        department = {str(key): one for key, one in _numbered(facts)}.get(digits)
        if department is None:
            return self.fault(call)
        language = department.agent_language(call.spoken, None)
        return Reply(replace(call, department=department.code, agent_language=language, faults=0))


class Languages(Question):
    """Every language there is a catalogue for, each offered in its own words, a page at a time."""

    name = "language"

    def prompts(self, call: Call, facts: Facts) -> tuple[Message | Say, ...]:
        offered = _page(call)
        more = (say("language.more", key=int(MORE_LANGUAGES)),) if len(catalogues()) > PAGE else ()
        return (*(language_offer(code, key) for key, code in enumerate(offered, 1)), *more, say("language.back"))

    def keyed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if digits.startswith("*"):
            return Reply(replace(call, page=0))
        return super().keyed(call, facts, digits)

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if digits == MORE_LANGUAGES and len(catalogues()) > PAGE:
            return Reply(replace(call, page=call.page + 1), next=self.name)
        offered = {str(key): code for key, code in enumerate(_page(call), 1)}
        if digits not in offered:
            return self.fault(call)
        return Reply(replace(call, language=offered[digits], page=0, faults=0))


class SeverityQuestion(Question):
    """21Vianet, technical: severity A is claimed by a key and counts only with the advanced agreement (F83, F84)."""

    name = "severity"

    def prompts(self, call: Call, facts: Facts) -> tuple[Message, ...]:
        return (say("severity.ask"),)

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if digits not in ("1", "2"):
            return self.fault(call)
        department = facts.department(call.department)
        severity: Severity = "A" if digits == "1" else "B"
        language = department.agent_language(call.spoken, severity) if department else None
        return Reply(replace(call, severity=severity, agent_language=language, faults=0))


class CallbackOffer(Question):
    """Closed, busy, or a costly call: when it opens next, and the offer to be called back.

    The last resort of a caller, so repeated wrong keys and silence end here with a goodbye; zero still tries a person.
    """

    name = "callback"

    def prompts(self, call: Call, facts: Facts) -> tuple[Message | Say, ...]:
        all_closed = (say("menu.all_closed"),) if not any_open(facts) else ()
        offers = [
            one for key, department in self._scope(call, facts) for one in self._offer(call, facts, department, key)
        ]
        return (*all_closed, *offers, *common_prompts(call, facts))

    def pressed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if (common := common_keys(call, facts, digits, self.name)) is not None:
            return common
        department = {str(key): one for key, one in self._scope(call, facts)}.get(digits)
        if department is None or not self._possible(call, facts):
            return self.fault(call)
        language = department.agent_language(call.spoken, call.severity) or call.spoken
        opens_at = None if department.languages(call.severity) else department.opens_at
        call = replace(call, department=department.code, agent_language=language)
        return Reply(call, deed=AskCallback(department.code, language, opens_at))

    def keyed(self, call: Call, facts: Facts, digits: str) -> Reply:
        if digits == "0" and (call.person or not any_open(facts)):
            return self.fault(call, "person.closed")
        return super().keyed(call, facts, digits)

    def fault(self, call: Call, words: str = "fault.wrong_key") -> Reply:
        call = replace(call, faults=call.faults + 1)
        if call.faults >= MOST_FAULTS:
            return farewell(call)
        return Reply(call, said=(say(words),), next=self.name)

    def result(self, call: Call, facts: Facts, event: Event) -> Reply:
        match event:
            case CallbackTaken(when):
                return farewell(call, callback_words(facts, when))
            case CallbackRefused(why):
                words = say("callback.refused" if why == "number" else "callback.limit")
                call = replace(call, callback_refused=True, wants_callback=False, department=None)
                return Reply(call, said=(words,)) if any_open(facts) else farewell(call, words)
            case _:
                return self.not_now(call)

    def _scope(self, call: Call, facts: Facts) -> list[tuple[int, Department]]:
        chosen = facts.department(call.department)
        return [(1, chosen)] if chosen else _numbered(facts)

    def _offer(self, call: Call, facts: Facts, department: Department, key: int) -> tuple[Message, ...]:
        closed = () if department.languages(call.severity) else (_closed(facts, department),)
        if not self._possible(call, facts):
            return closed
        name = Name("department", department.code)
        return (*closed, say("callback.department", department=name, key=key))

    def _possible(self, call: Call, facts: Facts) -> bool:
        return facts.can_call_back and not call.callback_refused


def callback_words(facts: Facts, when: datetime | None) -> Message:
    if when is None:
        return say("callback.taken")
    return say("callback.taken_at", when=Moment(when, facts.zone, facts.arrived_at))


def any_open(facts: Facts) -> bool:
    return any(one.languages(None) for one in facts.departments)


def common_prompts(call: Call, facts: Facts) -> tuple[Message | Say, ...]:
    """Languages of the region, each in its own words, and the way to the others."""
    offers = tuple(language_offer(code, key) for key, code in _region_languages(call, facts))
    return (*offers, say("language.more", key=int(MORE_LANGUAGES)))


def common_keys(call: Call, facts: Facts, digits: str, name: str) -> Reply | None:
    """Keys that mean the same in every menu; None when the key is not one of them."""
    if digits == PRIVACY:
        return Reply(call, said=(say(facts.privacy),), next=name)
    if digits == MORE_LANGUAGES:
        return Reply(replace(call, page=0), next="language")
    languages = {str(key): code for key, code in _region_languages(call, facts)}
    if digits in languages:
        return Reply(replace(call, language=languages[digits]), next=name)
    return None


def language_offer(code: str, key: int) -> Say:
    """How to choose a language, spoken in that language whatever the caller's is."""
    return Say(say("language.offer", language=own_name(code), key=key), code)


def _region_languages(call: Call, facts: Facts) -> list[tuple[int, str]]:
    others = [code for code in facts.languages if code != call.language][:MOST_LANGUAGE_KEYS]
    return list(enumerate(others, FIRST_LANGUAGE_KEY))


def _page(call: Call) -> tuple[str, ...]:
    pages = -(-len(catalogues()) // PAGE)
    start = call.page % pages * PAGE
    return catalogues()[start : start + PAGE]


def _numbered(facts: Facts) -> list[tuple[int, Department]]:
    return list(enumerate(facts.departments[: FIRST_LANGUAGE_KEY - 1], 1))


def _costly(call: Call, facts: Facts) -> bool:
    return facts.international and facts.can_call_back and not call.callback_refused


def _offer(call: Call, facts: Facts, department: Department, key: int) -> tuple[Message, ...]:
    name = Name("department", department.code)
    language = department.agent_language(call.spoken, None)
    if language is None:
        return (_closed(facts, department), say("callback.department", department=name, key=key))
    if language == call.spoken:
        return (say("menu.department", department=name, key=key),)
    mine, other = Name("language", call.spoken), Name("language", language)
    return (say("menu.other_language", department=name, language=mine, other=other, key=key),)


def _closed(facts: Facts, department: Department) -> Message:
    name = Name("department", department.code)
    if department.opens_at is None:
        return say("menu.closed_for_good", department=name)
    when = Moment(department.opens_at, department.zone, facts.arrived_at)
    return say("menu.closed", department=name, when=when)
