"""`linmem layer`: the memory of a state-space layer of a file, channel by channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from math import inf
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from linmem import __version__
from linmem.cli.output import SUFFIXES_OF_A_CURVE, print_and_write, require_writable
from linmem.errors import ArgumentError

if TYPE_CHECKING:
    from linmem.memory.layers import LayerMemory
    from linmem.plotting.appearance import Axes

SHARES = (0.5, 0.9)
LAGS_SHOWN = (0, 1, 10, 100, 1000, 10000)


@click.command()
@click.argument("file", type=click.Path())
@click.option(
    "--noise-enters",
    type=click.Choice(["state", "input"]),
    required=True,
    help="Where noise enters: in every stored number of the state, or with the input.",
)
@click.option("--layer", help="Which layer of the file: its number, or the beginning of the names of its arrays.")
@click.option(
    "--discretisation", type=click.Choice(["zero-order hold", "bilinear"]), help="Of S4D and S5: the file has none."
)
@click.option("--step", help="Of Mamba: a number, or 'bias'; of S4D with the array inv_dt: 'exp' or 'softplus'.")
@click.option("--conj-sym/--no-conj-sym", default=None, help="Of S5 in JAX: whether the readout takes 2 Re(C x).")
@click.option("--transforms", metavar="REAL,IMAGINARY", help="Of S4D: functions of the eigenvalues, as exp,none.")
@click.option("--lags", type=int, default=1000, show_default=True, help="Number of lags, from 0 on.")
@click.option("--noise", type=float, default=1.0, show_default=True, help="Variance of the noise.")
@click.option(
    "--readout-noise",
    type=float,
    default=0.0,
    show_default=True,
    help="Variance of noise in each output; needed where channels share modes.",
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help=f"Write the memory: {', '.join(SUFFIXES_OF_A_CURVE)}."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def layer(file: str, out: Path | None, as_json: bool, lags: int, **options: Any) -> None:
    """Fisher memory of every channel of a state-space layer in FILE: S4D, S5, LRU, Mamba at a fixed step.

    Example: linmem layer s4d.pt --discretisation "zero-order hold" --noise-enters input -o s4d.png

    A picture shows all channels by all lags. What the readout C shows is counted beside what the state holds. Layers
    whose gates are set by the input are cells: see `load_state_space(FILE).cell()`.
    """
    require_writable(out, SUFFIXES_OF_A_CURVE)
    from linmem.files.state_space import load_state_space
    from linmem.memory.layers import memory_of_layer

    which = options["layer"]
    stored = load_state_space(file, layer=int(which) if which is not None and which.isdigit() else which)
    answers = {name: options[name] for name in ("discretisation", "conj_sym")}
    answers |= {"step": _number_or_word(options["step"]), "transforms": _pair(options["transforms"])}
    read = stored.layer(**answers)
    noise = {name: options[name] for name in ("noise_enters", "noise", "readout_noise")}
    memory = memory_of_layer(read, lags, **noise)
    record = _record(file, stored.kind, memory, options["readout_noise"])
    columns = {"lag": record["lags"], "J": record["by_lag"]}
    if memory.seen is not None:
        columns["seen"] = record["seen_by_lag"]
    print_and_write(record, _rows(record), columns=columns, plot=partial(_plot, memory), out=out, as_json=as_json)


def _number_or_word(text: str | None) -> Any:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _pair(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    words = tuple(word.strip() for word in text.split(","))
    if len(words) != 2:
        raise ArgumentError(f"transforms is {text!r}; write two names with a comma: exp,none")
    return words


def _record(file: str, kind: str, memory: LayerMemory, readout_noise: float) -> dict[str, Any]:
    """Everything that was asked and answered, by lag and by channel."""
    import numpy as np

    lags_of_shares = {
        str(share): [None if np.isnan(lag) else int(lag) for lag in memory.lag_of_share(share)] for share in SHARES
    }
    seen = memory.seen
    return {
        "source": file,
        "layer": memory.layer.name,
        "kind": kind,
        "channels": memory.layer.channels,
        "modes": int(memory.layer.eigenvalues.shape[-1]),
        "shared": memory.layer.is_shared,
        "noise_enters": memory.noise_enters,
        "noise": memory.noise,
        "readout_noise": readout_noise,
        "total": memory.total.tolist(),
        "lag_of_share": lags_of_shares,
        "lags": memory.lags.tolist(),
        "by_lag": memory.by_lag.tolist(),
        "errors_by_lag": memory.error.sum(axis=0).tolist(),
        "seen_by_lag": None if seen is None else seen.sum(axis=0).tolist(),
        "seen": None if seen is None else seen.sum(axis=1).tolist(),
        "version": __version__,
    }


def _rows(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "layer", record["layer"]
    modes = f"{record['modes']} modes {'shared' if record['shared'] else 'each'}"
    yield "channels", f"{record['channels']}, {modes}"
    yield "noise", f"{record['noise']:g}, in the {record['noise_enters']}"
    yield "J_tot", _spread(record["total"])
    for share, lags in record["lag_of_share"].items():
        missing = lags.count(None)
        later = f"; {missing} channels not within {len(record['lags'])} lags" if missing else ""
        yield f"{float(share):.0%} by lag", _spread([inf if lag is None else lag for lag in lags]) + later
    shown = [lag for lag in LAGS_SHOWN if lag < len(record["lags"])]
    yield "J, mean channel", ", ".join(f"{record['by_lag'][lag] / record['channels']:.3g} at {lag}" for lag in shown)
    if record["seen"] is not None:
        share = sum(record["seen"]) / record["channels"]
        held = sum(record["total"]) / record["channels"]
        yield "seen by readout", f"{share:.6g} in the mean channel, over these lags; the state holds {held:.6g}"


def _spread(values: list[float]) -> str:
    """The least, the largest and the median of the channels; infinite are those that were not reached."""
    least, most, middle = (
        "later" if value == inf else f"{value:.6g}" for value in (min(values), max(values), median(values))
    )
    return least if least == most else f"{least} to {most}, median {middle}"


def _plot(memory: LayerMemory, ax: Axes) -> None:
    from linmem.plotting import plot_layer_memory

    plot_layer_memory(memory, ax)
