"""The web face for the carrier: signature first, then read, one call, write.

A bad signature is refused before anything is read. With a good one every answer is valid TwiML and 200, also when
something breaks inside: the carrier would otherwise keep the whole request, a keyed PIN included, in its error log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Blueprint, Response, g, request

from carrier import webhook
from carrier.signature import Verifier
from carrier.steps import HangUp, Say, Step
from carrier.webhook import BadWebhook, Webhook
from ivr import meters
from ivr.legs import Legs
from ivr.service import Calls
from speech.messages import say

log = structlog.get_logger()

XML = "text/xml; charset=utf-8"


SORRY: tuple[Step, ...] = (Say(say("sorry"), "en"), HangUp())


@dataclass(frozen=True, slots=True)
class Edge:
    """What the blueprint needs: whose calls these are, how they are proven, and what is said when all else fails."""

    account: str
    signature: Verifier
    calls: Calls
    legs: Legs
    sorry: bytes


def blueprint(edge: Edge) -> Blueprint:
    """All routes under /voice/."""
    voice = Blueprint("voice", __name__, url_prefix="/voice")

    @voice.before_request
    def prove() -> Response | None:
        return _prove(edge)

    _add_spoken(voice, edge)
    _add_heeded(voice, edge)
    return voice


def _add_spoken(voice: Blueprint, edge: Edge) -> None:
    """Steps: each is answered with what happens next."""
    calls, legs = edge.calls, edge.legs

    @voice.post("/incoming")
    def incoming() -> Response:
        return _spoken(edge, calls.incoming)

    @voice.post("/<step>")
    def step(step: str) -> Response:
        nonce, token = request.args.get("n", ""), request.args.get("t", "")
        if nonce:
            return _spoken(edge, lambda hook: calls.step(step, nonce, hook))
        return _spoken(edge, lambda hook: calls.carried(step, token, hook))

    @voice.post("/agent/<act>/<token>")
    def agent(act: str, token: str) -> Response:
        return _spoken(edge, lambda hook: legs.agent(act, token, hook))

    @voice.post("/pincall/<act>/<token>")
    def pin_call(act: str, token: str) -> Response:
        return _spoken(edge, lambda hook: legs.pin_call(act, token, hook))

    @voice.post("/callback/<token>")
    def call_back(token: str) -> Response:
        return _spoken(edge, lambda hook: legs.call_back(token, hook))


def _add_heeded(voice: Blueprint, edge: Edge) -> None:
    """What the carrier tells and nobody speaks about: how calls and texts went."""
    calls, legs, account = edge.calls, edge.legs, edge.account

    @voice.post("/status")
    def status() -> Response:
        return _heeded(lambda: calls.status(webhook.read_status(g.pairs, account)))

    @voice.post("/status/leg")
    def leg_status() -> Response:
        return _heeded(lambda: legs.leg_status(webhook.read_status(g.pairs, account)))

    @voice.post("/status/agent/<token>")
    def agent_status(token: str) -> Response:
        return _heeded(lambda: legs.agent_status(token, webhook.read_status(g.pairs, account)))

    @voice.post("/status/pincall/<token>")
    def pin_call_status(token: str) -> Response:
        return _heeded(lambda: legs.pin_call_status(token, webhook.read_status(g.pairs, account)))

    @voice.post("/status/callback/<token>")
    def call_back_status(token: str) -> Response:
        return _heeded(lambda: legs.call_back_status(token, webhook.read_status(g.pairs, account)))

    @voice.post("/status/message/<token>")
    def message_status(token: str) -> Response:
        return _heeded(lambda: legs.message_status(token, webhook.read_message_status(g.pairs, account)))


def _prove(edge: Edge) -> Response | None:
    """The form and its signature, before anything of the service is asked (E1)."""
    try:
        pairs = webhook.form(request.get_data(cache=False), request.content_type)
    except BadWebhook as fault:
        return _refused(fault.status, fault.code)
    if not edge.signature.check(_target(), pairs, request.headers.get("X-Twilio-Signature")):
        return _refused(403, "signature")
    g.pairs = pairs
    return None


def _target() -> str:
    """Path and query byte for byte as they were requested; Werkzeug's own would be decoded (TELEPHONY 2)."""
    environ = request.environ
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw:
        return str(raw)
    query = environ.get("QUERY_STRING", "")
    return f"{request.path}?{query}" if query else request.path


def _spoken(edge: Edge, answer: Callable[[Webhook], bytes]) -> Response:
    try:
        hook = webhook.read(g.pairs, edge.account)
    except BadWebhook as fault:
        return _refused(fault.status, fault.code)
    with structlog.contextvars.bound_contextvars(call=hook.call):
        try:
            return Response(answer(hook), content_type=XML)
        except Exception:
            # Whatever it was, the caller hears something sensible, and nobody is ever verified by an error (E8).
            meters.WEBHOOK_ERRORS.inc()
            log.exception("a webhook failed", step=request.url_rule.rule if request.url_rule else "")
            return Response(edge.sorry, content_type=XML)


def _heeded(heed: Callable[[], None]) -> Response:
    try:
        heed()
    except BadWebhook as fault:
        return _refused(fault.status, fault.code)
    return Response(status=204)


def _refused(status: int, reason: str) -> Response:
    meters.WEBHOOKS_REFUSED.labels(reason).inc()
    log.warning("a webhook was refused", reason=reason, status=status)
    return Response(f"{reason}\n", status=status, content_type="text/plain; charset=utf-8")
