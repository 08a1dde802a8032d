"""What the figures need of trainings, into `analysis/trained`: `python -m analysis.collect_trained FOLDER ...`.

`runs.json`: of every training that has ended its settings, losses, hours, and departure from normality and memory of W
before and after. A .npz, in single precision: of group `full` the weights before and after, of LSTMs those after.
"""

import json
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

import linmem as lm
from analysis.train_networks import GROUPS, name_of
from analysis.trainings import TRAINED, memory
from linmem.learning.trained import TrainedNetwork, read_trained


def summary(name: str, one: TrainedNetwork) -> dict:
    """A line of `runs.json`."""
    grid = name in {name_of(settings) for settings in GROUPS["grid"]}
    losses = {key: [float(f"{loss:.6g}") for loss in one.history[key]] for key in ("training_loss", "validation_loss")}
    run = {
        "name": Path(name).stem,
        "group": "grid" if grid else "text" if one.settings.task == "characters" else "full",
    }
    run |= {"settings": asdict(one.settings), "baseline": one.baseline, "stopped": one.stopped, **losses}
    run["hours"] = round(one.history["seconds"].sum() / 3600, 4)
    if not one.cell.gated:
        pair = (one.initial_network, one.network)
        run["departure"] = [round(lm.henrici_departure(net), 6) for net in pair]
        run["memory"] = [round(memory(net).sum(), 6) for net in pair]
    return run


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
def command(folders: tuple[Path, ...]) -> None:
    """Write `analysis/trained` anew."""
    runs = []
    TRAINED.mkdir(exist_ok=True)
    for old in TRAINED.glob("*.npz"):
        old.unlink()
    for path in sorted((path for folder in folders for path in folder.glob("*.npz")), key=lambda path: path.name):
        one = read_trained(path)
        if one.stopped:
            runs.append(summary(path.name, one))
            click.echo(f"{path.stem}: {one.epochs} epochs, {one.stopped}")
            if runs[-1]["group"] == "full" or one.cell.gated:
                before = {} if one.cell.gated else {f"initial_{name}": part for name, part in one.initial.items()}
                kept = {name: part for name, part in (before | one.parameters).items() if "readout" not in name}
                np.savez_compressed(TRAINED / path.name, **kept)
    lines = ",\n".join(json.dumps(run) for run in runs)
    (TRAINED / "runs.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    command()
