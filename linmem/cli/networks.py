"""`linmem networks`: the builders of networks."""

from __future__ import annotations

import click

from linmem.cli.output import print_json

HOW_TO_WRITE_A_SOURCE = """
A SOURCE is the name of a builder, a colon, and arguments: ring:n=50,gain=0.9. In a random orthogonal basis it is
in_random_basis:rng=0:ring:n=50,gain=0.9. A file is given by its path."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def networks(as_json: bool) -> None:
    """List the builders of networks, with their arguments and what they build.

    Example: linmem networks
    """
    from linmem.files.sources import BUILDERS, builder

    builders = [builder(name) for name in BUILDERS]
    if as_json:
        print_json([{"name": item.name, "arguments": item.arguments, "summary": item.summary} for item in builders])
        return
    for item in builders:
        name = click.style(item.name, bold=True)
        click.echo(f"{name}({item.arguments})\n    {item.summary}")
    click.echo(HOW_TO_WRITE_A_SOURCE)
