"""The path of a cell that a report is about, and what its sections need of it, each part computed once.

Contents
--------
PathSubject
    The measures along the path, and those of the linear networks beside it.
RESTS, OBSERVED, MOST_LAGS
    Which constant input the fixed points belong to; what is observed; the number of lags where none is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

import linmem as lm
from linmem.cells.lstm import LSTMCell
from linmem.errors import ArgumentError
from linmem.measured import Measured
from linmem.network import LinearNetwork
from linmem.reasons import Reason, derived, value_or_reason
from linmem.reporting.cell_section import RTOL_BESIDE, equal_steps, searches, stationary_memory
from linmem.running.linearised_path import combinations_of_inputs
from linmem.validation import number, option

if TYPE_CHECKING:
    from linmem.cells.trajectory import Trajectory
    from linmem.running.fixed_points import FixedPoint, FixedPoints
    from linmem.running.linearised_path import Noise
    from linmem.running.time_varying_network import TimeVaryingNetwork

MOST_LAGS = 1000  # where none are asked for
RESTS = ("mean", "last", "zero")
OBSERVED = ("state", "hidden")
EXPONENTS = 10
BURN_IN = 10  # one in so many steps turns the directions of the exponents before they count
POINTS_WITH_MEMORY = 3  # fixed points whose linear memory is computed


@dataclass(frozen=True, eq=False)
class PathSubject:
    """A path, the noise along it, and the end after which it is measured.

    Whatever cannot be computed is a `Reason`, so that the rest can be written.

    Attributes
    ----------
    path
        One trajectory.
    linear
        The linear network of the same weights; or the reason why there is none.
    noise
        What enters each step.
    at
        The step after which memory is measured, from 0; negative from the end.
    observe
        "state", or "hidden" for h alone.
    lags
        How many lags; None for all until then, but no more than `MOST_LAGS`.
    input
        As for `linearise`, the number of one input or "contrasts"; "all" for all of them, whose memory is added up (the
        trace of J(k)). None: contrasts of one-hot inputs, else all.
    snr
        Of the memory function: the mean variance of the inputs over that of the noise in a number of the state.
    rest
        The constant input of the fixed points: "mean" of the path, "last", or "zero".
    is_per_unit
        Whether the noise is a unit only, so that nothing is said about its size.
    announce
        Called with the name of whatever is computed next.
    """

    path: Trajectory
    linear: Any
    noise: Noise
    at: int = -1
    observe: str = "state"
    lags: int | None = None
    input: int | str | None = None
    snr: float = 1.0
    rest: str = "mean"
    is_per_unit: bool = False
    announce: Callable[[str], None] = lambda title: None

    @cached_property
    def measured_input(self) -> Any:
        """The input as for `linearise`."""
        if self.input is None:
            return "contrasts" if self.is_one_hot else None
        return None if self.input == "all" else self.input

    @cached_property
    def combinations(self) -> np.ndarray:
        """What the measured inputs are of those of the cell, (M, d)."""
        M = self.path.cell.n_inputs
        columns = combinations_of_inputs(self.measured_input, M)
        return np.eye(M) if columns is None else columns.reshape(M, -1)

    @cached_property
    def network(self) -> TimeVaryingNetwork:
        """The time-varying linear network of the path."""
        return lm.linearise(self.path, noise=self._given_noise, input=self.measured_input)

    @property
    def _given_noise(self) -> Any:
        """The noise; its variance alone where it is the same in every number of the state."""
        noise = self.noise
        of_cell = noise.hidden if isinstance(self.path.cell, LSTMCell) else 0.0
        return noise.hidden if noise.where == "after" and noise.cell == of_cell else noise

    @property
    def variance(self) -> float:
        """The variance of the noise in h; in c where h has none."""
        return self.noise.hidden or self.noise.cell

    @cached_property
    def steps(self) -> int:
        """The number of steps until the end."""
        return self.network.steps_until(self.at, self.lags)[0]

    @property
    def lags_asked(self) -> int:
        """The number of lags."""
        return min(self.steps, MOST_LAGS) if self.lags is None else self.lags

    @cached_property
    def parts(self) -> dict[str, np.ndarray]:
        """The numbers of the units of each part of the state, by name: h and c; of a stack h0, c0, h1, ..."""
        return self.path.cell.split(np.arange(self.path.cell.state_size))

    @property
    def hidden(self) -> np.ndarray:
        """The units of h, of a stack those of its last layer."""
        return self.parts[[name for name in self.parts if name.startswith("h")][-1]]

    @property
    def observed(self) -> Any:
        """The units that are observed; None for all."""
        if self.observe == "state" or len(self.hidden) == self.path.cell.state_size:
            return None
        return self.hidden

    def traced(self, values: Any) -> np.ndarray:
        """Values of each lag, (K,): those of one input, or the traces over all of them."""
        values = np.asarray(values)
        return values if values.ndim == 1 else np.einsum("kii->k", values).real

    def total(self, curve: Any) -> Measured:
        """The sum of a curve over its lags."""
        values, error = self.traced(curve.values), self.traced(curve.error)
        return Measured(float(values.sum()), float(error.sum()), curve.method)

    @property
    def span(self) -> str:
        """Which steps the curves of linear networks count, in words."""
        return f"signal and noise of the last {self.steps} steps, as along the path"

    @cached_property
    def curve(self) -> Any:
        """The Fisher memory curve at the end."""
        self.announce("Memory along the path")
        return self._of_network(lm.fisher_memory_curve, self.network, observe=self.observed)

    @cached_property
    def curves_of_parts(self) -> dict[str, Any]:
        """The curve of each part of the state alone; none for a state of one part."""
        if len(self.parts) == 1:
            return {}
        self.announce("Parts of the state")
        return {
            name: self._of_network(lm.fisher_memory_curve, self.network, observe=units)
            for name, units in self.parts.items()
        }

    @cached_property
    def whole_curve(self) -> Any:
        """The curve of the whole state."""
        if self.observed is None:
            return self.curve
        return self._of_network(lm.fisher_memory_curve, self.network)

    @cached_property
    def gradients(self) -> Any:
        """The norms of the gradients at the end."""
        self.announce("Gradients")
        return self._of_network(lm.gradient_norms, self.network, observe=self.observed)

    @cached_property
    def decoded(self) -> Any:
        """The memory function at the end, for inputs with the covariance that they have along the path."""
        self.announce("Memory function")
        # the network has noise of its own where it enters by parts: the ratio is that to the variance in h
        scale = 1.0 if isinstance(self._given_noise, float) else self.variance
        return self._of_network(
            lm.memory_function,
            self.network,
            snr=self.snr * scale,
            observe=self.observed,
            input_covariance=self.input_covariance,
        )

    @cached_property
    def input_covariance(self) -> np.ndarray | None:
        """The covariance of the inputs until the end; None, for independent ones, where they do not vary."""
        inputs = self.path.inputs[: self.steps]
        centred = (inputs - inputs.mean(axis=0)) @ self.combinations
        covariance = centred.T @ centred / len(inputs)
        return covariance if np.trace(covariance) > 0 else None

    @cached_property
    def is_one_hot(self) -> bool:
        """Whether every input is one of several symbols: 1 in one place, 0 elsewhere."""
        x = self.path.inputs
        return bool(x.shape[1] > 1 and np.isin(x, (0.0, 1.0)).all() and (x.sum(axis=1) == 1).all())

    @cached_property
    def exponents(self) -> Any:
        """The largest Lyapunov exponents of the whole path."""
        self.announce("Lyapunov exponents")
        n, steps = self.path.cell.state_size, self.path.steps
        return value_or_reason(lm.lyapunov_exponents, self.path, min(EXPONENTS, n), burn_in=steps // BURN_IN)

    @cached_property
    def rest_input(self) -> np.ndarray:
        """The constant input of the fixed points, (M,)."""
        inputs = self.path.inputs
        return {"mean": inputs.mean(axis=0), "last": inputs[-1], "zero": np.zeros(inputs.shape[1])}[self.rest]

    @cached_property
    def fixed(self) -> Any:
        """Fixed and slow points, from states along the path."""
        self.announce("Fixed points")
        states = self.path.states

        def found(count: int) -> FixedPoints:
            chosen = np.unique(np.linspace(0, len(states) - 1, min(count, len(states))).round().astype(int))
            return lm.fixed_points(self.path.cell, self.rest_input, starts=states[chosen])

        return derived(searches(self.path.cell), partial(value_or_reason, found))

    @cached_property
    def curves_of_points(self) -> list[Any]:
        """The curves of the linear networks at the first fixed points, over as many steps as the path has."""
        return derived(self.fixed, lambda fixed: [self._at_rest(point) for point in fixed.points[:POINTS_WITH_MEMORY]])

    def _at_rest(self, point: FixedPoint) -> Any:
        """The curve where every step is that beside the point, with the noise of the path."""

        def curve() -> Any:
            step = lm.linearise(
                lm.trajectory(self.path.cell, self.rest_input[None], point.state),
                noise=self._given_noise,
                input=self.measured_input,
            )
            arrays = step.recurrent(0, 1)
            noise = {} if len(arrays) == 3 else {"noise": step.noise_variance}
            return self._of_equal_steps(arrays, **noise)

        return value_or_reason(curve)

    def stationary_at(self, point: FixedPoint) -> Any:
        """The total memory of the linear network beside a point over all steps, or the reason why there is none."""
        if self.observed is not None or not isinstance(self._given_noise, float):
            return Reason("none: it is known of the whole state only, with noise that is alike in all of it")
        network = point.network
        B = network.columns() @ self.combinations
        return stationary_memory(LinearNetwork(network.matrix, B, self.variance))

    def _of_equal_steps(self, arrays: tuple[np.ndarray, ...], **noise: Any) -> Any:
        """The curve where every step has the arrays of one, over as many steps as the path has."""
        network = equal_steps(arrays, self.steps, **noise)
        return lm.fisher_memory_curve(network, self.lags_asked, observe=self.observed, rtol=RTOL_BESIDE)

    @cached_property
    def linear_curve(self) -> Any:
        """The curve of the linear network of the same weights, over as many steps as the path has."""

        def curve(network: LinearNetwork) -> Any:
            arrays = network.dense()[None], network.feedforward[None]
            return value_or_reason(self._of_equal_steps, arrays, noise=network.noise_variance)

        return derived(self.linear_with_input, curve)

    @cached_property
    def linear_with_input(self) -> Any:
        """The linear network with the chosen input and the variance of the noise; or the reason why there is none."""

        def prepared(network: LinearNetwork) -> LinearNetwork:
            V = network.columns() @ self.combinations
            return LinearNetwork(network.matrix, V if V.shape[1] > 1 else V[:, 0], self.variance, name=network.name)

        return derived(self.linear, prepared)

    def _of_network(self, measure: Callable[..., Any], network: Any, **keywords: Any) -> Any:
        return value_or_reason(partial(measure, network, self.lags_asked, at=self.at, **keywords))

    def require_possible(self) -> None:
        """Raise for a request that no section could answer.

        Raises
        ------
        ArgumentError
            There is no such end, input, noise, part of the state or rest, or there are more lags than steps.
        """
        option("observe", self.observe, OBSERVED)
        option("rest", self.rest, RESTS)
        number("snr", self.snr, above=0)
        if self.path.states.ndim != 2:
            raise ArgumentError(f"path has states of shape {self.path.states.shape}; a report is about one path")
        M = self.path.cell.n_inputs
        if not (self.input is None or self.input in ("all", "contrasts") or self.input in range(M)):
            raise ArgumentError(f"input is {self.input!r}; it must be a number from 0 to {M - 1}, all or contrasts")
        self.network.steps_until(self.at, self.lags)
