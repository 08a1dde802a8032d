r"""Pictures of the resolvent: pseudospectra in the complex plane, and pseudomodes at points of it.

Contents
--------
plot_pseudospectrum
    Levels of the smallest singular value of z - W, filled, with the eigenvalues.
plot_pseudomode
    The state that W changes as if z were an eigenvalue, unit by unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from linmem.network import ContinuousNetwork
from linmem.nonnormality.pseudospectra import Pseudomode, Pseudospectrum
from linmem.plotting.appearance import axes_or_new, in_mathtext
from linmem.validation import number

MOST_LEVELS = 8
FEWEST_LEVELS = 5  # below which levels are nearer to each other than powers of ten
STEPS = (1, 0.5, 0.25, 0.1)  # of log10 eps, from one level to the next
COLOURS, ENDS = "YlGnBu_r", (0.05, 0.93)  # dark within, pale without, for every kind of colour-blind reader
EDGE = "0.25"  # grey of the edge of stability, on colours; dark, and without a dash
MANY = 30  # eigenvalues, of which points are smaller
OUTLINE = (0, (4, 2))  # dash of the numerical range


def plot_pseudospectrum(
    pseudospectrum: Pseudospectrum,
    ax: Axes | None = None,
    *,
    levels: Sequence[float] | None = None,
    numerical_range: np.ndarray | None = None,
    filled: bool = True,
    colour_bar: bool = True,
) -> Axes:
    r"""Draw levels of the smallest singular value of z - W in the complex plane, filled, with a colour bar.

    Inside the line of eps lie the eigenvalues of all W + E with ||E|| < eps; the colour of the line bounds that area,
    and outside of the largest eps the plane is white. Points are the eigenvalues of W. The thin solid line is the edge
    of stability: the unit circle, or in continuous time the imaginary axis. W has no unit; A is per unit of time.

    Parameters
    ----------
    pseudospectrum
        As `linmem.pseudospectrum` returns it.
    ax
        The axes to draw in; new ones where None.
    levels
        The eps of the lines. None: powers of ten, at most eight; or steps of a half, a quarter or a tenth of a power
        where that gives fewer than five.
    numerical_range
        Complex points on the boundary of the numerical range (field of values), drawn as a dashed line.
    filled
        Whether the areas between the lines are coloured; lines alone where False, as in small panels.
    colour_bar
        Whether to draw the scale of the colours; without it, and without colours, every line is labelled.

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
    is_continuous = isinstance(pseudospectrum.network, ContinuousNetwork)
    unit = "1 / time" if is_continuous else "no unit"
    height, exponents = _heights(pseudospectrum, levels)
    if filled:
        _fill_levels(
            ax, pseudospectrum, height, exponents, f"$\\log_{{10}}\\varepsilon$ ({unit})" if colour_bar else None
        )
    if not (filled and colour_bar):
        _label_lines(ax, pseudospectrum, height, exponents, is_filled=filled)
    _draw_eigenvalues(ax, np.asarray(pseudospectrum.eigenvalues), filled)
    if numerical_range is not None:
        closed = np.append(numerical_range, numerical_range[:1])
        ax.plot(closed.real, closed.imag, color=EDGE, linewidth=0.7, linestyle=OUTLINE)
    if is_continuous:
        ax.axvline(0, color=EDGE, linewidth=0.5, linestyle="-")
    else:
        ax.add_patch(Circle((0, 0), 1, fill=False, edgecolor=EDGE, linewidth=0.5))
    ax.set_xlim(pseudospectrum.x[0], pseudospectrum.x[-1])
    ax.set_ylim(pseudospectrum.y[0], pseudospectrum.y[-1])
    ax.set_aspect("equal")
    ax.set_xlabel(f"Re $z$ ({unit})")
    ax.set_ylabel(f"Im $z$ ({unit})")
    return ax


def _heights(pseudospectrum: Pseudospectrum, levels: Sequence[float] | None) -> tuple[np.ndarray, np.ndarray]:
    """log10 sigma_min on the grid, and log10 eps of the levels, increasing."""
    smallest = np.finfo(float).tiny  # a grid point on an eigenvalue has sigma_min = 0, which has no logarithm
    height = np.log10(np.maximum(pseudospectrum.sigma_min, smallest))
    if levels is not None:
        return height, np.log10(sorted(number("levels", level, above=0) for level in levels))
    return height, _exponents(height)


