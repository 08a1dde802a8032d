r"""Training that can be stopped at any moment and resumed.

Conventions
-----------
The file of a training is written anew after every epoch, whole or not at all. The order of the sequences depends on
seed and epoch alone: a training that was killed and resumed ends in the same weights, bit by bit. Arithmetic is in
single precision, on one core.

Contents
--------
train
    Train a network, or resume its training.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from linmem.errors import ArgumentError, DivergenceError, FileError
from linmem.kernels.tiles import LANES
from linmem.learning import tasks
from linmem.learning.optimisers import OPTIMISERS, clip
from linmem.learning.parameters import ParameterLayout
from linmem.learning.trained import (
    DATA,
    FORMAT,
    HISTORY,
    NAMES,
    ORDER,
    TrainedNetwork,
    TrainingSettings,
    read_record,
    require_arrays,
    starting_parameters,
    versions,
)
from linmem.learning.unrolled import Unrolled
from linmem.validation import file_path
from linmem.writing import write_whole

States = list[tuple[np.ndarray, ...]]  # the state of each group of LANES sequences


def train(
    settings: TrainingSettings,
    out: str | Path | None = None,
    *,
    progress: Callable[[TrainedNetwork], None] | None = None,
) -> TrainedNetwork:
    """The network after training, or after the rest of the training in the file `out`.

    Parameters
    ----------
    out
        A .npz, which is written after every epoch. A file that exists already must have the same settings: its training
        is resumed, and returned as it is where it has ended.
    progress
        Called after every epoch with the training so far.

    Raises
    ------
    ArgumentError
        For settings that do not go together, and for a file of other settings, which is left as it is.
    FileError
        For a file that cannot be written or that holds no training.
    DivergenceError
        Where loss or gradient are no longer finite; the message names the batch. The file keeps the last whole epoch.

    Examples
    --------
    >>> task = {"length": 8, "symbols": 2, "sequences": 320, "validation": 16}
    >>> settings = TrainingSettings("copy", task, units=8, start="chain", epochs=2)
    >>> trained = train(settings)
    >>> trained.epochs, trained.stopped, trained.network.size
    (2, 'all epochs done', 8)
    """
    if not isinstance(settings, TrainingSettings):
        raise ArgumentError(
            f"settings is {settings!r:.60}; it must be TrainingSettings, such as TrainingSettings('copy')"
        )
    path = _writable(out)
    run = _Run(settings)
    if path is not None and path.exists():
        run.resume(path)
    while not run.stopped:
        try:
            run.epoch()
        except DivergenceError as error:
            run.stopped = str(error)
        if path is not None:
            run.write(path)
        if progress is not None and not run.diverged:
            progress(run.result())
    if run.diverged:
        raise DivergenceError(run.stopped)
    return run.result()


class _Score(NamedTuple):
    """Loss and number of right labels of a batch, and the states in which its sequences end."""

    loss: float
    hits: int
    ends: States


class _Run:
    """A training under way."""

    def __init__(self, settings: TrainingSettings) -> None:
        task = tasks.build(settings.task, settings.options, rng=settings.generator(DATA))
        if task.streams not in (0, settings.batch):
            raise ArgumentError(
                f"batch is {settings.batch}, but the task has {task.streams} streams; the two must be equal"
            )
        self.settings = settings
        self.task = task
        self.layout = ParameterLayout(settings.cell, settings.units, task.n_inputs, task.n_outputs)
        self.parameters = starting_parameters(settings, self.layout)
        self.optimiser = OPTIMISERS[settings.optimiser](self.layout.size, settings.rate)
        self.unrolled = Unrolled(self.layout, task.steps, task.scored)
        self.history: dict[str, list[float]] = {name: [] for name in HISTORY}
        self.stopped = ""

    @property
    def epochs(self) -> int:
        """The number of epochs that are done."""
        return len(self.history["seconds"])

    @property
    def diverged(self) -> bool:
        """Whether training ended because loss or gradient were no longer finite."""
        return self.stopped.startswith("training diverged")

    def epoch(self) -> None:
        """Learn from all sequences once, then validate; where training diverges, the weights are those before it."""
        start, before = time.perf_counter(), self.parameters.copy()
        try:
            loss = self._learn()
            validation, accuracy = self._validate()
        except DivergenceError:
            self.parameters = before
            raise
        seconds = time.perf_counter() - start
        for name, value in zip(HISTORY, (loss, validation, accuracy, seconds), strict=True):
            self.history[name].append(float(value))
        self.stopped = self._reason_to_stop()

    def _learn(self) -> float:
        """Take a step of the optimiser for each batch; return their mean loss."""
        batches = self._batches(self.task.training, shuffled=True)
        total, states = 0.0, None
        for index, batch in enumerate(batches):
            loss, states = self._step(batch, states)
            if not np.isfinite(loss):
                place = f"in epoch {self.epochs + 1} at batch {index + 1} of {len(batches)}"
                raise DivergenceError.at(place, self.settings.rate)
            total += loss
        return total / len(batches)

    def _batches(self, sequences: tasks.Sequences, *, shuffled: bool) -> list[np.ndarray]:
        """The row numbers of each batch: those of streams in their order, those of other sequences at random."""
        rows = np.arange(len(sequences))
        if shuffled and not self.task.streams:
            order = self.settings.generator(ORDER, self.epochs)
            rows = order.permutation(rows)
        size = self.settings.batch
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    def _step(self, batch: np.ndarray, states: States | None) -> tuple[float, States]:
        """Take one step of the optimiser; return the loss before it, nan where loss or gradient are not finite."""
        self.unrolled.load(self.parameters)
        self.unrolled.clear()
        score = self._run(self.task.training, batch, states, learn=True)
        gradient = self.unrolled.gradient()
        norm = clip(gradient, self.settings.clip)
        if not np.isfinite(norm):
            return np.nan, score.ends
        self.optimiser.step(self.parameters, gradient)
        return score.loss, score.ends

    def _run(self, sequences: tasks.Sequences, batch: np.ndarray, states: States | None, *, learn: bool) -> _Score:
        """The score of a batch, which is computed LANES sequences at a time."""
        scores_of_a_step = 1 if self.task.classifies else self.task.n_outputs
        weight = 1 / (len(batch) * self.task.scored * scores_of_a_step)
        loss, hits, ends = 0.0, 0, []
        for group, start in enumerate(range(0, len(batch), LANES)):
            rows = batch[start : start + LANES]
            lanes = tasks.Sequences(sequences.inputs[rows], sequences.targets[rows])
            self.unrolled.start(states[group] if states else None)
            group_loss, group_hits = self.unrolled.run(lanes, weight, learn=learn)
            loss += group_loss
            hits += group_hits
            if self.task.streams:
                ends.append(self.unrolled.state)
        return _Score(loss, hits, ends)

    def _validate(self) -> tuple[float, float]:
        """Mean loss in the validation, and the share of right labels, nan for a task without labels."""
        sequences = self.task.validation
        total, hits, states = 0.0, 0, None
        self.unrolled.load(self.parameters)
        for batch in self._batches(sequences, shuffled=False):
            score = self._run(sequences, batch, states, learn=False)
            states = score.ends
            total += score.loss * len(batch)
            hits += score.hits
        if not np.isfinite(total):
            place = f"in the validation after epoch {self.epochs + 1}"
            raise DivergenceError.at(place, self.settings.rate)
        accuracy = hits / sequences.targets.size if self.task.classifies else np.nan
        return total / len(sequences), accuracy

    def _reason_to_stop(self) -> str:
        """The reason why training ends after this epoch; "" where it continues."""
        enough, patience = self.settings.enough, self.settings.patience
        losses = self.history["validation_loss"]
        if enough is not None and losses[-1] < enough:
            return f"validation loss below {enough:g}"
        epochs_since_lowest = len(losses) - 1 - int(np.argmin(losses))
        if patience is not None and epochs_since_lowest >= patience:
            return f"no lower validation loss in {patience} epochs"
        return "all epochs done" if len(losses) >= self.settings.epochs else ""

    def result(self) -> TrainedNetwork:
        """The training so far."""
        parameters = self.layout.views(self.parameters.copy())
        return TrainedNetwork(
            settings=self.settings,
            layout=self.layout,
            parameters=parameters,
            history={name: np.array(values) for name, values in self.history.items()},
            baseline=self.task.baseline,
            stopped=self.stopped,
            versions=versions(),
        )

    def _parts_by_stored_name(self) -> Iterable[tuple[str, np.ndarray]]:
        """The name in the file and the view of each part of the parameters."""
        parts = self.layout.views(self.parameters).values()
        return zip(NAMES[self.layout.gated], parts, strict=True)

    def write(self, path: Path) -> None:
        """Write the file of the training, with the memory of the optimiser until training has ended."""
        arrays: dict[str, Any] = {}
        for stored, part in self._parts_by_stored_name():
            arrays[stored] = part
        for name, values in self.history.items():
            arrays[f"history_{name}"] = np.array(values)
        if not self.stopped:
            arrays["optimiser_state"] = self.optimiser.state
        record = {
            "format": FORMAT,
            "settings": asdict(self.settings),
            "inputs": self.layout.n_inputs,
            "outputs": self.layout.n_outputs,
            "baseline": self.task.baseline,
            "stopped": self.stopped,
            "versions": versions(),
        }
        arrays["record"] = np.array(json.dumps(record))
        write_whole(path, lambda name: np.savez_compressed(name, **arrays))

    def resume(self, path: Path) -> None:
        """Take over the state of the training in the file."""
        record, arrays = read_record(path)
        self._require_same_settings(path, record["settings"])
        require_arrays(path, arrays, NAMES[self.layout.gated])
        for stored, part in self._parts_by_stored_name():
            part[:] = arrays[stored]
        self.history = {name: arrays[f"history_{name}"].tolist() for name in HISTORY}
        self.stopped = record["stopped"]
        if not self.stopped:
            self.optimiser.state[:] = arrays["optimiser_state"]

    def _require_same_settings(self, path: Path, stored: dict[str, Any]) -> None:
        # through JSON, in which a tuple is a list, as in the file
        settings = json.loads(json.dumps(asdict(self.settings)))
        differences = [
            f"{name} {stored.get(name)!r} instead of {value!r}"
            for name, value in settings.items()
            if stored.get(name) != value
        ]
        if differences:
            raise ArgumentError(
                f"out is {str(path)!r}, which has another training: {', '.join(differences)}; give another name"
            )


def _writable(out: str | Path | None) -> Path | None:
    """The name of a file that training can write."""
    if out is None:
        return None
    path = file_path("out", out)
    if path.suffix != ".npz":
        raise FileError(f"out is {str(path)!r}; its type must be .npz")
    if not path.parent.is_dir():
        raise FileError(f"out is {str(path)!r}, but there is no folder {str(path.parent)!r}")
    return path
