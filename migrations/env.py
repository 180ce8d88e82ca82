"""Run by Alembic inside the transaction that `core.migrate` opened; there is no way to run it without one."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from core.database import Base, Utc


def _render(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    # A revision must not change when our code does, so it names SQLAlchemy's types only.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Utc) else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=_render,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
