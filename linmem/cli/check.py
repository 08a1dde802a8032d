"""`linmem check`: the claims of the theory, checked on their own networks or on a given one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.inputs import Asked, asked, options_of_preparation
from linmem.cli.output import print_json, print_rows, progress_on_terminal, require_writable
from linmem.cli.sources import complete_claim, complete_source, how_to_read
from linmem.errors import ArgumentError

if TYPE_CHECKING:
    from linmem.claims.claim import Claim, Verdict

Row = dict[str, Any]
VERDICTS = {True: "holds", False: "FAILS", None: "open"}
PROOFS = {True: "proved", False: "FAILS", None: ""}
SECONDS = {"s": 1, "m": 60, "h": 3600}


@click.command()
@click.argument("which", nargs=-1, shell_complete=complete_claim)
@click.option(
    "--network",
    "source",
    metavar="SOURCE",
    shell_complete=complete_source,
    help="Check the claims that apply to this network.",
)
@how_to_read
@options_of_preparation
@click.option("--quick", is_flag=True, help="Leave out the claims that take more than a second or two, and the proofs.")
@click.option("--certified", is_flag=True, help="Enclose every measure by ball arithmetic.")
@click.option("--attack", is_flag=True, help="Search for networks that break an inequality.")
@click.option(
    "--budget",
    default="60s",
    show_default=True,
    metavar="TIME",
    help="Time of the whole attack, or of the whole check of a network: 90s, 5m.",
)
@click.option("--page", type=click.Path(path_type=Path), help="Write all claims, with their verdicts, as Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def check(
    context: click.Context,
    which: tuple[str, ...],
    source: str | None,
    quick: bool,
    certified: bool,
    attack: bool,
    budget: str,
    page: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Check the claims of the theory, WHICH of them by id, name or section, and their controls, which must fail.

    The margin is 1 for equality to the last bit and 0 at the tolerance; of an inequality, 0 where it is sharp. A
    verdict is open for an open question, and for a network on which the evidence is not known well enough, or not in
    time: the reason stands below the table. The exit code is 1 if a claim fails, or a control holds.

    Example: linmem check B --quick
    """
    if page is not None:
        _write_page(page)
        return
    claims = _selected(which)
    if attack:
        rows = _attacked(claims, seconds_of(budget), silent=as_json)
    else:
        claims = [claim for claim in claims if not (quick and claim.slow)]
        subject = None if source is None else asked(source, options)
        if subject is None:
            rows = _checked(claims, certified, proofs=not quick, silent=as_json)
        else:
            rows = _checked_on(subject, claims, certified, seconds_of(budget), silent=as_json)
            rows.sort(key=lambda row: [claim.id for claim in claims].index(row["id"]))
    if as_json:
        print_json(rows)
    context.exit(1 if any(row["failed"] for row in rows) else 0)


def _write_page(page: Path) -> None:
    from linmem.claims.page import written
    from linmem.writing import write_text

    require_writable(page)
    write_text(page, written())
    print_rows([("written", page)])


def _selected(which: Sequence[str]) -> list[Claim]:
    """The claims of all words, each once; all claims without a word."""
    from linmem.claims.checking import find_claims

    if not which:
        return list(find_claims())
    claims = [claim for word in which for claim in find_claims(word)]
    return list(dict.fromkeys(claims))


def _checked(claims: list[Claim], certified: bool, *, proofs: bool, silent: bool) -> list[Row]:
    """A row for each claim on its own networks; printed as soon as it is known, unless `silent`."""
    rows, width = [], _print_heading(claims, silent=silent)
    for claim in claims:
        with progress_on_terminal():  # certify logs what it encloses
            verdict = claim.ask(certified=certified)
        proved = _is_proved(claim) if proofs else None
        rows.append(_row(verdict, proved))
        if not silent:
            click.echo(f"{claim.id:<5}{claim.name:<{width}}{_printed(verdict, proved)}")
    return rows


