"""`linmem curve`: the Fisher memory curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.answers import record_of, rows_of, stability_record, stability_row, traces
from linmem.cli.inputs import (
    LOOKS_MEMORYLESS,
    Asked,
    asked,
    groups_asked,
    option_of_groups,
    options_of_a_quantity,
    options_of_preparation,
)
from linmem.cli.output import SUFFIXES_OF_A_CURVE, print_and_write, progress_on_terminal, require_writable
from linmem.cli.sources import takes_a_source

if TYPE_CHECKING:
    from linmem.memory.fisher import FisherMemoryCurve
    from linmem.network import Stability
    from linmem.plotting.appearance import Axes


@click.command()
@takes_a_source
@click.option(
    "--lags", type=int, help="Number of lags, from 0 on; in continuous time, of times.  [default: 2 N; 200 times]"
)
@options_of_a_quantity
@options_of_preparation
@option_of_groups
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help=f"Write the curve: {', '.join(SUFFIXES_OF_A_CURVE)}."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def curve(
    source: str,
    lags: int | None,
    horizon: int | None,
    rtol: float,
    groups: str | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Fisher memory curve J(k) of SOURCE: the information in the present state about the input k steps ago.

    Example: linmem curve feedback_chain:n=100,feedforward=0.9,feedback=0.2 --out curve.pdf

    For several inputs the traces over the inputs are printed. A sparse SOURCE of more than 6000 units, such as a .mtx
    file, is computed without a dense matrix; its input is by default all units alike. A terminal shows how much of
    such a computation is done, and the time left.
    """
    require_writable(out, SUFFIXES_OF_A_CURVE)
    from linmem.memory.fisher import fisher_memory_curve

    with progress_on_terminal():
        subject = asked(source, options, needs_input=True, horizon=horizon)
        result = fisher_memory_curve(subject.network, lags, horizon=horizon, rtol=rtol)
        quantities = _quantities(result, rtol) | _of_groups(groups, subject, horizon, rtol)
    record = record_of(result, source=source, subject=subject, quantities=quantities)
    print_and_write(
        record,
        rows_of(record, subject, network=[stability_row(record)], quantities=_rows(record, subject)),
        columns={
            "lag" if "radius" in record else "time": record["lags"],
            "J": record["values"],
            "error": record["errors"],
        },
        plot=partial(_plot, result),
        out=out,
        as_json=as_json,
    )


def _quantities(result: FisherMemoryCurve, rtol: float) -> dict[str, Any]:
    """What only this command answers: stability, noise, the total, and the lag by which half of it is reached."""
    import numpy as np

    from linmem.measured import Measured

    network = result.network
    total = result.total
    if network.feedforward_is_matrix:
        total = Measured(np.trace(total).real, np.trace(total.error), result.method)
    traced = replace(result, values=traces(result.values, network), total=total)
    is_continuous = network.is_continuous
    return {
        **stability_record(_stability(result), is_continuous),
        "rtol": rtol,
        "total": total,
        "half_lag": None if is_continuous else traced.lag_of_share(0.5),
    }


def _stability(result: FisherMemoryCurve) -> Stability:
    """The spectral radius or abscissa with its bounds; of a matrix-free result found without a dense matrix."""
    from linmem.gramian.sparse_radius import radius_by_powers

    network = result.network
    if result.method == "matrix-free" and not network.stability_is_known:
        return radius_by_powers(network.matrix)
    return network.stability


def _rows(record: Mapping[str, Any], subject: Asked) -> Iterator[tuple[str, str]]:
    yield "J_tot", f"{record['total']:.12g}"
    power = subject.input_power
    if power:
        note = ": a weak input, which makes J small whatever is remembered" if power < LOOKS_MEMORYLESS else ""
        yield "J_tot/|v|^2", f"{record['total'] / power:.12g} (times noise; |v|^2 / noise is {power:.3g}{note})"
    yield "J(0)", f"{record['values'][0]:.12g}"
    if "radius" in record:
        half_lag = record["half_lag"]
        reached = f"by lag {half_lag}" if half_lag is not None else f"not within {len(record['lags'])} lags"
        yield "half of J_tot", reached
    yield from _rows_of_groups(record)


def _of_groups(groups: str | None, subject: Asked, horizon: int | None, rtol: float) -> dict[str, Any]:
    """Shares and strengths of groups of units, if they are asked for."""
    if groups is None:
        return {}
    from linmem.memory.groups import memory_of_groups

    chosen = groups_asked(groups, subject.network)
    found = memory_of_groups(subject.network, chosen, horizon=horizon, rtol=rtol)
    records = {
        name: {
            "units": int(found.units[place]),
            "memory": float(found.memory[place]),
            "optimal_input": float(found.optimal_input[place]),
            "strength_to": dict(zip(found.groups, found.strengths[:, place].tolist(), strict=True)),
        }
        for place, name in enumerate(found.groups)
    }
    return {"groups": records}


def _rows_of_groups(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, group in record.get("groups", {}).items():
        strengths = ", ".join(f"{other} {strength:.4g}" for other, strength in group["strength_to"].items())
        yield (
            "group",
            f"{name}: {group['units']} units ({group['units'] / record['units']:.1%}), {group['memory']:.1%} of the "
            f"memory, {group['optimal_input']:.1%} of the optimal input; strength to {strengths}",
        )


def _plot(result: FisherMemoryCurve, ax: Axes) -> None:
    from linmem.plotting import plot_fisher_memory_curve

    plot_fisher_memory_curve(result, ax)
