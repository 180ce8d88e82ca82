"""`vouchline languages`."""

import json

import pytest
from click.testing import CliRunner

from speech import catalogues
from speech.commands import Row, languages, rows
from speech.voices import VOICED


def test_every_language_with_a_voice_has_a_line() -> None:
    output = CliRunner().invoke(languages).output
    assert [line.split()[0] for line in output.splitlines()[1:]] == list(VOICED["twilio"])


@pytest.mark.parametrize("row", rows("twilio"), ids=lambda row: row.language)
def test_coverage_is_told(row: Row) -> None:
    assert (row.phrases == row.of) == (row.language in catalogues())


def test_the_table_can_be_read_by_a_program() -> None:
    table = json.loads(CliRunner().invoke(languages, ["--json"]).output)
    assert {row["language"]: row["tag"] for row in table}["zh-Hant"] == "cmn-TW"


def test_a_missing_catalogue_is_told_with_its_next_best() -> None:
    line = next(line for line in CliRunner().invoke(languages).output.splitlines() if line.startswith("yue"))
    assert "yue" in catalogues() or "callers hear zh-Hant" in line


def test_an_unknown_carrier_is_refused() -> None:
    assert CliRunner().invoke(languages, ["--carrier", "pigeon"]).exit_code == 2