def _checked_on(subject: Asked, claims: list[Claim], certified: bool, seconds: float, *, silent: bool) -> list[Row]:
    """A row for each claim on a given network; printed as soon as it is known, unless `silent`."""
    from linmem.claims.checking import verdicts_on

    if not silent:
        print_rows(subject.rows())
    rows, width = [], _print_heading(claims, silent=silent)
    not_applicable, reasons = [], []
    with progress_on_terminal():
        for claim, answer in verdicts_on(subject.network, claims, certified=certified, seconds=seconds):
            start = f"{claim.id:<5}{claim.name:<{width}}"
            if isinstance(answer, tuple):
                not_applicable.append(f"{start}{', '.join(answer)}")
                rows.append({"id": claim.id, "name": claim.name, "lacks": list(answer), "failed": False})
                continue
            rows.append(_row(answer, None))
            reasons += [f"{claim.id:<5}{reason}" for reason in _reasons(answer)]
            if not silent:
                click.echo(start + _printed(answer, None))
    if not silent:
        _print_below("open, because:", reasons)
        _print_below("not checked, because the network is:", not_applicable)
    return rows


def _print_heading(claims: list[Claim], *, silent: bool) -> int:
    """Print the heading unless `silent`; the width of the names."""
    width = max((len(claim.name) for claim in claims), default=0) + 2
    if not silent:
        click.echo(f"{'id':<5}{'claim':<{width}}{'verdict':<9}{'margin':>8}  {'control':<9}{'proof':<8}{'time':>6}")
    return width


def _print_below(title: str, lines: list[str]) -> None:
    if lines:
        click.echo("\n".join(["", title, *lines]))


def _reasons(verdict: Verdict) -> list[str]:
    """Why a verdict is open: the evidence that is, or the question."""
    if verdict.holds is not None:
        return []
    reasons = [str(evidence) for evidence in verdict.evidence if evidence.holds is None]
    return reasons or [verdict.claim.open]


def _printed(verdict: Verdict, proved: bool | None) -> str:
    control = "" if verdict.control is None else "fails" if verdict.control_fails else "HOLDS"
    line = f"{VERDICTS[verdict.holds]:<9}{verdict.margin:>8.2g}  {control:<9}{PROOFS[proved]:<8}"
    return f"{line}{verdict.seconds:>5.1f}s"


def _row(verdict: Verdict, proved: bool | None) -> Row:
    control = verdict.control
    return {
        "id": verdict.claim.id,
        "name": verdict.claim.name,
        "holds": verdict.holds,
        "margin": verdict.margin,
        "worst": verdict.worst,
        "evidence": [str(evidence) for evidence in verdict.evidence],
        "control": None if control is None else verdict.control_fails,
        "control_evidence": None if control is None else str(control),
        "proved": proved,
        "certified": verdict.certified,
        "networks": verdict.networks,
        "seconds": verdict.seconds,
        "failed": not verdict.passed or proved is False,
    }


def _is_proved(claim: Claim) -> bool | None:
    """Whether the proof of a claim succeeds; None where there is no proof."""
    from linmem.symbolic.proofs import proofs, prove

    return prove(claim.name).proved if claim.name in proofs() else None


def _attacked(claims: list[Claim], budget: float, *, silent: bool) -> list[Row]:
    """A row for each inequality among the claims; printed as soon as it is known, unless `silent`."""
    from linmem.claims.attack import attack

    inequalities = [claim for claim in claims if claim.inequality]
    if not inequalities:
        raise ArgumentError("none of these claims is an inequality that a network could break")
    rows = []
    for claim in inequalities:
        tightness = attack(claim, budget=budget / len(inequalities))
        rows.append(
            {
                "id": claim.id,
                "name": claim.name,
                "margin": tightness.margin,
                "failed": tightness.broken,
                "asked": tightness.asked,
                "starts": tightness.starts,
                "seconds": tightness.seconds,
                "network": None if tightness.network is None else tightness.network.matrix.tolist(),
            }
        )
        if not silent:
            verdict = "BROKEN" if tightness.broken else "stands"
            start = f"{claim.id:<5}{claim.name:<48}{verdict:<8}"
            click.echo(f"{start}margin {tightness.margin:<9.2g}{tightness.asked:>7} networks")
    return rows


def seconds_of(budget: str) -> float:
    """A time in seconds, of "90s", "5m", "1h" or a number."""
    unit = SECONDS.get(budget[-1:])
    try:
        return float(budget[:-1]) * unit if unit else float(budget)
    except ValueError:
        raise ArgumentError(f"budget is {budget!r}; it must be a time: 60s, 5m, 1h") from None
