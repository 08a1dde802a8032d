r"""The cascade of all-pass sections that has given eigenvalues: what the past of one input leaves in a network.

The coordinates in which the covariance of a white input is the identity are those of Takenaka (1925) and Malmquist
(1926). With the input of one time put in, the squared length of the state k steps later is the share of that input that
the state still determines, and the sum over all k is the number of eigenvalues. Every step is unitary in the state and
the channel together, so that no rounding is enlarged by a later step, and no covariance is solved.

Contents
--------
Cascade
    The sections of one or several cascades.
Pulse
    A pulse in them: squared lengths, their errors, and states.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from linmem.kernels import all_pass as kernels
from linmem.kernels.threads import in_threads
from linmem.linalg.modes import inside_circle

ULP = np.finfo(float).eps
SECTION = 12 * ULP  # what a section loses of its numbers in a step: four products and two sums of rounded coefficients
TOGETHER = 64  # cascades that one thread takes at a time


@dataclass(frozen=True, eq=False)
class Pulse:
    """A pulse of 1 in each cascade.

    Attributes
    ----------
    energy
        The squared length of the state after 1, 2, ... steps, (..., K).
    error
        A bound on its error, (..., K).
    drift
        A bound on the length of the error of the state, (..., K).
    states
        The states of a single cascade, (K, N); empty where they were not asked for.
    """

    energy: np.ndarray
    error: np.ndarray
    drift: np.ndarray
    states: np.ndarray


@dataclass(frozen=True, eq=False)
class Cascade:
    """Sections in a row, (..., n) of each: see `linmem.kernels.all_pass`."""

    turn: np.ndarray
    sine: np.ndarray
    inner: np.ndarray
    outer: np.ndarray
    is_pair: np.ndarray

    @classmethod
    def of(cls, eigenvalues: np.ndarray, is_pair: np.ndarray) -> Cascade:
        """The sections of eigenvalues inside the unit circle, (..., n); a pair is the eigenvalue and its conjugate."""
        flat = eigenvalues.reshape(-1)
        remainders = inside_circle(flat).reshape(eigenvalues.shape)
        squares = eigenvalues.real**2 + eigenvalues.imag**2
        both = 1 + squares
        turn = np.where(is_pair, 2 * eigenvalues.real / both, 1.0)
        # 1 - w^2 = |1 - l|^2 |1 + l|^2 / (1 + |l|^2)^2, without cancellation where l is near 1
        sine = np.where(is_pair, np.abs(1 - eigenvalues) * np.abs(1 + eigenvalues) / both, 0.0)
        inner = np.where(is_pair, squares, eigenvalues)
        if not inner.imag.any():
            inner = np.ascontiguousarray(inner.real)
        outer = np.sqrt(remainders * np.where(is_pair, both, 1.0))
        return cls(turn, sine, inner, outer, is_pair)

    def pulse(self, lags: int, *, keep: bool = False) -> Pulse:
        """A pulse of 1 over so many lags; `keep` its states, of a single cascade."""
        shape, n = self.turn.shape[:-1], self.turn.shape[-1]
        parts = [np.ascontiguousarray(part.reshape(-1, n)) for part in (self.turn, self.sine, self.inner, self.outer)]
        energy, moved = np.zeros((2, len(parts[0]), lags))
        states = np.zeros((len(energy), n, 2), self.inner.dtype)
        kept = np.zeros((lags if keep else 0, n, 2), states.dtype)
        run = partial(_run, parts, states, kept, energy, moved)
        in_threads(run, range(0, len(energy), TOGETHER))
        energy, drift = energy.reshape(*shape, lags), SECTION * moved.reshape(*shape, lags)
        of_sum = ULP * (kernels.BLOCK + n / kernels.BLOCK + 4) * energy
        error = (2 * np.sqrt(energy) + drift) * drift + of_sum
        if not keep:
            return Pulse(energy, error, drift, kept)
        is_number = np.stack([np.ones(n, bool), self.is_pair], axis=-1).ravel()  # a single section has one
        return Pulse(energy, error, drift, kept.reshape(lags, 2 * n)[:, is_number])


def _run(parts, states, kept, energy, moved, start):  # type: ignore[no-untyped-def]
    some = slice(start, start + TOGETHER)
    kernels.pulse_in_cascades(*(part[some] for part in parts), states[some], kept, energy[some], moved[some])
