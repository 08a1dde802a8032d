"""`linmem measures`: the measures of networks that can be swept."""

from __future__ import annotations

import inspect

import click

from linmem.cli.output import print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def measures(as_json: bool) -> None:
    """List the measures that `linmem sweep` computes, with their options, defaults and units.

    Example: linmem measures
    """
    import linmem as lm
    from linmem.sweeps.sweeping import UNITS, options_of

    listed = []
    for name, unit in UNITS.items():
        function = getattr(lm, name)
        words = []
        for option, default in options_of(function).items():
            words.append(option if default is inspect.Parameter.empty else f"{option}={default!r}")
        summary = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
        listed.append({"name": name, "options": ", ".join(words), "unit": unit, "summary": summary})
    if as_json:
        print_json(listed)
        return
    for item in listed:
        click.echo(f"{click.style(item['name'], bold=True)}({item['options']})    [{item['unit']}]")
        click.echo(f"    {item['summary']}")
