"""The numerical range, its radius, abscissa and distance from 0: closed forms, brute force, published digits, edges.

Tolerances: an eigenvalue of H(t) is right to about N ulps of ||W|| <= 2 r, so 1e-14 relative to r is rounding for N up
to 100; SLACK is the relative error that the radius promises.
"""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
import scipy.linalg as sl
import scipy.optimize as so
import scipy.sparse as sparse

import linmem as lm
from linmem.connectivity.normal import haar
from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.nonnormality import numerical_radius as radius_module
from linmem.nonnormality.crawford_number import crawford_number
from linmem.nonnormality.numerical_radius import SLACK, numerical_radius
from linmem.nonnormality.numerical_range import numerical_abscissa, numerical_range
from tests.nonnormality.hard_matrices import hard_matrices

ROUNDING = 1e-14


def generator(seed):
    return np.random.default_rng(seed)


def ginibre(n, seed):
    X = generator(seed).standard_normal((2, n, n))
    return (X[0] + 1j * X[1]) / np.sqrt(2 * n)


def shift(n):
    return np.eye(n, k=-1)


def diagonal_normal(eigenvalues, seed):
    """A dense normal matrix of the given eigenvalues."""
    X = np.linalg.qr(ginibre(len(eigenvalues), seed))[0]
    return (X * eigenvalues) @ X.conj().T


def support(W, angle):
    """h(t), by all the eigenvalues of H(t): none of the package's code."""
    rotated = np.exp(-1j * angle) * np.asarray(W)
    return float(np.linalg.eigvalsh((rotated + rotated.conj().T) / 2)[-1])


def densely_maximised(f, count):
    """The largest value of f on the circle: a grid, then golden section about its best points."""
    grid, step = np.linspace(0, 2 * np.pi, count, endpoint=False, retstep=True)
    values = np.array([f(angle) for angle in grid])
    best = [values.max()]
    for start in grid[np.argsort(values)[-6:]]:
        bounds = (start - step, start + step)
        best.append(-so.minimize_scalar(lambda t: -f(t), bounds=bounds, method="bounded", options={"xatol": 1e-10}).fun)
    return max(best)


def distance_to_hull(points):
    """How far 0 is from the convex hull: of all segments between the points, unless they lie all around it."""
    arguments = np.sort(np.angle(points))
    if np.diff(arguments, append=arguments[0] + 2 * np.pi).max() <= np.pi:
        return 0.0
    start, side = points[:, None], points - points[:, None]
    share = -(start * side.conj()).real / np.where(side, abs(side) ** 2, 1)
    return abs(start + np.clip(share, 0, 1) * side).min()


def crossings(W, level):
    """Whether some h(t) = level, by the eigenvalues of z^2 W* - 2 level z I + W on the unit circle."""
    n, identity, zero = len(W), np.eye(len(W)), np.zeros(W.shape)
    left = np.block([[zero, identity], [-W, 2 * level * identity]])
    right = np.block([[identity, zero], [zero, W.conj().T]])
    z = sl.eigvals(left, right)
    z = z[np.isfinite(z)]
    return np.count_nonzero(abs(abs(z) - 1) < 1e-6 / n)


# ---------------------------------------------------------------- the numerical radius


@pytest.mark.parametrize("n", [2, 3, 5, 20, 100])
def test_a_chain_has_a_disc(n):
    """Radius a cos(pi / (n + 1)), where h is constant and the pencil of the level set singular."""
    assert numerical_radius(lm.chain(n, gain=1.3)) == pytest.approx(1.3 * np.cos(np.pi / (n + 1)), rel=ROUNDING)


@pytest.mark.parametrize("turn", [1, np.exp(0.7j)])
def test_a_feedback_chain_has_an_ellipse_that_fills_up(turn):
    """r = (a + b) cos(pi / (n + 1)), and tends to a + b."""
    for n in (1, 2, 10, 150):
        W = turn * lm.feedback_chain(n, feedforward=0.9, feedback=0.2).recurrent
        assert numerical_radius(W) == pytest.approx(1.1 * np.cos(np.pi / (n + 1)), rel=ROUNDING, abs=1e-16)
    assert 0 < 1.1 - numerical_radius(W) < 1.1 * (np.pi / 151) ** 2 / 2


