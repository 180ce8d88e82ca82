"""Fixtures shared by all tests: both databases, a standing clock, keys, and what a machine may lack.

What is missing (PostgreSQL, Redis, a browser, the shared vendor data) is skipped by name; with
`REQUIRE=postgres,redis,browser,shared` a missing one fails instead. No test may talk to anything but this machine.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
import redis
import structlog

from core.clock import ManualClock
from core.database import Base, Database
from core.keys import Keyring
from tests.support import needs, network, postgres, schema

PROJECT = Path(__file__).resolve().parent.parent

os.environ["VOUCHLINE_ENV"] = "development"
sys.addaudithook(network.only_this_machine)
# How fast inputs are made depends on the machine, not on the code under test.
SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile(
    "vouchline", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW
)
hypothesis.settings.load_profile("vouchline")


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Whoever starts the service configures the logs of the process; the next test finds them as they were."""
    root, raising = logging.getLogger(), logging.raiseExceptions
    handlers, level, config = list(root.handlers), root.level, structlog.get_config()
    configured = structlog.is_configured()
    yield
    root.handlers[:], logging.raiseExceptions = handlers, raising
    root.setLevel(level)
    if configured:
        structlog.configure(**config)
    else:
        structlog.reset_defaults()


@pytest.fixture
def clock() -> ManualClock:
    """Stands still on a Wednesday morning until a test moves it."""
    return ManualClock(datetime(2026, 11, 18, 10, 0, tzinfo=UTC))


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([b"a master secret made for the tests only"])


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database with every table, once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "vouchline.db"
    shutil.copyfile(sqlite_template, path)
    with contextlib.closing(Database(f"sqlite:///{path}")) as found:
        yield found


@pytest.fixture
def postgresql_database(postgres_database: postgres.TestDatabase) -> Iterator[Database]:
    postgres_database.empty()
    with contextlib.closing(Database(postgres_database.url)) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table, as a first start finds it; on SQLite not even the file exists."""
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'bare' / 'vouchline.db'}"
        else:
            url = stack.enter_context(_postgres()).url
        found = Database(url)
        stack.callback(found.close)
        yield found


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema, made once: a copy is much faster than the statements."""
    schema.load()
    path = tmp_path_factory.mktemp("template") / "template.db"
    made = Database(f"sqlite:///{path}")
    with made.begin() as tx:
        Base.metadata.create_all(tx)
    made.close()
    return path


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[postgres.TestDatabase]:
    """A database of this test process alone, with the schema; dropped at the end."""
    schema.load()
    with _postgres() as found:
        made = Database(found.url)
        with made.begin() as tx:
            Base.metadata.create_all(tx)
        made.close()
        yield found


@contextlib.contextmanager
def _postgres() -> Iterator[postgres.TestDatabase]:
    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(postgres.database(os.environ.get("VOUCHLINE_TEST_POSTGRES", postgres.DEFAULT)))
        except postgres.NoServerError as error:
            needs.missing("postgres", str(error))
        yield found


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Address of a Redis server; tests use keys with a random prefix, it may be shared."""
    url = os.environ.get("VOUCHLINE_TEST_REDIS", "redis://127.0.0.1:6379/15")
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
            client.ping()
    except redis.RedisError as error:
        needs.missing("redis", f"no answer ({type(error).__name__})")
    return url


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with vendor data and test vectors that is not part of this repository."""
    folder = Path(os.environ.get("VOUCHLINE_SHARED") or PROJECT.parent / "shared")
    if not (folder / "vendor-data").is_dir():
        needs.missing("shared", "no folder of vendor data beside the checkout")
    return folder


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The program file of a Chromium-like browser."""
    named = os.environ.get("VOUCHLINE_TEST_BROWSER")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        needs.missing("browser", "no chromium on the PATH")
    return found


def pytest_configure() -> None:
    """A name in `REQUIRE` that nobody knows stops the run at once."""
    needs.required()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Below all other lines: what was skipped and how to get it."""
    yield
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for line in [*needs.closing_lines(reasons), *schema.closing_lines()]:
        terminalreporter.write_line(line, yellow=True)
