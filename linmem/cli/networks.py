"""`linmem networks`: the builders there are."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def networks(as_json) -> None:
    """The builders there are, with their arguments.

    Example: linmem networks
    """
    from linmem.files.sources import BUILDERS, builder

    built = [builder(name) for name in BUILDERS]
    if as_json:
        rows = [{"name": one.name, "arguments": one.arguments, "summary": one.summary} for one in built]
        click.echo(json.dumps(rows))
        return
    for one in built:
        click.echo(f"{click.style(one.name, bold=True)}({one.arguments})\n    {one.summary}")
    click.echo(
        "\nA SOURCE is a name, a colon, and arguments: ring:n=50,gain=0.9. Any source can be seen through a random\n"
        "rotation: in_random_basis:rng=0:ring:n=50,gain=0.9. Files are given by their path."
    )
