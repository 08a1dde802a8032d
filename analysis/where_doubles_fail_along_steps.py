"""Where double precision fails along steps: Fisher memory by an inverse, by a Cholesky factor, and by linmem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import flint
import numpy as np
import scipy.linalg as sl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most
from analysis.layout import Layout, arrange, key_above, label_left
from linmem.connectivity.normal import haar

CAPTION = """
Where double precision fails along steps of a network: Fisher memory J(k) by an inverse, by a Cholesky factor, and by
linmem.

Largest error over the lags, relative to the largest J(k), against arithmetic of {bits} bits on the weights as they are
stored; errors below 1e-17 are drawn at 1e-17. Inverse: J = B' M B with M = C^-1, then M <- A' M A for each lag; there
are symbols unless C is singular to the last bit. Cholesky: J = |Y B|^2 with Y = L^-1, C = L L', then Y <- Y A; there
are no symbols where C is not positive definite after rounding. Dotted: the error that linmem states. (a) A chain of
{size} units in a random basis, {steps} steps, against the weight of its links. (b) {size_b} units whose Gaussian
weights, of gain {gain_b}, are other ones at every step, against the number of steps. What linmem returns is never wrong
by more than it states; it used the methods {methods}.
"""


@dataclass(frozen=True)
class Settings:
    """Sizes, weights and lengths."""

    size: int = 20
    steps: int = 24
    gains: tuple = (1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5)
    size_b: int = 12
    gain_b: float = 1.6
    lengths: tuple = (4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48)
    seed: int = 0


@dataclass(frozen=True)
class Results:
    """Errors by network and route, along gains or lengths; the stated errors; the methods."""

    errors: dict[tuple[str, str], np.ndarray]
    stated: dict[str, np.ndarray]
    methods: tuple[str, ...]


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb", two="ab", heights=(4.4, 2.6))
FLOOR = 1e-17
BITS = 2000
LOOKS = {"inverse": ("C1", "x"), "Cholesky": ("C0", "o"), "linmem": ("k", ".")}
RTOL = 1e-6

Steps = tuple[np.ndarray, np.ndarray]


def turned_chain(settings: Settings, gain: float) -> Steps:
    """The same chain in a random basis at every step."""
    basis = haar(settings.size, np.random.default_rng(settings.seed))
    W = basis @ np.diag(np.full(settings.size - 1, gain), -1) @ basis.T
    return np.repeat(W[None], settings.steps, axis=0), np.repeat(basis[:, :1].T, settings.steps, axis=0)


def growing(settings: Settings, steps: int) -> Steps:
    """Gaussian weights of their own at every step, under which most directions grow."""
    rng = np.random.default_rng(settings.seed)
    n = settings.size_b
    A = settings.gain_b * rng.standard_normal((steps, n, n)) / np.sqrt(n)
    return A, rng.standard_normal((steps, n))


CASES = {"chain": (turned_chain, "gains"), "growing": (growing, "lengths")}


def covariance(A: np.ndarray) -> np.ndarray:
    """C after the last step, with noise of variance 1."""
    C = np.zeros(A.shape[1:])
    for step in A:
        C = step @ C @ step.T + np.eye(len(step))
    return C


def by_inverse(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """J(k) as a user writes it first: the subject of this figure; nan where C is singular after rounding."""
    try:
        M = np.linalg.inv(covariance(A))
    except np.linalg.LinAlgError:
        return np.full(len(A), np.nan)
    J = []
    for step, pulse in zip(A[::-1], B[::-1], strict=True):
        J.append(pulse @ M @ pulse)
        M = step.T @ M @ step
    return np.array(J)


def by_cholesky(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """J(k) by a factor of C; nan where there is none in double precision."""
    try:
        L = np.linalg.cholesky(covariance(A))
    except np.linalg.LinAlgError:
        return np.full(len(A), np.nan)
    Y, J = sl.solve_triangular(L, np.eye(len(L)), lower=True), []
    for step, pulse in zip(A[::-1], B[::-1], strict=True):
        J.append(np.sum((Y @ pulse) ** 2))
        Y = Y @ step
    return np.array(J)


ROUTES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {"inverse": by_inverse, "Cholesky": by_cholesky}


def integers(array: np.ndarray) -> tuple[flint.fmpz_mat, int]:
    """Integers and the exponent e: the doubles of a matrix are the integers times 2^-e, exactly."""
    ratios = [[float(value).as_integer_ratio() for value in row] for row in np.atleast_2d(array)]
    e = max(denominator.bit_length() - 1 for row in ratios for _, denominator in row)
    return flint.fmpz_mat([[numerator * 2**e // denominator for numerator, denominator in row] for row in ratios]), e


def exact(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """J(k), with C and the pulses in exact arithmetic, and the inverse of C in that of `BITS` bits."""
    identity, _ = integers(np.eye(A.shape[1]))
    C, e = identity * 0, 0
    for step in A:
        moved, of_step = integers(step)
        e += 2 * of_step
        C = moved * C * moved.transpose() + identity * 2**e
    precision, ahead, of_ahead, J = flint.arb_mat(C).inv(), identity, 0, []
    for step, pulse in zip(A[::-1], B[::-1], strict=True):
        column, of_pulse = integers(pulse[:, None])
        arrived = ahead * column
        value = (flint.arb_mat(arrived.transpose()) * (precision * flint.arb_mat(arrived)))[0, 0]
        J.append(float((value * flint.arb(2) ** (e - 2 * (of_ahead + of_pulse))).mid()))
        moved, of_step = integers(step)
        ahead, of_ahead = ahead * moved, of_ahead + of_step
    return np.array(J)


def compute(settings: Settings) -> Results:
    """Errors of all routes, and what linmem states of its own."""
    with flint.ctx.workprec(BITS):
        return compared(settings)


def compared(settings: Settings) -> Results:
    """The same within arithmetic of that many bits."""
    errors: dict[tuple[str, str], list[float]] = {}
    stated: dict[str, list[float]] = {}
    methods: dict[str, None] = {}
    for case, (build, along) in CASES.items():
        for value in getattr(settings, along):
            A, B = build(settings, value)
            J = exact(A, B)
            curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B), rtol=RTOL)
            methods[curve.method] = None
            stated.setdefault(case, []).append(curve.error.max() / J.max())
            answers = {name: route(A, B) for name, route in ROUTES.items()} | {"linmem": curve.values}
            for name, answer in answers.items():
                errors.setdefault((case, name), []).append(np.abs(answer - J).max() / J.max())
    return Results(
        errors={key: np.array(values) for key, values in errors.items()},
        stated={case: np.array(values) for case, values in stated.items()},
        methods=tuple(methods),
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says."""
    for case in CASES:
        error, stated = results.errors[case, "linmem"], results.stated[case]
        yield at_most(
            f"{case}: error of linmem over that which it states",
            (error / stated).max(),
            1,
        )
        yield at_most(
            f"{case}: largest error that linmem states",
            stated.max(),
            RTOL,
        )
        yield at_most(
            f"{case}: error of the inverse at the first value",
            results.errors[case, "inverse"][0],
            1e-12,
        )
        yield at_least(
            f"{case}: largest error of the inverse",
            np.nanmax(results.errors[case, "inverse"]),
            1e-2,
        )
        has_no_factor = np.isnan(results.errors[case, "Cholesky"])
        yield at_least(
            f"{case}: how often there is no Cholesky factor",
            has_no_factor.sum(),
            1,
        )


