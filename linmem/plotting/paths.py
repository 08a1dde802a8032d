r"""Pictures of cells along the path that they run.

Contents
--------
plot_memory_along_path
    J(k) after one step, or after every step as a map.
plot_fixed_points
    The eigenvalues at fixed and slow points.
plot_lyapunov_exponents
    The exponents in order, with their standard errors.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from linmem.errors import ArgumentError
from linmem.plotting.appearance import axes_or_new
from linmem.plotting.curves import plot_lines
from linmem.running.exponents import LyapunovExponents
from linmem.running.fixed_points import FixedPoints
from linmem.running.results import CurveAlongPath

DECADES = 8  # of the map below its largest value: what is less looks the same
MARKERS = {"fixed": "o", "slow": "s", "continuum": "D"}


def plot_memory_along_path(curve: CurveAlongPath, ax: Axes | None = None) -> Axes:
    r"""Draw the Fisher memory J(k) of a path: after one step a line against k, after all steps a map.

    Of several inputs it is the mean over them, tr J / d. The map shows log10 J of each input, by the step at which it
    came, after each step; nothing is drawn for inputs that have not come, and for a memory that is infinite or 0.

    Parameters
    ----------
    curve
        Of `fisher_memory_curve(linearise(path, ...), lags, at=...)`.
    ax
        The axes to draw in; new ones where None.

    Raises
    ------
    ArgumentError
        If it is another curve.

    Examples
    --------
    >>> import linmem as lm
    >>> path = lm.trajectory(lm.RNNCell([[0.5]], [[1.0]]), np.zeros(8))
    >>> curve = lm.fisher_memory_curve(lm.linearise(path, noise=1.0), 4, at="all")
    >>> plot_memory_along_path(curve).get_ylabel()
    'Step of the input'
    """
    if not isinstance(curve, CurveAlongPath):
        raise ArgumentError(
            f"curve is a {type(curve).__name__}; it must be that of a path, fisher_memory_curve(linearise(path, ...)); "
            "others are drawn by plot_fisher_memory_curve"
        )
    several = curve.network.feedforward_is_matrix
    values = np.einsum("...aa->...", curve.values).real / curve.values.shape[-1] if several else curve.values
    ax = axes_or_new(ax)
    if curve.at == "all":
        return _plot_map(values, ax)
    ax = plot_lines([curve.lags], [values], ax, [f"after step {curve.at}"])
    ax.set(xlabel="Lag $k$ (steps)", ylabel="Fisher memory $J(k)$ (signal units$^{-2}$)")
    return ax


def _plot_map(values: np.ndarray, ax: Axes) -> Axes:
    """log10 J of each input, by its step (rows), after each step (columns)."""
    steps, lags = values.shape
    by_input = np.full((steps, steps), np.nan)
    for end in range(steps):
        count = min(lags, end + 1)
        by_input[end + 1 - count : end + 1, end] = values[end, :count][::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log10(by_input)
    logarithm[~np.isfinite(logarithm)] = np.nan
    edges = np.arange(steps + 1) - 0.5
    image = ax.pcolormesh(edges, edges, logarithm, cmap="viridis", rasterized=True)
    if np.isfinite(logarithm).any():
        top = np.nanmax(logarithm)
        image.set_clim(max(np.nanmin(logarithm), top - DECADES), top)
    ax.figure.colorbar(image, ax=ax, label="$\\log_{10} J_T(k)$")
    ax.set(xlabel="Step $T$", ylabel="Step of the input")
    return ax


def plot_fixed_points(points: FixedPoints, ax: Axes | None = None) -> Axes:
    r"""Draw the eigenvalues of the Jacobians at fixed and slow points, with the circle of radius 1.

    A point is stable where all its eigenvalues are inside. Each point has a colour, and its kind a marker; there is a
    legend if there are several points.

    Parameters
    ----------
    points
        Of `fixed_points`, at least one.
    ax
        The axes to draw in; new ones where None.

    Raises
    ------
    ArgumentError
        If there is no point.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_fixed_points(lm.fixed_points(lm.RNNCell([[2.0]], [[1.0]]), starts=20))
    >>> ax.get_xlabel()
    'Real part'
    """
    if not isinstance(points, FixedPoints) or not points.points:
        raise ArgumentError(
            "points holds no point; pass what fixed_points returned, from more starts where it is empty"
        )
    ax = axes_or_new(ax)
    angle = np.linspace(0, 2 * np.pi, 361)
    ax.plot(np.cos(angle), np.sin(angle), color="0.6", linewidth=0.5)
    for place, point in enumerate(points.points):
        values = point.eigenvalues
        label = f"{point.kind}, {point.starts} starts"
        ax.plot(values.real, values.imag, MARKERS[point.kind], color=f"C{place % 10}", markersize=3, label=label)
    ax.set(xlabel="Real part", ylabel="Imaginary part", aspect="equal")
    if len(points.points) > 1:
        ax.legend()
    return ax


def plot_lyapunov_exponents(exponents: LyapunovExponents, ax: Axes | None = None) -> Axes:
    r"""Draw the Lyapunov exponents of a path in order, with bars of one standard error; the line is at 0.

    Exponents of -inf, of directions that a step sets to 0, are not drawn: the axis says how many there are.

    Parameters
    ----------
    exponents
        Of `lyapunov_exponents`.
    ax
        The axes to draw in; new ones where None.

    Examples
    --------
    >>> import linmem as lm
    >>> path = lm.trajectory(lm.RNNCell([[0.5]], [[1.0]], nonlinearity="linear"), np.zeros(20))
    >>> plot_lyapunov_exponents(lm.lyapunov_exponents(path)).get_ylabel()
    'Exponent (per step)'
    """
    if not isinstance(exponents, LyapunovExponents):
        raise ArgumentError(f"exponents is a {type(exponents).__name__}; it must be what lyapunov_exponents returned")
    ax = axes_or_new(ax)
    finite = np.isfinite(exponents.values)
    error = np.nan_to_num(exponents.standard_error[finite])
    order = np.arange(1, len(finite) + 1)[finite]
    ax.axhline(0, color="0.6", linewidth=0.5)
    ax.errorbar(order, exponents.values[finite], yerr=error, fmt="o", markersize=3, linewidth=0.8)
    missing = np.count_nonzero(~finite)
    ax.set(xlabel=f"Number ({missing} are $-\\infty$)" if missing else "Number", ylabel="Exponent (per step)")
    return ax
