"""Random generators from seeds.

Contents
--------
RandomSource
    The type of the argument `rng`: a seed or a generator of random numbers.
generator
    The generator that a seed or another source of random numbers stands for.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from linmem.errors import ArgumentError

RandomSource: TypeAlias = int | np.integer[Any] | np.random.Generator | np.random.BitGenerator | np.random.SeedSequence


def generator(rng: RandomSource) -> np.random.Generator:
    """The generator of random numbers that `rng` stands for.

    A `numpy.random.Generator` is returned itself, so that a second call continues where the first one ended. None is
    refused: numpy would take a new seed for it, and the result could not be computed again.

    Raises
    ------
    ArgumentError
        If `rng` is neither a seed nor a source of random numbers of numpy.
    """
    is_seed = isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0
    if not is_seed and not isinstance(rng, (np.random.Generator, np.random.BitGenerator, np.random.SeedSequence)):
        raise ArgumentError(
            f"rng is {rng!r}; it must be a seed (a whole number >= 0) or a numpy.random.Generator, so that the same "
            "call can give the same numbers again"
        )
    return np.random.default_rng(rng)
