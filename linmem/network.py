r"""The network: the one place where input is checked.

Conventions
-----------
h_t = W h_{t-1} + V s_t + z_t, with `W[i, j]` the weight *from* unit j *to* unit i (h is a column). z is white
Gaussian noise of covariance eps I or Q. Arrays are copied, double precision, read-only; nothing downstream checks
them again.

Contents
--------
LinearNetwork
    Recurrent weights, feedforward weights, noise: one network, or a stack of them as in `numpy.linalg`.
as_network
    A network as it is, or a bare matrix as a network without an input.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse

from linmem.errors import InvalidNetworkError
from linmem.stability import ULP, Radius, spectral_radius
from linmem.structure import Lines, find_lines

LARGEST = 1e150  # a larger entry overflows when squared


@dataclass(frozen=True, eq=False)
class LinearNetwork:
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

    recurrent: Any
    feedforward: Any = None
    noise: Any = 1.0
    name: str = ""
    labels: tuple[str, ...] = ()
    known_radius: float | None = None

    def __post_init__(self):
        W = _recurrent(self.recurrent)
        values = {"recurrent": W, "noise": _noise(self.noise, W.shape[-1])}
        if self.feedforward is not None:
            values["feedforward"] = _feedforward(self.feedforward, W)
        values["name"] = _text("name", self.name)
        values["labels"] = _labels(self.labels, W.shape[-1])
        if self.known_radius is not None:
            values["known_radius"] = number("known_radius", self.known_radius, at_least=0)
        for field, value in values.items():
            object.__setattr__(self, field, value)

    @property
    def size(self) -> int:
        """N, the number of units."""
        return int(self.recurrent.shape[-1])

    @property
    def stack_shape(self) -> tuple[int, ...]:
        """The leading axes: () for one network."""
        return tuple(self.recurrent.shape[:-2])

    @property
    def is_sparse(self) -> bool:
        return sparse.issparse(self.recurrent)

    @property
    def inputs(self) -> int | None:
        """None for one input, d for a feedforward matrix of d columns."""
        V = self.require_feedforward()
        return V.shape[-1] if V.ndim == self.recurrent.ndim else None

    @cached_property
    def lines(self) -> Lines | None:
        """The delay lines and rings that make up the network, where noise is independent across units; else None."""
        if self.stack_shape or (self.noise_is_matrix and np.count_nonzero(self.noise) > self.size):
            return None
        return find_lines(self.recurrent)

    @cached_property
    def radius(self) -> Radius:
        """The spectral radius with its bounds: `known_radius` where given, else from structure or eigenvalues."""
        if self.known_radius is not None:
            return Radius.exactly(self.known_radius)
        if self.stack_shape:
            raise InvalidNetworkError(
                f"radius is of one network, but recurrent is a stack of shape {self.recurrent.shape}; take a member: "
                "net.member(0)"
            )
        return spectral_radius(self.recurrent)

    @property
    def noise_is_matrix(self) -> bool:
        return np.ndim(self.noise) != 0

    @cached_property
    def noise_variance(self) -> float:
        """eps, or the mean variance of a noise matrix: the scale that is divided out before anything is computed."""
        return float(np.trace(self.noise).real / self.size) if self.noise_is_matrix else self.noise

    @cached_property
    def noise_factor(self) -> np.ndarray | None:
        """G with Q = eps G G*, lower triangular; None for independent noise of equal variance."""
        return np.linalg.cholesky(self.noise / self.noise_variance) if self.noise_is_matrix else None

    def require_feedforward(self) -> np.ndarray:
        if self.feedforward is None:
            raise InvalidNetworkError(
                "feedforward is None, but this quantity depends on the input; give one: LinearNetwork(W, v)"
            )
        return self.feedforward

    def columns(self) -> np.ndarray:
        """V as (..., N, d), with d = 1 for one input."""
        V = self.require_feedforward()
        return V if V.ndim == self.recurrent.ndim else V[..., None]

    def member(self, *index: int) -> LinearNetwork:
        """One network of a stack."""
        V = self.feedforward
        return replace(self, recurrent=self.recurrent[index], feedforward=None if V is None else V[index])

    def dense(self) -> np.ndarray:
        """W as an array."""
        return self.recurrent.toarray() if self.is_sparse else self.recurrent

    def rescaled(self, radius: float) -> LinearNetwork:
        """The same network with W scaled to the given spectral radius."""
        wanted = number("radius", radius, above=0)
        if self.stack_shape:
            raise InvalidNetworkError(
                f"rescaled works on one network, but recurrent has shape {self.recurrent.shape}; take a member: "
                "net.member(0)"
            )
        if self.radius.value <= 64 * ULP * abs(self.recurrent).max():
            raise InvalidNetworkError(
                f"recurrent has spectral radius {self.radius.value:g}, so no scaling gives it {wanted:g}; scale its "
                "weights directly"
            )
        known = None if self.known_radius is None else wanted
        return replace(self, recurrent=self.recurrent * (wanted / self.radius.value), known_radius=known)

    def __repr__(self) -> str:
        kind = "sparse " if self.is_sparse else ""
        stack = f", a stack of {self.stack_shape}" if self.stack_shape else ""
        return f"<LinearNetwork {self.name or 'unnamed'}: {kind}{self.size} units{stack}>"


def as_network(network) -> LinearNetwork:
    """A network as it is; a bare matrix as a network without an input."""
    return network if isinstance(network, LinearNetwork) else LinearNetwork(network)


def number(argument: str, value, *, above: float | None = None, at_least: float | None = None) -> float:
    """A finite real number within its bound, or an error that names argument and value."""
    rule = f" > {above:g}" if above is not None else f" >= {at_least:g}" if at_least is not None else ""
    try:
        result = float(value) if np.ndim(value) == 0 and not isinstance(value, (str, bytes, bool, np.bool_)) else np.nan
    except (TypeError, ValueError):
        result = np.nan
    if (
        not np.isfinite(result)
        or (above is not None and not result > above)
        or (at_least is not None and not result >= at_least)
    ):
        raise InvalidNetworkError(f"{argument} is {value!r}; it must be a finite number{rule}")
    return result


def whole_number(argument: str, value, *, at_least: int = 1) -> int:
    """An integer within its bound, or an error that names argument and value."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < at_least:
        raise InvalidNetworkError(f"{argument} is {value!r}; it must be a whole number >= {at_least}")
    return int(value)


