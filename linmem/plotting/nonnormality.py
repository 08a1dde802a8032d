r"""Pictures of non-normality.

Contents
--------
plot_pseudospectrum
    Level lines of the smallest singular value of z - W, with the eigenvalues.
plot_transient_growth
    ||W^k|| or ||e^{At}|| over time, with its peak.
plot_schur
    The moduli of a triangular form.
plot_link_profile
    Mean weights along the order of the response, with the band of networks without a chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from linmem.errors import InvalidNetworkError
from linmem.network import ContinuousNetwork
from linmem.nonnormality.hidden_chains import LinkProfile
from linmem.nonnormality.transients import TransientGrowth
from linmem.plotting.appearance import axes_or_new
from linmem.plotting.curves import _count_steps, _lines, _one_line, line_names
from linmem.validation import number, whole_number

MOST_LEVELS = 8
DECADES = 6  # of |T| shown below its largest entry
EDGE = "0.6"  # grey of lines that only separate: the edge of stability, zero
BAND = 2  # standard deviations


def plot_transient_growth(
    growths: TransientGrowth | Sequence[TransientGrowth],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    lower_bound: float | None = None,
    upper_bound: float | None = None,
) -> Axes:
    r"""||W^k|| against k, or ||e^{At}|| against t, on a logarithmic scale of four decades; the peaks are marked.

    Norms have no unit.

    Parameters
    ----------
    growths
        One or several, all in discrete or all in continuous time; not of a stack.
    labels
        For the legend; the names of the networks where None. A legend is drawn where there is more than one growth.
    lower_bound, upper_bound
        Bounds of the peak to draw, as of `growth_lower_bound` and `growth_upper_bound`.

    Examples
    --------
    >>> import linmem as lm
    >>> from linmem.nonnormality.transients import transient_growth
    >>> ax = plot_transient_growth(transient_growth(lm.chain(10, gain=1.2), steps=15))
    >>> ax.get_xlabel()
    'Step $k$'
    """
    growths = [growths] if isinstance(growths, TransientGrowth) else list(growths)
    continuous = {isinstance(growth.network, ContinuousNetwork) for growth in growths}
    if len(continuous) > 1:
        raise InvalidNetworkError("growths holds some in discrete and some in continuous time; draw them in axes apart")
    norms = [_one_line("growths", growth.norms) for growth in growths]
    names = line_names([growth.network for growth in growths], labels)
    ax = _lines([growth.times for growth in growths], norms, axes_or_new(ax), names)
    for growth, line in zip(growths, ax.get_lines()[-len(growths) :], strict=True):
        ax.plot(growth.times[growth.peak_step], growth.peak, "o", color=line.get_color())
    for argument, bound in (("lower_bound", lower_bound), ("upper_bound", upper_bound)):
        if bound is not None:
            _draw_bound(ax, number(argument, bound, above=0), argument.replace("_", " "))
    if continuous == {True}:
        ax.set_xlabel("Time $t$ (units of time)")
        ax.set_ylabel(r"Growth $\Vert e^{At}\Vert$ (no unit)")
    else:
        _count_steps(ax)
        ax.set_xlabel("Step $k$")
        ax.set_ylabel(r"Growth $\Vert W^k\Vert$ (no unit)")
    return ax


def plot_pseudospectrum(
    found: Any, ax: Axes | None = None, *, levels: Sequence[float] | None = None, numerical_range: Any = None
) -> Axes:
    r"""Level lines of the smallest singular value of z - W over the complex plane, labelled by log10 eps; eigenvalues.

    Inside the line of eps lie the eigenvalues of W + E for all ||E|| < eps. The thin line is the edge of stability: the
    unit circle, or in continuous time the imaginary axis. W has no unit; A is per unit of time.

    Parameters
    ----------
    found
        A pseudospectrum: `x` (M,), `y` (K,), `sigma_min` (K, M), `eigenvalues` (N,) and `network`.
    levels
        The eps of the lines; powers of ten, at most eight, where None.
    numerical_range
        Complex points on the boundary of the numerical range, to be drawn as a dashed line.
    """
    ax = axes_or_new(ax)
    with np.errstate(divide="ignore"):
        height = np.log10(np.maximum(found.sigma_min, np.finfo(float).tiny))
    exponents = _exponents(height, levels)
    palest = exponents[-1] + 0.3 * np.ptp(exponents) + 0.3  # the end of the colours is too pale for a line
    lines = ax.contour(found.x, found.y, height, exponents, vmax=palest, linewidths=0.8, linestyles="solid")
    ax.clabel(lines, fmt=lambda exponent: f"{exponent:.3g}".replace("-", "\N{MINUS SIGN}"), fontsize="x-small")
    eigenvalues = np.asarray(found.eigenvalues)
    ax.plot(eigenvalues.real, eigenvalues.imag, ".", color="black")
    if numerical_range is not None:
        boundary = np.append(numerical_range, numerical_range[:1])
        ax.plot(boundary.real, boundary.imag, color="0.4", linewidth=0.7, linestyle=(0, (4, 2)))
    continuous = isinstance(found.network, ContinuousNetwork)
    if continuous:
        ax.axvline(0, color=EDGE, linewidth=0.5, linestyle="-", zorder=0)
    else:
        ax.add_patch(Circle((0, 0), 1, fill=False, edgecolor=EDGE, linewidth=0.5, zorder=0))
    ax.set_xlim(found.x[0], found.x[-1])
    ax.set_ylim(found.y[0], found.y[-1])
    ax.set_aspect("equal")
    ax.text(0.02, 0.02, r"lines: $\log_{10}\varepsilon$", transform=ax.transAxes, color="0.4", fontsize="x-small")
    unit = "1 / time" if continuous else "no unit"
    ax.set_xlabel(f"Re $z$ ({unit})")
    ax.set_ylabel(f"Im $z$ ({unit})")
    return ax


def plot_schur(form: Any, ax: Axes | None = None, *, colour_bar: bool = True) -> Axes:
    r"""The moduli of a Schur form T, on a logarithmic scale of at most six decades; white where T is zero or smaller.

    Eigenvalues are on the diagonal; T_ij above it is the feedforward weight from mode j to mode i.

    Parameters
    ----------
    form
        A Schur form, with `T` (N, N) and `network`.
    colour_bar
        Whether to draw the scale.
    """
    size = np.abs(form.T)
    top = size.max() or 1.0
    low = max(top * 10.0**-DECADES, size[size > 0].min(initial=top / 10))
    ax = axes_or_new(ax)
    n = len(size)
    image = ax.imshow(
        np.ma.masked_less(size, low),
        norm=LogNorm(low, top),
        cmap="cividis_r",
        interpolation="nearest",
        extent=(0.5, n + 0.5, n + 0.5, 0.5),
    )
    ax.set_xlabel("From mode $j$")
    ax.set_ylabel("To mode $i$")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    ax.spines[:].set_visible(True)
    if colour_bar:
        bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02, aspect=15)
        rate = isinstance(form.network, ContinuousNetwork)
        bar.set_label(f"Modulus $|T_{{ij}}|$ ({'1 / time' if rate else 'no unit'})")
        bar.outline.set_linewidth(0.5)
    return ax


def plot_link_profile(profile: LinkProfile, ax: Axes | None = None, *, reach: int | None = None) -> Axes:
    r"""The mean weight against i - j along the order of the response; the band is that of networks without a chain.

    The band is two standard deviations to either side of the mean of these networks. Weights have no unit.

    Parameters
    ----------
    reach
        The largest distance shown; N / 2 where None: means of few weights beyond hide the rest.

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
    ax = axes_or_new(ax)
    middle, spread = profile.null_mean, BAND * profile.null_standard_deviation
    ax.axhline(0, color=EDGE, linewidth=0.5, linestyle="-", zorder=0)
    ax.fill_between(profile.distance, middle - spread, middle + spread, color="0.85", linewidth=0, label="no chain")
    ax.plot(profile.distance, profile.mean, label=profile.network.name or "network", marker=".")
    shown = np.abs(profile.distance) <= reach
    drawn = np.concatenate([profile.mean[shown], (middle - spread)[shown], (middle + spread)[shown]])
    margin = 0.05 * np.ptp(drawn) or 1.0
    ax.set_ylim(drawn.min() - margin, drawn.max() + margin)
    ax.set_xlim(-reach, reach)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    ax.set_xlabel("Distance $i - j$ along the order (units)")
    ax.set_ylabel("Mean weight $W_{ij}$ (no unit)")
    ax.legend()
    return ax


def _draw_bound(ax, bound, name):
    ax.axhline(bound, color="0.4", linewidth=0.7, linestyle=(0, (2, 2)), zorder=0)
    ax.annotate(
        name, (1, bound), xycoords=("axes fraction", "data"), ha="right", va="bottom", color="0.4", size="x-small"
    )
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, bound / 1.5), max(high, bound * 2))


def _exponents(height, levels) -> np.ndarray:
    """log10 eps of the lines, increasing; whole ones between the lowest and the highest point where none are given."""
    if levels is not None:
        return np.log10(sorted(number("levels", level, above=0) for level in levels))
    low, high = np.floor(height.min()), np.floor(height.max())
    whole = np.arange(max(low, high - MOST_LEVELS + 1), high + 1)
    return whole[whole > height.min()] if (whole > height.min()).any() else np.array([height.mean()])