@pytest.mark.parametrize("eigenvalue", [0.5, -0.9, 0.3 - 0.4j, 1e-9])
def test_a_jordan_block_is_a_disc_off_centre(eigenvalue):
    W = eigenvalue * np.eye(17) + shift(17)
    assert numerical_radius(W) == pytest.approx(abs(eigenvalue) + np.cos(np.pi / 18), rel=ROUNDING)


@pytest.mark.parametrize("seed", range(4))
def test_rank_one_and_nilpotent_of_order_two(seed):
    """r(u v*) = (||u|| ||v|| + |v* u|) / 2; r = ||W|| / 2 where W^2 = 0."""
    u, v = ginibre(9, seed)[:2]
    r = (np.linalg.norm(u) * np.linalg.norm(v) + abs(np.vdot(v, u))) / 2
    assert numerical_radius(np.outer(u, v.conj())) == pytest.approx(r, rel=ROUNDING)
    W = np.zeros((9, 9), complex)
    W[:4, 4:] = ginibre(5, seed)[:4]
    assert numerical_radius(W) == pytest.approx(np.linalg.norm(W, 2) / 2, rel=ROUNDING)


@pytest.mark.parametrize("seed", range(6))
def test_of_a_normal_matrix_it_is_the_spectral_radius(seed):
    eigenvalues = 2 * np.diag(ginibre(12, seed))
    expected = abs(eigenvalues).max()
    assert numerical_radius(np.diag(eigenvalues)) == pytest.approx(expected, rel=ROUNDING)
    assert numerical_radius(diagonal_normal(eigenvalues, seed)) == pytest.approx(expected, rel=ROUNDING)


def test_it_is_enclosed_and_agrees_with_dense_maximisation(net):
    W = net.dense()
    r = numerical_radius(net)
    assert r.error <= 2 * SLACK * r + ROUNDING * np.linalg.norm(W)
    assert abs(abs(r.point) - r) <= r.error
    count = 60 if len(W) > 100 else 300
    assert r == pytest.approx(densely_maximised(lambda t: support(W, t), count), rel=ROUNDING)


@pytest.mark.parametrize("seed", range(8))
def test_the_pencil_of_the_level_set_has_crossings_below_and_none_above(seed):
    """Mengi & Overton's certificate, independent of the one used here."""
    W = ginibre(12, seed) + 0.3j * np.eye(12) if seed % 2 else ginibre(12, seed).real
    r = numerical_radius(W)
    assert crossings(W, r * (1 + 1e-6)) == 0
    assert crossings(W, r * (1 - 1e-6)) >= 2


@pytest.mark.parametrize("seed", range(12))
def test_the_decision_about_a_level_is_right_to_rounding_and_shows_where(seed):
    W = ginibre(15, seed) if seed % 3 else ginibre(15, seed).real
    r = densely_maximised(lambda t: support(W, t), 500)
    for above in (0.5, 1e-3, 1e-9, 1e-13, ROUNDING):
        assert radius_module._angle_above(W, r * (1 + above)) is None
    for below in (0.5, 1e-3, 1e-9, 1e-13, ROUNDING):
        angle = radius_module._angle_above(W, r * (1 - below))
        assert support(W, angle) >= r * (1 - below) * (1 - 1e-15 * 15)  # eigenvalues of 15 units round by 15 ulps


