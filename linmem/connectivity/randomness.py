"""Seeds and generators."""

from __future__ import annotations

import numpy as np

from linmem.errors import InvalidNetworkError


def generator(rng) -> np.random.Generator:
    """A Generator from a seed, a SeedSequence or a Generator; None is refused, as it could not be repeated."""
    seed = isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0
    if not (seed or isinstance(rng, (np.random.Generator, np.random.BitGenerator, np.random.SeedSequence))):
        raise InvalidNetworkError(
            f"rng is {rng!r}; it must be a seed (a whole number >= 0) or a numpy.random.Generator, so that the "
            "network can be made again"
        )
    return np.random.default_rng(rng)
