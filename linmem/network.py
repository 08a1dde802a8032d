r"""The network: the one place where input is checked.

Conventions
-----------
h_t = W h_{t-1} + V s_t + z_t in discrete time, dx = (A x + V s) dt + dB in continuous time. `W[i, j]` and `A[i, j]` are
weights *from* unit j *to* unit i (the state is a column). z is white Gaussian noise of covariance eps I or Q, and dB of
that covariance per unit of time. Arrays are copied, double precision, read-only; nothing downstream checks them again.

Contents
--------
LinearNetwork
    Discrete time: recurrent weights, feedforward weights, noise; one network, or a stack of them as in `numpy.linalg`.
ContinuousNetwork
    Continuous time: drift, feedforward weights, noise.
as_network, NetworkOrMatrix
    A network as it is, or a bare matrix as a network without an input; the type of such an argument.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self, TypeAlias, cast

import numpy as np
import scipy.sparse as sparse
from numpy.typing import ArrayLike

from linmem import validation as checks
from linmem.balls.decisions import settled
from linmem.balls.discretised import discretised
from linmem.balls.scaling import scaled_to_radius
from linmem.errors import InvalidNetworkError, UndecidedStabilityError, UnstableNetworkError
from linmem.linalg.discretisation import METHODS as DISCRETISATIONS
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE, Abscissa, Stability, spectral_abscissa, spectral_radius
from linmem.linalg.modes import Modes
from linmem.linalg.structure import Lines, find_lines
from linmem.validation import RTOL, number, option, whole_number

__all__ = ["ContinuousNetwork", "LinearNetwork", "Network", "NetworkOrMatrix", "as_network", "number", "whole_number"]


class Network(ABC):
    """What networks in discrete and in continuous time have in common.

    Attributes
    ----------
    matrix
        W or A, as it is stored: an array, or a `scipy.sparse` one.
    size
        N, the number of units (hidden size, state dimension).
    stack_shape
        The leading axes: () for one network.
    is_sparse
        Whether W is stored as a `scipy.sparse` array.
    is_continuous
        Whether time is continuous.
    noise_is_matrix
        Whether the noise is given as a covariance matrix, and not as a variance.
    noise_variance
        eps, or the mean variance of a noise matrix, which is divided out before anything is computed.
    feedforward_is_matrix
        Whether V is a matrix (..., N, d), so that results keep two axes for the inputs, and not a vector.
    modes, enters_with_input
        The modes of a diagonal network, else None; whether its noise enters as the signal does, Q = eps V V*.
    """

    MATRIX: ClassVar[str]  # the field that holds W or A
    KNOWN: ClassVar[str]  # the field that holds a radius or an abscissa that is known by proof
    is_continuous: ClassVar[bool]
    feedforward: Any
    noise: Any
    name: str
    labels: tuple[str, ...]
    matrix: Any
    size: int
    stack_shape: tuple[int, ...]
    is_sparse: bool
    noise_is_matrix: bool
    noise_variance: float
    feedforward_is_matrix: bool
    modes: Modes | None = None
    enters_with_input: bool = False

    def __post_init__(self) -> None:
        W = checks.matrix(self.MATRIX, getattr(self, self.MATRIX))
        values = {self.MATRIX: W, "noise": checks.noise(self.noise, W.shape[-1])}
        if self.feedforward is not None:
            values["feedforward"] = checks.feedforward(self.feedforward, W, self.MATRIX)
        if (known := getattr(self, self.KNOWN)) is not None:
            least = None if self.is_continuous else 0
            values[self.KNOWN] = number(self.KNOWN, known, at_least=least, kind=InvalidNetworkError)
        values |= {"name": checks.text("name", self.name), "labels": checks.labels(self.labels, W.shape[-1])}
        values |= self._derived(W, values["noise"], values.get("feedforward"))
        for field, value in values.items():
            object.__setattr__(self, field, value)

    @staticmethod
    def _derived(W: Any, noise: Any, feedforward: np.ndarray | None) -> dict[str, Any]:
        """What follows from the fields and every measure asks for: computed once, in the constructor."""
        noise_is_matrix, size = np.ndim(noise) != 0, int(W.shape[-1])
        return {
            "matrix": W,
            "size": size,
            "stack_shape": tuple(W.shape[:-2]),
            "is_sparse": sparse.issparse(W),
            "noise_is_matrix": noise_is_matrix,
            "noise_variance": float(np.trace(noise).real / size) if noise_is_matrix else noise,
            "feedforward_is_matrix": feedforward is not None and feedforward.ndim == W.ndim,
        }

    @property
    def n_inputs(self) -> int:
        """d, the number of inputs: 1 for a vector v."""
        return int(self.columns().shape[-1])

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The type of whatever is computed from W, V and the noise together: complex where one of them is."""
        parts = self.matrix, self.feedforward, self.noise
        return np.result_type(float, *(part.dtype for part in parts if hasattr(part, "dtype")))

    @property
    def noise_is_independent(self) -> bool:
        """Whether Q is diagonal."""
        # the diagonal of a positive definite matrix has no zero
        return not self.noise_is_matrix or bool(np.count_nonzero(self.noise) == self.size)

    @cached_property
    def covariance(self) -> np.ndarray:
        """Q as a matrix, (N, N): eps I for independent noise of equal variance."""
        return self.noise if self.noise_is_matrix else self.noise * np.eye(self.size)

    @cached_property
    def unit_noise(self) -> np.ndarray | None:
        """Q / eps, of mean variance one; None for the identity, independent noise of equal variance."""
        return self.noise / self.noise_variance if self.noise_is_matrix else None

    @cached_property
    def lines(self) -> Lines | None:
        """The delay lines and rings that make up the network, where noise is independent across units; else None."""
        return None

    @property
    def noise_deviation(self) -> np.ndarray:
        """The standard deviation of the noise of each unit, (N,), where its mean variance is one."""
        return np.ones(self.size) if self.unit_noise is None else np.sqrt(np.diag(self.unit_noise).real)

    @property
    @abstractmethod
    def stability(self) -> Stability:
        """The spectral radius in discrete, the spectral abscissa in continuous time: what decides stability."""

    @property
    @abstractmethod
    def stability_is_known(self) -> bool:
        """Whether it is stated, or follows from the structure without an eigenvalue routine."""

    def require_stable(self) -> None:
        """Raise unless stability is certain."""
        stability = self.stability
        if stability.stable is False:
            raise UnstableNetworkError(stability.value, continuous=self.is_continuous)
        if stability.stable is None:
            raise UndecidedStabilityError(stability.lower, stability.upper, continuous=self.is_continuous)

    def require_feedforward(self) -> np.ndarray:
        """V as it was given; raise where there is none."""
        if self.feedforward is None:
            advice = f"give one: {type(self).__name__}(W, v)"
            raise InvalidNetworkError(f"feedforward is None, but this quantity depends on the input; {advice}")
        return self.feedforward

    def columns(self) -> np.ndarray:
        """V as (..., N, d), with d = 1 for one input."""
        V = self.require_feedforward()
        return V if self.feedforward_is_matrix else V[..., None]

    def member(self, *index: int) -> Self:
        """One network of a stack."""
        parts = {self.MATRIX: self.matrix[index]}
        if self.feedforward is not None:
            parts["feedforward"] = self.feedforward[index]
        return replace(self, **parts)  # type: ignore[type-var]

    def dense(self) -> np.ndarray:
        """W or A as an array; a sparse one of more than `LARGEST_DENSE` units is refused: it would fill the memory."""
        if not self.is_sparse:
            return self.matrix
        if self.size > LARGEST_DENSE:
            raise InvalidNetworkError(
                f"{self.MATRIX} is sparse with {self.size} units; up to {LARGEST_DENSE} are computed as a dense "
                f"matrix: take a smaller network, or pass {self.MATRIX}.toarray() if there are "
                f"{self.size**2 * 40 / 2**30:.0f} GB of memory"
            )
        return self.matrix.toarray()

    def require_discrete(self) -> None:
        """Raise where time is continuous."""
        if self.is_continuous:
            advice = "see it at times 0, dt, ...: net.discretised(dt)"
            raise InvalidNetworkError(f"network is one in continuous time; {advice}")

    def in_steps(self) -> LinearNetwork:
        """This network with its matrix W; raise where time is continuous."""
        self.require_discrete()
        return cast(LinearNetwork, self)

    def require_single(self, what: str) -> None:
        """Raise if this is a stack; `what` is the measure that is known of one network."""
        if self.stack_shape:
            raise InvalidNetworkError(
                f"{what} is of one network, but {self.MATRIX} is a stack of shape {self.matrix.shape}; take a member: "
                "net.member(0)"
            )

    def __repr__(self) -> str:
        kind = "sparse " if self.is_sparse else ""
        stack = f", a stack of {self.stack_shape}" if self.stack_shape else ""
        return f"<{type(self).__name__} {self.name or 'unnamed'}: {kind}{self.size} units{stack}>"


