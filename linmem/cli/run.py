"""`linmem run`: what a cell remembers along the path that its inputs take it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem import __version__
from linmem.cli.output import print_json, print_rows, progress_on_terminal
from linmem.cli.sources import OF_A_CELL, given_options, how_to_read_a_cell
from linmem.cli.streams import WIPE_LINE

if TYPE_CHECKING:
    from linmem.cells.cell import Cell
    from linmem.files.cell_weights import CellWeights
    from linmem.reporting.parts import Section
    from linmem.reporting.path_subject import PathSubject
    from linmem.running.linearised_path import Noise

OF_THE_STEP = ("nonlinearity", "reset", "leak", "form")  # what a file may not say about a cell
NAME_WIDTH, VALUE_WIDTH = 38, 14
COLUMN_WIDTH = 14
TABLE = {  # column of the table -> name of the values
    "J, path": "along the path",
    "J, linear W": "linear W",
    "J, point 1": "at point 1",
    "m": "memory function",
    "log10 grad": "logarithm of the gradient",
}


@click.command()
@click.argument("weights", type=click.Path(path_type=Path))
@click.option(
    "--inputs", type=click.Path(path_type=Path), required=True, help="File of the inputs, (T, M): .npy, .npz, .csv, ..."
)
@click.option("--array", metavar="NAME", help="Array in the file of inputs, where it holds several.")
@how_to_read_a_cell
@click.option("--layer", type=int, help="Which layer, from 0.  [default: all that follow each other]")
@click.option(
    "--direction",
    type=click.Choice(["forward", "backward"]),
    default="forward",
    show_default=True,
    help="Which cell of a bidirectional layer; backward takes the inputs from their end.",
)
@click.option("--nonlinearity", metavar="NAME", help="Of a plain cell whose file does not say it: tanh, relu, elu, ...")
@click.option("--reset", type=click.Choice(["after", "before"]), help="Of a GRU whose file does not say it.")
@click.option("--leak", type=float, help="a of h' = (1 - a) h + a f(.).  [default: that of the file, else 1: no leak]")
@click.option("--form", type=click.Choice(["rate", "current"]), help="Of a plain cell.  [default: rate]")
@click.option("--noise", type=float, help="Variance of the noise in h.  [default: 1, a unit of measurement]")
@click.option("--noise-cell", type=float, help="Variance of the noise in c of an LSTM.  [default: that in h]")
@click.option(
    "--noise-where",
    type=click.Choice(["after", "before"]),
    default="after",
    show_default=True,
    help="Whether the noise enters after the nonlinearity, or before; of an LSTM, whether h is read after c got it.",
)
@click.option("--at", type=int, default=-1, show_default="the last", help="The step, from 0, after which to look.")
@click.option("--lags", type=int, help="Number of lags, from 0 on.  [default: all until then]")
@click.option(
    "--observe", type=click.Choice(["state", "hidden"]), default="state", show_default=True, help="All, or h alone."
)
@click.option(
    "--input",
    "of_input",
    metavar="WHICH",
    help="NUMBER of one input from 0; all, added up; contrasts, changes that keep their sum.  [default: contrasts of "
    "one-hot inputs, else all]",
)
@click.option("--snr", type=float, default=1.0, show_default=True, help="Variance of the inputs over the noise.")
@click.option(
    "--rest",
    type=click.Choice(["mean", "last", "zero"]),
    default="mean",
    show_default=True,
    help="Input of the fixed points: the mean of the inputs, the last, or none.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A page: .html or .pdf, with its numbers as .json.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers, with the values at every lag, as JSON.")
def run(weights: Path, inputs: Path, out: Path | None, as_json: bool, **options: Any) -> None:
    """Run the cell in the file WEIGHTS along its inputs, and print what its state remembers of them.

    Memory along the path stands beside that of the linear weights and of the fixed points, Lyapunov exponents,
    gradients, the memory function with all other inputs in the way, and the part of the state that holds the memory.

    Example: linmem run lstm.pt --inputs x.npy --observe hidden -o run.html
    """
    from linmem.reporting.documents import require_page
    from linmem.reporting.path_reports import report_path

    if out is not None:
        require_page(out)
    with progress_on_terminal():
        layers = _layers(weights, options)
        subject = _subject(weights, layers, inputs, options)
        sections, numbers = report_path(subject, out, title=f"{weights.name} along {inputs.name}")
    if as_json:
        header = {"weights": str(weights), "inputs": str(inputs), "cells": [layer.kind for layer in layers]}
        print_json(header | numbers | {"version": __version__})
        return
    print_rows(_header(weights, inputs, layers, options))
    _print_table(numbers["at every lag"])
    for section in sections:
        _print_section(section)
    if out is not None:
        print_rows([("written", out), ("written", out.with_suffix(".json"))])


def _layers(weights: Path, options: Mapping[str, Any]) -> tuple[CellWeights, ...]:
    """The cells of the file: the one that is chosen, or all that run one on top of the other."""
    from linmem.files.cell_weights import load_cell, load_stack

    given = given_options({name: options[name] for name in OF_A_CELL})
    layer, direction = options["layer"], options["direction"]
    if layer is None and direction == "forward" and "recurrent" not in given:
        return load_stack(weights, **given)
    return (load_cell(weights, layer=layer or 0, direction=direction, **given),)


def _cell(layers: Sequence[CellWeights], options: Mapping[str, Any]) -> Cell:
    from linmem.cells.composed import StackedCell

    given = {name: options[name] for name in OF_THE_STEP if options[name] is not None}
    cells = [layer.cell(**given) for layer in layers]
    return cells[0] if len(cells) == 1 else StackedCell(cells)


def _subject(weights: Path, layers: Sequence[CellWeights], inputs: Path, options: Mapping[str, Any]) -> PathSubject:
    from linmem.cells.trajectory import trajectory
    from linmem.files.sequences import load_sequence
    from linmem.reporting.path_subject import PathSubject

    cell = _cell(layers, options)
    x = load_sequence(inputs, cell.n_inputs, options["array"])
    path = trajectory(cell, x[::-1] if options["direction"] == "backward" else x)
    return PathSubject(
        path,
        _linear(weights, layers),
        _noise(cell, options),
        at=options["at"],
        observe=options["observe"],
        lags=options["lags"],
        input=_input(options["of_input"]),
        snr=options["snr"],
        rest=options["rest"],
        is_per_unit=options["noise"] is None and options["noise_cell"] is None,
        announce=_announce if sys.stderr.isatty() else lambda title: None,
    )


def _input(text: str | None) -> Any:
    """The number of an input, or the word that was given."""
    return int(text) if text is not None and text.lstrip("-").isdigit() else text


def _announce(title: str) -> None:
    click.echo(f"{WIPE_LINE}{title}", err=True, nl=False)


def _noise(cell: Cell, options: Mapping[str, Any]) -> Noise:
    """The noise that is asked for: that in c is as in h, where the cell has a c that noise can be given to."""
    from linmem.cells.lstm import LSTMCell
    from linmem.running.linearised_path import Noise

    hidden = 1.0 if options["noise"] is None else options["noise"]
    of_cell = options["noise_cell"]
    if of_cell is None:
        of_cell = hidden if isinstance(cell, LSTMCell) else 0.0
    return Noise(hidden, of_cell, options["noise_where"])


def _linear(weights: Path, layers: Sequence[CellWeights]) -> Any:
    """The linear network of the recurrent weights, as `linmem curve` takes it; or the reason why there is none."""
    from linmem.network import LinearNetwork
    from linmem.reasons import Reason, value_or_reason

    if len(layers) > 1:
        return Reason(f"none: the file holds {len(layers)} layers, each with weights of its own")
    (layer,) = layers
    if layer.kind != "rnn":
        return Reason(f"none: the cell has {len(layer.gates)} recurrent matrices, one for each gate")
    V = layer.weight_ih
    V = V[:, 0] if V is not None and V.shape[1] == 1 else V
    return value_or_reason(LinearNetwork, layer.weight_hh, V, name=f"linear W of {weights.name}")


def _header(
    weights: Path, inputs: Path, layers: Sequence[CellWeights], options: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    yield "weights", weights
    for layer in layers:
        without = "" if layer.bias_ih.any() or layer.bias_hh.any() else "; no biases, or all are 0"
        told = [f"{layer.n} units"]
        for name in OF_THE_STEP:
            known, given = getattr(layer, name, None), options[name]
            if known is not None or given is not None:
                told.append(f"{name} {known}" if given is None else f"{name} {given} as given")
        yield "cell", f"{layer.kind}, {', '.join(told)}{without}"
        if layer.note:
            yield "note", layer.note
    yield "inputs", inputs


def _print_table(lines: Mapping[str, Sequence[Any]]) -> None:
    """The values at lags 0, 1, 2, 5, 10, 20, 50, ..., and at the last."""
    import numpy as np

    from linmem.measured import shown

    named = TABLE | {f"J, {name}": name for name in lines if name.endswith(" alone")}
    columns = {title: np.array(lines[name], dtype=float) for title, name in named.items() if name in lines}
    if not columns:
        return
    columns = {title: values / np.log(10) if title == "log10 grad" else values for title, values in columns.items()}
    count = max(map(len, columns.values()))
    round_lags = {first * 10**power for first in (1, 2, 5) for power in range(8)}
    chosen = sorted({0, count - 1} | {lag for lag in round_lags if lag < count})
    click.echo()
    click.echo(f"{'lag':<8}" + "".join(f"{title:>{COLUMN_WIDTH}}" for title in columns))
    for lag in chosen:
        cells = [shown(float(values[lag]), 4) if lag < len(values) else "" for values in columns.values()]
        click.echo(f"{lag:<8}" + "".join(f"{cell:>{COLUMN_WIDTH}}" for cell in cells))


def _print_section(section: Section) -> None:
    from linmem.reporting.page import printed

    click.echo(f"\n{section.title}")
    if not section.rows:
        click.echo(f"  {section.text}")
    for row in section.rows:
        value = printed(row.value)
        trust = f"  {row.trust}" if row.trust else ""
        click.echo(f"  {row.name:<{NAME_WIDTH}}{value:<{VALUE_WIDTH}}{trust}".rstrip())
