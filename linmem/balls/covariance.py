r"""The noise covariance C = sum_k W^k Q W*^k (controllability Gramian), enclosed; and a near matrix that is as good.

For quadratic forms in C^-1 no enclosure of C is needed. An approximation C~ does, with the residual of its Stein
equation, ||C~ - W C~ W* - Q|| <= e (`linmem.balls.stein`). Let q be a lower bound of the least eigenvalue of Q, and eta
= e / q < 1/2. Then

    (1 - eta) C <= C~ <= (1 + eta) C        (Loewner order),

if the radius of W is below one, which C~ > 0 proves. Over a finite horizon the same follows from the bound of the sum,
as C >= Q >= q I, with no condition on the radius.

From it X = sum_k W*^k M^-1 W^k is computed for any M >= C that is known as well as C is. Its residual r counts relative
to the least eigenvalue of M~^-1, which is at least 1 / ||M~||: with theta = r ||M~||, X~ is between (1 - theta) and
(1 + theta) times the series of M~^-1.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, ctx

from linmem.balls.bounded import Bounded, InconclusiveError, Matrix, frobenius, trace
from linmem.balls.positive import factored
from linmem.balls.stein import cayley, geometric_sum, series_by_residual
from linmem.remembering import kept


@dataclass(frozen=True, eq=False)
class ProvedCovariance:
    """A matrix near the noise covariance C, at the working precision, and what is proved about both.

    Attributes
    ----------
    near
        C~, with (1 - `eta`) C <= C~ <= (1 + `eta`) C and `eta` < 1/2.
    q
        A lower bound of the least eigenvalue of the noise in each step, and so of that of C.
    step
        W; in continuous time its Cayley transform, which has the same C.
    kick
        The factor P of the Cayley transform in continuous time, else None.
    horizon
        The number of steps that are summed, None for all.
    """

    near: Matrix
    eta: arb
    q: arb
    step: Bounded
    kick: Bounded | None
    horizon: int | None

    @property
    def largest(self) -> arb:
        """An upper bound of ||C||, as C <= C~ / (1 - eta) and eta < 1/2."""
        norm = 2 * frobenius(self.near)
        return norm.upper()


def in_discrete_time(A: Bounded, Q: Bounded, continuous: bool) -> tuple[Bounded, Bounded, Bounded | None]:
    """The matrix and the noise of one step, and in continuous time the factor P of the Cayley transform."""
    if continuous:
        return cayley(A, Q)
    return A, Q, None


def prove_covariance(W: Matrix, Q: Matrix, horizon: int | None = None, continuous: bool = False) -> ProvedCovariance:
    """A matrix near C and a proof of how near. Raises InconclusiveError where the working precision is too low.

    Several claims about one network ask for it at the same precision.
    """
    key = (prove_covariance, id(W), id(Q), ctx.prec, horizon, continuous)
    # W and Q are kept with the proof: as long as they are, no other matrix has their addresses
    proved, _, _ = kept(key, lambda: (_prove_covariance(W, Q, horizon, continuous), W, Q))
    return proved


def _prove_covariance(W: Matrix, Q: Matrix, horizon: int | None, continuous: bool) -> ProvedCovariance:
    step, noise, kick = in_discrete_time(Bounded(W), Bounded(Q), continuous)
    # min eig Q = 1 / ||Q^-1|| >= 1 / ||Q^-1||_F
    q = (1 / frobenius(noise.mid.inv())).lower()
    if horizon is None:
        near, residual = series_by_residual(step, noise)
        eta = (residual / q).upper()
        proved = eta < 0.5 and factored(near) is not None
    else:
        C = geometric_sum(step, noise, horizon)
        near, eta = C.mid, (C.error / q).upper()
        proved = eta < 0.5
    if not proved:
        raise InconclusiveError("C is not known well enough")
    return ProvedCovariance(near, eta, q, step, kick, horizon)


def adjoint_series(C: ProvedCovariance, M: Matrix, delta: arb) -> Bounded:
    """X = sum_k W*^k M^-1 W^k of every M >= C with (1 - delta) M <= M~ <= (1 + delta) M, for a step W in discrete time.

    That the series of all steps ends is proved with C.
    """
    inverse = M.inv()
    # M^-1 is between (1 - delta) and (1 + delta) times M~^-1; delta / (1 - delta) is no less
    loose = delta / (1 - delta)
    if C.horizon is not None:
        precision = Bounded(inverse, loose * frobenius(inverse))
        return geometric_sum(C.step.adjoint, precision, C.horizon)
    near, residual = series_by_residual(C.step.adjoint, Bounded(inverse))
    # min eig M~^-1 >= 1 / ||M~||
    theta = (residual * frobenius(M)).upper()
    if not theta < 0.5:
        raise InconclusiveError("J^s is not known well enough")
    # |X - X~| <= worst X~ in the Loewner order, and so in the Frobenius norm
    worst = (1 + theta / (1 - theta)) * (1 + loose) - 1
    return Bounded(near, worst * frobenius(near))


def spatial_memory(C: ProvedCovariance) -> Bounded:
    """J^s = sum_k W*^k C^-1 W^k, or the integral of e^{W* t} C^-1 e^{W t} in continuous time."""
    X = adjoint_series(C, C.near, C.eta)
    return in_time_of_network(X, C)


def in_time_of_network(X: Bounded, C: ProvedCovariance) -> Bounded:
    """A series over the steps as it is; in continuous time P* X P, the integral over e^{W* t} ... e^{W t}."""
    if C.kick is None:
        return X
    return C.kick.adjoint @ X @ C.kick


def mean_variance(Q: Matrix) -> arb:
    """trace Q / N, the mean variance of the noise."""
    return trace(Q) / Q.nrows()
