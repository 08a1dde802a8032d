r"""Certificates: numbers with a proof, for the stored doubles of a network taken as exact.

Conventions
-----------
An enclosure holds the exact value for the numbers that are stored. What rounding has made of a network before it was
stored is another question, which `within_rounding` and `rounding_sensitivity` answer. Proofs are by ball arithmetic
(python-flint); each module of `linmem.balls` states its own.

Contents
--------
certify
    The enclosure of a result, or of a measure of a network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from linmem.enclosure import Enclosure
from linmem.errors import AccuracyError, ArgumentError, InvalidNetworkError
from linmem.gramian.enclosure import EnclosedGramian
from linmem.gramian.request import Request
from linmem.linalg.blas import squared_norm
from linmem.linalg.eigenvalue_bounds import spectral_abscissa, spectral_radius
from linmem.linalg.structure import scaled
from linmem.memory.covariance import noise_covariance
from linmem.memory.decoding import MemoryFunction, memory_capacity, mutual_information
from linmem.memory.fisher import FisherMemoryCurve, fisher_memory_matrix, total_fisher_memory
from linmem.memory.spatial import spatial_fisher_memory
from linmem.network import Network, as_network
from linmem.nonnormality.departure import henrici_departure
from linmem.nonnormality.kreiss import KreissConstant, kreiss_constant
from linmem.nonnormality.numerical_radius import numerical_radius
from linmem.nonnormality.numerical_range import numerical_abscissa
from linmem.nonnormality.resolvent import smallest_singular_values
from linmem.nonnormality.transients import TransientGrowth
from linmem.validation import number

if TYPE_CHECKING:
    from linmem.balls.bounded import Enclosed
    from linmem.gramian.enclosure import EnclosedAnswer

LARGEST = 400  # units: minutes
KREISS_RTOL = 1e-6  # the smallest relative width of a Kreiss constant that is tried
LOGGER = logging.getLogger(__name__)


def certify(result: object, network: Any = None, *, rtol: float = 1e-12, **arguments: Any) -> Enclosure:
    r"""Enclosure of a result: the exact value between bounds that are proved by ball (interval) arithmetic.

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
        The network of a measure; with `arguments` of the measure by name (horizon, lags, snr, readout_noise, ...).
    rtol
        The relative width to reach; bits are doubled until then. Numerical radii are certified to about 1e-10, Kreiss
        constants to 1e-6, and both less closely where that cannot be reached: see `relative_width`.

    Raises
    ------
    AccuracyError
        Where no enclosure of that width was found within the largest precision; unstable networks have no stationary
        memory, and end here too.
    InvalidNetworkError
        For a stack of networks, for more than 400 units, and for growth in continuous time.
    ArgumentError
        For a result that cannot be certified.

    Notes
    -----
    Memory is enclosed by the Stein equation in balls, with a residual that proves stability and accuracy
    (`balls.fisher`, `balls.decoding`); the radius and the departure by the roots of the exact characteristic polynomial
    (`balls.roots`). The numerical radius and the Kreiss constant are enclosed from below at a point, from above by
    matrices that are proved positive, one for a whole circle (`balls.numerical_range`, `balls.kreiss`); growth by
    powers with a bound on their rounding. The logger "linmem" says at INFO what is certified. Ctrl-C ends a proof after
    the step it is in.

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
    enclose = _encloser_of(result)
    if isinstance(result, Network):
        network = result
    elif network is None:
        network = getattr(result, "network", None)
    if network is None:
        raise InvalidNetworkError(f"network is None; pass the network whose {getattr(result, '__name__', '')} is meant")
    network = as_network(network)
    network.require_single("certify")
    if network.size > LARGEST:
        raise InvalidNetworkError(f"{network.MATRIX} has {network.size} units; certificates are for up to {LARGEST}")
    from linmem.balls.bounded import InconclusiveError

    LOGGER.info("certifying %s of %d units", network.name or "a network", network.size)
    try:
        return enclose(network, rtol, **arguments)
    except InconclusiveError as error:
        raise AccuracyError(np.inf, rtol, reason=str(error)) from None


