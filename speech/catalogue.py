"""Catalogues: gettext .po files with symbolic msgids, one per language, read when first needed.

The file name is the catalogue code with an underscore (`zh_Hant.po` for `zh-Hant`). `catalogues/README.md`
tells how to change one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel import Locale
from babel.messages.pofile import read_po

FALLBACK = "en"
_FOLDER: Traversable = files("speech") / "catalogues"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`texts` holds an entry's forms: one, or one for each plural. Fuzzy and empty entries are left out."""

    code: str
    locale: Locale
    texts: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]
    reviewer: str | None
    reviewed: str | None

    def form(self, message_id: str, n: int) -> str:
        """The text for `n` of something; KeyError for an unknown id."""
        return self.texts[message_id][self.plural(n)]


@cache
def available() -> tuple[str, ...]:
    """Codes of all catalogues, sorted."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".po").replace("_", "-") for name in names if name.endswith(".po")))


@cache
def load(code: str) -> Catalogue:
    """Raises LookupError for a code that is not in `available()`."""
    if code not in available():
        raise LookupError(f"no catalogue {code!r}")
    locale = Locale.parse(code, sep="-")
    with (_FOLDER / f"{code.replace('-', '_')}.po").open("rb") as file:
        po = read_po(file, locale=locale)
    texts = {
        str(entry.id if isinstance(entry.id, str) else entry.id[0]): _forms(entry.string)
        for entry in po
        if entry.id and not entry.fuzzy
    }
    return Catalogue(
        code=code,
        locale=locale,
        texts={message_id: forms for message_id, forms in texts.items() if all(forms)},
        plural=c2py(po.plural_expr),
        reviewer=_note(po.header_comment, "Reviewer"),
        reviewed=_note(po.header_comment, "Reviewed"),
    )


def _forms(string: object) -> tuple[str, ...]:
    return tuple(map(str, string)) if isinstance(string, list | tuple) else (str(string),)


def _note(header: str, name: str) -> str | None:
    """The value of a "# Name: value" line; None where the file says that nobody did."""
    found = [line.partition(": ")[2].strip() for line in header.splitlines() if line.startswith(f"# {name}: ")]
    return found[0] if found and not found[0].startswith(("nobody", "never")) else None
