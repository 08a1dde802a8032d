"""Measures as the claims take them: in double precision or enclosed, in units of the noise, and by a second route.

Conventions
-----------
A claim takes every measure through `measured`, so that `--certified` can replace it by the middle of a proved
enclosure. A second route that needs the inverse of a covariance is taken in ball arithmetic, whose error is known:
an inverse in double precision may have no correct digit where the covariance is ill-conditioned.

Contents
--------
measured, enclosing
    A measure of a network; within `enclosing(True)` it is taken from its enclosure.
curve, total, spatial
    J(k), J_tot and J^s in units of 1 / eps.
powers, rounding_of_powers
    W^k v, as columns; how far rounding may move them.
curve_and_its_rounding
    J(k), and how far the rounding of the weights may move it.
quadratic_forms
    x* M x for many vectors x.
commutator
    ||W W* - W* W||_F.
precision_forms, memory_lost
    Quadratic forms of the inverse noise covariance, by ball arithmetic.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import linmem as lm
from linmem.certification import certify
from linmem.errors import AccuracyError, LinmemError
from linmem.linalg.stein import ULP
from linmem.measured import Measured, measured_array
from linmem.network import LinearNetwork, Network
from linmem.remembering import computed_once

ACCURACY = 1e-10  # the relative error that measures may have: what is known less well is no evidence
LARGEST_ENCLOSED = 100  # units: a second route in ball arithmetic takes seconds, beyond that minutes
ALONG_LAGS = {"fisher_memory_curve": "values", "memory_function": "values", "transient_growth": "norms"}


@dataclass(frozen=True)
class EnclosureLog:
    """The names of the measures that were enclosed, and of those for which no enclosure was found."""

    enclosed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether measures were enclosed, and all of them."""
        return bool(self.enclosed) and not self.missing


_log: ContextVar[EnclosureLog | None] = ContextVar("log", default=None)


@contextmanager
def enclosing(certified: bool) -> Iterator[EnclosureLog]:
    """Inside the block, measures are taken from their enclosures where `certified`; it gives the log of them."""
    log = EnclosureLog()
    token = _log.set(log if certified else None)
    try:
        yield log
    finally:
        _log.reset(token)


def measured(measure: Callable[..., Any], network: Any, *arguments: Any, **keywords: Any) -> Any:
    """measure(network, ...) to `ACCURACY`, or the middle of its enclosure, of width 1e-12, inside `enclosing(True)`.

    Of a curve, a memory function or a growth it is the numbers along the lags.

    Raises
    ------
    AccuracyError
        Where the measure is not known to `ACCURACY`.
    """
    return computed_once(_measured, network, measure, _log.get() is None, *arguments, **keywords)


def _measured(network: Any, measure: Callable[..., Any], in_doubles: bool, *arguments: Any, **keywords: Any) -> Any:
    log = None if in_doubles else _log.get()
    if log is not None:
        try:
            value = _middle_of_enclosure(measure, network, arguments, keywords)
        except LinmemError:  # this measure has no enclosure: it is taken in double precision
            log.missing.append(measure.__name__)
        else:
            log.enclosed.append(measure.__name__)
            return value
    if "rtol" in inspect.signature(measure).parameters:
        keywords = {"rtol": ACCURACY, **keywords}
    result = measure(network, *arguments, **keywords)
    along_lags = ALONG_LAGS.get(measure.__name__)
    if along_lags is None:
        return result
    values, error = getattr(result, along_lags), getattr(result, "error", None)
    return values if error is None else measured_array(values, error, getattr(result, "method", ""))


