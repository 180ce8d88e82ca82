"""docs/architecture.md names the states, tables, jobs and carried steps that there are, and no other modules."""

from __future__ import annotations

import re

from core.database import Base
from desk import tasks
from ivr import notices, service
from ivr.call import STATES
from migrations import models
from tests.support.source import PROJECT
from verification import challenges

TEXT = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_state_stands_in_the_picture() -> None:
    picture = TEXT.partition("## States of a call")[2].partition("```\n")[2].partition("```")[0]
    assert set(STATES) <= set(re.findall(r"[a-z_]+", picture))


def test_every_table_belongs_to_a_package_and_no_other_is_named() -> None:
    models.load()
    named = [name for part in re.findall(r"Tables: ([^.]+)\.", TEXT) for name in re.findall(r"`(\w+)`", part)]
    assert sorted(named) == sorted(Base.metadata.tables)


def test_every_job_has_its_word_and_no_other_is_named() -> None:
    rows = re.findall(r"(?m)^\| (`.+`) \|", TEXT.partition("## Processes and jobs")[2])
    named = {name for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    kinds = {value for value in vars(tasks).values() if isinstance(value, str) and value.startswith("desk.")}
    assert named - {"sweep", "heartbeat"} == {*kinds, challenges.DELIVER, notices.SWEEP, notices.TEXT} - {
        tasks.__name__
    }


def test_every_step_that_the_carrier_fetches_by_itself_is_named() -> None:
    carried = TEXT.partition("fetches by itself")[2].partition(")")[0]
    assert set(re.findall(r"`(\w+)`", carried)) == service.CARRIED


def test_every_module_that_is_named_exists() -> None:
    packages = ("core", "audit", "speech", "carrier", "directory", "verification", "desk", "ivr")
    named = set(re.findall(rf"`({'|'.join(packages)})\.(\w+)[.`]", TEXT))
    kinds = {"desk.match", "desk.ring"} | {value for value in vars(tasks).values() if isinstance(value, str)}
    missing = [
        f"{package}.{module}"
        for package, module in sorted(named)
        if not (PROJECT / package / f"{module}.py").is_file()
        and not (PROJECT / package / module).is_dir()
        and f"{package}.{module}" not in {*kinds, challenges.DELIVER}
    ]
    assert not missing


def test_every_link_leads_somewhere() -> None:
    assert all((PROJECT / "docs" / link).exists() for link in re.findall(r"\]\(([^)#:]+)\)", TEXT))
