"""Sections of a report on how a path moves: its Lyapunov exponents, and the points where the cell would rest.

Contents
--------
exponents_section
    The largest Lyapunov exponents with their standard errors.
fixed_points_section
    Fixed and slow points with their eigenvalues and their linear memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from linmem.charts.records import Chart, Line, LineChart, PlaneChart
from linmem.reasons import Reason, derived
from linmem.reporting.cell_section import point_in_words, points_in_words
from linmem.reporting.parts import Row, Section, how_far_to_trust
from linmem.reporting.path_subject import PathSubject

if TYPE_CHECKING:
    from linmem.running.exponents import LyapunovExponents
    from linmem.running.fixed_points import FixedPoints

LISTED_POINTS = 6


def exponents_section(subject: PathSubject) -> Section:
    """The largest Lyapunov exponents with their standard errors."""
    title, exponents = "Lyapunov exponents", subject.exponents
    if isinstance(exponents, Reason):
        return Section(title, f"The exponents are not known ({exponents}).")
    rows = [
        Row(f"exponent {i + 1}", float(value), (), _error_in_words(error))
        for i, (value, error) in enumerate(zip(exponents.values, exponents.standard_error, strict=True))
    ]

    known = np.isfinite(exponents.values)
    places = np.arange(1, len(known) + 1)[known]
    points = Line("exponent", places, exponents.values[known], np.nan_to_num(exponents.standard_error)[known], "points")
    chart = LineChart(
        "lyapunov-exponents", "Lyapunov exponents", "The largest exponents per step; bars are standard errors.",
        "Exponent, largest first", "Exponent (1 / step)", (points,), {"0": 0.0},
    )  # fmt: skip
    return Section(title, _verdict(exponents), tuple(rows), (chart,))


def _error_in_words(error: float) -> str:
    return f"standard error {error:.2g}" if np.isfinite(error) else "standard error not known"


def _verdict(exponents: LyapunovExponents) -> str:
    top, error = float(exponents.values[0]), float(exponents.standard_error[0])
    text = f"How fast neighbouring states part on this path, over {exponents.steps} steps."
    if not np.isfinite(top):
        return f"{text} Every step sets all small differences to 0."
    if not np.isfinite(error) or abs(top) <= 2 * error:
        return f"{text} The largest is not told from 0: within two standard errors, or with too few steps to know them."
    if top < 0:
        return f"{text} The largest is below 0: neighbours meet, and the state is a function of the inputs."
    return (
        f"{text} The largest is above 0: neighbours part. Noise then grows as well, and small noise is small only "
        "while it stays below the largest noise that the section on memory gives."
    )


def fixed_points_section(subject: PathSubject) -> Section:
    """Where the cell rests under a constant input, and the memory of its linear network there."""
    title, fixed = "Fixed points", subject.fixed
    if isinstance(fixed, Reason):
        return Section(title, f"Fixed points are not known ({fixed}).")
    words = {"mean": "the mean of the inputs", "last": "the last input", "zero": "no input"}[subject.rest]
    if not fixed.points:
        return Section(
            title, f"Under {words}, none of {fixed.starts} searches from states of the path ended at a point."
        )
    text = (
        f"Under {words}, {fixed.starts - fixed.lost} of {fixed.starts} searches from states of the path ended, at "
        f"{points_in_words(fixed)}. The memory there is that of the linear network "
        f"beside the point, {subject.span}."
    )
    rows = list(_rows_of_points(subject, fixed))
    return Section(title, text, tuple(rows), (_eigenvalues_chart(subject, fixed),))


def _rows_of_points(subject: PathSubject, fixed: FixedPoints) -> Iterator[Row]:
    for number, point in enumerate(fixed.points[:LISTED_POINTS], 1):
        yield Row(f"point {number}: radius", float(np.abs(point.eigenvalues[0])), (), point_in_words(point))
        if number <= len(subject.curves_of_points):
            curve = subject.curves_of_points[number - 1]
            total = derived(curve, lambda curve: subject.total(curve))
            yield Row(f"point {number}: memory", total, (), how_far_to_trust(curve))
            yield Row(f"point {number}: memory over all steps", subject.stationary_at(point))


def _eigenvalues_chart(subject: PathSubject, fixed: FixedPoints) -> Chart:
    linear = derived(subject.linear, lambda network: np.linalg.eigvals(network.dense()))
    points = {} if isinstance(linear, Reason) else {"linear W": linear}
    points["at point 1"] = fixed.points[0].eigenvalues
    text = "Eigenvalues of the Jacobian at the first point, beside those of the recurrent weights; the unit circle."
    return PlaneChart("eigenvalues", "Eigenvalues", text, "Real part", "Imaginary part", points)
