"""Panels of a figure at one and at two columns, and a key above them.

Contents
--------
Layout, arrange
    Where the panels stand at either width, and a figure with these panels.
label_left
    A label of the vertical axis at the panels that stand at the left.
key_above
    A legend above all panels, in as few rows as fit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from linmem import plotting

WIDE = 1.2 * plotting.ONE_COLUMN  # inches; a figure that is wider is laid out for two columns


@dataclass(frozen=True)
class Layout:
    """Panels as letters, as `Figure.subplot_mosaic` takes them, and the height in inches, at either width.

    Attributes
    ----------
    one, two
        The panels at one and at two columns.
    heights
        The heights of the figure at one and at two columns.
    columns
        The width that the figure has where no journal asks for another.
    """

    one: str
    two: str
    heights: tuple[float, float]
    columns: int = 2


def arrange(layout: Layout) -> tuple[Figure, list[Axes]]:
    """A figure as wide as the journal asks for, and its panels in the order of their letters, with these letters."""
    width = plotting.ONE_COLUMN if layout.columns == 1 else plotting.TWO_COLUMNS
    figure = plotting.new_figure(width, layout.heights[layout.columns - 1])
    is_wide = figure.get_figwidth() > WIDE
    height_of_one, height_of_two = layout.heights
    figure.set_figheight(height_of_two if is_wide else height_of_one)
    mosaic = figure.subplot_mosaic(layout.two if is_wide else layout.one)
    panels = [mosaic[letter] for letter in sorted(mosaic)]
    if len(panels) > 1:
        plotting.letter_panels(*panels)
    return figure, panels


def label_left(panels: Iterable[Axes], label: str) -> None:
    """Label the vertical axes of those panels that stand at the left of the figure, for all beside them."""
    for ax in panels:
        spec = ax.get_subplotspec()
        if spec is not None and spec.is_first_col():
            ax.set_ylabel(label)


def key_above(figure: Figure, handles: list[Artist]) -> None:
    """A legend above all panels, with as many entries beside each other as fit."""
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(handles=handles, loc="outside upper center", ncols=columns, columnspacing=1.2)
        width = legend.get_window_extent(figure.canvas.get_renderer()).width
        if width <= figure.bbox.width or columns == 1:
            return
        legend.remove()
