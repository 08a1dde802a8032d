"""`linmem prove`: the symbolic proof of a claim of the theory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from linmem.cli.output import print_json
from linmem.cli.sources import complete_proof

if TYPE_CHECKING:
    from linmem.symbolic.proofs import Proof


@click.command()
@click.argument("name", required=False, shell_complete=complete_proof)
@click.option("--latex", is_flag=True, help="Print the steps as LaTeX.")
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON.")
@click.pass_context
def prove(context: click.Context, name: str | None, latex: bool, as_json: bool) -> None:
    """Print the proof of NAME (or of the id of a claim), step by step; without NAME, list all proofs.

    The exit code is 1 if a step fails.

    Example: linmem prove chain_curve
    """
    from linmem.symbolic.proofs import proofs
    from linmem.symbolic.proofs import prove as carry_out

    if name is None:
        for known in proofs():
            click.echo(known)
        return
    proof = carry_out(name)
    if as_json:
        print_json(_record(proof))
    elif latex:
        click.echo(proof.latex)
    else:
        _print_steps(proof)
    context.exit(0 if proof.proved else 1)


def _record(proof: Proof) -> dict[str, Any]:
    steps = [
        {"sentence": step.sentence, "expression": str(step.expression), "holds": step.holds} for step in proof.steps
    ]
    return {
        "name": proof.name,
        "claim": proof.claim,
        "proved": proof.proved,
        "scope": proof.scope,
        "note": proof.note,
        "steps": steps,
    }


def _print_steps(proof: Proof) -> None:
    from linmem.symbolic.typesetting import in_text

    note = f"; {proof.note}" if proof.note else ""
    click.echo(f"{proof.claim}. {proof.statement}\nfor {proof.scope}{note}")
    for number, step in enumerate(proof.steps, 1):
        failure = "" if step.holds else "   FAILS"
        click.echo(f"{number:>3}. {step.sentence}\n     {in_text(step.expression)}{failure}")
    click.echo("proved" if proof.proved else f"not proved: {proof.residual} remains")
