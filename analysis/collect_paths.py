"""Measure memory along the paths of the trained networks: `python -m analysis.collect_paths`.

`analysis/trained/paths.json` holds, of every run of the groups "full" and "text", what `analysis.paths` measures, and
with which settings and versions. `all_ends.npz` holds the logarithm of the memory at all ends of one sequence. Runs
that are stored are not measured again, so that the command goes on where it was stopped: it takes some ten minutes.
"""

from __future__ import annotations

import json
from typing import Any

import click
import numpy as np

import linmem as lm
from analysis import paths
from analysis.trainings import Run, collected
from linmem.learning.trained import versions

HEAT_MAP_OF = ("copy", "chain", 1)  # task, start and seed of the run whose memory is taken at all ends
EVERY = 2  # end and lag of these is stored


def rounded(values: Any) -> list[float | None]:
    """Five digits of each number; None for infinity, which JSON has not."""
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in np.asarray(values)]


def measured_plain(run: Run) -> dict[str, Any]:
    """Of a plain cell: the unexplained share, and the scale and the limit of validity; of some runs curves."""
    sequences = paths.sequences_of(run, paths.SEQUENCES[run.task])
    trajectories = [lm.trajectory(paths.cell_of(run), sequence) for sequence in sequences]
    shares = [paths.unexplained(run, path, paths.DEVIATION) for path in trajectories]
    limits = [lm.linearise(path, noise=1.0).limits_of_linearity().noise for path in trajectories]
    curves = {}
    if run.task == "copy" and run.seed == 1:
        asked = run.settings.options["length"] - 10  # the step at which the first symbol is asked for
        for state in paths.STATES:
            curves[f"path, {state}"] = rounded(paths.path_memory(run, state, sequences[0], asked))
            curves[f"linear, {state}"] = rounded(paths.linear_memory(run, state, asked + 1))
    return {
        "unexplained": rounded(shares),
        "memory": rounded([paths.wanted_memory(run, trajectories[0])])[0],
        "mean_square": rounded([np.mean([path.mean_square for path in trajectories])])[0],
        "noise_limit": rounded([min(limits)])[0],
        "curves": curves,
    }


def measured_lstm(run: Run) -> dict[str, Any]:
    """Of an LSTM: the curves of (h, c) and of h."""
    text = paths.sequences_of(run, 1)[0]
    curves: dict[str, Any] = {}
    for state in paths.STATES:
        curves |= {name: rounded(curve) for name, curve in paths.memory_of_lstm(run, state, text).items()}
    return {"curves": curves}


def measured(run: Run) -> dict[str, Any]:
    """The line of `paths.json` of a run."""
    return {"name": run.name} | (measured_lstm(run) if run.settings.cell == "lstm" else measured_plain(run))


def provenance() -> dict[str, Any]:
    """How the numbers were made."""
    return {
        "command": "python -m analysis.collect_paths",
        "seed of the inputs": paths.SEED_OF_INPUTS,
        "sequences": paths.SEQUENCES,
        "standard deviation of the noise": paths.DEVIATION,
        "versions": versions(),
    }


def write(lines: dict[str, dict[str, Any]], order: list[str]) -> None:
    """Write `paths.json`, a line for each run, in order."""
    known = ",\n".join(json.dumps(lines[name]) for name in order if name in lines)
    made = json.dumps(provenance())
    paths.PATHS.write_text(f'{{"made": {made},\n"runs": [\n{known}\n]}}\n', encoding="utf-8")


def write_heat_map(runs: list[Run]) -> None:
    """Write `all_ends.npz`: log10 J at every second end and lag, in half precision."""
    run = next(run for run in runs if (run.task, run.start, run.seed) == HEAT_MAP_OF)
    J = paths.memory_at_all_ends(run, paths.sequences_of(run, 1)[0])
    with np.errstate(divide="ignore"):
        logarithm = np.log10(J[::EVERY, ::EVERY]).astype(np.float16)
    np.savez_compressed(paths.HEAT_MAP, logarithm=logarithm, every=EVERY, run=run.name)


@click.command()
def command() -> None:
    """Measure what is not stored yet."""
    runs = collected("full") + [run for run in collected("text") if run.settings.cell == "lstm"]
    lines: dict[str, dict[str, Any]] = {}
    if paths.PATHS.exists():
        stored = json.loads(paths.PATHS.read_text(encoding="utf-8"))
        if stored["made"] != provenance():
            raise click.ClickException(f"{paths.PATHS} was made with other settings or versions; delete it first")
        lines = {line["name"]: line for line in stored["runs"]}
    for run in runs:
        if run.name not in lines:
            lines[run.name] = measured(run)
            write(lines, [run.name for run in runs])
            click.echo(run.name)
    if not paths.HEAT_MAP.exists():
        write_heat_map(runs)


if __name__ == "__main__":
    command()
