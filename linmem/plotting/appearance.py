"""How figures look: the style, the widths of a page, the letters of the panels.

Contents
--------
style
    The look of the package, inside a `with` block.
new_figure, UNDATED
    A figure outside pyplot, and the metadata with which it is saved to the same bytes.
letter_panels
    Bold letters at the upper left corners.
axes_or_new
    The axes given, or those of a new figure.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import resources
from string import ascii_lowercase

import matplotlib.pyplot as plt
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

MILLIMETRE = 1 / 25.4
ONE_COLUMN = 85 * MILLIMETRE
TWO_COLUMNS = 180 * MILLIMETRE
LETTER = 9  # points, of a panel's letter
UNDATED = {"pdf": {"CreationDate": None}, "png": {"Software": None}}  # metadata without which bytes repeat


def style() -> AbstractContextManager[None]:
    """The look of the package: `with style(): ...`; outside the block the settings are what they were.

    It starts from matplotlib's own defaults, so that a figure looks alike whatever the user's matplotlibrc says.

    Examples
    --------
    >>> import matplotlib
    >>> with style():
    ...     matplotlib.rcParams["font.size"], matplotlib.rcParams["pdf.fonttype"]
    (7.0, 42)
    """
    sheet = resources.files("linmem.plotting") / "linmem.mplstyle"
    return matplotlib.style.context(str(sheet), after_reset=True)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches, outside pyplot: nothing is left open."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def letter_panels(*panels: Axes) -> None:
    """a, b, c, ... in bold, at the upper left corners of the axes."""
    for letter, ax in zip(ascii_lowercase, panels, strict=False):
        ax.set_title(letter, loc="left", fontsize=LETTER, fontweight="bold")


def axes_or_new(ax: Axes | None) -> Axes:
    """The axes given, or those of a new figure."""
    return plt.subplots()[1] if ax is None else ax