def draw(settings: Settings, results: Results) -> Figure:
    """A panel for each network."""
    figure, panels = arrange(LAYOUT)
    for ax, (case, (_, along)) in zip(panels, CASES.items(), strict=True):
        draw_errors(getattr(settings, along), case, results, ax)
    panels[0].set(xlabel="Weight of the links", title="chain in a random basis")
    panels[1].set(xlabel="Number of steps", title="growing steps")
    label_left(panels, "Largest relative error of $J(k)$")
    panels[0].plot([], [], "k:", label="stated by linmem")
    key_above(figure, panels[0].get_legend_handles_labels()[0])
    return figure


def draw_errors(values: tuple, case: str, results: Results, ax: Axes) -> None:
    """Errors of the routes, and dotted what linmem states."""
    for name, (colour, marker) in LOOKS.items():
        error = np.maximum(results.errors[case, name], FLOOR)
        ax.plot(
            values,
            error,
            marker,
            color=colour,
            linestyle="-",
            linewidth=0.6,
            fillstyle="none",
            label=name,
        )
    ax.plot(
        values,
        results.stated[case],
        "k:",
    )
    ax.set(
        yscale="log",
        ylim=(FLOOR / 3, 1e3),
    )


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """All errors, and those that linmem states; None where a route has no number."""
    rows: dict[str, object] = {}
    for (case, name), values in results.errors.items():
        rows[f"error, {case}, {name}"] = [None if np.isnan(value) else value for value in values]
    for case, values in results.stated.items():
        rows[f"stated, {case}"] = values
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, the methods, and the condition number."""
    quoted = ", ".join(results.methods)
    return vars(settings) | {"methods": quoted, "bits": BITS}
