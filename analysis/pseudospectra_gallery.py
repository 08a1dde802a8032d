"""Seven networks and their pseudospectra, in the manner of EigTool. After Trefethen & Embree (2005).

Inside the line sigma_min(z - W) = eps lie the eigenvalues of W + E for all ||E|| < eps. Above: Kreiss constant K, at
most the largest ||W^k||, and departure from normality over the norm. Where that is 0, K is 1; else it does not tell: a
and b have the largest K by far, c, d and g more departure. The networks, as `linmem nonnormality` takes them: {sources}
(Cook et al. 2019). Crosses in d: its eigenvalues as LAPACK finds them, up to {f[3].off:.1f} off, yet those of matrices
within 1e-14 of W.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import scipy.linalg as sl
from matplotlib import colormaps

import linmem as lm
from analysis.claims import Claim, at_most, close_to, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


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


SETTINGS = Settings()
CIRCLE = np.exp(2j * np.pi * np.linspace(0, 1, 201))


def compute(settings: Settings) -> list[SimpleNamespace]:
    """What is drawn, network by network; eigenvalues of the chain with feedback in closed form."""
    found = [SimpleNamespace(title=row[0], source=row[1], printed=row[2:]) for row in settings.networks]
    for one in found:
        net = lm.network_from_source(one.source)
        one.W, one.grid = net.dense(), lm.pseudospectrum(net, settings.box, settings.points)
        one.edge, one.departure = lm.numerical_range(net).boundary, lm.henrici_departure(net, relative=True)
        one.kreiss, one.eigenvalues = lm.kreiss_constant(net), one.grid.eigenvalues
        one.line = [one.kreiss.value, one.departure, *np.maximum(one.grid.sigma_min[settings.points // 2], 1e-4)]
    chain, angles = found[3], np.pi * np.arange(1, len(found[3].W) + 1) / (len(found[3].W) + 1)
    chain.eigenvalues = 2 * (chain.W[1, 0] * chain.W[0, 1]) ** 0.5 * np.cos(angles) + 0j
    chain.off = np.abs(np.subtract.outer(chain.grid.eigenvalues, chain.eigenvalues)).min(axis=1).max()
    return found


def smallest(W, points) -> np.ndarray:
    """sigma_min(z - W), by singular values."""
    return np.array([sl.svdvals(z * np.eye(len(W)) - W)[-1] for z in points])


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    draw, turns = np.random.default_rng(0), CIRCLE[::25]
    for one in found:
        title, W, grid, K = one.title, one.W, one.grid, one.kreiss
        row, column = draw.integers(settings.points, size=(2, 20))
        error = grid.sigma_min[row, column] - smallest(W, grid.x[column] + 1j * grid.y[row])
        yield at_most(f"{title}: sigma_min, against singular values", abs(error).max(), 1e-8)
        error = [(one.edge / turn).real.max() - sl.eigvalsh((W / turn + W.T * turn) / 2)[-1] for turn in turns]
        yield at_most(f"{title}: numerical range, against its supporting lines", np.abs(error).max(), 1e-3)
        attained = 1 if np.isinf(K.point) else (abs(K.point) - 1) / smallest(W, [K.point])[0]
        yield close_to(f"{title}: K over (|z| - 1) / sigma_min at its point", K.value / attained, 1, 1e-6)
        yield at_most(f"{title}: K's upper bound over K", K.upper / K.value, 1.0002)
        normal = max(1 - (sl.norm(one.eigenvalues) / sl.norm(W)) ** 2, 0) ** 0.5
        yield close_to(f"{title}: departure, against the eigenvalues", one.departure, normal, 1e-6)
        yield rounds_to(f"{title}: K", K.value, one.printed[0])
        yield rounds_to(f"{title}: departure", one.departure, one.printed[1])
    yield at_most("sigma_min at the crosses", smallest(found[3].W, found[3].grid.eigenvalues).max(), 1e-14)


def draw(settings: Settings, found):
    """Planes of one scale, and their key."""
    figure, crosses = plotting.new_figure(plotting.TWO_COLUMNS, 4.2), found[3].grid.eigenvalues
    *planes, key = figure.subplots(2, 4).ravel()
    plotting.letter_panels(*planes)
    colours, ticks = colormaps["viridis"](np.linspace(0, 0.87, len(settings.levels))), (-1, 0, 1)
    planes[3].plot(crosses.real, crosses.imag, "C1x", ms=2, mew=0.5, label="eigenvalues by LAPACK")
    for ax, one in zip(planes, found, strict=True):
        height, (K, d) = np.log10(np.maximum(one.grid.sigma_min, 1e-99)), one.printed
        lines = ax.contour(one.grid.x, one.grid.y, height, settings.levels, colors=colours, linewidths=0.7)
        ax.plot(one.eigenvalues.real, one.eigenvalues.imag, "k.", ms=1.8, label="eigenvalues")
        ax.fill(one.edge.real, one.edge.imag, fill=False, ls="--", lw=0.7, zorder=2, label="numerical range")
        ax.plot(CIRCLE.real, CIRCLE.imag, "-", color="0.6", lw=0.7, label="unit circle")
        ax.set(aspect="equal", xticks=ticks, yticks=ticks, xlabel="Re $z$ (no unit)", ylabel="Im $z$ (no unit)")
        ax.set_title(one.title, pad=12, style="italic" if one is found[6] else "normal")
        numbers = rf"$K = {K.replace('e', '·10^')}$, $d/\Vert W\Vert_F = {d}$"
        ax.text(0.5, 1.03, numbers, transform=ax.transAxes, ha="center", size="x-small")
    marks, names = planes[3].get_legend_handles_labels()
    names = [rf"$\log_{{10}}\varepsilon = {level:g}$" for level in settings.levels] + names
    key.legend(lines.legend_elements()[0] + marks, names, loc="center")
    key.axis("off")
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"K, departure, sigma_min on the real axis from 1e-4: {one.title}": one.line for one in found}
    sources = ", ".join(one.source for one in found)
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found, sources=sources))
    return held
