r"""What a training depends on, and what it leaves: settings, weights, history.

Conventions
-----------
A training is one .npz. Its weights are called as `load_network` knows them, so that the file is a network too; its
record, in JSON, says how it came about.

Contents
--------
TrainingSettings
    Everything that a training depends on.
TrainedNetwork, read_trained
    Weights, history, settings.
read_record
    The file as it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from linmem import __version__
from linmem.errors import InvalidNetworkError
from linmem.learning.cells import Cell
from linmem.learning.initial import initial_parameters
from linmem.learning.optimisers import OPTIMISERS
from linmem.network import LinearNetwork
from linmem.validation import number, whole_number

FORMAT = 1  # of the files
NAMES = {  # of weights in a file: those that `load_network` knows
    False: ("recurrent", "feedforward", "bias", "readout", "readout_bias"),
    True: ("weight_hh_l0", "weight_ih_l0", "bias_l0", "readout", "readout_bias"),
}
HISTORY = ("training_loss", "validation_loss", "accuracy", "seconds")
DATA, WEIGHTS, ORDER = range(3)  # what the seed is for


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that a training depends on.

    Attributes
    ----------
    task, options
        One of `tasks.TASKS`, and its own options.
    cell, units
        One of `cells.CELLS`, and how many.
    start, gain, feedback
        As for `initial_parameters`.
    optimiser, rate, clip
        "rmsprop" or "adam", its rate, and the largest norm of the gradient (None: any).
    batch
        Sequences for each step of the optimiser; for a task of streams, their number.
    epochs, enough, patience
        How often all sequences are seen; the validation loss below which it ends, and how many epochs without a new
        lowest one end it (None: no matter).
    seed
        Of the data, of the start and of the order.
    """

    task: str
    options: dict[str, Any] = field(default_factory=dict)
    cell: str = "elu"
    units: int = 100
    start: str = "orthogonal"
    gain: float = 1.0
    feedback: float = 0.04
    optimiser: str = "rmsprop"
    rate: float = 1e-3
    clip: float | None = 10.0
    batch: int = 16
    epochs: int = 100
    enough: float | None = None
    patience: int | None = None
    seed: int = 0

    def __post_init__(self):
        for argument in ("units", "batch", "epochs"):
            whole_number(argument, getattr(self, argument))
        whole_number("seed", self.seed, at_least=0)
        number("rate", self.rate, above=0)
        for argument in ("clip", "enough"):
            if getattr(self, argument) is not None:
                number(argument, getattr(self, argument), above=0)
        if self.patience is not None:
            whole_number("patience", self.patience)
        if self.optimiser not in OPTIMISERS:
            raise InvalidNetworkError(f"optimiser is {self.optimiser!r}; it must be one of {', '.join(OPTIMISERS)}")

    def generator(self, purpose: int, *more: int) -> np.random.Generator:
        """Random numbers for one purpose."""
        return np.random.default_rng([self.seed, purpose, *more])


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network and how it came about.

    Attributes
    ----------
    settings, cell
        What was asked; kind and sizes.
    parameters
        The weights after the last epoch by name: recurrent (N, N), of an LSTM (4 N, N); feedforward, bias, readout,
        readout_bias.
    history
        One value for each epoch: training_loss, validation_loss, accuracy (share of labels, nan without), seconds.
    baseline
        The loss of whoever uses no input.
    stopped
        Why it ended; "" for one that did not.
    versions
        Of the libraries.
    """

    settings: TrainingSettings
    cell: Cell
    parameters: dict[str, np.ndarray]
    history: dict[str, np.ndarray]
    baseline: float
    stopped: str
    versions: dict[str, str]

    @property
    def epochs(self) -> int:
        """How many were done."""
        return len(self.history["seconds"])

    @property
    def initial(self) -> dict[str, np.ndarray]:
        """The parameters before training, computed anew."""
        return self.cell.views(starting_parameters(self.settings, self.cell))

    @property
    def network(self) -> LinearNetwork:
        """W and V, without the nonlinearity."""
        return self._network(self.parameters, f"{self.epochs} epochs")

    @property
    def initial_network(self) -> LinearNetwork:
        """W and V before training."""
        return self._network(self.initial, "untrained")

    def _network(self, parameters, state):
        if self.cell.gated:
            raise InvalidNetworkError(
                "network is asked of an LSTM, which has four W; read one: load_network(path, gate='cell')"
            )
        one, V = self.settings, parameters["feedforward"]
        name = f"{one.task} from {one.start}, gain {one.gain:g}, seed {one.seed}, {state}"
        return LinearNetwork(parameters["recurrent"], V[:, 0] if V.shape[1] == 1 else V, name=name)


def read_trained(path) -> TrainedNetwork:
    """The training in a file, ended or not.

    Raises
    ------
    InvalidNetworkError
        For a file that is not there, or that `train` did not write.
    """
    record, arrays = read_record(Path(path))
    settings = TrainingSettings(**record["settings"])
    cell = Cell(settings.cell, settings.units, record["inputs"], record["outputs"])
    return TrainedNetwork(
        settings,
        cell,
        {own: arrays[stored] for own, stored in zip(cell.shapes, NAMES[cell.gated], strict=True)},
        {name: arrays[f"history_{name}"] for name in HISTORY},
        record["baseline"],
        record["stopped"],
        record["versions"],
    )


def starting_parameters(settings: TrainingSettings, cell: Cell) -> np.ndarray:
    """All parameters before training, flat, in single precision."""
    start, rng = settings.start, settings.generator(WEIGHTS)
    flat = initial_parameters(cell, start, gain=settings.gain, feedback=settings.feedback, rng=rng)
    return flat.astype(np.float32)


def versions() -> dict[str, str]:
    """Of the libraries that decide the bits."""
    return {"linmem": __version__, "numpy": np.__version__, "numba": version("numba")}


def read_record(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """The record of a training, and its arrays."""
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
        record = json.loads(str(arrays.pop("record")))
        if record["format"] == FORMAT:
            return record, arrays
        reason = f"it has format {record['format']}, not {FORMAT}"
    except FileNotFoundError:
        raise InvalidNetworkError(f"path is {str(path)!r}, but there is no such file") from None
    except Exception as error:  # files can be broken in ways that no list ends
        reason = str(error)
    raise InvalidNetworkError(f"path is {str(path)!r}, which holds no training: {reason}")