def _middle_of_enclosure(
    measure: Callable[..., Any], network: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    if measure.__name__ in ALONG_LAGS:
        return certify(measure(network, *arguments, **keywords)).value
    names = list(inspect.signature(measure).parameters)[1:]
    by_name = dict(zip(names, arguments, strict=False))
    return certify(measure, network, **by_name, **keywords).value


def curve(net: Network, lags: Any = None, **horizon: int) -> np.ndarray:
    """J(k) in units of 1 / eps, (K,)."""
    return _in_units_of_noise(net, measured(lm.fisher_memory_curve, net, lags, **horizon))


def total(net: Network) -> Any:
    """J_tot in units of 1 / eps; (d, d) for several inputs."""
    return _in_units_of_noise(net, measured(lm.total_fisher_memory, net))


def spatial(net: Network, **horizon: int) -> np.ndarray:
    """J^s in units of 1 / eps, (N, N)."""
    return _in_units_of_noise(net, measured(lm.spatial_fisher_memory, net, **horizon))


def _in_units_of_noise(net: Network, memory: Any) -> Any:
    """The memory times eps, with its error."""
    eps, error = net.noise_variance, getattr(memory, "error", None)
    if eps == 1 or error is None:
        return memory if eps == 1 else eps * memory
    if isinstance(memory, Measured):
        return Measured(eps * memory, eps * error, memory.method)
    return measured_array(eps * memory, eps * error, memory.method)


def powers(net: LinearNetwork, count: int) -> np.ndarray:
    """W^k v for k = 0 ... count - 1, as the columns of (N, count)."""
    w = net.feedforward
    columns = []
    for _ in range(count):
        columns.append(w)
        w = net.recurrent @ w
    return np.stack(columns, axis=-1)


def rounding_of_powers(net: LinearNetwork, columns: np.ndarray) -> float:
    """How far rounding may move a column of `powers`, in the norm of C^-1.

    Later steps do not enlarge what a step rounds away in this norm, and C >= min eig Q.
    """
    smallest = np.linalg.eigvalsh(net.covariance)[0]
    largest = np.linalg.norm(columns, axis=0).max() * max(np.linalg.norm(net.dense(), 2), 1.0)
    return float(columns.shape[1] * net.size * ULP * largest / np.sqrt(smallest))


def curve_and_its_rounding(net: LinearNetwork) -> tuple[np.ndarray, float]:
    """J(k) of a network that was computed, and how far the rounding of its weights may move it.

    Rounding is relative to the norm of W. The change is measured on one random network within it, with a factor of ten
    as a margin.
    """
    W = net.dense()
    signs = np.random.default_rng(0).choice([-1.0, 1.0], W.shape)
    neighbour = replace(net, recurrent=W + ULP * np.linalg.norm(W) * signs)
    J = measured(lm.fisher_memory_curve, net)
    change = np.abs(lm.fisher_memory_curve(neighbour).values - J).max()
    return J, 10 * float(change)


def quadratic_forms(M: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """x* M x for every column x of `vectors`, (count,)."""
    return np.sum(vectors.conj() * (M @ vectors), axis=0).real


def commutator(W: np.ndarray) -> float:
    """||W W* - W* W||_F."""
    adjoint = W.conj().T
    return float(np.linalg.norm(W @ adjoint - adjoint @ W))


def precision_forms(net: LinearNetwork, columns: np.ndarray) -> tuple[np.ndarray, float]:
    """X* C^-1 X for the columns X (N, d) by ball arithmetic, (d, d), and a bound of its error.

    Raises
    ------
    AccuracyError
        Where the network is too large, or no enclosure was found.
    """
    from linmem.balls.fisher import enclose_precision_form

    return _enclosed(enclose_precision_form, net, columns)


def memory_lost(net: LinearNetwork, lags: int) -> tuple[np.ndarray, float]:
    """w* (C + C W* Q^-1 W C)^-1 w for w = W^k v, k < lags, by ball arithmetic, (lags,), and a bound of its error.

    Raises
    ------
    AccuracyError
        Where the network is too large, or no enclosure was found.
    """
    from linmem.balls.memory_lost import enclose_memory_lost

    forms, error = _enclosed(enclose_memory_lost, net, net.columns(), lags)
    return forms[:, 0, 0].real, error


def _enclosed(enclose: Callable[..., Any], net: LinearNetwork, *arguments: Any) -> tuple[np.ndarray, float]:
    from linmem.balls.bounded import InconclusiveError

    if net.size > LARGEST_ENCLOSED:
        reason = f"second routes are enclosed for up to {LARGEST_ENCLOSED} units, not for {net.size}"
        raise AccuracyError(np.inf, ACCURACY, reason=reason)
    columns, *others = arguments
    try:
        enclosure = enclose(net.dense(), columns, net.covariance, *others, rtol=ACCURACY)
    except InconclusiveError as error:
        raise AccuracyError(np.inf, ACCURACY, reason=str(error)) from None
    return enclosure.values[0], float(np.max(enclosure.errors[0]))
