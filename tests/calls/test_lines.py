"""Every line of the shipped data is dialled: it answers as its region, in its language, and says what is open.

The whole service answers signed webhooks, one database for all calls, and the clock stands where the data has an open
moment and a closed one. What is expected is read from the files themselves (`published`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import phonenumbers
import pytest
from sqlalchemy import select

from core.clock import ManualClock
from core.database import Database
from directory import accounts, book, loading, register
from directory.hours import caller_clock
from directory.numbers import zone
from directory.places import canonical_zone
from directory.vocabulary import AddressKind, LineType, Role
from ivr.models import CallRow
from speech.languages import catalogue_for, spoken_for
from speech.messages import Date, Message, Moment, Name, say
from speech.speaking import speak
from speech.voices import voice_for
from tests.calls.published import FOLDER, Hours, Published, entry_of, worldwide
from tests.calls.wire import Answer, Caller, Wire, parts_for

# A week without a public holiday where the files name them, without a change of any clock.
WEEK = datetime(2026, 11, 9, tzinfo=UTC)
WITHHELD = "anonymous"
GERMAN_LINE, SHARED_GERMAN_LINE, CHINESE_LINE = "+498005892330", "+4969380789305", "+864000890365"


class Dialler:
    """Dials as somebody of the region would, and knows by which clock they are told."""

    def __init__(self, wire: Wire, clock: ManualClock) -> None:
        self.wire, self.clock = wire, clock
        with wire.parts.database.read() as tx:
            self.book = book.current(tx)
        self.customers: dict[str, str] = {}

    def address(self, line: Published) -> str:
        """The number; a line without one has a SIP address of the sample."""
        if line.dialled is not None:
            return line.dialled
        key = f"worldwide:{line.printed.replace(' ', '')}"
        addresses = [one for one, rows in self.book.ingresses.items() if any(each.line == key for each in rows)]
        return next(one for one in addresses if line.region in one)

    def caller(self, line: Published) -> str:
        """Nobody in particular where the line tells the region; else a number of the region, or of a customer there."""
        if len(line.shared) < 2:
            return WITHHELD
        if (number := line.caller()) is not None:
            return number
        if line.region not in self.customers:
            self.customers[line.region] = self.customer(line.region)
        return self.customers[line.region]

    def customer(self, region: str) -> str:
        """The number of an administrator whose organisation is in the region."""
        number = f"+1425555{7000 + len(self.customers):04d}"
        now, keyring = self.clock.now(), self.wire.parts.keyring
        with self.wire.parts.database.begin() as tx:
            account = accounts.new(lambda _: 4_213_597 + len(self.customers))
            new = register.NewOrganisation("worldwide", f"Customer in {region}", account, region)
            organisation = register.add_organisation(tx, now, keyring, new)
            person = register.NewContact("worldwide", organisation, "100", "Alex", Role.GLOBAL, is_primary=True)
            contact = register.add_contact(tx, now, keyring, person)
            address = register.NewAddress(
                "worldwide", organisation, contact, AddressKind.PHONE, number, LineType.MOBILE, confirmed_at=now
            )
            register.add_address(tx, now, keyring, address)
        return number

    def clock_of(self, line: Published, caller: str) -> str:
        """The caller's own clock where the number tells one of the region's, else the region's."""
        own = canonical_zone(zone(caller) or "") if caller != WITHHELD else ""
        return caller_clock(self.book.regions[line.region], own)

    def dial(self, line: Published, moment: datetime, dialled: str | None = None) -> Caller:
        self.clock.set(moment)
        return Caller.dial(self.wire, self.caller(line), dialled or self.address(line))

    def region_on_record(self, call: str) -> str | None:
        with self.wire.parts.database.read() as tx:
            return tx.execute(select(CallRow.region).where(CallRow.sid == call)).scalar_one()

    def operator_on_record(self, call: str) -> str:
        with self.wire.parts.database.read() as tx:
            return tx.execute(select(CallRow.operator).where(CallRow.sid == call)).scalar_one()


@pytest.fixture(scope="module")
def dialler(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dialler]:
    folder = tmp_path_factory.mktemp("lines")
    shutil.copyfile(sqlite_template, folder / "lines.db")
    url = f"sqlite:///{folder / 'lines.db'}"
    database = Database(url)
    with database.begin() as tx:
        loading.load_shipped(tx)
        loading.open_sample_ingresses(tx)
    database.close()
    clock = ManualClock(WEEK)
    parts = parts_for(url, clock, folder)
    yield Dialler(Wire(parts, clock), clock)
    parts.database.close()