@pytest.mark.parametrize("bump", [1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("seed", range(3))
def test_a_maximum_that_no_grid_sees_is_found(bump, seed):
    """Sixty roots of unity, or a disc, and one eigenvalue that stands out by next to nothing, at a random angle."""
    rng = generator(seed)
    roots = np.exp(2j * np.pi * np.arange(60) / 60 + 1j * rng.uniform())
    roots[rng.integers(60)] *= 1 + bump
    assert numerical_radius(diagonal_normal(roots, seed)) == pytest.approx(1 + bump, rel=SLACK)
    r = np.cos(np.pi / 21) * (1 + bump)
    W = sl.block_diag(shift(20), [[r * np.exp(1j * rng.uniform(0, 6))]])
    assert numerical_radius(W) == pytest.approx(r, rel=SLACK)


@pytest.mark.parametrize("seed", range(5))
def test_it_does_not_depend_on_where_the_search_starts(seed, monkeypatch):
    """From one angle, in place of eight: the decision alone then leads to the maximum."""
    W = ginibre(20, seed) + diagonal_normal(np.exp(2j * np.pi * np.arange(20) / 20), seed)
    expected = densely_maximised(lambda t: support(W, t), 500)
    monkeypatch.setattr(radius_module, "COARSE", 3)
    for angle in range(6):
        assert numerical_radius(np.exp(1j * angle) * W) == pytest.approx(expected, rel=ROUNDING)


def test_without_the_decision_a_local_maximum_would_pass(monkeypatch):
    """Negative control: the climb from the best of eight angles misses what stands out by little."""
    roots = np.exp(2j * np.pi * np.arange(60) / 60)
    roots[7] *= 1 + 1e-6
    monkeypatch.setattr(radius_module, "_angle_above", lambda W, level: None)
    assert numerical_radius(np.diag(roots)) < 1 + 1e-7


def test_where_rounding_hides_the_answer_the_bound_above_widens(monkeypatch):
    """The decision says "above" three times, and climbing finds nothing: three times the level is raised."""
    answers = iter([0.1, 0.2, 0.3])
    monkeypatch.setattr(radius_module, "_angle_above", lambda W, level: next(answers, None))
    r = numerical_radius(np.diag([1.0, 0.5]))
    assert r == pytest.approx(1.0, rel=ROUNDING)
    assert r.error == pytest.approx(4**3 * SLACK, rel=0.1, abs=ROUNDING)


@pytest.mark.parametrize("bump", [1e-2, 1e-4, 1e-6])
def test_the_climb_is_short(bump, monkeypatch):
    """Near a disc turning towards the point touched converges at a rate next to one; its secant does not."""
    touches, touch = [], radius_module.supporting_line
    monkeypatch.setattr(radius_module, "supporting_line", lambda *args: touches.append(args[1]) or touch(*args))
    assert numerical_radius(shift(20) + bump * ginibre(20, 0)) > 0.98
    assert len(touches) < 60


@pytest.mark.parametrize("seed", range(6))
def test_a_real_matrix_is_no_special_case(seed):
    """The real code path (half of the angles, real arithmetic) against the complex one."""
    W = generator(seed).standard_normal((20, 20))
    assert numerical_radius(W) == pytest.approx(numerical_radius(W.astype(complex)), rel=ROUNDING)


def test_mpmath_agrees_on_a_grcar_matrix():
    mp = pytest.importorskip("mpmath")
    n = 8
    W = sum(np.eye(n, k=k) for k in range(4)) - np.eye(n, k=-1)

    def h(t):
        turn = mp.expj(-t)
        return max(mp.eighe(mp.matrix(n, n) + (turn * M + mp.conj(turn) * M.H) / 2, eigvals_only=True))

    with mp.workdps(30):
        M = mp.matrix(W.tolist())
        low, high = mp.mpf("0.5"), mp.mpf("1.5")  # one maximum in there: golden section
        golden = (mp.sqrt(5) - 1) / 2
        for _ in range(50):
            a, b = high - golden * (high - low), low + golden * (high - low)
            low, high = (low, b) if h(a) > h(b) else (a, high)
        assert numerical_radius(W) == pytest.approx(float(h(low)), rel=ROUNDING)


def test_bounds_by_norms_and_berger(net):
    """rho <= r, ||W|| / 2 <= r <= ||W||, and ||W^k|| <= 2 r^k (G7)."""
    W = net.dense()
    r, norm = numerical_radius(net), np.linalg.norm(W, 2)
    assert norm / 2 * (1 - ROUNDING) <= r <= norm * (1 + ROUNDING)
    assert net.radius.lower <= r * (1 + ROUNDING)
    power = np.eye(len(W))
    for k in range(1, 30):
        power = power @ W
        assert np.linalg.norm(power, 2) <= 2 * r**k * (1 + 1e-12)  # 30 products, of rounding N ulps each


@pytest.mark.parametrize("measure", [numerical_radius, crawford_number])
def test_invariances(measure):
    """Unitary similarity, a phase, the adjoint; and homogeneity."""
    W = ginibre(12, 3) + (2 - 1j) * np.eye(12)
    X, value = np.linalg.qr(ginibre(12, 4))[0], measure(W)
    assert value > 0.1
    for same in (X @ W @ X.conj().T, np.exp(2.2j) * W, W.conj().T, W.T, W.conj()):
        assert measure(same) == pytest.approx(value, rel=1e-13)  # the products round too
    assert measure(3 * W) == pytest.approx(3 * value, rel=ROUNDING)


# ---------------------------------------------------------------- the numerical abscissa


def test_the_abscissa_is_the_initial_slope_of_the_norm_of_the_exponential(net):
    """G6: ||e^{At}|| = 1 + omega t + O(t^2 ||A||^2)."""
    A = net.dense()
    omega, t = numerical_abscissa(net), 1e-5 / max(np.linalg.norm(A, 2), 1e-300)
    if not A.any():
        t = 1.0
    slope = (np.linalg.norm(sl.expm(A * t), 2) - 1) / t
    assert omega == pytest.approx(slope, abs=2e-5 * np.linalg.norm(A, 2))
    assert omega == pytest.approx(support(A, 0.0), abs=ROUNDING * np.linalg.norm(A, 2))
    assert omega <= numerical_radius(net) * (1 + ROUNDING)


def test_the_abscissa_may_be_negative_and_takes_continuous_networks():
    assert numerical_abscissa(lm.ContinuousNetwork([[-1, 1], [0, -1]])) == pytest.approx(-0.5, rel=ROUNDING)
    assert numerical_abscissa([[1j]]) == 0.0


# ---------------------------------------------------------------- the Crawford number

# Fiedler's matrix |i - j| and Moler's U'U, U unit upper triangular of -1: a definite pair whose Crawford numbers are in
# Table 5.2 of "Distance problems for Hermitian matrix polynomials: an epsilon-pseudospectra approach" (thesis, IIT
# Guwahati), to 1e-8 ||(A, B)||.
PUBLISHED = {5: 0.460516199322903, 10: 0.186778387832905, 20: 0.077907742140276, 40: 0.035906797923880}
PUBLISHED |= {80: 0.017284338656944, 160: 0.008484748278810, 320: 0.004204156531129}


@pytest.mark.parametrize("n", PUBLISHED)
def test_published_crawford_numbers(n):
    index = np.arange(n)
    U = np.eye(n) - np.triu(np.ones((n, n)), 1)
    W = abs(index[:, None] - index) + 1j * (U.T @ U)
    # Eigenvalues of H(t) round by a few ulps of ||W||, 11 and 48 for n = 5 and 10; the rest was published to 1e-8 only.
    assert crawford_number(W) == pytest.approx(PUBLISHED[n], abs=1e-15 * np.linalg.norm(W, 2) if n <= 10 else 1e-8)


@pytest.mark.parametrize("centre", [1.5, -2j, 3 + 4j])
def test_the_distance_to_a_disc(centre):
    W = centre * np.eye(9) + shift(9)
    assert crawford_number(W) == pytest.approx(abs(centre) - np.cos(np.pi / 10), rel=ROUNDING)


@pytest.mark.parametrize("seed", range(10))
def test_the_distance_to_a_polygon(seed):
    """Normal matrices: sometimes a corner is nearest, sometimes a side, on which any point may be touched first."""
    eigenvalues = 2 * np.diag(ginibre(9, seed)) + [0.8, 2 + 1j][seed % 2]
    expected = distance_to_hull(eigenvalues)
    assert crawford_number(diagonal_normal(eigenvalues, seed)) == pytest.approx(expected, abs=1e-13)
    assert (crawford_number(np.diag(eigenvalues)) == 0.0) == (expected < 1e-13)


def test_the_nearest_side_may_be_a_multiple_eigenvalue():
    W = diagonal_normal(np.array([1 + 1j, 1 - 1j, 1 + 0.2j, 3, 1 - 0.7j]), 0)
    assert crawford_number(W) == pytest.approx(1.0, rel=ROUNDING)


@pytest.mark.parametrize("seed", range(10))
def test_the_distance_agrees_with_dense_maximisation(seed):
    W = ginibre(14, seed) * [1, 5, 0.1][seed % 3] + (1.1 + 0.1 * seed) * np.exp(1j * seed) * np.eye(14)
    expected = max(0.0, densely_maximised(lambda t: -support(W, t + np.pi), 400))
    c = crawford_number(W)
    assert c == pytest.approx(expected, abs=ROUNDING * np.linalg.norm(W, 2))
    assert c.error <= ROUNDING * np.linalg.norm(W)
    assert abs(abs(c.point) - c) <= c.error
    assert c <= np.linalg.svd(W)[1][-1] * (1 + ROUNDING)


@pytest.mark.parametrize("height", [1e-3, 1e-6, 1e-9])
def test_a_long_side_close_by_costs_no_digits(height):
    """The foot of the perpendicular from 0 has few digits there, and the normal of the side has all."""
    eigenvalues = np.exp(0.3j) * np.array([-0.7 + 1j * height, 1 + 1j * height, 0.2 + 1j])
    c = crawford_number(np.diag(eigenvalues))
    # The stored corners round by an ulp of their size of 1.2, and the eigenvalues of H(t) by a few.
    assert (c, abs(c.point)) == pytest.approx((height, height), abs=2e-15)


def test_of_a_definite_matrix_it_is_the_smallest_eigenvalue():
    A = np.cov(generator(0).standard_normal((8, 40)))
    for W in (A, -A, 1j * A, np.exp(1j) * A):
        assert crawford_number(W) == pytest.approx(np.linalg.eigvalsh(A)[0], abs=ROUNDING)


def test_it_is_exactly_zero_where_zero_is_inside(net):
    W = net.dense()
    if densely_maximised(lambda t: -support(W, t + np.pi), 60) < -1e-6:
        assert crawford_number(net) == 0.0
        assert crawford_number(net).error <= ROUNDING * max(np.linalg.norm(W), 1)
        assert abs(crawford_number(net).point) <= crawford_number(net).error


def test_zero_on_the_boundary():
    """The hardest place: positive or not is decided by rounding, but small it is."""
    for n in (2, 5, 30):
        W = shift(n) + np.cos(np.pi / (n + 1)) * np.exp(0.4j) * np.eye(n)
        assert 0 <= crawford_number(W) < 1e-15 * n  # eigenvalues round by N ulps of ||W|| < 2, which are 5e-16 N
    assert crawford_number(np.diag([0, 1, 1j])) == pytest.approx(0.0, abs=ROUNDING)


# ---------------------------------------------------------------- the numerical range


def orientation(corners):
    """The cross products at the corners of a closed polygon: none negative where it is convex and counterclockwise."""
    sides = np.roll(corners, -1) - corners
    return (sides.conj() * np.roll(sides, -1)).imag


def distance_inside(z, corners):
    """How far z sticks out of a convex counterclockwise polygon: max over its sides; <= 0 inside."""
    sides = np.roll(corners, -1) - corners
    return ((z - corners) * (-1j * sides / abs(sides)).conj()).real.max()


def test_the_polygons_enclose_it(net):
    W = net.dense()
    found = numerical_range(net)
    scale = max(abs(found.boundary).max(), np.finfo(float).tiny)
    X = generator(0).standard_normal((len(W), 200)) + 1j * generator(1).standard_normal((len(W), 200))
    seen = (X.conj() * (W @ X)).sum(axis=0) / (abs(X) ** 2).sum(axis=0)
    for angle, h in zip(found.angles, found.support, strict=True):
        beyond = (np.exp(-1j * angle) * np.concatenate([seen, found.boundary])).real - h
        assert beyond.max() <= ROUNDING * scale * 10
        assert (np.exp(-1j * angle) * found.outer).real.max() - h <= 1e-12 * scale
    for k in range(0, len(found.angles), 16):
        assert found.support[k] == pytest.approx(support(W, found.angles[k]), abs=ROUNDING * scale * 10)
    assert found.gap <= 1e-4 * 2 * scale
    assert np.all(np.diff(found.angles) > 0)
    if len(found.boundary) > 2:
        assert orientation(found.boundary).min() >= -ROUNDING * scale**2
        assert max(distance_inside(z, found.boundary) for z in found.outer) <= found.gap + 1e-13 * scale
    r = numerical_radius(net)
    assert abs(found.boundary).max() <= r * (1 + ROUNDING)
    assert r <= abs(found.outer).max() * (1 + ROUNDING)


@pytest.mark.parametrize("seed", range(5))
def test_two_units_have_an_ellipse(seed):
    """Foci the eigenvalues, minor axis sqrt(tr W*W - |l_1|^2 - |l_2|^2): the elliptical range theorem."""
    W = ginibre(2, seed) if seed else np.array([[1.0, 3.0], [0.0, -1.0]])
    one, two = np.linalg.eigvals(W)
    minor = np.sqrt((abs(W) ** 2).sum() - abs(one) ** 2 - abs(two) ** 2)
    major = np.sqrt(minor**2 + abs(one - two) ** 2)
    found = numerical_range(W)
    assert abs(abs(found.boundary - one) + abs(found.boundary - two) - major).max() < 1e-13
    assert np.all(abs(found.outer - one) + abs(found.outer - two) >= major * (1 - 1e-13))


@pytest.mark.parametrize("n", [3, 4, 9])
def test_of_a_normal_matrix_it_is_the_hull_of_the_eigenvalues(n):
    roots = np.exp(2j * np.pi * np.arange(n) / n + 0.2j)
    W = diagonal_normal(np.concatenate([roots, 0.3 * roots, [0]]), n)
    found = numerical_range(W, rtol=1e-9)
    assert len(found.boundary) == n
    assert abs(found.boundary[:, None] - roots).min(axis=0).max() < 1e-14 * n
    assert found.gap < 1e-14 * n
    assert len(found.angles) < 12 * n


@pytest.mark.parametrize("seed", range(4))
def test_both_ends_of_a_flat_side_are_found(seed):
    """The hull of two discs has two straight sides; seen at a right angle h is a double eigenvalue."""
    turn = np.exp(1j * seed)
    W = turn * sl.block_diag(shift(6) - 2 * np.eye(6), shift(6) + 2 * np.eye(6))
    X = np.linalg.qr(ginibre(12, seed))[0]
    found = numerical_range(X @ W @ X.conj().T)
    sides = abs(np.roll(found.boundary, -1) - found.boundary)
    assert np.count_nonzero(sides > 1) == 2
    r = np.cos(np.pi / 7)
    for corner in turn * np.array([2 + 1j * r, -2 + 1j * r, 2 - 1j * r, -2 - 1j * r]):
        assert abs(found.boundary - corner).min() < (1e-13 if seed == 0 else 0.1)


def test_segments_and_points_are_exact():
    A = generator(1).standard_normal((7, 7))
    A = A + A.T
    ends = np.linalg.eigvalsh(A)[[0, -1]]
    for turn, centre in [(1, 0), (1j, 0), (np.exp(0.3j), 0), (np.exp(2j), 1 + 1j)]:
        found = numerical_range(turn * A + centre * np.eye(7))
        assert len(found.boundary) == 2
        assert sorted(((found.boundary - centre) / turn).real) == pytest.approx(ends, abs=1e-13)
        assert found.gap < 1e-13
        assert len(found.angles) <= 8
    for W in ([[2 - 1j]], (2 - 1j) * np.eye(6), [[0.0]], np.zeros((3, 3))):
        found = numerical_range(W)
        assert len(found.boundary) == 1
        assert found.boundary[0] == pytest.approx(np.asarray(W)[0, 0], abs=1e-14)
        assert found.gap < 1e-14
        assert len(found.angles) == 4


@pytest.mark.parametrize("width", [2.0, 0.02, 0.0002])
def test_the_gap_falls_with_the_square_of_the_angles_however_slender_the_range(width):
    """An ellipse with foci +-1 and minor axis `width`, whose ends are nearly corners."""
    W = np.exp(0.3j) * np.array([[1.0, width], [0.0, -1.0]])
    for points in (20, 40, 160):
        found = numerical_range(W, points=points, rtol=1e-15)
        assert len(found.angles) == points
        assert found.gap < 40 * width / points**2  # equally spaced angles: 3e5 times that, at the smallest width


def test_rtol_is_reached_and_the_limit_is_kept():
    W = ginibre(10, 0)
    for rtol in (1e-2, 1e-3, 1e-5):
        found = numerical_range(W, points=2000, rtol=rtol)
        assert found.gap <= rtol * 2 * numerical_radius(W)
    few = numerical_range(W, points=10)
    assert len(few.angles) == 10 and few.gap > 1e-4
    assert len(numerical_range(W.real, points=11).angles) == 10  # of a real W angles come in pairs


def test_of_a_real_matrix_it_is_symmetric_and_the_same_as_computed_in_full():
    W = generator(5).standard_normal((12, 12))
    half, full = numerical_range(W), numerical_range(W.astype(complex))
    assert abs(half.boundary[:, None] - half.boundary.conj()).min(axis=0).max() < ROUNDING * 10
    for angle in (0.1, 1.4, 2.9, 4.0):
        views = [(np.exp(-1j * angle) * found.boundary).real.max() for found in (half, full)]
        assert views == pytest.approx([support(W, angle)] * 2, abs=half.gap + full.gap)


def test_a_result_keeps_its_network_and_cannot_be_changed():
    net = lm.chain(4)
    found = numerical_range(net)
    assert found.network is net
    for array in (found.boundary, found.outer, found.angles, found.support):
        assert not array.flags.writeable
    with pytest.raises(AttributeError):
        found.gap = 0.0


# ---------------------------------------------------------------- edges


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-100, 1e100, 1e149])
def test_size_does_not_matter(scale):
    W = ginibre(6, 1) + 1.5 * np.eye(6)
    for measure in (numerical_radius, numerical_abscissa, crawford_number):
        assert measure(scale * W) == pytest.approx(scale * measure(W), rel=1e-13)
    found, reference = numerical_range(scale * W, rtol=1e-3), numerical_range(W, rtol=1e-3)
    assert len(found.boundary) == pytest.approx(len(reference.boundary), abs=2)
    assert found.gap == pytest.approx(scale * reference.gap, rel=0.1)
    with np.errstate(all="raise"):
        numerical_radius(scale * W.real)