@dataclass(frozen=True, eq=False, repr=False)
class LinearNetwork(Network):
    r"""h_t = W h_{t-1} + V s_t + z_t, a discrete-time linear network with Gaussian noise.

    Parameters
    ----------
    recurrent
        W, (N, N), or a stack (..., N, N); real or complex; an array, nested lists, or any `scipy.sparse` matrix or
        array, which stays sparse. `W[i, j]` is the weight from unit j to unit i.
    feedforward
        V, (N,) for one input or (N, d) for d of them; over a stack (..., N) or (..., N, d), and (N,) is shared. None:
        no input chosen, which is enough for whatever depends on W alone. V is used as given: nothing scales it to
        unit norm.
    noise
        A variance eps > 0, or a symmetric (Hermitian) positive definite covariance Q (N, N), shared by a stack.
    name
        What figures and tables call the network.
    labels
        Names of the units, N of them or none.
    known_radius
        The spectral radius, where it is known by proof and not by an eigenvalue routine. It decides stability.

    Raises
    ------
    InvalidNetworkError
        For anything that is not such a network: the message names the argument, the value met, and the rule. An
        unstable network is valid: it has finite-horizon memory; stationary quantities raise `UnstableNetworkError`
        when they are asked for.

    Examples
    --------
    >>> net = LinearNetwork([[0, 0], [1, 0]], [1, 0])
    >>> net.size, net.radius.value
    (2, 0.0)
    """

    MATRIX: ClassVar[str] = "recurrent"
    KNOWN: ClassVar[str] = "known_radius"
    is_continuous: ClassVar[bool] = False

    recurrent: Any
    feedforward: Any = None
    noise: Any = 1.0
    name: str = ""
    labels: tuple[str, ...] = ()
    known_radius: float | None = None

    @cached_property
    def lines(self) -> Lines | None:
        """The delay lines and rings that make up the network, where noise is independent across units; else None."""
        if self.stack_shape or not self.noise_is_independent:
            return None
        # most dense networks have more weights than lines have: that is seen without a look at their places
        if not self.is_sparse and np.count_nonzero(self.recurrent) > self.size:
            return None
        return find_lines(self.recurrent)

    @cached_property
    def radius(self) -> Stability:
        """The spectral radius with its bounds: `known_radius` where given, else from structure or eigenvalues."""
        if self.known_radius is not None:
            return Stability.exactly(self.known_radius)
        self.require_single("radius")
        return settled(spectral_radius(self.recurrent), self.recurrent)

    @property
    def stability(self) -> Stability:
        return self.radius

    @property
    def stability_is_known(self) -> bool:
        return self.known_radius is not None or self.lines is not None

    def rescaled(self, radius: float, *, rtol: float = 1e-6) -> LinearNetwork:
        """The same network with W scaled to a spectral radius; AccuracyError where it is not certain to `rtol`."""
        radius, rtol = number("radius", radius, above=0), number("rtol", rtol, above=0)
        self.require_single("rescaled")
        known = None if self.known_radius is None else radius
        return replace(self, recurrent=scaled_to_radius(self.recurrent, self.radius, radius, rtol), known_radius=known)


