"""Routing on random floors: best caller first, nobody twice, nobody passed over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desk.routing import Caller, Offer, Ready, match, urgency

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
DEPARTMENTS = ("technical", "billing")
LANGUAGES = ("en", "de", "cmn")
OPERATORS = ("worldwide", "21vianet")

moments = st.integers(0, 600).map(lambda seconds: NOW - timedelta(seconds=seconds))


@st.composite
def callers(draw: st.DrawFn, most: int = 12) -> tuple[Caller, ...]:
    return tuple(
        Caller(
            id=f"w{number}",
            operator=draw(st.sampled_from(OPERATORS)),
            department=draw(st.sampled_from(DEPARTMENTS)),
            language=draw(st.sampled_from(LANGUAGES)),
            urgency=draw(st.integers(0, 2)),
            rank_at=draw(moments),
            promised_at=draw(st.none() | moments),
        )
        for number in range(draw(st.integers(0, most)))
    )


@st.composite
def agents(draw: st.DrawFn, most: int = 8) -> tuple[Ready, ...]:
    skills = st.frozensets(st.tuples(st.sampled_from(DEPARTMENTS), st.sampled_from(LANGUAGES)))
    return tuple(
        Ready(f"a{number}", draw(st.sampled_from(OPERATORS)), draw(skills), draw(moments))
        for number in range(draw(st.integers(0, most)))
    )


@given(callers(), agents())
def test_nobody_is_in_two_offers(waiting: tuple[Caller, ...], floor: tuple[Ready, ...]) -> None:
    offers = match(waiting, floor, NOW)
    assert len({offer.waiting for offer in offers}) == len(offers)
    assert len({offer.agent for offer in offers}) == len(offers)


@given(callers(), agents())
def test_an_agent_gets_only_what_the_agent_can_take(waiting: tuple[Caller, ...], floor: tuple[Ready, ...]) -> None:
    by_id = {caller.id: caller for caller in waiting}
    able = {agent.id: agent for agent in floor}
    assert all(able[offer.agent].can_take(by_id[offer.waiting]) for offer in match(waiting, floor, NOW))


@given(callers(most=5), agents(most=4))
def test_the_served_are_the_best_that_any_assignment_serves(
    waiting: tuple[Caller, ...], floor: tuple[Ready, ...]
) -> None:
    served = {offer.waiting for offer in match(waiting, floor, NOW)}
    order = sorted(waiting, key=lambda caller: caller.order)
    best = max(_assignments(order, floor), key=lambda chosen: [caller.id in chosen for caller in order])
    assert served == best


@given(callers(), agents())
def test_nobody_waits_beside_an_idle_agent_who_could_help(
    waiting: tuple[Caller, ...], floor: tuple[Ready, ...]
) -> None:
    offers = match(waiting, floor, NOW)
    left = [caller for caller in waiting if caller.id not in {offer.waiting for offer in offers}]
    idle = [agent for agent in floor if agent.id not in {offer.agent for offer in offers}]
    assert not any(agent.can_take(caller) for caller in left for agent in idle)


@given(callers())
def test_with_agents_coming_back_nobody_starves(waiting: tuple[Caller, ...]) -> None:
    everything = frozenset((department, language) for department in DEPARTMENTS for language in LANGUAGES)
    floor = tuple(Ready(operator, operator, everything, NOW) for operator in OPERATORS)
    left = list(waiting)
    for _ in waiting:
        served = {offer.waiting for offer in match(left, floor, NOW)}
        left = [caller for caller in left if caller.id not in served]
    assert left == []


@given(callers(), agents())
def test_the_order_of_the_input_does_not_matter(waiting: tuple[Caller, ...], floor: tuple[Ready, ...]) -> None:
    assert match(waiting, floor, NOW) == match(waiting[::-1], floor[::-1], NOW)


def test_the_agent_who_has_been_idle_longest_is_rung() -> None:
    fresh, rested = _agent("fresh", 10, "en"), _agent("rested", 20, "en")
    assert [offer.agent for offer in match([_caller("w", "en")], [fresh, rested], NOW)] == ["rested"]


def test_an_agent_idle_for_less_is_rung_when_that_serves_one_more() -> None:
    polyglot, english = _agent("polyglot", 20, "en", "de"), _agent("english", 10, "en")
    offers = match([_caller("first", "en"), _caller("second", "de")], [polyglot, english], NOW)
    assert {offer.waiting: offer.agent for offer in offers} == {"first": "english", "second": "polyglot"}
    assert "needed by other callers" in str(_of(offers, "first").reason)


def test_every_offer_says_why() -> None:
    offers = match([_caller("w", "en")], [_agent("a", 42, "en")], NOW)
    assert str(offers[0].reason) == (
        "caller 1 of 1 by severity, promise and arrival; agent 1 of 1 with the skill by idle time (42 s)"
    )


def test_severity_comes_before_promise_and_promise_before_arrival() -> None:
    early = Caller("early", "worldwide", "technical", "en", urgency(None), NOW - timedelta(minutes=9))
    promised = Caller("promised", "worldwide", "technical", "en", urgency("B"), NOW, NOW)
    severe = Caller("severe", "worldwide", "technical", "en", urgency("A"), NOW)
    assert sorted((early, promised, severe), key=lambda caller: caller.order) == [severe, promised, early]


def test_a_large_floor_is_matched_in_time_that_nobody_notices() -> None:
    crowd = [_caller(f"w{number:03}", LANGUAGES[number % 3]) for number in range(200)]
    floor = [_agent(f"a{number:03}", number, LANGUAGES[number % 3], LANGUAGES[number % 2]) for number in range(100)]
    assert len(match(crowd, floor, NOW)) == 100


def _assignments(order: list[Caller], floor: tuple[Ready, ...]) -> list[set[str]]:
    """Every set of callers that some assignment serves."""
    if not order:
        return [set()]
    first, rest = order[0], order[1:]
    found = _assignments(rest, floor)
    for agent in floor:
        if agent.can_take(first):
            others = tuple(other for other in floor if other is not agent)
            found += [{first.id, *chosen} for chosen in _assignments(rest, others)]
    return found


def _caller(name: str, language: str) -> Caller:
    return Caller(name, "worldwide", "technical", language, 1, NOW)


def _agent(name: str, idle: int, *languages: str) -> Ready:
    skills = frozenset(("technical", language) for language in languages)
    return Ready(name, "worldwide", skills, NOW - timedelta(seconds=idle))


def _of(offers: tuple[Offer, ...], waiting: str) -> Offer:
    return next(offer for offer in offers if offer.waiting == waiting)
