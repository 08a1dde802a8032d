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

from linmem.errors import AccuracyError, ArgumentError, InvalidNetworkError
from linmem.linalg.blas import blas_threads_for, congruence, product, squared_norm
from linmem.linalg.stein import MAX_DOUBLINGS, ULP
from linmem.measured import Measured, MeasuredArray, measured_array
from linmem.memory.decoding import MemoryFunction, memory_function
from linmem.network import LinearNetwork, NetworkOrMatrix
from linmem.simulation.gaussian_response import FINER_RULE, ORDER, RULE, SMALLEST_DEVIATION, Response, gaussian_response
from linmem.simulation.trials import CompiledNonlinearity, Nonlinearity, compiled_nonlinearity, single_network
from linmem.validation import number

METHOD = "fixed point"
STEPS = 20_000
FIRST_STEPS = 20  # from rest, before the equations are solved for the gains of the present state
BETWEEN_SOLUTIONS = 2
TOLERANCE = 1e-13  # of the last correction, in standard deviations of the state
ROUGH = 1e-3  # below which a correction that shrinks no more is the rounding of a response, or its quadrature
SMALLEST_SHARE = 1 / 64  # of a correction
STALLED = 8  # corrections that do not halve the smallest before them
WORSE = 2  # times as far from balance: what a solution may be, as it need not come closer at first
STEP = 1e-4  # in standard deviations, for the differences that show how errors move the gains
LARGEST_ERROR = 0.3  # of a standard deviation: a tenth of a variance


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

    Each number and array carries its `error`, estimated: what is missing of the balance of the mean and the covariance
    that are returned, the quadrature, the Hermite series and the rounding, all summed over the steps that they last.
    """

    network: LinearNetwork
    snr: Measured
    gains: MeasuredArray
    means: MeasuredArray
    variances: MeasuredArray
    residual: MeasuredArray
    AXES: ClassVar[dict[str, str]] = {"unit": "gains means variances", "unit other_unit": "residual"}

    def memory_function(self, lags: int | None = None, **options: Any) -> MemoryFunction:
        """m(k) of the linear network: the prediction of `decode_curve` for the non-linear one."""
        return memory_function(self.network, lags, snr=self.snr, **options)


def mean_field(network: NetworkOrMatrix, nonlinearity: Nonlinearity, *, snr: float, noise: bool = True) -> MeanField:
    r"""The linear network with the statistics of h_t = f(W h_{t-1} + V s_t + z_t), for a white Gaussian signal.

    It is the Gaussian equivalent, by statistical linearisation: each unit has the mean gain G = E f'(u), and what
    remains of f is noise. It is not the Jacobian linearisation about a trajectory, which takes f' at each state.

    The mean m and the covariance C of the state are followed from rest until they are stationary: m = E f(u),
    S = W C W' + var(s) V V' + Q, C = G S G + residual, with the gains and the residual of the present W m and S.

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
    AccuracyError
        Where rounding leaves no digit of the mean or of a variance.
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
    with np.errstate(over="ignore"):
        entering = Q + signal_variance * (V @ V.T)
    if not np.isfinite(entering).all():
        raise InvalidNetworkError(
            f"feedforward has entries up to {np.abs(V).max():.1g}, with which the signal of variance "
            f"{signal_variance:.1g} overflows; measure it in larger units: divide feedforward by a power of ten"
        )
    with blas_threads_for(network.size):
        state, errors = _stationary_state(function, network, entering)
    _require_fluctuations(network, state)
    equivalent = _equivalent_network(network, Q, state)
    response = state.response
    of_response = errors.response
    of_noise = 2 * np.abs(response.gains) * of_response.gains * np.diagonal(Q) + np.diagonal(of_response.residual)
    ratio = signal_variance / equivalent.noise_variance
    of_ratio = ratio * (np.mean(of_noise) / equivalent.noise_variance + 16 * ULP)
    return MeanField(
        network=equivalent,
        snr=Measured(ratio, of_ratio, METHOD),
        gains=measured_array(response.gains, of_response.gains, METHOD),
        means=measured_array(response.means, of_response.means, METHOD),
        variances=measured_array(np.diagonal(state.input_covariance).copy(), errors.input_variances, METHOD),
        residual=measured_array(response.residual, of_response.residual, METHOD),
    )


