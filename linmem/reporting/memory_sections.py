"""Sections of a report on memory: what the state holds of the input, and what a readout decodes of it.

Contents
--------
memory_section
    Fisher memory for the best, the given and the mean input.
decoding_section
    Memory function, capacity and mutual information.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import linmem as lm
from linmem.charts.records import BarChart, Chart, Line, LineChart
from linmem.measured import Measured, MeasuredArray, measured_array, shown
from linmem.network import Network
from linmem.preparation import largest_units
from linmem.reasons import Reason, derived, value_or_reason
from linmem.reporting.parts import Row, Section, how_far_to_trust
from linmem.reporting.subject import MEAN_RTOL, Subject

LISTED_INPUTS = 6  # inputs of which each has a row and a line
FALLEN = 1e-4  # of its largest value, at which a curve has fallen
FEWEST_LAGS = 10  # of what is shown first
QUARTILES = 0.25, 0.5, 0.75
MEMORY = "Memory (1 / noise variance)"


@dataclass(frozen=True, eq=False)
class MemoryMeasures:
    """The numbers of the section on memory; each may be a `Reason` instead.

    Attributes
    ----------
    best, given
        Fisher memory curves for the best input, and for the given ones.
    mean
        J(k) averaged over all unit inputs, (K,).
    directions
        Eigenvalues of J^s, the largest first, (N,).
    amplification
        ||W^k v||, (K,) or (K, d), for the given inputs.
    other_curves, other_bests
        For each network beside it, its curve, and its total for its best input.
    """

    best: Any
    given: Any
    mean: Any
    directions: Any
    amplification: Any
    other_curves: dict[str, Any]
    other_bests: tuple[Any, ...]

    @classmethod
    def of(cls, subject: Subject) -> MemoryMeasures:
        given = subject.with_all_inputs
        return cls(
            best=subject.curve(subject.with_best_input),
            given=subject.curve(given),
            mean=subject.mean_curve,
            directions=_directions(subject, subject.network),
            amplification=derived(given, lambda network: value_or_reason(lm.transient_amplification, network)),
            other_curves={network.name: subject.curve(network) for network in subject.others},
            other_bests=tuple(_best_total(subject, network) for network in subject.others),
        )


def _directions(subject: Subject, network: Network) -> Any:
    """The eigenvalues of J^s, each within the norm of its error; the largest first."""
    spatial = subject.spatial(network)
    return derived(
        spatial,
        lambda J: measured_array(np.linalg.eigvalsh(np.asarray(J))[::-1], np.linalg.norm(J.error), J.method),
    )


def _best_total(subject: Subject, network: Network) -> Any:
    """The largest total that a unit input has in this network."""
    return derived(_directions(subject, network), lambda directions: directions[0])


def by_input(values: np.ndarray) -> np.ndarray:
    """The values of each input alone, (K, d): the diagonals of (K, d, d), or a column of (K,)."""
    return values[:, None] if values.ndim == 1 else np.diagonal(values, axis1=1, axis2=2).real


def total_of(curve: Any, place: int) -> Any:
    """The total memory of one input of a curve."""
    return curve.total if np.ndim(curve.total) == 0 else curve.total[place, place]


def memory_section(subject: Subject) -> Section:
    """Fisher memory for the best, the given and the mean input, beside that of other networks."""
    measures = MemoryMeasures.of(subject)
    charts = _memory_charts(subject, measures)
    return Section("Memory", _memory_text(subject, measures), tuple(_memory_rows(subject, measures)), charts)


def _memory_text(subject: Subject, measures: MemoryMeasures) -> str:
    sentences = [
        "J(k) is what the state tells about the input k steps before, for inputs of norm 1 and in units of 1 / noise "
        f"variance. Its sum over all lags{_of_the_last_steps(subject)} is 1 for every normal network and at most "
        f"N = {subject.network.size}; its mean over all unit inputs is 1."
    ]
    if subject.is_continuous:
        sentences = [
            "J(t) is what the state tells about the input a time t before, per unit of time, for inputs of norm 1 and "
            "in units of 1 / noise variance."
        ]
    if isinstance(measures.best, Reason):
        sentences.append(f"The memory of the best input is not known ({measures.best}).")
    if isinstance(measures.given, Reason) and measures.given != measures.best:
        sentences.append(f"The memory of the given input is not known ({measures.given}).")
    if isinstance(measures.mean, Reason) and measures.mean != measures.best and not subject.is_continuous:
        sentences.append(f"The curve of the mean over inputs is not drawn ({measures.mean}).")
    if len(subject.inputs) > len(subject.drawn_inputs):
        sentences.append(
            f"The curves are those of {len(subject.drawn_inputs)} of the {len(subject.inputs)} inputs, spread evenly "
            "from the least to the most remembered one."
        )
    return " ".join(sentences)


def _of_the_last_steps(subject: Subject) -> str:
    if subject.horizon is None:
        return ""
    return (
        f" of the last {subject.horizon} steps, signal and noise (which have a memory whatever the spectral radius is),"
    )


def _memory_rows(subject: Subject, measures: MemoryMeasures) -> Iterator[Row]:
    curves = measures.other_curves.values()
    totals = tuple(derived(curve, lambda curve: curve.total) for curve in curves)
    yield from _input_rows(subject, measures, totals)
    best_total = derived(measures.best, lambda curve: curve.total)
    yield Row("total, best input", best_total, measures.other_bests, how_far_to_trust(measures.best))
    # trace J^s = N / noise variance holds for independent noise of equal variance
    always_one = "" if subject.network.noise_is_matrix or subject.is_continuous else "1 for every network"
    mean = derived(measures.directions, lambda values: _mean(values))
    yield Row("total, mean over inputs", mean, (), always_one)
    if not isinstance(subject.with_best_input, Reason) and subject.with_best_input.labels:
        best = subject.with_best_input
        yield Row("largest weights of the best input", largest_units(best.feedforward, best.labels))
    if not subject.is_continuous:
        n = subject.network.size
        shares = tuple(derived(total, lambda total: total / n) for total in measures.other_bests)
        yield Row("share of the bound N", derived(best_total, lambda total: total / n), shares)
        if len(subject.inputs) < 2:
            half = derived(measures.given, lambda curve: _half_lag(curve))
            yield Row("lag by which half of it is reached", half, (), "of the given input")
        largest = derived(measures.amplification, lambda norms: float(np.max(norms)))
        yield Row(f"largest amplification of {_the_inputs(subject)}", largest)


def _mean(values: MeasuredArray) -> Any:
    return Measured(float(np.mean(values)), float(np.max(values.error)), values.method)


def _the_inputs(subject: Subject) -> str:
    return "the given input" if len(subject.inputs) < 2 else "the given inputs"


def _input_rows(subject: Subject, measures: MemoryMeasures, totals: tuple[Any, ...]) -> Iterator[Row]:
    """The total of every input, or of many their quartiles."""
    trust = how_far_to_trust(measures.given)
    names = list(subject.inputs)
    if len(names) < 2 or isinstance(measures.given, Reason):
        yield Row("total, given input", derived(measures.given, lambda curve: total_of(curve, 0)), totals, trust)
    elif len(names) <= LISTED_INPUTS:
        for place, name in enumerate(names):
            yield Row(f"total, {name}", total_of(measures.given, place), totals if not place else (), trust)
    else:
        of_all = derived(subject.totals_of_inputs, np.sort)
        said = f"of {len(names)} inputs, each alone and of norm 1"
        for name, place in (("least", 0), ("median", len(names) // 2), ("largest", -1)):
            value = derived(of_all, partial(_entry, place))
            yield Row(f"total, {name} of the given inputs", value, (), said)


def _entry(place: int, values: np.ndarray) -> float:
    return float(values[place])


def _half_lag(curve: Any) -> int | str:
    lag = curve.lag_of_share(0.5)
    return f"not within {len(curve.lags)} lags" if lag is None else lag


# --- charts ---


def lag_label(subject: Subject) -> str:
    """The name of the axis of lags."""
    return "Time t (units of time)" if subject.is_continuous else "Lag k (steps)"


def first_lags(*curves: np.ndarray) -> tuple[float, float]:
    """From the first lag to where every curve has fallen to a ten-thousandth of its largest value."""
    last = FEWEST_LAGS
    for values in curves:
        alive = np.flatnonzero(values > FALLEN * np.max(values, initial=0.0))
        last = max(last, int(alive[-1]) if alive.size else 0)
    return -0.5, min(last, max(len(values) for values in curves)) + 0.5


def lines_of_curve(subject: Subject, curve: Any, names: list[str]) -> tuple[Line, ...]:
    """One line for each input, or of many the median and the quartiles, each with its largest error."""
    x, values, error = curve.lags, by_input(curve.values), by_input(curve.error)
    if values.shape[1] <= LISTED_INPUTS:
        return tuple(Line(name, x, values[:, i], error[:, i]) for i, name in enumerate(names))
    low, median, high = np.quantile(values, QUARTILES, axis=1)
    band = Line("given inputs, quartiles", x, low, style="band", upper=high)
    largest = Line("given inputs, largest", x, values.max(axis=1), error.max(axis=1))
    return band, Line("given inputs, median", x, median, error.max(axis=1)), largest


def _memory_charts(subject: Subject, measures: MemoryMeasures) -> tuple[Chart, ...]:
    """The charts of whatever is known."""
    charts = [_curves_chart(subject, measures), _beside_chart(subject, measures)]
    if not isinstance(measures.directions, Reason):
        charts.append(_directions_chart(measures.directions))
    if not isinstance(subject.with_best_input, Reason):
        charts += _best_input_charts(subject)
    if not isinstance(measures.amplification, Reason):
        charts.append(_amplification_chart(subject, measures.amplification))
    return tuple(chart for chart in charts if chart is not None)


def _curves_chart(subject: Subject, measures: MemoryMeasures) -> Chart | None:
    lines: list[Line] = []
    if not isinstance(measures.best, Reason):
        lines.append(Line("best input", measures.best.lags, measures.best.values, measures.best.error))
    if not isinstance(measures.given, Reason) and subject.inputs:
        lines += lines_of_curve(subject, measures.given, subject.drawn_inputs)
    if not isinstance(measures.mean, Reason):
        error = np.full(len(measures.mean), MEAN_RTOL * measures.mean.max())
        lines.append(Line("mean over inputs", np.arange(len(measures.mean)), measures.mean, error))
    if not lines:
        return None
    totals = [f"{shown(float(measures.best.total), 4)} for the best input"] if lines[0].name == "best input" else []
    if not isinstance(measures.given, Reason) and len(subject.inputs) == 1:
        totals.append(f"{shown(float(measures.given.total), 4)} for the given input")
    text = f"{_of_k(subject)} against the lag. Totals over all lags: {', '.join(totals) or 'in the table'}."
    first = None if subject.is_continuous else first_lags(*(line.y for line in lines if line.style != "band"))
    y_label = "J(t) (1 / (noise variance · time))" if subject.is_continuous else "J(k) (1 / noise variance)"
    return LineChart(
        "fisher-memory", "Fisher memory", text, lag_label(subject), y_label, tuple(lines), scale="either", first=first
    )


def _of_k(subject: Subject) -> str:
    return "J(t)" if subject.is_continuous else "J(k)"


def _beside_chart(subject: Subject, measures: MemoryMeasures) -> Chart | None:
    own = measures.given
    if len(subject.inputs) > 1:
        own = subject.curve(subject.with_given_input)
    named = {"this network": own, **measures.other_curves}
    known = {name: curve for name, curve in named.items() if not isinstance(curve, Reason)}
    if not subject.others or not known:
        return None
    lines = tuple(Line(name, curve.lags, curve.values, curve.error) for name, curve in known.items())
    whose = f" for {subject.strongest_input}, the best of its inputs" if len(subject.inputs) > 1 else ""
    said = "; ".join(f"{other.name}: {other.said}" for other in subject.beside if other.said)
    text = f"{_of_k(subject)} of this network{whose}, and of networks of its size and noise. {said}."
    first = None if subject.is_continuous else first_lags(*(line.y for line in lines))
    y_label = f"{_of_k(subject)} (1 / noise variance)"
    return LineChart(
        "beside", "Memory beside others", text, lag_label(subject), y_label, lines, scale="either", first=first
    )


def _directions_chart(directions: MeasuredArray) -> Chart:
    values = np.asarray(directions)
    names = [str(rank) for rank in range(1, len(values) + 1)]
    text = (
        f"Total memory of the principal inputs, the eigenvectors of the spatial memory matrix: from {values[0]:.4g} to "
        f"{values[-1]:.4g}, with a mean of {values.mean():.4g}."
    )
    return BarChart(
        "directions", "Memory of every direction", text, "Principal input (rank)", MEMORY, names,
        {"memory": values}, ("1, of a normal network", 1.0),
    )  # fmt: skip


def _best_input_charts(subject: Subject) -> list[Chart]:
    """The weights of the best input; of complex ones modulus and phase."""
    weights, labels = np.asarray(subject.with_best_input.feedforward), subject.network.labels
    largest = f" Largest: {largest_units(weights, labels)}." if labels else ""
    text = f"The unit vector of input that is remembered best, unit by unit.{largest}"
    if not np.iscomplexobj(weights):
        bars = {"weight": weights}
        return [BarChart("best-input", "Best input", text, "Unit", "Weight (no unit)", subject.units, bars)]
    modulus, phase = {"modulus": np.abs(weights)}, {"phase": np.angle(weights)}
    return [
        BarChart("best-input", "Best input, modulus", text, "Unit", "Modulus (no unit)", subject.units, modulus),
        BarChart("best-input-phase", "Best input, phase", text, "Unit", "Phase (radians)", subject.units, phase),
    ]


def _amplification_chart(subject: Subject, amplification: np.ndarray) -> Chart:
    columns = np.asarray(amplification).reshape(len(amplification), -1)
    steps = np.arange(len(columns))
    lines: tuple[Line, ...]
    if columns.shape[1] > LISTED_INPUTS:
        low, median, high = np.quantile(columns, QUARTILES, axis=1)
        lines = (
            Line("given inputs, quartiles", steps, low, style="band", upper=high),
            Line("given inputs, median", steps, median),
            Line("given inputs, largest", steps, columns.max(axis=1)),
        )
    else:
        names = subject.drawn_inputs or ["best input"]
        lines = tuple(Line(name, steps, columns[:, i]) for i, name in enumerate(names))
    return LineChart(
        "amplification", "Amplification", "The norm of W^k v against k, for inputs v of norm 1.", "Step k",
        "‖Wᵏv‖ (no unit)", lines, {"1": 1.0}, scale="either", first=first_lags(*(line.y for line in lines)),
    )  # fmt: skip


# --- decoding ---


def decoding_section(subject: Subject) -> Section:
    """Memory function, capacity and mutual information of the network and of those beside it."""
    if subject.is_continuous:
        text = (
            "A white signal has no variance in continuous time that a readout could explain. Of the network as it is "
            "seen in steps, net.discretised(dt), linmem memory says what a readout decodes."
        )
        return Section("Decoding", text)
    decoded = subject.decoded(subject.with_all_inputs)
    if isinstance(decoded, Reason):
        return Section("Decoding", f"What a readout decodes is not known ({decoded}).")
    others = {network.name: subject.decoded(network) for network in subject.others}
    d = len(subject.drawn_inputs) if subject.inputs else 1
    joint = "" if d < 2 else f" All {d} signals enter at once and are decoded from the same state."
    text = (
        f"What a linear readout recovers of a white signal of {subject.snr:g} times the variance of the noise (the "
        f"signal-to-noise ratio, SNR){_of_the_last_steps(subject).rstrip(',')}.{joint}"
    )
    rows = tuple(_decoding_rows(subject, decoded, others))
    return Section("Decoding", text, rows, (_decoding_chart(subject, decoded, others),))


def _decoding_rows(subject: Subject, decoded: Any, others: dict[str, Any]) -> Iterator[Row]:
    capacities = tuple(derived(other, lambda other: other.capacity) for other in others.values())
    yield Row(f"capacity at SNR {subject.snr:g}", decoded.capacity, capacities, how_far_to_trust(decoded))
    if len(subject.inputs) < 2:
        noiseless = value_or_reason(lm.memory_capacity, subject.with_given_input)
        of_others = tuple(value_or_reason(lm.memory_capacity, network) for network in subject.others)
        yield Row("capacity without noise", noiseless, of_others, "numbers recovered; at most N")
    information = tuple(derived(other, lambda other: other.information) for other in others.values())
    yield Row("information about the past, nats", decoded.information, information)


def _decoding_chart(subject: Subject, decoded: Any, others: dict[str, Any]) -> Chart:
    names = ["this network"] if len(subject.inputs) < 2 else subject.drawn_inputs
    lines = list(lines_of_curve(subject, decoded, names))
    for name, function in others.items():
        if not isinstance(function, Reason):
            lines.append(Line(name, function.lags, function.values, function.error))
    first = first_lags(*(line.y for line in lines if line.style != "band"))
    text = f"m(k), the share of the signal k steps before that the best readout explains, at SNR {subject.snr:g}."
    return LineChart(
        "memory-function", "Memory function", text, lag_label(subject), "m(k) (r²)", tuple(lines), first=first,
        y_range=(0.0, 1.02),
    )  # fmt: skip