def test_one_unit_and_zero():
    for W in (0.5, -0.5, 3 - 4j, 1e-320):
        assert numerical_radius([[W]]) == crawford_number([[W]]) == pytest.approx(abs(W), rel=ROUNDING)
        assert numerical_abscissa([[W]]) == complex(W).real
    for tiny in (1e-100, 1e-200, 5e-324):
        for measure in (numerical_radius, crawford_number):
            assert measure(np.diag([1, 1 + 1j * tiny, 1 - 2j * tiny])) == 1.0
    for measure in (numerical_radius, numerical_abscissa, crawford_number):
        value = measure(np.zeros((4, 4)))
        assert value == 0.0 and value.error == 0


def test_sparse_and_dense_agree():
    net = lm.feedback_chain(30, sparse=True)
    dense = replace(net, recurrent=net.dense())
    for measure in (numerical_radius, numerical_abscissa, crawford_number):
        assert measure(net) == measure(dense)
    assert numerical_radius(sparse.coo_array(net.dense())) == numerical_radius(dense)


@pytest.mark.parametrize("measure", [numerical_range, numerical_radius, numerical_abscissa, crawford_number])
@pytest.mark.parametrize(
    ("W", "message"),
    [
        (np.zeros((2, 3)), "must be square"),
        ([[1.0, np.nan], [0, 0]], "not finite"),
        ([[np.inf]], "not finite"),
        ([[1e200]], "rescale it"),
        (np.zeros((0, 0)), "at least one unit"),
        ("W", "numbers"),
        (np.zeros((5, 3, 3)), "is of one network, but recurrent is a stack"),
        (
            sparse.eye_array(6001, format="csr"),
            "sparse with 6001 units; up to 6000 are computed as a dense matrix: take a smaller network",
        ),
    ],
)
def test_what_is_no_single_matrix_is_refused(measure, W, message):
    with pytest.raises(InvalidNetworkError, match=message) as caught:
        measure(W)
    assert type(caught.value) is InvalidNetworkError


