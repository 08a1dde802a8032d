r"""Settings, weights and history of a training, and the file that holds them.

Conventions
-----------
A training is one .npz. Its weights have the names that `load_network` knows, so that the file is a network too; its
record, in JSON, holds the settings and the rest of the training.

Contents
--------
TrainingSettings
    Everything on which a training depends.
TrainedNetwork, read_trained
    Weights, history, settings.
read_record, require_arrays
    The record and the arrays of a file; an error where it lacks one.
starting_parameters, versions
    The parameters before training; the versions of the libraries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from linmem import __version__
from linmem.cells.cell import Cell
from linmem.errors import FileError, InvalidNetworkError, errors_of_other_libraries
from linmem.learning.initial import initial_parameters
from linmem.learning.optimisers import OPTIMISERS
from linmem.learning.parameters import ParameterLayout
from linmem.learning.tasks import require_options
from linmem.network import LinearNetwork
from linmem.validation import file_path, number, option, whole_number

FORMAT = 1  # of the files
NAMES = {  # of the weights in a file, by `ParameterLayout.gated`: names that `load_network` knows
    False: ("recurrent", "feedforward", "bias", "readout", "readout_bias"),
    True: ("weight_hh_l0", "weight_ih_l0", "bias_l0", "readout", "readout_bias"),
}
READOUT = ("readout", "readout_bias")  # which files of others may lack
HISTORY = ("training_loss", "validation_loss", "accuracy", "seconds")
DATA, WEIGHTS, ORDER = range(3)  # purposes of random numbers, each with a generator of its own


@dataclass(frozen=True)
class TrainingSettings:
    """Everything on which a training depends.

    Attributes
    ----------
    task, options
        One of `tasks.TASKS`, and its own options.
    cell, units
        One of `parameters.CELLS`, and the number of units (hidden size).
    start, gain, feedback
        As for `initial_parameters`.
    optimiser, rate, clip
        "rmsprop" or "adam", its rate, and the largest norm of the gradient (None: any).
    batch
        Sequences for each step of the optimiser; for a task of streams, their number.
    epochs
        The number of passes through all sequences.
    enough, patience
        Training ends at a validation loss below `enough`, or after `patience` epochs without a new lowest one (None:
        such an end does not exist).
    seed
        The seed of the data, of the start and of the order of the sequences.

    Raises
    ------
    ArgumentError
        For a number out of range, or an unknown task, option or optimiser. Cell and start are checked when training
        begins.
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

    def __post_init__(self) -> None:
        for argument in ("units", "batch", "epochs"):
            whole_number(argument, getattr(self, argument))
        whole_number("seed", self.seed, at_least=0)
        number("rate", self.rate, above=0)
        for argument in ("clip", "enough"):
            if getattr(self, argument) is not None:
                number(argument, getattr(self, argument), above=0)
        if self.patience is not None:
            whole_number("patience", self.patience)
        option("optimiser", self.optimiser, OPTIMISERS)
        require_options(self.task, self.options)

    def generator(self, purpose: int, *more: int) -> np.random.Generator:
        """The generator of random numbers for one purpose: DATA, WEIGHTS, or ORDER and the epoch."""
        return np.random.default_rng([self.seed, purpose, *more])


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network with the training that led to it.

    Attributes
    ----------
    settings, layout
        The settings of the training; kind and sizes of the cell, and the layout of its parameters.
    parameters
        The weights after the last epoch by name: recurrent (N, N), of an LSTM (4 N, N); feedforward, bias; readout
        (outputs, N) and readout_bias, which are None where the file has none.
    history
        One value for each epoch: training_loss, validation_loss, accuracy (the share of right labels; nan for a task
        without labels), seconds.
    baseline
        Loss of the best predictor that ignores the input.
    stopped
        The reason why training ended; "" for a training that has not.
    versions
        The versions of the libraries, by name.
    """

    settings: TrainingSettings
    layout: ParameterLayout
    parameters: dict[str, Any]
    history: dict[str, np.ndarray]
    baseline: float
    stopped: str
    versions: dict[str, str]

    @property
    def epochs(self) -> int:
        """The number of epochs that are done."""
        return len(self.history["seconds"])

    @property
    def initial(self) -> dict[str, np.ndarray]:
        """The parameters before training by name, computed anew."""
        return self.layout.views(starting_parameters(self.settings, self.layout))

    @property
    def cell(self) -> Cell:
        """The cell after training, as it ran, with its biases: an `RNNCell` or an `LSTMCell`."""
        return self.layout.cell(self.parameters)

    @property
    def network(self) -> LinearNetwork:
        """W and V after training, without the nonlinearity.

        Raises
        ------
        InvalidNetworkError
            For an LSTM, which has four W.
        """
        return self._network(self.parameters, f"{self.epochs} epochs")

    @property
    def initial_network(self) -> LinearNetwork:
        """W and V before training, without the nonlinearity."""
        return self._network(self.initial, "untrained")

    def _network(self, parameters: dict[str, np.ndarray], progress: str) -> LinearNetwork:
        if self.layout.gated:
            raise InvalidNetworkError(
                "network is asked of an LSTM, which has four W; read one: load_network(path, gate='cell')"
            )
        settings, V = self.settings, parameters["feedforward"]
        name = f"{settings.task} from {settings.start}, gain {settings.gain:g}, seed {settings.seed}, {progress}"
        return LinearNetwork(parameters["recurrent"], V[:, 0] if V.shape[1] == 1 else V, name=name)


def read_trained(path: str | Path) -> TrainedNetwork:
    """The training in a file, whether it has ended or not.

    Raises
    ------
    FileError
        For a file that does not exist, or that `train` did not write.
    """
    record, arrays = read_record(file_path("path", path))
    settings = TrainingSettings(**record["settings"])
    layout = ParameterLayout(settings.cell, settings.units, record["inputs"], record["outputs"])
    names_in_file = NAMES[layout.gated]
    needed = (*names_in_file[: -len(READOUT)], *(f"history_{name}" for name in HISTORY))
    require_arrays(path, arrays, needed)
    return TrainedNetwork(
        settings=settings,
        layout=layout,
        parameters=dict(zip(layout.shapes, map(arrays.get, names_in_file), strict=True)),
        history={name: arrays[f"history_{name}"] for name in HISTORY},
        baseline=record["baseline"],
        stopped=record["stopped"],
        versions=record["versions"],
    )


def require_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], names: Iterable[str]) -> None:
    """Raise FileError where the file of a training lacks one of the arrays."""
    missing = [name for name in names if name not in arrays]
    if missing:
        raise FileError(f"path is {str(path)!r}, the file of a training, but it lacks {', '.join(missing)}")


def starting_parameters(settings: TrainingSettings, layout: ParameterLayout) -> np.ndarray:
    """All parameters before training, flat, in single precision."""
    flat = initial_parameters(
        layout,
        settings.start,
        gain=settings.gain,
        feedback=settings.feedback,
        rng=settings.generator(WEIGHTS),
    )
    return flat.astype(np.float32)


def versions() -> dict[str, str]:
    """The versions of the libraries on which the bits of a training depend."""
    return {"linmem": __version__, "numpy": np.__version__, "numba": version("numba")}


def read_record(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The record of a training, and its arrays by their names in the file.

    Raises
    ------
    FileError
        For a file that does not exist, or that `train` did not write.
    """
    if not path.exists():
        raise FileError(f"path is {str(path)!r}, but there is no such file")
    holds_no_training = f"path is {str(path)!r}, which holds no training"
    # a broken file can make numpy, zipfile, zlib and json raise nearly anything
    with errors_of_other_libraries(FileError, holds_no_training):
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
        record = json.loads(str(arrays.pop("record")))
        written_in = record["format"]
    if written_in != FORMAT:
        raise FileError(f"{holds_no_training} (it has format {written_in}, not {FORMAT})")
    return record, arrays
