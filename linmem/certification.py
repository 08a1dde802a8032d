r"""Certificates: numbers with a proof, for the stored doubles of a network taken as exact.

Conventions
-----------
An enclosure holds the exact value for the numbers that are stored: what rounding has made of a network before it was
stored is another question, which `within_rounding` and `rounding_sensitivity` answer. Proofs are by ball arithmetic
(python-flint); each module of `linmem.balls` states its own.

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
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.linalg.blas import squared_norm
from linmem.linalg.eigenvalue_bounds import spectral_abscissa, spectral_radius
from linmem.linalg.structure import scaled
from linmem.memory.covariance import noise_covariance
from linmem.memory.decoding import MemoryFunction, memory_capacity, mutual_information
from linmem.memory.fisher import FisherMemoryCurve, fisher_memory_matrix, total_fisher_memory
from linmem.memory.spatial import spatial_fisher_memory
from linmem.network import ContinuousNetwork, Network, as_network
from linmem.nonnormality.departure import henrici_departure
from linmem.nonnormality.kreiss import KreissConstant, kreiss_constant
from linmem.nonnormality.numerical_radius import numerical_radius
from linmem.nonnormality.numerical_range import numerical_abscissa
from linmem.nonnormality.resolvent import smallest_singular_values
from linmem.nonnormality.transients import TransientGrowth
from linmem.validation import number, whole_number

if TYPE_CHECKING:
    from linmem.balls.bounded import Enclosed

LARGEST = 400  # units: minutes
KREISS_RTOL = 1e-6  # the smallest relative width of a Kreiss constant that is tried
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
        Beside `stable`: True where all networks within rounding of the stored one are decided alike, as far as the
        sensitivity of the eigenvalues tells; False where some may be decided the other way; else None.
    quantity
        What it is of, where a network was certified: "spectral radius" or "spectral abscissa"; else "".
    """

    value: Any
    error: Any
    bits: int
    total: Enclosure | None = None
    stable: bool | None = None
    within_rounding: bool | None = None
    quantity: str = ""

    @property
    def lower(self) -> Any:
        """At most the exact value (of real ones)."""
        return np.where(self.error, np.nextafter(self.value - self.error, -np.inf), self.value)[()]

    @property
    def upper(self) -> Any:
        """At least the exact value (of real ones)."""
        return np.where(self.error, np.nextafter(self.value + self.error, np.inf), self.value)[()]

    @property
    def relative_width(self) -> float:
        """The largest error over the largest value."""
        largest = float(np.abs(self.value).max())
        return float(np.max(self.error) / largest) if largest else (0.0 if np.max(self.error) == 0 else np.inf)

    def __str__(self) -> str:
        """What is proved, in one line."""
        proof = f"proved at {self.bits} bits"
        if np.ndim(self.value):
            return f"{np.shape(self.value)} values to {self.relative_width:.1e} of the largest, {proof}"
        if np.iscomplexobj(self.value):
            return f"{self.value} to {self.error:.1e}, {proof}"
        found = f"{self.quantity} in [{self.lower:.17g}, {self.upper:.17g}], {proof}".lstrip()
        if self.stable is None:
            return found
        kind, others = "stable" if self.stable else "unstable", "are too" if self.within_rounding else "may not be"
        return f"{kind}: {found}; networks within rounding of it {others}"

    def __contains__(self, value: Any) -> bool:
        """Whether the enclosure leaves room for `value`, every entry of it."""
        return bool(np.all(np.abs(np.asarray(value) - self.value) <= self.error + np.spacing(np.abs(self.value))))


