"""Which path computes a quantity, and when it is left for the next: nobody else chooses.

structured -> done; else fast -> square-root -> balls, as soon as an estimate of the error is within the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from linmem.dynamics.balanced import BalancedForm, Numbers
from linmem.dynamics.doubling import form_by_doubling
from linmem.dynamics.enclosed import LARGEST as LARGEST_ENCLOSED
from linmem.dynamics.enclosed import EnclosedForm
from linmem.dynamics.lines import LARGEST_DENSE, LinesForm, form_of_lines
from linmem.dynamics.square_root import form_by_square_root
from linmem.errors import AccuracyError, InvalidNetworkError, LinmemError, UndecidedStabilityError, UnstableNetworkError
from linmem.network import LinearNetwork
from linmem.threads import blas_threads_for

SAFETY = 32  # the true error was at most 5 times the change between siblings on the hard networks tried
RTOL = 1e-8


def trusted(
    network: LinearNetwork,
    horizon: int | None,
    rtol: float,
    quantity: str,
    arguments: tuple,
    present: Callable[[Numbers, float, str], Any],
) -> Any:
    """`quantity` (a method of the forms) by the first path that knows it to `rtol`, made into a result by
    `present(numbers, relative_error, path)`.

    Raises UnstableNetworkError or UndecidedStabilityError where a stationary quantity does not exist, and
    AccuracyError, with the best result, where no path is good enough.
    """
    best: tuple[float, Numbers, str] | None = None
    with blas_threads_for(network.size):
        for form in _forms(network, horizon, quantity):
            evaluated = _evaluate(form, quantity, arguments)
            if evaluated is None:
                continue
            numbers, error = evaluated
            if error <= rtol:
                return present(numbers, error, form.path)
            if best is None or error < best[0]:
                best = error, numbers, form.path
    if best is None:
        raise AccuracyError(np.inf, rtol, reason="every path overflowed or lost all its digits")
    raise AccuracyError(best[0], rtol, present(best[1], best[0], best[2]), reason=f"the best path was '{best[2]}'")


def require_stable(network: LinearNetwork) -> None:
    """Raise unless the spectral radius is known to be below one."""
    radius = network.radius
    if radius.stable is False:
        raise UnstableNetworkError(radius.value)
    if radius.stable is None:
        raise UndecidedStabilityError(radius.lower, radius.upper)


def each_member(network: LinearNetwork, measure: Callable[[LinearNetwork], Any]) -> np.ndarray:
    """The measure of every member of a stack, with the leading axes of the stack."""
    measured = [of_member(network, index, measure) for index in np.ndindex(network.stack_shape)]
    return np.reshape(measured, (*network.stack_shape, *np.shape(measured[0])))


def of_member(network: LinearNetwork, index: tuple[int, ...], measure: Callable[[LinearNetwork], Any]) -> Any:
    """The measure of one member, or its error with the index in the message."""
    try:
        return measure(network.member(*index))
    except LinmemError as error:
        error.args = (f"in member [{', '.join(map(str, index))}] of the stack: {error}",)
        raise


def _forms(network: LinearNetwork, horizon: int | None, quantity: str) -> Iterator[Any]:
    lines, G = network.lines, network.noise_factor
    if horizon is None and (lines is not None or network.known_radius is not None):
        require_stable(network)
    if lines is not None and hasattr(LinesForm, quantity):
        noise = np.ones(network.size) if G is None else np.abs(np.diag(G))
        yield form_of_lines(lines, noise, horizon, network.radius.value)
        return
    if network.size > LARGEST_DENSE and network.is_sparse:
        raise InvalidNetworkError(
            f"recurrent is sparse with {network.size} units and no delay line; up to {LARGEST_DENSE} units are "
            "computed as a dense matrix: take a smaller "
            f"network, or pass recurrent.toarray() if {5 * network.size**2 * 8 / 2**30:.0f} GB of memory are there"
        )
    W = network.dense()
    fast = _with_siblings(form_by_doubling, W, G, horizon) if horizon is not None else form_by_doubling(W, G, None)
    if fast is not None and fast.relative_error < 1:  # which proves stability
        yield fast
    elif horizon is None:
        require_stable(network)
    accurate = _with_siblings(form_by_square_root, W, G, horizon)
    if accurate is not None:
        yield accurate
    if network.size <= LARGEST_ENCLOSED and hasattr(EnclosedForm, quantity):
        yield EnclosedForm(W, network.noise if network.noise_is_matrix else np.eye(network.size), horizon)


def _with_siblings(build: Callable[..., BalancedForm | None], W, G, horizon) -> BalancedForm | None:
    """A form beside those of two networks with the last bit of every weight moved, up or down by chance."""
    form = build(W, G, horizon)
    if form is None:
        return None
    siblings: list[BalancedForm] = []
    for seed in (1, 2):
        moved = np.random.default_rng(seed).integers(0, 2, W.shape) * 2 - 1
        sibling = build(W * (1 + np.finfo(float).eps * moved), G, horizon)
        if sibling is None:
            return replace(form, relative_error=np.inf)
        siblings.append(sibling)
    return replace(form, siblings=tuple(siblings))


def _evaluate(form, quantity: str, arguments: tuple) -> tuple[Numbers, float] | None:
    """The numbers and their relative error, siblings heard; None where the form has no answer."""
    with np.errstate(over="ignore", invalid="ignore"):
        evaluated = getattr(form, quantity)(*arguments)
        if evaluated is None:
            return None
        numbers, error = evaluated
        moved = 0.0
        for sibling in form.siblings:
            for ours, theirs in zip(numbers, getattr(sibling, quantity)(*arguments)[0], strict=True):
                moved = max(moved, _relative_change(ours, theirs))
    if not all(np.isfinite(array).all() for array in numbers):
        return None
    return numbers, float(error + SAFETY * moved)


def _relative_change(ours: np.ndarray, theirs: np.ndarray) -> float:
    size = np.abs(ours).max()
    change = np.abs(ours - theirs).max()
    return float(change / size) if size > 0 else (0.0 if change == 0 else np.inf)
