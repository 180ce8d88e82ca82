"""The two forms of directory files, read strictly: a field too many, too few, or of another type is a fault.

`SupportEntry` is one country or region of `support_lines.json`, `Clouds` the whole of `cloud_lines.json`. What a model
cannot see alone (duplicates, unknown sources) is checked by `loading`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from directory import expressions
from directory.numbers import is_e164
from directory.places import is_zone
from directory.vocabulary import Charges, Department, Kind, RuleName, Severity

# Tags of the whole regional source and of the clouds; `zh-CN` there is the spoken `cmn` of this service.
SPOKEN = {
    tag: tag
    for tag in ("ar cmn cs de en es fr he hu id it ja ko nl pl pt pt-BR ru th tr und yue").split()  # noqa: SIM905
} | {"zh-CN": "cmn", "zh-TW": "cmn"}
NAMED_ZONES = {"ET": "America/New_York", "London": "Europe/London", "Moscow": "Europe/Moscow"}

Days = Literal["Mo-Fr", "Su-Th", "Su-Fr", "Mo-Sa", "Mo-Su"]
Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
RegionCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Time = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Digits = Annotated[str, Field(pattern=r"^[0-9*#]{1,24}$")]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Printed = Annotated[str, Field(pattern=r"^[0-9+() .-]{3,40}$")]


def _known_zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError("no such time zone")
    return name


def _canonical_number(e164: str) -> str:
    if not is_e164(e164):
        raise ValueError("not a telephone number in E.164")
    return e164


def _known_language(tag: str) -> str:
    if tag not in SPOKEN:
        raise ValueError("no such spoken language")
    return tag


def _evaluable(text: str) -> str:
    # Any country will do here: `loading` asks whether the holidays of the entry's own are known.
    if fault := expressions.check(text, "US"):
        raise ValueError(fault)
    return text


def _date(text: object) -> object:
    return date.fromisoformat(text) if isinstance(text, str) else text


Zone = Annotated[str, AfterValidator(_known_zone)]
E164 = Annotated[str, AfterValidator(_canonical_number)]
Language = Annotated[str, AfterValidator(_known_language)]
Hours = Annotated[str, AfterValidator(_evaluable)]
Day = Annotated[date, BeforeValidator(_date)]
Word = Annotated[str, Field(min_length=1, max_length=80)]


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Clock(_Form):
    """Days and times as the source prints them, beside the text that rules."""

    days: Days | None
    open: Time | None
    close: Time | None


class SupportHours(_Clock):
    """Hours of one language at one desk of a region."""

    language: Language
    tz_note: Literal["ET", "London", "Moscow", "Local"] | None
    hours_osm: Hours
    plan: Word | None
    note: Text | None


class SupportNumber(_Form):
    """One line of a region."""

    printed: Printed
    kind: Annotated[Kind, BeforeValidator(Kind)]
    e164: E164 | None
    charges: Annotated[Charges | None, BeforeValidator(lambda text: None if text is None else Charges(text))]
    post_dial: Digits | None
    menu_path: list[Text] | None
    plan: Word | None
    note: Text | None


class SupportEntry(_Form):
    """One country or region."""

    id: Key
    region: RegionCode
    subdivision: Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None
    also_codes: list[RegionCode]
    name_en: Text
    area: Text
    timezone: Zone
    numbers: list[SupportNumber]
    billing: list[SupportHours]
    technical: list[SupportHours]
    phone_support: bool
    note: Text | None


class Source(_Form):
    """A document that a fact was taken from."""

    id: Key
    title: Text
    file: Text
    repository: Text | None = None
    commit: Text | None = None
    language: Word
    date: Day | None
    date_basis: Text
    covers: list[Word]


class CloudLine(_Form):
    """A line of a cloud for one or many regions."""

    id: Key
    role: Literal["main", "alternate"]
    regions: Annotated[list[RegionCode], Field(min_length=1)]
    region_group: Text | None = None
    printed: Printed
    e164: E164
    kind: Annotated[Kind, BeforeValidator(Kind)]
    charges: Annotated[Charges | None, BeforeValidator(lambda text: None if text is None else Charges(text))]
    departments: Annotated[list[Annotated[Department, BeforeValidator(Department)]], Field(min_length=1)]
    note: Text | None
    sources: list[Key]


class CloudHours(_Clock):
    """Hours of a department; null where the source leaves them open (`merging` fills them)."""

    language: Language
    timezone: Zone | None
    hours_osm: Hours | None
    note: Text | None
    sources: list[Key]
    regions: list[RegionCode] = Field(default_factory=list)
    channel: Literal["phone", "online", "phone or online"] = "phone"


class SeverityHours(_Form):
    """Hours by severity, in every language of the operator."""

    levels: Annotated[list[Annotated[Severity, BeforeValidator(Severity)]], Field(min_length=1)]
    days: Days
    open: Time
    close: Time
    hours_osm: Hours
    timezone: Zone
    note: Text | None = None
    sources: list[Key]


class CloudDepartment(_Form):
    """A desk of a cloud."""

    hours: list[CloudHours]
    severity_hours: list[SeverityHours] = Field(default_factory=list)
    other_languages: Text | None = None
    max_severity: Annotated[Severity | None, BeforeValidator(lambda text: None if text is None else Severity(text))]


class Response(_Form):
    """A promised first answer, by the source that promises it."""

    amount: Annotated[int, Field(gt=0)]
    unit: Literal["hour", "business_day"]
    source: Key
    date: Day | None
    note: Text | None = None


class SeverityLevel(_Form):
    """What a severity means and promises."""

    level: Annotated[Severity, BeforeValidator(Severity)]
    label: Word
    label_in_response_table: Word | None = None
    definition: Text
    examples: list[Text]
    initial_response: list[Response]
    follow_up: Text | None
    hours_osm: Hours
    customer_duties: list[Text]
    departments: list[Annotated[Department, BeforeValidator(Department)]]
    requires: Text | None


class SeverityRule(_Form):
    id: Word
    text: Text
    sources: list[Key]


class Rule(_Form):
    """A rule of eligibility; `rule` is the word that `eligibility` judges by."""

    id: Word
    rule: Annotated[RuleName, BeforeValidator(RuleName)]
    text: Text
    sources: list[Key]


class Channel(_Form):
    """A way to ask for support beside the telephone."""

    channel: Word
    callback: bool = False
    expected_wait_shown: bool = False
    fields: list[Text] = Field(default_factory=list)
    path: list[Text] = Field(default_factory=list)
    note: Text | None = None
    hours_osm: Hours | None = None
    sources: list[Key]


class Cloud(_Form):
    """One operator with its lines, desks and rules."""

    operator: Key
    name: Text
    lines: Annotated[list[CloudLine], Field(min_length=1)]
    other_regions: Text | None
    departments: dict[Annotated[Department, BeforeValidator(Department)], CloudDepartment]
    languages: Annotated[list[Language], Field(min_length=1)]
    languages_source: list[Key] = Field(default_factory=list)
    severities: list[SeverityLevel] | None
    severity_rules: list[SeverityRule] = Field(default_factory=list)
    eligibility: list[Rule]
    channels: list[Channel]
    note: Text | None = None
    closed_since: Day | None = None
    hand_over_to: Key | None = None
    closed_note: Text | None = None


class Clouds(_Form):
    """The special lines of all operators."""

    format: Literal["cloud-lines/1"]
    sources: list[Source]
    operators: Annotated[list[Cloud], Field(min_length=1)]