def _require_fluctuations(network: Any, state: _State) -> None:
    """Refuse inputs that fluctuate so little that gains would be taken over a wider range than they see."""
    deviation = np.sqrt(np.diagonal(state.input_covariance))
    smallest = SMALLEST_DEVIATION * (1 + np.abs(network.dense() @ state.means))
    is_tiny = (deviation > 0) & (deviation < smallest)
    if is_tiny.any():
        raise InvalidNetworkError(
            f"noise and signal give the input to unit {int(np.argmax(is_tiny))} a standard deviation of "
            f"{deviation[is_tiny][0]:.1g}, below {smallest[is_tiny][0]:.1g}, where the nonlinearity is linear to ten "
            "digits: use the linear network, with the slope of the nonlinearity as its gains"
        )


class _State(NamedTuple):
    """Moments of a state h, the covariance of its input u = W h + ..., the response, and the moments of the next state.

    Of the next state the mean is that of the response.
    """

    means: np.ndarray
    covariance: np.ndarray
    input_covariance: np.ndarray
    response: Response
    next_covariance: np.ndarray

    @property
    def is_finite(self) -> bool:
        """Whether the next state has finite moments."""
        return bool(np.isfinite(self.next_covariance).all() and np.isfinite(self.response.means).all())

    @property
    def imbalance(self) -> tuple[np.ndarray, np.ndarray]:
        """What a step adds to the mean and to the covariance."""
        return self.response.means - self.means, self.next_covariance - self.covariance

    @property
    def distance(self) -> float:
        """The largest entry of the imbalance, in units of the standard deviations of the state."""
        return _in_deviations(self, *self.imbalance)


class _Errors(NamedTuple):
    """Upper estimates of errors: of the mean of the state, of its covariance, of the variances of u, of the response.

    No entry of the covariance is off by more than the product of the `deviations` of its two units.
    """

    means: np.ndarray
    deviations: np.ndarray
    input_variances: np.ndarray
    response: Response


