"""Sections of a report on how a path moves: its Lyapunov exponents, and the points where the cell would rest.

Contents
--------
exponents_section
    The largest Lyapunov exponents with their standard errors.
fixed_points_section
    Fixed and slow points with their eigenvalues and their linear memory.
LOOKS
    Colour and dash of what is drawn beside each other, by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from linmem.reasons import Reason, derived
from linmem.reporting.cell_section import point_in_words, points_in_words
from linmem.reporting.parts import Picture, Row, Section, how_far_to_trust
from linmem.reporting.path_subject import PathSubject

if TYPE_CHECKING:
    from linmem.plotting.appearance import Axes
    from linmem.running.exponents import LyapunovExponents
    from linmem.running.fixed_points import FixedPoints

LISTED_POINTS = 6
LOOKS: dict[str, dict[str, Any]] = {  # of the lines of memory, by name
    "along the path": {"color": "black", "linestyle": "-"},
    "linear W": {"color": "#D55E00", "linestyle": "--"},
    "at point 1": {"color": "#009E73", "linestyle": "-."},
}


def exponents_section(subject: PathSubject) -> Section:
    """The largest Lyapunov exponents with their standard errors."""
    title, exponents = "Lyapunov exponents", subject.exponents
    if isinstance(exponents, Reason):
        return Section(title, f"The exponents are not known ({exponents}).")
    rows = [
        Row(f"exponent {i + 1}", float(value), (), _error_in_words(error))
        for i, (value, error) in enumerate(zip(exponents.values, exponents.standard_error, strict=True))
    ]

    def draw(ax: Axes) -> None:
        known = np.isfinite(exponents.values)
        places = np.arange(1, len(known) + 1)
        error = np.nan_to_num(exponents.standard_error)
        ax.errorbar(places[known], exponents.values[known], error[known], fmt="o", color="black", markersize=3)
        ax.axhline(0, color="0.6", linewidth=0.7)
        ax.set_xlabel("Exponent, largest first")
        ax.set_ylabel("Exponent (1 / step)")

    caption = "The largest exponents per step; bars are standard errors."
    return Section(title, _verdict(exponents), tuple(rows), (Picture("Lyapunov exponents", caption, draw),))


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
    return Section(title, text, tuple(rows), (_eigenvalues_picture(subject, fixed),))


def _rows_of_points(subject: PathSubject, fixed: FixedPoints) -> Iterator[Row]:
    for number, point in enumerate(fixed.points[:LISTED_POINTS], 1):
        yield Row(f"point {number}: radius", float(np.abs(point.eigenvalues[0])), (), point_in_words(point))
        if number <= len(subject.curves_of_points):
            curve = subject.curves_of_points[number - 1]
            total = derived(curve, lambda curve: subject.total(curve))
            yield Row(f"point {number}: memory", total, (), how_far_to_trust(curve))
            yield Row(f"point {number}: memory over all steps", subject.stationary_at(point))


def _eigenvalues_picture(subject: PathSubject, fixed: FixedPoints) -> Picture:
    eigenvalues = fixed.points[0].eigenvalues
    linear = derived(subject.linear, lambda network: np.linalg.eigvals(network.dense()))

    def draw(ax: Axes) -> None:
        circle = np.exp(2j * np.pi * np.linspace(0, 1, 200))
        ax.plot(circle.real, circle.imag, color="0.6", linewidth=0.7)
        if not isinstance(linear, Reason):
            ax.plot(linear.real, linear.imag, "x", color=LOOKS["linear W"]["color"], markersize=3, label="linear W")
        colour = LOOKS["at point 1"]["color"]
        ax.plot(eigenvalues.real, eigenvalues.imag, "o", color=colour, markersize=2.5, label="at point 1")
        ax.set_aspect("equal", "datalim")
        ax.set_xlabel("Real part")
        ax.set_ylabel("Imaginary part")
        ax.legend()

    caption = "Eigenvalues of the Jacobian at the first point, beside those of the recurrent weights; the unit circle."
    return Picture("Eigenvalues", caption, draw)
