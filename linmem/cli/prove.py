"""`linmem prove`: a claim of the theory, derived by sympy."""

from __future__ import annotations

import json

import click

from linmem.cli.sources import complete_proof


@click.command()
@click.argument("name", required=False, shell_complete=complete_proof)
@click.option("--latex", is_flag=True, help="Print the steps as LaTeX.")
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON.")
@click.pass_context
def prove(context, name, latex, as_json) -> None:
    """The proof of NAME (or of a claim's id), step by step; without NAME, which proofs there are.

    The exit code is 1 where a step fails.

    Example: linmem prove chain_curve
    """
    from linmem.symbolic.proofs import proofs
    from linmem.symbolic.proofs import prove as proved

    if name is None:
        for one in proofs():
            click.echo(one)
        return
    found = proved(name)
    if as_json:
        steps = [
            {"sentence": one.sentence, "expression": str(one.expression), "holds": one.holds} for one in found.steps
        ]
        click.echo(json.dumps({"name": found.name, "claim": found.claim, "proved": found.proved, "scope": found.scope,
                               "note": found.note, "steps": steps}))  # fmt: skip
    elif latex:
        click.echo(found.latex)
    else:
        click.echo(f"{found.claim}. {found.statement}\nfor {found.scope}" + (f"; {found.note}" if found.note else ""))
        for number, step in enumerate(found.steps, 1):
            click.echo(f"{number:>3}. {step.sentence}\n     {step.expression}{'' if step.holds else '   FAILS'}")
        click.echo("proved" if found.proved else f"not proved: {found.residual} is left")
    context.exit(0 if found.proved else 1)
