"""Which desks are open, in which zone, and when that changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from directory import expressions
from directory.book import Book
from directory.expressions import Why, evaluate
from directory.hours import DepartmentHours, Spoken, openings
from directory.numbers import CallerId
from directory.placing import place
from tests.directory import shipped
from tests.directory.shipped import UNKNOWN, number

WEDNESDAY = datetime(2026, 11, 18, tzinfo=UTC)


def desks(
    book: Book, dialled: str, at: str, caller: CallerId = UNKNOWN, region: str | None = None
) -> dict[str, DepartmentHours]:
    """Departments by name at a moment written with its offset."""
    now = datetime.fromisoformat(at).astimezone(UTC)
    found = openings(book, place(book, dialled, caller, region, now), now, caller)
    return {each.department.value: each for each in found}


def spoken(found: dict[str, DepartmentHours], department: str, language: str) -> Spoken:
    one = found[department].in_language(language)
    assert one is not None
    return one


def test_saint_barthelemy_is_not_told_closed_while_its_own_desk_is_open(book: Book) -> None:
    caller = number("+590690123456")
    early = desks(book, "+13128435147", "2026-11-18T04:30-04:00", caller)["billing"]
    late = desks(book, "+13128435147", "2026-11-18T12:30-04:00", caller)["billing"]
    assert early.open_in == ("fr", "en")
    assert "en" in late.open_in


@pytest.mark.parametrize(
    ("raw", "zone", "opens"),
    [
        ("+14255550100", "America/Los_Angeles", "2026-11-18T09:00-08:00"),
        ("+18085550100", "Pacific/Honolulu", "2026-11-18T09:00-10:00"),
        ("+12125550100", "America/New_York", "2026-11-18T09:00-05:00"),
        ("+18005550100", "America/New_York", "2026-11-18T09:00-05:00"),
    ],
)
def test_hours_are_read_by_the_callers_clock(book: Book, raw: str, zone: str, opens: str) -> None:
    found = spoken(desks(book, "+18008659408", "2026-11-18T06:00+00:00", number(raw)), "billing", "en")
    assert (found.open, found.caller_zone) == (False, zone)
    assert found.opens_at == datetime.fromisoformat(opens)


def test_a_zone_that_the_entry_names_rules_over_the_callers(book: Book) -> None:
    found = desks(book, "+18008659408", "2026-11-18T06:30-08:00", number("+16045550100"))
    french, english = spoken(found, "billing", "fr"), spoken(found, "billing", "en")
    assert (french.open, english.open) == (True, False)
    assert {french.caller_zone, english.caller_zone} == {"America/Vancouver"}


def test_a_perth_landline_is_on_perths_clock_and_a_mobile_on_the_capitals(book: Book) -> None:
    at = "2026-11-18T06:00+00:00"
    landline = spoken(desks(book, "+611800197503", at, number("+61891234567")), "billing", "en")
    mobile = spoken(desks(book, "+611800197503", at, number("+61491570156")), "billing", "en")
    assert (landline.caller_zone, landline.changes_at) == ("Australia/Perth", datetime(2026, 11, 18, 10, tzinfo=UTC))
    assert (mobile.caller_zone, mobile.changes_at) == ("Australia/Sydney", datetime(2026, 11, 18, 7, tzinfo=UTC))


def test_one_line_keeps_hours_in_two_foreign_zones(book: Book) -> None:
    found = desks(book, "sip:uzbekistan@lines.vouchline.example", "2026-11-18T08:30+03:00", number("+998901234567"))
    assert found["technical"].open_in == ("ru", "en")
    assert found["billing"].open_in == ()
    opens = found["billing"].opens_next
    assert opens is not None
    assert (opens.language, opens.opens_at) == ("ru", datetime.fromisoformat("2026-11-18T10:00+03:00"))


def test_a_guessed_region_is_spoken_by_the_callers_clock(book: Book) -> None:
    found = desks(book, "+15555550123", "2026-11-18T08:00+00:00", number("+436641234567"))
    assert spoken(found, "billing", "en").caller_zone == "Europe/Vienna"


def test_timor_leste_is_one_stretch_from_monday_noon_to_saturday_noon(book: Book) -> None:
    at = ["2026-11-16T11:59+09:00", "2026-11-16T12:00+09:00", "2026-11-19T03:00+09:00", "2026-11-21T12:00+09:00"]
    seen = [spoken(desks(book, "+13128435155", each), "technical", "pt") for each in at]
    assert [each.open for each in seen] == [False, True, True, False]
    assert seen[1].changes_at == datetime.fromisoformat("2026-11-21T12:00+09:00")


def test_hours_run_past_midnight(book: Book) -> None:
    friday_night, saturday_night = "2026-11-21T04:59+09:00", "2026-11-22T04:59+09:00"
    seen = [spoken(desks(book, "+13128435155", at), "billing", "pt").open for at in (friday_night, saturday_night)]
    assert seen == [True, False]


def test_hours_without_days_are_every_days(book: Book) -> None:
    sunday = desks(book, "+13128435153", "2026-11-22T12:00+00:00", region="GW")
    assert spoken(sunday, "technical", "pt").open
    assert not spoken(desks(book, "+13128435153", "2026-11-22T21:00+00:00", region="GW"), "technical", "pt").open


def test_a_week_from_sunday_to_thursday(book: Book) -> None:
    week = next(each for each in book.schedules if each.hours.startswith("Su-Th"))
    zone = ZoneInfo(week.zone or book.regions[week.region].zone)
    noon = [datetime(2026, 11, 15 + day, 12, tzinfo=zone) for day in range(7)]
    seen = [evaluate(week.hours, week.country, str(zone), at).open for at in noon]
    assert seen == [True, True, True, True, True, False, False]


def test_japan_is_closed_on_public_holidays(book: Book) -> None:
    found = spoken(desks(book, "+81120996680", "2026-11-23T11:00+09:00"), "billing", "ja")
    assert (found.open, found.why) == (False, Why.HOLIDAY)
    assert found.opens_at == datetime.fromisoformat("2026-11-24T09:00+09:00")


def test_japans_hours_depend_on_the_plan_of_the_line(book: Book) -> None:
    night = "2026-11-18T22:00+09:00"
    enterprise, other = (desks(book, line, night)["technical"] for line in ("+81120996680", "+81120628860"))
    assert enterprise.open_in == ("ja", "en")
    assert (other.open_in, other.urgent_in) == ((), ("ja",))


def test_21vianet_is_open_for_severity_a_at_night(book: Book) -> None:
    night = desks(book, "+864000890365", "2026-11-22T03:00+08:00")["technical"]
    day = desks(book, "+864000890365", "2026-11-22T23:59+08:00")["technical"]
    assert (night.open_in, night.urgent_in) == ((), ("cmn", "en"))
    assert night.opens_next is not None
    assert night.opens_next.opens_at == datetime.fromisoformat("2026-11-22T09:00+08:00")
    assert day.open_in == ("cmn", "en")


def test_mauritius_closes_at_midnight(book: Book) -> None:
    entry = next(each for each in shipped.entries() if each["id"] == "mauritius")
    hours = [each for name in ("billing", "technical") for each in entry[name] if each["days"] == "Mo-Fr"]
    late = next(each for each in hours if each["close"] == "24:00")
    at = datetime(2026, 11, 18, 23, 59, tzinfo=ZoneInfo("Indian/Mauritius"))
    assert evaluate(late["hours_osm"], "MU", "Indian/Mauritius", at).changes_at == at + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9-17", "do not parse"),
        ("Feb 30 off", "Feb 30"),
        ("Mo-Fr 09:00-17:00; Apr 30-31 off", "Apr 31"),
        ("Mo-Fr 09:00-17:00; SH off", "SH"),
        ("Mo-Fr 09:00-17:00; ph off", "ph"),
        ("Mo-Fr sunrise-sunset", "sunrise"),
        ("Mo-Fr 09:00-17:00; Jan PH off", "PH"),
        ("", "empty"),
        ("Mo " * 2000, "at most"),
        ('Mo-Fr 09:00-17:00 "never closed', "do not parse"),
    ],
)
def test_a_text_that_the_library_would_misread_is_refused(text: str, reason: str) -> None:
    assert reason in (expressions.check(text, "JP") or "")


def test_holidays_need_a_country() -> None:
    assert expressions.check("PH off", None) is not None
    assert expressions.check("PH off", "ZZ") is not None


@pytest.mark.parametrize("zone", ["UTC", "Nowhere/Land"])
def test_a_schedule_that_cannot_be_evaluated_is_closed_with_an_alarm(zone: str) -> None:
    text = "24/7; SH off" if zone == "UTC" else "Mo-Su 00:00-24:00"
    found = evaluate(text, "JP", zone, WEDNESDAY)
    assert (found.open, found.why, found.alarm) == (False, Why.FAULT, True)


def test_holidays_may_have_hours_of_their_own() -> None:
    text = "Mo-Fr,PH 09:00-12:00"
    new_year = datetime(2027, 1, 1, 10, tzinfo=ZoneInfo("Asia/Tokyo"))
    saturday_holiday = datetime(2028, 1, 1, 10, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert evaluate(text, "JP", "Asia/Tokyo", new_year).open
    assert evaluate(text, "JP", "Asia/Tokyo", saturday_holiday).open


def test_a_change_of_comment_is_no_change() -> None:
    text = 'Mo-Fr 09:00-17:00; Dec 24 off "eve"; Dec 25 off "holiday"'
    start = datetime(2026, 12, 23, 18, tzinfo=ZoneInfo("Europe/Berlin"))
    found = evaluate(text, "DE", "Europe/Berlin", start)
    assert found.changes_at == datetime(2026, 12, 28, 9, tzinfo=ZoneInfo("Europe/Berlin"))


def test_a_desk_that_never_opens_says_so_without_a_date() -> None:
    assert evaluate("off", "DE", "Europe/Berlin", WEDNESDAY).changes_at is None


@pytest.mark.parametrize(
    ("at", "opens"),
    [("2026-03-28T18:00+01:00", "2026-03-29T09:00+02:00"), ("2026-10-24T18:00+02:00", "2026-10-25T09:00+01:00")],
)
def test_opening_hours_follow_the_clock_change(at: str, opens: str) -> None:
    found = evaluate("Mo-Su 09:00-17:00", "DE", "Europe/Berlin", datetime.fromisoformat(at).astimezone(UTC))
    assert found.changes_at == datetime.fromisoformat(opens)


def test_a_span_inside_the_hour_that_is_skipped_never_opens() -> None:
    before = datetime(2026, 3, 29, 1, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    found = evaluate("Mo-Su 02:10-02:40", "DE", "Europe/Berlin", before)
    assert found.changes_at == datetime(2026, 3, 30, 2, 10, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize(("text", "hours"), [("Mo-Fr 08:00-04:00", (480, 240)), ("Mo-Fr 09:00-17:30", (540, 1050))])
def test_hours_agree_with_a_slow_reading_of_the_clock(zone: str, text: str, hours: tuple[int, int]) -> None:
    start = datetime(2026, 3, 6, tzinfo=UTC)
    moments = [start + timedelta(minutes=17 * step) for step in range(2600)]
    there = [at.astimezone(ZoneInfo(zone)) for at in moments]
    assert all(evaluate(text, None, zone, at).open == _in_week(set(range(5)), *hours, at) for at in there)


def test_every_line_is_open_and_closed_when_its_data_says_so(book: Book) -> None:
    """At noon by the desk's clock on each day of a week, and at each opening and closing minute."""
    for entry in shipped.entries():
        for department in ("billing", "technical"):
            for hours in entry[department]:
                _agrees(book, entry["id"], entry["timezone"], department, hours)


