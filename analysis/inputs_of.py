"""Inputs on which a trained network of `analysis/trained` can run: `python -m analysis.inputs_of NAME OUT.npy`.

NAME is that of a file in `analysis/trained`, without its folder or type, or the path of a file of `linmem train`. OUT
gets one sequence of its task that it was not trained on, (T, M), as the network receives it; then

    linmem run analysis/trained/NAME.npz --inputs OUT.npy

shows what it remembers along that path (`--nonlinearity elu`, or `relu`, as the name says: the first files do not say
it themselves). Sequences of a text follow each other: `--sequence 3` is 100 characters further on in each stream.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from analysis.trainings import collected
from linmem.errors import ArgumentError, LinmemError
from linmem.learning import tasks
from linmem.learning.trained import DATA, TrainingSettings, read_trained
from linmem.validation import near_miss, whole_number
from linmem.writing import write_whole

DRAWN = ("copy", "addition")  # tasks whose sequences are drawn, as many as are asked for


def inputs_of(settings: TrainingSettings, sequence: int = 0) -> np.ndarray:
    """The inputs of one sequence of the validation of a task, (T, M), in double precision."""
    sequence = whole_number("sequence", sequence, at_least=0)
    options = dict(settings.options)
    if settings.task in DRAWN:
        options |= {"sequences": 1, "validation": sequence + 1}
    task = tasks.build(settings.task, options, rng=settings.generator(DATA))
    place = sequence * max(task.streams, 1)  # of a text, in the first stream
    if place >= len(task.validation):
        raise ArgumentError(f"sequence is {sequence}, but the validation has {len(task.validation)} sequences")
    return task.values(task.validation.inputs[place])


def settings_of(name: str) -> TrainingSettings:
    """The settings of the training of that name."""
    runs = {run.name: run for group in ("full", "text") for run in collected(group)}
    stem = Path(name).name.removesuffix(".npz")
    if stem not in runs and Path(name).is_file():
        return read_trained(name).settings
    if stem not in runs:
        raise ArgumentError(f"name is {name!r}, which is no file of analysis/trained{near_miss(name, runs)}")
    return runs[stem].settings


@click.command()
@click.argument("name")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--sequence", type=int, default=0, show_default=True, help="Which sequence of the validation.")
def command(name: str, out: Path, sequence: int) -> None:
    """Write the inputs of one sequence of the task of NAME, (T, M), into OUT, a .npy."""
    try:
        inputs = inputs_of(settings_of(name), sequence)
        if out.suffix != ".npy":
            raise ArgumentError(f"out is {str(out)!r}; its type must be .npy")
        write_whole(out, lambda temporary: np.save(temporary, inputs))
    except LinmemError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{inputs.shape[0]} steps of {inputs.shape[1]} inputs; written: {out}")


if __name__ == "__main__":
    command()
