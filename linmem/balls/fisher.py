r"""Fisher memory, enclosed: the curve and its total, the matrix across lags, memory behind readout noise or nuisances.

What is proved, for the stored doubles of W (N, N), V (N, d) and Q (N, N) taken as exact:

* Each J(k) = w_k* C^-1 w_k, w_k = W^k V, is enclosed by a form in a matrix near C and columns near w_k, with the
  inequalities of `linmem.balls.forms`, whose errors come from `linmem.balls.covariance` (eta) and
  `linmem.balls.states` (rho_k). They are relative to the form, hence no condition number enters.
* J_tot = V* J^s V, J^s = sum_k W*^k C^-1 W^k, comes from the geometric sum that gives C, for the adjoint.
* Behind readout noise M = C + r I takes the place of C. The same bounds hold, as M >= C: a factor 1 +- eta of C is at
  most that of M, and a drift in the norm of C^-1 is no smaller than in that of M^-1.

Every function takes W, V and Q as arrays of doubles, `lags` (a number K of lags; in continuous time an array of K
times), `horizon` (None for all steps) and `continuous`, in which W is the drift matrix A of dx = A x dt. The precision
is doubled until every error is below `rtol` times the largest value; above `limit` bits InconclusiveError is raised.
"""

from __future__ import annotations

import numpy as np

from linmem.balls.bounded import Bounded, Enclosed, Matrix, Rounded, as_double, as_doubles, shifted
from linmem.balls.covariance import ProvedCovariance, in_discrete_time, mean_variance, prove_covariance, spatial_memory
from linmem.balls.forms import form_across_lags, forms_of_lags
from linmem.balls.precision import escalated, first_bits
from linmem.balls.states import Lags, States, states_at
from linmem.balls.stein import geometric_sum

FORMS_A_UNIT = 4  # lags of a horizon, for each unit and input, up to which the total is the sum of its curve


