"""Asks the service: one signed request, redirects followed as Twilio does, the answer read as a document.

Rules of Twilio kept here: 64 kB, ten redirects (error 11215), 15 s in all, a 3xx turns into a GET that carries the
call's own fields but no keys, cookies kept per call, text/plain is read aloud, audio is played.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import requests

from simulator.errors import ApplicationError
from simulator.model import Exchange, Step
from simulator.settings import Settings
from simulator.signature import sign
from simulator.twiml import MAX_BYTES, Document, Verb, parse

MAX_REDIRECTS = 10
TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    kind: str
    location: str
    body: bytes


class Webhooks:
    """Requests to the service. Holds no state but the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._local = _origin(settings.voice_url)
        self._public = _origin(settings.public_url) if settings.public_url else self._local

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # a proxy of this machine must not see or reroute a test's calls
        session.headers["User-Agent"] = "TwilioProxy/1.1 (simulator)"
        return session

    def public(self, url: str) -> str:
        return _rebase(url, self._local, self._public)

    def document(
        self, session: requests.Session, step: Step, form: Mapping[str, str], trace: list[Exchange]
    ) -> tuple[Document, bool]:
        """The document and whether keys were lost on a redirect. Raises ApplicationError."""
        if step.twiml is not None:
            return parse(step.twiml.encode()), False
        url, answer, lost = self._follow(session, step, form, trace)
        if not 200 <= answer.status < 300:
            raise ApplicationError(11200, f"the service answered {answer.status}", url)
        return _read(answer, url), lost

    def notify(self, url: str, method: str, form: Mapping[str, str]) -> int:
        """A status callback. Returns the HTTP status; raises requests.RequestException."""
        with self.session() as session:
            return self._ask(session, url, method, form).status

    def _follow(
        self, session: requests.Session, step: Step, form: Mapping[str, str], trace: list[Exchange]
    ) -> tuple[str, Answer, bool]:
        url, method, fields = step.url, step.method.upper(), {**form, **step.extra}
        for hop in range(MAX_REDIRECTS + 1):
            answer = self._traced(session, url, method, fields, trace)
            if not (300 <= answer.status < 400 and answer.location):
                return url, answer, step.after_input and hop > 0
            url = urljoin(url, answer.location)
            if answer.status not in {307, 308}:
                method = "GET"
            fields = dict(form)
        raise ApplicationError(11215, f"more than {MAX_REDIRECTS} redirects", step.url)

    def _traced(
        self, session: requests.Session, url: str, method: str, form: Mapping[str, str], trace: list[Exchange]
    ) -> Answer:
        started = time.monotonic()
        status: int | None = None
        body = ""
        try:
            answer = self._ask(session, url, method, form)
            status, body = answer.status, answer.body.decode("utf-8", "replace")
            return answer
        except requests.RequestException as error:
            raise ApplicationError(11205, f"no answer from the service: {type(error).__name__}", url) from error
        finally:
            trace.append(Exchange(url, method, status, round((time.monotonic() - started) * 1000), body))

    def _ask(self, session: requests.Session, url: str, method: str, form: Mapping[str, str]) -> Answer:
        public = self.public(url).split("#", 1)[0]  # what follows # are connection settings, never sent nor signed
        fields = {} if method == "GET" else dict(form)
        if method == "GET" and form:
            public += ("&" if "?" in public else "?") + urlencode(form)
        target = _rebase(public, self._public, self._local)
        request = session.prepare_request(requests.Request(method, target, data=fields or None))
        request.url = target  # byte for byte: requests would decode harmless escapes, and the signature covers them
        request.headers.update(
            {
                "Host": urlsplit(public).netloc,
                "X-Forwarded-Proto": urlsplit(public).scheme,
                "X-Twilio-Signature": sign(self._settings.auth_token, public, fields),
                "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            }
        )
        limit = self._settings.webhook_timeout
        with session.send(request, timeout=limit, allow_redirects=False, stream=True) as reply:
            body = _bounded(reply, time.monotonic() + limit)
            kind = reply.headers.get("Content-Type", "").split(";")[0].strip().lower()
            return Answer(reply.status_code, kind, reply.headers.get("Location", ""), body)


def _bounded(reply: requests.Response, deadline: float) -> bytes:
    body = b""
    for chunk in reply.iter_content(8192):
        body += chunk
        if len(body) > MAX_BYTES:
            break
        if time.monotonic() > deadline:
            raise requests.Timeout("the answer took too long")
    return body


def _read(answer: Answer, url: str) -> Document:
    if answer.kind in TWIML_TYPES:
        return parse(answer.body, url)
    if answer.kind == "text/plain":
        return Document((Verb("Say", {}, answer.body.decode("utf-8", "replace").strip()),), url)
    if answer.kind.startswith("audio/"):
        return Document((Verb("Play", {}, url),), url)
    raise ApplicationError(12300, f"the content type {answer.kind or '(none)'} is not a document", url)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(f"not an http address: {url}")
    return f"{parts.scheme}://{parts.netloc}"


def _rebase(url: str, old: str, new: str) -> str:
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}" != old:
        return url
    base = urlsplit(new)
    return urlunsplit((base.scheme, base.netloc, *parts[2:]))
