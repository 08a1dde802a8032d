"""Which path computes a quantity, and when it is left for the next: nobody else chooses.

structured -> done; large and sparse -> matrix-free; else fast -> square-root -> balls, as soon as an estimate of the
error is within the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from linmem.errors import AccuracyError, InvalidNetworkError, LinmemError
from linmem.gramian.conjugate_gradients import MatrixFreeForm, form_matrix_free
from linmem.gramian.continuous import form_of_flow
from linmem.gramian.delay_lines import LinesForm, form_of_lines
from linmem.gramian.doubling import form_by_doubling
from linmem.gramian.enclosure import LARGEST as LARGEST_ENCLOSED
from linmem.gramian.enclosure import EnclosedForm
from linmem.gramian.input_normal import Numbers
from linmem.gramian.square_root import form_by_square_root
from linmem.linalg.blas import blas_threads_for
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.network import ContinuousNetwork, LinearNetwork, Network, as_network, number, whole_number

SAFETY = 32  # the true error was at most 5 times the change between siblings on the hard networks tried
RTOL = 1e-8


def request(network, horizon, rtol) -> tuple[Network, int | None, float]:
    """The checked request of a quantity: a network, a horizon in discrete time or None, and a tolerance."""
    network, rtol = as_network(network), number("rtol", rtol, above=0)
    if horizon is not None and isinstance(network, ContinuousNetwork):
        raise InvalidNetworkError(
            f"horizon is {horizon!r}, but the network is one in continuous time; look at its last n steps of length "
            "dt: "
            "net.discretised(dt) with horizon=n"
        )
    return network, None if horizon is None else whole_number("horizon", horizon), rtol


def trusted(
    network: Network,
    horizon: int | None,
    rtol: float,
    quantity: str | Callable[..., Any],
    arguments: tuple,
    present: Callable[[Numbers, float, str], Any],
) -> Any:
    """`quantity` by the first path that knows it to `rtol`, made into a result by `present(numbers, relative_error,
    path)`. It is a method of the forms by name, or a function of a `BalancedForm`.

    Raises UnstableNetworkError or UndecidedStabilityError where a stationary quantity does not exist, and
    AccuracyError, with the best result, where no path is good enough.
    """
    best: tuple[float, Numbers, str] | None = None
    with blas_threads_for(network.size):
        for form in _forms(network, horizon, quantity, rtol):
            evaluated = _evaluate(form, quantity, arguments)
            if evaluated is None:
                continue
            numbers, error = evaluated
            if error <= rtol:
                return present(numbers, error, form.method)
            if best is None or error < best[0]:
                best = error, numbers, form.method
    if best is None:
        raise AccuracyError(np.inf, rtol, reason="every path overflowed or lost all its digits")
    raise AccuracyError(best[0], rtol, present(best[1], best[0], best[2]), reason=f"the best path was '{best[2]}'")


def each_member(network: Network, measure: Callable[[Any], Any]) -> np.ndarray:
    """The measure of every member of a stack, with the leading axes of the stack."""
    measured = [of_member(network, index, measure) for index in np.ndindex(network.stack_shape)]
    return np.reshape(measured, (*network.stack_shape, *np.shape(measured[0])))


def of_member(network: Network, index: tuple[int, ...], measure: Callable[[Any], Any]) -> Any:
    """The measure of one member, or its error with the index in the message."""
    try:
        return measure(network.member(*index))
    except LinmemError as error:
        error.args = (f"in member [{', '.join(map(str, index))}] of the stack: {error}",)
        raise


def _forms(network: Network, horizon: int | None, quantity: str | Callable, rtol: float) -> Iterator[Any]:
    if horizon is None and network.stability_is_known:
        network.require_stable()
    Q = network.unit_noise
    if isinstance(network, LinearNetwork) and network.lines is not None and _knows(LinesForm, quantity):
        yield form_of_lines(network.lines, _deviation(network), horizon)
    if network.is_sparse and network.size > LARGEST_DENSE:
        if isinstance(network, LinearNetwork) and network.lines is not None:
            return
        independent = Q is None or np.count_nonzero(Q) == network.size
        if isinstance(network, LinearNetwork) and independent and _knows(MatrixFreeForm, quantity):
            stated = network.known_radius is not None
            yield form_matrix_free(network.recurrent, _deviation(network), horizon, rtol, known_stable=stated)
            return
        raise InvalidNetworkError(
            f"{network.MATRIX} is sparse with {network.size} units, and no delay line; up to {LARGEST_DENSE} units are "
            "computed as a dense matrix: take a smaller network, or pass it .toarray() if "
            f"{5 * network.size**2 * 8 / 2**30:.0f} GB of memory are there"
        )
    W = network.dense()
    doubling, square_root = (
        (partial(form_of_flow, build) if isinstance(network, ContinuousNetwork) else build)
        for build in (form_by_doubling, form_by_square_root)
    )
    fast = doubling(W, Q, horizon) if horizon is None else _with_siblings(doubling, W, Q, horizon)
    if fast is not None and fast.relative_error < 1:  # which proves stability
        yield fast
    elif horizon is None:
        network.require_stable()
    accurate = _with_siblings(square_root, W, Q, horizon)
    if accurate is not None:
        yield accurate
    if network.size <= LARGEST_ENCLOSED and _knows(EnclosedForm, quantity):
        noise = network.noise if network.noise_is_matrix else np.eye(network.size)
        yield EnclosedForm(W, noise, horizon, isinstance(network, ContinuousNetwork))


def _deviation(network: Network) -> np.ndarray:
    """The standard deviation of independent noise, unit by unit, where its mean variance is one."""
    Q = network.unit_noise
    return np.ones(network.size) if Q is None else np.sqrt(np.diag(Q).real)


def _with_siblings(build: Callable[..., Any], W, Q, horizon) -> Any:
    """A form beside those of two networks with the last bit of every number moved, up or down by chance.

    None where one of them is beyond the path.
    """
    forms = [build(W, Q, horizon)]
    for seed in (1, 2):
        if forms[-1] is None:
            break
        rng = np.random.default_rng(seed)
        moved = W * (1 + ULP * (2 * rng.integers(0, 2, W.shape) - 1))
        noise = None
        if Q is not None:
            signs = np.tril(2 * rng.integers(0, 2, Q.shape) - 1)
            noise = Q * (1 + ULP * (signs + np.tril(signs, -1).T))
        forms.append(build(moved, noise, horizon))
    return None if forms[-1] is None else replace(forms[0], siblings=tuple(forms[1:]))


def _knows(form: Any, quantity: str | Callable) -> bool:
    return hasattr(form, quantity if isinstance(quantity, str) else quantity.__name__)


def _measured(form, quantity, arguments):
    """The form's own way to the quantity, or the function that serves all balanced forms."""
    if isinstance(quantity, str):
        return getattr(form, quantity)(*arguments)
    return getattr(form, quantity.__name__)(*arguments) if _knows(form, quantity) else quantity(form, *arguments)


def _evaluate(form, quantity: str | Callable, arguments: tuple) -> tuple[Numbers, float] | None:
    """The numbers and their relative error, siblings heard; None where the form has no answer."""
    with np.errstate(over="ignore", invalid="ignore"):
        evaluated = _measured(form, quantity, arguments)
        if evaluated is None:
            return None
        numbers, error = evaluated
        moved = 0.0
        for sibling in form.siblings:
            for ours, theirs in zip(numbers, _measured(sibling, quantity, arguments)[0], strict=True):
                moved = max(moved, _relative_change(ours, theirs))
    if not all(np.isfinite(array).all() for array in numbers):
        return None
    return numbers, float(error + SAFETY * moved)


def _relative_change(ours: np.ndarray, theirs: np.ndarray) -> float:
    size = np.abs(ours).max()
    change = np.abs(ours - theirs).max()
    return float(change / size) if size > 0 else (0.0 if change == 0 else np.inf)
