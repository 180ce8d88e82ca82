"""The composition root: settings -> adapters -> services -> blueprints, jobs and commands. Nobody imports from it.

make run                 everything on one machine: service, worker and a telephone network (development)
vouchline serve|worker   one part each, on as many machines as are needed
app:create_app()         the WSGI application
"""

from __future__ import annotations

import importlib
import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action, Outcome
from carrier.inbox import InboxMailer, InboxTelephone
from carrier.mail import Mailer, SmtpMailer
from carrier.signature import Verifier as SignatureVerifier
from carrier.telephone import Telephone
from carrier.twilio_rest import TwilioAccount, TwilioTelephone
from carrier.twiml import render
from carrier.urls import Urls
from core import counters, jobs, logs, probes, schema
from core.clock import Clock, RemoteClock, SystemClock
from core.database import Database
from core.errors import SettingError
from core.keys import Keyring
from core.settings import Settings, load
from desk import sample as agents_sample
from desk import work
from desk.context import Context
from directory import book as books
from directory import loading
from directory import sample as directory_sample
from ivr import notices, store
from ivr.arrival import Arrivals
from ivr.cli import main
from ivr.deeds import Doer
from ivr.legs import Legs
from ivr.service import Calls
from ivr.views import SORRY, Edge, blueprint
from verification import challenges, limits
from verification.catalogue import preset
from verification.delivery import Delivery
from verification.record import Recorder
from verification.service import Rules, Verifier
from verification.spending import Spending

log = logs.logger("vouchline")

MOST_LAG = timedelta(seconds=120)


class Parts:
    """The parts of one process, each made when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def database(self) -> Database:
        database = Database(self.settings.database)
        if self.settings.redis_url is not None:
            jobs.ring_after_commit(database, jobs.RedisBell(self.settings.redis_url.get_secret_value()))
        return database

    @cached_property
    def clock(self) -> Clock:
        return RemoteClock(self.settings.clock) if self.settings.clock else SystemClock()

    @cached_property
    def keyring(self) -> Keyring:
        return Keyring(self.settings.masters)

    @cached_property
    def context(self) -> Context:
        return Context(self.clock, self.keyring)

    @cached_property
    def urls(self) -> Urls:
        return Urls(self.settings.public_url, self.keyring)

    @cached_property
    def spending(self) -> Spending:
        countries = frozenset(self.settings.countries) or None
        return Spending(countries, int(self.settings.daily_spend * 100))

    @cached_property
    def operators(self) -> tuple[str, ...]:
        with self.database.read() as tx:
            return tuple(books.current(tx, self.settings.operators).operators)

    @cached_property
    def verifier(self) -> Verifier:
        life = timedelta(minutes=self.settings.pin_minutes)
        rules = Rules(preset(self.settings.preset), self.spending, life)
        return Verifier(self.clock, self.keyring, dict.fromkeys(self.operators, rules))

    @cached_property
    def web(self) -> tuple[Calls, Legs]:
        """What the carrier's web face calls."""
        arrivals = Arrivals(self.clock, self.keyring, self.verifier, frozenset(self.settings.operators))
        doer = Doer(self.verifier, self.context, frozenset(self.settings.operators))
        calls = Calls(self.database, self.clock, self.keyring, doer, arrivals, self.urls)
        recorder = Recorder(self.clock, self.keyring)
        return calls, Legs(self.database, self.clock, self.context, recorder, arrivals, self.urls, calls)

    @cached_property
    def telephone(self) -> Telephone:
        settings = self.settings
        if not settings.account_sid or not settings.auth_tokens or not settings.voice_from:
            return InboxTelephone(self.inbox, self.clock)
        return TwilioTelephone(
            TwilioAccount(
                account_sid=settings.account_sid,
                auth_token=settings.auth_tokens[0].get_secret_value(),
                voice_from=settings.voice_from,
                text_from=settings.text_from or settings.voice_from,
                api_key=settings.api_key,
                api_secret=settings.api_secret.get_secret_value() if settings.api_secret else None,
                api_base_url=settings.api_base_url,
            )
        )

    @cached_property
    def mailer(self) -> Mailer:
        if self.settings.smtp_url is None:
            return InboxMailer(self.inbox, self.clock)
        sender = self.settings.mail_from or "vouchline@localhost"
        return SmtpMailer(self.settings.smtp_url.get_secret_value(), sender)

    @property
    def inbox(self) -> Path:
        return self.settings.data_dir / "inbox"

    def worker(self) -> jobs.Worker:
        """Everything deferred: PINs, agents' telephones, callbacks, sweeps."""
        redis = self.settings.redis_url
        return jobs.Worker(
            self.database,
            self.clock,
            self.handlers(),
            threads=8,
            waker=jobs.waker_for(self.database, redis.get_secret_value()) if redis else None,
            periodic=[
                jobs.every(kind, timedelta(minutes=minutes))
                for kind, minutes in (("sweep", 1), (notices.SWEEP, 1), ("heartbeat", 5))
            ],
        )

    def handlers(self) -> dict[str, jobs.Handler]:
        delivery = Delivery(
            self.database,
            self.clock,
            self.keyring,
            telephone=self.telephone,
            mailer=self.mailer,
            public_url=self.settings.public_url,
        )
        rules = dict.fromkeys(self.operators, self.spending)
        news = notices.Notices(self.database, self.context, self.telephone, self.urls, rules)
        return {
            notices.SWEEP: news.sweep,
            notices.TEXT: news.text,
            challenges.DELIVER: delivery.deliver,
            **work.handlers(self.database, self.context, self.telephone, self.urls, rules),
            "sweep": self._sweep,
            "heartbeat": self._heartbeat,
        }

    def _sweep(self, _: jobs.Job) -> None:
        now = self.clock.now()
        for sweep in (counters.sweep, challenges.expire, limits.sweep, jobs.sweep):
            with self.database.begin() as tx:
                sweep(tx, now)
        with self.database.begin() as tx:
            store.sweep(tx, now)

    def _heartbeat(self, _: jobs.Job) -> None:
        with self.database.begin() as tx:
            append(tx, self.clock, self.keyring, _own(Action.HEARTBEAT))

    def prepare(self) -> None:
        """Newest schema and shipped lines; in development the sample too. Doing it again changes nothing."""
        importlib.import_module("core.migrate").upgrade(self.database)  # by name: who only serves needs no Alembic
        with self.database.begin() as tx:
            loading.load_shipped(tx)
            if self.settings.is_development:
                loading.open_sample_ingresses(tx)
        if self.settings.is_development:
            with self.database.begin() as tx:
                directory_sample.load(tx, self.clock, self.keyring)
                agents_sample.load(tx, self.context)

    def checks(self) -> Mapping[str, probes.Check]:
        return {"database": self._reachable, "migrations": self._migrated, "jobs": self._keeping_up}

    def _reachable(self) -> str | None:
        with self.database.read() as tx:
            return None if books.current(tx, self.settings.operators).lines else "no lines are loaded"

    def _migrated(self) -> str | None:
        return None if schema.is_current(self.database) else "the schema is not the newest"

    def _keeping_up(self) -> str | None:
        with self.database.read() as tx:
            late = jobs.lag(tx, self.clock.now())
        return None if late <= MOST_LAG.total_seconds() else f"the oldest due job waits for {late:.0f} s"


