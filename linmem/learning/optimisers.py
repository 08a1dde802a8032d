r"""Optimisers: steps of gradient descent.

Conventions
-----------
An optimiser changes the parameters in place. Its memory is one array `state`, so that training can be resumed.

Contents
--------
clip
    Shortens a gradient whose norm is above a limit.
RMSProp, Adam
    The optimisers; OPTIMISERS has them by name.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike


def clip(gradient: np.ndarray, limit: float | None) -> float:
    """The norm of the gradient, which is then shortened in place to a norm of at most `limit`.

    Examples
    --------
    >>> g = np.array([3.0, 4.0])
    >>> clip(g, 1.0), g
    (5.0, array([0.6, 0.8]))
    """
    # a sum in double precision: squares of single precision overflow from 2e19 on
    norm = float(np.sqrt(np.einsum("i,i->", gradient, gradient, dtype=float)))
    if limit is not None and norm > limit:
        gradient *= gradient.dtype.type(limit / norm)
    return norm


class RMSProp:
    r"""RMSProp: s <- 0.9 s + 0.1 g^2, p <- p - rate g / (sqrt(s) + 1e-7).

    The constants are the defaults of Keras, which Orhan & Pitkow (2020) used. `state` holds s, (1, size).
    """

    DECAY, FLOOR = 0.9, 1e-7

    def __init__(self, size: int, rate: float, dtype: DTypeLike = np.float32) -> None:
        self.rate = rate
        self.state = np.zeros((1, size), dtype)

    def step(self, parameters: np.ndarray, gradient: np.ndarray) -> None:
        """Change the parameters in place."""
        square = self.state[0]
        square *= self.DECAY
        square += (1 - self.DECAY) * gradient * gradient
        parameters -= self.rate * gradient / (np.sqrt(square) + self.FLOOR)


class Adam:
    r"""Adam: Kingma & Ba (2015), algorithm 1, with their constants 0.9, 0.999 and 1e-8.

    `state` (3, size) holds the number of steps, the mean of g and the mean of g^2.
    """

    MEAN_DECAY, SQUARE_DECAY, FLOOR = 0.9, 0.999, 1e-8

    def __init__(self, size: int, rate: float, dtype: DTypeLike = np.float32) -> None:
        self.rate = rate
        self.state = np.zeros((3, size), dtype)

    def step(self, parameters: np.ndarray, gradient: np.ndarray) -> None:
        """Change the parameters in place."""
        count, mean, square = self.state
        count += 1
        mean *= self.MEAN_DECAY
        mean += (1 - self.MEAN_DECAY) * gradient
        square *= self.SQUARE_DECAY
        square += (1 - self.SQUARE_DECAY) * gradient * gradient
        # the means start at 0, and are too small by these factors after so many steps
        steps = int(count[0])
        unbiased = square / (1 - self.SQUARE_DECAY**steps)
        rate = self.rate / (1 - self.MEAN_DECAY**steps)
        parameters -= rate * mean / (np.sqrt(unbiased) + self.FLOOR)


OPTIMISERS: dict[str, type[RMSProp] | type[Adam]] = {"rmsprop": RMSProp, "adam": Adam}
