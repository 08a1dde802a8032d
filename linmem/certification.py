r"""Certificates: numbers with a proof, for the stored doubles of a network taken as exact.

Conventions
-----------
An enclosure holds the exact value for the numbers that are stored: what rounding has made of a network before it was
stored is another question. Proofs are by ball arithmetic (python-flint); each module of `linmem.balls` states its own.

Contents
--------
Enclosure
    Bounds, and the bits they took.
certify
    The enclosure of a result, or of a measure of a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from linmem.checks import number
from linmem.dynamics.covariance import noise_covariance
from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.memory.decoding import MemoryFunction, memory_capacity
from linmem.memory.fisher import FisherMemoryCurve, total_fisher_memory
from linmem.memory.inputs import spatial_fisher_memory
from linmem.network import ContinuousNetwork, Network, as_network
from linmem.nonnormality.departure import henrici_departure
from linmem.nonnormality.numerical_range import numerical_abscissa, numerical_radius
from linmem.nonnormality.transients import TransientGrowth

LARGEST = 400  # units: minutes
PATIENCE = 2.0  # seconds before anything is said


@dataclass(frozen=True, eq=False)
class Enclosure:
    """`value` +- `error`, proved; arrays entry by entry.

    Attributes
    ----------
    value, error
        A double and its distance from the exact value at most; complex values have a real error.
    bits
        Of the arithmetic that proved it.
    total
        The enclosure of the total of a curve, or of the capacity of a memory function; else None.
    stable
        Of the spectral radius or abscissa of a network: True or False where proved, else None.
    within_rounding
        Beside `stable`: whether all networks within rounding of the stored one are stable, or all unstable (True), or
        there may be some of the other kind (False); else None.
    """

    value: Any
    error: Any
    bits: int
    total: Enclosure | None = None
    stable: bool | None = None
    within_rounding: bool | None = None

    @property
    def lower(self) -> Any:
        """At most the exact value (of real ones)."""
        return np.nextafter(self.value - self.error, -np.inf)

    @property
    def upper(self) -> Any:
        """At least the exact value (of real ones)."""
        return np.nextafter(self.value + self.error, np.inf)

    @property
    def relative_width(self) -> float:
        """The largest error over the largest value."""
        largest = float(np.abs(self.value).max())
        return float(np.max(self.error) / largest) if largest else (0.0 if np.max(self.error) == 0 else np.inf)

    def __contains__(self, value) -> bool:
        """Whether the enclosure leaves room for `value`, every entry of it."""
        return bool(np.all(np.abs(np.asarray(value) - self.value) <= self.error + np.spacing(np.abs(self.value))))


def certify(result: Any, network: Any = None, *, rtol: float = 1e-12, **arguments) -> Enclosure:
    r"""The exact value of a result, between bounds that are proved.

    Parameters
    ----------
    result
        A `FisherMemoryCurve`, `MemoryFunction` or `TransientGrowth`; or a network, of which the spectral radius (in
        continuous time, the abscissa) is enclosed and stability decided; or a measure, with `network`:
        `total_fisher_memory`, `spatial_fisher_memory`, `noise_covariance`, `memory_capacity`, `henrici_departure`,
        `numerical_abscissa`, `numerical_radius`.
    network
        For a measure; with `arguments` of the measure by name (horizon, snr, ...).
    rtol
        The relative width to reach; bits are doubled until then. The numerical radius is certified to 1e-9.

    Raises
    ------
    AccuracyError
        Where no enclosure of that width was found within the largest precision; unstable networks have no stationary
        memory, and end here too.
    InvalidNetworkError
        For what cannot be certified: stacks, more than 400 units, an unknown result.

    Examples
    --------
    >>> import linmem as lm
    >>> enclosure = certify(lm.fisher_memory_curve(lm.chain(4), lags=4))
    >>> 1 / 3 in [enclosure.value[2]], enclosure.relative_width < 1e-12
    (True, True)
    >>> certify(lm.feedback_chain(30, feedforward=1.2, feedback=0.2)).stable
    True
    """
    rtol = number("rtol", rtol, above=0)
    enclose = _enclosers().get(result if callable(result) else type(result))
    if isinstance(result, Network):
        network, enclose = result, _radius
    elif network is None:
        network = getattr(result, "network", None)
    if enclose is None:
        known = ", ".join(one.__name__ for one in _enclosers())
        raise InvalidNetworkError(f"result is {result!r:.60}; what can be certified is a network, or one of: {known}")
    if network is None:
        raise InvalidNetworkError(f"network is None; pass the network whose {result.__name__} is meant")
    network = as_network(network)
    network.require_single("certify")
    if network.size > LARGEST:
        raise InvalidNetworkError(f"{network.MATRIX} has {network.size} units; certificates are for up to {LARGEST}")
    from linmem.balls.bounded import InconclusiveError

    with _announced(f"certifying {network.name or 'a network'} of {network.size} units"):
        try:
            return enclose(result, network, rtol, **arguments)
        except InconclusiveError as error:
            raise AccuracyError(np.inf, rtol, reason=str(error)) from None


def _enclosers() -> dict[Any, Callable[..., Enclosure]]:
    return {
        FisherMemoryCurve: _curve,
        MemoryFunction: _memory_function,
        TransientGrowth: _growth,
        total_fisher_memory: _total,
        spatial_fisher_memory: _spatial,
        noise_covariance: _covariance,
        memory_capacity: _capacity,
        henrici_departure: _departure,
        numerical_abscissa: _abscissa,
        numerical_radius: _numerical_radius,
    }


def _noise(network) -> np.ndarray:
    return network.noise if network.noise_is_matrix else network.noise * np.eye(network.size)


def _of(found, index=0, **more) -> Enclosure:
    return Enclosure(found.values[index], found.errors[index], found.bits, **more)


def _squeezed(enclosure, network) -> Enclosure:
    """Without the axes of the inputs, where there is one."""
    if network.inputs is not None:
        return enclosure
    return replace(enclosure, value=enclosure.value[..., 0, 0].real, error=enclosure.error[..., 0, 0])


def _enclosed_curve(network, lags, horizon, rtol):
    from linmem.balls.fisher import enclose_curve

    continuous = isinstance(network, ContinuousNetwork)
    return enclose_curve(network.dense(), network.columns(), _noise(network), lags, horizon, continuous, rtol=rtol / 2)


def _curve(curve, network, rtol) -> Enclosure:
    continuous = isinstance(network, ContinuousNetwork)
    lags = curve.lags if continuous else len(curve.lags)
    found = _enclosed_curve(network, lags, curve.horizon, rtol)
    values, total = _squeezed(_of(found), network), _squeezed(_of(found, 1), network)
    return Enclosure(values.value, values.error, found.bits, total=total)


def _total(measure, network, rtol, *, horizon=None) -> Enclosure:
    lags = np.zeros(1) if isinstance(network, ContinuousNetwork) else 1
    return _squeezed(_of(_enclosed_curve(network, lags, horizon, rtol), 1), network)


def _spatial(measure, network, rtol, *, horizon=None) -> Enclosure:
    from linmem.balls.fisher import enclose_spatial

    continuous = isinstance(network, ContinuousNetwork)
    return _of(enclose_spatial(network.dense(), _noise(network), horizon, continuous, rtol=rtol / 2))


def _covariance(measure, network, rtol, *, horizon=None) -> Enclosure:
    from linmem.balls.fisher import enclose_covariance

    continuous = isinstance(network, ContinuousNetwork)
    return _of(enclose_covariance(network.dense(), _noise(network), horizon, continuous, rtol=rtol / 2))


def _enclosed_decoding(network, lags, snr, readout, horizon, rtol):
    from linmem.balls.decoding import enclose_decoding

    if isinstance(network, ContinuousNetwork) or snr == np.inf:
        raise InvalidNetworkError("memory functions are certified in discrete time, for a white signal at a finite snr")
    arguments = network.dense(), network.columns(), _noise(network), lags, snr, readout, horizon
    return enclose_decoding(*arguments, rtol=rtol / 2)


def _memory_function(function, network, rtol) -> Enclosure:
    if function.autocovariance is not None:
        raise InvalidNetworkError("memory functions are certified for white signals")
    found = _enclosed_decoding(
        network, len(function.lags), function.snr, function.readout_noise, function.horizon, rtol
    )
    values = _squeezed(_of(found), network)
    return Enclosure(values.value, values.error, found.bits, total=_of(found, 1))


def _capacity(measure, network, rtol, *, snr, readout_noise=0.0, horizon=None) -> Enclosure:
    return _of(_enclosed_decoding(network, 1, snr, readout_noise, horizon, rtol), 1)


def _departure(measure, network, rtol) -> Enclosure:
    from linmem.balls.departure import enclose_departure

    W = network.dense()
    return _of(enclose_departure(W, rtol * float(np.sqrt(np.sum(np.abs(W) ** 2)))))


def _abscissa(measure, network, rtol) -> Enclosure:
    from linmem.balls.spectrum import enclose_numerical_abscissa

    return _of(enclose_numerical_abscissa(network.dense()))


def _numerical_radius(measure, network, rtol) -> Enclosure:
    from linmem.balls.spectrum import enclose_numerical_radius

    W = network.dense()
    return _of(enclose_numerical_radius(W, numerical_radius(W)))


def _growth(growth, network, rtol) -> Enclosure:
    from linmem.balls.spectrum import enclose_growth

    if isinstance(network, ContinuousNetwork):
        raise InvalidNetworkError(
            "growth is certified in discrete time; see it at times 0, dt, ...: net.discretised(dt)"
        )
    return _of(enclose_growth(network.dense(), len(growth.times) - 1, rtol=rtol))


def _radius(result, network, rtol) -> Enclosure:
    """The radius by eigenvalues; whether all networks within rounding agree, by their sensitivity."""
    from linmem.balls.spectrum import enclose_radius

    continuous, limit = isinstance(network, ContinuousNetwork), network.bound.LIMIT
    found = _of(enclose_radius(network.dense(), rtol=rtol, continuous=continuous))
    stable = True if found.upper < limit else False if found.lower >= limit else None
    return replace(found, stable=stable, within_rounding=stable is not None and network.bound.stable == stable)


@contextmanager
def _announced(what: str) -> Iterator[None]:
    """Says what is going on, on a terminal, when it takes long; any interrupt ends it between two steps."""
    from threading import Timer

    from rich.console import Console

    console = Console(stderr=True)
    status = console.status(f"{what} ...")
    timer = Timer(PATIENCE, status.start)
    timer.daemon = True
    if console.is_terminal:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
        status.stop()
