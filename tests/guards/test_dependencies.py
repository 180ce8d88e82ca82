"""The locks pin what the project names, with hashes and without hosts, and each dependency has its reason."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.source import PROJECT

with (PROJECT / "pyproject.toml").open("rb") as file:
    DECLARED = tomllib.load(file)["project"]
RUN = [Requirement(text) for text in DECLARED["dependencies"]]
EXTRA = [Requirement(text) for texts in DECLARED["optional-dependencies"].values() for text in texts]


def pins(name: str) -> dict[str, str]:
    lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    found = (re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line) for line in lines)
    return {canonicalize_name(pin[1]): pin[2] for pin in found if pin}


@pytest.mark.parametrize(("name", "direct"), [("requirements.lock", RUN), ("requirements-dev.lock", [*RUN, *EXTRA])])
def test_the_lock_pins_every_dependency_within_its_bounds(name: str, direct: list[Requirement]) -> None:
    pinned = pins(name)
    wrong = [
        str(need)
        for need in direct
        if not need.specifier.contains(pinned.get(canonicalize_name(need.name), "0"), prereleases=True)
    ]
    assert not wrong, "run `make lock`"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_hashes_and_no_host(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert not [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]
    assert "://" not in text


def test_both_locks_agree() -> None:
    run, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: development.get(name) for name in run} == run


def test_the_lock_of_running_holds_no_development_tool() -> None:
    assert not {canonicalize_name(need.name) for need in EXTRA} & pins("requirements.lock").keys()


def test_every_dependency_has_a_line_that_says_why() -> None:
    text = (PROJECT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)
    assert sorted(told) == sorted(need.name for need in [*RUN, *EXTRA])


def test_every_young_dependency_has_an_upper_bound() -> None:
    # Data that ages has none: the newest is the right one.
    assert [need.name for need in [*RUN, *EXTRA] if "<" not in str(need.specifier)] == ["tzdata"]