def certify(result: Any, network: Any = None, *, rtol: float = 1e-12, **arguments: Any) -> Enclosure:
    r"""The exact value of a result, between bounds that are proved.

    Parameters
    ----------
    result
        A `FisherMemoryCurve`, `MemoryFunction`, `TransientGrowth` or `KreissConstant`, also one that an
        `AccuracyError` carries: `certify(error.result)`. Or a network, of which the spectral radius (in continuous time
        the abscissa) is enclosed and stability decided, which settles an `UndecidedStabilityError`. Or a measure, with
        `network`: `total_fisher_memory`, `spatial_fisher_memory`, `fisher_memory_matrix`, `noise_covariance`,
        `memory_capacity`, `mutual_information`, `henrici_departure`, `numerical_abscissa`, `numerical_radius`,
        `kreiss_constant`.
    network
        For a measure; with `arguments` of the measure by name (horizon, lags, snr, readout_noise, ...).
    rtol
        The relative width to reach; bits are doubled until then. Numerical radii are certified to about 1e-10, Kreiss
        constants to 1e-6, and both less closely where that is not to be had: see `relative_width`.

    Raises
    ------
    AccuracyError
        Where no enclosure of that width was found within the largest precision; unstable networks have no stationary
        memory, and end here too.
    InvalidNetworkError
        For what cannot be certified: stacks, more than 400 units, an unknown result.

    Notes
    -----
    Memory is by the Stein equation in balls, with a residual that proves stability and accuracy (`balls.fisher`,
    `balls.decoding`); the radius and the departure from the roots of the exact characteristic polynomial
    (`balls.roots`); the numerical radius and the Kreiss constant from below at a point, from above by matrices that are
    proved positive, one for a whole circle (`balls.spectrum`, `balls.kreiss`); growth by powers with a bound on their
    rounding. On a terminal a line says what goes on once it takes 2 s; Ctrl-C ends it after the step it is in.

    Examples
    --------
    >>> import linmem as lm
    >>> enclosure = certify(lm.fisher_memory_curve(lm.chain(4), lags=4))
    >>> 1 / 3 in [enclosure.value[2]], enclosure.relative_width < 1e-12
    (True, True)
    >>> certify(lm.feedback_chain(30, feedforward=1.2, feedback=0.2)).stable
    True
    >>> 2.125 in certify(lm.kreiss_constant, [[0, 8], [0, 0]])
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
        raise InvalidNetworkError(
            f"result is {result!r:.60}; what can be certified is a network, or one of: {known} (measures with their "
            "network: certify(lm.total_fisher_memory, net))"
        )
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
        KreissConstant: _kreiss,
        total_fisher_memory: _total,
        spatial_fisher_memory: _spatial,
        fisher_memory_matrix: _matrix,
        noise_covariance: _covariance,
        memory_capacity: _capacity,
        mutual_information: _information,
        henrici_departure: _departure,
        numerical_abscissa: _abscissa,
        numerical_radius: _numerical_radius,
        kreiss_constant: _kreiss,
    }


def _noise(network: Network) -> np.ndarray:
    return network.noise if network.noise_is_matrix else network.noise * np.eye(network.size)


def _of(found: Enclosed, index: int = 0, **more: Any) -> Enclosure:
    return Enclosure(found.values[index], found.errors[index], found.bits, **more)


def _squeezed(enclosure: Enclosure, network: Network) -> Enclosure:
    """Without the axes of the inputs, where there is one."""
    if network.feedforward_is_matrix:
        return enclosure
    return replace(enclosure, value=enclosure.value[..., 0, 0].real, error=enclosure.error[..., 0, 0])


def _enclosed_curve(network: Network, lags: int | np.ndarray, horizon: int | None, rtol: float) -> Enclosed:
    from linmem.balls.fisher import enclose_fisher_memory_curve

    continuous = isinstance(network, ContinuousNetwork)
    arguments = network.dense(), network.columns(), _noise(network), lags, horizon, continuous
    return enclose_fisher_memory_curve(*arguments, rtol=rtol / 2)


def _curve(curve: FisherMemoryCurve, network: Network, rtol: float) -> Enclosure:
    continuous = isinstance(network, ContinuousNetwork)
    lags = curve.lags if continuous else len(curve.lags)
    found = _enclosed_curve(network, lags, curve.horizon, rtol)
    values, total = _squeezed(_of(found), network), _squeezed(_of(found, 1), network)
    return Enclosure(values.value, values.error, found.bits, total=total)


def _total(measure: Any, network: Network, rtol: float, *, horizon: int | None = None) -> Enclosure:
    lags = np.zeros(1) if isinstance(network, ContinuousNetwork) else 1
    return _squeezed(_of(_enclosed_curve(network, lags, horizon, rtol), 1), network)


def _spatial(measure: Any, network: Network, rtol: float, *, horizon: int | None = None) -> Enclosure:
    from linmem.balls.fisher import enclose_spatial_fisher_memory

    continuous = isinstance(network, ContinuousNetwork)
    return _of(enclose_spatial_fisher_memory(network.dense(), _noise(network), horizon, continuous, rtol=rtol / 2))


def _matrix(measure: Any, network: Network, rtol: float, *, lags: Any, horizon: int | None = None) -> Enclosure:
    from linmem.balls.fisher import enclose_fisher_memory_matrix

    continuous = isinstance(network, ContinuousNetwork)
    lags = np.asarray(lags, float) if continuous else whole_number("lags", lags)
    arguments = network.dense(), network.columns(), _noise(network), lags, horizon, continuous
    return _squeezed(_of(enclose_fisher_memory_matrix(*arguments, rtol=rtol / 2)), network)


def _covariance(measure: Any, network: Network, rtol: float, *, horizon: int | None = None) -> Enclosure:
    from linmem.balls.fisher import enclose_noise_covariance

    continuous = isinstance(network, ContinuousNetwork)
    return _of(enclose_noise_covariance(network.dense(), _noise(network), horizon, continuous, rtol=rtol / 2))


def _enclosed_decoding(
    network: Network,
    lags: int,
    snr: float,
    readout: float,
    horizon: int | None,
    rtol: float,
    correlation: np.ndarray | None = None,
) -> Enclosed:
    from linmem.balls.decoding import enclose_memory_function, enclose_memory_function_of_correlated_signal

    if isinstance(network, ContinuousNetwork) or snr == np.inf:
        raise InvalidNetworkError("memory functions are certified in discrete time, at a finite snr")
    arguments = network.dense(), network.columns(), _noise(network), lags, snr, readout
    if correlation is not None:
        return enclose_memory_function_of_correlated_signal(*arguments, correlation, rtol=rtol / 2)
    return enclose_memory_function(*arguments, horizon, rtol=rtol / 2)


def _memory_function(function: MemoryFunction, network: Network, rtol: float) -> Enclosure:
    asked = len(function.lags), function.snr, function.readout_noise, function.horizon, rtol
    found = _enclosed_decoding(network, *asked, correlation=function.autocovariance)
    values = _squeezed(_of(found), network)
    return Enclosure(values.value, values.error, found.bits, total=_of(found, 1))


def _capacity(
    measure: Any, network: Network, rtol: float, *, snr: float, readout_noise: float = 0.0, horizon: int | None = None
) -> Enclosure:
    return _of(_enclosed_decoding(network, 1, snr, readout_noise, horizon, rtol), 1)


def _information(
    measure: Any, network: Network, rtol: float, *, snr: float, readout_noise: float = 0.0, horizon: int | None = None
) -> Enclosure:
    return _of(_enclosed_decoding(network, 1, snr, readout_noise, horizon, rtol), 2)


def _departure(measure: Any, network: Network, rtol: float) -> Enclosure:
    from linmem.balls.departure import enclose_henrici_departure

    W = network.dense()
    weights, exponent = scaled(W)
    return _of(enclose_henrici_departure(W, float(np.ldexp(rtol * np.sqrt(squared_norm(weights)), exponent))))


def _abscissa(measure: Any, network: Network, rtol: float) -> Enclosure:
    from linmem.balls.numerical_range import enclose_numerical_abscissa

    return _of(enclose_numerical_abscissa(network.dense()))


def _numerical_radius(measure: Any, network: Network, rtol: float) -> Enclosure:
    from linmem.balls.numerical_range import enclose_numerical_radius

    W = network.dense()
    return _of(enclose_numerical_radius(W, numerical_radius(W)))


def _growth(growth: TransientGrowth, network: Network, rtol: float) -> Enclosure:
    from linmem.balls.transients import enclose_transient_growth

    if isinstance(network, ContinuousNetwork):
        raise InvalidNetworkError(
            "growth is certified in discrete time; see it at times 0, dt, ...: net.discretised(dt)"
        )
    return _of(enclose_transient_growth(network.dense(), len(growth.times) - 1, rtol=rtol))


def _kreiss(result: Any, network: Network, rtol: float) -> Enclosure:
    from linmem.balls.kreiss import enclose_kreiss_constant

    W, continuous = network.dense(), isinstance(network, ContinuousNetwork)
    widest = np.inf if continuous else numerical_radius(W)
    distances = partial(smallest_singular_values, W)
    return _of(enclose_kreiss_constant(W, distances, widest, continuous, rtol=max(rtol, KREISS_RTOL)))


def _radius(result: Any, network: Network, rtol: float) -> Enclosure:
    """The radius by eigenvalues; whether all networks within rounding agree, by their sensitivity."""
    from linmem.balls.spectrum import enclose_spectral_radius

    continuous = isinstance(network, ContinuousNetwork)
    found, stable = enclose_spectral_radius(network.dense(), rtol=rtol, continuous=continuous)
    # what is stated about the network, its known radius, says nothing about those beside it
    bound = (spectral_abscissa if continuous else spectral_radius)(network.matrix)
    alike = None if stable is None else bound.stable == stable
    quantity = "spectral abscissa" if continuous else "spectral radius"
    return _of(found, stable=stable, within_rounding=alike, quantity=quantity)


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
