"""The document of last resort."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from carrier.fallback import LANGUAGES, document
from carrier.twiml import DocumentError
from tests.carrier import twiml_schema


@pytest.mark.parametrize("number", ["+14255550100", None])
def test_it_is_valid_and_needs_no_url_of_ours(shared: Path, number: str | None) -> None:
    made = document(number)
    assert twiml_schema.faults(twiml_schema.load(shared), made) == []
    assert b"http" not in made.replace(b"https://www.w3.org", b"")


def test_it_apologises_and_rings_people() -> None:
    tree = etree.fromstring(document("+14255550100"))
    assert [child.tag for child in tree] == ["Say"] * len(LANGUAGES) + ["Dial"]
    assert tree.findtext("Dial/Number") == "+14255550100"


def test_without_a_number_it_hangs_up() -> None:
    assert etree.fromstring(document(None))[-1].tag == "Hangup"


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(DocumentError):
        document("the switchboard")
