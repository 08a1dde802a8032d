r"""Trials of one network that run side by side: what the kernel of `linmem.kernels.simulate` reads, and its errors.

Contents
--------
Trials
    The arrays of a network in the layout of the kernel, and the key of its noise.
single_network
    The check that a network can be simulated.
NONLINEARITIES, Nonlinearity, CompiledNonlinearity, compiled_nonlinearity
    The functions f that are known by name, the type of such an argument, and what the kernel needs of one.
real_array, inner_products
    A checked array of real numbers, and A' B without copies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
from scipy.linalg.blas import dgemm

from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.kernels import simulate as kernels
from linmem.network import LinearNetwork, NetworkOrMatrix, as_network
from linmem.validation import near_miss, number

NONLINEARITIES = kernels.BUILT_IN
Nonlinearity = str | Callable[[float], float] | None


class CompiledNonlinearity(NamedTuple):
    """A function f as the kernel takes it.

    Attributes
    ----------
    code
        The number of a built-in function, `kernels.CUSTOM` for another.
    activate
        Replaces a row of numbers u by f(u): `activate(code, u)`.
    trajectories
        The kernel that simulates with f.
    """

    code: int
    activate: Callable[[int, np.ndarray], None]
    trajectories: Callable[..., None]


class Trials:
    """Trials of one network, ready to advance: the arrays that the kernel reads, and the key of their noise.

    Raises
    ------
    ArgumentError
        For a `noise` that is not a bool, a `readout_noise` below 0, an unknown nonlinearity.
    InvalidNetworkError
        For a network that `single_network` refuses.
    """

    def __init__(
        self,
        network: NetworkOrMatrix,
        batch: int,
        *,
        rng: RandomSource,
        nonlinearity: Nonlinearity = None,
        noise: bool = True,
        readout_noise: float = 0.0,
    ) -> None:
        self.network = single_network(network)
        self.batch = batch
        self.size = self.network.size
        self.nonlinearity = compiled_nonlinearity(nonlinearity)
        self.key = generator(rng).integers(0, 2**64, size=2, dtype=np.uint64)
        if not isinstance(noise, (bool, np.bool_)):
            raise ArgumentError(
                f"noise is {noise!r}; it must be True or False: its variance is that of the network, "
                "LinearNetwork(W, V, noise=...)"
            )
        has_input = self.network.feedforward is not None
        V = self.network.columns() if has_input else np.zeros((self.size, 0))
        self.n_inputs = V.shape[1]
        self.weights = _kernel_weights(self.network, V)
        self.noise_factor = _noise_factor(self.network)
        unit = self.network.noise_variance
        self.noise_deviation = np.sqrt(unit) if noise else 0.0
        self.readout_deviation = np.sqrt(number("readout_noise", readout_noise, at_least=0) * unit)

    def advance(
        self,
        states: np.ndarray,
        signal: np.ndarray | None = None,
        *,
        steps: int = 0,
        first: int = 0,
        keep: bool = True,
    ) -> np.ndarray:
        """The read-out states (batch, steps, N) of the next steps, empty where keep=False.

        `states` (batch, N) holds h before the first step on entry and h after the last step on return. `first` is the
        number of the first step, which decides its noise: the same number gives the same noise.

        Parameters
        ----------
        signal
            (1 or batch, steps, d), or None for `steps` steps without a signal.
        """
        if signal is None:
            signal = np.empty((1, 0, self.n_inputs))
        else:
            signal = np.ascontiguousarray(signal)
            steps = signal.shape[1]
        batch = len(states)
        recorded = np.empty((batch, steps if keep else 0, self.size))
        diverged = np.full(batch, -1)
        self.nonlinearity.trajectories(
            *self.weights,
            self.noise_factor,
            self.noise_deviation,
            self.readout_deviation,
            self.nonlinearity.code,
            self.key,
            first,
            steps,
            signal,
            states,
            recorded,
            diverged,
            kernels.side_by_side(batch),
        )
        self._require_bounded(diverged, first)
        return recorded

    def _require_bounded(self, diverged: np.ndarray, first: int) -> None:
        """Raise where a trial passed the largest state, after `diverged` (batch,) steps, or -1 where it did not."""
        if (diverged < 0).all():
            return
        step = first + int(diverged[diverged >= 0].min())
        raise InvalidNetworkError(
            f"the simulation diverges: at step {step} a state exceeds {kernels.LARGEST:g}; recurrent has spectral "
            f"radius {self.network.radius.value:.4g}: scale it down, net.rescaled(radius=0.95), pass fewer steps, "
            "or a bounded nonlinearity ('tanh', 'erf')"
        )


def single_network(network: NetworkOrMatrix) -> LinearNetwork:
    """The network, if it is one real network in discrete time, which is what can be simulated."""
    network = as_network(network).in_steps()
    network.require_single("a simulation")
    if any(np.iscomplexobj(part) for part in (network.recurrent, network.noise, network.feedforward)):
        raise InvalidNetworkError(
            "network is complex; a simulation is of a real one: write it as its real and imaginary parts, "
            "[[Re W, -Im W], [Im W, Re W]]"
        )
    return network


def compiled_nonlinearity(nonlinearity: Nonlinearity) -> CompiledNonlinearity:
    """What the kernel needs of a function f: a name of `NONLINEARITIES`, None (the identity), or a compiled function.

    Raises
    ------
    ArgumentError
        For another name, and for a function that numba has not compiled.
    """
    if nonlinearity is None:
        nonlinearity = "identity"
    if isinstance(nonlinearity, str) and nonlinearity in NONLINEARITIES:
        code = NONLINEARITIES.index(nonlinearity)
        return CompiledNonlinearity(code, kernels.activate, kernels.trajectories)
    # numba keeps the Python source of what it has compiled under this name
    if not hasattr(nonlinearity, "py_func"):
        hint = near_miss(nonlinearity, NONLINEARITIES) if isinstance(nonlinearity, str) else ""
        raise ArgumentError(
            f"nonlinearity is {nonlinearity!r}; it must be one of {', '.join(map(repr, NONLINEARITIES))}, or a "
            f"function of one number compiled by numba.njit{hint}"
        )
    return CompiledNonlinearity(kernels.CUSTOM, *_kernels_with(nonlinearity))


# a function is compiled into the kernels once: that takes seconds
_kernels_with = cache(kernels.compiled_with)


def real_array(argument: str, value: Any, shape: str) -> np.ndarray:
    """The value as an array of finite real numbers; the shape is for the message of the error."""
    try:
        values = np.array(value, dtype=float)
    except (TypeError, ValueError):
        # the representation of an array has several lines, and a message has one
        representation = " ".join(repr(value).split())
        raise ArgumentError(f"{argument} is {representation:.60}; it must hold real numbers, {shape}") from None
    if not np.isfinite(values).all():
        raise ArgumentError(f"{argument} holds values that are not finite; it must hold finite numbers, {shape}")
    return values


def inner_products(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A' B for long real A and B, without a copy of either."""
    # BLAS reads arrays in C order as their transposes: B' (A')' is then (A' B)' in its own order
    return dgemm(1.0, B.T, A.T, trans_b=True).T