def _recurrent(value):
    if sparse.issparse(value):
        _require_square(value.shape, ndim=2)
        stored = sparse.csr_array(value, dtype=_result_type("recurrent", value.dtype), copy=True)
        stored.sum_duplicates()
        _require_finite("recurrent", stored.data)
        for part in (stored.data, stored.indices, stored.indptr):
            part.flags.writeable = False
        return stored
    W = _array("recurrent", value)
    _require_square(W.shape)
    _require_finite("recurrent", W)
    return W


def _require_square(shape, ndim=None):
    if len(shape) < 2 or (ndim and len(shape) != ndim) or shape[-1] != shape[-2]:
        raise InvalidNetworkError(
            f"recurrent has shape {tuple(shape)}; it must be square, (N, N), or a stack (..., N, N)"
        )
    if 0 in shape:
        raise InvalidNetworkError(f"recurrent has shape {tuple(shape)}; it must have at least one unit")


def _feedforward(value, W):
    if sparse.issparse(value):
        value = value.toarray()
    V = _array("feedforward", value)
    n, stack = W.shape[-1], W.shape[:-2]
    shapes = f"({', '.join(map(str, (*stack, n)))}) for one input" + (f" (or ({n},) shared)" if stack else "")
    shapes += f", or ({', '.join(map(str, (*stack, n)))}, d) for several"
    if V.ndim == 1 and V.shape == (n,):
        V = np.broadcast_to(V, (*stack, n))
    elif V.shape[: V.ndim - 1] != (*stack, n) and V.shape != (*stack, n):
        raise InvalidNetworkError(f"feedforward has shape {V.shape}, but recurrent has {W.shape}; it must be {shapes}")
    if V.size == 0:
        raise InvalidNetworkError(f"feedforward has shape {V.shape}; it must have at least one input")
    _require_finite("feedforward", V)
    return V


