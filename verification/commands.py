"""`vouchline verification`: why a caller was believed."""

from __future__ import annotations

import json

import click

from verification.decisions import Explained, calls_like, explain


@click.group()
def verification() -> None:
    """Who was verified, how, and why."""


@verification.command("explain")
@click.argument("call")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a decision.")
@click.pass_context
def explain_command(ctx: click.Context, *, call: str, as_json: bool) -> None:
    """Make every decision of CALL, which may be shortened, again from its stored evidence and policy, and compare.

    Exit status 0 when all agree, 1 when one does not, 2 when the call has none.
    """
    with ctx.obj().database.read() as tx:
        calls = calls_like(tx, call)
        found = explain(tx, calls[0]) if len(calls) == 1 else []
    if len(calls) > 1:
        click.echo("several calls begin like this: name more of it", err=True)
        ctx.exit(2)
    if not found:
        click.echo(f"no decision is stored for {call}", err=True)
        ctx.exit(2)
    for one in found:
        click.echo(json.dumps(_facts(one)) if as_json else _page(one))
    ctx.exit(0 if all(one.agrees for one in found) else 1)


def _facts(one: Explained) -> dict[str, object]:
    return {
        "at": one.at.isoformat(),
        "level": one.stored.level.name.lower(),
        "reasons": [reason.value for reason in one.stored.reasons],
        "email_only": one.stored.email_only,
        "policy": one.stored.policy_version,
        "evidence": [{"id": item.id, "at": item.at.isoformat(), "kind": item.kind.value} for item in one.evidence],
        "agrees": one.agrees,
        "recomputed": one.recomputed.level.name.lower() if one.recomputed else None,
        "fault": one.fault,
    }


def _page(one: Explained) -> str:
    marked = " (by e-mail only)" if one.stored.email_only else ""
    lines = [
        f"{one.at:%Y-%m-%d %H:%M:%S} UTC  {one.stored.level.name}{marked}",
        f"  because   {', '.join(reason.value for reason in one.stored.reasons)}",
        f"  policy    {one.stored.policy_version}",
        *(f"  evidence  {item.at:%H:%M:%S} {item.kind.value}" for item in one.evidence),
        f"  replay    {_verdict(one)}",
    ]
    return "\n".join(lines)


def _verdict(one: Explained) -> str:
    if one.agrees:
        return "agrees"
    if one.recomputed is None:
        return f"impossible: {one.fault}"
    reasons = ", ".join(reason.value for reason in one.recomputed.reasons)
    return f"DISAGREES: {one.recomputed.level.name} because {reasons} (policy {one.recomputed.policy_version})"