def expected(line: Published, moment: datetime, clock: str) -> list[Message]:
    """What the menu says of each department at this moment."""
    language = catalogue_for(line.languages[0], line.code)
    return [
        one
        for key, department in enumerate(line.departments, 1)
        for one in told(line, department, key, moment, clock, spoken_for(language))
    ]


def told(line: Published, department: str, key: int, moment: datetime, clock: str, spoken: str) -> Iterator[Message]:
    name, open_in = Name("department", department), line.open_in(department, moment, clock)
    if spoken in open_in:
        yield say("menu.department", department=name, key=key)
    elif open_in:
        mine, other = Name("language", spoken), Name("language", open_in[0])
        yield say("menu.other_language", department=name, language=mine, other=other, key=key)
    else:
        opens = line.opens_at(department, moment, clock)
        assert opens is not None, "the files know no desk that never opens"
        yield say("menu.closed", department=name, when=Moment(opens, clock, moment))


def offers(line: Published, department: str, spoken: str, language: str) -> set[str]:
    """Every way to say that a department is open."""
    name, mine = Name("department", department), Name("language", spoken)
    plain = [say("menu.department", department=name, key=key) for key in (1, 2, 3)]
    others = [
        say("menu.other_language", department=name, language=mine, other=Name("language", other), key=key)
        for other in line.languages
        for key in (1, 2, 3)
    ]
    return {speak(one, language) for one in (*plain, *others)}


def greeting(line: Published, operator: str = "Microsoft") -> Message:
    if line.international:
        return say("greeting.short", operator=operator)
    return say("greeting.region", operator=operator, region=Name("region", line.name))


def heard_as(answer: Answer, line: Published, moment: datetime, clock: str) -> None:
    """The greeting, the language, and each department, open or closed as the files say."""
    language = catalogue_for(line.languages[0], line.code)
    spoken, texts = spoken_for(language), [text for _, text in answer.said]
    assert answer.status == 200
    assert answer.said[0][0] == voice_for(language).tag
    assert texts[0] == speak(greeting(line), language)
    for sentence in expected(line, moment, clock):
        assert speak(sentence, language) in texts
    closed = [one for one in line.departments if not line.open_in(one, moment, clock)]
    assert not {text for one in closed for text in offers(line, one, spoken, language)} & set(texts)
    assert (speak(say("menu.all_closed"), language) in texts) is (len(closed) == len(line.departments))


@pytest.mark.parametrize("line", worldwide(), ids=lambda line: line.key)
def test_a_line_answers_as_its_region_when_it_is_open_and_when_it_is_closed(line: Published, dialler: Dialler) -> None:
    clock = dialler.clock_of(line, dialler.caller(line))
    for moment in filter(None, line.moments(clock, WEEK)):
        call = dialler.dial(line, moment)
        heard_as(call.answer, line, moment, clock)
        assert dialler.region_on_record(call.sid) == line.name


def test_the_files_have_every_kind_of_line() -> None:
    lines = worldwide()
    closed = [line for line in lines if line.moments(line.zone, WEEK)[1] is not None]
    assert (len(lines), len({line.region for line in lines})) == (203, 170)
    assert sum(line.dialled is None for line in lines) == 20
    assert sum(len(line.shared) > 1 for line in lines) == 92
    assert len(closed) == 203


@pytest.mark.parametrize(
    "dialled", sorted({line.dialled for line in worldwide() if len(line.shared) > 1 and line.dialled})
)
def test_a_shared_line_asks_a_withheld_caller_for_the_dialling_code(dialled: str, dialler: Dialler) -> None:
    dialler.clock.set(WEEK)
    call = Caller.dial(dialler.wire, WITHHELD, dialled)
    assert speak(say("country.ask"), "en") in call.answer.words
    code = next(filter(None, map(phonenumbers.country_code_for_region, shared(dialled))))
    call.key(f"{code}#")
    # One code may stand for several regions, which then answer together: the first of them greets.
    region = dialler.region_on_record(call.sid)
    line = next(one for one in worldwide() if one.dialled == dialled and one.name == region)
    language = catalogue_for(line.languages[0], line.code)
    assert phonenumbers.country_code_for_region(line.code) == code
    assert call.answer.said[0] == (voice_for(language).tag, speak(greeting(line), language))


def shared(dialled: str) -> list[str]:
    return [one.code for one in worldwide() if one.dialled == dialled]


