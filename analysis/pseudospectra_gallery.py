"""Seven networks and their pseudospectra, in the manner of EigTool. After Trefethen & Embree (2005)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg as sl
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_most, close_to, rounds_to
from linmem import plotting

CAPTION = """
Seven networks and their pseudospectra, in the manner of EigTool. After Trefethen & Embree (2005).

The line sigma_min(z - W) = eps encloses the eigenvalues of W + E for all ||E|| < eps. Above each panel: Kreiss constant
K, which is at most the largest ||W^k||, and departure from normality over the norm. Where the departure is 0, K is 1;
otherwise it does not determine K: a and b have the largest K by far, while c, d and g have larger departures. The
networks, as `linmem nonnormality` takes them: {sources} (Cook et al. 2019). Crosses in d: its eigenvalues as LAPACK
returns them, up to {error:.1f} off, although they are eigenvalues of matrices within 1e-14 of W.
"""


@dataclass(frozen=True)
class Settings:
    """A row for each network: its title, its source, K and relative departure as printed above it."""

    networks: tuple = (
        ("Grcar", "grcar:n=100,gain=0.4", "9.3e6", "0.49"),
        ("Jordan block", "jordan:n=100,eigenvalue=0.5,weight=0.6", "8.8e5", "0.77"),
        ("chain", "chain:n=100,gain=1.02", "1.31", "1.00"),
        ("chain with feedback", "feedback_chain:n=100,feedforward=0.99,feedback=0.04", "2.21", "0.96"),
        ("orthogonal", "random_orthogonal:n=100,gain=0.95,rng=0", "1.00", "0.00"),
        ("Gaussian", "ginibre:n=100,gain=0.95,rng=0", "1.40", "0.71"),
        ("C. elegans", "connectome:celegans-cook,radius=0.95", "1.80", "0.89"),
    )
    box: tuple = (-1.5, 1.5, -1.5, 1.5)
    points: int = 151
    levels: tuple = (-10, -8, -6, -4, -2, -1.5, -1, -0.5)  # log10 eps


@dataclass(frozen=True)
class Portrait:
    """What is drawn and claimed of one network."""

    title: str
    source: str
    printed: tuple[str, str]  # K and departure
    W: np.ndarray
    grid: lm.Pseudospectrum
    boundary: np.ndarray  # of the numerical range
    departure: float  # over ||W||_F
    kreiss: lm.KreissConstant
    eigenvalues: np.ndarray


@dataclass(frozen=True)
class Results:
    """The networks, in the order of the panels."""

    portraits: list[Portrait]

    @property
    def chain(self) -> Portrait:
        """The chain with feedback, whose eigenvalues LAPACK gets wrong."""
        return self.portraits[3]

    @property
    def eigenvalue_error(self) -> float:
        """The largest distance of an eigenvalue of LAPACK from the true ones, in the chain with feedback."""
        distances = np.abs(np.subtract.outer(self.chain.grid.eigenvalues, self.chain.eigenvalues))
        return distances.min(axis=1).max()


SETTINGS = Settings()
CIRCLE = np.exp(2j * np.pi * np.linspace(0, 1, 201))


def portrait(settings: Settings, title: str, source: str, kreiss: str, departure: str) -> Portrait:
    """Pseudospectrum, numerical range and measures of one network; eigenvalues as LAPACK returns them."""
    net = lm.network_from_source(source)
    grid = lm.pseudospectrum(net, settings.box, settings.points)
    return Portrait(
        title=title,
        source=source,
        printed=(kreiss, departure),
        W=net.dense(),
        grid=grid,
        boundary=lm.numerical_range(net).boundary,
        departure=lm.henrici_departure(net, relative=True),
        kreiss=lm.kreiss_constant(net),
        eigenvalues=grid.eigenvalues,
    )


def compute(settings: Settings) -> Results:
    """All portraits; eigenvalues of the chain with feedback in closed form."""
    portraits = [portrait(settings, *row) for row in settings.networks]
    W = portraits[3].W
    angles = np.pi * np.arange(1, len(W) + 1) / (len(W) + 1)
    exact = 2 * (W[1, 0] * W[0, 1]) ** 0.5 * np.cos(angles)
    portraits[3] = replace(portraits[3], eigenvalues=exact + 0j)
    return Results(portraits)


def smallest_singular_values(W: np.ndarray, points: np.ndarray) -> np.ndarray:
    """sigma_min(z - W), by singular values."""
    identity = np.eye(len(W))
    return np.array([sl.svdvals(z * identity - W)[-1] for z in points])


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, network by network."""
    rng = np.random.default_rng(0)
    for picture in results.portraits:
        yield from plane_claims(settings, picture, rng)
        yield from measure_claims(picture)
    chain = results.chain
    crosses = smallest_singular_values(chain.W, chain.grid.eigenvalues)
    yield at_most("sigma_min at the crosses", crosses.max(), 1e-14)


