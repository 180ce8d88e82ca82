"""What may be sent where and for how much: countries, kinds of numbers, pumping, and the day's money (C7-C9).

Holds for every outbound call and text, not for PINs alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType
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
# no country at all, and short codes are no E.164. Numbers of unknown kind are those of plans newer than the metadata.
_SENDABLE = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.UNKNOWN,
    }
)
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
    if phonenumbers.number_type(parsed) not in _SENDABLE or not regions:
        return Unsendable.KIND
    if not set(regions) <= _allowed(tx, operator, rules, regions):
        return Unsendable.COUNTRY
    block = keyring.pseudonym("limit", numbers.prefix(value))
    if not take(tx, PREFIX_SENDS, block, now):
        return Unsendable.PUMPING
    money = Limit("send.money", rules.daily_ceiling, timedelta(days=1))
    return None if take(tx, money, operator, now, price(channel, value)) else Unsendable.MONEY


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
