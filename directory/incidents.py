"""Incidents: what callers hear before the menu while a fault lasts. Every change is on record."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, update

from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action, Outcome
from core.clock import Clock
from core.errors import Fault
from core.keys import Keyring
from directory import models
from directory.book import Book
from directory.entities import Incident
from directory.syncing import raise_version
from speech.clean import clean
from speech.languages import catalogues

MAX_TEXT = 500  # characters that one prompt takes (`speech.Prose`)
NEEDED = "en"  # what a caller hears whose language has no words of its own


def add(
    tx: Connection,
    clock: Clock,
    keyring: Keyring,
    book: Book,
    *,
    operator: str,
    texts: Mapping[str, str],
    regions: Sequence[str] = (),
    products: Sequence[str] = (),
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> str:
    """Tell callers of a fault from `starts_at` (now) on; no regions means all. Returns the id.

    Texts go by catalogue code, `regions` by id, ISO code or subdivision. Raises `Fault` with everything that is wrong.
    """
    start = starts_at or clock.now()
    if faults := list(_faults(book, operator, texts, regions)):
        raise Fault("the incident is refused", faults)
    if ends_at is not None and ends_at <= max(start, clock.now()):
        raise Fault("the incident is refused", ["it ends before anybody can hear it"])
    made, places = str(uuid.uuid4()), _places(book, operator, regions)
    values = {"id": made, "operator": operator, "regions": places, "products": list(products)}
    tx.execute(insert(models.Incident), values | {"starts_at": start, "ends_at": ends_at})
    tx.execute(
        insert(models.IncidentText),
        [{"incident": made, "language": language, "text": clean(text, MAX_TEXT)} for language, text in texts.items()],
    )
    raise_version(tx)
    _record(tx, clock, keyring, operator, made, "added", regions=places, languages=sorted(texts))
    return made


def end(tx: Connection, clock: Clock, keyring: Keyring, book: Book, incident: str) -> bool:
    """Stop telling it from now on; False where the book has none of this id or it has ended already."""
    operator = next((each.operator for each in book.incidents if each.id == incident), None)
    now, table = clock.now(), models.Incident
    lasting = or_(table.ends_at.is_(None), table.ends_at > now)
    statement = update(table).where(table.id == incident, table.operator == operator, lasting)
    if tx.execute(statement.values(ends_at=now)).rowcount == 0:
        return False
    raise_version(tx)
    _record(tx, clock, keyring, operator, incident, "ended")
    return True


def listing(book: Book, now: datetime, *, every: bool = False) -> tuple[Incident, ...]:
    """Incidents that last or are to come, the newest first; `every` adds the ended ones."""
    return tuple(each for each in book.incidents if every or each.ends_at is None or each.ends_at > now)


def _faults(book: Book, operator: str, texts: Mapping[str, str], regions: Sequence[str]) -> Iterator[str]:
    if operator not in book.operators:
        yield f"operator: there is no {operator!r}; there are {', '.join(book.operators)}"
        return
    yield from (f"region: {each!r} is not known" for each in regions if not book.regions_named(each))
    served = [each for each in regions if book.regions_named(each)]
    yield from (f"region: {operator} has no desk for {each}" for each in served if not _places(book, operator, [each]))
    if NEEDED not in texts:
        yield f"text: the words in {NEEDED} are missing, which callers of every other language hear"
    for language, text in texts.items():
        if language not in catalogues():
            yield f"text: {language!r} is no catalogue; there are {', '.join(catalogues())}"
        words = clean(text, 2 * MAX_TEXT)
        if not any(map(str.isalnum, words)):
            yield f"text ({language}): there is nothing to say"
        elif len(words) > MAX_TEXT:
            yield f"text ({language}): at most {MAX_TEXT} characters are said"


def _places(book: Book, operator: str, names: Sequence[str]) -> list[str]:
    """Ids of the regions of these names where the operator has desks; a code may stand for several."""
    found = [region for name in names for region in book.regions_named(name) if book.serves(operator, region)]
    return list(dict.fromkeys(found))


def _record(
    tx: Connection, clock: Clock, keyring: Keyring, operator: str | None, incident: str, change: str, **facts: Any
) -> None:
    entry = Entry(
        actor="administrator",
        subject=f"incident:{incident}",
        action=Action.DIRECTORY_CHANGED,
        outcome=Outcome.SUCCESS,
        operator=operator,
        facts={"change": change, **facts},
        origin="command",
    )
    append(tx, clock, keyring, entry)
