"""`linmem check`: the claims of the theory, asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from linmem.cli.output import progress_on_terminal
from linmem.cli.sources import complete_claim, complete_source, how_to_read, read_source
from linmem.errors import InvalidNetworkError
from linmem.writing import write_whole

HOLDS = {True: "holds", False: "FAILS", None: "open"}


@click.command()
@click.argument("which", nargs=-1, shell_complete=complete_claim)
@click.option(
    "--network",
    "source",
    metavar="SOURCE",
    shell_complete=complete_source,
    help="Ask the claims of this network, those that apply.",
)
@how_to_read
@click.option("--quick", is_flag=True, help="Leave out what takes more than a second or two, and the proofs.")
@click.option("--certified", is_flag=True, help="Enclose every measure by ball arithmetic.")
@click.option("--attack", is_flag=True, help="Search for networks that break an inequality.")
@click.option("--budget", default="60s", show_default=True, metavar="TIME", help="For the whole attack: 90s, 5m.")
@click.option("--page", type=click.Path(path_type=Path), help="Write all claims, with their verdicts, as Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def check(context, which, source, quick, certified, attack, budget, page, as_json, **in_file) -> None:
    """The claims of the theory, WHICH of them by id, name or section: do they hold, and do their controls fail?

    The margin is 1 for equality to the last bit and 0 at the tolerance; of an inequality, 0 where it is sharp. The
    exit code is 1 where a claim fails, or a control holds.

    Example: linmem check B --quick
    """
    from linmem.claims.checking import find_claims

    if page is not None:
        from linmem.claims.page import written

        write_whole(page, lambda name: Path(name).write_text(written(), encoding="utf-8"))
        click.echo(f"{'written':<18}{page}")
        return
    claims = list(dict.fromkeys(one for word in which or [None] for one in find_claims(word)))
    if attack:
        rows, lines = _attacked(claims, _seconds(budget), as_json)
    else:
        claims = [one for one in claims if not (quick and one.slow)]
        network = None if source is None else read_source(source, in_file)
        rows, lines = _asked(claims, network, certified, proofs=not quick, silent=as_json)
    if as_json:
        click.echo(json.dumps(rows))
    for line in lines:
        click.echo(line)
    context.exit(1 if any(row["failed"] for row in rows) else 0)


def _asked(claims, network, certified, *, proofs, silent) -> tuple[list[dict[str, Any]], list[str]]:
    rows, lacking, width = [], [], max(len(one.name) for one in claims)
    if not silent:
        click.echo(f"{'id':<5}{'claim':<{width + 2}}{'verdict':<9}{'margin':>8}  {'control':<9}{'proof':<8}{'time':>6}")
    for claim in claims:
        lacks = () if network is None else claim.lacks(network)
        if lacks:
            lacking.append(f"{claim.id:<5}{claim.name:<{width + 2}}{', '.join(lacks)}")
            rows.append({"id": claim.id, "name": claim.name, "lacks": list(lacks), "failed": False})
            continue
        with progress_on_terminal():  # certify logs what it encloses
            verdict = claim.ask(None if network is None else [network], certified=certified, controls=network is None)
        proved = _proved(claim) if proofs and network is None else None
        rows.append(_row(verdict, proved))
        if not silent:
            control = "" if verdict.control is None else ("fails" if verdict.control_fails else "HOLDS")
            proof = {True: "proved", False: "FAILS", None: ""}[proved]
            click.echo(
                f"{claim.id:<5}{claim.name:<{width + 2}}{HOLDS[verdict.holds]:<9}{verdict.margin:>8.2g}  "
                f"{control:<9}{proof:<8}{verdict.seconds:>5.1f}s"
            )
    return rows, [] if silent or not lacking else ["", "not asked, as the network is:", *lacking]


def _row(verdict, proved) -> dict[str, Any]:
    control = verdict.control
    return {
        "id": verdict.claim.id,
        "name": verdict.claim.name,
        "holds": verdict.holds,
        "margin": verdict.margin,
        "worst": verdict.worst,
        "evidence": [str(item) for item in verdict.evidence],
        "control": None if control is None else verdict.control_fails,
        "control_evidence": None if control is None else str(control),
        "proved": proved,
        "certified": verdict.certified,
        "networks": verdict.networks,
        "seconds": verdict.seconds,
        "failed": not verdict.passed or proved is False,
    }


def _proved(claim) -> bool | None:
    from linmem.symbolic.proofs import proofs, prove

    return prove(claim.name).proved if claim.name in proofs() else None


def _attacked(claims, budget, silent) -> tuple[list[dict[str, Any]], list[str]]:
    from linmem.claims.attack import attack

    rows, inequalities = [], [one for one in claims if one.inequality]
    if not inequalities:
        raise InvalidNetworkError("none of these claims is an inequality that a network could break")
    for claim in inequalities:
        found = attack(claim, budget=budget / len(inequalities))
        where = None if found.network is None else found.network.matrix.tolist()
        rows.append(
            {"id": claim.id, "name": claim.name, "margin": found.margin, "failed": found.broken, "asked": found.asked,
             "starts": found.starts, "seconds": found.seconds, "network": where}
        )  # fmt: skip
        if not silent:
            verdict = "BROKEN" if found.broken else "stands"
            click.echo(f"{claim.id:<5}{claim.name:<48}{verdict:<8}margin {found.margin:<9.2g}{found.asked:>7} networks")
    return rows, []


def _seconds(budget: str) -> float:
    unit = {"s": 1, "m": 60, "h": 3600}.get(budget[-1:])
    try:
        return float(budget[:-1]) * unit if unit else float(budget)
    except ValueError:
        raise InvalidNetworkError(f"budget is {budget!r}; it must be a time: 60s, 5m, 1h") from None
