"""`linmem explore`: the page of one network, computed while it is read."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click

from linmem.cli.inputs import asked, options_of_preparation
from linmem.cli.origin import origin_of, statements_of
from linmem.cli.output import progress_on_terminal
from linmem.cli.sources import takes_a_source


@click.command()
@takes_a_source
@options_of_preparation
@click.option(
    "--against",
    default="orthogonal,chain",
    show_default=True,
    metavar="NAMES",
    help="Networks of the same size to compare with: orthogonal, chain, gaussian, symmetric; or none.",
)
@click.option("--snr", type=float, default=1.0, show_default=True, help="Signal-to-noise ratio for decoding.")
@click.option("--horizon", type=int, help="Memory of the last HORIZON steps.")
@click.option("--port", type=int, default=0, help="Port on 127.0.0.1.  [default: a free one]")
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
def explore(
    source: str, against: str, snr: float, horizon: int | None, port: int, browser: bool, **options: Any
) -> None:
    """Show the page of SOURCE in a browser, computed while it is read.

    Zoom the pseudospectrum and it is computed anew in the box; click a point of it for its pseudomode; sliders change
    radius, noise, signal-to-noise ratio and horizon. The page is served on 127.0.0.1 alone, at an address that is
    signed. Ctrl-C ends it.

    Example: linmem explore weights.pt
    """
    from linmem.exploring.serving import explore as serve_page
    from linmem.exploring.settings import Choice

    with progress_on_terminal():
        subject = asked(source, options, horizon=horizon)
    names = [name.strip() for name in against.split(",")]
    statements = statements_of(source, options)
    with suppress(KeyboardInterrupt):  # by which a reader ends it
        serve_page(
            Choice(lambda word: subject.network, statements=lambda word: statements),
            snr=snr,
            horizon=horizon,
            against=tuple(name for name in names if name not in ("", "none")),
            port=port,
            origin=origin_of(source, subject.network),
            opened=lambda address: _open(address, browser),
        )


def _open(address: str, browser: bool) -> None:
    click.echo(f"{address}\nCtrl-C ends it.")
    if browser:
        click.launch(address)