def enclose_fisher_memory_curve(
    W: np.ndarray,
    V: np.ndarray,
    Q: np.ndarray,
    lags: Lags,
    horizon: int | None = None,
    continuous: bool = False,
    *,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    r"""J(k) = V* W*^k C^-1 W^k V, (K, d, d), and its sum over all lags, (d, d), enclosed.

    In continuous time J(t) = V* e^{A* t} C^-1 e^{A t} V.
    """
    # the sum over a short horizon is one of forms, which take fewer products than J^s
    steps = horizon if horizon is not None and horizon * V.shape[1] <= FORMS_A_UNIT * len(W) else None

    def proof(W: Matrix, V: Matrix, Q: Matrix) -> list[Rounded]:
        C = prove_covariance(W, Q, horizon, continuous)
        if steps is not None:
            forms = forms_of_lags(C.near, states_at(W, V, steps, C.q), C.eta)
            return [stacked(forms[:lags]), as_doubles(sum(forms[1:], forms[0]))]
        curve = forms_of_lags(C.near, states_at(W, V, lags, C.q), C.eta)
        total = spatial_memory(C).form(V)
        return [stacked(curve), as_doubles(total.balls())]

    return escalated(proof, (W, V, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def enclose_fisher_memory_matrix(
    W: np.ndarray,
    V: np.ndarray,
    Q: np.ndarray,
    lags: Lags,
    horizon: int | None = None,
    continuous: bool = False,
    *,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    """J_kl = V* W*^k C^-1 W^l V, (K, K, d, d), enclosed."""
    d = V.shape[1]

    def proof(W: Matrix, V: Matrix, Q: Matrix) -> list[Rounded]:
        C = prove_covariance(W, Q, horizon, continuous)
        states = states_at(W, V, lags, C.q)
        form = form_across_lags(C.near, states, C.eta)
        values, errors = as_doubles(form)
        return [(_by_lag_and_input(values, d), _by_lag_and_input(errors, d))]

    return escalated(proof, (W, V, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def enclose_snr_curve(
    W: np.ndarray,
    V: np.ndarray,
    Q: np.ndarray,
    lags: Lags,
    horizon: int | None = None,
    continuous: bool = False,
    *,
    readout_noise: float = 0.0,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    """V* W*^k M^-1 W^k V, (K, d, d), M = C + r I, enclosed; r is `readout_noise` times the mean variance of Q."""

    def proof(W: Matrix, V: Matrix, Q: Matrix) -> list[Rounded]:
        C, M, states = _behind_readout_noise(W, V, Q, lags, horizon, continuous, readout_noise)
        curve = forms_of_lags(M, states, C.eta)
        return [stacked(curve)]

    return escalated(proof, (W, V, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def enclose_nuisance_information(
    W: np.ndarray,
    V: np.ndarray,
    Q: np.ndarray,
    lags: Lags,
    horizon: int | None = None,
    continuous: bool = False,
    *,
    readout_noise: float = 0.0,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    """1 / [F^-1]_kk, (K, d), of F_kl = V* W*^k M^-1 W^l V, enclosed; M as in `enclose_snr_curve`.

    It is the information about one input at one lag where all the others are unknown.
    """
    d = V.shape[1]

    def proof(W: Matrix, V: Matrix, Q: Matrix) -> list[Rounded]:
        C, M, states = _behind_readout_noise(W, V, Q, lags, horizon, continuous, readout_noise)
        inverse = form_across_lags(M, states, C.eta).inv()
        pairs = []
        for i in range(inverse.nrows()):
            information = 1 / inverse[i, i].real
            pairs.append(as_double(information))
        values, errors = np.array(pairs).T
        return [(values.reshape(-1, d), errors.reshape(-1, d))]

    return escalated(proof, (W, V, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def enclose_spatial_fisher_memory(
    W: np.ndarray,
    Q: np.ndarray,
    horizon: int | None = None,
    continuous: bool = False,
    *,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    """J^s = sum_k W*^k C^-1 W^k, (N, N), enclosed (the observability Gramian of C^-1/2)."""

    def proof(W: Matrix, Q: Matrix) -> list[Rounded]:
        C = prove_covariance(W, Q, horizon, continuous)
        spatial = spatial_memory(C)
        return [as_doubles(spatial.balls())]

    return escalated(proof, (W, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def enclose_noise_covariance(
    W: np.ndarray,
    Q: np.ndarray,
    horizon: int | None = None,
    continuous: bool = False,
    *,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    """C = sum_k W^k Q W^k*, (N, N), enclosed; in continuous time the solution of W C + C W* = -Q."""

    def proof(W: Matrix, Q: Matrix) -> list[Rounded]:
        step, noise, _ = in_discrete_time(Bounded(W), Bounded(Q), continuous)
        C = geometric_sum(step, noise, horizon)
        return [as_doubles(C.balls())]

    return escalated(proof, (W, Q), rtol, limit)


def enclose_precision_form(
    W: np.ndarray,
    X: np.ndarray,
    Q: np.ndarray,
    horizon: int | None = None,
    continuous: bool = False,
    *,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    """X* C^-1 X, (d, d), for columns X (N, d), enclosed: the quadratic form of the precision matrix C^-1.

    The distances of columns in it are those of Mahalanobis.
    """

    def proof(W: Matrix, X: Matrix, Q: Matrix) -> list[Rounded]:
        C = prove_covariance(W, Q, horizon, continuous)
        states = states_at(W, X, 1, C.q)
        form = form_across_lags(C.near, states, C.eta)
        return [as_doubles(form)]

    return escalated(proof, (W, X, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def stacked(forms: list[Matrix]) -> Rounded:
    """The doubles of a list of forms, and the bounds of their errors, each in one array (K, d, d)."""
    values, errors = [], []
    for form in forms:
        value, error = as_doubles(form)
        values.append(value)
        errors.append(error)
    return np.array(values), np.array(errors)


def _behind_readout_noise(
    W: Matrix, V: Matrix, Q: Matrix, lags: Lags, horizon: int | None, continuous: bool, readout_noise: float
) -> tuple[ProvedCovariance, Matrix, States]:
    C = prove_covariance(W, Q, horizon, continuous)
    states = states_at(W, V, lags, C.q)
    r = mean_variance(Q) * readout_noise
    return C, shifted(C.near, r), states


def _by_lag_and_input(form: np.ndarray, d: int) -> np.ndarray:
    """(K d, K d) -> (K, K, d, d)."""
    K = len(form) // d
    return form.reshape(K, d, K, d).transpose(0, 2, 1, 3)
