"""`vouchline languages`: what can be spoken, by which voice, and who has read it."""

import json
from dataclasses import asdict, dataclass

import click

from speech.catalogue import FALLBACK, load
from speech.languages import catalogue_for, has_catalogue, own_name
from speech.voices import VOICED, voice_for


@dataclass(frozen=True, slots=True)
class Row:
    """One language: `catalogue` is the one that is used for it, its own or the next best."""

    language: str
    own_name: str
    catalogue: str
    phrases: int
    of: int
    voice: str
    tag: str
    voice_source: str
    reviewer: str | None
    reviewed: str | None


def rows(carrier: str) -> list[Row]:
    return [_row(language, carrier) for language in VOICED[carrier]]


def _row(language: str, carrier: str) -> Row:
    used = load(catalogue_for(language))
    voice = voice_for(language, carrier)
    own = has_catalogue(language)
    return Row(
        language=language,
        own_name=own_name(language),
        catalogue=used.code,
        phrases=len(used.texts) if own else 0,
        of=len(load(FALLBACK).texts),
        voice=voice.name,
        tag=voice.tag,
        voice_source=voice.source,
        reviewer=used.reviewer if own else None,
        reviewed=used.reviewed if own else None,
    )


@click.command("languages")
@click.option("--carrier", default="twilio", show_default=True, type=click.Choice(sorted(VOICED)))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def languages(carrier: str, as_json: bool) -> None:
    """Show catalogues, coverage, voices and reviewers."""
    table = rows(carrier)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in table], ensure_ascii=False, indent=2))
        return
    click.echo(f"{'language':<9}{'phrases':>9}  {'voice':<26}{'tag':<8}{'voice checked':<14}read by")
    for row in table:
        click.echo(_line(row))


def _line(row: Row) -> str:
    phrases = f"{row.phrases}/{row.of}"
    checked = "no" if row.voice_source == "unverified" else "yes"
    reader = f"{row.reviewer}, {row.reviewed}" if row.reviewer else "nobody yet"
    if not row.phrases:
        reader = f"no catalogue; callers hear {row.catalogue}"
    return f"{row.language:<9}{phrases:>9}  {row.voice:<26}{row.tag:<8}{checked:<14}{reader} ({row.own_name})"