def _encloser_of(result: Any) -> Callable[..., Enclosure]:
    """The function of a network, rtol and the arguments of a measure that encloses what `result` is or measures."""
    if isinstance(result, Network):
        return _radius
    if type(result) in RESULTS:
        return partial(RESULTS[type(result)], result)
    if callable(result) and result in MEASURES:
        return MEASURES[result]
    known = [kind.__name__ for kind in RESULTS] + [measure.__name__ for measure in MEASURES]
    raise ArgumentError(
        f"result is {result!r:.60}; what can be certified is a network, or one of: {', '.join(known)} (measures with "
        "their network: certify(lm.total_fisher_memory, net))"
    )


# --- memory: the quantities of the Gramian in balls ---


def _curve(curve: FisherMemoryCurve, network: Network, rtol: float) -> Enclosure:
    lags = curve.lags if network.is_continuous else len(curve.lags)
    request = Request.of_input(network, lags, curve.horizon, rtol)
    values, total = _enclosed_curve(request)
    return replace(values, total=total)


def _total(network: Network, rtol: float, *, horizon: int | None = None) -> Enclosure:
    first = [0.0] if network.is_continuous else 1
    request = Request.of_input(network, first, horizon, rtol)
    return _enclosed_curve(request)[1]


def _enclosed_curve(request: Request) -> tuple[Enclosure, Enclosure]:
    """The curve and its total, real numbers where there is one input."""
    enclosed = _enclosed(request, lambda gramian: gramian.fisher_memory_curve(request))
    values = _without_input_axes(_of(enclosed), request)
    total = _without_input_axes(_of(enclosed, 1), request)
    if request.network.feedforward_is_matrix:
        return values, total
    return replace(values, value=values.value.real), replace(total, value=total.value.real)


def _matrix(network: Network, rtol: float, *, lags: Any, horizon: int | None = None) -> Enclosure:
    request = Request.of_input(network, lags, horizon, rtol)
    enclosed = _enclosed(request, lambda gramian: gramian.fisher_memory_matrix(request))
    return _without_input_axes(_of(enclosed), request)


def _spatial(network: Network, rtol: float, *, horizon: int | None = None) -> Enclosure:
    request = Request.of_network(network, horizon, rtol)
    enclosed = _enclosed(request, lambda gramian: gramian.spatial_fisher_memory(request))
    return _of(enclosed)


def _covariance(network: Network, rtol: float, *, horizon: int | None = None) -> Enclosure:
    request = Request.of_network(network, horizon, rtol)
    enclosed = _enclosed(request, lambda gramian: gramian.noise_covariance(request))
    return _of(enclosed)


def _memory_function(function: MemoryFunction, network: Network, rtol: float) -> Enclosure:
    enclosed, request = _enclosed_memory_function(
        network,
        rtol,
        lags=len(function.lags),
        snr=function.snr,
        readout_noise=function.readout_noise,
        horizon=function.horizon,
        autocovariance=function.autocovariance,
    )
    values = _without_input_axes(_of(enclosed), request)
    if not network.feedforward_is_matrix:
        values = replace(values, value=values.value.real)
    return replace(values, total=_of(enclosed, 1))


def _capacity(network: Network, rtol: float, **arguments: Any) -> Enclosure:
    enclosed, _ = _enclosed_memory_function(network, rtol, **arguments)
    return _of(enclosed, 1)


def _information(network: Network, rtol: float, **arguments: Any) -> Enclosure:
    enclosed, _ = _enclosed_memory_function(network, rtol, **arguments)
    return _of(enclosed, 2)


def _enclosed_memory_function(
    network: Network,
    rtol: float,
    *,
    snr: float,
    readout_noise: float = 0.0,
    horizon: int | None = None,
    lags: int = 1,
    autocovariance: np.ndarray | None = None,
) -> tuple[Enclosed, Request]:
    """The memory function, the capacity and the information."""
    request = Request.of_signal(network, lags, horizon, rtol, snr, readout_noise, autocovariance)
    if request.snr == np.inf:
        raise ArgumentError("snr is inf; memory functions are certified at a finite snr")
    return _enclosed(request, lambda gramian: gramian.memory_function(request)), request


