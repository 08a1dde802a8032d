r"""Diagonal networks: the recurrence of state-space layers, x_t = diag(l) x_{t-1} + B s_t + z_t.

Contents
--------
DiagonalNetwork
    Eigenvalues, input weights, and noise in the state or in the input.
require_conjugates
    Refuse complex modes of which it is not said whether they stand for their conjugates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sparse

from linmem import validation as checks
from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE, Stability
from linmem.linalg.modes import Modes
from linmem.network import LinearNetwork, Network
from linmem.validation import option

ENTRIES = ("state", "input")
CONJUGATES = ("listed", "implied")


@dataclass(frozen=True, eq=False, repr=False)
class DiagonalNetwork(Network):
    r"""x_t = diag(l) x_{t-1} + B s_t + z_t, a network of modes that do not act on each other, of any number of modes.

    S4D, S5 and LRU layers are such networks, and so is a channel of Mamba whose step does not change.

    Parameters
    ----------
    eigenvalues
        l, (n,), real or complex, of the recurrence in discrete time.
    feedforward
        B, (n,) for one input or (n, d) for d of them; complex where the eigenvalues are.
    noise
        With noise in the state: the variance in each number of the state, or their covariance, (N, N). With noise in
        the input: the variance eps of the noise in each input.
    noise_enters
        "state": independent noise in every stored number. "input": noise enters as the signal does, with the covariance
        Q = eps B B*; it is the noise of an input that is itself noisy. There is no default, as the two differ.
    conjugates
        What complex eigenvalues are. "implied": each stands for itself and for its conjugate, as S4D, S5 and LRU layers
        store them; the state is real, with the real and the imaginary part of each mode side by side, N numbers, and a
        real mode with a real input is one number. "listed": they are all there are, and the state is complex. Needed
        only where a number is complex.
    name
        What figures and tables call the network.

    Raises
    ------
    InvalidNetworkError
        For anything that is not such a network; where noise enters with an input that is None.
    ArgumentError
        For words that are not offered, and complex eigenvalues without `conjugates`.

    Notes
    -----
    Every measure takes such a network as it takes a `LinearNetwork` with W in these coordinates. With noise of equal
    variance in the state it is normal: J(k) = sum |b|^2 (1 - |l|^2) |l|^2k / eps, whose total is |b|^2 / eps. With
    noise in its one input every J(k) eps is between 0 and 1, their sum is the number of different eigenvalues, and b
    does not count.

    Examples
    --------
    >>> import linmem as lm
    >>> half = DiagonalNetwork([0.9 + 0.3j], [1.0], noise_enters="input", conjugates="implied")
    >>> half.size, round(lm.total_fisher_memory(half), 12)
    (2, 2.0)
    """

    MATRIX: ClassVar[str] = "eigenvalues"
    is_continuous: ClassVar[bool] = False

    eigenvalues: Any
    feedforward: Any = None
    noise: Any = 1.0
    noise_enters: str = field(kw_only=True)
    conjugates: str | None = field(default=None, kw_only=True)
    name: str = field(default="", kw_only=True)
    modes: Modes = field(init=False)

    def __post_init__(self) -> None:
        enters = option("noise_enters", self.noise_enters, ENTRIES)
        own = _eigenvalues(self.eigenvalues)
        B = None if self.feedforward is None else _feedforward(self.feedforward, len(own))
        modes = _modes(own, B, self.conjugates)
        values, rows, columns = modes.weights()
        W = sparse.csr_array((values, (rows, columns)), shape=(modes.size, modes.size))
        noise = checks.noise(self.noise, modes.size if enters == "state" else 1)
        if enters == "input" and (np.ndim(noise) or B is None):
            given = "feedforward is None" if B is None else f"noise has shape {np.shape(noise)}"
            raise InvalidNetworkError(f"{given}, but noise enters with the input: give B, and a variance as noise")
        name = checks.text("name", self.name)
        fields = {"eigenvalues": own, "feedforward": B, "noise": noise, "modes": modes, "name": name, "labels": ()}
        fields |= self._derived(W, noise, None)
        fields |= {"feedforward_is_matrix": B is not None and B.ndim == 2, "enters_with_input": enters == "input"}
        for attribute, value in fields.items():
            object.__setattr__(self, attribute, value)

    @property
    def recurrent(self) -> sparse.csr_array:
        """W in the coordinates of the state, sparse, (N, N)."""
        return self.matrix

    def in_steps(self) -> LinearNetwork:
        """The same network with its matrix W, where noise enters in the state."""
        noise = self.noise if self.unit_noise is None else self.covariance
        V = None if self.feedforward is None else self.columns()
        V = V if V is None or self.feedforward_is_matrix else V[:, 0]
        return LinearNetwork(self.matrix, V, noise, self.name, known_radius=self.radius.value)

    def columns(self) -> np.ndarray:
        """B in the coordinates of the state, (N, d)."""
        return self._columns

    @cached_property
    def _columns(self) -> np.ndarray:
        return self.modes.columns(self.require_feedforward().reshape(len(self.eigenvalues), -1))

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        parts = [self.matrix, self.noise, None if self.feedforward is None else self.columns()]
        return np.result_type(float, *(part.dtype for part in parts if hasattr(part, "dtype")))

    @cached_property
    def radius(self) -> Stability:
        """max |l|; its side of 1 is known exactly."""
        remainders = self.modes.remainders
        least = float(remainders.min())
        value = float(np.sqrt(max(1 - least, 0.0))) if least < 0.5 else float(np.abs(self.eigenvalues).max())
        known = Stability.exactly(value)
        return Stability(value, known.lower, known.upper, proved=least > 0)

    @property
    def stability(self) -> Stability:
        return self.radius

    @property
    def stability_is_known(self) -> bool:
        return True

    @property
    def known_radius(self) -> float:
        """The spectral radius."""
        return self.radius.value

    @property
    def noise_is_independent(self) -> bool:
        return not self.enters_with_input and super().noise_is_independent

    @cached_property
    def covariance(self) -> np.ndarray:
        """Q as a matrix, (N, N), of at most `LARGEST_DENSE` numbers of the state."""
        if self.noise_is_matrix:
            return self.noise
        if self.size > LARGEST_DENSE:
            raise InvalidNetworkError(f"the state has {self.size} numbers; Q is formed for up to {LARGEST_DENSE}")
        if self.enters_with_input:
            return self.noise * self.columns() @ self.columns().conj().T
        return self.noise * np.eye(self.size)

    @cached_property
    def unit_noise(self) -> np.ndarray | None:
        """Q / eps, of mean variance one; None for independent noise of equal variance in the state."""
        if self.enters_with_input:
            raise InvalidNetworkError(
                "noise_enters is 'input', so that Q = eps B B* is singular, and this measure needs noise in every "
                "number of the state; take noise_enters='state', or another measure"
            )
        return super().unit_noise

    def member(self, *index: int) -> DiagonalNetwork:
        """One network of a stack, which this is not."""
        raise InvalidNetworkError(f"the network is one, and no stack; there is no member {index}")


def require_conjugates(conjugates: Any, is_complex: np.ndarray, own: np.ndarray) -> None:
    """Raise unless it is said what complex modes are, where there are some; both arrays have one shape."""
    if conjugates is not None:
        option("conjugates", conjugates, CONJUGATES)
    elif is_complex.any():
        place = tuple(np.argwhere(is_complex)[0].tolist())
        raise ArgumentError(
            f"conjugates is None, but mode {', '.join(map(str, place))} is complex, with the eigenvalue {own[place]}; "
            "pass conjugates='implied' where each stored number is one of a pair, as in S4D, S5 and LRU layers, or "
            "'listed' where the eigenvalues are all there are"
        )


def _eigenvalues(value: Any) -> np.ndarray:
    own = checks.array("eigenvalues", value)
    if own.ndim != 1 or not own.size:
        instead = "; a matrix W is that of a LinearNetwork" if own.ndim == 2 else ""
        raise InvalidNetworkError(f"eigenvalues has shape {own.shape}; it must be (n,), with at least one{instead}")
    checks.finite("eigenvalues", own)
    return own


def _feedforward(value: Any, n: int) -> np.ndarray:
    B = checks.array("feedforward", value)
    if B.ndim not in (1, 2) or len(B) != n or not B.size:
        raise InvalidNetworkError(
            f"feedforward has shape {B.shape}, but there are {n} eigenvalues; it must be ({n},) for one input, or "
            f"({n}, d) for several"
        )
    checks.finite("feedforward", B)
    return B


def _modes(own: np.ndarray, B: np.ndarray | None, conjugates: str | None) -> Modes:
    """The modes, and whether complex ones stand for two numbers of the state."""
    is_complex = own.imag != 0
    if B is not None:
        is_complex = is_complex | (B.reshape(len(own), -1).imag != 0).any(axis=1)
    require_conjugates(conjugates, is_complex, own)
    if conjugates == "implied":
        return Modes.with_conjugates(own, is_complex)
    return Modes.listed(own)
