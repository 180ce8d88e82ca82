"""The WSGI application that is measured: the whole service, and beside it the bare route it is compared with.

`granian --interface=wsgi --factory tests.bench.factory:create_app`; development only.
"""

from __future__ import annotations

from flask import Flask, Response, request

import app
from carrier import webhook
from carrier.signature import Verifier

BARE = "/bench/bare"
FIXED = (
    b'<?xml version="1.0" encoding="UTF-8"?><Response><Gather input="dtmf" action="https://example.com/voice/menu?n=1"'
    b' method="POST" timeout="5" numDigits="1"><Say voice="Polly.Joanna" language="en-US">Press 1.</Say></Gather>'
    b'<Redirect method="POST">https://example.com/voice/menu?n=1</Redirect></Response>'
)


def create_app() -> Flask:
    """The service with `BARE` added before its first request. Raises `SettingError`."""
    parts = app.open_parts()
    if not parts.settings.is_development:
        raise RuntimeError("the bare route is for measuring, not for production")
    web = app.create_app(parts)
    tokens = [token.get_secret_value() for token in parts.settings.auth_tokens]
    add_bare(web, Verifier(tokens, parts.settings.public_url))
    return web


def add_bare(web: Flask, verifier: Verifier) -> None:
    """Signature and a fixed answer: what any webhook costs at least on this server."""

    @web.post(BARE)
    def bare() -> Response:
        pairs = webhook.form(request.get_data(cache=False), request.content_type)
        target = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.path)
        if not verifier.check(target, pairs, request.headers.get("X-Twilio-Signature")):
            return Response(status=403)
        return Response(FIXED, content_type="text/xml; charset=utf-8")
