"""How many SQL statements a webhook runs: BEGIN and COMMIT are not among them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from carrier import webhook
from core.database import Database
from tests.bench.town import Request


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that run on this database within the block, in their order."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(" ".join(statement.split()))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def post(client: FlaskClient, request: Request) -> bytes:
    """Send a signed webhook to the application in this process; the body of the answer. Raises on any but 200."""
    answer = client.post(
        request.target,
        data=request.body,
        content_type=webhook.FORM,
        headers={"X-Twilio-Signature": request.signature},
    )
    if answer.status_code != 200:
        raise RuntimeError(f"{request.target.partition('?')[0]} answered {answer.status_code}")
    body: bytes = answer.data
    return body
