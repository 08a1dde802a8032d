"""`linmem report`: one page about one network."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.inputs import asked, groups_asked, option_of_groups, options_of_preparation
from linmem.cli.origin import origin_of, statements_of
from linmem.cli.output import print_json, print_rows, progress_on_terminal
from linmem.cli.sources import OF_A_CELL, given_options, takes_a_source
from linmem.cli.streams import WIPE_LINE

if TYPE_CHECKING:
    from linmem.reporting.cell_section import CellOfFile


@click.command()
@takes_a_source
@options_of_preparation
@option_of_groups
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The page: .html or .pdf; its numbers are written beside it as .json.",
)
@click.option(
    "--against",
    default="orthogonal,chain",
    show_default=True,
    metavar="NAMES",
    help="Networks of the same size to compare with: orthogonal, chain, gaussian, symmetric; or none. shuffled, "
    "shuffled:weights, shuffled:strengths: p-values among networks with the same links at random, which keep degrees, "
    "weights or strengths.",
)
@click.option("--snr", type=float, default=1.0, show_default=True, help="Signal-to-noise ratio for decoding.")
@click.option(
    "--horizon", type=int, help="Memory of the last HORIZON steps.  [default: of all steps; of 2 N where unstable]"
)
@click.option("--certified", is_flag=True, help="Prove the spectral radius by ball arithmetic.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def report(
    source: str,
    out: Path,
    against: str,
    snr: float,
    horizon: int | None,
    certified: bool,
    groups: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Write a page about SOURCE: memory, decoding, structure, non-normality, claims, and how far to trust each number.

    A section that cannot be computed says why; the others are written. A terminal shows the section that is being
    computed.

    Example: linmem report weights.pt -o report.html
    """
    from linmem.reporting.reports import report as write_report

    names = [name.strip() for name in against.split(",")]
    with progress_on_terminal():
        subject = asked(source, options, horizon=horizon)
        numbers = write_report(
            subject.network,
            out,
            against=[name for name in names if name not in ("", "none")],
            snr=snr,
            horizon=horizon,
            certified=certified,
            groups=groups_asked(groups, subject.network),
            cell=_cell_of(source, options),
            origin=origin_of(source, subject.network),
            statements=statements_of(source, options),
            progress=_print_progress if sys.stderr.isatty() else None,
        )
    if as_json:
        print_json(numbers)
    else:
        print_rows([*subject.rows(), ("written", out), ("written", out.with_suffix(".json"))])


def _cell_of(source: str, options: Mapping[str, Any]) -> CellOfFile | None:
    """The whole cell in a file, or the reason why it cannot run; None where the source holds none."""
    from linmem.files.cell_weights import load_cell, load_stack
    from linmem.files.opening import is_file_name
    from linmem.reasons import Reason, value_or_reason
    from linmem.reporting.cell_section import CellOfFile

    if not is_file_name(source):
        return None
    given = given_options({name: options[name] for name in OF_A_CELL})
    one = "recurrent" in given
    layers = value_or_reason(lambda: (load_cell(source, **given),) if one else load_stack(source, **given))
    if isinstance(layers, Reason) or len(layers) > 1 or not layers[0].is_more_than_linear:
        return None
    (weights,) = layers
    command = " ".join([f"linmem run {source} --inputs x.npy", *(f"--{name} ..." for name in weights.unstated)])
    if weights.unstated:
        return CellOfFile(Reason(f"none: the file does not say its {weights.unstated[0]}"), command)
    return CellOfFile(value_or_reason(weights.cell), command)


def _print_progress(title: str, seconds: float) -> None:
    click.echo(f"{WIPE_LINE}{seconds:6.1f} s  {title}", err=True)  # after a message that has no end of line
