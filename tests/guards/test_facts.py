"""docs/facts.md tells for every fact of the domain where it is built and which test shows it; both must exist.

A row begins with `| F12 |` and names, in backticks, a place (`directory/hours.py::opening`) and a test
(`tests/directory/test_hours.py::test_x`); a fact that waits has the word "later" instead.
"""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.source import PROJECT

PAGE = PROJECT / "docs" / "facts.md"
FACTS = [f"F{number}" for number in range(1, 113)]

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="docs/facts.md is not written yet")


def rows() -> dict[str, str]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return {row[1]: line for line in lines if (row := re.match(r"\| *(F[0-9]+) *\|", line))}


def test_every_fact_has_exactly_one_row() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| *(F[0-9]+) *\|", text, flags=re.MULTILINE) == FACTS


def test_every_fact_is_built_and_shown_or_waits() -> None:
    silent = [
        fact
        for fact, row in rows().items()
        if "later" not in row and not ("tests/" in row and re.search(r"`(?!tests/)[a-z_]+[/.]", row))
    ]
    assert not silent


def test_every_place_and_test_that_is_named_exists() -> None:
    named = {(fact, name) for fact, row in rows().items() for name in re.findall(r"`([\w./-]+(?:::\w+)*)`", row)}
    assert not sorted(f"{fact}: {name}" for fact, name in named if not _exists(name))


def _exists(name: str) -> bool:
    path, _, inner = name.partition("::")
    if not (PROJECT / path).exists():
        return False
    return not inner or inner.split("::")[-1] in _names(path)


@cache
def _names(path: str) -> frozenset[str]:
    """Everything a file of Python defines, at any depth."""
    tree = ast.parse((PROJECT / path).read_text(encoding="utf-8"))
    defined = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    assigned = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    annotated = {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    return frozenset(defined | assigned | annotated)
