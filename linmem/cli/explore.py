"""`linmem explore`: the page of one network, computed while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.inputs import asked, options_of_preparation
from linmem.cli.origin import origin_of, statements_of
from linmem.cli.output import progress_on_terminal
from linmem.cli.sources import takes_a_source

if TYPE_CHECKING:
    from linmem.exploring.settings import Choice
    from linmem.network import Network


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

    with progress_on_terminal():
        subject = asked(source, options, horizon=horizon)
    names = [name.strip() for name in against.split(",")]
    with suppress(KeyboardInterrupt):  # by which a reader ends it
        serve_page(
            _choice(source, options, subject.network),
            snr=snr,
            horizon=horizon,
            against=tuple(name for name in names if name not in ("", "none")),
            port=port,
            origin=origin_of(source, subject.network),
            opened=lambda address: _open(address, browser),
        )


def _choice(source: str, options: Mapping[str, Any], network: Network) -> Choice:
    """The network of SOURCE; of a file that has others beside it, with their names: its gates, or its layers."""
    from linmem.exploring.settings import Choice

    option, words = _alternatives(source, options)

    def chosen(word: str) -> dict[str, Any]:
        return {**options, option: word} if word else dict(options)

    return Choice(
        lambda word: network if word in ("", *words[:1]) else asked(source, chosen(word)).network,
        words,
        {"gate": "gate", "recurrent": "layer"}.get(option, ""),
        lambda word: statements_of(source, chosen(word)),
    )


def _alternatives(source: str, options: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The option that chooses another network of the file, and what it can be, the one that is chosen first."""
    from linmem.files.describe import describe_file
    from linmem.files.opening import is_file_name
    from linmem.reasons import Reason, value_or_reason

    given = {name: options[name] for name in ("gate", "recurrent") if options[name] is not None}
    found = value_or_reason(describe_file, source) if given and is_file_name(source) else Reason("none")
    if isinstance(found, Reason):
        return "", ()
    if "gate" in given:
        of_cells = [cell.gates for cell in found.cells if given["gate"] in cell.gates]
        option, words = "gate", tuple(of_cells[0]) if of_cells else ()
    else:
        option, words = "recurrent", tuple(cell.array.name for cell in found.cells)
    own = next((word for word in words if word.endswith(given[option])), None)
    return (option, (own, *(word for word in words if word != own))) if own and len(words) > 1 else ("", ())


def _open(address: str, browser: bool) -> None:
    click.echo(f"{address}\nCtrl-C ends it.")
    if browser:
        click.launch(address)