def german() -> Published:
    """The Germany cloud as the sources describe it (F100-F111): pre-sales keep the hours of billing (D3)."""
    office = [
        Hours(one, language, "Mo-Fr 09:00-17:00", "Europe/Berlin")
        for one in ("billing", "presales")
        for language in ("de", "en")
    ]
    always = [Hours("technical", language, "24/7", None) for language in ("de", "en")]
    return Published(
        region="germany",
        code="DE",
        name="DE",
        zone="Europe/Berlin",
        printed="0800 589 2330",
        dialled=GERMAN_LINE,
        international=False,
        hours=(*always, *office),
    )


BEFORE, AFTER = datetime(2021, 10, 28, 12, tzinfo=UTC), datetime(2021, 10, 29, 12, tzinfo=UTC)


def test_the_germany_cloud_answers_until_its_last_day(dialler: Dialler) -> None:
    line = german()
    for moment in (BEFORE, BEFORE.replace(hour=20), datetime(2021, 10, 24, 12, tzinfo=UTC)):
        dialler.clock.set(moment)
        call = Caller.dial(dialler.wire, WITHHELD, GERMAN_LINE)
        said = [text for _, text in call.answer.said]
        assert said[0] == speak(greeting(line, "Microsoft Cloud Germany"), "de")
        assert {speak(one, "de") for one in expected(line, moment, line.zone)} <= set(said)
        assert dialler.operator_on_record(call.sid) == "germany"


def area() -> list[Published]:
    """Regions of the Economic Area that the regional table has, by the caller's number."""
    clouds = json.loads((FOLDER / "cloud_lines.json").read_text())["operators"]
    codes = next(line["regions"] for cloud in clouds for line in cloud["lines"] if line["id"] == "eea-main")
    found = {line.code: line for line in worldwide() if line.code in codes}
    return [replace(line, shared=(code,), international=True) for code, line in found.items()]


@pytest.mark.parametrize("line", area(), ids=lambda line: line.code)
def test_the_closed_cloud_hands_over_to_the_callers_region(line: Published, dialler: Dialler) -> None:
    caller, language = line.caller(), catalogue_for(line.languages[0], line.code)
    assert caller is not None
    dialler.clock.set(BEFORE)
    before = Caller.dial(dialler.wire, caller, SHARED_GERMAN_LINE)
    assert dialler.operator_on_record(before.sid) == "germany"
    assert before.answer.said[0][1] == speak(say("greeting.short", operator="Microsoft Cloud Germany"), "de")
    dialler.clock.set(AFTER)
    after = Caller.dial(dialler.wire, caller, SHARED_GERMAN_LINE)
    assert (dialler.operator_on_record(after.sid), dialler.region_on_record(after.sid)) == ("worldwide", line.code)
    closed = say("cloud.closed", operator="Microsoft Cloud Germany", date=Date(AFTER, line.zone))
    assert speak(closed, language) in after.answer.words
    clock = dialler.clock_of(line, caller)
    heard_as(after.answer, every_desk(line), AFTER, clock)


def every_desk(line: Published) -> Published:
    return replace(line, hours=entry_of(line.region).hours)


@pytest.mark.parametrize(
    ("moment", "open_departments"),
    [
        (datetime(2026, 11, 11, 2, tzinfo=UTC), {"technical", "billing", "presales"}),  # Wednesday 10:00 in Beijing
        (datetime(2026, 11, 11, 12, tzinfo=UTC), {"technical"}),  # 20:00: B and C until midnight
        (datetime(2026, 11, 14, 19, tzinfo=UTC), {"technical"}),  # Sunday 03:00: severity A alone
    ],
)
def test_the_chinese_cloud_keeps_beijing_hours(moment: datetime, open_departments: set[str], dialler: Dialler) -> None:
    dialler.clock.set(moment)
    call = Caller.dial(dialler.wire, "+8613123456789", CHINESE_LINE)
    said = [text for _, text in call.answer.said]
    operator = "21Vianet"
    assert said[0] == speak(say("greeting.region", operator=operator, region=Name("region", "CN")), "zh-Hans")
    offered = {
        department
        for key, department in enumerate(("technical", "billing", "presales"), 1)
        if speak(say("menu.department", department=Name("department", department), key=key), "zh-Hans") in said
    }
    assert offered == open_departments
    call.key("1")
    assert speak(say("severity.ask"), "zh-Hans") in call.answer.words