@dataclass(frozen=True, eq=False, repr=False)
class ContinuousNetwork(Network):
    r"""dx = (A x + V s) dt + dB, a continuous-time linear network with Gaussian noise.

    Parameters
    ----------
    drift
        A, (N, N), or a stack (..., N, N); real or complex, dense or sparse. `A[i, j]` is the weight from unit j to
        unit i; a leak of rate 1 beside weights W is A = W - I.
    feedforward
        V, (N,) for one input or (N, d) for d of them, as for `LinearNetwork`.
    noise
        eps > 0 or a symmetric positive definite Q (N, N): the covariance of dB is that times dt.
    name, labels
        As for `LinearNetwork`.
    known_abscissa
        The spectral abscissa, max Re lambda, where it is known by proof. It decides stability.

    Raises
    ------
    InvalidNetworkError
        For anything that is not such a network. An unstable one is valid; stationary quantities raise
        `UnstableNetworkError`.

    Examples
    --------
    >>> net = ContinuousNetwork([[-1, 0], [2, -1]], [1, 0])
    >>> net.abscissa.value
    -1.0
    """

    MATRIX: ClassVar[str] = "drift"
    KNOWN: ClassVar[str] = "known_abscissa"
    is_continuous: ClassVar[bool] = True

    drift: Any
    feedforward: Any = None
    noise: Any = 1.0
    name: str = ""
    labels: tuple[str, ...] = ()
    known_abscissa: float | None = None

    @cached_property
    def abscissa(self) -> Abscissa:
        """The spectral abscissa with its bounds: `known_abscissa` where given, else from structure or eigenvalues."""
        if self.known_abscissa is not None:
            return Abscissa.exactly(self.known_abscissa)
        self.require_single("abscissa")
        return settled(spectral_abscissa(self.drift), self.drift)

    @property
    def stability(self) -> Stability:
        return self.abscissa

    @property
    def stability_is_known(self) -> bool:
        return self.known_abscissa is not None

    def discretised(self, dt: float, method: str = "zero-order hold", *, rtol: float = RTOL) -> LinearNetwork:
        r"""The network as it is seen at times 0, dt, 2 dt, ...

        "zero-order hold" is exact: W = e^{A dt}, and the noise that enters between two looks has covariance
        Q_dt = int_0^dt e^{A t} Q e^{A* t} dt, which is not dt Q: taking it for white of equal variance changes J. The
        stationary covariance is that of the continuous network, and J(k) with V is J(k dt). "bilinear" (Tustin) is
        W = (I - A dt/2)^-1 (I + A dt/2) with Q_dt = (I - A dt/2)^-1 dt Q (I - A dt/2)^-*: another W, the same
        stationary covariance. V is left as it is: an input that is a kick at the times of looking.

        Where rounding would move memory, W is rounded once from more digits and Q_dt is what keeps the stationary
        covariance; J(k) is then right as long as k ulps are few. Raises AccuracyError where that, or W of its largest
        entry, is not within `rtol`, InvalidNetworkError where a step overflows, or 2 / dt is an eigenvalue.

        Van Loan (1978), IEEE TAC 23:395, for the integral.

        Examples
        --------
        >>> net = ContinuousNetwork([[-1.0]], [1.0]).discretised(0.1)
        >>> bool(abs(net.recurrent[0, 0] - np.exp(-0.1)) < 1e-15)
        True
        """
        dt, rtol = number("dt", dt, above=0), number("rtol", rtol, above=0)
        method = option("method", method, DISCRETISATIONS)
        self.require_single("discretised")
        V = None if self.feedforward is None else self.columns()
        W, noise = discretised(
            self.dense(), self.covariance, V, dt, method, rtol, lambda: self.abscissa.stable is False
        )
        return LinearNetwork(W, self.feedforward, noise, f"{self.name}, dt {dt:g}", self.labels)


# the first argument of a measure of a matrix: a network, or an array, nested lists or a `scipy.sparse` array
NetworkOrMatrix: TypeAlias = Network | ArrayLike | sparse.sparray | sparse.spmatrix


def as_network(network: NetworkOrMatrix) -> Network:
    """A network as it is; a bare matrix as a network in discrete time without an input."""
    return network if isinstance(network, Network) else LinearNetwork(network)
