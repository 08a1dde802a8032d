r"""Pictures of non-normality.

Contents
--------
plot_transient_growth
    ||W^k|| or ||e^{At}|| over time, with its peak, and the bounds that the Kreiss constant gives.
plot_schur
    The moduli of the entries of a Schur form.
plot_link_profile
    Mean weights along the order of the response, with the band of networks without a chain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from linmem.network import ContinuousNetwork
from linmem.nonnormality.hidden_chains import LinkProfile
from linmem.nonnormality.kreiss import KreissConstant
from linmem.nonnormality.schur import SchurForm
from linmem.nonnormality.transients import TransientGrowth
from linmem.plotting.appearance import axes_or_new, in_mathtext
from linmem.plotting.curves import QUANTILES, all_continuous, count_steps, line_names, lines_of, plot_lines
from linmem.plotting.matrices import add_colour_bar, extent_of, index_axes
from linmem.validation import number, whole_number

DECADES = 6  # of |T| that are visible below its largest entry
EDGE = "0.6"  # grey of lines that only separate: the edge of stability, zero
BOUND = "0.4"  # grey of bounds
BAND = 2  # standard deviations on each side of the mean


def plot_transient_growth(
    growths: TransientGrowth | Sequence[TransientGrowth],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    lower_bound: float | None = None,
    upper_bound: float | None = None,
    kreiss: KreissConstant | None = None,
    quantiles: tuple[float, float] = QUANTILES,
) -> Axes:
    r"""Draw ||W^k|| against k, or ||e^{At}|| against t, on a logarithmic scale of four decades, with the peak marked.

    The norms have no unit.

    Parameters
    ----------
    growths
        One or several, all in discrete or all in continuous time; of a stack the median is drawn, and a band.
    ax
        The axes to draw in; new ones where None.
    labels
        One name for each growth; the names of the networks where None. There is a legend if there are several.
    lower_bound, upper_bound
        Bounds of the peak to draw, such as those of `growth_lower_bound` and `growth_upper_bound`.
    kreiss
        The Kreiss constant of the network, whose bounds of the peak are drawn: it is at least K and at most e N K.
        Nothing is drawn where K is infinite.
    quantiles
        The edges of the band of a stack, as shares: 0.1 and 0.9 leave out a tenth of the networks on each side.

    Returns
    -------
    Axes
        The axes that hold the lines.

    Raises
    ------
    ArgumentError
        Some growths are in discrete and some in continuous time, there are more or fewer labels than growths, or a
        bound is not above 0; or quantiles are not two shares, the smaller one first.

    Examples
    --------
    >>> import linmem as lm
    >>> from linmem.nonnormality.transients import transient_growth
    >>> ax = plot_transient_growth(transient_growth(lm.chain(10, gain=1.2), steps=15))
    >>> ax.get_xlabel()
    'Step $k$'
    """
    growths = [growths] if isinstance(growths, TransientGrowth) else list(growths)
    networks = [growth.network for growth in growths]
    is_continuous = all_continuous("growths", networks)
    norms = [lines_of("growths", growth.network, growth.norms) for growth in growths]
    times = [growth.times for growth in growths]
    ax = plot_lines(times, norms, axes_or_new(ax), line_names(networks, labels), quantiles)
    lines_of_growths = ax.get_lines()[-len(growths) :]  # the axes may hold other lines
    for growth, line in zip(growths, lines_of_growths, strict=True):
        if not growth.network.stack_shape:
            ax.plot(growth.times[growth.peak_step], growth.peak, "o", color=line.get_color())
    if lower_bound is not None:
        _draw_bound(ax, number("lower_bound", lower_bound, above=0), "lower bound")
    if upper_bound is not None:
        _draw_bound(ax, number("upper_bound", upper_bound, above=0), "upper bound")
    if kreiss is not None and math.isfinite(kreiss.upper):
        upper = math.e * kreiss.network.size * kreiss.upper
        _draw_bound(ax, kreiss.lower, rf"peak $\geq K = {in_mathtext(kreiss.lower)}$")
        _draw_bound(ax, upper, rf"peak $\leq e\,N K = {in_mathtext(upper)}$")
    if is_continuous:
        ax.set_xlabel("Time $t$ (units of time)")
        ax.set_ylabel(r"Growth $\Vert e^{At}\Vert$ (no unit)")
    else:
        count_steps(ax)
        ax.set_xlabel("Step $k$")
        ax.set_ylabel(r"Growth $\Vert W^k\Vert$ (no unit)")
    return ax


def _draw_bound(ax: Axes, bound: float, name: str) -> None:
    """A horizontal line at the bound, with its name; the axis is extended to show both."""
    ax.axhline(bound, color=BOUND, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0)
    right_end, coordinates = (1, bound), ("axes fraction", "data")
    text = ax.annotate(name, right_end, xycoords=coordinates, ha="right", va="bottom", color=BOUND, size="x-small")
    text.set_path_effects([withStroke(linewidth=2, foreground="white")])  # lines pass behind it
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, bound / 1.5), max(high, bound * 2))


def plot_schur(form: SchurForm, ax: Axes | None = None, *, colour_bar: bool = True) -> Axes:
    r"""Draw the moduli of the entries of a Schur form T as colours, on a logarithmic scale of at most six decades.

    Entries below this scale are white. The picture is always that of the upper triangle: the diagonal holds the
    eigenvalues, and T_ij above it is the feedforward weight from mode j to mode i. A lower triangle, as `signal_flow`
    gives it, is drawn with its positions reversed, which is the Schur form that it came from.

    Parameters
    ----------
    form
        As `linmem.schur_form` returns it.
    ax
        The axes to draw in; new ones where None.
    colour_bar
        Whether to draw the scale.

    Returns
    -------
    Axes
        The axes that hold the picture.
    """
    size = np.abs(np.asarray(form.T))
    # of the blocks of a real form there is one entry on either side of the diagonal
    if np.count_nonzero(np.tril(size, -1)) > np.count_nonzero(np.triu(size, 1)):
        size = size[::-1, ::-1]
    largest = size.max() or 1.0
    smallest = size[size > 0].min(initial=largest / 10)
    bottom = max(largest * 10.0**-DECADES, smallest)
    ax = axes_or_new(ax)
    image = ax.imshow(
        np.ma.masked_less(size, bottom),
        norm=LogNorm(bottom, largest),
        cmap="cividis_r",
        interpolation="nearest",
        extent=extent_of(len(size)),
    )
    index_axes(ax, "From mode $j$", "To mode $i$")
    if colour_bar:
        unit = "1 / time" if isinstance(form.network, ContinuousNetwork) else "no unit"
        add_colour_bar(image, ax, f"Modulus $|T_{{ij}}|$ ({unit})")
    return ax


def plot_link_profile(profile: LinkProfile, ax: Axes | None = None, *, reach: int | None = None) -> Axes:
    r"""Draw the mean weight against the distance i - j along the order of the response.

    The band is that of networks without a chain: their mean, and two standard deviations on each side of it. Weights
    have no unit.

    Parameters
    ----------
    profile
        As `linmem.link_profile` returns it.
    ax
        The axes to draw in; new ones where None.
    reach
        The largest distance that is drawn; N / 2 where None. Beyond, a mean is over few weights, and so large that the
        others cannot be seen beside it.

    Returns
    -------
    Axes
        The axes that hold the picture.

    Raises
    ------
    ArgumentError
        `reach` is not a whole number of at least 1.

    Examples
    --------
    >>> import linmem as lm
    >>> from linmem.nonnormality.hidden_chains import link_profile
    >>> ax = plot_link_profile(link_profile(lm.chain(10), rng=0))
    >>> ax.get_ylabel()
    'Mean weight $W_{ij}$ (no unit)'
    """
    n = profile.network.size
    reach = max(1, n // 2) if reach is None else whole_number("reach", reach)
    half_width = BAND * profile.null_standard_deviation
    band_bottom, band_top = profile.null_mean - half_width, profile.null_mean + half_width
    ax = axes_or_new(ax)
    ax.axhline(0, color=EDGE, linewidth=0.5, linestyle="-", zorder=0)
    ax.fill_between(profile.distance, band_bottom, band_top, color="0.85", linewidth=0, label="no chain")
    ax.plot(profile.distance, profile.mean, label=profile.network.name or "network", marker=".")
    within_reach = np.abs(profile.distance) <= reach
    visible = np.concatenate([values[within_reach] for values in (profile.mean, band_bottom, band_top)])
    margin = 0.05 * np.ptp(visible) or 1.0
    ax.set_ylim(visible.min() - margin, visible.max() + margin)
    ax.set_xlim(-reach, reach)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    ax.set_xlabel("Distance $i - j$ along the order (units)")
    ax.set_ylabel("Mean weight $W_{ij}$ (no unit)")
    ax.legend()
    return ax
