"""Checks of what is given about the steps of a network: arrays of all steps, chunks of a function, readouts, signals.

Contents
--------
arrays_of_steps
    A and B of all steps.
first_of_function, chunk_of_function
    A, B, and perhaps G, that a function returns for the first step, and for some of them.
finite_steps
    Errors that name the step and the unit.
observed
    What is read of the state, as a matrix.
signal_factor
    A factor of the covariance of the inputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from linmem import validation as checks
from linmem.errors import ArgumentError, InvalidNetworkError, errors_of_other_libraries
from linmem.running.noise_of_steps import factor_of, is_positive_definite


def arrays_of_steps(recurrent: Any, feedforward: Any) -> tuple[np.ndarray, np.ndarray]:
    """A, (T, N, N), and B, (T, N) or (T, N, d)."""
    A = checks.array("recurrent", recurrent)
    if A.ndim != 3 or A.shape[1] != A.shape[2] or 0 in A.shape:
        raise InvalidNetworkError(
            f"recurrent has shape {A.shape}; it must hold a square matrix for each step, (T, N, N)"
        )
    if feedforward is None:
        raise InvalidNetworkError("feedforward is None; give the input weights of each step, (T, N) or (T, N, d)")
    B = checks.array("feedforward", feedforward)
    if B.shape[:2] != A.shape[:2] or B.ndim not in (2, 3) or 0 in B.shape:
        raise InvalidNetworkError(
            f"feedforward has shape {B.shape}, but recurrent has {A.shape}; it must be {A.shape[:2]} for one "
            f"input, or ({len(A)}, {A.shape[1]}, d) for several: one for each step"
        )
    finite_steps("recurrent", A, 0)
    finite_steps("feedforward", B, 0)
    return A, B


def first_of_function(function: Any) -> tuple[np.ndarray, ...]:
    """What `function(0, 1)` returns: A (1, N, N), B (1, N) or (1, N, d), and perhaps G (1, N, r)."""
    arrays = _returned(function, 0, 1)
    A, B, *given = arrays
    if A.ndim != 3 or A.shape[1] != A.shape[2] or B.shape[:2] != A.shape[:2] or B.ndim not in (2, 3):
        raise InvalidNetworkError(
            f"recurrent(0, 1) returned arrays of shape {A.shape} and {B.shape}; they must be (1, N, N), and (1, N) or "
            "(1, N, d)"
        )
    if given:
        _require_factors(given[0], 0, 1, A.shape[1])
    return arrays


def chunk_of_function(function: Any, start: int, stop: int, first: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """What `function(start, stop)` returns; an error where it does not go with `first`, those of the first step."""
    arrays = _returned(function, start, stop)
    if len(arrays) != len(first):
        raise InvalidNetworkError(
            f"recurrent({start}, {stop}) returned {len(arrays)} arrays, but recurrent(0, 1) returned {len(first)}; "
            "return (A, B), or (A, B, G), of all steps"
        )
    for argument, array, of_first in zip("ABG", arrays, first, strict=False):
        expected = (stop - start, *of_first.shape[1:])
        if argument == "G":
            _require_factors(array, start, stop, len(first[0][0]))
        elif array.shape != expected:
            raise InvalidNetworkError(
                f"recurrent({start}, {stop}) returned {argument} of shape {array.shape}; it must be {expected}"
            )
        if np.iscomplexobj(array) and not np.iscomplexobj(of_first):
            raise InvalidNetworkError(
                f"recurrent({start}, {stop}) returned {argument} of complex numbers, but that of the first step is "
                "real; return complex arrays of all steps"
            )
        finite_steps(f"{argument} of recurrent", array, start)
    return arrays


def _returned(function: Any, start: int, stop: int) -> tuple[np.ndarray, ...]:
    with errors_of_other_libraries(InvalidNetworkError, f"recurrent({start}, {stop}) raises an error"):
        returned = function(start, stop)
    if not isinstance(returned, tuple) or len(returned) not in (2, 3):
        raise InvalidNetworkError(
            f"recurrent({start}, {stop}) returned {type(returned).__name__}; it must return (A, B) or (A, B, G) of the "
            "steps"
        )
    return tuple(
        array if type(array) is np.ndarray and array.dtype == float else checks.array(f"{name} of recurrent", array)
        for name, array in zip("ABG", returned, strict=False)
    )


def _require_factors(G: np.ndarray, start: int, stop: int, size: int) -> None:
    if G.ndim != 3 or G.shape[:2] != (stop - start, size):
        raise InvalidNetworkError(
            f"recurrent({start}, {stop}) returned G of shape {G.shape}; it must be ({stop - start}, {size}, r)"
        )


def finite_steps(argument: str, values: np.ndarray, first: int) -> None:
    """Raise where a step holds a number that is not finite: which step, which unit."""
    flat = values.reshape(-1)
    if np.vdot(flat, flat).real < checks.LARGEST**2:  # one pass over the numbers tells that all is well
        return
    bad = ~np.isfinite(values)
    if bad.any():
        step, *place = (int(i) for i in np.argwhere(bad)[0])
        raise InvalidNetworkError(
            f"{argument} holds {values[(step, *place)]} at step {first + step}, unit {place[0]}; every weight must be "
            "a finite number"
        )
    if np.abs(values).max(initial=0.0) > checks.LARGEST:
        raise InvalidNetworkError(f"{argument} has entries above {checks.LARGEST:g}, which overflow: rescale it")


def observed(observe: Any, size: int) -> np.ndarray:
    """O, (p, N), from a matrix, or from the numbers of units."""
    with errors_of_other_libraries(ArgumentError, "observe is no array of numbers"):
        array = np.asarray(observe)
    if array.ndim == 1 and array.dtype.kind in "iu" and array.size:
        if array.min() < 0 or array.max() >= size or len(np.unique(array)) < len(array):
            raise ArgumentError(
                f"observe holds the units {observe!r:.60}; they must be different numbers from 0 to {size - 1}"
            )
        return (array[:, None] == np.arange(size)).astype(float)
    try:
        O = checks.array("observe", observe)  # noqa: E741
        checks.finite("observe", O)
    except InvalidNetworkError as error:
        raise ArgumentError(str(error)) from None
    if O.ndim != 2 or O.shape[1] != size or not len(O):
        raise ArgumentError(
            f"observe has shape {O.shape}; it must be a matrix (p, {size}) that reads the state, or the numbers of "
            "units"
        )
    return O


def signal_factor(covariance: Any, inputs: int, stop: int) -> np.ndarray:
    """F with F F* the covariance of the inputs, of mean variance 1; the latest step first where it is of all steps."""
    if covariance is None:
        return np.eye(inputs)
    try:
        S = checks.array("input_covariance", covariance)
        if S.shape not in ((inputs, inputs), (stop * inputs, stop * inputs)):
            raise ArgumentError(
                f"input_covariance has shape {S.shape}; it must be {(inputs, inputs)} for inputs white in time, or "
                f"{(stop * inputs, stop * inputs)} for those of all steps, step 0 first"
            )
        checks.finite("input_covariance", S)
        is_positive_definite("input_covariance", S)
    except InvalidNetworkError as error:
        raise ArgumentError(str(error)) from None
    mean = np.trace(S).real / len(S)
    if not mean > 0:
        raise ArgumentError("input_covariance is 0; give the inputs some variance")
    if len(S) > inputs:
        blocks = S.reshape(stop, inputs, stop, inputs)[::-1, :, ::-1]
        S = blocks.reshape(S.shape)
    return factor_of(np.ascontiguousarray(S / mean))
