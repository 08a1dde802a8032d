"""Claims B8 to B12: how the spectrum of a large normal network decides its memory curve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.special import gammaln, roots_sh_jacobi

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.evidence import Findings, at_least, at_most, equal
from linmem.claims.measures import curve
from linmem.claims.normal_networks import NORMAL_THEORY
from linmem.network import LinearNetwork


@claim("B8", source="GHS, eq. 6", figures=("normal_memory",))
def edge_of_the_spectrum_sets_the_power_law() -> Findings:
    """The density of eigenvalues near the unit circle sets the power law of the memory curve of a normal network.

    density of |lambda| ~ (1 - r)^nu: J(k) ~ k^-(nu + 2)

    The check takes densities (nu + 1) (1 - r)^nu. The curve over a density has a closed form: the exponent is taken
    from it at lags 50 and 500, and networks whose eigenvalues are the nodes of Gauss's rule have it for lags below 30.
    The law holds for lags far below 1 / (1 - radius).
    """
    lags = np.arange(30.0)
    for nu in (0.0, 0.5, 1.0, 2.0):
        yield _exponent(nu, edge=1.0)
        yield equal(
            "the curve of a network is the mean over the density",
            curve(_network_of_density(nu), len(lags)),
            _curve_of_density(lags, nu, 1.0),
        )


def _network_of_density(nu: float) -> LinearNetwork:
    """A normal network of 40 units, over whose eigenvalues the mean of a polynomial in r, of degree < 80, is exact."""
    nodes, weights = roots_sh_jacobi(40, nu + 1, 1)
    return LinearNetwork(np.diag(nodes), np.sqrt(weights / weights.sum()))


def _exponent(nu: float, *, edge: float) -> Any:
    """Evidence for the exponent -(nu + 2), from the curve at two lags."""
    lags = np.array([50.0, 500.0])
    logarithms = np.log(_curve_of_density(lags, nu, edge))
    exponent = np.diff(logarithms) / np.diff(np.log(lags))
    return equal(
        "the exponent",
        exponent,
        -(nu + 2),
        tolerance=0.05,
        scale=1.0,
    )


def _curve_of_density(k: np.ndarray, nu: float, edge: float) -> np.ndarray:
    """The mean of r^2k (1 - r^2) over the density (nu + 1) (1 - r)^nu, with r in units of the edge."""
    return _moment(2 * k, nu, edge) - _moment(2 * k + 2, nu, edge)


def _moment(power: np.ndarray, nu: float, edge: float) -> np.ndarray:
    """The mean of r^power over that density: (nu + 1) B(power + 1, nu + 1) edge^power."""
    logarithm = np.log(nu + 1) + gammaln(nu + 1) + gammaln(power + 1) - gammaln(power + nu + 2)
    return np.exp(logarithm) * edge**power


@edge_of_the_spectrum_sets_the_power_law.control("the edge is inside: gain 1/2", None)
def _() -> Findings:
    yield _exponent(1.0, edge=np.sqrt(0.5))


def share_of_closed_walks(k: np.ndarray) -> np.ndarray:
    """(2k choose k) / 4^k, the probability that a walk of 2k steps ends where it began."""
    return np.exp(gammaln(k + 0.5) - gammaln(k + 1)) / np.sqrt(np.pi)


def _catalan(k: Any) -> Any:
    """Cat_k / 4^k."""
    return share_of_closed_walks(k) / (k + 1)


def _law_of_semicircle(lags: np.ndarray, a2: float) -> np.ndarray:
    return a2**lags * _catalan(lags) - a2 ** (lags + 1) * _catalan(lags + 1)


@claim(
    "B9",
    source="GHS, p. 18971; the closed form re-derived",
    figures=("normal_memory",),
)
def semicircle_memory_is_of_catalan_numbers() -> Findings:
    """The memory curve of a large symmetric Gaussian network is given by the moments of the semicircle law.

    J(k) = a^2k Cat_k / 4^k - a^2(k+1) Cat_{k+1} / 4^(k+1), Cat_k the Catalan numbers; at a = 1 as
    3 / (2 sqrt(pi)) k^-5/2

    The check compares the law with its integral, and with one draw of 160 units, within six percent.
    """
    lags = np.arange(30.0)
    for a2 in (0.5, 0.99, 1.0):
        integrals = [_integral_over_semicircle(k, a2) for k in lags]
        yield equal(
            "the moments",
            integrals,
            _law_of_semicircle(lags, a2),
            tolerance=1e-7,
        )
    k = 2000.0
    tail = _catalan(k) - _catalan(k + 1)
    yield equal(
        "the tail",
        tail,
        1.5 / np.sqrt(np.pi) * k**-2.5,
        tolerance=2e-3,
    )
    yield from _one_draw(lm.symmetric_wigner(160, gain=0.95, recipe="as drawn", rng=1))


def _integral_over_semicircle(k: Any, a2: float) -> float:
    def integrand(x: float) -> float:
        density = 2 / np.pi * np.sqrt(1 - x * x)
        square = a2 * x * x
        return density * square**k * (1 - square)

    return quad(integrand, -1, 1)[0]


def _one_draw(net: LinearNetwork) -> Findings:
    """The law for a gain of .95, against the mean over all units that may receive the input."""
    lags = np.arange(6.0)
    law = _law_of_semicircle(lags, 0.95**2)
    J = curve(replace(net, feedforward=np.eye(net.size)), len(lags))
    means = np.trace(J, axis1=1, axis2=2).real / net.size
    yield equal(
        "one draw of 160 units",
        means,
        law,
        tolerance=0.06,
        scale=law,
    )


@semicircle_memory_is_of_catalan_numbers.control(
    "a Gaussian network that is not symmetric", lambda: [lm.ginibre(160, gain=0.95, rng=1)]
)
def _(net: LinearNetwork) -> Findings:
    yield from _one_draw(net)


def _law_of_lattice(lags: np.ndarray, a2: float, dimensions: int) -> np.ndarray:
    """A walk on the lattice returns in 2k steps with probability c_k^d."""
    now = share_of_closed_walks(lags) ** dimensions
    later = share_of_closed_walks(lags + 1) ** dimensions
    return a2**lags * now - a2 ** (lags + 1) * later


@claim(
    "B10",
    source="GHS, pp. 18971-18972; the closed form re-derived",
    figures=("normal_memory",),
)
def lattice_memory_is_of_return_probabilities() -> Findings:
    """The memory of a lattice follows the return probability of a random walk; it lasts longer in one dimension.

    J(k) = a^2k c_k^d - a^2(k+1) c_{k+1}^d, c_k = (2k choose k) / 4^k, d = 1, 2; ~ k^-(d+2)/2 at a = 1

    This is exact on a torus until walks go around it: for k below half its side.
    """
    gain, far = 0.97, np.array(5000.0)
    for dimensions, side, prefactor in ((1, 64, 1 / (2 * np.sqrt(np.pi))), (2, 16, 1 / np.pi)):
        lags = np.arange(side // 2 - 1.0)
        net = lm.lattice(side, dimensions=dimensions, gain=gain)
        unit = "dimension" if dimensions == 1 else "dimensions"
        law = _law_of_lattice(lags, gain**2, dimensions)
        yield equal(
            f"the curve in {dimensions} {unit}",
            curve(net, len(lags)),
            law,
        )
        tail = _law_of_lattice(far, 1.0, dimensions)
        yield equal(
            "the tail",
            tail,
            prefactor * far ** -(dimensions / 2 + 1),
            tolerance=1e-3,
        )


@lattice_memory_is_of_return_probabilities.control("beyond the side of the torus", None)
def _() -> Findings:
    law = _law_of_lattice(np.arange(40.0), 0.97**2, 1)
    J = lm.fisher_memory_curve(lm.lattice(12, gain=0.97), 40).values
    yield equal(
        "the curve in 1 dimension",
        J,
        law,
        scale=law,
    )


def _disc(count: int) -> LinearNetwork:
    """A normal network whose |lambda|^2 are spread evenly over (0, 1)."""
    squares = (np.arange(count) + 0.5) / count
    return lm.LinearNetwork(np.diag(np.sqrt(squares)), np.full(count, count**-0.5), name=f"disc, N = {count}")


@claim("B11", source="re-derived from GHS, eq. 4")
def normal_discs_forget_as_the_square() -> Findings:
    """The memory of a normal network whose eigenvalues fill the unit disc falls as the inverse square of the lag.

    J(k) = 1 / ((k + 1) (k + 2))

    The check takes 500 eigenvalues that are spread evenly, for which the sum is a midpoint rule: its error is
    k^2 / (24 N^2), relative to 1.
    """
    lags = np.arange(12.0)
    yield equal(
        "the curve",
        curve(_disc(500), 12),
        1 / ((lags + 1) * (lags + 2)),
        tolerance=1e-4,
    )


@normal_discs_forget_as_the_square.control("a Gaussian network, whose eigenvalues fill the disc as well", None)
def _() -> Findings:
    lags = np.arange(12.0)
    J = lm.fisher_memory_curve(lm.ginibre(120, gain=0.99, rng=1), 12).values
    yield equal(
        "the curve",
        J,
        1 / ((lags + 1) * (lags + 2)),
        tolerance=0.02,
    )


def envelope(lags: Any) -> np.ndarray:
    """The largest J(k) of any normal network, k^k / (k + 1)^(k + 1)."""
    k = np.asarray(lags, float)
    log_numerator = np.where(k > 0, k * np.log(np.maximum(k, 1)), 0)
    return np.exp(log_numerator - (k + 1) * np.log(k + 1))


@claim(
    "B12",
    source="re-derived from GHS, eq. 4",
    conditions=NORMAL_THEORY,
    family=families.normal,
    inequality=True,
    figures=("normal_memory",),
)
def normal_networks_stay_below_an_envelope(net: LinearNetwork) -> Findings:
    """The memory of a normal network at lag k is below about 1 / (e k), and its curve is completely monotone.

    J(k) <= k^k / (k + 1)^(k + 1) ~ 1 / (e k), attained where |lambda|^2 = k / (k + 1); differences alternate in sign

    No curve falls as 1 / k over all decades, because its sum is 1.
    """
    lags = np.arange(2 * net.size)
    J = curve(net, len(lags))
    yield at_most(
        "the curve is below the envelope",
        J,
        envelope(lags),
    )
    differences = J
    for order in range(1, min(4, len(J) - 1)):
        differences = -np.diff(differences)
        yield at_least(
            f"differences of order {order} are positive",
            differences + 1e-9 * J[0],
            0.0,
        )


@normal_networks_stay_below_an_envelope.control("a chain, which is not normal", lambda: [lm.chain(12), lm.chain(40)])
def _(net: LinearNetwork) -> Findings:
    lags = np.arange(net.size)
    J = lm.fisher_memory_curve(net, len(lags)).values
    yield at_most(
        "the curve is below the envelope",
        J,
        envelope(lags),
    )
