"""The network that a report is about, the networks beside it, and what several sections need of them.

Contents
--------
Subject
    Everything that is computed once and used in several places.
comparison_networks
    Networks of the same size, spectral radius and noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

import linmem as lm
from linmem.network import LinearNetwork
from linmem.reasons import Reason, derived, value_or_reason
from linmem.remembering import computed_once
from linmem.validation import option

if TYPE_CHECKING:
    from linmem.memory.fisher import FisherMemoryCurve
    from linmem.plotting.appearance import Axes

KIND_OF = {"orthogonal": "orthogonal", "chain": "chain", "gaussian": "Gaussian", "symmetric": "other"}
SHUFFLED = {"shuffled": "degrees", "shuffled:weights": "weights", "shuffled:strengths": "strengths"}
LARGEST_RADIUS = 0.99  # of a comparison, which must be stable
LARGEST_GAIN = 1.05  # of the chain; beyond it a chain of many units overflows
MEAN_LAGS = 200  # of the mean over inputs, which is only drawn
MEAN_RTOL = 1e-3  # a tenth of the width of a line
LARGEST_MEAN_BY_BALLS = 100  # units; beyond it ball arithmetic takes minutes for one input to each unit


class Subject:
    """A network, the networks beside it, and their memory: of all steps, or of the last `horizon` steps.

    Whatever cannot be computed is a `Reason`, so that the other parts of the page can be written.
    """

    def __init__(
        self,
        network: LinearNetwork,
        others: tuple[LinearNetwork, ...],
        snr: float,
        horizon: int | None,
        groups: tuple[str, ...] | None = None,
        keep: str | None = None,
    ):
        self.network = network
        self.others = others
        self.snr = snr
        self.horizon = horizon
        self.groups = groups  # of every unit; None: no section on groups
        self.keep = keep  # what shuffled networks keep; None: no section on them

    @cached_property
    def with_best_input(self) -> Any:
        """The network with its optimal input, or the reason why that is not known."""
        optimal = value_or_reason(lm.optimal_input, self.network, horizon=self.horizon)
        return derived(optimal, lambda v: replace(self.network, feedforward=v, name="best input"))

    @cached_property
    def with_given_input(self) -> Any:
        """The network with the first of its own inputs, scaled to norm 1; with the optimal one if it has none, or 0."""
        if self.network.feedforward is None or not self.network.columns()[:, 0].any():
            return self.with_best_input
        v = self.network.columns()[:, 0]
        return replace(self.network, feedforward=v / np.linalg.norm(v), name="given input, norm 1")

    def curve(self, network: Any) -> Any:
        """The Fisher memory curve with its total, or the reason why there is none."""
        return self._computed_once(lm.fisher_memory_curve, network, horizon=self.horizon)

    def decoded(self, network: Any) -> Any:
        """The memory function with capacity and information, or the reason why there is none."""
        return self._computed_once(lm.memory_function, network, snr=self.snr, horizon=self.horizon)

    def spatial(self, network: LinearNetwork) -> Any:
        """The spatial Fisher memory J^s (N, N) in units of 1 / noise variance, or the reason why there is none."""
        matrix = self._computed_once(lm.spatial_fisher_memory, network, horizon=self.horizon)
        return derived(matrix, lambda spatial: network.noise_variance * spatial)

    @cached_property
    def mean_curve(self) -> Any:
        """J(k) averaged over all unit inputs, trace(W*^k C^-1 W^k) / N, (K,), or the reason why there is none."""
        if isinstance(self.with_best_input, Reason):
            return self.with_best_input
        n = self.network.size
        lags = min(2 * n, MEAN_LAGS, self.horizon or MEAN_LAGS)
        if n > LARGEST_MEAN_BY_BALLS and self._coarse_curve(self.with_best_input, lags).method == "balls":
            return Reason(f"none: double precision is not enough, and ball arithmetic for {n} inputs takes minutes")
        # the curve of N inputs, one for each unit, is the matrix W*^k C^-1 W^k
        with_all_inputs = replace(self.network, feedforward=np.eye(n))
        curve = value_or_reason(self._coarse_curve, with_all_inputs, lags)
        return derived(curve, lambda curve: np.trace(curve.values, axis1=1, axis2=2).real / n)

    def _coarse_curve(self, network: LinearNetwork, lags: int) -> FisherMemoryCurve:
        """A curve with the few digits that can be seen in a picture."""
        return lm.fisher_memory_curve(network, lags, horizon=self.horizon, rtol=MEAN_RTOL)

    def style_lines(self, ax: Axes, names: list[str]) -> None:
        """Give the lines of the networks beside it the look of their kind, and the network itself a black line."""
        from linmem.plotting import kind_style

        for line, name in zip(ax.get_lines(), names, strict=False):
            look = kind_style(KIND_OF[name]) if name in KIND_OF else {"color": "black", "linestyle": "-"}
            line.set(**look)
        if len(names) > 1:
            ax.legend()  # drawn again: a legend keeps the looks that lines had

    def _computed_once(self, measure: Callable[..., Any], network: Any, **keywords: Any) -> Any:
        return derived(network, lambda known: value_or_reason(computed_once, measure, known, **keywords))


def comparison_networks(network: LinearNetwork, names: tuple[str, ...]) -> tuple[LinearNetwork, ...]:
    """Networks of the same size, spectral radius and noise, by name; shuffled ones, which are many, are left out.

    A chain has radius 0 whatever its weights: it has the mean square weight of the network instead.

    Raises
    ------
    ArgumentError
        A name is none of "orthogonal", "chain", "gaussian", "symmetric" and those of `SHUFFLED`.
    """
    n = network.size
    radius = min(network.radius.value, LARGEST_RADIUS)
    weight_per_unit = float(np.sqrt(np.sum(np.abs(network.dense()) ** 2) / n))
    builders: dict[str, Callable[[], LinearNetwork]] = {
        "orthogonal": lambda: lm.random_orthogonal(n, gain=radius, rng=0),
        "chain": lambda: lm.chain(n, gain=min(weight_per_unit, LARGEST_GAIN)),
        "gaussian": lambda: lm.ginibre(n, gain=radius, rng=0),
        "symmetric": lambda: lm.symmetric_wigner(n, gain=radius, rng=0),
    }
    chosen = [option("against", name, [*builders, *SHUFFLED]) for name in names]
    chosen = [name for name in chosen if name in builders]
    return tuple(replace(builders[name](), name=name, noise=network.noise) for name in chosen)
