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


class RuleName(StrEnum):
    """Rules of eligibility in the sources; some are judged, some are told to callers and agents."""

    ADMIN_ONLY = "admin_only"
    BOUGHT_DIRECTLY = "bought_directly"
    PIN_FOR_UNREGISTERED_NUMBER = "pin_for_unregistered_number"
    ACCOUNT_DETAILS_READY = "account_details_ready"
    NO_PERMISSION_MEANS_NOT_ADMIN = "no_permission_means_not_admin"
    PAID_OR_TRIAL = "paid_or_trial"
    OWN_SERVICE_ONLY = "own_service_only"
    NO_THIRD_PARTY = "no_third_party"
    SEVERITY_A_CONTRACT = "severity_a_contract"
    BILLING_MAX_SEVERITY_B = "billing_max_severity_b"
    DOMAIN = "domain"
    ON_BEHALF = "on_behalf"
    FREE_OF_CHARGE = "free_of_charge"


UNDETERMINED = "und"
