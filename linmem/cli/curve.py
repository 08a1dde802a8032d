"""`linmem curve`: the Fisher memory curve."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
@click.option("--lags", type=int, help="How many lags from 0 on; of times, in continuous time.  [default: 2 N, 200]")
@click.option("--horizon", type=int, help="Count the last HORIZON steps only: any spectral radius.")
@click.option("--rtol", type=float, default=1e-8, show_default=True, help="The largest relative error to accept.")
@of_an_input
@click.option("-o", "--out", type=click.Path(path_type=Path), help=f"Write the curve: {', '.join(SUFFIXES)}.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def curve(source, lags, horizon, rtol, noise, direction, out, as_json, **in_file) -> None:
    """Fisher memory curve of SOURCE: how much of the input k steps ago the state still tells.

    Example: linmem curve feedback_chain:n=100,feedforward=0.9,feedback=0.2 --out curve.pdf

    A sparse SOURCE of more than 6000 units, as in a .mtx file, is computed without a dense matrix, by default for an
    input to all units alike. A terminal shows how much is done and the time left.
    """
    require_out(out, SUFFIXES)
    from linmem.memory.fisher import fisher_memory_curve

    with _progress_on_terminal():
        network, chosen = with_input(read_source(source, in_file), noise, direction, horizon)
        found = fisher_memory_curve(network, lags, horizon=horizon, rtol=rtol)
        record = _record(source, chosen, found, rtol)
    columns = {"time" if "abscissa" in record else "lag": record["lags"], "J": record["values"]}
    tell(record, _summary(record, out), out=out, columns=columns, plot=partial(_plot, found), as_json=as_json)


@contextmanager
def _progress_on_terminal() -> Iterator[None]:
    """What is logged of the progress, on one line that is wiped at the end."""
    if not sys.stderr.isatty():
        yield
        return
    wipe = "\r\033[K"
    handler, logger = logging.StreamHandler(sys.stderr), logging.getLogger("linmem")
    handler.terminator, level = "", logger.level
    handler.setFormatter(logging.Formatter(f"{wipe}%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        click.echo(wipe, err=True, nl=False)


def _record(source: str, chosen: str, found, rtol: float) -> dict[str, Any]:
    """Everything that was asked and answered, in plain Python. Several inputs are told by the trace over them."""
    import numpy as np

    network = found.network
    several = network.feedforward_is_matrix
    values = np.trace(found.values, axis1=1, axis2=2).real if several else found.values
    total = float(np.trace(found.total).real) if several else found.total
    continuous = hasattr(network, "abscissa")
    reached = np.flatnonzero(np.cumsum(values) >= total / 2)
    bound, measure = _bound(found), "abscissa" if continuous else "radius"
    return {
        "source": source,
        "name": network.name,
        "units": network.size,
        "inputs": network.n_inputs,
        "input": chosen,
        measure: bound.value,
        f"{measure}_lower": bound.lower,
        f"{measure}_upper": bound.upper,
        "stable": bound.stable,
        "noise": network.noise_variance,
        "horizon": found.horizon,
        "rtol": rtol,
        "total": total,
        "half_lag": int(reached[0]) if len(reached) and not continuous else None,
        "relative_error": found.relative_error,
        "method": found.method,
        "lags": found.lags.tolist(),
        "values": values.tolist(),
        "version": __version__,
    }


def _bound(found):
    """The spectral radius or abscissa, with its bounds."""
    from linmem.gramian.conjugate_gradients import radius_by_powers

    network = found.network
    matrix_free = found.method == "matrix-free" and not network.stability_is_known
    return radius_by_powers(network.recurrent) if matrix_free else network.stability


def _summary(record, out):
    """The lines of the answer."""
    measure = "abscissa" if "abscissa" in record else "radius"
    value, lower, upper = (record[measure + part] for part in ("", "_lower", "_upper"))
    known = f"{value:.6g}" if upper - lower <= 1e-6 * max(upper, 1) else f"between {lower:.4f} and {upper:.4f}"
    known = f"at most {upper:.4f}" if lower == 0 < upper else known
    stable = {True: "stable", False: "unstable", None: "stability undecided"}[record["stable"]]
    half = record["half_lag"]
    yield "network", record["name"] or record["source"]
    yield "units", record["units"]
    yield f"spectral {measure}", f"{known} ({stable})"
    yield "input", record["input"] + (f", {record['inputs']} inputs: traces" if record["inputs"] > 1 else "")
    if record["horizon"]:
        yield "horizon", f"{record['horizon']} steps"
    yield "J_tot", f"{record['total']:.12g}"
    yield "J(0)", f"{record['values'][0]:.12g}"
    if measure == "radius":
        yield "half of J_tot", f"by lag {half}" if half is not None else f"not within {len(record['lags'])} lags"
    yield "relative error", f"{record['relative_error']:.1e} (method: {record['method']})"
    if out is not None:
        yield "written", out


def _plot(found, ax) -> None:
    from linmem.plotting import plot_fisher_memory_curve

    plot_fisher_memory_curve(found, ax=ax)
