r"""Steps down the gradient.

Conventions
-----------
An optimiser changes the parameters in place; its memory is one array `state`, so that training can be resumed.

Contents
--------
clip
    The gradient, shortened where its norm is above a limit.
RMSProp, Adam
    The optimisers; OPTIMISERS by name.
"""

from __future__ import annotations

import numpy as np


def clip(gradient: np.ndarray, limit: float | None) -> float:
    """Shorten the gradient, in place, to a norm of at most `limit`; the norm that it had.

    Examples
    --------
    >>> g = np.array([3.0, 4.0])
    >>> clip(g, 1.0), g
    (5.0, array([0.6, 0.8]))
    """
    norm = float(np.sqrt(np.einsum("i,i->", gradient, gradient, dtype=float)))
    if limit is not None and norm > limit:
        gradient *= gradient.dtype.type(limit / norm)
    return norm


class RMSProp:
    r"""s <- 0.9 s + 0.1 g^2, p <- p - rate g / (sqrt(s) + 1e-7): Keras' defaults, as Orhan & Pitkow (2020) use it."""

    DECAY, FLOOR = 0.9, 1e-7

    def __init__(self, size: int, rate: float, dtype=np.float32):
        self.rate, self.state = rate, np.zeros((1, size), dtype)

    def step(self, parameters: np.ndarray, gradient: np.ndarray) -> None:
        """Change the parameters."""
        (square,) = self.state
        square *= self.DECAY
        square += (1 - self.DECAY) * gradient * gradient
        parameters -= self.rate * gradient / (np.sqrt(square) + self.FLOOR)


class Adam:
    r"""Kingma & Ba (2015), algorithm 1, with their constants: 0.9, 0.999, 1e-8. The first number of `state` counts."""

    MEAN_DECAY, SQUARE_DECAY, FLOOR = 0.9, 0.999, 1e-8

    def __init__(self, size: int, rate: float, dtype=np.float32):
        self.rate, self.state = rate, np.zeros((3, size), dtype)

    def step(self, parameters: np.ndarray, gradient: np.ndarray) -> None:
        """Change the parameters."""
        count, mean, square = self.state
        count += 1
        mean *= self.MEAN_DECAY
        mean += (1 - self.MEAN_DECAY) * gradient
        square *= self.SQUARE_DECAY
        square += (1 - self.SQUARE_DECAY) * gradient * gradient
        steps = int(count[0])
        unbiased = square / (1 - self.SQUARE_DECAY**steps)
        step = self.rate / (1 - self.MEAN_DECAY**steps)
        parameters -= step * mean / (np.sqrt(unbiased) + self.FLOOR)


OPTIMISERS: dict[str, type[RMSProp] | type[Adam]] = {"rmsprop": RMSProp, "adam": Adam}
