"""`speak`: a message in a language. Pure; the catalogues are read once.

Messages whose id starts with `text.` or `mail.` are read by eye: their digits stand together. All others are
heard: digits are read one by one. No parameter is ever taken for a template.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.lists import format_list

from core.errors import VouchlineError
from speech.catalogue import Catalogue, load
from speech.clean import clean
from speech.languages import chain
from speech.messages import Count, Date, Digits, Kind, Listing, Message, Moment, Name, Param, Prose

PLACEHOLDER = re.compile(r"\{([a-z_]+)(:digit)?\}")
_SECOND_NAME = re.compile(r"\s*\([^)]*\)")
_FOR_THE_EYE = re.compile(r"[（）]|(?<= )[-–] ")
# No-break, thin and narrow spaces, which CLDR uses in times, names and lists: they trip some speech engines
# and are not in GSM-7. Zero-width ones are not heard at all.
_SPACES = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u200b": ""})
_FAR = 180  # days; beyond, a date is said with its year
_PROSE = 500  # characters; with the other prompts of a turn this stays far below a carrier's 3000
_WRITTEN = ("text.", "mail.")


class UnknownMessageError(VouchlineError):
    """No catalogue of the chain has this id: a mistake in the code."""

    code = "unknown-message"


class MissingParamError(VouchlineError):
    """The message was made without a parameter that its text names."""

    code = "missing-param"


def speak(message: Message, language: str) -> str:
    """The message in a catalogue's language (a code of `catalogues()`, or one with a next best).

    Raises UnknownMessageError, MissingParamError.
    """
    return _speaker(language, written=message.id.startswith(_WRITTEN)).message(message).translate(_SPACES)


@dataclass(frozen=True, slots=True)
class _Speaker:
    catalogues: tuple[Catalogue, ...]
    written: bool

    @property
    def locale(self) -> Locale:
        return self.catalogues[0].locale

    def message(self, message: Message) -> str:
        return self._filled(message.id, self._text(message.id), dict(message.params))

    def param(self, value: Param) -> str:
        match value:
            case str():
                return clean(value)
            case Prose():
                return clean(value.text, _PROSE)
            case int():
                return str(value)
            case Digits():
                return value.value if self.written else self._one_by_one(value.value)
            case Moment():
                return self._moment(value)
            case Date():
                return self._pattern("pattern.date", value.at.astimezone(ZoneInfo(value.zone)))
            case Name():
                return self._name(value)
            case Count():
                return self._filled(f"count.{value.unit}", self._text(f"count.{value.unit}", value.n), {"n": value.n})
            case Listing():
                return format_list([self.param(item) for item in value.items], locale=self.locale)
            case Message():
                return self.message(value)

    def _filled(self, message_id: str, template: str, params: dict[str, Param]) -> str:
        def value(found: re.Match[str]) -> str:
            if found[1] not in params:
                raise MissingParamError(f"message {message_id} needs {found[1]}")
            param = params[found[1]]
            return self._digit_word(param) if found[2] and isinstance(param, int) else self.param(param)

        return PLACEHOLDER.sub(value, template)

    def _text(self, message_id: str, n: int | None = None) -> str:
        text = self._optional(message_id, n)
        if text is None:
            raise UnknownMessageError(f"no message {message_id}")
        return text

    def _optional(self, message_id: str, n: int | None = None) -> str | None:
        first = next((one for one in self.catalogues if message_id in one.texts), None)
        if first is None:
            return None
        return first.texts[message_id][0] if n is None else first.form(message_id, n)

    def _digit_word(self, number: int) -> str:
        return self._optional(f"digit.{number}") or str(number)

    def _one_by_one(self, value: str) -> str:
        words = [self._text("digit.plus" if character == "+" else f"digit.{character}") for character in value]
        return self._text("digit.between").join(words)

    def _name(self, name: Name) -> str:
        match name.kind:
            case Kind.DEPARTMENT | Kind.LEVEL:
                return self._text(f"{name.kind}.{name.code}")
            case Kind.LANGUAGE:
                spoken = self._optional(f"tongue.{name.code}") or self.locale.languages.get(name.code.replace("-", "_"))
                return spoken or clean(name.code)
            case Kind.REGION:
                region = self._optional(f"region.{name.code}") or _aloud(self.locale.territories.get(name.code))
                return region or clean(name.code)

    def _moment(self, moment: Moment) -> str:
        zone = ZoneInfo(moment.zone)
        at = moment.at.astimezone(zone)
        days = (at.date() - moment.now.astimezone(zone).date()).days
        day = self._pattern("pattern.day" if abs(days) < _FAR else "pattern.date", at)
        params: dict[str, Param] = {"time": self._time(at), "weekday": self._cldr("EEEE", at), "date": day}
        message_id = _when(days)
        return self._filled(message_id, self._text(message_id), params)

    def _time(self, at: datetime) -> str:
        if at.minute:
            return self._pattern("pattern.minute", at)
        return self._pattern({0: "pattern.midnight", 12: "pattern.noon"}.get(at.hour, "pattern.hour"), at)

    def _pattern(self, message_id: str, at: datetime) -> str:
        return self._cldr(self._text(message_id), at)

    def _cldr(self, pattern: str, at: datetime) -> str:
        return format_datetime(at, pattern, locale=self.locale)


@lru_cache(maxsize=128)
def _speaker(language: str, *, written: bool) -> _Speaker:
    return _Speaker(tuple(load(code) for code in chain(language)), written)


def _when(days: int) -> str:
    match days:
        case 0:
            return "when.today"
        case 1:
            return "when.tomorrow"
        case 2 | 3 | 4 | 5 | 6:
            return "when.weekday"
        case _:
            return "when.date"


def _aloud(name: str | None) -> str | None:
    """CLDR's dashes and brackets are for the eye: "Congo - Kinshasa", "Myanmar (Burma)", "刚果（金）"."""
    return _FOR_THE_EYE.sub("", _SECOND_NAME.sub("", name)).strip() if name else None
