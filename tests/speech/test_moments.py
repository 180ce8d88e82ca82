"""Times of day as the listener counts days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from speech import Date, Moment, catalogues, say, speak
from speech.samples import VALUES, sample

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)  # a Wednesday
ZONES = ("Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia")


def spoken(at: datetime, zone: str, now: datetime = NOW, language: str = "en") -> str:
    text = speak(say("callback.taken_at", when=Moment(at, zone, now)), language)
    return text.removeprefix("Thank you. We will call you back ").removesuffix(".")


def local(zone: str, *parts: int) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "today at 5 PM"),
        (1, "tomorrow at 5 PM"),
        (2, "on Friday at 5 PM"),
        (6, "on Tuesday at 5 PM"),
        (7, "on Wednesday, November 25, at 5 PM"),
        (179, "on Sunday, May 16, at 5 PM"),
        (180, "on Monday, May 17, 2027, at 5 PM"),
        (-1, "on Tuesday, November 17, at 5 PM"),
    ],
)
def test_a_day_is_named_by_its_distance(days: int, text: str) -> None:
    assert spoken(NOW.replace(hour=17) + timedelta(days=days), "UTC") == text


@pytest.mark.parametrize(
    ("hour", "minute", "text"),
    [
        (0, 0, "12 AM"),
        (0, 5, "12:05 AM"),
        (9, 30, "9:30 AM"),
        (12, 0, "12 noon"),
        (12, 1, "12:01 PM"),
        (23, 0, "11 PM"),
    ],
)
def test_an_english_hour_is_said_without_needless_minutes(hour: int, minute: int, text: str) -> None:
    assert spoken(NOW.replace(hour=hour, minute=minute), "UTC") == f"today at {text}"


def test_a_moment_after_midnight_is_tomorrow() -> None:
    zone = "America/Toronto"
    assert spoken(local(zone, 2026, 11, 19, 0, 30), zone, local(zone, 2026, 11, 18, 23, 30)) == "tomorrow at 12:30 AM"


def test_today_is_the_listeners_today() -> None:
    at = datetime(2026, 11, 19, 1, 0, tzinfo=UTC)
    assert spoken(at, "Pacific/Honolulu") == "today at 3 PM"
    assert spoken(at, "Pacific/Auckland") == "tomorrow at 2 PM"


@pytest.mark.parametrize(
    ("now", "at"),
    [
        ((2027, 3, 27, 22, 0), (2027, 3, 28, 9, 0)),  # a day of 23 hours follows
        ((2026, 10, 24, 0, 30), (2026, 10, 25, 9, 0)),  # a day of 25 hours follows
        ((2026, 10, 24, 23, 59), (2026, 10, 25, 9, 0)),
    ],
)
def test_a_clock_change_does_not_move_tomorrow(now: tuple[int, ...], at: tuple[int, ...]) -> None:
    zone = "Europe/Berlin"
    later = local(zone, *at).astimezone(UTC)
    assert spoken(later, zone, local(zone, *now).astimezone(UTC)) == "tomorrow at 9 AM"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "am Freitag um 17:30 Uhr"),
        ("zh-Hant", "星期五下午5點30分"),
        ("zh-Hans", "星期五下午5点30分"),
    ],
)
def test_a_moment_is_said_in_the_language(language: str, text: str) -> None:
    assert text in spoken(datetime(2026, 11, 20, 17, 30, tzinfo=UTC), "UTC", language=language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "am Montag, dem 30. November, um 9 Uhr"),
        ("zh-Hant", "11月30日星期一上午9點"),
        ("zh-Hans", "11月30日星期一上午9点"),
    ],
)
def test_a_date_is_said_in_the_language(language: str, text: str) -> None:
    assert text in spoken(datetime(2026, 11, 30, 9, 0, tzinfo=UTC), "UTC", language=language)


@pytest.mark.parametrize(("language", "text"), [("de", "morgen um 0 Uhr"), ("zh-Hant", "明天凌晨0點")])
def test_midnight_belongs_to_the_day_it_begins(language: str, text: str) -> None:
    assert text in spoken(datetime(2026, 11, 19, 0, 0, tzinfo=UTC), "UTC", language=language)


@pytest.mark.parametrize(
    ("language", "text"), [("en", "October 29, 2021"), ("de", "29. Oktober 2021"), ("zh-Hans", "2021年10月29日")]
)
def test_a_date_has_its_year(language: str, text: str) -> None:
    date = Date(datetime(2021, 10, 28, 23, 0, tzinfo=UTC), "Europe/Berlin")
    assert text in speak(sample("cloud.closed", date=date), language)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("language", catalogues())
def test_no_hour_of_the_day_brings_a_narrow_space(language: str, zone: str) -> None:
    said = "".join(spoken(NOW + timedelta(minutes=45 * step), zone, language=language) for step in range(64))
    assert not set(said) & set("\u202f\u00a0")


def test_a_zone_may_be_given_as_such() -> None:
    assert Moment(NOW, ZoneInfo("Asia/Tokyo"), NOW) == Moment(NOW, "Asia/Tokyo", NOW)


def test_a_moment_is_hashable() -> None:
    assert len({VALUES["when"], VALUES["when"]}) == 1


def test_a_naive_time_is_refused() -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        Moment(naive, "UTC", NOW)
    with pytest.raises(ValueError, match="time zone"):
        Date(naive, "UTC")


def test_an_unknown_zone_is_refused_before_anything_is_said() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Moment(NOW, "Europe/Atlantis", NOW)
