r"""Training, which can be stopped at any moment and goes on where it was.

Conventions
-----------
The file of a training is written anew after every epoch, under another name that is then changed, so that there is
always a whole one. The order of the sequences depends on seed and epoch alone: a training that was killed and resumed
ends in the same weights, bit by bit. Arithmetic is in single precision, on one core.

Contents
--------
train
    Do it, or go on with it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from linmem.errors import DivergenceError, InvalidNetworkError
from linmem.kernels.tiles import LANES
from linmem.learning import tasks
from linmem.learning.cells import Cell, Unrolled
from linmem.learning.optimisers import OPTIMISERS, clip
from linmem.learning.trained import (
    DATA,
    FORMAT,
    HISTORY,
    NAMES,
    ORDER,
    TrainedNetwork,
    TrainingSettings,
    read_record,
    starting_parameters,
    versions,
)
from linmem.writing import write_whole


def train(
    settings: TrainingSettings, out=None, *, progress: Callable[[TrainedNetwork], None] | None = None
) -> TrainedNetwork:
    """Train, or go on with the training in the file `out`.

    Parameters
    ----------
    out
        A .npz, which is written after every epoch. One that is there already must be of the same settings: it is gone
        on with, and returned as it is where it has ended.
    progress
        Called after every epoch with what there is so far.

    Raises
    ------
    InvalidNetworkError
        For settings that do not go together, and for a file of other settings, which is left as it is.
    DivergenceError
        Where loss or gradient are no longer finite; it says at which batch. The file keeps the last whole epoch.

    Examples
    --------
    >>> task = {"length": 8, "symbols": 2, "sequences": 320, "validation": 16}
    >>> settings = TrainingSettings("copy", task, units=8, start="chain", epochs=2)
    >>> trained = train(settings)
    >>> trained.epochs, trained.stopped, trained.network.size
    (2, 'all epochs done', 8)
    """
    out = _checked(out)
    run = _Run(settings)
    if out is not None and out.exists():
        run.resume(out)
    while not run.stopped:
        try:
            run.epoch()
        except DivergenceError as error:
            run.stopped = str(error)
        if out is not None:
            run.write(out)
        if progress is not None and not run.diverged:
            progress(run.result())
    if run.diverged:
        raise DivergenceError(run.stopped)
    return run.result()


class _Run:
    """A training under way."""

    def __init__(self, settings: TrainingSettings):
        self.settings = settings
        self.task = task = tasks.build(settings.task, settings.options, rng=settings.generator(DATA))
        if task.streams not in (0, settings.batch):
            raise InvalidNetworkError(
                f"batch is {settings.batch}, but the task has {task.streams} streams; the two must be equal"
            )
        self.cell = Cell(settings.cell, settings.units, task.inputs, task.outputs)
        self.parameters = starting_parameters(settings, self.cell)
        self.optimiser = OPTIMISERS[settings.optimiser](self.cell.size, settings.rate)
        self.unrolled = Unrolled(self.cell, task.steps, task.scored)
        self.history: dict[str, list[float]] = {name: [] for name in HISTORY}
        self.stopped = ""

    @property
    def diverged(self) -> bool:
        return self.stopped.startswith("training diverged")

    def epoch(self) -> None:
        """All sequences once, then those for validation; where it diverges, the weights are those before it."""
        began, before = time.perf_counter(), self.parameters.copy()
        try:
            loss = self._learn()
            validation, accuracy = self._validate()
        except DivergenceError:
            self.parameters = before
            raise
        for name, value in zip(HISTORY, (loss, validation, accuracy, time.perf_counter() - began), strict=True):
            self.history[name].append(float(value))
        self.stopped = self._reason_to_stop()

    def _learn(self) -> float:
        """A step for each batch; their mean loss."""
        batches = self._batches(self.task.training, shuffled=True)
        total, state = 0.0, None
        for index, batch in enumerate(batches):
            loss, state = self._step(batch, state)
            if not np.isfinite(loss):
                place = f"in epoch {len(self.history['seconds']) + 1} at batch {index + 1} of {len(batches)}"
                raise DivergenceError.at(place, self.settings.rate)
            total += loss
        return total / len(batches)

    def _batches(self, sequences, *, shuffled):
        """Lists of rows: of streams in their order, of other sequences at random."""
        rows = np.arange(len(sequences))
        if shuffled and not self.task.streams:
            rows = self.settings.generator(ORDER, len(self.history["seconds"])).permutation(rows)
        return [rows[start : start + self.settings.batch] for start in range(0, len(rows), self.settings.batch)]

    def _step(self, batch, state):
        """One step of the optimiser; nan for a loss or a gradient that is not finite."""
        self.unrolled.load(self.parameters)
        self.unrolled.clear()
        loss, _, state = self._run(self.task.training, batch, state, learn=True)
        gradient = self.unrolled.gradient()
        if not np.isfinite(clip(gradient, self.settings.clip)):
            return np.nan, state
        self.optimiser.step(self.parameters, gradient)
        return loss, state

    def _run(self, sequences, batch, state, *, learn):
        """Loss and hits of a batch, LANES sequences at a time, and where they ended."""
        values = self.task.outputs if not self.task.classifies else 1
        weight = 1 / (len(batch) * self.task.scored * values)
        loss, hits, ends = 0.0, 0, []
        for group, start in enumerate(range(0, len(batch), LANES)):
            rows = batch[start : start + LANES]
            self.unrolled.start(state[group] if state else None)
            part = tasks.Sequences(sequences.inputs[rows], sequences.targets[rows])
            more, right = self.unrolled.run(part, weight, learn=learn)
            loss, hits = loss + more, hits + right
            if self.task.streams:
                ends.append(self.unrolled.state)
        return loss, hits, ends

    def _validate(self):
        """Mean loss, and the share of right labels."""
        sequences, state, total, right = self.task.validation, None, 0.0, 0
        self.unrolled.load(self.parameters)
        for batch in self._batches(sequences, shuffled=False):
            loss, hits, state = self._run(sequences, batch, state, learn=False)
            total, right = total + loss * len(batch), right + hits
        if not np.isfinite(total):
            place = f"in the validation after epoch {len(self.history['seconds']) + 1}"
            raise DivergenceError.at(place, self.settings.rate)
        share = right / sequences.targets.size if self.task.classifies else np.nan
        return total / len(sequences), share

    def _reason_to_stop(self) -> str:
        losses, enough, patience = self.history["validation_loss"], self.settings.enough, self.settings.patience
        if enough is not None and losses[-1] < enough:
            return f"validation loss below {enough:g}"
        if patience is not None and len(losses) - 1 - int(np.argmin(losses)) >= patience:
            return f"no lower validation loss in {patience} epochs"
        return "all epochs done" if len(losses) >= self.settings.epochs else ""

    def result(self) -> TrainedNetwork:
        parts = {name: part.copy() for name, part in self.cell.views(self.parameters).items()}
        history = {name: np.array(values) for name, values in self.history.items()}
        return TrainedNetwork(self.settings, self.cell, parts, history, self.task.baseline, self.stopped, versions())

    def write(self, path: Path) -> None:
        """The file, with the memory of the optimiser as long as that is needed."""
        parts = self.cell.views(self.parameters).values()
        arrays: dict[str, Any] = dict(zip(NAMES[self.cell.gated], parts, strict=True))
        arrays |= {f"history_{name}": np.array(values) for name, values in self.history.items()}
        if not self.stopped:
            arrays["optimiser_state"] = self.optimiser.state
        about = {
            "format": FORMAT,
            "settings": asdict(self.settings),
            "inputs": self.cell.inputs,
            "outputs": self.cell.outputs,
            "baseline": self.task.baseline,
            "stopped": self.stopped,
            "versions": versions(),
        }
        arrays["record"] = np.array(json.dumps(about))
        write_whole(path, lambda name: np.savez_compressed(name, **arrays))

    def resume(self, path: Path) -> None:
        """Take over what the file holds."""
        record, arrays = read_record(path)
        other = {
            name: (record["settings"].get(name), value)
            for name, value in json.loads(json.dumps(asdict(self.settings))).items()
            if record["settings"].get(name) != value
        }
        if other:
            found = ", ".join(f"{name} {theirs!r} instead of {ours!r}" for name, (theirs, ours) in other.items())
            raise InvalidNetworkError(f"out is {str(path)!r}, which has another training: {found}; give another name")
        for part, stored in zip(self.cell.views(self.parameters).values(), NAMES[self.cell.gated], strict=True):
            part[:] = arrays[stored]
        self.history = {name: arrays[f"history_{name}"].tolist() for name in HISTORY}
        self.stopped = record["stopped"]
        if not self.stopped:
            self.optimiser.state[:] = arrays["optimiser_state"]


def _checked(out) -> Path | None:
    """A file name that training can write."""
    if out is None:
        return None
    out = Path(out)
    if out.suffix != ".npz":
        raise InvalidNetworkError(f"out is {str(out)!r}; its type must be .npz")
    if not out.parent.is_dir():
        raise InvalidNetworkError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")
    return out