def _exponents(height: np.ndarray) -> np.ndarray:
    """Exponents in even steps between the lowest and the highest point, the finer the nearer these are."""
    lowest, highest = height.min(), height.max()
    crossed = np.zeros(0)
    for step in STEPS:
        last = np.floor(highest / step)
        first = max(np.floor(lowest / step) + 1, last - MOST_LEVELS + 1)
        crossed = np.arange(first, last + 1) * step
        if len(crossed) >= FEWEST_LEVELS:
            break
    return crossed if len(crossed) else np.array([height.mean()])


def _fill_levels(
    ax: Axes, pseudospectrum: Pseudospectrum, height: np.ndarray, exponents: np.ndarray, label: str | None
) -> None:
    """Colour the areas inside the lines, the darker the smaller eps, with thin lines between them."""
    bottom = min(height.min(), exponents[0]) - 1
    colours = colormaps[COLOURS](np.linspace(*ENDS, len(exponents)))
    areas = ax.contourf(pseudospectrum.x, pseudospectrum.y, height, [bottom, *exponents], colors=colours)
    ax.contour(pseudospectrum.x, pseudospectrum.y, height, exponents, colors=EDGE, linewidths=0.25, linestyles="solid")
    if label is not None:
        # inside the axes, whose height a scale beside them would not have, as both of their directions have one unit
        bar = ax.figure.colorbar(areas, cax=ax.inset_axes((1.03, 0, 0.05, 1)), label=label)
        bar.outline.set_linewidth(0.5)
        bar.set_ticks(list(exponents), labels=[_with_minus_sign(exponent) for exponent in exponents])


def _label_lines(
    ax: Axes, pseudospectrum: Pseudospectrum, height: np.ndarray, exponents: np.ndarray, is_filled: bool
) -> None:
    """Draw the lines with their exponents, dark on colours."""
    # the end of the colours is too pale for a line: the scale is extended so that no line has them
    palest = exponents[-1] + 0.3 * np.ptp(exponents) + 0.3
    colours = {"colors": "black"} if is_filled else {"vmax": palest}
    lines = ax.contour(
        pseudospectrum.x, pseudospectrum.y, height, exponents, linewidths=0.8, linestyles="solid", **colours
    )
    ax.clabel(lines, fmt=_with_minus_sign, fontsize="x-small")
    ax.text(0.02, 0.02, r"lines: $\log_{10}\varepsilon$", transform=ax.transAxes, fontsize="x-small")


def _with_minus_sign(exponent: float) -> str:
    return f"{exponent:.3g}".replace("-", "\N{MINUS SIGN}")


def _draw_eigenvalues(ax: Axes, eigenvalues: np.ndarray, is_filled: bool) -> None:
    """Black points, with a white edge where they lie on colours."""
    size = 3 if len(eigenvalues) <= MANY else 2
    edge = {"markeredgecolor": "white", "markeredgewidth": 0.3} if is_filled else {"markeredgewidth": 0}
    ax.plot(eigenvalues.real, eigenvalues.imag, "o", color="black", markersize=size, **edge)


def plot_pseudomode(mode: Pseudomode, ax: Axes | None = None) -> Axes:
    r"""Draw a pseudomode u unit by unit: its real part, and where it is complex the modulus as an envelope.

    The length of u is 1, and its entries have no unit. Above it stand the point z and sigma_min, the norm of W u - z u.

    Parameters
    ----------
    mode
        As `linmem.pseudomode` returns it.
    ax
        The axes to draw in; new ones where None.

    Returns
    -------
    Axes
        The axes that hold the picture.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_pseudomode(lm.pseudomode(lm.chain(20), 0.8))
    >>> ax.get_title()
    '$z = 0.8$, $\\sigma_{\\min} = 0.00415$'
    """
    ax = axes_or_new(ax)
    unit = np.arange(1, len(mode.vector) + 1)
    ax.axhline(0, color="0.6", linewidth=0.5, linestyle="-", zorder=0)
    if np.iscomplexobj(mode.vector):
        modulus = np.abs(mode.vector)
        ax.fill_between(unit, -modulus, modulus, color="0.85", linewidth=0, label=r"modulus, $\pm|u_i|$")
    ax.plot(unit, mode.vector.real, marker=".", markersize=2.5, label="real part")
    if np.iscomplexobj(mode.vector):
        ax.legend()
    z = f"{mode.z.real:.4g}" if mode.z.imag == 0 else f"{mode.z:.4g}".strip("()").replace("j", r"\,i")
    ax.set_title(rf"$z = {z}$, $\sigma_{{\min}} = {in_mathtext(float(mode.sigma_min))}$")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    ax.set_xlabel("Unit $i$")
    ax.set_ylabel("Pseudomode $u_i$ (no unit)")
    return ax
