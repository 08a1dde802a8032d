"""Which method computes a quantity, and when the next one is tried. Nothing else in the package chooses.

1. "structured": delay lines and rings, in O(N), and diagonal networks, in O(N K); nothing else can have noise that
   enters with the input.
2. "matrix-free": sparse networks by conjugate gradients, from 1,500 units on where that is faster than a dense matrix.
   Above 6,000 units nothing follows.
3. "fast": the covariance by doubling, where the error is proved.
4. "extended": stationary networks of up to 400 units in coordinates found with more bits, where the error is proved.
5. "square-root": a factor of the covariance by orthogonal transformations.
6. "balls": ball arithmetic, up to 200 units.

Contents
--------
best
    The answer of the first method that is accurate enough, or the most accurate one.
BestAnswer
    That answer, to be accepted or refused.
gramians
    The forms of the Gramian in the order in which they are tried.
spread
    How far each entry may move, from how far it and the others moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from linmem.errors import AccuracyError, ArgumentError, InvalidNetworkError
from linmem.gramian.cauchy import cauchy_gramian
from linmem.gramian.continuous import gramian_of_flow
from linmem.gramian.delay_lines import DelayLineGramian
from linmem.gramian.diagonal import CascadeGramian, ModesGramian
from linmem.gramian.doubling import gramian_by_doubling
from linmem.gramian.enclosure import LARGEST as LARGEST_ENCLOSED
from linmem.gramian.enclosure import EnclosedGramian
from linmem.gramian.extended import LARGEST as LARGEST_EXTENDED
from linmem.gramian.extended import extended_gramian
from linmem.gramian.matrix_free import MatrixFreeGramian
from linmem.gramian.quantities import Answer, Gramian
from linmem.gramian.request import Request
from linmem.gramian.square_root import gramian_by_square_root, gramian_in_reversed_order
from linmem.linalg.blas import blas_threads_for
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.progress import running
from linmem.remembering import latest

SMALLEST_MATRIX_FREE = 1500  # units: smaller networks take no second as dense ones, which is more accurate
SAFETY = 32  # the true error was at most 5 times the change between perturbed networks on the hard networks tried
SEEDS = (1, 2)  # of the perturbed networks
ALIKE = 16  # entries whose sizes differ by less than this factor share the largest of their relative changes

Quantity = Callable[[Gramian], Answer | None]
Build = Callable[..., Any]  # of a form from W (or A), Q and the horizon
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class BestAnswer(Answer):
    """The most accurate answer that a method gave, for a request that accepts an error of `rtol`."""

    rtol: float

    def accept(self, result: Result) -> Result:
        """The result made of this answer. Raises AccuracyError, which carries it, where its error is above rtol."""
        if self.relative_error <= self.rtol:
            return result
        raise AccuracyError(self.relative_error, self.rtol, result, reason=f"the best method was '{self.method}'")


def best(request: Request, quantity: Quantity) -> BestAnswer:
    """The answer of the first method with an error of at most rtol, or the most accurate one, for noise of variance 1.

    Raises UnstableNetworkError or UndecidedStabilityError where a stationary quantity does not exist, and AccuracyError
    where no method has an answer.
    """
    size = request.network.size
    work = running(f"a network of {size} units")
    try:
        with blas_threads_for(size), work, np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = _most_accurate(request, quantity)
    except MemoryError:
        raise ArgumentError(
            f"lags={request.lags!r:.20} and horizon={request.horizon} ask for more numbers than fit into memory; ask "
            "for fewer lags, or a shorter horizon"
        ) from None
    if found is None and request.network.enters_with_input:
        raise InvalidNetworkError(
            "noise enters with the input and may leave a direction of the state without noise, as where eigenvalues "
            "are equal or an input weight is 0; this measure needs noise in all: leave out such modes, or take "
            "noise_enters='state'"
        )
    if found is None:
        request.network.dense()  # refuses a sparse network of more units than a dense matrix may have
        raise AccuracyError(
            np.inf,
            request.rtol,
            reason="no method has an answer: each overflowed, lost all its digits, or cannot compute it",
        )
    return found


def _most_accurate(request: Request, quantity: Quantity) -> BestAnswer | None:
    """The first answer with an error of at most rtol, or else the most accurate one; None where there is none."""
    most_accurate = None
    for gramian in gramians(request):
        answer = _with_perturbations(gramian, quantity)
        if answer is None:
            continue
        candidate = BestAnswer(answer.numbers, answer.errors, answer.sizes, answer.method, request.rtol)
        if most_accurate is None or candidate.relative_error < most_accurate.relative_error:
            most_accurate = candidate
        if candidate.relative_error <= request.rtol:
            break
    return most_accurate


def gramians(request: Request) -> Iterator[Gramian]:
    """The forms of the Gramian of one network, the fastest first. Each is built when the one before did not do."""
    network, horizon = request.network, request.horizon
    if horizon is None and network.stability_is_known:
        network.require_stable()
    if network.enters_with_input:
        yield from _gramians_of_noisy_input(request)
        return
    if network.modes is not None and not network.noise_is_matrix:
        yield ModesGramian(network.modes, horizon)
    if network.lines is not None:
        yield DelayLineGramian(network.lines, network.noise_deviation, horizon)
    is_last = network.size > LARGEST_DENSE
    if network.is_sparse and (is_last or network.size >= SMALLEST_MATRIX_FREE):
        if network.lines is None and network.noise_is_independent and not network.is_continuous:
            yield MatrixFreeGramian.of(request, is_last=is_last)
        if is_last:
            return
    yield from _dense_gramians(request)


def _gramians_of_noisy_input(request: Request) -> Iterator[Gramian]:
    """The forms of a diagonal network whose noise enters with its inputs."""
    network = request.network
    if request.horizon is not None:
        raise ArgumentError(
            f"horizon is {request.horizon}, but noise enters with the input, where only stationary memory is computed; "
            "leave horizon out"
        )
    columns = network.columns()
    if columns.shape[1] == 1:
        yield CascadeGramian.of(network.modes, columns)
    whole = latest(("cauchy",), (network.modes.eigenvalues, columns), lambda: cauchy_gramian(network.modes, columns))
    if whole is not None:
        yield whole


def _dense_gramians(request: Request) -> Iterator[Gramian]:
    """The forms of a dense matrix. Several quantities of one network ask for the same ones."""
    network, horizon = request.network, request.horizon
    by_doubling: Build = gramian_by_doubling
    by_square_root: Build = gramian_by_square_root
    reversed_square_root: Build = gramian_in_reversed_order
    if network.is_continuous:
        by_doubling, by_square_root = partial(gramian_of_flow, by_doubling), partial(gramian_of_flow, by_square_root)
        reversed_square_root = by_square_root
    W, Q = network.dense(), network.unit_noise
    kind = network.is_continuous, horizon
    # a stationary form proves its own error; over a horizon only perturbed networks show it
    build_fast = by_doubling if horizon is None else partial(_with_perturbed, by_doubling)
    fast = latest(("fast", *kind), (W, Q), lambda: build_fast(W, Q, horizon))
    is_proved_stable = fast is not None and fast.relative_error < 1
    if is_proved_stable:
        yield fast
    extended = None
    if horizon is None and network.size <= LARGEST_EXTENDED:
        # of the noise as it is, from which the coordinates divide its mean variance
        extended = latest(("extended", *kind), (W, network.covariance), lambda: extended_gramian(network))
    if horizon is None and extended is None and not is_proved_stable:
        network.require_stable()
    if extended is not None:
        yield extended
    accurate = latest(
        ("square-root", *kind), (W, Q), lambda: _with_perturbed(by_square_root, W, Q, horizon, reversed_square_root)
    )
    if accurate is not None and accurate.holds_memory(request):
        yield accurate
    if network.size <= LARGEST_ENCLOSED:
        yield EnclosedGramian()


def _with_perturbed(
    build: Build, W: np.ndarray, Q: np.ndarray | None, horizon: int | None, other_build: Build | None = None
) -> Any:
    """The form, and those of two networks with the last bit of every number moved up or down at random.

    The second is built otherwise where there is another way: what a way loses in all networks alike, no other network
    shows. None where the method does not reach one of the three.
    """
    gramian = build(W, Q, horizon)
    perturbed = []
    for seed, build_neighbour in zip(SEEDS, (build, other_build or build), strict=True):
        if gramian is None:
            return None
        neighbour = build_neighbour(*_perturbed(W, Q, seed), horizon)
        if neighbour is None:
            return None
        perturbed.append(neighbour)
    return replace(gramian, perturbed=tuple(perturbed))


def _perturbed(W: np.ndarray, Q: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """W and Q with every entry moved by a relative ulp, up or down; Q stays symmetric."""
    rng = np.random.default_rng(seed)
    W = W * (1 + ULP * (2 * rng.integers(0, 2, W.shape) - 1))
    if Q is None:
        return W, None
    lower = np.tril(2 * rng.integers(0, 2, Q.shape) - 1)
    symmetric = lower + np.tril(lower, -1).T
    return W, Q * (1 + ULP * symmetric)


def _with_perturbations(gramian: Gramian, quantity: Quantity) -> Answer | None:
    """The answer with what perturbed networks add to its errors; None where the form has no finite answer."""
    answer = quantity(gramian)
    if answer is None or not all(np.isfinite(array).all() for array in answer.numbers):
        return None
    if not gramian.perturbed:
        return answer
    others = [quantity(neighbour) for neighbour in gramian.perturbed]
    errors = []
    for i, (array, error, size) in enumerate(zip(answer.numbers, answer.errors, answer.sizes, strict=True)):
        changes = [np.abs(array - other.numbers[i]) if other else np.full(array.shape, np.inf) for other in others]
        change = np.nan_to_num(np.max(changes, axis=0), nan=np.inf)
        errors.append(error + SAFETY * spread(change, size))
    return replace(answer, errors=tuple(errors))


def spread(change: np.ndarray, size: np.ndarray) -> np.ndarray:
    """How far each entry may move, from how far each has moved: by chance an entry hardly moves although it could.

    No further than the entry that moved most. Nor, relative to its size, than any of the entries of at least its size
    (over ALIKE): an entry is not known better than a larger one, as both are products of the same vectors.
    """
    furthest = change.max(initial=0.0)
    if not 0 < furthest < np.inf or change.ndim == 0:
        return np.broadcast_to(furthest, change.shape)
    sizes, changes = size.ravel(), change.ravel()
    order = np.argsort(-sizes, kind="stable")
    falling = sizes[order]
    relative = np.full(len(order), np.inf)
    np.divide(changes[order], falling, out=relative, where=falling > 0)
    relative[changes[order] == 0] = 0
    worst_so_far = np.maximum.accumulate(relative)
    last_alike = np.searchsorted(-falling, -falling / ALIKE, side="right") - 1
    with np.errstate(invalid="ignore"):  # 0 times infinity, of an entry of size 0
        by_size = np.nan_to_num(falling * worst_so_far[last_alike], nan=furthest)
    spread = np.empty(len(order))
    spread[order] = np.minimum(furthest, by_size)
    return spread.reshape(change.shape)
