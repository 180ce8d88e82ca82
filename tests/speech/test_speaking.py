"""How parameters sound."""

from collections import Counter

import pytest
from babel import Locale

from speech import (
    Count,
    Digits,
    Listing,
    MissingParamError,
    Name,
    Prose,
    UnknownMessageError,
    catalogues,
    say,
    speak,
)


def test_a_message_is_a_value() -> None:
    assert {say("menu.department", key=1, department=Name("department", "billing"))} == {
        say("menu.department", department=Name("department", "billing"), key=1)
    }


def test_a_department_is_named_in_the_language() -> None:
    message = say("menu.department", department=Name("department", "presales"), key=2)
    assert speak(message, "zh-Hans") == "售前咨询请按2。"


@pytest.mark.parametrize(
    ("language", "digits"),
    [
        ("en", "1, 2, 0"),
        ("de", "Eins, Zwo, Null"),
        ("zh-Hans", "幺，二，零"),
        ("zh-Hant", "一，二，零"),
    ],
)
def test_digits_are_read_one_by_one(language: str, digits: str) -> None:
    assert digits in speak(say("origin.number", digits=Digits("120")), language)


@pytest.mark.parametrize("language", ["en", "de", "zh-Hans", "zh-Hant"])
def test_digits_stand_together_in_texts_and_mail(language: str) -> None:
    message = say("text.pin", organisation="A", pin=Digits("471190"), origin=say("origin.number", digits=Digits("47")))
    assert "471190" in speak(message, language)
    assert "47" in speak(message, language).replace("471190", "")


def test_a_german_key_is_a_word_because_a_numeral_before_a_stop_is_an_ordinal() -> None:
    assert speak(say("language.more", key=3), "de").endswith("die Drei.")


@pytest.mark.parametrize(("n", "text"), [(0, "0 minutes"), (1, "1 minute"), (2, "2 minutes"), (21, "21 minutes")])
def test_english_counts_have_their_plural(n: int, text: str) -> None:
    assert text + "." in speak(say("queue.minutes", minutes=Count(n, "minutes")), "en")


@pytest.mark.parametrize(("n", "text"), [(1, "1 Minute."), (2, "2 Minuten.")])
def test_german_counts_have_their_plural(n: int, text: str) -> None:
    assert speak(say("queue.minutes", minutes=Count(n, "minutes")), "de").endswith(text)


@pytest.mark.parametrize(("n", "text"), [(1, "1分鐘"), (2, "2分鐘")])
def test_chinese_counts_have_one_form(n: int, text: str) -> None:
    assert text in speak(say("queue.minutes", minutes=Count(n, "minutes")), "zh-Hant")


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("CA", "de", "Kanada"),
        ("BQ-BO", "en", "Bonaire"),
        ("NO-21", "de", "Spitzbergen"),
        ("SJ", "en", "Svalbard & Jan Mayen"),
        ("XK", "en", "Kosovo"),
        ("CG", "en", "Congo Brazzaville"),
        ("MM", "en", "Myanmar"),
        ("CD", "zh-Hans", "刚果金支持热线"),
        ("HK", "zh-Hant", "香港"),
        ("HK", "zh-Hans", "中国香港"),
        ("ZZ-9", "en", "ZZ-9"),
    ],
)
def test_a_region_is_named_as_people_say_it(code: str, language: str, name: str) -> None:
    assert name in speak(say("greeting.region", operator="A", region=Name("region", code)), language)


@pytest.mark.parametrize("language", catalogues())
def test_no_two_regions_sound_alike(language: str) -> None:
    codes = [str(code) for code in Locale.parse("en").territories if len(str(code)) == 2]
    names = Counter(
        speak(say("greeting.region", operator="A", region=Name("region", code)), language) for code in codes
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    ("spoken", "language", "name"),
    [
        ("cmn", "en", "Mandarin"),
        ("cmn", "zh-Hant", "國語"),
        ("cmn", "zh-Hans", "普通话"),
        ("yue", "de", "Kantonesisch"),
        ("fr", "de", "Französisch"),
        ("pt-BR", "de", "Portugiesisch für Brasilien"),
    ],
)
def test_a_spoken_language_is_named_in_the_language(spoken: str, language: str, name: str) -> None:
    assert name in speak(say("language.offer", language=Name("language", spoken), key=1), language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "English, German, and Mandarin"),
        ("de", "Englisch, Deutsch und Mandarin"),
        ("zh-Hant", "英文、德文和國語"),
    ],
)
def test_a_listing_is_joined_as_the_language_joins(language: str, text: str) -> None:
    languages = Listing.of(Name("language", code) for code in ("en", "de", "cmn"))
    assert text in speak(say("cloud.languages", languages=languages), language)


def test_a_message_can_be_a_parameter() -> None:
    organisation = say("agent.unknown_organisation")
    message = say(
        "agent.offer",
        organisation=organisation,
        level=Name("level", "confirmed.called_back"),
        department=Name("department", "technical"),
        language=Name("language", "en"),
    )
    assert speak(message, "en").startswith("Organisation unknown, confirmed by call back, technical support, English.")


def test_a_language_without_a_catalogue_gets_the_next_best() -> None:
    assert speak(say("goodbye"), "de-CH") == speak(say("goodbye"), "de")


def test_prose_may_be_longer_than_a_name() -> None:
    assert len(speak(say("incident.told", text=Prose("word " * 60)), "en")) == 299


def test_an_unknown_message_is_a_mistake() -> None:
    with pytest.raises(UnknownMessageError, match="no message"):
        speak(say("no.such"), "en")


def test_a_message_without_its_parameter_is_a_mistake() -> None:
    with pytest.raises(MissingParamError, match="operator"):
        speak(say("greeting.general"), "en")


@pytest.mark.parametrize("value", ["", "12a", "+", "1 2", "١٢", "1\n", "9" * 33, "+-1"])
def test_digits_are_digits(value: str) -> None:
    with pytest.raises(ValueError, match="digits must be"):
        Digits(value)


def test_a_pin_stays_out_of_repr_and_errors() -> None:
    assert "471190" not in repr(say("pincall.pin", pin=Digits("471190")))
    with pytest.raises(ValueError, match=r"^(?!.*471190)"):
        Digits("471190x")
