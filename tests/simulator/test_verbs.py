"""Each simple verb, as a phone hears it."""

import pytest
from flask import Response

from simulator.client import Network, PhoneError
from tests.simulator.conftest import Service

LINE = "+18005550199"
CALLER = "+14255550100"


def test_what_is_said_is_heard_and_the_call_ends_with_its_document(service: Service, network: Network) -> None:
    service.page("voice", '<Say voice="Polly.Vicki" language="de-DE">Guten <break/>Tag</Say>')
    phone = network.phone(CALLER)
    phone.call(LINE)
    said = phone.wait_for("said")
    assert (said["text"], said["voice"], said["language"]) == ("Guten Tag", "Polly.Vicki", "de-DE")
    assert phone.ended()["reason"] == "document-ended"


def test_the_first_webhook_has_the_fields_of_an_inbound_call(service: Service, network: Network) -> None:
    service.page("voice", "<Say>Hello</Say>")
    sid = network.phone(CALLER).call(LINE, attest="TN-Validation-Passed-A", forwarded_from="+14255550111")
    form = service.wait_for("voice")
    assert form["CallSid"] == sid
    assert (form["From"], form["Caller"], form["To"], form["Called"]) == (CALLER, CALLER, LINE, LINE)
    assert (form["CallStatus"], form["Direction"], form["FromCity"]) == ("ringing", "inbound", "")
    assert (form["StirVerstat"], form["ForwardedFrom"]) == ("TN-Validation-Passed-A", "+14255550111")


def test_without_attestation_the_field_is_absent(service: Service, network: Network) -> None:
    service.page("voice", "<Hangup/>")
    network.phone(CALLER).call(LINE, from_="anonymous")
    form = service.wait_for("voice")
    assert "StirVerstat" not in form
    assert form["From"] == "anonymous"


def test_keys_reach_the_action_and_the_finish_key_is_not_among_them(service: Service, network: Network) -> None:
    service.page("voice", '<Gather action="/keyed" numDigits="8"><Say>Key your PIN</Say></Gather>')
    service.page("keyed", lambda form: f"<Say>You keyed {len(form['Digits'])}</Say>")
    phone = network.phone(CALLER)
    phone.call(LINE)
    phone.hear("key your pin")
    assert phone.wait_for("gather")["digits"] == 8
    phone.key("123456#")
    phone.hear("You keyed 6")
    form = service.wait_for("keyed")
    assert (form["Digits"], form["FinishedOnKey"], form["CallStatus"]) == ("123456", "#", "in-progress")


def test_silence_falls_through_to_the_next_verb(service: Service, network: Network) -> None:
    service.page("voice", '<Gather action="/keyed"><Say>Key</Say></Gather><Redirect>/again</Redirect>')
    service.page("again", "<Say>Nobody there</Say><Hangup/>")
    phone = network.phone(CALLER)
    phone.call(LINE)
    phone.silence()
    phone.hear("nobody there")
    assert phone.ended()["reason"] == "service-hung-up"


def test_a_gather_times_out_by_itself(service: Service, network: Network) -> None:
    service.page("voice", '<Gather timeout="2" action="/keyed" actionOnEmptyResult="true"/>')
    service.page("keyed", lambda form: f"<Say>Empty: {form['Digits']}.</Say>")
    phone = network.phone(CALLER)
    phone.call(LINE)
    phone.hear("Empty: [.]", timeout=2)


def test_an_action_that_answers_3xx_loses_the_keys(service: Service, network: Network) -> None:
    service.page("voice", '<Gather numDigits="1" action="/keyed"/>')
    service.pages["keyed"] = Response(status=302, headers={"Location": "/next"})
    service.page("next", lambda form: f"<Say>Digits {'there' if 'Digits' in form else 'lost'}</Say>")
    phone = network.phone(CALLER)
    phone.call(LINE)
    phone.key("1")
    phone.hear("digits lost")
    assert "3xx" in phone.wait_for("warning")["message"]


@pytest.mark.parametrize(
    ("twiml", "named"),
    [
        ("<Record/>", "<Record>"),
        ("<Leave/>", "<Leave>"),
        ("<Gather><Dial>1</Dial></Gather>", "<Dial> inside <Gather>"),
        ("<Say>a & b</Say>", "not well-formed"),
        ("<Dial><Sim>1</Sim></Dial>", "<Sim>"),
        ("<Gather numDigits='x'/>", "numDigits"),
        ("<Say>" + "x" * 70_000 + "</Say>", "longer than"),
        ("<Redirect>/voice</Redirect>", "redirects without a pause"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_by_name(
    service: Service, network: Network, twiml: str, named: str
) -> None:
    service.page("voice", twiml)
    phone = network.phone(CALLER)
    phone.call(LINE)
    assert named in phone.wait_for("error")["message"]
    assert phone.ended()["reason"] == "application-error"


def test_reject_does_not_answer(service: Service, network: Network) -> None:
    service.page("voice", '<Reject reason="busy"/>')
    phone = network.phone(CALLER)
    phone.call(LINE)
    assert phone.ended()["status"] == "busy"
    assert "answered" not in {event["kind"] for event in phone.events}


def test_the_status_callback_comes_at_the_end(service: Service, network: Network) -> None:
    service.page("voice", "<Gather/>")
    phone = network.phone(CALLER)
    sid = phone.call(LINE)
    phone.wait_for("gather")
    phone.hang_up()
    form = service.wait_for("status")
    assert (form["CallSid"], form["CallStatus"], form["CallDuration"]) == (sid, "completed", "0")
    assert service.forms("voice") != []


def test_a_phone_that_hears_something_else_says_what_it_heard(service: Service, network: Network) -> None:
    service.page("voice", "<Say>Good morning</Say>")
    phone = network.phone(CALLER)
    phone.call(LINE)
    with pytest.raises(PhoneError, match="Good morning"):
        phone.hear("good night")
