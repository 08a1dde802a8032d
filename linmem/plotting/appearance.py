"""How figures look: the style, the widths of a page, the letters of the panels.

Contents
--------
style
    The look of the package, inside a `with` block.
JOURNALS, for_journal
    Widths and fonts that journals ask for, and a block in which figures follow one of them.
new_figure, UNDATED
    A figure outside pyplot, and the metadata with which it is saved to the same bytes.
KINDS, kind_style, kind_marker
    Kinds of networks, and the colour, dash and marker that a kind has in every figure.
letter_panels
    Bold letters at the upper left corners.
axes_or_new
    The axes given, or those of a new figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import resources
from string import ascii_lowercase
from typing import Any

import matplotlib.pyplot as plt
import matplotlib.style
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from linmem.errors import ArgumentError
from linmem.validation import option

MILLIMETRE = 1 / 25.4
ONE_COLUMN = 85 * MILLIMETRE
TWO_COLUMNS = 180 * MILLIMETRE
LETTER = 9  # points, of a panel's letter
SANS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")  # the last one comes with matplotlib
SERIF = ("Times New Roman", "Nimbus Roman", "STIXGeneral")
UNDATED = {"pdf": {"CreationDate": None}, "png": {"Software": None}}  # metadata without which bytes repeat

# Kind of network -> colour (Okabe and Ito), dash, marker. Black is left for reference lines and for a network that is
# compared with these kinds; grey is left for limits and axes.
_LOOKS: dict[str, tuple[str, Any, str]] = {
    "chain": ("#0072B2", "-", "o"),
    "chain with feedback": ("#009E73", "-.", "^"),
    "orthogonal": ("#D55E00", (0, (4, 1.5)), "s"),
    "identity": ("#CC79A7", (0, (1, 1)), "D"),
    "Gaussian": ("#E69F00", (0, (6, 1, 1, 1, 1, 1)), "v"),
    "other": ("#56B4E9", (0, (9, 2)), "P"),
}
KINDS = tuple(_LOOKS)


@dataclass(frozen=True)
class Journal:
    """Widths of figures by columns, in inches; families of fonts, of which one is installed; sizes in points."""

    widths: tuple[float, ...]
    fonts: tuple[str, ...]
    text: float
    small: float
    letter: float

    @property
    def settings(self) -> dict[str, object]:
        """What differs from the style of the package."""
        installed = set(font_manager.get_font_names())
        text = ("font.size", "axes.titlesize", "axes.labelsize", "figure.titlesize", "figure.labelsize")
        small = ("xtick.labelsize", "ytick.labelsize", "legend.fontsize")
        return {
            "font.family": next(font for font in self.fonts if font in installed),
            "mathtext.fontset": "stix" if self.fonts is SERIF else "dejavusans",
            **dict.fromkeys(text, self.text),
            **dict.fromkeys(small, self.small),
        }


JOURNALS = {
    "pnas": Journal((87 * MILLIMETRE, 178 * MILLIMETRE), SANS, text=7, small=6, letter=9),
    "nature": Journal((89 * MILLIMETRE, 183 * MILLIMETRE), SANS, text=7, small=6, letter=8),
    "neurips": Journal((5.5,), SERIF, text=8, small=7, letter=9),
}
_PRINTED: ContextVar[tuple[Journal, int | None] | None] = ContextVar("_PRINTED", default=None)


@contextmanager
def for_journal(name: str, columns: int | None = None) -> Iterator[None]:
    """A block in which `style` and `new_figure` follow a journal: its fonts, and its width of so many columns.

    Without `columns` a figure has those that it was made for. Heights change with widths.

    Raises
    ------
    ArgumentError
        `name` is not the name of a journal in `JOURNALS`, or the journal has no figures of so many columns.

    Examples
    --------
    >>> with for_journal("pnas", columns=1), style():
    ...     round(float(new_figure(TWO_COLUMNS, 2.0).get_figwidth()) / MILLIMETRE, 3)
    87.0
    """
    journal = JOURNALS[option("journal", name, JOURNALS)]
    most_columns = len(journal.widths)
    if columns is not None and not 1 <= columns <= most_columns:
        numbers_of_columns = " or ".join(str(count) for count in range(1, most_columns + 1))
        raise ArgumentError(f"columns is {columns}; figures of {name} have {numbers_of_columns}")
    token = _PRINTED.set((journal, columns))
    try:
        yield
    finally:
        _PRINTED.reset(token)


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
    sheet, printed = resources.files("linmem.plotting") / "linmem.mplstyle", _PRINTED.get()
    settings = printed[0].settings if printed else {}
    return matplotlib.style.context([str(sheet), settings], after_reset=True)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches, outside pyplot: nothing is left open."""
    if printed := _PRINTED.get():
        journal, columns = printed
        wanted = journal.widths[min(columns or (1 if width <= ONE_COLUMN else 2), len(journal.widths)) - 1]
        width, height = wanted, height * wanted / width
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def kind_style(kind: str) -> dict[str, Any]:
    """Colour and dash of the lines of one kind of network, as keywords of `ax.plot`; the same in every figure.

    The colours are those of Okabe and Ito, which colour-blind readers can tell apart. The dashes alone tell the kinds
    apart as well, in print without colour. `kind_marker` gives the marker of the same kind.

    Parameters
    ----------
    kind
        "chain", "chain with feedback", "orthogonal", "identity", "Gaussian", or "other" for every other network.

    Raises
    ------
    ArgumentError
        `kind` is none of these words.

    Examples
    --------
    >>> kind_style("chain")
    {'color': '#0072B2', 'linestyle': '-'}
    >>> fig = new_figure(ONE_COLUMN, 2.0)
    >>> lines = fig.subplots().plot([1, 0.5, 0.25], **kind_style("orthogonal"), marker=kind_marker("orthogonal"))
    """
    color, dash, _ = _LOOKS[option("kind", kind, KINDS)]
    return {"color": color, "linestyle": dash}


def kind_marker(kind: str) -> str:
    """Marker of the points of one kind of network, which belongs to the line of `kind_style`.

    Examples
    --------
    >>> kind_marker("chain"), kind_marker("identity")
    ('o', 'D')
    """
    return _LOOKS[option("kind", kind, KINDS)][2]


def letter_panels(*panels: Axes) -> None:
    """a, b, c, ... in bold, at the upper left corners of the axes."""
    printed = _PRINTED.get()
    size = printed[0].letter if printed else LETTER
    for letter, ax in zip(ascii_lowercase, panels, strict=False):
        ax.set_title(letter, loc="left", fontsize=size, fontweight="bold")


def axes_or_new(ax: Axes | None) -> Axes:
    """The axes given, or those of a new figure."""
    return plt.subplots()[1] if ax is None else ax
