"""Measure the memory of the networks of figure memory_after_training: `python -m analysis.measure_trained`.

`trained/curves.json` holds, of every training of the seed that is shown, its Fisher memory curves before and after,
with the version of linmem and the SHA-256 of the file of weights. Most of the time goes into networks whose radii are
above 1, which only ball arithmetic resolves. A run whose line has the hash of its weights is not measured again, so
that the command can be interrupted; `--anew` measures all.

Contents
--------
measured
    The line of a run.
command
    The command.
"""

from __future__ import annotations

import json
from typing import Any

import click
import numpy as np

import linmem as lm
from analysis import memory_after_training
from analysis.trainings import CURVES, HORIZON, Run, collected, hash_of_weights, memory, networks, stored_lines
from linmem.linalg.blas import one_blas_thread


def measured(run: Run) -> dict[str, Any]:
    """The line of a run: J(k) over the horizon, before and after training, to ten digits, and how it was computed."""
    before, after = (memory(network) for network in networks(run))
    return {
        "name": run.name,
        "weights": hash_of_weights(run),
        "linmem": lm.__version__,
        "horizon": HORIZON,
        "before": _ten_digits(before),
        "after": _ten_digits(after),
    }


def _ten_digits(curve: np.ndarray) -> list[float]:
    return [float(f"{value:.10g}") for value in curve]


@click.command()
@click.option("--anew", is_flag=True, help="Measure all runs, also those that are stored.")
def command(anew: bool) -> None:
    """Write `analysis/trained/curves.json`, one run after the other."""
    lines = {} if anew else stored_lines()
    runs = [run for run in collected("full") if run.seed == memory_after_training.SETTINGS.seed]
    for run in runs:
        line = lines.get(run.name)
        if line is None or line["weights"] != hash_of_weights(run):
            with one_blas_thread():
                lines[run.name] = measured(run)
            text = ",\n".join(json.dumps(lines[name]) for name in sorted(lines))
            CURVES.write_text(f"[\n{text}\n]\n", encoding="utf-8")
        click.echo(run.name)


if __name__ == "__main__":
    command()