def _kernel_weights(network: LinearNetwork, V: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """[W V] in the layout of the kernel: the transposed matrix, or index pointers, indices and values of its rows."""
    if network.is_sparse:
        joined = sparse.hstack([network.recurrent, V])
        rows = sparse.csr_array(joined)
        no_matrix = np.empty((0, 0))
        pointers = rows.indptr.astype(np.int64)
        indices = rows.indices.astype(np.int64)
        return no_matrix, pointers, indices, rows.data
    matrix = np.hstack([network.recurrent, V])
    no_indices, no_values = np.empty(0, np.int64), np.empty(0)
    return _padded_to_registers(matrix.T), no_indices, no_indices, no_values


def _noise_factor(network: LinearNetwork) -> np.ndarray:
    """L' with Q / eps = L L', padded; empty for the identity.

    Independent normal numbers z become noise of covariance Q as z L'. This is no second route to a quantity: it draws
    samples of the noise that the network states.
    """
    if network.unit_noise is None:
        return np.empty((0, 0))
    return _padded_to_registers(sl.cholesky(network.unit_noise, lower=True).T)


def _padded_to_registers(M: np.ndarray) -> np.ndarray:
    """The matrix with columns of zeros added, up to a whole number of vector registers."""
    rows, columns = M.shape
    registers = -(-columns // kernels.MEMBERS)
    padded = np.zeros((rows, registers * kernels.MEMBERS))
    padded[:, :columns] = M
    return padded