def _enclosed(request: Request, quantity: Callable[[EnclosedGramian], EnclosedAnswer | None]) -> Enclosed:
    """The enclosure of a quantity of the Gramian; InconclusiveError where no precision proves it.

    To half the width, as `relative_width` is relative to the largest entry as rounded.
    """
    if request.network.enters_with_input:
        raise InvalidNetworkError(
            "noise enters with the input, with the covariance Q = eps B B*, which doubles do not hold exactly: a "
            "certificate would be of another network; the closed form states its error, curve.error"
        )
    from linmem.balls.bounded import InconclusiveError

    answer = quantity(EnclosedGramian(rtol=request.rtol / 2, conclusive=True))
    if answer is None:
        raise InconclusiveError("ball arithmetic has no method for this quantity")
    return answer.enclosed


def _without_input_axes(enclosure: Enclosure, request: Request) -> Enclosure:
    """The enclosure without the axes of the inputs, where there is one."""
    value = request.without_input_axes(enclosure.value)
    error = request.without_input_axes(enclosure.error)
    return replace(enclosure, value=value, error=error)


# --- non-normality: a measure and its encloser ---


def _departure(network: Network, rtol: float) -> Enclosure:
    from linmem.balls.departure import enclose_henrici_departure

    W = network.dense()
    weights, exponent = scaled(W)
    norm = np.ldexp(np.sqrt(squared_norm(weights)), exponent)
    return _of(enclose_henrici_departure(W, float(rtol * norm)))


def _abscissa(network: Network, rtol: float) -> Enclosure:
    from linmem.balls.numerical_range import enclose_numerical_abscissa

    return _of(enclose_numerical_abscissa(network.dense()))


def _numerical_radius(network: Network, rtol: float) -> Enclosure:
    from linmem.balls.numerical_range import enclose_numerical_radius

    W = network.dense()
    return _of(enclose_numerical_radius(W, numerical_radius(W)))


def _growth(growth: TransientGrowth, network: Network, rtol: float) -> Enclosure:
    from linmem.balls.transients import enclose_transient_growth

    if network.is_continuous:
        raise InvalidNetworkError(
            "network is one in continuous time; its growth is certified in discrete time, at times 0, dt, ...: "
            "net.discretised(dt)"
        )
    steps = len(growth.times) - 1
    return _of(enclose_transient_growth(network.dense(), steps, rtol=rtol))


def _kreiss(network: Network, rtol: float) -> Enclosure:
    from linmem.balls.kreiss import enclose_kreiss_constant

    W, continuous = network.dense(), network.is_continuous
    radius = np.inf if continuous else numerical_radius(W)
    distances = partial(smallest_singular_values, W)
    width = max(rtol, KREISS_RTOL)
    return _of(enclose_kreiss_constant(W, distances, radius, continuous, rtol=width))


def _radius(network: Network, rtol: float) -> Enclosure:
    """The radius by eigenvalues; whether all networks within rounding agree, by their sensitivity."""
    from linmem.balls.spectrum import enclose_spectral_radius

    continuous = network.is_continuous
    enclosed, stable = enclose_spectral_radius(network.dense(), rtol=rtol, continuous=continuous)
    # what is stated about the network, its known radius, says nothing about those beside it
    within_rounding = spectral_abscissa(network.matrix) if continuous else spectral_radius(network.matrix)
    alike = None if stable is None else within_rounding.stable == stable
    quantity = "spectral abscissa" if continuous else "spectral radius"
    return replace(_of(enclosed), stable=stable, within_rounding=alike, quantity=quantity)


def _of(enclosed: Enclosed, index: int = 0) -> Enclosure:
    """The enclosure of one array of several."""
    value, error = enclosed.values[index], enclosed.errors[index]
    return Enclosure(value, error, enclosed.bits)


# what can be certified: a result, with its network, and a measure of a network
RESULTS: Mapping[type, Callable[..., Enclosure]] = {
    FisherMemoryCurve: _curve,
    MemoryFunction: _memory_function,
    TransientGrowth: _growth,
    KreissConstant: lambda constant, network, rtol: _kreiss(network, rtol),
}
MEASURES: Mapping[Callable[..., Any], Callable[..., Enclosure]] = {
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
