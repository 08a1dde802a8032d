"""Sections of a report on a path: what the state at its end holds of the inputs before, and how the path moves.

Contents
--------
path_sections
    Title and function of every section, in order.
curves_of
    What the pictures and the table of a path draw: values at every lag, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from linmem.cells.lstm import LSTMCell
from linmem.charts.records import Chart, Line, LineChart, MatrixChart
from linmem.measured import shown
from linmem.reasons import Reason, derived
from linmem.reporting.cell_section import stationary_memory
from linmem.reporting.motion_sections import exponents_section, fixed_points_section
from linmem.reporting.parts import Row, Section, how_far_to_trust
from linmem.reporting.path_subject import PathSubject

LAG = "Lag k (steps)"


def path_sections(subject: PathSubject) -> Iterator[tuple[str, Callable[[], Section]]]:
    """Title of every section, with the function that computes it."""
    yield "The path", partial(path_section, subject)
    yield "Memory along the path", partial(memory_section, subject)
    yield "Memory function", partial(decoding_section, subject)
    yield "Parts of the state", partial(parts_section, subject)
    yield "Gradients", partial(gradients_section, subject)
    yield "Lyapunov exponents", partial(exponents_section, subject)
    yield "Fixed points", partial(fixed_points_section, subject)


def curves_of(subject: PathSubject) -> dict[str, np.ndarray]:
    """J(k), or its trace over the inputs, of everything that has one, by name."""
    of_points = subject.curves_of_points
    named = {
        "along the path": subject.curve,
        "linear W": subject.linear_curve,
        "at point 1": of_points[0] if isinstance(of_points, list) and of_points else Reason("none"),
    }
    return {name: subject.traced(curve.values) for name, curve in named.items() if not isinstance(curve, Reason)}


def path_section(subject: PathSubject) -> Section:
    """The cell, its inputs, the noise and the end."""
    path = subject.path
    sizes = ", ".join(f"{name} {len(units)}" for name, units in subject.parts.items())
    unit = "a unit of measurement: J is per unit of it" if subject.is_per_unit else "as given"
    rows = (
        Row("cell", type(path.cell).__name__, (), f"state of {path.cell.state_size} numbers: {sizes}"),
        Row("steps", path.steps, (), f"memory is that of the state after step {subject.steps - 1}"),
        Row("inputs", path.inputs.shape[1], (), _inputs_in_words(subject)),
        Row("noise variance", subject.variance, (), f"{_place(subject)}; {unit}"),
        Row("observed", subject.observe, (), _observed_in_words(subject)),
    )
    states = path.hidden_states
    text = (
        "Near the path that a cell really runs, small noise and small changes of its inputs move it as a linear "
        "network whose weights change from step to step. All memory below is exact as the noise goes to 0."
    )
    largest = f"from {shown(float(states.min()), 4)} to {shown(float(states.max()), 4)}"
    said = f"h of every unit after every step, as colours about zero; {largest}."
    chart = MatrixChart("path", "The path", said, "Step", "Unit of h", states.T, "h", start=0)
    return Section("The path", text, rows, (chart,))


def _inputs_in_words(subject: PathSubject) -> str:
    measured = subject.measured_input
    one_hot = "they are one-hot, and one of them cannot change alone" if subject.is_one_hot else ""
    if measured == "contrasts":
        said = "memory is that of changes of unit length that keep their sum, added up, the trace of J(k)"
        return f"{one_hot}: {said}" if one_hot else said
    if measured is not None:
        return f"memory of input {measured} alone" + (f"; {one_hot}" if one_hot else "")
    added = "memory is added up over them, the trace of J(k)" if subject.path.inputs.shape[1] > 1 else ""
    return "; ".join(filter(None, (added, one_hot)))


def _place(subject: PathSubject) -> str:
    """Where the noise enters, and how much of it where that differs."""
    noise = subject.noise
    if isinstance(subject.path.cell, LSTMCell):
        seen = "before h is read from it" if noise.where == "before" else "after h is read from it"
        return f"{noise.hidden:g} in h and {noise.cell:g} in c, {seen}"
    if noise.where == "before":
        return "in what enters the nonlinearity of every unit"
    return "in every number of the state, after each step"


def _observed_in_words(subject: PathSubject) -> str:
    return "h alone" if subject.observe == "hidden" else "the whole state"


def memory_section(subject: PathSubject) -> Section:
    """J(k) at the end, beside that of the linear weights, with the limits of small noise."""
    title, curve = "Memory along the path", subject.curve
    if isinstance(curve, Reason):
        return Section(title, f"The memory along the path is not known ({curve}).")
    values = subject.traced(curve.values)
    linear = subject.linear_curve
    rows = [
        Row(_total_title(subject), subject.total(curve), (), how_far_to_trust(curve)),
        Row("mean h^2", subject.path.mean_square, (), "memory is in units of the noise: larger states look better"),
        Row("J(0)", float(values[0])),
        *_last_lag(subject, "J", values),
        Row("lag by which half of it is reached", _half_lag(values)),
        Row("total of the linear W", derived(linear, lambda linear: subject.total(linear)), (), subject.span),
        Row("linear W, over all steps", derived(subject.linear_with_input, stationary_memory)),
        *_limits(subject, values),
    ]
    text = (
        "J(k) is what the state at the end tells about a small change of the input k steps before, beside that of the "
        "recurrent weights alone, without bias, nonlinearity or gates, and beside that of a cell that rests."
    )
    said = "J(k) against the lag k; point 1 is that of the fixed points."
    return Section(title, text, tuple(rows), (_memory_chart("memory", "Memory", said, curves_of(subject)),))


def _total_title(subject: PathSubject) -> str:
    every = subject.lags_asked == subject.steps
    return "total over all lags" if every else f"total over the first {subject.lags_asked} lags"


def _last_lag(subject: PathSubject, name: str, values: np.ndarray) -> Iterator[Row]:
    """The value at the last of several lags."""
    if len(values) > 1:
        said = "the oldest input" if len(values) == subject.steps else ""
        yield Row(f"{name}({len(values) - 1})", float(values[-1]), (), said)


def _half_lag(values: np.ndarray) -> Any:
    if not np.isfinite(values).all():
        return "infinite memory"
    if not values.any():
        return "no memory"
    return int(np.searchsorted(np.cumsum(values), values.sum() / 2))


def _limits(subject: PathSubject, values: np.ndarray) -> Iterator[Row]:
    """How large noise and signal may be."""
    limits, deviation = subject.curve.limits, np.sqrt(subject.variance)
    if limits is None or limits.noise is None:
        reason = Reason("not known: the cell does not say what enters its nonlinearities")
        yield Row("largest noise, standard deviation", reason)
        return
    largest = limits.noise * deviation
    said = "up to which the theory holds to about a hundredth"
    if not subject.is_per_unit:
        fits = "which is below" if limits.noise >= 1 else "which is too large: what is said here does not hold"
        said += f"; the noise has {shown(float(deviation), 4)}, {fits}"
    if np.isinf(largest):
        said = "no noise enters a curved nonlinearity; kinks near the path are counted where the noise is given"
    yield Row("largest noise, standard deviation", largest, (), said)
    if limits.near_kinks is not None and not subject.is_per_unit:
        yield Row("arguments near a kink", limits.near_kinks, (), "over all steps, within one standard deviation of it")
    if np.isfinite(largest) and values[-1] > 0:
        told = f"change of the input at lag {len(values) - 1} that is worth one standard deviation of that noise"
        yield Row("signal that it takes", limits.noise / float(np.sqrt(values[-1])), (), told)


def decoding_section(subject: PathSubject) -> Section:
    """What the best linear readout explains of every input, with all the others in the way."""
    title, decoded = "Memory function", subject.decoded
    if isinstance(decoded, Reason):
        return Section(title, f"The memory function is not known ({decoded}).")
    values = decoded.values
    rows = (
        Row("inputs recovered, sum of m(k)", float(values.sum()), (), how_far_to_trust(decoded)),
        Row("m(0)", float(values[0])),
        *_last_lag(subject, "m", values),
        Row("information about all inputs, nats", decoded.information),
        Row("signal to noise", subject.snr, (), "mean variance of the inputs over that of the noise in h"),
    )

    varied = "independent" if subject.input_covariance is None else "of the covariance that they have along the path"
    text = (
        "Fisher memory counts noise only. In a task the other inputs are in the way as well: m(k) is the share of the "
        f"input k steps before that the best linear readout explains, for inputs independent in time and {varied}."
    )
    chart = LineChart(
        "memory-function", "Memory function", "m(k) against the lag k.", LAG, "m(k) (r²)",
        (Line("along the path", decoded.lags, values),), y_range=(0.0, 1.02),
    )  # fmt: skip
    return Section(title, text, rows, (chart,))


def parts_section(subject: PathSubject) -> Section:
    """The memory of each part of the state alone, beside that of the whole."""
    title, whole = "Parts of the state", subject.whole_curve
    if len(subject.parts) == 1:
        return Section(title, "The state has one part, h, which a readout sees.")
    if isinstance(whole, Reason):
        return Section(title, f"The memory of the whole state is not known ({whole}).")
    of_whole = subject.traced(whole.values)
    lines = {"whole state": of_whole}
    rows = []
    for name, curve in subject.curves_of_parts.items():
        if isinstance(curve, Reason):
            rows.append(Row(f"{name} alone", curve))
            continue
        of_part = lines[f"{name} alone"] = subject.traced(curve.values)
        share = _share(of_part.sum(), of_whole.sum())
        rows.append(Row(f"{name} alone: share of the total", share, (), how_far_to_trust(curve)))
        for lag in sorted({*_decades(len(of_whole)), len(of_whole) - 1}):
            rows.append(Row(f"{name} alone: share at lag {lag}", _share(of_part[lag], of_whole[lag])))

    text = "What each part of the state tells by itself; the rest is in the others, or in how they go together."
    chart = _memory_chart("parts", "Parts of the state", "J(k) of each part alone.", lines)
    return Section(title, text, tuple(rows), (chart,))


def _share(part: float, whole: float) -> Any:
    """part / whole, or the reason why that is no number."""
    if not np.isfinite(whole):
        return Reason("none: the memory of the whole state is infinite, as some direction of it has no noise")
    return float(part / whole) if whole > 0 else Reason("none: the whole state has no memory of it")


def _decades(count: int) -> list[int]:
    """Lags 0, 1, 10, 100, ... below a number."""
    return [0, *(10**i for i in range(8) if 10**i < count)]


def gradients_section(subject: PathSubject) -> Section:
    """Norms of gradients beside the memory that they bound from above, but do not make."""
    title, gradients = "Gradients", subject.gradients
    if isinstance(gradients, Reason):
        return Section(title, f"The norms of the gradients are not known ({gradients}).")
    powers = gradients.logarithms / np.log(10)
    curve = subject.curve
    memory = None if isinstance(curve, Reason) else subject.variance * subject.traced(curve.values)
    last = len(powers) - 1
    rows = [
        Row("norm at lag 0", float(gradients.values[0]), (), how_far_to_trust(gradients)),
    ]
    if last and np.isfinite(gradients.logarithms[0]):
        rows.append(Row(f"norm at lag {last}", float(gradients.values[-1]), (), f"10^{powers[-1]:.4g}"))
        growth = float(np.exp((gradients.logarithms[-1] - gradients.logarithms[0]) / last))
        rows.append(Row("growth per lag", growth, (), "above 1 gradients explode, below 1 they vanish"))

    lines = [Line("gradient, squared", gradients.lags, 2 * powers)]
    if memory is not None:
        seen = np.where(memory > 0, memory, np.nan)
        lines.append(Line("memory, times noise", gradients.lags, np.log10(seen)))
    text = (
        "The norm of the derivative of the state with respect to the input k steps before. Memory is not gradients: "
        "noise grows as they do. Where all noise is alike, J(k) times its variance is at most the square of the norm."
    )
    caption = "The squared norm of the gradient, and J(k) times the variance of the noise, as powers of ten."
    chart = LineChart("gradients", "Gradients and memory", caption, LAG, "Decimal logarithm", tuple(lines))
    return Section(title, text, tuple(rows), (chart,))


def _memory_chart(key: str, title: str, text: str, curves: dict[str, np.ndarray]) -> Chart:
    """Lines against the lag, on a logarithmic scale where anything is above 0."""
    lines = tuple(Line(name, np.arange(len(values)), values) for name, values in curves.items())
    scale = "log" if any((values > 0).any() for values in curves.values()) else "linear"
    return LineChart(key, title, text, LAG, "J(k) (1 / noise variance)", lines, scale=scale)
