"""What may be sent where and for how much: countries, kinds of numbers, pumping, and the day's money (C7-C9).

Holds for every outbound call and text, not for PINs alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers.phonemetadata import PhoneMetadata
from sqlalchemy import Connection, select

from core.counters import Limit, take
from core.keys import Keyring
from directory import models, numbers
from verification.evidence import Channel
from verification.limits import PREFIX_SENDS


class Unsendable(StrEnum):
    """Why nothing is sent to a registered address."""

    KIND = "number-kind"
    COUNTRY = "country"
    PUMPING = "pumping"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Spending:
    """An operator's rules. `countries` are ISO 3166-1 codes, None for the operator's own; the ceiling is in cents."""

    countries: frozenset[str] | None = None
    daily_ceiling: int = 10_000


# Premium, shared-cost, satellite and the like are never rung or written to. Satellite and other global networks have
# no country at all, and short codes are no E.164. Numbers of unknown kind are those of plans newer than the metadata,
# and malformed ones: they pass only where they do not begin like a dear one.
_SENDABLE = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.UNKNOWN,
    }
)
_DEAR = ("premium_rate", "shared_cost", "personal_number", "pager")
_NEAR = 2  # a dear number with so many digits too many or too few is still taken for one
# Cents, rounded up, by what carriers publish: a coarse table that errs to the dear side.
_CHEAP = frozenset({"US", "CA", "GB"})
_PRICES = {Channel.TEXT: (2, 15), Channel.CALL: (5, 40), Channel.EMAIL: (0, 0)}


def price(channel: Channel, e164: str) -> int:
    """What one send may cost, in cents."""
    near, far = _PRICES[channel]
    return near if numbers.country(e164) in _CHEAP else far


def judge(
    tx: Connection, keyring: Keyring, now: datetime, *, operator: str, rules: Spending, channel: Channel, value: str
) -> Unsendable | None:
    """Charge one send, or say why it must not happen. E-mail costs nothing and goes anywhere."""
    if channel is Channel.EMAIL:
        return None
    parsed = phonenumbers.parse(value)
    regions = numbers.region_candidates(value)
    kind = phonenumbers.number_type(parsed)
    if kind not in _SENDABLE or not regions or (kind == PhoneNumberType.UNKNOWN and _seems_dear(parsed, regions)):
        return Unsendable.KIND
    if not set(regions) <= _allowed(tx, operator, rules, regions):
        return Unsendable.COUNTRY
    block = keyring.pseudonym("limit", numbers.prefix(value))
    if not take(tx, PREFIX_SENDS, block, now):
        return Unsendable.PUMPING
    money = Limit("send.money", rules.daily_ceiling, timedelta(days=1))
    return None if take(tx, money, operator, now, price(channel, value)) else Unsendable.MONEY


def _seems_dear(parsed: phonenumbers.PhoneNumber, regions: tuple[str, ...]) -> bool:
    national = phonenumbers.national_significant_number(parsed)
    plans = [PhoneMetadata.metadata_for_region(region) for region in regions]
    kinds = [getattr(plan, name) for plan in plans if plan is not None for name in _DEAR]
    return any(
        re.fullmatch(kind.national_number_pattern, national.ljust(length, "0")[:length])
        for kind in kinds
        if kind is not None and kind.national_number_pattern
        for length in kind.possible_length
        if abs(length - len(national)) <= _NEAR
    )


def _allowed(tx: Connection, operator: str, rules: Spending, regions: tuple[str, ...]) -> frozenset[str]:
    if rules.countries is not None:
        return rules.countries
    own = (
        select(models.Region.code)
        .join(models.LineRegion, models.LineRegion.region == models.Region.id)
        .where(models.LineRegion.operator == operator, models.Region.code.in_(regions))
        .distinct()
    )
    return frozenset(tx.execute(own).scalars())
