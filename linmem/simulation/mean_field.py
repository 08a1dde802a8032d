r"""Mean field: the Gaussian equivalent linear network of a non-linear one (statistical linearisation).

Conventions
-----------
h_t = f(u_t), u_t = W h_{t-1} + V s_t + z_t. In the stationary state u is taken for Gaussian, of mean mu and covariance
S. Then f(u_i) = mean_i + G_i (u_i - mu_i) + residual_i with G_i = E f'(u_i), the gain that leaves the residual
uncorrelated with every u: the non-linearity acts like a smaller gain and like noise. Its covariance follows from the
Hermite coefficients c_n of f, E residual_i residual_j = sum_{n >= 2} c_n(i) c_n(j) rho_ij^n, where rho is the
correlation of u_i and u_j.

This is the *statistical* linearisation: the gain is averaged over the distribution of u, and the network has the same
mean and covariance as the non-linear one, as far as u is Gaussian. It is not the Jacobian linearisation about a fixed
point or a trajectory, whose gain is f'(u_t) at one state.

Contents
--------
MeanField, mean_field
    The linear network, its gains, and the noise that stands for the non-linearity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.linalg.blas import blas_threads_for, congruence
from linmem.linalg.stein import ULP
from linmem.memory.decoding import MemoryFunction, memory_function
from linmem.network import LinearNetwork, NetworkOrMatrix
from linmem.simulation.trials import CompiledNonlinearity, Nonlinearity, compiled_nonlinearity, single_network
from linmem.validation import number

ORDER = 20  # of the Hermite series: its terms fall with rho^n
NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)
WIDEST = 10.0  # standard deviations within which the density is integrated: beyond them is 1e-23 of it
KNEE = 4.0  # width of the piece on either side of 0, where f may have a kink or bends most
SMALLEST_DEVIATION = 1e-5  # of the fluctuation by which the gain of a unit at rest is taken
STEPS = 20_000
TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False)
class MeanField:
    """A linear network with the gains of a non-linear one, and with the noise that stands for the non-linearity.

    Attributes
    ----------
    network
        diag(G) W and diag(G) V, with noise covariance G Q G + residual.
    snr
        Variance of the signal over the (mean) noise variance of that network: the argument of its `memory_function`.
    gains, means
        G and the mean state, (N,).
    variances
        Variances of the input u to each unit, (N,).
    residual
        Covariance of the noise that stands for the non-linearity, (N, N).
    """

    network: LinearNetwork
    snr: float
    gains: np.ndarray
    means: np.ndarray
    variances: np.ndarray
    residual: np.ndarray
    AXES: ClassVar[dict[str, str]] = {"unit": "gains means variances", "unit other_unit": "residual"}

    def memory_function(self, lags: int | None = None, **options: Any) -> MemoryFunction:
        """m(k) of the linear network: the prediction of `decode_curve` for the non-linear one."""
        return memory_function(self.network, lags, snr=self.snr, **options)


def mean_field(network: NetworkOrMatrix, nonlinearity: Nonlinearity, *, snr: float, noise: bool = True) -> MeanField:
    r"""The linear network with the statistics of h_t = f(W h_{t-1} + V s_t + z_t), for a white Gaussian signal.

    It is the Gaussian equivalent, by statistical linearisation: each unit has the mean gain G = E f'(u), and what
    remains of f is noise. It is not the Jacobian linearisation about a trajectory, which takes f' at each state.

    The covariance C of the state is followed from rest, step by step, until it is stationary: S = W C W' + var(s) V V'
    + Q, C = G S G + residual, with the gains and the residual of the present S.

    Parameters
    ----------
    network
        A real `LinearNetwork`.
    nonlinearity
        As for `simulate`.
    snr
        Variance of the signal over the noise variance of the network (which stays the unit where noise=False).
    noise
        False: the network is deterministic, and all its noise is that of the non-linearity.

    Raises
    ------
    InvalidNetworkError
        Where no stationary state is reached; where some direction of the state has no noise.
    ArgumentError
        For an unknown nonlinearity, an `snr` that is not positive, a `noise` that is not a bool.

    Notes
    -----
    The approximation is good where much noise, or many units, make u Gaussian and mix what f has distorted: a random
    network of 40 units with tanh and noise is predicted within the standard errors of 2e5 steps at a drive of variance
    .01. Without noise, the largest error of m(k) over 15 lags is .0004 at a drive of variance .01, .01 at .1 and .1 at
    1 (elu: .03 at .01, .1 at .1). It is poor on delay lines, where the same signal passes f again and again and its
    distortions add up: .05 at .1.

    Examples
    --------
    >>> import linmem as lm
    >>> # u has variance 2: G = 2 / sqrt(pi (1 + 4))
    >>> equivalent = lm.mean_field(lm.LinearNetwork([[0]], [1]), "erf", snr=1.0)
    >>> bool(abs(equivalent.gains[0] - 2 / np.sqrt(5 * np.pi)) < 1e-12)
    True
    """
    network, snr = single_network(network), number("snr", snr, above=0)
    if not isinstance(noise, (bool, np.bool_)):
        raise ArgumentError(f"noise is {noise!r}; it must be True or False")
    function = compiled_nonlinearity(nonlinearity)
    V = network.columns()
    Q = network.covariance if noise else np.zeros_like(network.covariance)
    signal_variance = snr * network.noise_variance
    with blas_threads_for(network.size):
        state = _stationary_state(function, network, Q + signal_variance * (V @ V.T))
    equivalent = _equivalent_network(network, Q, state)
    return MeanField(
        network=equivalent,
        snr=signal_variance / equivalent.noise_variance,
        gains=state.response.gains,
        means=state.response.means,
        variances=state.input_variances,
        residual=state.response.residual,
    )


class _Response(NamedTuple):
    """Of f(u) for Gaussian u: means (N,), gains (N,), and the covariance of the residual (N, N)."""

    means: np.ndarray
    gains: np.ndarray
    residual: np.ndarray


class _StationaryState(NamedTuple):
    """The response, the variances of u (N,), and those of the state h = f(u) (N,)."""

    response: _Response
    input_variances: np.ndarray
    state_variances: np.ndarray


def _stationary_state(function: CompiledNonlinearity, network: LinearNetwork, drive: np.ndarray) -> _StationaryState:
    """The fixed point of the mean-field equations with drive Q + var(s) V V'.

    The gains depend on the covariance, so that this is no Stein equation: no solver of one is passed by.
    """
    W = network.dense()
    means = np.zeros(network.size)
    C = np.zeros_like(drive)
    # of an unstable network the covariance overflows, which the test for finite numbers then finds
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(STEPS):
            S = congruence(W, C) + drive
            response = _gaussian_response(function, W @ means, S)
            previous, C = C, response.gains[:, None] * S * response.gains + response.residual
            means = response.means
            if not np.isfinite(C).all():
                break
            if np.abs(C - previous).max() <= TOLERANCE * np.abs(C).max():
                return _StationaryState(response, np.diagonal(S).copy(), np.diagonal(C))
    raise InvalidNetworkError(
        f"no stationary state was found in {STEPS} steps; recurrent has spectral radius "
        f"{network.radius.value:.4g}: scale it down, net.rescaled(radius=0.9)"
    )


def _equivalent_network(network: LinearNetwork, Q: np.ndarray, state: _StationaryState) -> LinearNetwork:
    """diag(G) W and diag(G) V, with noise covariance G Q G + residual."""
    gains = state.response.gains
    noise = gains[:, None] * Q * gains + state.response.residual
    # rounding of the quadrature gives a linear unit a residual of ULP^2 of its variance
    if np.any(np.diagonal(noise) <= ULP**1.5 * state.state_variances):
        raise InvalidNetworkError("without noise, some unit is linear, or never driven; pass noise=True")
    W = gains[:, None] * network.dense()
    V = (gains * network.require_feedforward().T).T
    try:
        return LinearNetwork(W, V, noise, f"{network.name or 'unnamed'}, mean field")
    except InvalidNetworkError as error:
        raise InvalidNetworkError(
            f"the non-linearity leaves some direction of the state without noise ({error}); pass noise=True"
        ) from None


def _gaussian_response(function: CompiledNonlinearity, mu: np.ndarray, S: np.ndarray) -> _Response:
    """Mean of f(u), its gain on u, and the covariance of the residual, for Gaussian u of mean mu and covariance S.

    f is smooth, but for a kink at 0 perhaps.
    """
    deviation = np.sqrt(np.diagonal(S))
    # a unit at rest has the gain of a small fluctuation
    spread = np.maximum(deviation, SMALLEST_DEVIATION * (1 + np.abs(mu)))
    x, weight = _quadrature(-mu / spread, KNEE / spread)
    values = (mu[:, None] + spread[:, None] * x).ravel()
    function.activate(function.code, values)
    weighted = weight * values.reshape(x.shape)
    means = weighted.sum(axis=1)
    slopes = np.sum(weighted * x, axis=1)
    # the residual of f at each node, so that its variance and coefficients are no differences of large numbers
    line = means[:, None] + slopes[:, None] * x
    weighted -= weight * line
    residual = _hermite_series(weighted, x, _correlation(S, deviation))
    # the series converges slowly where rho = 1: the variance is the integral itself
    squares = weighted**2 / np.where(weight > 0, weight, 1)
    variances = np.where(deviation > 0, squares.sum(axis=1), 0)
    np.fill_diagonal(residual, variances)
    return _Response(means, slopes / spread, residual)


def _correlation(S: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """The correlations of u; 0 for a unit at rest."""
    divisor = np.where(deviation > 0, deviation, 1)
    return S / divisor[:, None] / divisor


def _hermite_series(weighted: np.ndarray, x: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """sum_{n >= 2} c_n(i) c_n(j) rho_ij^n, with c_n(i) the integral of f against the normalised Hermite polynomial.

    `weighted` (N, nodes) are the values of f times the weights at the nodes x (N, nodes).
    """
    residual = np.zeros_like(correlation)
    power = correlation
    previous, polynomial = x, (x * x - 1) / np.sqrt(2)
    for n in range(2, ORDER + 1):
        power = power * correlation
        coefficient = np.sum(weighted * polynomial, axis=1)
        residual += coefficient[:, None] * power * coefficient
        # sqrt(n + 1) p_{n+1} = x p_n - sqrt(n) p_{n-1}
        scaled = x * polynomial - np.sqrt(n) * previous
        previous, polynomial = polynomial, scaled / np.sqrt(n + 1)
    return residual


def _quadrature(centre: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights (N, nodes) for integrals over the standard normal density, of N functions with a kink.

    They are those of Gauss & Legendre on four pieces between -10 and 10, cut at the kink of the function, which lies at
    `centre` (N,), and at `width` (N,) on either side of it.
    """
    end = np.full_like(centre, WIDEST)
    cuts = [-end, centre - width, centre, centre + width, end]
    edges = np.clip(np.stack(cuts, axis=1), -WIDEST, WIDEST)
    half_lengths = np.diff(edges, axis=1) / 2
    # the nodes of the interval (-1, 1), moved to each piece: (N, pieces, nodes)
    starts, half_lengths = edges[:, :-1, None], half_lengths[:, :, None]
    nodes = starts + half_lengths * (1 + NODES)
    density = np.exp(-nodes * nodes / 2) / np.sqrt(2 * np.pi)
    weights = half_lengths * WEIGHTS * density
    shape = len(centre), -1
    return nodes.reshape(shape), weights.reshape(shape)
