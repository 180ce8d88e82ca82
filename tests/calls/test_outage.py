"""When something behind the service is gone, callers hear an apology at once, and never "verified" (E7, E8, F8)."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import text

from core.clock import ManualClock
from core.database import Database
from core.keys import Keyring
from tests.calls.conftest import fill
from tests.calls.customers import STRANGER, US_LINE
from tests.calls.proxy import Proxy
from tests.calls.story import Stage, staged
from tests.calls.wire import Answer, Caller, logged
from tests.carrier import twiml_schema
from tests.support import postgres

SOON = 2.0  # seconds (E8)


@pytest.fixture
def stage(filled_template: Path, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    path = tmp_path / "vouchline.db"
    shutil.copyfile(filled_template, path)
    with staged(f"sqlite:///{path}", tmp_path, clock) as made:
        yield made


@contextmanager
def without_file(stage: Stage) -> Iterator[None]:
    """The database file cannot be opened: a folder stands in its place."""
    path = Path(str(stage.wire.parts.database.url.database))
    with aside(stage, path):
        path.mkdir()
        yield
        path.rmdir()


@contextmanager
def with_an_empty_file(stage: Stage) -> Iterator[None]:
    """Somebody put an empty database in its place."""
    path = Path(str(stage.wire.parts.database.url.database))
    with aside(stage, path):
        yield
        stage.wire.parts.database.engine.dispose()
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()


@contextmanager
def aside(stage: Stage, path: Path) -> Iterator[None]:
    stage.wire.parts.database.engine.dispose()
    kept = path.with_suffix(".kept")
    path.rename(kept)
    yield
    kept.rename(path)


@contextmanager
def without_the_log(stage: Stage) -> Iterator[None]:
    """Entries cannot be written; what cannot be recorded does not happen (F8)."""
    with renamed(stage, "audit_entries"):
        yield


@contextmanager
def without_evidence(stage: Stage) -> Iterator[None]:
    with renamed(stage, "evidence"):
        yield


@contextmanager
def renamed(stage: Stage, table: str) -> Iterator[None]:
    database = stage.wire.parts.database
    with database.begin() as tx:
        tx.execute(text(f"ALTER TABLE {table} RENAME TO gone"))
    yield
    with database.begin() as tx:
        tx.execute(text(f"ALTER TABLE gone RENAME TO {table}"))


OUTAGES = [without_file, with_an_empty_file, without_the_log, without_evidence]


def soon(what: Callable[[], Answer]) -> Answer:
    started = time.monotonic()
    answer = what()
    assert time.monotonic() - started < SOON
    return answer


@pytest.mark.parametrize("outage", OUTAGES)
def test_a_new_call_hears_an_apology(outage: Callable[[Stage], Any], stage: Stage) -> None:
    with outage(stage):
        call = soon(lambda: stage.wire.incoming(STRANGER, US_LINE))
        assert call.is_apology
    assert "Welcome" in stage.wire.incoming(STRANGER, US_LINE).words


@pytest.mark.parametrize("outage", OUTAGES)
def test_a_keyed_pin_hears_an_apology_and_is_good_when_all_is_well(
    outage: Callable[[Stage], Any], stage: Stage
) -> None:
    call = stage.ask_for_pin()
    pin, target = stage.delivered_pin(), call.answer.next
    with outage(stage):
        for _ in range(2):
            answer = soon(lambda: call.post(target, Digits=pin))
            assert answer.is_apology
            assert "verified" not in answer.words
    assert "You are verified" in call.post(target, Digits=pin).words
    attempted = [one for one in stage.wire.timeline(call.sid) if one.action == "caller:challenge:attempted"]
    assert len(attempted) == 1


@pytest.mark.parametrize("step", ["menu?n=x", "account?n=x", "wait?t=x", "queued?t=x", "talked?t=x", "agent/offer/x"])
def test_every_step_answers_with_twiml(step: str, stage: Stage) -> None:
    call = Caller.dial(stage.wire, STRANGER, US_LINE)
    with without_file(stage):
        answer = soon(lambda: call.post(f"/voice/{step}", Digits="1"))
    assert answer.status == 200
    assert answer.verbs[-1] == "Hangup"


def test_the_apology_is_a_document_of_the_carrier(stage: Stage, shared: Path) -> None:
    with without_file(stage):
        answer = stage.wire.incoming(STRANGER, US_LINE)
    assert twiml_schema.faults(twiml_schema.load(shared), answer.body) == []
    assert etree.fromstring(answer.body).tag == "Response"


def test_probes_tell_what_is_wrong(stage: Stage) -> None:
    assert probe(stage, "/healthz").status_code == 200
    with without_file(stage), logged() as log:
        ready = probe(stage, "/readyz")
        assert (ready.status_code, ready.json["ready"]) == (503, False)
        assert {"database", "migrations", "jobs"} == set(ready.json["reasons"])
        assert probe(stage, "/healthz").status_code == 200
        assert probe(stage, "/metrics").status_code == 200
    assert str(stage.wire.parts.settings.data_dir) not in ready.get_data(as_text=True)
    assert "a readiness check failed" in log.getvalue()


def probe(stage: Stage, path: str) -> Any:
    return stage.wire.client.get(path, base_url="https://calls.example.com")


def test_failures_are_counted(stage: Stage) -> None:
    before = failures(stage)
    with without_file(stage):
        stage.wire.incoming(STRANGER, US_LINE)
    assert failures(stage) == before + 1


def failures(stage: Stage) -> float:
    lines = probe(stage, "/metrics").get_data(as_text=True).splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("vouchline_webhook_errors_total ")))


# PostgreSQL behind a wire that can be cut.


@pytest.fixture
def cuttable(
    postgres_database: postgres.TestDatabase, clock: ManualClock, keyring: Keyring, tmp_path: Path
) -> Iterator[tuple[Stage, Proxy]]:
    postgres_database.empty()
    database = Database(postgres_database.url)
    fill(database, clock, keyring)
    database.close()
    url = database.url
    with (
        Proxy(url.host or "127.0.0.1", url.port or 5432) as proxy,
        staged(
            url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False), tmp_path, clock
        ) as made,
    ):
        yield made, proxy


def test_a_database_server_that_stops_is_an_apology_and_comes_back(cuttable: tuple[Stage, Proxy]) -> None:
    stage, proxy = cuttable
    call = stage.ask_for_pin()
    pin, target = stage.delivered_pin(), call.answer.next
    proxy.stop()
    assert soon(lambda: stage.wire.incoming(STRANGER, US_LINE)).is_apology
    assert soon(lambda: call.post(target, Digits=pin)).is_apology
    assert probe(stage, "/readyz").status_code == 503
    proxy.start()
    assert "You are verified" in call.post(target, Digits=pin).words
    assert probe(stage, "/readyz").json["reasons"].keys() <= {"migrations"}


def test_connections_that_the_server_closed_are_replaced_unheard(
    cuttable: tuple[Stage, Proxy], postgres_database: postgres.TestDatabase
) -> None:
    stage, _ = cuttable
    call = Caller.dial(stage.wire, STRANGER, US_LINE)
    closed = postgres_database.connection.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchone()
    assert closed is not None
    assert closed[0] >= 1
    assert "account number" in call.key("1").words


# No webhook reaches out (E7).


class Egress:
    """Refuses to connect, to look up a name or to start a program while a request is answered in this thread."""

    _forbidden = frozenset({"socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system"})

    def __init__(self) -> None:
        self._here = threading.local()
        self.tried: list[str] = []
        sys.addaudithook(self._heard)

    def _heard(self, event: str, _: tuple[Any, ...]) -> None:
        if event in self._forbidden and getattr(self._here, "answering", False):
            self.tried.append(event)
            raise PermissionError(f"a webhook asks for {event}")

    def around(self, application: Any) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
        def answered(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            self._here.answering = True
            try:
                return list(application(environ, start))
            finally:
                self._here.answering = False

        return answered


def test_no_webhook_reaches_out(stage: Stage) -> None:
    egress = Egress()
    stage.wire.app.wsgi_app = egress.around(stage.wire.app.wsgi_app)  # type: ignore[assignment, method-assign]
    stage.good_call()
    assert {answer.status for answer in stage.wire.answers} <= {200, 204}
    assert not [answer for answer in stage.wire.answers if answer.status == 200 and answer.is_apology]
    assert egress.tried == []
    with pytest.raises(PermissionError):
        egress.around(lambda *_: [socket.create_connection(("127.0.0.1", 9))])({}, None)
