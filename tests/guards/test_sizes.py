"""Files and functions a reader can hold in mind (STYLE, "What to absorb", 6)."""

from __future__ import annotations

import statistics

import pytest

from tests.support.source import Module, product

LINES = 400
FUNCTION = 60
MEDIAN = 8


@pytest.mark.parametrize("module", product(), ids=lambda module: module.place)
def test_no_file_and_no_function_is_too_long(module: Module) -> None:
    assert module.text.count("\n") <= LINES
    assert not {function.name: length for function in module.functions() if (length := _length(function)) > FUNCTION}


def test_most_functions_are_short() -> None:
    lengths = [_length(function) for module in product() for function in module.functions()]
    assert statistics.median(lengths) <= MEDIAN


def _length(function: object) -> int:
    return int(getattr(function, "end_lineno", 0)) - int(getattr(function, "lineno", 0)) + 1
