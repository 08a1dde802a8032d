"""`linmem memory`: what a linear readout decodes of a signal, at a signal-to-noise ratio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.answers import record_of, rows_of, traces
from linmem.cli.inputs import asked, options_of_a_quantity, options_of_preparation
from linmem.cli.output import SUFFIXES_OF_A_CURVE, print_and_write, require_writable
from linmem.cli.sources import takes_a_source

if TYPE_CHECKING:
    from linmem.memory.decoding import MemoryFunction
    from linmem.plotting.appearance import Axes


@click.command()
@takes_a_source
@click.option(
    "--snr",
    type=float,
    default=1.0,
    show_default=True,
    help="Variance of the signal over that of the noise; inf for a network without noise.",
)
@click.option("--lags", type=int, help="Number of lags, from 0 on.  [default: 2 N]")
@click.option(
    "--readout-noise", type=float, default=0.0, help="Variance of the noise of the readout over that of the network."
)
@options_of_a_quantity
@options_of_preparation
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help=f"Write the memory function: {', '.join(SUFFIXES_OF_A_CURVE)}.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def memory(
    source: str,
    snr: float,
    lags: int | None,
    readout_noise: float,
    horizon: int | None,
    rtol: float,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Memory function m(k) of SOURCE: the r^2 of the best linear readout of the input k steps ago.

    Its sum over all lags is the memory capacity. The mutual information of the state and the past input is printed
    beside it. For several inputs the traces over the inputs are printed.

    Example: linmem memory chain:n=50,gain=1.02 --snr 4 --out memory.pdf
    """
    require_writable(out, SUFFIXES_OF_A_CURVE)
    from linmem.memory.decoding import memory_function

    subject = asked(source, options, needs_input=True, horizon=horizon)
    result = memory_function(subject.network, lags, snr=snr, readout_noise=readout_noise, horizon=horizon, rtol=rtol)
    record = record_of(result, source=source, subject=subject, quantities=_quantities(result))
    print_and_write(
        record,
        rows_of(record, subject, quantities=_rows(record)),
        columns={"lag": record["lags"], "r2": record["values"], "error": record["errors"]},
        plot=partial(_plot, result),
        out=out,
        as_json=as_json,
    )


def _quantities(result: MemoryFunction) -> dict[str, Any]:
    """What only this command answers; `half_lag` is the first lag whose r^2 is below half of that at lag 0."""
    import numpy as np

    values = traces(result.values, result.network)
    below_half = np.flatnonzero(values < values[0] / 2)
    return {
        "snr": result.snr,
        "readout_noise": result.readout_noise,
        "capacity": float(result.capacity),
        "information": float(result.information),
        "half_lag": int(below_half[0]) if len(below_half) else None,
    }


def _rows(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    snr, information, half_lag = record["snr"], record["information"], record["half_lag"]
    infinite = float("inf")
    yield "signal to noise", "no noise" if snr == infinite else f"{snr:g}"
    yield "capacity", f"{record['capacity']:.12g} of at most {record['units']}"
    yield "information", "infinite, without noise" if information == infinite else f"{information:.12g} nats"
    yield "r^2 at lag 0", f"{record['values'][0]:.12g}"
    if half_lag is None:
        yield "below half of it", f"not within {len(record['lags'])} lags"
    else:
        yield "below half of it", f"from lag {half_lag} on"


def _plot(result: MemoryFunction, ax: Axes) -> None:
    from linmem.plotting import plot_memory_function

    plot_memory_function(result, ax)
