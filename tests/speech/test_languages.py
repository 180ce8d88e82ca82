"""Spoken languages and catalogues."""

import pytest

from speech import catalogue_for, catalogues, has_catalogue, own_name, spoken_for
from speech.languages import chain, wanted

# All tags of the source of the lines (its README), "und" apart.
SPOKEN = (
    *("ar", "cmn", "cs", "de", "en", "es", "fr", "he", "hu", "id", "it"),
    *("ja", "ko", "nl", "pl", "pt", "pt-BR", "ru", "th", "tr", "yue"),
)


@pytest.mark.parametrize(
    ("spoken", "region", "code"),
    [
        ("cmn", "TW", "zh-Hant"),
        ("cmn", "HK", "zh-Hant"),
        ("cmn", "MO", "zh-Hant"),
        ("cmn", "CN", "zh-Hans"),
        ("cmn", "SG", "zh-Hans"),
        ("cmn", None, "zh-Hans"),
        ("yue", "HK", "yue"),
        ("yue", "CN", "yue"),
        ("pt-BR", "BR", "pt-BR"),
        ("zh-Hant", "CN", "zh-Hant"),
        ("fr", "CA", "fr"),
    ],
)
def test_a_region_decides_the_script(spoken: str, region: str | None, code: str) -> None:
    assert wanted(spoken, region) == code


@pytest.mark.parametrize("region", ["HK", "CN", None])
def test_cantonese_is_never_answered_in_simplified_script(region: str | None) -> None:
    assert catalogue_for("yue", region) != "zh-Hans"
    assert "zh-Hans" not in chain("yue")


@pytest.mark.parametrize(("code", "other"), [("zh-Hant", "zh-Hans"), ("zh-Hans", "zh-Hant")])
def test_neither_script_stands_in_for_the_other(code: str, other: str) -> None:
    assert other not in chain(code)


@pytest.mark.parametrize("spoken", [*SPOKEN, "und", "tlh", ""])
def test_every_language_has_some_catalogue(spoken: str) -> None:
    assert catalogue_for(spoken, "HK") in catalogues()


@pytest.mark.parametrize("spoken", SPOKEN)
def test_a_language_is_known_to_have_its_own_catalogue_or_not(spoken: str) -> None:
    assert has_catalogue(spoken) == (catalogue_for(spoken) == wanted(spoken))


def test_the_last_resort_is_english() -> None:
    assert {chain(code)[-1] for code in ("fr", "yue", "zh-Hans", "en")} == {"en"}


@pytest.mark.parametrize(
    ("code", "spoken"), [("zh-Hant", "cmn"), ("zh-Hans", "cmn"), ("yue", "yue"), ("pt-BR", "pt-BR"), ("de", "de")]
)
def test_a_catalogue_is_spoken(code: str, spoken: str) -> None:
    assert spoken_for(code) == spoken


@pytest.mark.parametrize("spoken", SPOKEN)
def test_every_language_names_itself(spoken: str) -> None:
    assert own_name(wanted(spoken)) not in {"", spoken}


def test_own_names_are_told_apart() -> None:
    codes = [wanted(spoken) for spoken in SPOKEN] + ["zh-Hant"]
    assert len({own_name(code) for code in codes}) == len(codes)
