"""The network that a report is about, the networks beside it, and what several sections need of them.

Contents
--------
Subject
    Everything that is computed once and used in several places.
in_noise_units
    The network with noise of mean variance 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

import linmem as lm
from linmem.network import Network
from linmem.reasons import Reason, derived, value_or_reason
from linmem.remembering import computed_once
from linmem.reporting.beside import SHUFFLED, Beside, networks_beside
from linmem.validation import SNR

if TYPE_CHECKING:
    from linmem.memory.fisher import FisherMemoryCurve

MEAN_LAGS = 200  # of the mean over inputs, which is only drawn
MEAN_RTOL = 1e-3  # a tenth of the width of a line
LARGEST_MEAN_BY_BALLS = 100  # units; beyond it ball arithmetic takes minutes for one input to each unit
MOST_INPUTS = 32  # inputs whose curves are computed


class Subject:
    """A network, the networks beside it, and their memory: of all steps, or of the last `horizon` steps.

    All memory is in units of 1 / noise variance, since the noise is scaled to variance 1; every input has norm 1.
    Whatever cannot be computed is a `Reason`, so that the other parts of the page can be written.
    """

    def __init__(
        self,
        network: Network,
        against: Iterable[str] = (),
        snr: float = SNR,
        horizon: int | None = None,
        groups: tuple[str, ...] | None = None,
        *,
        chain_gain: float | None = None,
    ):
        against = tuple(against)
        self.given = network
        self.network: Any = in_noise_units(network)
        self.beside: tuple[Beside, ...] = networks_beside(self.network, against, chain_gain)
        self.snr = snr
        self.horizon = horizon
        self.groups = groups  # of every unit; None: no section on groups
        self.keep = next((SHUFFLED[name] for name in against if name in SHUFFLED), None)

    @property
    def is_continuous(self) -> bool:
        return self.network.is_continuous

    @property
    def others(self) -> tuple[Network, ...]:
        """The networks beside it that there are."""
        return tuple(other.network for other in self.beside if not isinstance(other.network, Reason))

    @property
    def matrix_name(self) -> str:
        """A in continuous time, else W."""
        return "A" if self.is_continuous else "W"

    @property
    def units(self) -> list[str]:
        """The labels of the units, or their numbers from 1."""
        return list(self.network.labels) or [str(place + 1) for place in range(self.network.size)]

    # --- inputs ---

    @cached_property
    def inputs(self) -> dict[str, np.ndarray]:
        """The inputs of the network by name, each of norm 1; those that are 0 are left out."""
        if self.network.feedforward is None:
            return {}
        columns = self.network.columns().T
        names = ["given input"] if len(columns) == 1 else [f"input {place}" for place in range(len(columns))]
        norms = [float(np.linalg.norm(column / (np.abs(column).max() or 1))) for column in columns]
        scaled = [column / (np.abs(column).max() or 1) for column in columns]
        return {n: v / length for n, v, length in zip(names, scaled, norms, strict=True) if length > 0}

    @cached_property
    def totals_of_inputs(self) -> Any:
        """The total memory of every input, (d,), or the reason why it is not known."""
        V = np.stack(list(self.inputs.values()), axis=1)
        return derived(self.spatial(self.network), lambda J: np.einsum("ij,ik,kj->j", V.conj(), J, V).real)

    @cached_property
    def drawn_inputs(self) -> list[str]:
        """Names of the inputs whose curves are computed: all, or of many those spread evenly from least to most."""
        names = list(self.inputs)
        if len(names) <= MOST_INPUTS:
            return names
        totals = self.totals_of_inputs
        order = range(len(names)) if isinstance(totals, Reason) else np.argsort(-totals, kind="stable")
        chosen = np.linspace(0, len(names) - 1, MOST_INPUTS).round().astype(int)
        return [names[order[place]] for place in chosen]

    @cached_property
    def with_best_input(self) -> Any:
        """The network with its optimal input, or the reason why that is not known."""
        optimal = value_or_reason(lm.optimal_input, self.network, horizon=self.horizon)
        return derived(optimal, lambda v: replace(self.network, feedforward=v, name="best input"))

    @cached_property
    def with_all_inputs(self) -> Any:
        """The network with the inputs whose curves are computed; with the optimal one if it has none."""
        if not self.inputs:
            return self.with_best_input
        V = [self.inputs[name] for name in self.drawn_inputs]
        return replace(self.network, feedforward=V[0] if len(V) == 1 else np.stack(V, axis=1), name="given inputs")

    @cached_property
    def strongest_input(self) -> str:
        """The name of the input that is remembered best among those of the network."""
        names = list(self.inputs)
        if len(names) < 2 or isinstance(self.totals_of_inputs, Reason):
            return names[0] if names else "best input"
        return names[int(np.argmax(self.totals_of_inputs))]

    @cached_property
    def with_given_input(self) -> Any:
        """The network with that input; with the optimal one if it has none."""
        if not self.inputs:
            return self.with_best_input
        return replace(self.network, feedforward=self.inputs[self.strongest_input], name=self.strongest_input)

    # --- memory ---

    def curve(self, network: Any) -> Any:
        """The Fisher memory curve with its total, or the reason why there is none."""
        return self._computed_once(lm.fisher_memory_curve, network, horizon=self.horizon)

    def decoded(self, network: Any) -> Any:
        """The memory function with capacity and information, or the reason why there is none."""
        return self._computed_once(lm.memory_function, network, snr=self.snr, horizon=self.horizon)

    def spatial(self, network: Network) -> Any:
        """The spatial Fisher memory J^s (N, N), or the reason why there is none."""
        return self._computed_once(lm.spatial_fisher_memory, network, horizon=self.horizon)

    @cached_property
    def growth(self) -> Any:
        """The transient growth of the network, or the reason why it is not known."""
        return value_or_reason(lm.transient_growth, self.network)

    @cached_property
    def mean_curve(self) -> Any:
        """J(k) averaged over all unit inputs, trace(W*^k C^-1 W^k) / N, (K,), or the reason why there is none."""
        if isinstance(self.with_best_input, Reason):
            return self.with_best_input
        if self.is_continuous:
            return Reason("none: it is computed in discrete time")
        n = self.network.size
        lags = min(2 * n, MEAN_LAGS, self.horizon or MEAN_LAGS)
        if n > LARGEST_MEAN_BY_BALLS and self._coarse_curve(self.with_best_input, lags).method == "balls":
            return Reason(f"none: double precision is not enough, and ball arithmetic for {n} inputs takes minutes")
        # the curve of N inputs, one for each unit, is the matrix W*^k C^-1 W^k
        with_all_inputs = replace(self.network, feedforward=np.eye(n))
        curve = value_or_reason(self._coarse_curve, with_all_inputs, lags)
        return derived(curve, lambda curve: np.trace(curve.values, axis1=1, axis2=2).real / n)

    def _coarse_curve(self, network: Network, lags: int) -> FisherMemoryCurve:
        """A curve with the few digits that can be seen in a picture."""
        return lm.fisher_memory_curve(network, lags, horizon=self.horizon, rtol=MEAN_RTOL)

    def _computed_once(self, measure: Callable[..., Any], network: Any, **keywords: Any) -> Any:
        return derived(network, lambda known: value_or_reason(computed_once, measure, known, **keywords))


def in_noise_units(network: Any) -> Any:
    """The network with its noise divided by the mean variance, so that its memory is in units of 1 / that variance."""
    variance = network.noise_variance
    if variance == 1:
        return network
    noise = network.noise / variance if network.noise_is_matrix else 1.0
    return replace(network, noise=noise)
