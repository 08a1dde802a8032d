"""`linmem curve`: the Fisher memory curve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from linmem import __version__
from linmem.cli.output import draw
from linmem.cli.sources import of_a_source, read_source
from linmem.errors import InvalidNetworkError
from linmem.writing import write_whole

SUFFIXES = (".csv", ".json", ".pdf", ".png")
INPUTS = ("given", "optimal", "uniform", "first")


@click.command()
@of_a_source
@click.option("--lags", type=int, help="How many lags from 0 on; of times, in continuous time.  [default: 2 N, 200]")
@click.option("--horizon", type=int, help="Count the last HORIZON steps only: any spectral radius.")
@click.option("--rtol", type=float, default=1e-8, show_default=True, help="The largest relative error to accept.")
@click.option("--noise", type=float, help="Variance of the noise, instead of the source's.")
@click.option("--input", "direction", type=click.Choice(INPUTS), help="Which input.  [default: given, else optimal]")
@click.option("--out", type=click.Path(path_type=Path), help=f"Write the curve: {', '.join(SUFFIXES)}.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def curve(source, lags, horizon, rtol, noise, direction, out, as_json, **in_file) -> None:
    """Fisher memory curve of SOURCE: how much of the input k steps ago the state still tells.

    Example: linmem curve feedback_chain:n=100,feedforward=0.9,feedback=0.2 --out curve.pdf
    """
    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise InvalidNetworkError(f"out is {str(out)!r}; its type must be one of {', '.join(SUFFIXES)}")
    if out is not None and not out.parent.is_dir():
        raise InvalidNetworkError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")
    from linmem.memory.fisher import fisher_memory_curve

    network, chosen = _network(source, in_file, noise, direction, horizon)
    found = fisher_memory_curve(network, lags, horizon=horizon, rtol=rtol)
    record = _record(source, chosen, found, rtol)
    if out is not None:
        write_whole(out, lambda name: _write_curve(out.suffix.lower(), name, found, record))
    if as_json:
        click.echo(json.dumps(record))
        return
    for name, value in _summary(record, out):
        click.echo(f"{name:<18}{value}")


def _network(source, in_file, noise, direction, horizon):
    """The network of SOURCE with the input that was asked for, and what that input is called."""
    from dataclasses import replace

    import numpy as np

    from linmem.memory.inputs import optimal_input

    network = read_source(source, in_file)
    network.require_single("curve")
    if noise is not None:
        network = replace(network, noise=noise)
    given = network.feedforward is not None
    chosen = direction or ("given" if given else "optimal")
    if chosen == "given":
        network.require_feedforward()
        return network, "given by the source"
    if chosen == "optimal":
        why = "" if direction else ", as the source gives none"
        return replace(network, feedforward=optimal_input(network, horizon=horizon)), f"the optimal one{why}"
    v = np.full(network.size, network.size**-0.5) if chosen == "uniform" else np.eye(1, network.size)[0]
    return replace(network, feedforward=v), "all units alike" if chosen == "uniform" else "the first unit"


def _record(source: str, chosen: str, found, rtol: float) -> dict[str, Any]:
    """Everything that was asked and answered, in plain Python. Several inputs are told by the trace over them."""
    import numpy as np

    network = found.network
    several = network.inputs is not None
    values = np.trace(found.values, axis1=1, axis2=2).real if several else found.values
    total = float(np.trace(found.total).real) if several else found.total
    continuous = hasattr(network, "abscissa")
    reached = np.flatnonzero(np.cumsum(values) >= total / 2)
    bound, measure = network.bound, "abscissa" if continuous else "radius"
    return {
        "source": source,
        "name": network.name,
        "units": network.size,
        "inputs": network.inputs or 1,
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
        "path": found.path,
        "lags": found.lags.tolist(),
        "values": values.tolist(),
        "version": __version__,
    }


def _summary(record, out):
    """The lines of the answer."""
    measure = "abscissa" if "abscissa" in record else "radius"
    value, lower, upper = (record[measure + part] for part in ("", "_lower", "_upper"))
    known = f"{value:.6g}" if upper - lower <= 1e-6 * max(upper, 1) else f"between {lower:.4f} and {upper:.4f}"
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
    yield "relative error", f"{record['relative_error']:.1e} ({record['path']} path)"
    if out is not None:
        yield "written", out


def _write_curve(suffix, name, found, record) -> None:
    if suffix == ".csv":
        lines = [
            "time,J" if "abscissa" in record else "lag,J",
            *(f"{lag},{value!r}" for lag, value in zip(record["lags"], record["values"], strict=True)),
        ]
        Path(name).write_text("\n".join(lines) + "\n")
    elif suffix == ".json":
        Path(name).write_text(json.dumps(record, indent=1) + "\n")
    else:
        from linmem.plotting import plot_fisher_memory_curve

        draw(name, lambda ax: plot_fisher_memory_curve(found, ax=ax))
