"""`linmem memory`: what a linear readout decodes of a signal, at a signal-to-noise ratio."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from linmem import __version__
from linmem.cli.inputs import of_an_input, with_input
from linmem.cli.output import SUFFIXES, require_out, tell
from linmem.cli.sources import of_a_source, read_source


@click.command()
@of_a_source
@click.option(
    "--snr", type=float, default=1.0, show_default=True, help="Variance of the signal over that of the noise."
)
@click.option("--lags", type=int, help="How many lags from 0 on.  [default: 2 N]")
@click.option("--readout-noise", type=float, default=0.0, help="Variance of noise in the readout, over the network's.")
@click.option("--horizon", type=int, help="Count the last HORIZON steps only: any spectral radius.")
@click.option("--rtol", type=float, default=1e-8, show_default=True, help="The largest relative error to accept.")
@of_an_input
@click.option("-o", "--out", type=click.Path(path_type=Path), help=f"Write the memory function: {', '.join(SUFFIXES)}.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def memory(source, snr, lags, readout_noise, horizon, rtol, noise, direction, out, as_json, **in_file) -> None:
    """Memory function of SOURCE: the r^2 of the best linear readout of the input k steps ago; capacity, information.

    Example: linmem memory chain:n=50,gain=1.02 --snr 4 --out memory.pdf

    --snr inf is for a network without noise.
    """
    require_out(out, SUFFIXES)
    from linmem.memory.decoding import memory_function

    network, chosen = with_input(read_source(source, in_file), noise, direction, horizon)
    found = memory_function(network, lags, snr=snr, readout_noise=readout_noise, horizon=horizon, rtol=rtol)
    record = _record(source, chosen, found)
    columns = {"lag": record["lags"], "r2": record["values"]}
    tell(record, _summary(record, out), out=out, columns=columns, plot=partial(_plot, found), as_json=as_json)


def _record(source: str, chosen: str, found) -> dict[str, Any]:
    """Everything that was asked and answered, in plain Python. Several inputs are told by the trace over them; what is
    infinite is null, which JSON has and infinity it has not.
    """
    import numpy as np

    network = found.network
    values = found.values if not network.feedforward_is_matrix else np.trace(found.values, axis1=1, axis2=2).real
    below = np.flatnonzero(values < values[0] / 2)
    return {
        "source": source,
        "name": network.name,
        "units": network.size,
        "inputs": network.n_inputs,
        "input": chosen,
        "snr": found.snr if np.isfinite(found.snr) else None,
        "readout_noise": found.readout_noise,
        "horizon": found.horizon,
        "capacity": float(found.capacity),
        "information": float(found.information) if np.isfinite(found.information) else None,
        "half_lag": int(below[0]) if len(below) else None,
        "relative_error": float(found.relative_error),
        "method": found.method,
        "lags": found.lags.tolist(),
        "values": values.tolist(),
        "version": __version__,
    }


def _summary(record, out):
    """The lines of the answer."""
    half, information = record["half_lag"], record["information"]
    yield "network", record["name"] or record["source"]
    yield "units", record["units"]
    yield "input", record["input"] + (f", {record['inputs']} inputs: traces" if record["inputs"] > 1 else "")
    yield "signal to noise", "no noise" if record["snr"] is None else f"{record['snr']:g}"
    if record["horizon"]:
        yield "horizon", f"{record['horizon']} steps"
    yield "capacity", f"{record['capacity']:.12g} of at most {record['units']}"
    yield "information", "infinite, without noise" if information is None else f"{information:.12g} nats"
    yield "r^2 at lag 0", f"{record['values'][0]:.12g}"
    yield "below half of it", f"from lag {half} on" if half is not None else f"not within {len(record['lags'])} lags"
    yield "relative error", f"{record['relative_error']:.1e} (method: {record['method']})"
    if out is not None:
        yield "written", out


def _plot(found, ax) -> None:
    from linmem.plotting import plot_memory_function

    plot_memory_function(found, ax=ax)
