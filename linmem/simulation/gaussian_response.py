r"""The response of a non-linearity to Gaussian input: its mean, its gain, and the covariance of what is not linear.

Conventions
-----------
u is Gaussian of mean mu and covariance S, and f(u_i) = mean_i + G_i (u_i - mu_i) + residual_i with G_i = E f'(u_i). The
covariance of the residual is E residual_i residual_j = sum_{n >= 2} c_n(i) c_n(j) rho_ij^n, c_n the Hermite
coefficients of f and rho the correlation of u.

Contents
--------
Response, gaussian_response
    The three, and a bound of what the series leaves out.
FINER_RULE
    A rule of quadrature that shows the error of the usual one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linmem.simulation.trials import CompiledNonlinearity

ORDER = 20  # of the Hermite series: its terms fall with rho^n
RULE = np.polynomial.legendre.leggauss(40)
FINER_RULE = np.polynomial.legendre.leggauss(64)
WIDEST = 10.0  # standard deviations within which the density is integrated: beyond them is 1e-23 of it
KNEE = 4.0  # width of the piece on either side of 0, where f may have a kink or bends most
FLAT = 5  # times as wide a piece beyond it, where erf and tanh reach their ends to rounding
SMALLEST_DEVIATION = 1e-5  # of the fluctuation by which the gain of a unit at rest is taken


class Response(NamedTuple):
    """Of f(u) for Gaussian u: means (N,), gains (N,), and the covariance of the residual (N, N).

    `left_out` (N, N) bounds the terms of the Hermite series after the last one taken.
    """

    means: np.ndarray
    gains: np.ndarray
    residual: np.ndarray
    left_out: np.ndarray


def gaussian_response(
    function: CompiledNonlinearity, mu: np.ndarray, S: np.ndarray, rule: tuple[np.ndarray, np.ndarray] = RULE
) -> Response:
    """Mean of f(u), its gain on u, and the covariance of the residual, for Gaussian u of mean mu and covariance S.

    f is smooth, but for a kink at 0 perhaps. `rule` has the nodes and weights of the quadrature on each piece.
    """
    deviation = np.sqrt(np.diagonal(S))
    # a unit at rest has the gain of a small fluctuation
    spread = np.maximum(deviation, SMALLEST_DEVIATION * (1 + np.abs(mu)))
    x, weight = _quadrature(-mu / spread, KNEE / spread, rule)
    values = (mu[:, None] + spread[:, None] * x).ravel()
    function.activate(function.code, values)
    weighted = weight * values.reshape(x.shape)
    means = weighted.sum(axis=1)
    slopes = np.sum(weighted * x, axis=1)
    # the residual of f at each node, so that its variance and coefficients are no differences of large numbers
    line = means[:, None] + slopes[:, None] * x
    weighted -= weight * line
    correlation = _correlation(S, deviation)
    residual, in_series = _hermite_series(weighted, x, correlation)
    # the series converges slowly where rho = 1: the variance is the integral itself
    squares = weighted**2 / np.where(weight > 0, weight, 1)
    variances = np.where(deviation > 0, squares.sum(axis=1), 0)
    np.fill_diagonal(residual, variances)
    # sum_{n > ORDER} |c_n(i) c_n(j) rho^n| is at most |rho|^(ORDER + 1) times the roots of the two sums of squares
    root = np.sqrt(np.maximum(variances - in_series, 0))
    left_out = np.minimum(np.abs(correlation), 1) ** (ORDER + 1) * root[:, None] * root
    np.fill_diagonal(left_out, 0)
    return Response(means, slopes / spread, residual, left_out)


def _correlation(S: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """The correlations of u; 0 for a unit at rest."""
    divisor = np.where(deviation > 0, deviation, 1)
    return S / divisor[:, None] / divisor


def _hermite_series(weighted: np.ndarray, x: np.ndarray, correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sum_{n >= 2} c_n(i) c_n(j) rho_ij^n, with c_n(i) the integral of f against the normalised Hermite polynomial.

    And the sum of c_n(i)^2 over the terms taken, (N,).

    `weighted` (N, nodes) are the values of f times the weights at the nodes x (N, nodes).
    """
    residual = np.zeros_like(correlation)
    squares = np.zeros(len(correlation))
    power = correlation
    previous, polynomial = x, (x * x - 1) / np.sqrt(2)
    for n in range(2, ORDER + 1):
        power = power * correlation
        coefficient = np.sum(weighted * polynomial, axis=1)
        residual += coefficient[:, None] * power * coefficient
        squares += coefficient**2
        # sqrt(n + 1) p_{n+1} = x p_n - sqrt(n) p_{n-1}
        scaled = x * polynomial - np.sqrt(n) * previous
        previous, polynomial = polynomial, scaled / np.sqrt(n + 1)
    return residual, squares


def _quadrature(
    centre: np.ndarray, width: np.ndarray, rule: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights (N, nodes) for integrals over the standard normal density, of N functions with a kink.

    They are those of Gauss & Legendre on six pieces between -10 and 10, cut at the kink of the function, which lies at
    `centre` (N,), and at `width` (N,) and `FLAT` times that on either side of it.
    """
    end = np.full_like(centre, WIDEST)
    cuts = [-end, centre - FLAT * width, centre - width, centre, centre + width, centre + FLAT * width, end]
    edges = np.clip(np.stack(cuts, axis=1), -WIDEST, WIDEST)
    half_lengths = np.diff(edges, axis=1) / 2
    # the nodes of the interval (-1, 1), moved to each piece: (N, pieces, nodes)
    starts, half_lengths = edges[:, :-1, None], half_lengths[:, :, None]
    own_nodes, own_weights = rule
    nodes = starts + half_lengths * (1 + own_nodes)
    density = np.exp(-nodes * nodes / 2) / np.sqrt(2 * np.pi)
    weights = half_lengths * own_weights * density
    shape = len(centre), -1
    return nodes.reshape(shape), weights.reshape(shape)