def open_parts() -> Parts:
    """The parts for a command; settings are read once."""
    return Parts(load())


def create_app(parts: Parts | None = None) -> Flask:
    """The WSGI application. Raises `SettingError`."""
    parts = parts or open_parts()
    settings = parts.settings
    logs.configure()
    if not settings.account_sid or not settings.auth_tokens:
        raise SettingError("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are needed: they prove the carrier's requests")
    app = Flask("vouchline", static_folder=None)
    app.url_map.merge_slashes = False  # a wrong path is refused and not redirected: the path is signed (E4)
    host = urlsplit(settings.public_url).hostname or ""
    app.config |= {"TRUSTED_HOSTS": [host, "127.0.0.1", "localhost"], "MAX_CONTENT_LENGTH": 64 * 1024}
    tokens = [token.get_secret_value() for token in settings.auth_tokens]
    edge = Edge(settings.account_sid, SignatureVerifier(tokens, settings.public_url), *parts.web, render(SORRY, str))
    app.register_blueprint(blueprint(edge))
    token = settings.metrics_token
    app.register_blueprint(probes.blueprint(parts.checks(), token.get_secret_value() if token else None))
    _plain_errors(app)
    return app


def _plain_errors(app: Flask) -> None:
    """Errors are a word and an id to ask for; nothing of the inside is shown (H17)."""

    @app.before_request
    def trace() -> None:
        request.environ["vouchline.request"] = secrets.token_hex(8)
        structlog.contextvars.bind_contextvars(request=request.environ["vouchline.request"])

    @app.teardown_request
    def forget(_: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-ID"] = request.environ.get("vouchline.request", "")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return Response(f"{error.name}\n", status=error.code or 500, content_type="text/plain; charset=utf-8")

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.error("a request failed", exc_info=error)
        return Response("Internal Server Error\n", status=500, content_type="text/plain; charset=utf-8")


def _own(action: Action) -> Entry:
    return Entry(actor="service", subject="process", action=action, outcome=Outcome.SUCCESS, operator=None)


if __name__ == "__main__":
    os.environ.setdefault("VOUCHLINE_ENV", "development")
    main(["run"])
