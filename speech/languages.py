"""Spoken languages and catalogues.

A spoken tag (`cmn`, `yue`, `en`) is what people speak and what agents are matched by. A catalogue code
(`zh-Hant`, `pt-BR`) is how our phrases are written; the region decides between scripts. A language without a
catalogue of its own gets the next best, so that adding `fr.po` is all that French needs.
"""

from babel import Locale

from speech import catalogue

# Regions where Mandarin is written in the traditional script.
_TRADITIONAL = frozenset({"TW", "HK", "MO"})

# The next best where a catalogue is missing, before the general fallback. Cantonese readers of our phrases
# never get the simplified script, nor either script the other: a listener of one may not follow the wording
# of the other.
_NEXT_BEST = {"yue": ("zh-Hant",), "pt-BR": ("pt",), "pt": ("pt-BR",)}

_SPOKEN = {"zh-Hant": "cmn", "zh-Hans": "cmn"}

# The written language, not the spoken one: both are Mandarin.
_OWN_NAMES = {"zh-Hant": "中文（繁體）", "zh-Hans": "中文（简体）", "pt-BR": "português (Brasil)"}


def catalogues() -> tuple[str, ...]:
    """Codes of all catalogues that exist, sorted."""
    return catalogue.available()


def wanted(spoken: str, region: str | None = None) -> str:
    """The catalogue that this language ought to have; it need not exist. A catalogue code wants itself."""
    if spoken in {"cmn", "zh"}:
        return "zh-Hant" if region in _TRADITIONAL else "zh-Hans"
    return spoken


def chain(code: str) -> tuple[str, ...]:
    """Existing catalogues for a wanted one, best first; the last is always the general fallback."""
    candidates = dict.fromkeys((code, *_NEXT_BEST.get(code, ()), code.partition("-")[0], catalogue.FALLBACK))
    return tuple(candidate for candidate in candidates if candidate in catalogue.available())


def catalogue_for(spoken: str, region: str | None = None) -> str:
    """The best existing catalogue for a spoken tag in a region (ISO 3166-1); "und" is the caller's to resolve
    and gives the fallback."""
    return chain(wanted(spoken, region))[0]


def has_catalogue(spoken: str, region: str | None = None) -> bool:
    """Whether the language has a catalogue of its own, rather than the next best."""
    return wanted(spoken, region) in catalogue.available()


def spoken_for(code: str) -> str:
    """The spoken tag of a catalogue: "zh-Hant" is spoken as "cmn"."""
    return _SPOKEN.get(code, code)


def own_name(code: str) -> str:
    """A catalogue's language as its readers write it."""
    locale = Locale.parse(code, sep="-")
    return _OWN_NAMES.get(code) or locale.get_language_name(locale) or code
