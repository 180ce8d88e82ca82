"""The log on both databases: what is written, what cannot be changed, and what fails with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from audit.entry import Entry, columns
from audit.log import append, append_all, timeline, together
from audit.merkle import leaf_hash
from audit.models import AuditEntry, AuditPending, AuditPersonal, AuditPersonKey
from audit.personal import reveal
from audit.vocabulary import Action, Outcome
from core.clock import ManualClock, SystemClock
from core.counters import Counter
from core.database import Database
from core.keys import Keyring, SealError

CALL = "CA" + "0" * 32


def entry(**changes: Any) -> Entry:
    given: dict[str, Any] = {
        "actor": "caller",
        "subject": "call:1",
        "action": Action.CALLER_MATCHED,
        "outcome": Outcome.SUCCESS,
        "operator": "worldwide",
        "call": CALL,
        "organisation": "organisation-7",
        "contact": "contact-9",
        "facts": {"key": 1},
        "level": "recognised",
    }
    return Entry(**given | changes)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def stored(tx: Connection) -> dict[str, Any]:
    return dict(tx.execute(select(AuditEntry.__table__)).mappings().one())


def everything(tx: Connection) -> bytes:
    tables = (AuditEntry, AuditPersonal, AuditPersonKey)
    return repr([tuple(row) for table in tables for row in tx.execute(select(table.__table__))]).encode()


def test_an_entry_waits_for_its_place_in_the_tree(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with database.begin() as tx:
        written = append(tx, clock, keyring, entry())
    with database.read() as tx:
        assert tx.execute(select(AuditPending.entry)).scalars().all() == [written]
        assert stored(tx)["id"] == written


def test_the_leaf_covers_every_column(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with database.begin() as tx:
        append(tx, clock, keyring, entry(personal={"caller": "+14255550100"}, origin="console"))
    with database.read() as tx:
        row = stored(tx)
    assert row.pop("leaf") == leaf_hash(row["body"])
    assert columns(row.pop("body")) == row


def test_nothing_is_written_for_no_entries(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with database.begin() as tx, statements(database) as seen:
        assert append_all(tx, clock, keyring, []) == ()
    assert seen == []


def test_several_entries_cost_one_statement_a_table(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with database.begin() as tx, statements(database) as seen:
        append_all(tx, clock, keyring, [entry(subject=f"step:{number}") for number in range(5)])
    assert len(seen) == 2


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entries SET outcome = 'failure'", "DELETE FROM audit_entries", "TRUNCATE audit_entries CASCADE"],
)
def test_the_database_forbids_changes(database: Database, clock: ManualClock, keyring: Keyring, statement: str) -> None:
    with database.begin() as tx:
        append(tx, clock, keyring, entry())
    # SQLite has no TRUNCATE: there it is a mistake in writing, which is refused too.
    with pytest.raises(DBAPIError), database.begin() as tx:
        tx.execute(text(statement))
    with database.read() as tx:
        assert stored(tx)["outcome"] == "success"


def test_what_is_rolled_back_leaves_no_entry(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with database.read() as tx:
        append(tx, clock, keyring, entry(personal={"caller": "+14255550100"}))
    with database.read() as tx:
        assert tx.execute(select(func.count()).select_from(AuditEntry)).scalar() == 0


def deed(database: Database, clock: ManualClock, keyring: Keyring, recorded: Entry, before: str = "SELECT 1") -> None:
    """Something happens and is recorded, in one transaction."""
    with database.begin() as tx:
        tx.execute(text(before))
        tx.execute(insert(Counter), {"scope": "s", "key": "k", "count": 1, "ends_at": clock.now()})
        append(tx, clock, keyring, recorded)


def happened(database: Database) -> bool:
    with database.read() as tx:
        return tx.execute(select(Counter.key)).first() is not None


@pytest.mark.parametrize("facts", [{"amount": 1.5}, {"at": object()}])
def test_an_act_that_cannot_be_recorded_does_not_happen(
    database: Database, clock: ManualClock, keyring: Keyring, facts: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="fact"):
        deed(database, clock, keyring, entry(facts=facts))
    assert not happened(database)


def test_a_log_that_takes_no_entry_fails_the_act(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with pytest.raises(DBAPIError):
        deed(database, clock, keyring, entry(), before="DROP TABLE audit_pending")
    assert not happened(database)


def test_a_recorded_act_happens(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    deed(database, clock, keyring, entry())
    assert happened(database)


def test_names_in_the_leaf_are_pseudonyms_of_their_operator(
    database: Database, clock: ManualClock, keyring: Keyring
) -> None:
    with database.begin() as tx:
        append_all(tx, clock, keyring, [entry(), entry(), entry(operator="21vianet")])
        rows = tx.execute(select(AuditEntry.organisation, AuditEntry.contact, AuditEntry.body).order_by(AuditEntry.id))
        first, same, other = rows.all()
    assert first.organisation == same.organisation != other.organisation
    assert b"organisation-7" not in first.body
    assert b"contact-9" not in first.body


def test_personal_data_lies_encrypted_beside_the_entry(
    database: Database, clock: ManualClock, keyring: Keyring
) -> None:
    with database.begin() as tx:
        written = append(tx, clock, keyring, entry(personal={"caller": "+14255550100"}))
    with database.read() as tx:
        assert b"4255550100" not in everything(tx)
        assert reveal(tx, keyring, written) == {"caller": "+14255550100"}


def test_destroying_a_persons_key_erases_and_leaves_the_leaf(
    database: Database, clock: ManualClock, keyring: Keyring
) -> None:
    with database.begin() as tx:
        written = append(tx, clock, keyring, entry(personal={"caller": "+14255550100"}))
        tx.execute(delete(AuditPersonKey))
    with database.read() as tx:
        assert reveal(tx, keyring, written) is None
        row = stored(tx)
        assert row["leaf"] == leaf_hash(row["body"])


def test_an_altered_ciphertext_does_not_open(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with database.begin() as tx:
        first = append(tx, clock, keyring, entry(personal={"caller": "a"}))
        second = append(tx, clock, keyring, entry(personal={"caller": "b"}))
        moved = tx.execute(select(AuditPersonal.sealed).where(AuditPersonal.entry == first)).scalar()
        tx.execute(update(AuditPersonal).where(AuditPersonal.entry == second).values(sealed=moved))
        with pytest.raises(SealError):
            reveal(tx, keyring, second)


def test_a_person_has_one_key(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with database.begin() as tx:
        append_all(tx, clock, keyring, [entry(personal={"n": number}) for number in range(3)])
        append(tx, clock, keyring, entry(contact="contact-10", personal={"n": 4}))
        assert tx.execute(select(func.count()).select_from(AuditPersonKey)).scalar() == 2


def test_a_person_met_at_the_same_moment_twice_has_one_key(
    database: Database, clock: ManualClock, keyring: Keyring
) -> None:
    together, failed = threading.Barrier(4), []

    def write() -> None:
        together.wait(5)
        try:
            with database.begin() as tx:
                append(tx, clock, keyring, entry(personal={"caller": "+14255550100"}))
        except Exception as error:  # noqa: BLE001  a thread has no other way to tell
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.read() as tx:
        assert tx.execute(select(func.count()).select_from(AuditPersonKey)).scalar() == 1
        written = tx.execute(select(AuditEntry.id)).scalars().all()
        assert [reveal(tx, keyring, one) for one in written] == [{"caller": "+14255550100"}] * 4


def test_a_key_made_under_the_old_master_still_opens(database: Database, clock: ManualClock) -> None:
    old, new = b"the old master secret of these tests", b"the new master secret of these tests"
    with database.begin() as tx:
        first = append(tx, clock, Keyring([old]), entry(personal={"n": 1}))
        second = append(tx, clock, Keyring([new, old]), entry(personal={"n": 2}))
        assert [reveal(tx, Keyring([new, old]), one) for one in (first, second)] == [{"n": 1}, {"n": 2}]
        assert tx.execute(select(func.count()).select_from(AuditPersonKey)).scalar() == 1


@pytest.mark.parametrize(
    "known", [{"contact": None}, {"contact": None, "organisation": None}], ids=["organisation", "call alone"]
)
def test_who_is_not_known_has_a_key_all_the_same(
    database: Database, clock: ManualClock, keyring: Keyring, known: dict[str, Any]
) -> None:
    with database.begin() as tx:
        written = append(tx, clock, keyring, entry(personal={"caller": "x"}, **known))
        assert reveal(tx, keyring, written) == {"caller": "x"}


def test_personal_data_of_nobody_is_refused(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    nobody = entry(personal={"caller": "x"}, contact=None, organisation=None, call=None)
    with pytest.raises(ValueError, match="key seals it"), database.begin() as tx:
        append(tx, clock, keyring, nobody)


def test_entries_of_a_simulated_clock_say_so(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with database.begin() as tx:
        append(tx, clock, keyring, entry())
        append(tx, SystemClock(), keyring, entry())
        found = tx.execute(select(AuditEntry.simulated).order_by(AuditEntry.simulated)).scalars().all()
    assert found == [False, True]


def test_a_timeline_tells_one_call_in_the_order_of_writing(
    database: Database, clock: ManualClock, keyring: Keyring
) -> None:
    with database.begin() as tx:
        append_all(tx, clock, keyring, [entry(subject=f"step:{number}") for number in range(3)])
        append(tx, clock, keyring, entry(call="CA" + "1" * 32))
        clock.advance(timedelta(seconds=1))
        append(tx, clock, keyring, entry(subject="step:3", facts={"keyed": "\x1b"}))
        found = timeline(tx, CALL)
    assert [row.subject for row in found] == ["step:0", "step:1", "step:2", "step:3"]
    assert found[-1].facts == {"keyed": "\\u{1b}"}
    assert (found[0].at, found[0].action, found[0].level) == (
        clock.now() - timedelta(seconds=1),
        "service:caller:matched",
        "recognised",
    )


def test_order_shows_while_the_clock_stands_still(database: Database, clock: ManualClock, keyring: Keyring) -> None:
    with database.begin() as tx:
        for number in range(20):
            append(tx, clock, keyring, entry(subject=f"step:{number}"))
        assert [row.subject for row in timeline(tx, CALL)] == [f"step:{number}" for number in range(20)]


def test_entries_written_together_keep_their_order_and_their_personal_data(
    database: Database, clock: ManualClock, keyring: Keyring
) -> None:
    with database.begin() as tx:
        with together(tx):
            written = append(tx, clock, keyring, entry(subject="step:0", personal={"n": 1}))
            with together(tx):
                append_all(tx, clock, keyring, [entry(subject="step:1"), entry(subject="step:2")])
            assert timeline(tx, CALL) == []
        assert [row.subject for row in timeline(tx, CALL)] == ["step:0", "step:1", "step:2"]
        assert reveal(tx, keyring, written) == {"n": 1}
        append(tx, clock, keyring, entry(subject="step:3"))
        assert len(timeline(tx, CALL)) == 4


def test_nothing_of_a_failed_block_stays_for_the_next_transaction(
    database: Database, clock: ManualClock, keyring: Keyring
) -> None:
    def broken() -> None:
        with database.begin() as tx, together(tx):
            append(tx, clock, keyring, entry())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    with database.begin() as tx:
        with together(tx):
            append(tx, clock, keyring, entry(subject="later"))
        assert [row.subject for row in timeline(tx, CALL)] == ["later"]
