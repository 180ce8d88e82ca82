"""Replayed, doubled, reordered, late webhooks change nothing and succeed at nothing (REQUIREMENTS E1, E3, E9, D7)."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import select

from core.clock import ManualClock
from core.database import Database
from core.keys import Keyring
from desk.models import Reservation, Waiting
from ivr.models import CallRow
from tests.calls.conftest import fill
from tests.calls.customers import ADMIN, STRANGER, US_LINE
from tests.calls.story import Stage, staged
from tests.calls.wire import ORIGIN, TOKEN, Answer, Caller, Sent, Wire, logged, new_sid, wired
from tests.support import postgres

TIMES = 10
HEADER = "X-Twilio-Signature"


@pytest.fixture
def sqlite_stage(filled_template: Path, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    path = tmp_path / "vouchline.db"
    shutil.copyfile(filled_template, path)
    with staged(f"sqlite:///{path}", tmp_path, clock) as made:
        yield made


@pytest.fixture
def postgresql_stage(
    postgres_database: postgres.TestDatabase, clock: ManualClock, keyring: Keyring, tmp_path: Path
) -> Iterator[Stage]:
    postgres_database.empty()
    database = Database(postgres_database.url)
    fill(database, clock, keyring)
    database.close()
    with staged(postgres_database.url, tmp_path, clock) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest) -> Stage:
    made: Stage = request.getfixturevalue(f"{request.param}_stage")
    return made


def is_once(request: Sent) -> bool:
    """Whether the request has a stored answer: a new call, or a keyed step with its nonce."""
    return request.target == "/voice/incoming" or "?n=" in request.target


def recorded(wire: Wire) -> list[tuple[Sent, Answer]]:
    """Every request so far with its answer."""
    return list(zip(wire.sent, wire.answers, strict=True))


def replayed(stage: Stage, calls: list[tuple[Sent, Answer]], *, same: bool = True) -> None:
    """Send all of them again, unchanged; what was answered once is answered the same."""
    with logged() as log:
        for request, before in calls:
            answer = stage.wire.resend(request)
            assert answer.status == before.status
            assert "verified" not in answer.words if answer.status == 200 and not same else True
            assert not same or not is_once(request) or answer.body == before.body
    assert "Traceback" not in log.getvalue()


def test_a_good_call_replayed_changes_nothing(stage: Stage) -> None:
    stage.good_call()
    calls, sends, rows = recorded(stage.wire), stage.carrier.sends(), stage.rows()
    for _ in range(TIMES if stage.wire.parts.database.is_sqlite else 2):
        replayed(stage, calls)
    stage.work()
    assert stage.carrier.sends() == sends
    assert stage.rows() == rows


@pytest.mark.parametrize("later", [timedelta(minutes=16), timedelta(minutes=62), timedelta(days=1, hours=1)])
def test_a_good_call_replayed_later_changes_nothing(sqlite_stage: Stage, later: timedelta) -> None:
    stage = sqlite_stage
    stage.good_call()
    calls, sends = recorded(stage.wire), stage.carrier.sends()
    stage.clock.advance(later)
    stage.work()
    rows = stage.rows()
    for _ in range(2):
        replayed(stage, calls, same=later < timedelta(hours=1))
    assert stage.rows() == rows
    stage.work()
    assert stage.carrier.sends() == sends


def test_a_call_whose_every_request_comes_ten_times_is_one_call(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.wire.times = TIMES
    call = stage.good_call()
    actions = Counter(row.action for row in stage.wire.timeline(call.sid))
    assert stage.carrier.sends() == 2
    once = [
        "carrier:call:received",
        "caller:department:chosen",
        "service:challenge:issued",
        "caller:challenge:attempted",
        "caller:challenge:answered",
        "caller:queue:joined",
        "agent:reservation:accepted",
        "service:talk:started",
        "service:talk:ended",
        "carrier:call:ended",
    ]
    assert {action: actions[action] for action in once} == dict.fromkeys(once, 1)


def test_one_pin_keyed_by_ten_requests_at_once_is_one_success(stage: Stage) -> None:
    call = stage.ask_for_pin()
    pin = stage.delivered_pin()
    form = stage.wire.form(call.sid, STRANGER, US_LINE, Digits=pin)
    request = stage.wire.signed(call.answer.next, form)
    with ThreadPoolExecutor(TIMES) as many:
        answers = list(many.map(lambda _: stage.wire.elsewhere(request), range(TIMES)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    actions = Counter((row.action, row.outcome) for row in stage.wire.timeline(call.sid))
    assert actions["caller:challenge:attempted", "success"] == 1
    assert actions["caller:challenge:answered", "success"] == 1


def test_ten_requests_for_one_new_call_are_one_call(stage: Stage) -> None:
    request = stage.wire.signed("/voice/incoming", stage.wire.form(new_sid(), STRANGER, US_LINE, CallStatus="ringing"))
    with ThreadPoolExecutor(TIMES) as many:
        answers = list(many.map(lambda _: stage.wire.elsewhere(request), range(TIMES)))
    assert len({answer.body for answer in answers}) == 1
    assert "Welcome" in answers[0].words


def test_a_nonce_opens_nothing_for_another_call_or_another_step(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    call, other = stage.ask_for_pin(), Caller.dial(stage.wire, ADMIN, US_LINE)
    pin = stage.delivered_pin()
    for thief, target in ((other, call.answer.next), (call, call.answer.next.replace("/pin?", "/menu?"))):
        answer = thief.post(target, Digits=pin)
        assert "verified" not in answer.words
    assert "You are verified" in call.key(pin).words


def test_a_step_that_is_too_old_asks_again_and_tries_nothing(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    call = stage.ask_for_pin()
    pin = stage.delivered_pin()
    stage.clock.advance(timedelta(minutes=16))
    answer = call.key(pin)
    assert "key the PIN" in answer.words
    assert "caller:challenge:attempted" not in {row.action for row in stage.wire.timeline(call.sid)}


def test_a_call_that_ended_is_never_verified_afterwards(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    call = stage.ask_for_pin()
    pin, target = stage.delivered_pin(), call.answer.next
    call.status("completed")
    rows = stage.rows()
    for _ in range(3):
        assert "verified" not in call.post(target, Digits=pin).words
    assert stage.rows() == rows
    assert level(stage, call) == 0


def level(stage: Stage, call: Caller) -> int:
    with stage.wire.parts.database.read() as tx:
        return tx.execute(select(CallRow.level).where(CallRow.sid == call.sid)).scalar_one()


# Five events of the end of a talk, in any order, each up to three times.


def events(stage: Stage, call: Caller) -> list[Sent]:
    enqueue = stage.wire.urls.carried(call.sid, "queued").removeprefix(ORIGIN)
    talked = stage.wire.urls.carried(call.sid, "talked").removeprefix(ORIGIN)
    sent = [
        ("/voice/status", {"CallStatus": "ringing", "SequenceNumber": "1"}),
        ("/voice/status", {"CallStatus": "in-progress", "SequenceNumber": "2"}),
        ("/voice/status", {"CallStatus": "completed", "SequenceNumber": "3", "CallDuration": "9"}),
        (enqueue, {"QueueResult": "hangup", "CallStatus": "completed"}),
        (talked, {"DialCallStatus": "completed", "CallStatus": "completed"}),
    ]
    return [stage.wire.signed(target, stage.wire.form(call.sid, ADMIN, US_LINE, **fields)) for target, fields in sent]


def ending(stage: Stage, call: Caller) -> tuple[object, ...]:
    """Where everything stands in the end, and how often it was noted."""
    with stage.wire.parts.database.read() as tx:
        row = tx.execute(select(CallRow.state, CallRow.ended_by).where(CallRow.sid == call.sid)).one()
        waiting = tx.execute(select(Waiting.state).where(Waiting.call == call.sid)).scalar_one()
        legs = tx.execute(
            select(Reservation.state).join(Waiting, Waiting.id == Reservation.waiting).where(Waiting.call == call.sid)
        ).scalars()
        reservations = sorted(set(legs))
    actions = Counter(one.action for one in stage.wire.timeline(call.sid))
    noted = (actions["carrier:call:ended"], actions["service:talk:ended"], actions["caller:queue:left"])
    return '"at":"over"' in row.state, row.ended_by, waiting, reservations, noted


ALL = list(permutations(range(5)))
ORDERS = random.Random(5).sample(ALL, 8)


def waiting_calls_end(stage: Stage, orders: list[tuple[int, ...]]) -> set[str]:
    """How calls stand whose caller hung up in the queue, the events coming in these orders, each up to three times."""
    chance = random.Random(7)
    found = set()
    stage.ada_is_ready()
    for order in orders:
        call = stage.waiting_caller()
        end_in(stage, call, order, chance)
        found.add(repr(ending(stage, call)))
        stage.work()
        free_ada(stage)
    return found


def talks_end(stage: Stage, orders: list[tuple[int, ...]]) -> set[str]:
    """The same for callers who hung up while they talked."""
    chance = random.Random(11)
    found = set()
    for order in orders:
        free_ada(stage)
        call = stage.waiting_caller()
        leg = stage.agent_takes(call)
        stage.clock.advance(timedelta(minutes=2))
        end_in(stage, call, order, chance)
        leg.left()
        stage.work()
        found.add(repr(ending(stage, call)))
    return found


def end_in(stage: Stage, call: Caller, order: tuple[int, ...], chance: random.Random) -> None:
    sent = events(stage, call)
    for request in [sent[one] for one in order for _ in range(chance.randint(1, 3))]:
        assert stage.wire.resend(request).status in {200, 204}


def test_the_end_of_a_waiting_call_converges_in_any_order(stage: Stage) -> None:
    assert len(waiting_calls_end(stage, ORDERS)) == 1


def test_the_end_of_a_talk_converges_in_any_order(stage: Stage) -> None:
    assert len(talks_end(stage, ORDERS[:4])) == 1


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_the_end_of_a_call_converges_in_every_order(stage: Stage) -> None:
    assert len(waiting_calls_end(stage, ALL)) == 1
    assert len(talks_end(stage, ALL)) == 1


def free_ada(stage: Stage) -> None:
    """The time after a talk is over, and she is ready for the next."""
    stage.clock.advance(timedelta(minutes=3))
    stage.work()
    stage.ada_is_ready()


def test_late_receipts_of_a_text_do_not_undo_its_delivery(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    call = stage.ask_for_pin()
    stage.delivered_pin()
    receipts = [request for request in stage.wire.sent if "/status/message/" in request.target]
    rows = stage.rows()
    for request in [*receipts, *reversed(receipts), receipts[0]]:
        assert stage.wire.resend(request).status == 204
    assert stage.rows() == rows
    reported = [row for row in stage.wire.timeline(call.sid) if row.action == "carrier:delivery:reported"]
    assert len(reported) == 1  # that it was sent is known before


def test_both_tokens_are_good_while_they_are_rotated(filled_template: Path, clock: ManualClock, tmp_path: Path) -> None:
    old, new = TOKEN, "f" * 32
    with wired(filled_template, tmp_path, clock, TWILIO_AUTH_TOKEN=f"{new},{old}") as wire:
        call = Caller.dial(wire, ADMIN, US_LINE)
        wire.token = new
        assert "Polly" in call.key("8").body.decode()
        wire.token = "e" * 32
        assert call.post(call.answer.next, Digits="1").status == 403
    with wired(filled_template, tmp_path, clock, TWILIO_AUTH_TOKEN=new) as wire:
        assert wire.incoming(ADMIN, US_LINE).status == 403
        wire.token = new
        assert wire.incoming(ADMIN, US_LINE).status == 200
