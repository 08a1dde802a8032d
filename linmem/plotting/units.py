"""Names of units along an axis.

Contents
--------
name_units
    Ticks with the labels of some units, evenly spaced.
shortened
    A label that is not longer than it may be.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axis import Axis, XAxis

MOST_TICKS = 12
LONGEST = 14  # letters


def name_units(axis: Axis, labels: Sequence[str]) -> None:
    """Put ticks with labels at the places 1, 1 + k, 1 + 2 k, ... of an axis, k so that there are at most 12 of them."""
    step = -(-len(labels) // MOST_TICKS)
    places = range(0, len(labels), step)
    is_horizontal = isinstance(axis, XAxis)
    axis.set_ticks([place + 1 for place in places], [shortened(labels[place]) for place in places])
    axis.set_tick_params(labelrotation=90 if is_horizontal else 0, labelsize=5)


def shortened(label: str) -> str:
    """The label, of at most 14 letters: what is too long loses its middle, as beginnings and ends tell units apart.

    Signs of mathematics stand for themselves.
    """
    if len(label) > LONGEST:
        kept = LONGEST - 1
        label = f"{label[: kept // 2]}…{label[-(kept - kept // 2) :]}"
    return label.replace("$", r"\$")