def plane_claims(settings: Settings, picture: Portrait, rng: np.random.Generator) -> Iterator[Claim]:
    """sigma_min at twenty random points, and supporting lines of the numerical range."""
    title, W, grid = picture.title, picture.W, picture.grid
    row, column = rng.integers(settings.points, size=(2, 20))
    exact = smallest_singular_values(W, grid.x[column] + 1j * grid.y[row])
    error = grid.sigma_min[row, column] - exact
    yield at_most(f"{title}: sigma_min, against singular values", abs(error).max(), 1e-8)
    errors = []
    for turn in CIRCLE[::25]:
        support = sl.eigvalsh((W / turn + W.T * turn) / 2)[-1]
        errors.append(abs((picture.boundary / turn).real.max() - support))
    yield at_most(f"{title}: numerical range, against its supporting lines", max(errors), 1e-3)


def measure_claims(picture: Portrait) -> Iterator[Claim]:
    """Kreiss constant and departure, by their definitions and as they are printed."""
    title, W, kreiss = picture.title, picture.W, picture.kreiss
    attained = 1.0
    if not np.isinf(kreiss.point):
        sigma = smallest_singular_values(W, [kreiss.point])[0]
        attained = (abs(kreiss.point) - 1) / sigma
    yield close_to(f"{title}: K over (|z| - 1) / sigma_min at its point", kreiss.value / attained, 1, 1e-6)
    yield at_most(f"{title}: K's upper bound over K", kreiss.upper / kreiss.value, 1.0002)
    share = (sl.norm(picture.eigenvalues) / sl.norm(W)) ** 2  # of the norm, in the eigenvalues
    expected = max(1 - share, 0) ** 0.5
    yield close_to(f"{title}: departure, against the eigenvalues", picture.departure, expected, 1e-6)
    printed_kreiss, printed_departure = picture.printed
    yield rounds_to(f"{title}: K", kreiss.value, printed_kreiss)
    yield rounds_to(f"{title}: departure", picture.departure, printed_departure)


def draw(settings: Settings, results: Results) -> Figure:
    """Planes of one scale, and their key."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.2)
    *planes, key = figure.subplots(2, 4).ravel()
    plotting.letter_panels(*planes)
    crosses = results.chain.grid.eigenvalues
    planes[3].plot(crosses.real, crosses.imag, "C1x", markersize=2, markeredgewidth=0.5, label="eigenvalues by LAPACK")
    for ax, picture in zip(planes, results.portraits, strict=True):
        lines = draw_plane(settings, picture, ax)
    planes[-1].title.set_style("italic")  # the name of a species
    marks, names = planes[3].get_legend_handles_labels()
    levels = [rf"$\log_{{10}}\varepsilon = {level:g}$" for level in settings.levels]
    handles, _ = lines.legend_elements()
    key.legend(handles + marks, levels + names, loc="center")
    key.axis("off")
    return figure


def draw_plane(settings: Settings, picture: Portrait, ax: Axes):
    """One pseudospectrum with eigenvalues, numerical range and unit circle; its contour lines."""
    grid = picture.grid
    height = np.log10(np.maximum(grid.sigma_min, 1e-99))
    colours = colormaps["viridis"](np.linspace(0, 0.87, len(settings.levels)))
    lines = ax.contour(grid.x, grid.y, height, settings.levels, colors=colours, linewidths=0.7)
    ax.plot(picture.eigenvalues.real, picture.eigenvalues.imag, "k.", markersize=1.8, label="eigenvalues")
    outline = {"fill": False, "linestyle": "--", "linewidth": 0.7, "zorder": 2}
    ax.fill(picture.boundary.real, picture.boundary.imag, label="numerical range", **outline)
    ax.plot(CIRCLE.real, CIRCLE.imag, "-", color="0.6", linewidth=0.7, label="unit circle")
    ax.set(aspect="equal", xlabel="Re $z$ (no unit)", ylabel="Im $z$ (no unit)")
    ax.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    ax.set_title(picture.title, pad=12)
    kreiss, departure = picture.printed
    measures = rf"$K = {kreiss.replace('e', '·10^')}$, $d/\Vert W\Vert_F = {departure}$"
    ax.text(0.5, 1.03, measures, transform=ax.transAxes, ha="center", size="x-small")
    return lines


def numbers(settings: Settings, results: Results) -> dict[str, list]:
    """Kreiss constant, departure, and sigma_min along the real axis, by network."""
    rows = {}
    for picture in results.portraits:
        real_axis = np.maximum(picture.grid.sigma_min[settings.points // 2], 1e-4)
        name = f"K, departure, sigma_min on the real axis from 1e-4: {picture.title}"
        rows[name] = [picture.kreiss.value, picture.departure, *real_axis]
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The sources of the networks, and the error of LAPACK's eigenvalues."""
    sources = ", ".join(picture.source for picture in results.portraits)
    return {"sources": sources, "error": results.eigenvalue_error}
