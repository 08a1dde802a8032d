"""The last method: ball arithmetic, for where double precision has no digits left. Certificates use it as well.

Contents
--------
EnclosedGramian
    Every quantity between proved bounds, computed afresh to as many bits as it takes.
EnclosedAnswer
    An answer with the bounds themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from linmem.gramian.quantities import Answer, Gramian, largest_entry
from linmem.gramian.request import Request
from linmem.linalg.stein import ULP
from linmem.remembering import latest

if TYPE_CHECKING:
    from linmem.balls.bounded import Enclosed

RTOL = 1e-15  # relative width: as accurate as a double can be
LARGEST = 200  # units; seconds to tens of seconds, as docs/accuracy.md has it


@dataclass(frozen=True, eq=False)
class EnclosedAnswer(Answer):
    """An answer with its proof: `enclosed` has the values, their absolute errors, and the bits of the arithmetic.

    The enclosure is of the quantity for the noise as it is; `numbers` are for noise of mean variance one.
    """

    enclosed: Enclosed


@dataclass(frozen=True, eq=False)
class EnclosedGramian(Gramian):
    """A Gramian that proves what it answers: enclosures of relative width `rtol`, of the network of the request.

    Where no precision within the limit proves an answer it is None; or, with `conclusive`, InconclusiveError is raised,
    which says why.
    """

    rtol: float = RTOL
    conclusive: bool = False
    method: str = "balls"

    def fisher_memory_curve(self, request: Request) -> EnclosedAnswer | None:
        """J(k), (lags, d, d), and its sum over all lags, (d, d)."""
        from linmem.balls.fisher import enclose_fisher_memory_curve

        arguments = *_of_input(request), request.horizon, request.network.is_continuous
        return self._memory(request, enclose_fisher_memory_curve, *arguments)

    def fisher_memory_matrix(self, request: Request) -> EnclosedAnswer | None:
        """J_kl, (lags, lags, d, d)."""
        from linmem.balls.fisher import enclose_fisher_memory_matrix

        arguments = *_of_input(request), request.horizon, request.network.is_continuous
        return self._memory(request, enclose_fisher_memory_matrix, *arguments)

    def spatial_fisher_memory(self, request: Request) -> EnclosedAnswer | None:
        """J^s, (N, N)."""
        from linmem.balls.fisher import enclose_spatial_fisher_memory

        return self._memory(request, enclose_spatial_fisher_memory, *_of_network(request))

    def noise_covariance(self, request: Request) -> EnclosedAnswer | None:
        """C, (N, N)."""
        from linmem.balls.fisher import enclose_noise_covariance

        return self._answer(1 / request.network.noise_variance, enclose_noise_covariance, *_of_network(request))

    def memory_function(self, request: Request) -> EnclosedAnswer | None:
        """m(k), (lags, d, d), the capacity and the information, of a white or a correlated signal."""
        from linmem.balls.decoding import enclose_memory_function, enclose_memory_function_of_correlated_signal

        arguments = *_of_input(request), request.snr, request.readout_noise
        if request.autocovariance is not None:
            return self._answer(1.0, enclose_memory_function_of_correlated_signal, *arguments, request.autocovariance)
        return self._answer(1.0, enclose_memory_function, *arguments, request.horizon)

    def snr_curve(self, request: Request) -> EnclosedAnswer | None:
        """Fisher memory behind a noisy readout, (lags, d, d)."""
        from linmem.balls.fisher import enclose_snr_curve

        arguments = *_of_input(request), request.horizon
        return self._memory(request, enclose_snr_curve, *arguments, readout_noise=request.readout_noise)

    def nuisance_information(self, request: Request) -> EnclosedAnswer | None:
        """1 / [F^-1]_kk, (lags, d)."""
        from linmem.balls.fisher import enclose_nuisance_information

        arguments = *_of_input(request), request.horizon
        return self._memory(request, enclose_nuisance_information, *arguments, readout_noise=request.readout_noise)

    def rounding_sensitivity(self, request: Request) -> EnclosedAnswer | None:
        """The change of J_tot and of J(k) when the weights are rounded; to the width that the request accepts."""
        from linmem.balls.sensitivity import enclose_rounding_sensitivity

        W, V, Q, lags = _of_input(request)
        wide = EnclosedGramian(rtol=max(self.rtol, request.rtol), conclusive=self.conclusive)
        return wide._answer(1.0, enclose_rounding_sensitivity, W, V, Q, lags, request.network.is_continuous)

    def _memory(self, request: Request, enclose: Callable[..., Enclosed], *arguments: Any, **options: Any) -> Any:
        """An answer in units of 1 / noise variance, as memory is."""
        scale = request.network.noise_variance / request.input_scale / request.input_scale
        return self._answer(scale, enclose, *arguments, **options)

    def _answer(
        self, scale: float, enclose: Callable[..., Enclosed], *arguments: Any, **options: Any
    ) -> EnclosedAnswer | None:
        """The enclosure, and its values times `scale`, which takes the noise variance out.

        Other methods divide it out of Q first; here Q / eps would be another matrix of doubles.
        """
        from linmem.balls.bounded import InconclusiveError

        try:
            # a certificate, and the last method of a measure, are often of the same quantity
            key = (*arguments, self.rtol, *options.values())
            enclosed = latest(("balls", enclose.__name__), key, lambda: enclose(*arguments, rtol=self.rtol, **options))
        except InconclusiveError:
            if self.conclusive:
                raise
            return None
        if not all(np.isfinite(values).all() for values in enclosed.values):
            return None
        with np.errstate(over="ignore", invalid="ignore"):  # beyond the largest double: no answer of `best`
            numbers = tuple(np.asarray(values * scale) for values in enclosed.values)
            widths = [np.asarray(error * scale) for error in enclosed.errors]
        sizes = tuple(np.broadcast_to(largest_entry(array), array.shape) for array in numbers)
        # with the rounding of the scaling
        errors = tuple(width + ULP * np.abs(array) for width, array in zip(widths, numbers, strict=True))
        return EnclosedAnswer(numbers, errors, sizes, self.method, enclosed)


def _of_network(request: Request) -> tuple[Any, ...]:
    """W, Q, the horizon, and whether time is continuous."""
    network = request.network
    return network.dense(), network.covariance, request.horizon, network.is_continuous


def _of_input(request: Request) -> tuple[Any, ...]:
    """W, V, Q and the lags."""
    network = request.network
    return network.dense(), request.columns * request.input_scale, network.covariance, request.lags
