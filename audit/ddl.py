"""What a database must forbid by itself: entries are added and read, never changed (REQUIREMENTS F7).

On PostgreSQL the application's role gets no such privileges either; on SQLite whoever owns the file can drop a trigger,
so there the log only claims that a change is found.
"""

from __future__ import annotations

_SAYS = "audit entries are never changed"

_SQLITE = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{says}'); END",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{says}'); END",
)

_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{says}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_refuse()""",
    """CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
)

_FORBID = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}


def forbid_changes(table: str, dialect: str) -> tuple[str, ...]:
    """Statements that forbid UPDATE, DELETE and TRUNCATE; for `after_create` and for the migration alike."""
    return tuple(statement.format(table=table, says=_SAYS) for statement in _FORBID[dialect])


def allow_changes(table: str, dialect: str) -> tuple[str, ...]:
    """What a migration's way down runs after it dropped the table (SQLite drops triggers with their table)."""
    return (f"DROP FUNCTION IF EXISTS {table}_refuse()",) if dialect == "postgresql" else ()
