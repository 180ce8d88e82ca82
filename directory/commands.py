"""`vouchline lines` and `vouchline incidents`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import click

from audit.entry import Entry
from audit.log import append
from audit.vocabulary import Action, Outcome
from core.clock import Clock
from core.database import Database
from core.errors import NotFoundError, RefusedError
from core.keys import Keyring
from core.settings import Settings
from directory import book as books
from directory import describing, loading
from directory import incidents as faults
from directory.entities import Incident


class Parts(Protocol):
    """What a command is given."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def keyring(self) -> Keyring: ...


_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


class _Moment(click.ParamType[datetime]):
    """An ISO 8601 moment with its offset; without one it would be anybody's."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment such as 2026-12-25T10:00-05:00", param, ctx)
        if found.tzinfo is None:
            self.fail(f"{value!r} needs an offset, such as 2026-12-25T10:00-05:00", param, ctx)
        return found.astimezone(UTC)


_MOMENT = _Moment()


@click.group("lines")
def lines() -> None:
    """See and import the lines."""


@lines.command("list")
@click.option("--operator", help="Only this operator's.")
@click.option("--region", help="Only those that serve this region (ISO code or id).")
@_as_json
@click.pass_context
def list_lines(ctx: click.Context, operator: str | None, region: str | None, as_json: bool) -> None:
    """Show every line with what it serves."""
    book = _book(_parts(ctx))
    wanted = _regions(book, region)
    found = [
        describing.summary(book, line)
        for line in book.lines.values()
        if _concerns(book, line.operator, operator) and wanted & set(line.regions)
    ]
    if as_json:
        _echo_json(found)
        return
    for row in found:
        regions = row["regions"]
        shown = " ".join(regions[:8]) + (f" and {len(regions) - 8} more" if len(regions) > 8 else "")
        click.echo(f"{row['number']:<20} {row['operator']:<10} {','.join(row['languages']):<14} {shown}")
    click.echo(f"{len(found)} lines")


@lines.command("show")
@click.argument("line")
@click.option("--at", type=_MOMENT, help="At this moment instead of now.")
@_as_json
@click.pass_context
def show_line(ctx: click.Context, line: str, at: datetime | None, as_json: bool) -> None:
    """Explain a line, named by number, id, SIP address or region: who, where, in which language, open or not."""
    parts = _parts(ctx)
    book = _book(parts)
    found = [describing.detail(book, each, at or parts.clock.now()) for each in describing.matching(book, line)]
    if not found:
        raise NotFoundError(f"no line is known by {line!r}; `vouchline lines list` shows all")
    if as_json:
        _echo_json(found)
        return
    for each in found:
        _echo_line(each)


@lines.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file and say what would change; change nothing.")
@click.pass_context
def import_lines(ctx: click.Context, file: Path, dry_run: bool) -> None:
    """Import a file in the form of the shipped ones: all of it, or nothing and every fault with its place.

    It stands beside the other files; one of the same name, a shipped one too, is replaced.
    """
    parts = _parts(ctx)
    if file.stat().st_size > loading.MAX_BYTES:
        raise RefusedError(f"{file.name} is larger than {loading.MAX_BYTES} bytes")
    with suppress(_DryRunError), parts.database.begin() as tx:
        loaded = loading.load(tx, file.name, file.read_bytes())
        if dry_run:
            raise _DryRunError
        if loaded.taken:
            append(tx, parts.clock, parts.keyring, _imported(loaded))
    click.echo(_outcome(loaded, dry_run=dry_run))


@click.group("incidents")
def incidents() -> None:
    """Tell callers about incidents."""


@incidents.command("add")
@click.option("--operator", required=True, help="Whose callers hear it.")
@click.option("--region", "regions", multiple=True, help="ISO code or id; may be repeated; none means all.")
@click.option("--product", "products", multiple=True, help="What is concerned; may be repeated.")
@click.option("--text", "texts", multiple=True, required=True, help='By language: en="Mail is slow."; may be repeated.')
@click.option("--starts", type=_MOMENT, help="From this moment on; now where not given.")
@click.option("--ends", type=_MOMENT, help="Until this moment, where it is known.")
@click.pass_context
def add_incident(
    ctx: click.Context,
    operator: str,
    regions: tuple[str, ...],
    products: tuple[str, ...],
    texts: tuple[str, ...],
    starts: datetime | None,
    ends: datetime | None,
) -> None:
    """Let callers hear of a fault before the menu."""
    parts = _parts(ctx)
    with parts.database.begin() as tx:
        made = faults.add(
            tx,
            parts.clock,
            parts.keyring,
            books.current(tx, parts.settings.operators),
            operator=operator,
            texts=_texts(texts),
            regions=regions,
            products=products,
            starts_at=starts,
            ends_at=ends,
        )
    click.echo(made)


@incidents.command("end")
@click.argument("incident")
@click.pass_context
def end_incident(ctx: click.Context, incident: str) -> None:
    """Stop telling callers."""
    parts = _parts(ctx)
    with parts.database.begin() as tx:
        book = books.current(tx, parts.settings.operators)
        if not faults.end(tx, parts.clock, parts.keyring, book, incident):
            raise NotFoundError("there is no such incident, or it has ended")
    click.echo("The incident has ended.")


@incidents.command("list")
@click.option("--operator", help="Only this operator's.")
@click.option("--all", "every", is_flag=True, help="The ended ones too.")
@_as_json
@click.pass_context
def list_incidents(ctx: click.Context, operator: str | None, every: bool, as_json: bool) -> None:
    """Show incidents, the newest first."""
    parts = _parts(ctx)
    book = _book(parts)
    known = faults.listing(book, parts.clock.now(), every=every)
    found = [_incident(each) for each in known if _concerns(book, each.operator, operator)]
    if as_json:
        _echo_json(found)
        return
    for row in found:
        regions = " ".join(row["regions"]) or "all regions"
        click.echo(f"{row['id']}  {row['operator']}  {regions}  {row['starts_at']} - {row['ends_at'] or 'open'}")
        for language, text in row["texts"].items():
            click.echo(f"    {language}: {text}")
    if not found:
        click.echo("No incidents.")


def _parts(ctx: click.Context) -> Parts:
    found: Parts = ctx.obj()
    return found


def _text(given: str) -> tuple[str, str]:
    language, equals, text = given.partition("=")
    if not equals or not language.strip() or not text.strip():
        raise click.BadParameter(f"{given!r} is not of the form LANGUAGE=TEXT", param_hint="--text")
    return language.strip(), text.strip()


def _texts(given: Sequence[str]) -> dict[str, str]:
    pairs = [_text(each) for each in given]
    texts = dict(pairs)
    if len(texts) < len(pairs):
        raise click.BadParameter("a language stands twice", param_hint="--text")
    return texts


def _book(parts: Parts) -> books.Book:
    """The operators of this deployment."""
    with parts.database.read() as tx:
        return books.current(tx, parts.settings.operators)


def _regions(book: books.Book, named: str | None) -> set[str]:
    if named is None:
        return set(book.regions)
    found = book.regions_named(named) or book.regions_named(named.upper())
    if not found:
        raise NotFoundError(f"there is no region {named!r}")
    return set(found)


def _concerns(book: books.Book, operator: str, wanted: str | None) -> bool:
    if wanted is not None and wanted not in book.operators:
        raise NotFoundError(f"there is no operator {wanted!r}; there are {', '.join(book.operators)}")
    return wanted in {None, operator}


class _DryRunError(Exception):
    """Rolls everything back."""


def _imported(loaded: loading.Loaded) -> Entry:
    return Entry(
        actor="administrator",
        subject=f"directory:{loaded.name}",
        action=Action.DIRECTORY_IMPORTED,
        outcome=Outcome.SUCCESS,
        operator=None,
        facts={"sha256": loaded.sha256, "entries": loaded.entries, "written": loaded.written},
        origin="command",
    )


def _outcome(loaded: loading.Loaded, *, dry_run: bool) -> str:
    if not loaded.changed:
        return f"{loaded.name} changes nothing."
    written = ", ".join(f"{count} {table}" for table, count in loaded.written.items())
    return f"{loaded.name}: {loaded.entries} entries; {'would write' if dry_run else 'written'}: {written}."


def _incident(each: Incident) -> dict[str, Any]:
    return {
        "id": each.id,
        "operator": each.operator,
        "regions": list(each.regions),
        "products": list(each.products),
        "starts_at": each.starts_at.isoformat(timespec="minutes"),
        "ends_at": each.ends_at.isoformat(timespec="minutes") if each.ends_at else None,
        "texts": dict(each.texts),
    }


def _echo_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _echo_line(row: dict[str, Any]) -> None:
    click.echo(f"{row['number']}  {row['operator']}")
    if row["closed_since"]:
        click.echo(f"  closed since {row['closed_since']}; {row['handed_over_to'] or 'nobody'} answers its callers")
    click.echo(f"  reached at {', '.join(row['ingresses']) or 'no ingress'}")
    for region in row["regions"]:
        _echo_region(region)


def _echo_region(region: dict[str, Any]) -> None:
    facts = [region["kind"], f"charges {region['charges'] or 'not stated'}"]
    facts += [f"plan {region['plan']}"] if region["plan"] else []
    facts += [f"then key {region['post_dial']}"] if region["post_dial"] else []
    click.echo(f"  {region['name']} ({region['code']}, {region['zone']}): {region['printed']}; {', '.join(facts)}")
    if region["note"]:
        click.echo(f"    note: {region['note']}")
    for hours in region["hours"]:
        click.echo(f"    {_hours(hours)}")
    click.echo(f"    sources: {_joined(region['sources'])}")


def _hours(row: dict[str, Any]) -> str:
    severity = f" severity {row['severity']}" if row["severity"] else ""
    standing = "" if row["standing"] == "rules" else f" ({row['standing']})"
    state = ("open" if row["open"] else "closed") + (f" until {row['changes_at']}" if row["changes_at"] else "")
    desk = f"{row['department']} {row['language']}{severity}"
    return f"{desk:<26} {row['hours']:<30} {row['zone']:<20} {state}{standing}"


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
