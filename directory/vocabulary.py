"""Closed sets of words that the directory's tables hold."""

from __future__ import annotations

from enum import StrEnum


class Department(StrEnum):
    """A desk behind a line, in the order a menu offers them."""

    TECHNICAL = "technical"
    BILLING = "billing"
    PRESALES = "presales"


class Severity(StrEnum):
    """21Vianet's levels (F69-F75); other operators make no difference."""

    A = "A"
    B = "B"
    C = "C"


class Kind(StrEnum):
    """What sort of number a line is for a region."""

    TOLL_FREE = "toll_free"
    LOCAL = "local"
    INTERNATIONAL = "international"
    ALTERNATE = "alternate"
    MOBILE_TOLL_FREE = "mobile_toll_free"


class Charges(StrEnum):
    """What the source states a call costs; nothing stated does not mean free."""

    INTERNATIONAL = "international"
    LOCAL = "local"
    NONE = "none"


class SupportPlan(StrEnum):
    """`advanced` is the agreement that severity A needs (F83)."""

    STANDARD = "standard"
    ADVANCED = "advanced"


class Role(StrEnum):
    """What a contact may do at the own organisation."""

    GLOBAL = "global"
    BILLING = "billing"
    SERVICE_SUPPORT = "service-support"
    HELPDESK = "helpdesk"
    DELEGATED = "delegated"
    USER = "user"


# F92: "administrator" means every administrator role.
ADMIN_ROLES = frozenset({Role.GLOBAL, Role.BILLING, Role.SERVICE_SUPPORT, Role.HELPDESK, Role.DELEGATED})


class AddressKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


class LineType(StrEnum):
    """A landline gets no text message."""

    MOBILE = "mobile"
    LANDLINE = "landline"


class Standing(StrEnum):
    """Whether a schedule rules; see `models.Schedule`."""

    RULES = "rules"
    ALTERNATIVE = "alternative"
    ONLINE = "online"


UNDETERMINED = "und"