WEEK = {"Mo-Fr": {0, 1, 2, 3, 4}, "Su-Th": {6, 0, 1, 2, 3}, "Su-Fr": {6, 0, 1, 2, 3, 4}, "Mo-Sa": {0, 1, 2, 3, 4, 5}}


def _agrees(book: Book, region: str, place_zone: str, department: str, hours: dict[str, str]) -> None:
    zones = {"ET": "America/New_York", "London": "Europe/London", "Moscow": "Europe/Moscow"}
    zone = ZoneInfo(zones.get(hours["tz_note"], place_zone))
    days = WEEK.get(hours["days"] or "", set(range(7)))
    schedule = next(
        each
        for each in book.desks("worldwide", region)
        if (each.department, each.stated, each.hours, each.plan)
        == (department, {"zh-CN": "cmn"}.get(hours["language"], hours["language"]), hours["hours_osm"], hours["plan"])
    )
    opens, closes = (_minutes(hours[name]) for name in ("open", "close"))
    if opens == closes or (hours["note"] or "").startswith("one continuous"):
        return
    for day in range(7):
        midnight = datetime.combine(date(2026, 11, 9) + timedelta(days=day), datetime.min.time(), zone)
        for minute in {opens, opens - 1, closes, closes - 1} & set(range(1440)):
            at = midnight + timedelta(minutes=minute)
            wanted = _in_week(days, opens, closes, at)
            found = evaluate(schedule.hours, schedule.country, schedule.zone or place_zone, at.astimezone(UTC)).open
            assert found == wanted, (region, department, hours["hours_osm"], at)


def _in_week(days: set[int], opens: int, closes: int, at: datetime) -> bool:
    """The slow reading: minutes since midnight, and a close before the opening runs past it."""
    minute, yesterday = at.hour * 60 + at.minute, (at.weekday() - 1) % 7
    if closes > opens:
        return at.weekday() in days and opens <= minute < closes
    return (at.weekday() in days and minute >= opens) or (yesterday in days and minute < closes)


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
