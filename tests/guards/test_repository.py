"""What may not be in a committed file, and what the settings of the tools must say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.source import PROJECT, committed, text_of

TEXTS = [path for path in committed() if text_of(path) is not None]

# Put together from halves, so that this file passes its own test.
MACHINE = re.compile(r"(?<![\w./:>*-])/(?:wo" r"rk|ro" r"ot|ho" r"me|t" r"mp|op" r"t|Us" r"ers)/\w")
HOSTS = re.compile("py" r"pi\.org|python" r"hosted|registry\.npm" r"js|(?:extra-)?index" r"-url\s*=")
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE"
    r" KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abp]-[0-9A-Za-z-]{20,}"
    r"|(?i:auth_token|api_secret)[\"']?\s*[:=]\s*[\"']?[0-9a-f]{32}\b"
)


@pytest.mark.parametrize(
    ("what", "pattern"), [("a path of one machine", MACHINE), ("a package index", HOSTS), ("a secret", SECRETS)]
)
def test_no_committed_file_holds(what: str, pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(PROJECT)}:{text.count(chr(10), 0, hit.start()) + 1}: {what}: {hit[0][:12]}..."
        for path in TEXTS
        if (text := text_of(path)) is not None
        for hit in pattern.finditer(text)
    ]
    assert not found


def test_nothing_that_belongs_to_one_machine_is_committed() -> None:
    names = {path.relative_to(PROJECT).as_posix() for path in committed()}
    assert not [name for name in names if re.search(r"(^|/)(\.env|var|.*\.db|.*\.pem|.*\.key|uv\.lock)(/|$)", name)]


def test_warnings_are_errors_and_types_are_strict() -> None:
    tools = _project()["tool"]
    pytest_options = tools["pytest"]["ini_options"]
    assert (pytest_options["filterwarnings"], pytest_options["xfail_strict"]) == (["error"], True)
    assert tools["mypy"]["strict"]
    assert tools["ruff"]["lint"]["select"] == ["ALL"]


def test_every_exception_from_a_check_names_its_rule() -> None:
    bare = re.compile(r"#\s*(?:noqa(?!:)|type:\s*ignore(?!\[))")
    found = [
        f"{path.relative_to(PROJECT)}:{number}"
        for path in TEXTS
        if path.suffix == ".py" and path != Path(__file__)
        for number, line in enumerate((text_of(path) or "").splitlines(), 1)
        if bare.search(line)
    ]
    assert not found


def _project() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
