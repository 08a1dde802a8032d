"""Nonlinearities with their slopes.

Contents
--------
Nonlinearity
    A function f with its slope f'.
NONLINEARITIES, nonlinearity
    Those with a name; the one that a name or a pair of functions stands for.
logistic
    1 / (1 + e^-u), without overflow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem.errors import ArgumentError, errors_of_other_libraries
from linmem.kernels.codes import ELU, RELU, TANH
from linmem.validation import near_miss


@dataclass(frozen=True)
class Nonlinearity:
    """A function of the preactivation u, and its slope.

    Attributes
    ----------
    name
        As frameworks call it.
    function
        f, of an array, elementwise.
    slope
        f' from u and f(u), elementwise; where f has a kink, the slope that PyTorch takes there.
    kinks
        Where the slope jumps.
    is_curved
        Whether the slope changes between the kinks.
    code
        The number by which the kernels of training know it; None: they do not have it.
    """

    name: str
    function: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray, np.ndarray], np.ndarray]
    kinks: tuple[float, ...] = ()
    is_curved: bool = True
    code: int | None = None


def logistic(u: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-u); of large |u| exact to an ulp of the smaller of the value and its complement, and no overflow."""
    small = np.exp(-np.abs(u))
    return np.where(u >= 0, 1.0, small) / (1.0 + small)


def _elu(u: np.ndarray) -> np.ndarray:
    return np.where(u > 0, u, np.expm1(np.minimum(u, 0.0)))


def _elu_slope(u: np.ndarray, f: np.ndarray) -> np.ndarray:
    return np.where(u > 0, 1.0, np.exp(np.minimum(u, 0.0)))


# scale and alpha of Klambauer et al. (2017), NeurIPS, "Self-normalizing neural networks"
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772


def _tanh_slope(u: np.ndarray, f: np.ndarray) -> np.ndarray:
    # 1 - f^2 loses the slope where f rounds to 1
    e = np.exp(-2.0 * np.abs(u))
    return 4.0 * e / (1.0 + e) ** 2


NONLINEARITIES = {
    one.name: one
    for one in (
        Nonlinearity("tanh", np.tanh, _tanh_slope, code=TANH),
        Nonlinearity(
            "relu",
            lambda u: np.maximum(u, 0.0),
            lambda u, f: np.where(u > 0, 1.0, 0.0),
            kinks=(0.0,),
            is_curved=False,
            code=RELU,
        ),
        Nonlinearity("elu", _elu, _elu_slope, code=ELU),
        Nonlinearity(
            "selu",
            lambda u: SCALE * np.where(u > 0, u, ALPHA * np.expm1(np.minimum(u, 0.0))),
            lambda u, f: SCALE * np.where(u > 0, 1.0, ALPHA * np.exp(np.minimum(u, 0.0))),
            kinks=(0.0,),
        ),
        Nonlinearity("sigmoid", logistic, lambda u, f: logistic(u) * logistic(-u)),
        Nonlinearity(
            "hard_sigmoid",
            lambda u: np.clip(u / 6.0 + 0.5, 0.0, 1.0),
            lambda u, f: _inside(u, 3.0) / 6.0,
            kinks=(-3.0, 3.0),
            is_curved=False,
        ),
        Nonlinearity("softplus", lambda u: np.logaddexp(0.0, u), lambda u, f: logistic(u)),
        Nonlinearity("softsign", lambda u: u / (1.0 + np.abs(u)), lambda u, f: 1.0 / (1.0 + np.abs(u)) ** 2),
        Nonlinearity("linear", lambda u: u, lambda u, f: np.ones_like(u), is_curved=False),
    )
}
SYNONYMS = {"identity": "linear", "none": "linear", "logistic": "sigmoid"}


def _inside(u: np.ndarray, limit: float) -> np.ndarray:
    return np.where(np.abs(u) < limit, 1.0, 0.0)


def _elementwise(function: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray], np.ndarray]:
    """A user's function, with an error where it does not return a number for each."""

    def checked(u: np.ndarray) -> np.ndarray:
        name = getattr(function, "__name__", "nonlinearity")
        with errors_of_other_libraries(ArgumentError, f"the function {name} of nonlinearity raises an error"):
            values = np.asarray(function(u), dtype=float)
        if values.shape != u.shape:
            raise ArgumentError(
                f"the function {name} of nonlinearity returned shape {values.shape} of an array of shape {u.shape}; it "
                "must return a number for each"
            )
        return values

    return checked


def nonlinearity(value: Any, argument: str = "nonlinearity") -> Nonlinearity:
    """The nonlinearity of a name; or of a pair of functions, f and its slope f', each of an array.

    Raises
    ------
    ArgumentError
        If there is no such name, and the value is no pair of functions.

    Examples
    --------
    >>> float(nonlinearity("tanh").slope(np.array(20.0), np.array(1.0)))   # 1 - tanh^2 rounds to 0
    1.6993417021166355e-17
    """
    if isinstance(value, Nonlinearity):
        return value
    if isinstance(value, str):
        name = SYNONYMS.get(value.lower(), value.lower())
        if name in NONLINEARITIES:
            return NONLINEARITIES[name]
    elif isinstance(value, (tuple, list)) and len(value) == 2 and all(map(callable, value)):
        function, slope = map(_elementwise, value)
        return Nonlinearity(getattr(value[0], "__name__", "own"), function, lambda u, f: slope(u))
    hint = near_miss(value, NONLINEARITIES) if isinstance(value, str) else ""
    raise ArgumentError(
        f"{argument} is {value!r}; it must be one of {', '.join(NONLINEARITIES)}, or a pair of functions, f and its "
        f"slope{hint}"
    )
