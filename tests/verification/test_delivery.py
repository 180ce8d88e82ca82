"""A PIN leaves once, in time, to a registered address, whatever the provider does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from audit.log import timeline
from carrier import inbox
from carrier.inbox import InboxMailer
from carrier.rest_client import Timeouts
from carrier.steps import Ask, HangUp, Say
from carrier.twilio_rest import TwilioAccount, TwilioTelephone
from core.jobs import Worker
from tests.verification.conftest import LANDLINE, MAIL, MOBILE, STRANGER, World
from tests.verification.test_challenges import ask, key, name_account, pin_of
from verification.delivery import Delivery
from verification.entries import Outcome
from verification.evidence import Channel
from verification.models import DeliveryRow
from verification.record import Caller

ACCOUNT = f"AC{'0' * 32}"
PUBLIC = "https://support.example"


@dataclass
class FakeTwilio:
    """Answers REST calls as told; `answers` are used up in order, then everything works."""

    answers: list[str] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def pins(self) -> set[str]:
        return {one["Body"].split("PIN ")[1].split(" ")[0] for one in self.seen if "Body" in one}


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    fake = FakeTwilio()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fake.seen.append({name: values[0] for name, values in parse_qs(body).items()})
            answer = fake.answers.pop(0) if fake.answers else "201"
            if answer == "lost":
                self.connection.close()
                return
            status, _, code = answer.partition(" ")
            sid = f"{'SM' if 'Messages' in self.path else 'CA'}{len(fake.seen):032x}"
            fault = {"code": int(code or 0), "message": "no", "status": int(status)}
            body = json.dumps({"sid": sid} if status == "201" else fault)
            self.send_response(int(status))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Office:
    """A worker that delivers through the fake provider and a caught mailbox."""

    world: World
    twilio: FakeTwilio
    folder: Path
    account: TwilioAccount
    telephone: TwilioTelephone

    def run(self, *, seconds: int = 0) -> None:
        """Let time pass and a worker of a new process do what is due."""
        self.world.clock.advance(timedelta(seconds=seconds))
        delivery = Delivery(
            self.world.database,
            self.world.clock,
            self.world.keyring,
            telephone=self.telephone,
            mailer=InboxMailer(self.folder, self.world.clock),
            public_url=PUBLIC,
            chance=lambda: 0.5,
        )
        Worker(self.world.database, self.world.clock, delivery.handlers(), chance=lambda: 0.5).run_due()

    def rows(self) -> list[tuple[str, str | None]]:
        with self.world.database.read() as tx:
            found = tx.execute(select(DeliveryRow.status, DeliveryRow.kind).order_by(DeliveryRow.attempt))
            return [(row.status, row.kind) for row in found]

    def token(self) -> str:
        with self.world.database.read() as tx:
            newest = select(DeliveryRow.token).order_by(DeliveryRow.created_at.desc(), DeliveryRow.attempt.desc())
            return str(tx.execute(newest.limit(1)).scalar_one())

    def acts(self, caller: Caller) -> list[str]:
        with self.world.database.read() as tx:
            return [row.action for row in timeline(tx, caller.call)]


@pytest.fixture
def office(world: World, twilio: FakeTwilio, tmp_path: Path) -> Office:
    sender = "+14255550000"
    reach = Timeouts(1.0, 2.0)
    made = TwilioAccount(ACCOUNT, "a token for tests", sender, sender, api_base_url=twilio.url, timeouts=reach)
    return Office(world, twilio, tmp_path / "inbox", made, TwilioTelephone(made))


@pytest.fixture
def caller(world: World) -> Caller:
    made = world.caller()
    name_account(world, made)
    return made


def test_a_text_carries_the_pin_to_the_registered_mobile_and_its_own_end(office: Office, caller: Caller) -> None:
    issued = ask(office.world, caller)
    office.run(seconds=10)
    sent = office.twilio.seen[0]
    assert (sent["To"], sent["ValidityPeriod"]) == (MOBILE, "290")
    assert pin_of(office.world, issued.challenge) in sent["Body"]
    assert key(office.world, caller, office.twilio.pins.pop()) is Outcome.RIGHT


def test_a_text_names_the_organisation_and_where_the_call_comes_from_and_no_person(
    office: Office, caller: Caller
) -> None:
    ask(office.world, caller)
    office.run()
    body = office.twilio.seen[0]["Body"]
    assert "Contoso" in body
    assert f"ending in {STRANGER[-2:]}" in body
    assert "Ada" not in body


def test_mail_goes_to_the_registered_mailbox(office: Office, caller: Caller) -> None:
    issued = ask(office.world, caller, Channel.EMAIL)
    office.run()
    (mail,) = inbox.read(office.folder)
    pin = pin_of(office.world, issued.challenge)
    assert mail.to == MAIL
    assert pin in mail.body
    assert pin not in mail.subject


def test_a_call_is_placed_without_the_pin_in_it(office: Office, caller: Caller) -> None:
    issued = ask(office.world, caller, Channel.CALL)
    office.run()
    placed = office.twilio.seen[0]
    assert placed["To"] in {MOBILE, LANDLINE}
    assert pin_of(office.world, issued.challenge) not in json.dumps(placed)


def test_nothing_is_sent_for_a_phantom(office: Office) -> None:
    unknown = office.world.caller()
    name_account(office.world, unknown, 999)
    ask(office.world, unknown)
    office.run()
    assert (office.twilio.seen, office.rows()) == ([], [])


def test_nothing_is_sent_for_a_challenge_that_was_rolled_back(office: Office, caller: Caller) -> None:
    def ask_and_break() -> None:
        with office.world.database.begin() as tx:
            office.world.verifier().ask_pin(tx, caller, "text")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_break()
    office.run()
    assert office.twilio.seen == []


def test_a_refusal_for_good_is_tried_once(office: Office, caller: Caller) -> None:
    office.twilio.answers = ["400 21211"]
    ask(office.world, caller)
    office.run()
    office.run(seconds=100)
    assert office.rows() == [("failed", "bad-address")]


def test_a_wrong_setup_raises_an_alarm(office: Office, caller: Caller) -> None:
    office.twilio.answers = ["400 21606"]
    ask(office.world, caller)
    office.run()
    assert "service:alarm:raised" in office.acts(caller)


def test_a_provider_that_is_away_for_three_minutes_gets_the_same_pin_in_time_and_once(
    office: Office, caller: Caller
) -> None:
    office.twilio.answers = ["503"] * 15
    issued = ask(office.world, caller)
    for _ in range(235):
        office.run(seconds=1)
    statuses = [status for status, _ in office.rows()]
    assert statuses == ["failed"] * 15 + ["sent"]
    assert office.twilio.pins == {pin_of(office.world, issued.challenge)}


def test_nothing_is_sent_in_the_last_minute_of_a_pin(office: Office, caller: Caller) -> None:
    office.twilio.answers = ["503"] * 100
    ask(office.world, caller)
    for _ in range(400):
        office.run(seconds=1)
    seen = len(office.twilio.seen)
    assert office.rows()[-1] == ("expired", None)
    assert seen == len(office.rows()) - 1
    assert "service:delivery:expired" in office.acts(caller)


def test_a_pin_that_was_replaced_meanwhile_is_not_sent(office: Office, caller: Caller) -> None:
    ask(office.world, caller)
    office.world.clock.advance(timedelta(seconds=31))
    ask(office.world, caller)
    office.run()
    assert len(office.twilio.seen) == 1


@pytest.mark.parametrize("answer", ["lost", "500"])
def test_an_answer_that_is_lost_is_followed_by_one_more_text_with_the_same_pin(
    office: Office, caller: Caller, answer: str
) -> None:
    office.twilio.answers = [answer]
    ask(office.world, caller)
    office.run()
    assert office.rows() == [("unknown", "unknown-outcome")]
    office.run(seconds=10)
    assert len(office.twilio.seen) == 1
    office.run(seconds=11)
    assert [status for status, _ in office.rows()] == ["unknown", "sent"]
    assert len(office.twilio.pins) == 1


def test_a_provider_that_loses_every_answer_gets_two_texts_at_most(office: Office, caller: Caller) -> None:
    office.twilio.answers = ["lost"] * 10
    ask(office.world, caller)
    for _ in range(30):
        office.run(seconds=10)
    assert len(office.twilio.seen) == 2


def test_a_receipt_spares_the_second_text(office: Office, caller: Caller) -> None:
    office.twilio.answers = ["lost"]
    ask(office.world, caller)
    office.run()
    assert receipt(office, "delivered")
    office.run(seconds=30)
    assert len(office.twilio.seen) == 1


class Dying(TwilioTelephone):
    """Hands the text over and dies before anybody hears of it."""

    def send_text(self, to: str, body: str, *, validity: int, status_url: str) -> str:
        super().send_text(to, body, validity=validity, status_url=status_url)
        raise SystemExit


def test_a_crash_after_the_hand_over_repeats_the_same_pin_once(office: Office, caller: Caller) -> None:
    ask(office.world, caller)
    working = office.telephone
    office.telephone = Dying(office.account)
    office.run()
    office.telephone = working
    office.run(seconds=3)
    assert [status for status, _ in office.rows()] == ["sending", "sent"]
    assert (len(office.twilio.seen), len(office.twilio.pins)) == (2, 1)


def receipt(office: Office, status: str, provider_id: str = "SM1", token: str | None = None) -> bool:
    with office.world.database.begin() as tx:
        return office.world.verifier().receipt(
            tx, token=token or office.token(), provider_id=provider_id, status=status
        )


def test_receipts_move_open_states_alone_and_once(office: Office, caller: Caller) -> None:
    ask(office.world, caller)
    office.run()
    sid = f"SM{1:032x}"
    heard = [receipt(office, status, sid) for status in ("queued", "sent", "delivered", "delivered", "sent", "failed")]
    assert heard == [False, False, True, False, False, False]
    assert office.acts(caller).count("carrier:delivery:reported") == 1


def test_a_receipt_for_another_message_or_an_unknown_token_changes_nothing(office: Office, caller: Caller) -> None:
    ask(office.world, caller)
    office.run()
    assert not receipt(office, "delivered", "SM-of-somebody-else")
    assert not receipt(office, "delivered", f"SM{1:032x}", token="never given")
    assert office.rows() == [("sent", None)]


@pytest.fixture
def ringing(office: Office, caller: Caller) -> str:
    ask(office.world, caller, Channel.CALL)
    office.run()
    return office.token()


def answer(office: Office, token: str, by: str | None = "human") -> tuple[object, ...]:
    with office.world.database.begin() as tx:
        return office.world.verifier().pin_call_answered(tx, token=token, key_to="key", answered_by=by)


def press(office: Office, token: str, digits: str, call: str = f"CA{1:032x}") -> tuple[object, ...]:
    with office.world.database.begin() as tx:
        return office.world.verifier().pin_call_key(tx, token=token, provider_id=call, digits=digits)


def spoken(steps: tuple[object, ...]) -> list[str]:
    return [step.message.id for step in steps if isinstance(step, Say)]


def test_an_answered_call_says_no_digit_before_a_key(office: Office, ringing: str) -> None:
    (step,) = answer(office, ringing)
    assert isinstance(step, Ask)
    assert (step.to, step.digits) == ("key", 1)
    assert [prompt.message.id for prompt in step.prompts if isinstance(prompt, Say)] == ["pincall.intro"]


def test_key_one_speaks_the_pin_once(office: Office, ringing: str) -> None:
    assert spoken(press(office, ringing, "1")) == ["pincall.pin"]
    assert spoken(press(office, ringing, "1")) == ["pincall.stale"]


@pytest.mark.parametrize("digits", ["", "2", "*", "11"])
def test_any_other_key_ends_the_call(office: Office, ringing: str, digits: str) -> None:
    assert press(office, ringing, digits) == (HangUp(),)


@pytest.mark.parametrize("by", ["machine_start", "machine_end_beep", "machine_end_silence", "fax"])
def test_a_machine_hears_nothing(office: Office, ringing: str, by: str) -> None:
    assert answer(office, ringing, by) == (HangUp(),)


def test_another_call_with_the_same_token_hears_no_pin(office: Office, ringing: str) -> None:
    assert spoken(press(office, ringing, "1", call=f"CA{99:032x}")) == ["pincall.stale"]


def test_an_expired_pin_is_not_spoken(office: Office, ringing: str) -> None:
    office.world.clock.advance(timedelta(seconds=301))
    assert spoken(answer(office, ringing)) == ["pincall.stale"]
    assert spoken(press(office, ringing, "1")) == ["pincall.stale"]


def test_an_unknown_token_is_hung_up_on(office: Office) -> None:
    assert answer(office, "never given") == (HangUp(),)
    assert press(office, "never given", "1") == (HangUp(),)
