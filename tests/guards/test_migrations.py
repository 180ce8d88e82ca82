"""The schema of the migrations is the schema of the models, on both databases, up and down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from core.database import Base, Database
from core.migrate import downgrade, upgrade
from core.schema import is_current, newest
from migrations import models
from tests.support import schema

PROJECT = Path(__file__).resolve().parent.parent.parent
VERSIONS = PROJECT / "migrations" / "versions"

written = pytest.mark.skipif(newest() is None, reason="there is no revision yet")

RULES = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
}


def triggers(tx: Connection) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in tx.execute(text(RULES[tx.dialect.name]))]


def test_every_module_with_tables_is_listed() -> None:
    assert sorted(schema.modules()) == sorted(models.MODULES)


def test_the_newest_revision_is_told_by_its_file() -> None:
    assert newest() == ScriptDirectory(str(VERSIONS.parent)).get_current_head()


def test_a_web_process_does_not_load_what_migrates() -> None:
    look = "import sys, app; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], cwd=PROJECT, check=False).returncode == 0


def test_revisions_are_numbered_in_their_order() -> None:
    numbers = [file.name.partition("_")[0] for file in sorted(VERSIONS.glob("*.py"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


@written
def test_migrations_and_models_agree(bare_database: Database) -> None:
    models.load()
    upgrade(bare_database)
    with bare_database.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_server_default": True, "compare_type": True})
        assert not compare_metadata(context, Base.metadata)


@written
def test_migrations_and_models_make_the_same_triggers(bare_database: Database, database: Database) -> None:
    if bare_database.is_sqlite != database.is_sqlite:
        return
    upgrade(bare_database)
    with bare_database.read() as migrated, database.read() as made:
        assert triggers(migrated) == triggers(made)


@written
def test_the_way_up_down_and_up_again(bare_database: Database) -> None:
    upgrade(bare_database)
    downgrade(bare_database, "base")
    with bare_database.read() as tx:
        assert inspect(tx).get_table_names() == ["alembic_version"]
    assert not is_current(bare_database)
    upgrade(bare_database)
    assert is_current(bare_database)


@written
def test_a_second_upgrade_changes_nothing(bare_database: Database) -> None:
    upgrade(bare_database)
    upgrade(bare_database)
    assert is_current(bare_database)


@written
def test_an_empty_database_is_not_current(bare_database: Database) -> None:
    Path(str(bare_database.url.database)).parent.mkdir(exist_ok=True) if bare_database.is_sqlite else None
    assert not is_current(bare_database)


UPGRADE = (
    "import sys; from core.database import Database; from core.migrate import upgrade; upgrade(Database(sys.argv[1]))"
)


@written
def test_processes_that_start_together_migrate_once(bare_database: Database) -> None:
    url = bare_database.url.render_as_string(hide_password=False)
    started = [subprocess.Popen([sys.executable, "-c", UPGRADE, url], cwd=PROJECT) for _ in range(3)]
    assert [process.wait(timeout=50) for process in started] == [0, 0, 0]
    assert is_current(bare_database)


@written
def test_the_file_of_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path / 'new' / 'vouchline.db'}")
    upgrade(made)
    made.close()
    assert (tmp_path / "new" / "vouchline.db").stat().st_mode & 0o777 == 0o600