@pytest.mark.parametrize("measure", [numerical_range, numerical_radius, numerical_abscissa, crawford_number])
def test_a_stack_is_refused_by_name(measure):
    with pytest.raises(InvalidNetworkError, match=f"^{measure.__name__} is of one network"):
        measure(np.zeros((2, 3, 3)))


@pytest.mark.parametrize("request_", [{"points": 3}, {"points": 5.0}, {"rtol": 0}, {"rtol": np.nan}, {"rtol": "fine"}])
def test_a_senseless_request_is_refused(request_):
    (argument,) = request_
    with pytest.raises(ArgumentError, match=f"^{argument} is "):
        numerical_range(np.eye(2), **request_)


def test_a_hidden_matrix_has_the_range_of_the_plain_one():
    net = lm.feedback_chain(25, feedforward=0.9, feedback=0.2)
    R = haar(25, generator(0))
    hidden = R @ net.recurrent @ R.T
    assert numerical_radius(hidden) == pytest.approx(numerical_radius(net), rel=1e-13)
    assert numerical_range(hidden).gap == pytest.approx(numerical_range(net).gap, rel=1e-3)


# ---------------------------------------------------------------- errors


def of_many_digits(W, angle):
    """h(t) to 40 digits."""
    with mpmath.workdps(40):
        A = mpmath.matrix(W.tolist()) * mpmath.expj(-mpmath.mpf(float(angle)))
        values, _ = mpmath.eighe((A + A.H) / 2)
        return values[len(values) - 1]


