"""`linmem report`: one page about one network."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from linmem.cli.sources import of_a_source, read_source


@click.command()
@of_a_source
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True,
              help="The page: .html, .pdf.")  # fmt: skip
@click.option("--against", default="orthogonal,chain", show_default=True, metavar="NAMES",
              help="Networks beside it: orthogonal, chain, gaussian, symmetric; or none.")  # fmt: skip
@click.option("--snr", type=float, default=20.0, show_default=True, help="Of the signal that is decoded.")
@click.option("--horizon", type=int, help="Memory of the last HORIZON steps.  [default: at rest; 2 N where unstable]")
@click.option("--certified", is_flag=True, help="Prove the spectral radius by ball arithmetic.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def report(source, out, against, snr, horizon, certified, as_json, **in_file) -> None:
    """A page about SOURCE: memory, decoding, structure, non-normality, claims, and how far to trust each number.

    Example: linmem report weights.pt -o report.html
    """
    from linmem.reporting.reports import report as write

    names = [] if against == "none" else [name.strip() for name in against.split(",") if name.strip()]
    shown = _shown if sys.stderr.isatty() else None
    asked = {"against": names, "snr": snr, "horizon": horizon, "certified": certified, "progress": shown}
    numbers = write(read_source(source, in_file), out, **asked)
    if as_json:
        click.echo(json.dumps(numbers))
        return
    click.echo(f"{'written':<18}{out}\n{'written':<18}{out.with_suffix('.json')}")


def _shown(title: str, seconds: float) -> None:
    click.echo(f"{seconds:6.1f} s  {title}", err=True)
