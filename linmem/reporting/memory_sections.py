"""Sections of a report on memory: what the state holds of the input, and what a readout decodes of it.

Contents
--------
memory_section
    Fisher memory for the best, the given and the mean input.
decoding_section
    Memory function, capacity and mutual information.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import linmem as lm
from linmem.preparation import largest_units
from linmem.reasons import Reason, derived, value_or_reason
from linmem.reporting.parts import Picture, Row, Section, how_far_to_trust
from linmem.reporting.subject import Subject

if TYPE_CHECKING:
    from linmem.memory.fisher import FisherMemoryCurve
    from linmem.network import LinearNetwork
    from linmem.plotting.appearance import Axes

SMALLEST_DRAWN = 1e-300  # on a logarithmic axis, for a curve that reaches zero


@dataclass(frozen=True, eq=False)
class MemoryMeasures:
    """The numbers of the section on memory; each may be a `Reason` instead.

    Attributes
    ----------
    best, given
        Fisher memory curves for the best and for the given input.
    mean
        J(k) averaged over all unit inputs, (K,).
    directions
        Eigenvalues of J^s in units of 1 / noise variance, the largest first, (N,).
    mean_total
        The mean of these eigenvalues.
    largest_amplification
        max_k ||W^k v|| for the given input.
    other_curves, other_bests
        For each network beside it, its curve, and its total for its best input.
    """

    best: Any
    given: Any
    mean: Any
    directions: Any
    mean_total: Any
    largest_amplification: Any
    other_curves: dict[str, Any]
    other_bests: tuple[Any, ...]

    @classmethod
    def of(cls, subject: Subject) -> MemoryMeasures:
        spatial = subject.spatial(subject.network)
        amplification = derived(
            subject.with_given_input, lambda network: value_or_reason(lm.transient_amplification, network)
        )
        return cls(
            best=subject.curve(subject.with_best_input),
            given=subject.curve(subject.with_given_input),
            mean=subject.mean_curve,
            directions=derived(spatial, lambda matrix: np.linalg.eigvalsh(matrix)[::-1]),
            mean_total=derived(spatial, lambda matrix: float(np.trace(matrix).real / len(matrix))),
            largest_amplification=derived(amplification, lambda norms: float(norms.max())),
            other_curves={network.name: subject.curve(network) for network in subject.others},
            other_bests=tuple(_best_total(subject, network) for network in subject.others),
        )


def _best_total(subject: Subject, network: LinearNetwork) -> Any:
    """The largest total that a unit input has in this network."""
    spatial = subject.spatial(network)
    return derived(spatial, lambda matrix: float(np.linalg.eigvalsh(matrix)[-1]) / network.noise_variance)


def memory_section(subject: Subject) -> Section:
    """Fisher memory for the best, the given and the mean input, beside that of other networks."""
    measures = MemoryMeasures.of(subject)
    rows = _memory_rows(subject, measures)
    pictures = _memory_pictures(subject, measures)
    return Section("Memory", _memory_text(subject, measures), rows, pictures)


def _memory_text(subject: Subject, measures: MemoryMeasures) -> str:
    sentences = []
    if isinstance(measures.best, Reason):
        sentences.append(f"The memory of the best input is not known ({measures.best}).")
    else:
        sentences.append(
            f"In units of 1 / noise variance, a normal network holds 1 unit of memory in all, and none holds more than "
            f"N = {subject.network.size}. For the best input this one holds {measures.best.total:.4g}"
            f"{_of_the_last_steps(subject)}."
        )
    if isinstance(measures.given, Reason) and measures.given != measures.best:
        sentences.append(f"The memory of the given input is not known ({measures.given}).")
    if isinstance(measures.mean, Reason) and measures.mean != measures.best:
        sentences.append(f"The curve of the mean over inputs is not drawn ({measures.mean}).")
    return " ".join(sentences)


def _of_the_last_steps(subject: Subject) -> str:
    if subject.horizon is None:
        return ""
    return (
        f": of the last {subject.horizon} steps, signal and noise, which have a memory whatever the spectral radius is"
    )


def _memory_rows(subject: Subject, measures: MemoryMeasures) -> tuple[Row, ...]:
    n, noise_variance = subject.network.size, subject.network.noise_variance
    totals = tuple(derived(curve, lambda curve: curve.total) for curve in measures.other_curves.values())
    best_total = derived(measures.best, lambda curve: curve.total)

    def share_of_bound(total: float) -> float:
        return noise_variance * total / n

    # trace J^s = N / noise variance holds for independent noise of equal variance
    always_one = "" if subject.network.noise_is_matrix else "1 for every network"
    return (
        Row(
            "total, given input",
            derived(measures.given, lambda curve: curve.total),
            totals,
            how_far_to_trust(measures.given),
        ),
        Row("total, best input", best_total, measures.other_bests, how_far_to_trust(measures.best)),
        Row("total, mean over inputs", measures.mean_total, (), always_one),
        *_unit_rows(subject),
        Row(
            "share of the bound N",
            derived(best_total, share_of_bound),
            tuple(derived(total, share_of_bound) for total in measures.other_bests),
        ),
        Row("lag by which half of it is reached", derived(measures.given, _half_lag)),
        Row("largest amplification of the given input", measures.largest_amplification),
    )


def _unit_rows(subject: Subject) -> tuple[Row, ...]:
    """The units with the largest weights of the best input, where units have labels."""
    best = subject.with_best_input
    if isinstance(best, Reason) or not best.labels:
        return ()
    return (Row("largest weights of the best input", largest_units(best.feedforward, best.labels)),)


def _half_lag(curve: FisherMemoryCurve) -> int | str:
    lag = curve.lag_of_share(0.5)
    return f"not within {len(curve.lags)} lags" if lag is None else lag


def _memory_pictures(subject: Subject, measures: MemoryMeasures) -> tuple[Picture, ...]:
    """The pictures of whatever is known."""
    pictures = [_curves_picture(measures)]
    if not isinstance(measures.directions, Reason):
        pictures.append(_directions_picture(measures.directions))
    if not isinstance(subject.with_best_input, Reason):
        pictures.append(_best_input_picture(subject.with_best_input.feedforward, subject.network.labels))
    if not isinstance(measures.largest_amplification, Reason):
        pictures.append(_amplification_picture(subject))
    if subject.others:
        pictures.append(_comparison_picture(subject, measures))
    return tuple(picture for picture in pictures if picture is not None)


def _curves_picture(measures: MemoryMeasures) -> Picture | None:
    named = {"best input": measures.best, "given input": measures.given}
    curves = {name: curve for name, curve in named.items() if not isinstance(curve, Reason)}
    if not curves:
        return None
    totals = ", ".join(f"{curve.total:.4g} for the {name}" for name, curve in curves.items())

    def draw(ax: Axes) -> None:
        from linmem.plotting import plot_fisher_memory_curve

        plot_fisher_memory_curve(list(curves.values()), ax, labels=list(curves))
        if not isinstance(measures.mean, Reason):
            visible = np.maximum(measures.mean, SMALLEST_DRAWN)
            ax.plot(np.arange(len(visible)), visible, color="0.5", linestyle=":", label="mean over inputs")
        ax.legend()

    return Picture("Fisher memory", f"J(k) against the lag k. Totals over all lags: {totals}; the mean is 1.", draw)


def _directions_picture(directions: np.ndarray) -> Picture:
    def draw(ax: Axes) -> None:
        ax.bar(np.arange(1, len(directions) + 1), directions, width=1.0)
        ax.axhline(1, color="0.4", linewidth=0.7)
        ax.set_xlabel("Direction of input, best first")
        ax.set_ylabel("Total memory (noise units)")

    text = f"Eigenvalues of the spatial memory matrix, from {directions[0]:.4g} to {directions[-1]:.4g}."
    return Picture("Memory of every direction", f"{text} Their mean is {directions.mean():.4g}.", draw)


def _best_input_picture(feedforward: np.ndarray, labels: tuple[str, ...]) -> Picture:
    def draw(ax: Axes) -> None:
        ax.stem(np.arange(1, len(feedforward) + 1), np.real(feedforward), basefmt=" ", markerfmt=".")
        ax.set_xlabel("Unit $i$")
        ax.set_ylabel("Weight of the best input (no unit)")
        if labels:
            from linmem.plotting.units import name_units

            name_units(ax.xaxis, labels)

    largest = f" Largest: {largest_units(feedforward, labels)}." if labels else ""
    return Picture("Best input", f"The unit vector of input that is remembered best, unit by unit.{largest}", draw)


def _amplification_picture(subject: Subject) -> Picture:
    def draw(ax: Axes) -> None:
        from linmem.plotting import plot_amplification

        plot_amplification(subject.with_given_input, ax=ax)

    return Picture("Amplification", "The norm of W^k v against k, for the given input.", draw)


def _comparison_picture(subject: Subject, measures: MemoryMeasures) -> Picture | None:
    named = {"this network": measures.given, **measures.other_curves}
    curves = {name: curve for name, curve in named.items() if not isinstance(curve, Reason)}
    if not curves:
        return None

    def draw(ax: Axes) -> None:
        from linmem.plotting import plot_fisher_memory_curve

        plot_fisher_memory_curve(list(curves.values()), ax, labels=list(curves))
        subject.style_lines(ax, list(curves))

    return Picture("Memory beside others", "J(k) of this network and of those of its size beside it.", draw)


def decoding_section(subject: Subject) -> Section:
    """Memory function, capacity and mutual information of the network and of those beside it."""
    decoded = subject.decoded(subject.with_given_input)
    if isinstance(decoded, Reason):
        return Section("Decoding", f"What a readout decodes is not known ({decoded}).")
    others = {network.name: subject.decoded(network) for network in subject.others}
    noiseless = value_or_reason(lm.memory_capacity, subject.with_given_input)
    others_noiseless = tuple(value_or_reason(lm.memory_capacity, network) for network in subject.others)
    rows = (
        Row(
            f"capacity at SNR {subject.snr:g}",
            decoded.capacity,
            tuple(derived(other, lambda other: other.capacity) for other in others.values()),
            how_far_to_trust(decoded),
        ),
        Row("capacity without noise", noiseless, others_noiseless, "steps; at most N"),
        Row(
            "information about the past, nats",
            decoded.information,
            tuple(derived(other, lambda other: other.information) for other in others.values()),
        ),
    )
    functions = {"this network": decoded}
    functions |= {name: function for name, function in others.items() if not isinstance(function, Reason)}

    def draw(ax: Axes) -> None:
        from linmem.plotting import plot_memory_function

        plot_memory_function(list(functions.values()), ax, labels=list(functions))
        subject.style_lines(ax, list(functions))

    text = (
        f"What a linear readout recovers of a white signal of {subject.snr:g} times the variance of the noise"
        f"{_of_the_last_steps(subject)}."
    )
    picture = Picture("Memory function", f"m(k) at SNR {subject.snr:g}.", draw)
    return Section("Decoding", text, rows, (picture,))
