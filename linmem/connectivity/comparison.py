r"""A measure of a network beside the same measure of shuffled networks: a permutation test.

Contents
--------
Comparison
    The value, those of the shuffled networks, and p-values.
compare_with_shuffles
    The test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem.connectivity.randomness import RandomSource, generator
from linmem.connectivity.shuffles import shuffled
from linmem.errors import (
    AccuracyError,
    ArgumentError,
    InvalidNetworkError,
    UndecidedStabilityError,
    UnstableNetworkError,
)
from linmem.network import LinearNetwork, NetworkOrMatrix, as_network
from linmem.validation import truth, whole_number

# errors about one network, which another shuffle of the same weights may not raise
OF_A_NETWORK = (InvalidNetworkError, UnstableNetworkError, UndecidedStabilityError, AccuracyError)


@dataclass(frozen=True, eq=False)
class Comparison:
    r"""A measure of a network beside those of shuffled ones.

    A p-value is (1 + c) / (1 + samples), c the number of shuffled networks that are at least as extreme as the network
    [1]_. Whatever is not known counts as at least as extreme: a difference within the sum of both errors, and a
    shuffled network without an answer. So a p-value may be too large for that reason, and not too small.

    Attributes
    ----------
    value
        The measure of the network, with its error.
    null_values, null_errors
        Of the shuffled networks, (samples,); NaN where there is no answer. An error of 0 where the measure states none.
    keep
        What the shuffled networks have in common with the network.
    reasons
        Why shuffled networks have no answer: one text for each of them.

    References
    ----------
    .. [1] Phipson & Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9:39; `scipy.stats.permutation_test` counts alike.
    """

    value: float
    null_values: np.ndarray
    null_errors: np.ndarray
    keep: str
    reasons: tuple[str, ...] = ()

    @property
    def unanswered(self) -> int:
        """The number of shuffled networks without an answer."""
        return len(self.reasons)

    @property
    def p_greater(self) -> float:
        """p of a value as large as that of the network."""
        return self._p_value(self.null_values - self.value >= -self._margin)

    @property
    def p_less(self) -> float:
        """p of a value as small as that of the network."""
        return self._p_value(self.null_values - self.value <= self._margin)

    @property
    def p_value(self) -> float:
        """Two-sided: twice the smaller of the two, at most 1."""
        return min(1.0, 2 * min(self.p_greater, self.p_less))

    @property
    def _margin(self) -> np.ndarray:
        """The sum of both errors, and what rounding may do to values that are the same, (samples,)."""
        errors = self.null_errors + getattr(self.value, "error", 0.0)
        return np.asarray(errors + 100 * np.finfo(float).eps * abs(float(self.value)))

    def _p_value(self, is_extreme: np.ndarray) -> float:
        count = np.count_nonzero(is_extreme | np.isnan(self.null_values))
        return (1 + int(count)) / (1 + len(self.null_values))

    def __repr__(self) -> str:
        missing = f", {self.unanswered} of them without an answer" if self.unanswered else ""
        return (
            f"<Comparison: {float(self.value):.6g}, p = {self.p_value:.3g} (two-sided) among {len(self.null_values)} "
            f"networks, {self.keep} kept{missing}>"
        )


def compare_with_shuffles(
    measure: Callable[..., Any],
    network: NetworkOrMatrix,
    *,
    keep: str,
    samples: int = 99,
    same_radius: bool = False,
    rng: RandomSource,
    **arguments: Any,
) -> Comparison:
    r"""Compare a measure of a network with that of shuffled networks, and say how rare its value is among them.

    Parameters
    ----------
    measure
        A function of a network that returns one real number, such as `total_fisher_memory`, `memory_capacity` or
        `henrici_departure`.
    network
        A `LinearNetwork` or a matrix, as `shuffled` takes it.
    keep
        "weights", "degrees" or "strengths", as for `shuffled`.
    samples
        The number of shuffled networks. The smallest p-value is 1 / (1 + samples), two-sided twice that.
    same_radius
        Whether to scale every shuffled network to the spectral radius of `network`. Otherwise a shuffled network may
        be unstable, and then has no stationary memory.
    rng
        A seed or a `numpy.random.Generator`.
    arguments
        Passed on to the measure.

    Returns
    -------
    Comparison

    Raises
    ------
    ArgumentError
        If an argument breaks its rule, the measure returns something other than one real number, or the radius cannot
        be kept as it is 0.
    InvalidNetworkError
        If the network cannot be shuffled.
    LinmemError
        Whatever the measure raises of the network itself.

    Examples
    --------
    >>> import linmem as lm
    >>> compare_with_shuffles(lm.total_fisher_memory, lm.chain(20), keep="weights", horizon=20, rng=0)
    <Comparison: 3.59774, p = 0.02 (two-sided) among 99 networks, weights kept>
    """
    network = as_network(network)
    samples, same_radius = whole_number("samples", samples), truth("same_radius", same_radius)
    if not callable(measure):
        raise ArgumentError(
            f"measure is {measure!r:.60}; it must be a function of a network, such as henrici_departure"
        )
    random = generator(rng)
    value = _number(measure(network, **arguments), measure)
    if np.isnan(value):
        raise ArgumentError("measure returns NaN for the network itself, which cannot be compared")
    radius = _radius_to_keep(network) if same_radius else None
    values, errors, reasons = np.full(samples, np.nan), np.zeros(samples), []
    for sample in range(samples):
        null = shuffled(network, keep, rng=random)
        try:
            null = null if radius is None else null.rescaled(radius)
            answer = _number(measure(null, **arguments), measure)
        except OF_A_NETWORK as error:
            reasons.append(str(error))
            continue
        values[sample], errors[sample] = answer, getattr(answer, "error", 0.0)
        if np.isnan(answer):
            reasons.append("the measure returned NaN")
    return Comparison(value, values, errors, keep, tuple(reasons))


def _number(answer: Any, measure: Callable[..., Any]) -> float:
    """The answer of a measure, with its error if it carries one."""
    if np.ndim(answer) == 0 and isinstance(answer, (int, float, np.integer, np.floating)):
        return answer if isinstance(answer, float) else float(answer)
    raise ArgumentError(
        f"measure returns {type(answer).__name__}; it must return one real number: pass a function that takes one out "
        "of the result, such as lambda net: kreiss_constant(net).value"
    )


def _radius_to_keep(network: Any) -> float:
    """The spectral radius of the network, which is not 0."""
    if not isinstance(network, LinearNetwork):
        raise InvalidNetworkError("network is in continuous time; only weights in discrete time are shuffled")
    if network.radius.value == 0:
        raise ArgumentError("same_radius is True, but the network has the spectral radius 0; pass same_radius=False")
    return network.radius.value