@pytest.mark.parametrize("scale", [2.0**-498, 1.0, 2.0**431])
@pytest.mark.parametrize("name", [name for name in hard_matrices(4) if name != "graded"])
def test_no_error_is_too_small(name, scale):
    """h is r at the angle of its point, and below it elsewhere; the abscissa and the supports are h."""
    near_one = hard_matrices(4, seed=1)[name]
    if name == "large beside small":
        near_one = near_one + 1j * np.eye(4)
    W = near_one * scale
    omega, r, found = numerical_abscissa(W), numerical_radius(W), numerical_range(W, points=12)
    with mpmath.workdps(40):
        unit = mpmath.mpf(scale)
        assert abs(mpmath.mpf(float(omega)) - of_many_digits(near_one, 0.0) * unit) <= mpmath.mpf(omega.error)
        supports = [of_many_digits(near_one, angle) * unit for angle in found.angles]
        for h, error, exact in zip(found.support, found.support.error, supports, strict=True):
            assert abs(mpmath.mpf(float(h)) - exact) <= mpmath.mpf(float(error))
        assert max(supports) <= mpmath.mpf(float(r)) + mpmath.mpf(r.error)
        at_point = of_many_digits(near_one, np.angle(r.point)) * unit
        assert abs(at_point - mpmath.mpf(float(r))) <= 2 * mpmath.mpf(r.error)
    assert r.error <= 1e-12 * r
    assert omega.error <= 1e-7 * abs(omega) or omega.error <= 1e-12 * r


def test_a_small_block_has_all_its_digits_in_the_abscissa():
    for small in (1e-9, 1e-30):
        W = sl.block_diag(-1e8 * np.eye(2), [[0.0, 2 * small], [0.0, 0.0]])
        omega = numerical_abscissa(W)
        assert omega == pytest.approx(small, rel=1e-14)
        assert omega.error < 1e-13 * small
        joined = W + np.array([[0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0.0]])
        assert abs(numerical_abscissa(joined) - small) <= numerical_abscissa(joined).error + 1e-16 * small


def test_an_extreme_says_where_it_is_reached():
    W = ginibre(9, 3) + (2 + 1j) * np.eye(9)
    r, omega, c = numerical_radius(W), numerical_abscissa(W), crawford_number(W)
    assert abs(r.point) == pytest.approx(r, rel=1e-13)
    assert omega.point.real == pytest.approx(omega, rel=1e-13)
    assert abs(c.point) == pytest.approx(c, rel=1e-12)
    found = numerical_range(W)
    for point in (r.point, omega.point, c.point):
        assert np.all((np.exp(-1j * found.angles) * point).real <= found.support + 1e-13)
