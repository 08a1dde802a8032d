"""The last path: ball arithmetic, for where double precision has no digits left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from linmem.gramian.input_normal import Numbers

Found = tuple[Numbers, float] | None

RTOL = 1e-15  # relative width: as good as a double can be
LARGEST = 200  # units; seconds to tens of seconds, as docs/accuracy.md has it


@dataclass(frozen=True, eq=False)
class EnclosedForm:
    """Numbers that come with a proof, computed afresh for each quantity to as many bits as it takes; None where no
    precision within the limit decides it.
    """

    recurrent: np.ndarray  # W, or A in continuous time
    noise: np.ndarray  # Q, as stored
    horizon: int | None
    continuous: bool = False
    method: str = "balls"
    siblings: tuple = ()

    @property
    def noise_variance(self) -> float:
        """The other forms divide it out of Q; here it is divided out of the result, as Q / eps would be another Q."""
        return float(np.trace(self.noise).real / len(self.noise))

    def curve(self, V, lags) -> Found:
        from linmem.balls.fisher import enclose_fisher_memory_curve

        return self._scaled(enclose_fisher_memory_curve, *self._of(V, lags), self.continuous)

    def gram(self, V, lags) -> Found:
        from linmem.balls.fisher import enclose_fisher_memory_matrix

        return self._scaled(enclose_fisher_memory_matrix, *self._of(V, lags), self.continuous)

    def spatial(self) -> Found:
        from linmem.balls.fisher import enclose_spatial_fisher_memory

        return self._scaled(enclose_spatial_fisher_memory, self.recurrent, self.noise, self.horizon, self.continuous)

    def covariance(self) -> Found:
        from linmem.balls.fisher import enclose_noise_covariance

        arguments = self.recurrent, self.noise, self.horizon, self.continuous
        return self._scaled(enclose_noise_covariance, *arguments, scale=1 / self.noise_variance)

    def decoded(self, V, lags, snr, readout) -> Found:
        from linmem.balls.decoding import enclose_memory_function

        W, V, Q, lags, horizon = self._of(V, lags)
        return self._scaled(enclose_memory_function, W, V, Q, lags, snr, readout, horizon, scale=1.0)

    def decoded_from_correlated(self, V, lags, snr, readout, correlation) -> Found:
        from linmem.balls.decoding import enclose_memory_function_of_correlated_signal

        W, V, Q, lags, _ = self._of(V, lags)
        arguments = W, V, Q, lags, snr, readout, correlation
        return self._scaled(enclose_memory_function_of_correlated_signal, *arguments, scale=1.0)

    def through_readout(self, V, lags, readout) -> Found:
        from linmem.balls.fisher import enclose_snr_curve

        return self._scaled(enclose_snr_curve, *self._of(V, lags), readout_noise=readout)

    def unshared(self, V, lags, readout) -> Found:
        from linmem.balls.fisher import enclose_nuisance_information

        return self._scaled(enclose_nuisance_information, *self._of(V, lags), readout_noise=readout)

    def _of(self, V, lags) -> tuple:
        return self.recurrent, V, self.noise, lags, self.horizon

    def _scaled(self, enclose: Callable, *arguments, scale: float | None = None, **options) -> Found:
        """The enclosure times `scale`, by default the variance of the noise, as memory is in units of its inverse."""
        from linmem.balls.bounded import InconclusiveError

        try:
            found = enclose(*arguments, rtol=RTOL, **options)
        except InconclusiveError:
            return None
        scale = self.noise_variance if scale is None else scale
        return tuple(values * scale for values in found.values), found.relative_error + np.finfo(float).eps
