"""Collect the trainings that the figures need into `analysis/trained`: `python -m analysis.collect_trained FOLDER ...`.

`runs.json` holds, of every training that has ended, its settings, losses, hours, and departure from normality and
memory of W before and after. A .npz in single precision holds the weights with their readout, and the settings: of
group `full` the weights before and after, of LSTMs those after. The files that were collected first have neither
readout nor settings: of plain cells, their names say the nonlinearity.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

import linmem as lm
from analysis.train_networks import GROUPS, name_of
from analysis.trainings import TRAINED, memory
from linmem.learning.trained import TrainedNetwork, read_trained


def group_of(name: str, trained: TrainedNetwork) -> str:
    """ "grid", "text" or "full"."""
    if name in {name_of(settings) for settings in GROUPS["grid"]}:
        return "grid"
    return "text" if trained.settings.task == "characters" else "full"


def summary(name: str, trained: TrainedNetwork) -> dict[str, Any]:
    """The training in the file of this name, as a line of `runs.json`."""
    run = {
        "name": Path(name).stem,
        "group": group_of(name, trained),
        "settings": asdict(trained.settings),
        "baseline": trained.baseline,
        "stopped": trained.stopped,
    }
    for key in ("training_loss", "validation_loss"):
        run[key] = [float(f"{loss:.6g}") for loss in trained.history[key]]
    run["hours"] = round(trained.history["seconds"].sum() / 3600, 4)
    if not trained.layout.gated:
        before_and_after = (trained.initial_network, trained.network)
        run["departure"] = [round(lm.henrici_departure(network), 6) for network in before_and_after]
        run["memory"] = [round(memory(network).sum(), 6) for network in before_and_after]
    return run


def weights_of(trained: TrainedNetwork) -> dict[str, np.ndarray]:
    """Weights, biases and readout by name; of a plain cell also those before training, as initial_..."""
    weights = {"record": np.array(json.dumps({"settings": asdict(trained.settings)}))}
    if not trained.layout.gated:
        for name, part in trained.initial.items():
            weights[f"initial_{name}"] = part
    return weights | trained.parameters


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
def command(folders: tuple[Path, ...]) -> None:
    """Write `analysis/trained` anew."""
    TRAINED.mkdir(exist_ok=True)
    for outdated in TRAINED.glob("*-seed*.npz"):
        outdated.unlink()
    paths = [path for folder in folders for path in folder.glob("*.npz")]
    runs = []
    for path in sorted(paths, key=lambda path: path.name):
        trained = read_trained(path)
        if not trained.stopped:
            continue
        run = summary(path.name, trained)
        runs.append(run)
        click.echo(f"{path.stem}: {trained.epochs} epochs, {trained.stopped}")
        if run["group"] == "full" or trained.layout.gated:
            np.savez_compressed(TRAINED / path.name, **weights_of(trained))
    lines = ",\n".join(json.dumps(run) for run in runs)
    (TRAINED / "runs.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    command()
