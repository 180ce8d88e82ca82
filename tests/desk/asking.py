"""Wishes to be called back, for the tests."""

from __future__ import annotations

from typing import Any

from desk.callbacks import Request
from desk.context import Context
from tests.desk.floor import TECHNICAL, call_id

NUMBER = "+14255550123"


def asked(call: int, desk: Context, **changes: Any) -> Request:
    """The wish of one call; all calls come from one number."""
    operator, department, language = TECHNICAL
    values: dict[str, Any] = {
        "call": call_id(call),
        "operator": operator,
        "department": department,
        "language": language,
    }
    values |= {"number": NUMBER, "catalogue": "en", "due_at": desk.now}
    return Request(**(values | changes))
