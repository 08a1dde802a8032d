r"""Pictures of non-normality.

Contents
--------
plot_pseudospectrum
    Level lines of the smallest singular value of z - W, with the eigenvalues.
plot_transient_growth
    ||W^k|| or ||e^{At}|| over time, with its peak.
plot_schur
    The moduli of the entries of a Schur form.
plot_link_profile
    Mean weights along the order of the response, with the band of networks without a chain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from linmem.network import ContinuousNetwork
from linmem.nonnormality.hidden_chains import LinkProfile
from linmem.nonnormality.pseudospectra import Pseudospectrum
from linmem.nonnormality.schur import SchurForm
from linmem.nonnormality.transients import TransientGrowth
from linmem.plotting.appearance import axes_or_new
from linmem.plotting.curves import all_continuous, count_steps, line_names, plot_lines, require_one_line
from linmem.plotting.matrices import add_colour_bar, extent_of, index_axes
from linmem.validation import number, whole_number

MOST_LEVELS = 8
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
) -> Axes:
    r"""Draw ||W^k|| against k, or ||e^{At}|| against t, on a logarithmic scale of four decades, with the peak marked.

    The norms have no unit.

    Parameters
    ----------
    growths
        One or several, all in discrete or all in continuous time; not of a stack.
    ax
        The axes to draw in; new ones where None.
    labels
        One name for each growth; the names of the networks where None. There is a legend if there are several.
    lower_bound, upper_bound
        Bounds of the peak to draw, such as those of `growth_lower_bound` and `growth_upper_bound`.

    Returns
    -------
    Axes
        The axes that hold the lines.

    Raises
    ------
    ArgumentError
        Some growths are in discrete and some in continuous time, there are more or fewer labels than growths, or a
        bound is not above 0.
    InvalidNetworkError
        A growth is of a stack.

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
    norms = [require_one_line("growths", growth.norms) for growth in growths]
    times = [growth.times for growth in growths]
    ax = plot_lines(times, norms, axes_or_new(ax), line_names(networks, labels))
    lines_of_growths = ax.get_lines()[-len(growths) :]  # the axes may hold other lines
    for growth, line in zip(growths, lines_of_growths, strict=True):
        ax.plot(growth.times[growth.peak_step], growth.peak, "o", color=line.get_color())
    if lower_bound is not None:
        _draw_bound(ax, number("lower_bound", lower_bound, above=0), "lower bound")
    if upper_bound is not None:
        _draw_bound(ax, number("upper_bound", upper_bound, above=0), "upper bound")
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
    ax.annotate(name, right_end, xycoords=coordinates, ha="right", va="bottom", color=BOUND, size="x-small")
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, bound / 1.5), max(high, bound * 2))


def plot_pseudospectrum(
    pseudospectrum: Pseudospectrum,
    ax: Axes | None = None,
    *,
    levels: Sequence[float] | None = None,
    numerical_range: np.ndarray | None = None,
) -> Axes:
    r"""Draw level lines of the smallest singular value of z - W in the complex plane, labelled by log10 eps.

    Inside the line of eps lie the eigenvalues of all W + E with ||E|| < eps. Points are the eigenvalues of W. The thin
    line is the edge of stability: the unit circle, or in continuous time the imaginary axis. W has no unit; A is per
    unit of time.

    Parameters
    ----------
    pseudospectrum
        As `linmem.pseudospectrum` returns it.
    ax
        The axes to draw in; new ones where None.
    levels
        The eps of the lines; powers of ten, at most eight, where None.
    numerical_range
        Complex points on the boundary of the numerical range (field of values), drawn as a dashed line.

    Returns
    -------
    Axes
        The axes that hold the picture.

    Raises
    ------
    ArgumentError
        A level is not above 0.
    """
    ax = axes_or_new(ax)
    _draw_levels(ax, pseudospectrum, levels)
    eigenvalues = np.asarray(pseudospectrum.eigenvalues)
    ax.plot(eigenvalues.real, eigenvalues.imag, ".", color="black")
    if numerical_range is not None:
        closed = np.append(numerical_range, numerical_range[:1])
        ax.plot(closed.real, closed.imag, color=BOUND, linewidth=0.7, linestyle=(0, (4, 2)))
    is_continuous = isinstance(pseudospectrum.network, ContinuousNetwork)
    if is_continuous:
        ax.axvline(0, color=EDGE, linewidth=0.5, linestyle="-", zorder=0)
    else:
        ax.add_patch(Circle((0, 0), 1, fill=False, edgecolor=EDGE, linewidth=0.5, zorder=0))
    ax.set_xlim(pseudospectrum.x[0], pseudospectrum.x[-1])
    ax.set_ylim(pseudospectrum.y[0], pseudospectrum.y[-1])
    ax.set_aspect("equal")
    ax.text(0.02, 0.02, r"lines: $\log_{10}\varepsilon$", transform=ax.transAxes, color=BOUND, fontsize="x-small")
    unit = "1 / time" if is_continuous else "no unit"
    ax.set_xlabel(f"Re $z$ ({unit})")
    ax.set_ylabel(f"Im $z$ ({unit})")
    return ax


def _draw_levels(ax: Axes, pseudospectrum: Pseudospectrum, levels: Sequence[float] | None) -> None:
    smallest = np.finfo(float).tiny  # a grid point on an eigenvalue has sigma_min = 0, which has no logarithm
    height = np.log10(np.maximum(pseudospectrum.sigma_min, smallest))
    exponents = _exponents(height, levels)
    # the end of the colours is too pale for a line: the scale is extended so that no line has them
    palest = exponents[-1] + 0.3 * np.ptp(exponents) + 0.3
    lines = ax.contour(
        pseudospectrum.x, pseudospectrum.y, height, exponents, vmax=palest, linewidths=0.8, linestyles="solid"
    )
    ax.clabel(lines, fmt=_with_minus_sign, fontsize="x-small")


def _with_minus_sign(exponent: float) -> str:
    return f"{exponent:.3g}".replace("-", "\N{MINUS SIGN}")


def _exponents(height: np.ndarray, levels: Sequence[float] | None) -> np.ndarray:
    """log10 eps of the level lines, increasing: those asked for, or whole ones between the lowest and highest point."""
    if levels is not None:
        return np.log10(sorted(number("levels", level, above=0) for level in levels))
    lowest, highest = np.floor(height.min()), np.floor(height.max())
    first = max(lowest, highest - MOST_LEVELS + 1)
    whole = np.arange(first, highest + 1)
    crossed = whole[whole > height.min()]
    if crossed.size == 0:  # the grid lies within one decade
        return np.array([height.mean()])
    return crossed


def plot_schur(form: SchurForm, ax: Axes | None = None, *, colour_bar: bool = True) -> Axes:
    r"""Draw the moduli of the entries of a Schur form T as colours, on a logarithmic scale of at most six decades.

    Entries below this scale are white. The diagonal holds the eigenvalues; T_ij above it is the feedforward weight from
    mode j to mode i.

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
    size = np.abs(form.T)
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