class _Equations(NamedTuple):
    """m = E f(u) and C = G S G + residual, with u of mean W m and covariance S = W C W' + drive."""

    function: CompiledNonlinearity
    W: np.ndarray
    drive: np.ndarray

    def at(self, means: np.ndarray, covariance: np.ndarray, rule: Any = RULE) -> _State:
        """The state of these moments."""
        S = congruence(self.W, covariance) + self.drive
        response = gaussian_response(self.function, self.W @ means, S, rule)
        next_covariance = response.gains[:, None] * S * response.gains + response.residual
        return _State(means, covariance, S, response, next_covariance)

    def defects(self, state: _State) -> tuple[np.ndarray, np.ndarray]:
        """How far rounding, quadrature and the Hermite series may have moved the next mean and variances, (N,) each."""
        finer = self.at(state.means, state.covariance, FINER_RULE)
        rounding = 4 * ULP * len(self.W) ** 0.5
        moduli = np.abs(self.W)
        gains = np.abs(state.response.gains)
        largest_input = (moduli @ np.sqrt(np.diagonal(state.covariance))) ** 2 + np.diagonal(self.drive)
        size = np.sqrt(state.response.means**2 + np.diagonal(state.next_covariance))
        of_means = rounding * (gains * (moduli @ np.abs(state.means)) + size)
        of_means += 4 * np.abs(finer.response.means - state.response.means)
        of_variances = rounding * (gains**2 * largest_input + np.diagonal(state.next_covariance))
        # a Hermitian matrix is at most the diagonal matrix of the sums of its rows
        left_out = 4 * np.abs(finer.next_covariance - state.next_covariance) + state.response.left_out
        return of_means, of_variances + left_out.sum(axis=1)

    def errors(self, state: _State, correction: float, inflation: float) -> _Errors:
        """The errors of a state that `correction` led to; `inflation` is for the dependence of the gains on it."""
        of_means, of_variances = self.defects(state)
        A = state.response.gains[:, None] * self.W
        sums = _sums_of_powers(A, np.eye(len(A)), np.diag(of_variances))
        deviation = np.sqrt(np.diagonal(state.next_covariance))
        if sums is None:
            unknown = np.full(len(A), np.inf)
            return _Errors(unknown, unknown, unknown, state.response)
        means = inflation * (np.abs(sums[0]) @ of_means + correction * deviation)
        variances = inflation * (np.diagonal(sums[1]) + correction * deviation**2)
        deviations = np.sqrt(variances)
        of_input = (np.abs(self.W) @ deviations) ** 2 + 4 * ULP * len(A) ** 0.5 * np.diagonal(state.input_covariance)
        return _Errors(means, deviations, of_input, self._errors_of_response(state, means, deviations))

    def _errors_of_response(self, state: _State, means: np.ndarray, deviations: np.ndarray) -> Response:
        """By differences, as the mean or the variance of the input of each unit changes a little."""
        mu, S, response = self.W @ state.means, state.input_covariance, state.response
        deviation = np.sqrt(np.maximum(np.diagonal(S), np.finfo(float).tiny))
        of_mu = np.abs(self.W) @ means / deviation
        of_deviation = np.abs(self.W) @ deviations / deviation  # its square is relative to the variance
        shifted = gaussian_response(self.function, mu + STEP * deviation, S)
        wider = gaussian_response(self.function, mu, S * (1 + STEP) ** 2)
        finer = gaussian_response(self.function, mu, S, FINER_RULE)
        of_rho = ORDER * of_deviation[:, None] * of_deviation * _outer_root(np.diagonal(response.residual))
        by_field = []
        for own, moved, spread, exact in zip(response[:3], shifted, wider, finer, strict=False):
            slope_by_mean, slope_by_width = np.abs(moved - own) / STEP, np.abs(spread - own) / STEP
            along = of_mu, of_deviation**2
            if own.ndim == 2:
                along = np.maximum.outer(of_mu, of_mu), np.maximum.outer(along[1], along[1])
            by_field.append(2 * (slope_by_mean * along[0] + slope_by_width * along[1] + 4 * np.abs(exact - own)))
        rounding = 16 * ULP
        size = np.sqrt(np.diagonal(state.next_covariance))
        by_field[0] = by_field[0] + means
        by_field[1] += rounding * (np.abs(response.gains) + np.abs(response.means) / deviation)
        by_field[2] += of_rho + response.left_out + rounding * size[:, None] * size
        of_means, of_gains, of_residual = by_field
        return Response(of_means, of_gains, of_residual, response.left_out)


