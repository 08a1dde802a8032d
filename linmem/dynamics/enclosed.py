"""The last path: ball arithmetic, for where double precision has no digits left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem.dynamics.balanced import Numbers

LARGEST = 200  # units; an enclosure takes up to 10 s then


@dataclass(frozen=True, eq=False)
class EnclosedForm:
    """Numbers that come with a proof, computed afresh for each quantity to as many bits as it takes; None where no
    precision within the limit decides it.
    """

    recurrent: np.ndarray  # W, or A in continuous time
    noise: np.ndarray  # Q, as stored
    horizon: int | None
    continuous: bool = False
    path: str = "balls"
    siblings: tuple = ()

    @property
    def noise_variance(self) -> float:
        """The other forms divide it out of Q; here it is divided out of the result, as Q / eps would be another Q."""
        return float(np.trace(self.noise).real / len(self.noise))

    def curve(self, V, lags) -> tuple[Numbers, float] | None:
        from linmem.balls.fisher import enclose_curve

        return self._scaled(
            enclose_curve, (self.recurrent, V, self.noise, lags, self.horizon, self.continuous), self.noise_variance
        )

    def spatial(self) -> tuple[Numbers, float] | None:
        from linmem.balls.fisher import enclose_spatial

        return self._scaled(
            enclose_spatial, (self.recurrent, self.noise, self.horizon, self.continuous), self.noise_variance
        )

    def covariance(self) -> tuple[Numbers, float] | None:
        from linmem.balls.fisher import enclose_covariance

        return self._scaled(
            enclose_covariance, (self.recurrent, self.noise, self.horizon, self.continuous), 1 / self.noise_variance
        )

    def decoded(self, V, lags, snr, readout) -> tuple[Any, float] | None:
        if self.continuous:
            return None
        from linmem.balls.decoding import enclose_decoding

        arguments = (self.recurrent, V, self.noise, lags, snr, readout, self.horizon)
        return self._scaled(enclose_decoding, arguments, 1.0)

    def _scaled(self, enclose: Callable, arguments: tuple, scale: float):
        from linmem.balls.bounded import InconclusiveError

        try:
            found = enclose(*arguments)
        except InconclusiveError:
            return None
        return tuple(values * scale for values in found.values), found.relative_error + np.finfo(float).eps