def _noise(value, n):
    if np.ndim(value) == 0 and not sparse.issparse(value):
        return number("noise", value, above=0)
    Q = _array("noise", value.toarray() if sparse.issparse(value) else value)
    if Q.shape != (n, n):
        hint = "; for independent noise of unequal variances pass numpy.diag(variances)" if Q.ndim == 1 else ""
        raise InvalidNetworkError(
            f"noise has shape {Q.shape}; it must be a variance or a covariance of shape {(n, n)}{hint}"
        )
    _require_finite("noise", Q)
    asymmetry = np.abs(Q - Q.conj().T).max()
    if asymmetry > 64 * ULP * np.abs(Q).max():
        raise InvalidNetworkError(
            f"noise differs from its (conjugate) transpose by {asymmetry:.3g}; a covariance is symmetric: pass (Q + "
            "Q.T) / 2 if that is meant"
        )
    Q = (Q + Q.conj().T) / 2
    smallest = float(sl.eigvalsh(Q)[0])
    if not smallest > 4 * ULP * n * np.abs(Q).max():
        raise InvalidNetworkError(
            f"noise has smallest eigenvalue {smallest:.3g}; a covariance must be positive definite: every direction "
            "needs some noise"
        )
    Q.flags.writeable = False
    return Q


def _array(argument, value) -> np.ndarray:
    """A read-only C-ordered copy in double precision."""
    if np.ma.isMaskedArray(value) and np.ma.getmaskarray(value).any():
        raise InvalidNetworkError(
            f"{argument} is a masked array with {np.ma.getmaskarray(value).sum()} masked entries; fill them: "
            f"{argument}.filled(0)"
        )
    try:
        given = np.asarray(value)
    except ValueError as error:  # ragged nested lists
        raise InvalidNetworkError(f"{argument} is no rectangular array ({error}); give rows of equal length") from None
    array = np.array(given, dtype=_result_type(argument, given.dtype, value), order="C")
    array.flags.writeable = False
    return array


def _result_type(argument, dtype, value=None):
    if dtype.kind in "iuf":
        return np.float64
    if dtype.kind == "c":
        return np.complex128
    shown = f" {value!r:.60}" if value is not None else ""
    raise InvalidNetworkError(f"{argument}{shown} has dtype {dtype}; it must hold real or complex numbers")


def _require_finite(argument, values):
    bad = ~np.isfinite(values)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InvalidNetworkError(
            f"{argument} holds {bad.sum()} values that are not finite (first: {values[where]} at {where}); every "
            "weight must be a finite number"
        )
    if values.size and np.abs(values).max() > LARGEST:
        raise InvalidNetworkError(
            f"{argument} has an entry of modulus {np.abs(values).max():.3g}; entries above {LARGEST:g} overflow when "
            "squared: rescale it"
        )


def _text(argument, value) -> str:
    if not isinstance(value, str):
        raise InvalidNetworkError(f"{argument} is {value!r}; it must be a string")
    return value


def _labels(value, n) -> tuple[str, ...]:
    labels = tuple(value) if not isinstance(value, str) else (value,)
    if labels and (len(labels) != n or not all(isinstance(label, str) for label in labels)):
        raise InvalidNetworkError(
            f"labels holds {len(labels)} entries; it must hold {n} strings, one for each unit, or none"
        )
    return labels
