"""How figures look: style, widths of a page, the palette of kinds of networks, letters of panels.

Contents
--------
style
    The look of the package, inside a `with` block.
Journal, JOURNALS, for_journal
    Widths and fonts that journals ask for, and a block in which figures follow one of them.
new_figure, UNDATED
    A figure outside pyplot, and the metadata with which it is saved to the same bytes every time.
KINDS, kind_style, kind_marker
    Kinds of networks, and the colour, dash and marker that a kind has in every figure.
letter_panels
    Bold letters at the upper left corners of panels.
axes_or_new
    The given axes, or those of a new figure.
in_mathtext
    A number inside a formula.
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
LETTER = 9  # points, of the letter of a panel
SANS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")  # the last of each comes with matplotlib
SERIF = ("Times New Roman", "Nimbus Roman", "STIXGeneral")
# without the date and the version of matplotlib, the same figure gives the same bytes
UNDATED = {"pdf": {"CreationDate": None}, "png": {"Software": None}, "svg": {"Date": None}}

TEXT_SIZES = ("font.size", "axes.titlesize", "axes.labelsize", "figure.titlesize", "figure.labelsize")
SMALL_SIZES = ("xtick.labelsize", "ytick.labelsize", "legend.fontsize")

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
    """What a journal asks of its figures.

    Attributes
    ----------
    widths
        Widths in inches: of figures of one column, two columns, and so on.
    fonts
        Families of fonts, the preferred one first. The last one comes with matplotlib.
    text, small, letter
        Sizes in points: of text, of ticks and legends, of the letters of panels.
    """

    widths: tuple[float, ...]
    fonts: tuple[str, ...]
    text: float
    small: float
    letter: float

    @property
    def settings(self) -> dict[str, object]:
        """The settings of matplotlib that differ from those of the package."""
        installed = set(font_manager.get_font_names())
        settings: dict[str, object] = dict.fromkeys(TEXT_SIZES, self.text)
        settings |= dict.fromkeys(SMALL_SIZES, self.small)
        settings["font.family"] = next(font for font in self.fonts if font in installed)
        settings["mathtext.fontset"] = "stix" if self.fonts is SERIF else "dejavusans"
        return settings


JOURNALS = {
    "pnas": Journal((87 * MILLIMETRE, 178 * MILLIMETRE), SANS, text=7, small=6, letter=9),
    "nature": Journal((89 * MILLIMETRE, 183 * MILLIMETRE), SANS, text=7, small=6, letter=8),
    "neurips": Journal((5.5,), SERIF, text=8, small=7, letter=9),
}
# the journal of the surrounding `for_journal` block, and the columns it asks for
_JOURNAL: ContextVar[tuple[Journal, int | None] | None] = ContextVar("_JOURNAL", default=None)


@contextmanager
def for_journal(name: str, columns: int | None = None) -> Iterator[None]:
    """A block in which `style` and `new_figure` follow a journal: its fonts, and its width of so many columns.

    Without `columns` every figure has as many columns as it was made for. Its height changes with its width.

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
    token = _JOURNAL.set((journal, columns))
    try:
        yield
    finally:
        _JOURNAL.reset(token)


def style() -> AbstractContextManager[None]:
    """A block in which figures have the look of the package: `with style(): ...`.

    The style starts from matplotlib's own defaults, so that a figure looks the same whatever the user's matplotlibrc
    says. After the block the settings are what they were before it.

    Examples
    --------
    >>> import matplotlib
    >>> with style():
    ...     matplotlib.rcParams["font.size"], matplotlib.rcParams["pdf.fonttype"]
    (7.0, 42)
    """
    sheet = str(resources.files("linmem.plotting") / "linmem.mplstyle")
    in_journal = _JOURNAL.get()
    settings = in_journal[0].settings if in_journal else {}
    return matplotlib.style.context([sheet, settings], after_reset=True)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, or as wide as the surrounding `for_journal` block asks for.

    It does not belong to pyplot, so that it need not be closed.
    """
    if in_journal := _JOURNAL.get():
        journal, columns = in_journal
        made_for = 1 if width <= ONE_COLUMN else 2
        n_columns = min(columns or made_for, len(journal.widths))
        journal_width = journal.widths[n_columns - 1]
        width, height = journal_width, height * journal_width / width
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
    """Write a, b, c, ... in bold at the upper left corners of the panels."""
    in_journal = _JOURNAL.get()
    size = in_journal[0].letter if in_journal else LETTER
    for letter, ax in zip(ascii_lowercase, panels, strict=False):
        ax.set_title(letter, loc="left", fontsize=size, fontweight="bold")


def axes_or_new(ax: Axes | None) -> Axes:
    """The given axes, or those of a new figure of pyplot."""
    return plt.subplots()[1] if ax is None else ax


def in_mathtext(value: float) -> str:
    r"""A number of three digits in the language of formulas, such as 9.28 \times 10^{6}."""
    digits, power, exponent = f"{value:.3g}".partition("e")
    return rf"{digits} \times 10^{{{int(exponent)}}}" if power else digits