def _stationary_state(
    function: CompiledNonlinearity, network: LinearNetwork, drive: np.ndarray
) -> tuple[_State, _Errors]:
    """The fixed point of the mean-field equations with drive Q + var(s) V V', and its errors.

    The state is followed from rest. For given gains G the equations are linear with the matrix A = G W, and what is
    missing of their solution is the sum of A^k r and of A^k R A^k' over the imbalances r of the mean and R of the
    covariance. That is added wherever it brings the state closer to balance, so that a slow mode takes no more steps
    than another, and it is the distance by which the end is decided: the last step of a slow mode is short, and far
    from the end. The gains depend on the covariance, so that no solver of a Stein equation is passed by.
    """
    equations = _Equations(function, network.dense(), drive)
    smallest = last_correction = np.inf
    stalled, inflation, share = 0, 2.0, 1.0
    # of an unstable network the covariance overflows, which the test for finite numbers then finds
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        state = equations.at(np.zeros(network.size), np.zeros_like(drive))
        for step in range(STEPS):
            if not state.is_finite:
                break
            sums = None
            if step >= FIRST_STEPS and step % BETWEEN_SOLUTIONS == 0:
                A = state.response.gains[:, None] * equations.W
                sums = _sums_of_powers(A, *state.imbalance)
            if sums is None:
                state = equations.at(state.response.means, state.next_covariance)
                continue
            target = equations.at(state.means + share * sums[0], state.covariance + share * sums[1])
            correction = _in_deviations(target, *sums)
            stalled = stalled + 1 if correction > smallest / 2 else 0
            smallest = min(smallest, correction)
            if correction <= TOLERANCE or (stalled >= STALLED and correction <= ROUGH):
                return target, _checked_errors(equations, target, correction, inflation)
            if correction < last_correction:
                inflation = float(np.clip(2 / (1 - correction / last_correction), 2, 20))
            # where gains fall as the variance grows, whole corrections jump from one side to the other
            share = min(1.0, 1.5 * share) if correction < 0.8 * last_correction else max(share / 2, SMALLEST_SHARE)
            is_closer = target.is_finite and target.distance < WORSE * state.distance
            state = target if is_closer else equations.at(state.response.means, state.next_covariance)
            last_correction = correction
    raise InvalidNetworkError(
        f"no stationary state was found in {STEPS} steps; recurrent has spectral radius "
        f"{network.radius.value:.4g}: scale it down, net.rescaled(radius=0.9)"
    )


def _checked_errors(equations: _Equations, state: _State, correction: float, inflation: float) -> _Errors:
    """The errors of the state that the last correction led to, where they leave any digit."""
    errors = equations.errors(state, correction, inflation)
    deviation = np.sqrt(np.diagonal(state.covariance))
    worst = float(np.max(np.maximum(errors.deviations, errors.means) / np.maximum(deviation, np.finfo(float).tiny)))
    if not worst < LARGEST_ERROR:
        raise AccuracyError(worst, LARGEST_ERROR, reason="the mean and the covariance of the state are ill-conditioned")
    return errors


def _in_deviations(state: _State, of_means: np.ndarray, of_covariance: np.ndarray) -> float:
    """The largest entry of changes of the moments, in units of the standard deviations of the state."""
    deviation = np.sqrt(np.maximum(np.diagonal(state.next_covariance), np.finfo(float).tiny))
    relative = np.abs(of_covariance) / deviation[:, None] / deviation
    return float(max(np.max(np.abs(of_means) / deviation), relative.max()))


def _sums_of_powers(A: np.ndarray, r: np.ndarray, R: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """sum_k A^k r and sum_k A^k R A^k' by doubling; None where the powers do not vanish."""
    of_means, of_covariance, power = r, R, A
    for _ in range(MAX_DOUBLINGS):
        of_means = of_means + power @ of_means
        of_covariance = of_covariance + congruence(power, of_covariance)
        if not np.isfinite(of_covariance).all():
            return None
        if squared_norm(power) < ULP**2:
            return of_means, of_covariance
        power = product(power, power)
    return None


def _outer_root(diagonal: np.ndarray) -> np.ndarray:
    root = np.sqrt(diagonal)
    return root[:, None] * root


def _equivalent_network(network: LinearNetwork, Q: np.ndarray, state: _State) -> LinearNetwork:
    """diag(G) W and diag(G) V, with noise covariance G Q G + residual."""
    gains = state.response.gains
    noise = gains[:, None] * Q * gains + state.response.residual
    # rounding of the quadrature gives a linear unit a residual of ULP^2 of its variance
    if np.any(np.diagonal(noise) <= ULP**1.5 * np.diagonal(state.next_covariance)):
        raise InvalidNetworkError("without noise, some unit is linear, or never driven; pass noise=True")
    W = gains[:, None] * network.dense()
    V = (gains * network.require_feedforward().T).T
    try:
        return LinearNetwork(W, V, noise, f"{network.name or 'unnamed'}, mean field")
    except InvalidNetworkError as error:
        raise InvalidNetworkError(
            f"the non-linearity leaves some direction of the state without noise ({error}); pass noise=True"
        ) from None
