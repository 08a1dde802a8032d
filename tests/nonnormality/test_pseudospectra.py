"""Pseudospectra: against singular value decompositions and closed forms, at every kind of point and scale."""

import mpmath
import numpy as np
import pytest
import scipy.linalg as sl
import scipy.sparse as sparse
from scipy.optimize import minimize_scalar

import linmem as lm
from linmem.kernels.threads import hold_threads
from linmem.nonnormality import resolvent
from linmem.nonnormality.pseudospectra import Resolvent
from linmem.nonnormality.resolvent import smallest_singular_values

KINDS = {
    "gaussian": lm.ginibre(30, rng=0),
    "grcar": lm.grcar(40, gain=1),
    "jordan": lm.jordan(20, eigenvalue=0.5),
    "feedback chain": lm.feedback_chain(40, feedforward=0.95, feedback=0.2),
    "orthogonal": lm.random_orthogonal(15, rng=0),
    "complex": lm.LinearNetwork(lm.ginibre(12, rng=1).recurrent + 1j * lm.ginibre(12, rng=2).recurrent),
    "diagonal": lm.LinearNetwork(np.diag([0.1, 0.5, -0.5])),
    "one unit": lm.LinearNetwork([[0.5]]),
    "zero": lm.LinearNetwork(np.zeros((3, 3))),
    "continuous": lm.lmu(8),
}


def by_svd(W, z):
    return np.array([sl.svdvals(one * np.eye(len(W)) - W)[-1] for one in z.ravel()]).reshape(z.shape)


def grid(found):
    return found.x[None, :] + 1j * found.y[:, None]


@pytest.mark.parametrize("points", [20, (13, 21), 2])
@pytest.mark.parametrize("kind", KINDS)
def test_every_value_is_that_of_a_singular_value_decomposition(kind, points):
    """Within 1e-6 relative; below N ulp ||W|| absolutely, which is all that double precision knows."""
    net = KINDS[kind]
    found = lm.pseudospectrum(net, points=points)
    expected = by_svd(net.dense(), grid(found))
    floor = 20 * net.size * 2.3e-16 * max(np.abs(grid(found)).max(), sl.norm(net.dense(), 2))
    assert np.all(np.abs(found.sigma_min - expected) <= 1e-6 * expected + floor)
    assert np.all(np.abs(found.sigma_min - expected) <= found.error)
    assert found.sigma_min.shape == found.error.shape == (len(found.y), len(found.x))


def test_random_points_of_random_matrices():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 40))
        W = rng.standard_normal((n, n)) + (seed % 2) * 1j * rng.standard_normal((n, n))
        if seed % 3 == 0:
            W = np.triu(W) * 10.0 ** rng.uniform(-3, 3, (n, n))
        z = 3 * (rng.standard_normal(37) + 1j * rng.standard_normal(37))
        expected = by_svd(W, z)
        assert np.all(np.abs(smallest_singular_values(W, z) - expected) <= 1e-6 * expected + 1e-12 * sl.norm(W, 2))


@pytest.mark.parametrize("count", [1, 8, 1001])
def test_points_have_the_same_values_in_one_task_and_in_many(count, monkeypatch):
    net = lm.ginibre(7, gain=0.9, rng=2)
    z = np.random.default_rng(3).standard_normal((count, 2)) @ [1, 1j]
    together = smallest_singular_values(net.recurrent, z)
    monkeypatch.setattr(resolvent, "WORK", 1)
    assert np.array_equal(smallest_singular_values(net.recurrent, z), together)


@pytest.mark.parametrize(
    "net",
    [
        *(lm.feedback_chain(100, feedforward=a, feedback=0.0396 / a) for a in (0.9, 0.96, 0.99)),
        lm.chain(100, gain=1.02),
        lm.grcar(100),
        lm.grcar(220, gain=0.4),  # which takes more than LATE steps
        lm.feedback_chain(220, feedforward=0.95, feedback=0.2),
        lm.symmetric_wigner(60, rng=0),
    ],
    ids=str,
)
def test_far_from_the_spectrum_where_singular_values_cluster(net):
    """Iterations creep there: a Ritz value that is still on its way must not be taken for one that has arrived."""
    W = net.dense()
    z = np.concatenate([-np.geomspace(1.2, 20, 30), 1j * np.geomspace(1.2, 20, 20)])
    expected = np.array([sl.svdvals(point * np.eye(len(W)) - W)[-1] for point in z])
    assert smallest_singular_values(W, z) == pytest.approx(expected, rel=1e-6)  # as promised


def test_late_steps_are_tested_seldom_and_still_arrive():
    """Iterations of more than LATE steps converge, so that no singular values are computed; to 1e-6, as promised."""
    net = lm.feedback_chain(220, feedforward=0.95, feedback=0.2)
    found = lm.pseudospectrum(net, (1.2, 20, -1, 1), points=(30, 2))
    assert found.converged.all()
    assert np.abs(found.sigma_min - by_svd(net.dense(), grid(found))).max() <= found.error.max()
    steps = resolvent.kernels.LATE
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolvent, "MAX_STEPS", steps)
        assert not lm.pseudospectrum(net, (1.2, 20, -1, 1), points=(30, 2)).converged.all()


@pytest.mark.parametrize("gain", [1.02, 3.0])
def test_a_resolvent_beyond_the_largest_double_is_that_of_an_eigenvalue(gain):
    """sigma_min of a chain of 150 is about |z|^150 / gain^149 at |z| = 0.01: below 1e-290, for which 0 stands."""
    found = lm.pseudospectrum(lm.chain(150, gain=gain), (-0.01, 0.01, -0.01, 0.01), points=4)
    assert found.converged.all()
    assert np.all(found.sigma_min == 0)


def test_grids_over_normal_matrices_are_distances():
    """Also where the Schur form is diagonal to rounding only, and on top of an eigenvalue."""
    W = lm.random_normal(30, rng=4).recurrent
    values = sl.eigvals(W)
    z = np.concatenate([values[:3], values[3:6] + 1e-9, [0.3 + 0.2j, 5.0]])
    expected = np.array([np.abs(values - point).min() for point in z])
    found = smallest_singular_values(W, z)
    assert found[:3].max() < 1e-13  # rounding of the eigenvalues
    assert found[3:] == pytest.approx(expected[3:], rel=1e-6, abs=1e-14)


def test_a_normal_matrix_has_the_distance_to_its_eigenvalues():
    net = lm.random_normal(20, rng=0)
    found = lm.pseudospectrum(net, points=25)
    eigenvalues = np.linalg.eigvals(net.recurrent)
    distance = np.abs(grid(found)[..., None] - eigenvalues).min(axis=-1)
    assert np.allclose(found.sigma_min, distance, rtol=1e-6, atol=1e-12)
    assert found.converged.all()


def test_at_an_eigenvalue_the_value_is_zero_and_nothing_is_said():
    with np.errstate(all="raise"):
        found = lm.pseudospectrum(np.diag([0.0, 1.0]), box=(0, 1, -1, 1), points=3)
    assert found.sigma_min[1, 0] == found.sigma_min[1, 2] == 0
    assert found.sigma_min[1, 1] == pytest.approx(0.5, rel=1e-12)


def test_a_real_matrix_has_a_mirror():
    net = lm.grcar(20, gain=1)
    for points in (20, 21):
        found = lm.pseudospectrum(net, box=(-1, 3, -3, 3), points=points)
        assert np.array_equal(found.sigma_min, found.sigma_min[::-1])
        whole = lm.pseudospectrum(net, box=(-1, 3, -3, 3.0000001), points=points)
        assert np.allclose(found.sigma_min, whole.sigma_min, rtol=1e-4, atol=1e-13)


def test_the_box_holds_the_numerical_range_and_is_square():
    for net in KINDS.values():
        found = lm.pseudospectrum(net, points=2)
        assert found.x[1] - found.x[0] == pytest.approx(found.y[1] - found.y[0])
        edge = lm.numerical_range(net).boundary
        assert found.x[0] <= edge.real.min() + 1e-12
        assert edge.real.max() <= found.x[1] + 1e-12
        assert found.y[0] <= edge.imag.min() + 1e-12


@pytest.mark.parametrize("scale", [1e-140, 1e140])
def test_scales(scale):
    W = lm.ginibre(10, rng=0).recurrent
    small, large = lm.pseudospectrum(W, points=10), lm.pseudospectrum(scale * W, points=10)
    assert np.allclose(large.sigma_min / scale, small.sigma_min, rtol=1e-6)
    assert lm.pseudospectral_abscissa(scale * W, 0.1 * scale) / scale == pytest.approx(
        lm.pseudospectral_abscissa(W, 0.1), rel=1e-9
    )


def test_large_sparse_matrices():
    """Against the same band as a dense matrix, and where the answer is known."""
    band = lm.feedback_chain(6100, feedforward=0.7, feedback=0.2, sparse=True)
    found = lm.pseudospectrum(band, box=(1.0, 1.4, -0.2, 0.2), points=2)
    dense = band.recurrent[:400, :400].toarray()  # outside the numerical range the ends do not matter
    z = grid(found)[0, 0]
    assert found.sigma_min[0, 0] == pytest.approx(by_svd(dense, np.array([z]))[0], rel=1e-3)
    assert found.converged.all()
    steps = np.concatenate([np.zeros(6099), [0.5]])
    found = lm.pseudospectrum(sparse.diags_array(steps).tocsr(), box=(0.5, 1.5, -1, 1), points=(2, 3))
    assert found.sigma_min[1, 0] == 0
    assert found.sigma_min[1, 1] == pytest.approx(1, rel=1e-6)


# --- abscissa and radius ---


@pytest.mark.parametrize("eps", [1e-6, 1e-2, 0.3])
def test_of_normal_matrices_eps_is_added(eps):
    net = lm.random_normal(12, rng=1)
    eigenvalues = np.linalg.eigvals(net.recurrent)
    assert lm.pseudospectral_abscissa(net, eps) == pytest.approx(eigenvalues.real.max() + eps, rel=1e-9)
    assert lm.pseudospectral_radius(net, eps) == pytest.approx(np.abs(eigenvalues).max() + eps, rel=1e-9)


@pytest.mark.parametrize("eps", [1e-8, 1e-3, 1.0])
def test_of_a_jordan_block_of_two(eps):
    """A disc of radius sqrt(eps^2 + eps)."""
    W = [[0.25, 1], [0, 0.25]]
    assert lm.pseudospectral_abscissa(W, eps) == pytest.approx(0.25 + np.sqrt(eps**2 + eps), rel=1e-7)
    assert lm.pseudospectral_radius(W, eps) == pytest.approx(0.25 + np.sqrt(eps**2 + eps), rel=1e-7)


@pytest.mark.parametrize("eps", [1e-3, 0.1])
@pytest.mark.parametrize("kind", ["gaussian", "grcar", "complex", "feedback chain", "continuous"])
def test_nothing_on_a_fine_grid_lies_further_out_and_the_point_found_is_on_the_edge(kind, eps):
    net = KINDS[kind]
    W = net.dense()
    abscissa, radius = lm.pseudospectral_abscissa(net, eps), lm.pseudospectral_radius(net, eps)
    edge = lm.numerical_range(net).boundary
    reach = np.abs(edge).max() + eps
    found = lm.pseudospectrum(net, box=(-reach, reach, -reach, reach), points=120)
    inside = grid(found)[found.sigma_min <= eps]
    assert inside.real.max(initial=-np.inf) <= abscissa + 1e-9 * reach
    assert np.abs(inside).max(initial=0) <= radius + 1e-9 * reach
    assert touches(W, lambda t: abscissa + 1j * t, np.linspace(-reach, reach, 20000)) == pytest.approx(eps, rel=1e-5)
    assert touches(W, lambda t: radius * np.exp(1j * t), np.linspace(-4, 4, 20000)) == pytest.approx(eps, rel=1e-5)


def touches(W, line, places):
    """The smallest sigma along a line: the best of a grid, and from there by golden sections."""
    sigma = smallest_singular_values(W, line(places))
    at, step = places[np.argmin(sigma)], places[1] - places[0]
    found = minimize_scalar(
        lambda t: by_svd(W, np.array([line(t)]))[0],
        bounds=(at - step, at + step),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return min(found.fun, sigma.min())


GRADES = 10.0 ** np.linspace(5, -5, 8)
HARD = {
    "shifted Jordan": 0.8 * np.eye(10) + np.eye(10, k=1),
    "graded": GRADES[:, None] * lm.ginibre(8, rng=4).recurrent / GRADES,
    "nilpotent": np.array([[5.0, -3, 2], [15, -9, 6], [10, -6, 4]]),
    "blocks": sl.block_diag(1e6 * lm.ginibre(3, rng=1).recurrent, [[0.5, 1], [0, 0.5]]),
    "complex": np.triu(lm.ginibre(9, rng=1).recurrent + 1j * lm.ginibre(9, rng=2).recurrent) * 3,
    "orthogonal": lm.random_orthogonal(7, gain=1 - 1e-12, rng=1).recurrent,
    "zero": np.zeros((2, 2)),
    "chain": lm.chain(12, gain=1.5).recurrent,
}


def sigma_min_to_many_digits(W, z):
    """1 / ||(z - W)^-1||, the inverse in 60 digits."""
    with mpmath.workdps(60):
        M = mpmath.matrix((-np.asarray(W, complex)).tolist())
        for i in range(len(W)):
            M[i, i] += mpmath.mpc(z)
        inverse = np.array((M**-1).tolist())
        largest = max(abs(entry) for entry in inverse.ravel())
        doubles = np.array([complex(entry / largest) for entry in inverse.ravel()]).reshape(inverse.shape)
        return 1 / (largest * mpmath.mpf(float(np.linalg.norm(doubles, 2))))


@pytest.mark.parametrize("level", [1e-16, 1e-9, 1e-3, 2.0])
@pytest.mark.parametrize("kind", HARD)
@pytest.mark.parametrize("measure", [lm.pseudospectral_radius, lm.pseudospectral_abscissa])
def test_the_point_is_in_the_set_and_nothing_lies_beyond_the_error(measure, kind, level):
    """In 60 digits: at the point sigma_min <= eps, as far as doubles are points; outside of the error it is above eps.

    The second is looked at on a curve about the point, near it and far from it.
    """
    W = HARD[kind]
    eps = level * max(1.0, np.abs(W).max())
    found = measure(W, eps)
    z, outward = found.point, 1.0 if measure is lm.pseudospectral_abscissa else found.point / abs(found.point)
    reach = z.real if outward == 1.0 else abs(z)
    assert found.relative_error <= 2e-8
    assert abs(reach - found) <= found.error + 4e-16 * abs(found)
    slack = found.error + 4e-16 * abs(found)
    rounding = 2e-15 * len(W) * max(1.0, sl.norm(W, 2))
    assert sigma_min_to_many_digits(W, z) <= eps + rounding
    beside = [0.0, 1e-7, -1e-7, 1e-2, -1e-2]
    for angle in beside:
        outside = (abs(z) + 2 * slack) * np.exp(1j * (np.angle(z) + angle))
        if measure is lm.pseudospectral_abscissa:
            outside = z + 2 * slack + 1j * angle * (1 + abs(z))
        assert sigma_min_to_many_digits(W, outside) > eps


@pytest.mark.parametrize("scale", [1e-150, 1e140])
@pytest.mark.parametrize("kind", ["graded", "complex", "nilpotent"])
def test_the_unit_does_not_matter(kind, scale):
    W = HARD[kind] / np.abs(HARD[kind]).max()
    for measure in (lm.pseudospectral_radius, lm.pseudospectral_abscissa):
        one, other = measure(W, 1e-3), measure(scale * W, scale * 1e-3)
        # scale W is rounded, which moves the result by at most that rounding over sigma's slope
        assert abs(other / scale - one) <= one.error + other.error / scale + 1e-9 * abs(one)


def test_the_radius_next_to_rounding_is_that_of_more_digits():
    """A chain of 100: (r - W)^-1 is a triangle of a^k / r^(k+1), which doubles know relatively, unlike sigma_min."""
    found = lm.pseudospectral_radius(lm.chain(100, gain=1.5), 1e-15)
    assert found.method == "balls" and found.relative_error < 1e-9
    k = np.subtract.outer(np.arange(100), np.arange(100))
    r = abs(found.point)
    resolvent = np.where(k >= 0, 1.5 ** np.maximum(k, 0) / r ** (np.maximum(k, 0) + 1.0), 0)
    assert 1 / np.linalg.norm(resolvent, 2) == pytest.approx(1e-15, rel=1e-9)


# --- one network, many boxes; pseudomodes ---


@pytest.mark.parametrize("kind", KINDS)
def test_a_box_within_another_has_the_same_values_at_the_same_points(kind):
    """Every second point of a fine grid in one half of the box, against the coarse grid; each within its error."""
    whole = Resolvent(KINDS[kind])
    coarse = whole.pseudospectrum((-1, 1, -1, 1), points=9)
    part = whole.pseudospectrum((0, 1, -1, 1), points=(9, 17))
    difference = np.abs(part.sigma_min[::2, ::2] - coarse.sigma_min[:, 4:])
    assert np.all(difference <= part.error[::2, ::2] + coarse.error[:, 4:])
    assert np.array_equal(part.eigenvalues, coarse.eigenvalues)


def test_the_schur_form_is_computed_once(monkeypatch):
    calls = []
    monkeypatch.setattr(
        resolvent.sl, "schur", lambda *args, schur=sl.schur, **options: calls.append(1) or schur(*args, **options)
    )
    one = Resolvent(lm.ginibre(20, rng=0))
    one.pseudospectrum(points=5)
    one.pseudospectrum((0, 1, 0, 1), points=5)
    one.pseudomode(0.5)
    assert len(calls) == 1


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("seed", range(5))
def test_real_forms_of_any_order_of_real_and_complex_eigenvalues(n, seed):
    """Rows of zeros align the 2 x 2 blocks; the same matrix as a complex one has none. Both against singular values."""
    rng = np.random.default_rng([n, seed])
    W = rng.standard_normal((n, n))
    W = W + (seed % 2) * 3 * np.triu(rng.standard_normal((n, n)), 1)
    z = np.append(2 * rng.standard_normal((40, 2)) @ [1, 1j], sl.eigvals(W) * (1 + 1e-6))
    expected = by_svd(W, z)
    floor = 20 * n * 2.3e-16 * (sl.norm(W, 2) + np.abs(z))
    for matrix in (W, W + 0j):
        assert np.all(np.abs(smallest_singular_values(matrix, z) - expected) <= 1e-6 * expected + floor)


def test_a_block_with_entries_of_very_different_size():
    """Eigenvalues +- i of [[0, 1e8], [-1e-8, 0]]: next to them the inverse of the block is nearly of rank one."""
    W = np.zeros((6, 6))
    W[:2, :2] = [[0, 1e8], [-1e-8, 0]]
    W[2:4, 2:4] = [[0.5, 1e3], [-1e-2, 0.5]]
    W[:2, 2:] = 3
    W[2:4, 4:] = 1
    W[4:, 4:] = [[0.1, 2], [0, 0.2]]
    z = np.array([1j + 1e-4, 0.5 + 3.1j, 0.3, 2j])
    expected = [float(sigma_min_to_many_digits(W, point)) for point in z]
    floor = 20 * 6 * 2.3e-16 * 1e8
    assert np.all(np.abs(smallest_singular_values(W, z) - expected) <= 1e-6 * np.array(expected) + floor)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_raised_by_progress_ends_the_computation(threads, monkeypatch):
    """The share rises to 1; where it raises, no further task is begun than those that run side by side."""
    before = hold_threads(1)
    try:
        hold_threads(threads)
        shares = []
        Resolvent(lm.ginibre(40, rng=0)).pseudospectrum((0, 1, 0, 1), points=60, progress=shares.append)
        assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 4
        tasks = []
        kernel = resolvent.kernels.smallest_singular_values
        monkeypatch.setattr(resolvent.kernels, "smallest_singular_values", lambda *a: tasks.append(1) or kernel(*a))
        with pytest.raises(ZeroDivisionError):
            Resolvent(lm.ginibre(150, rng=0)).pseudospectrum((0, 1, 0, 1), points=90, progress=lambda share: 1 / 0)
        assert len(tasks) < 16 if threads > 1 else len(tasks) == 1  # of 16; other threads may have begun some more
    finally:
        hold_threads(before)


@pytest.mark.parametrize("z", [0.5, 0.3 + 0.4j, 1.2])
@pytest.mark.parametrize("kind", KINDS)
def test_a_pseudomode_is_changed_as_by_an_eigenvalue(kind, z):
    """(z - W) vector = sigma image, with both of length 1: sigma is the smallest singular value, by a decomposition."""
    net = KINDS[kind]
    W = net.dense()
    mode = lm.pseudomode(net, z)
    shifted = z * np.eye(len(W)) - W
    rounding = 20 * len(W) * 2.3e-16 * (abs(z) + sl.norm(W, 2))
    np.testing.assert_allclose(shifted @ mode.vector, float(mode.sigma_min) * mode.image, atol=rounding)
    assert abs(sl.svdvals(shifted)[-1] - mode.sigma_min) <= mode.sigma_min.error
    assert [sl.norm(mode.vector), sl.norm(mode.image)] == pytest.approx([1, 1], abs=1e-12)
    largest = mode.vector[np.argmax(np.abs(mode.vector))]
    assert largest.real > 0 and abs(largest.imag) < 1e-12
    assert np.isrealobj(mode.vector) == (np.isrealobj(W) and z != 0.3 + 0.4j)


def test_a_pseudomode_of_a_long_chain_is_geometric():
    """z v_{i+1} = v_i but for what is below rounding; by Lanczos, as the chain has more than LARGEST_BY_SVD units."""
    mode = lm.pseudomode(lm.chain(120), 0.9)
    assert mode.vector[41:100] / mode.vector[40:99] == pytest.approx(1 / 0.9, rel=1e-3)


BAD = [
    (lambda: lm.pseudospectrum(np.eye(2), box=(0, 0, 0, 1)), ["box is (0, 0, 0, 1)", "no area"]),
    (lambda: lm.pseudospectrum(np.eye(2), box=(0, 1, 1)), ["box is (0, 1, 1)", "four numbers"]),
    (lambda: lm.pseudospectrum(np.eye(2), box="square"), ["box is 'square'"]),
    (lambda: lm.pseudospectrum(np.eye(2), box=(0, np.nan, 0, 1)), ["box is"]),
    (lambda: lm.pseudospectrum(np.eye(2), points=1), ["points is 1", ">= 2"]),
    (lambda: lm.pseudospectrum(np.eye(2), points=(3, 4, 5)), ["points is (3, 4, 5)"]),
    (lambda: lm.pseudomode(np.eye(2), "one"), ["z is 'one'", "complex number"]),
    (lambda: lm.pseudomode(np.eye(2), np.inf), ["z is inf"]),
    (lambda: lm.pseudospectral_abscissa(np.eye(2), 0), ["eps is 0", "> 0"]),
    (lambda: lm.pseudospectral_radius(np.eye(2), -1), ["eps is -1"]),
]
BAD_NETWORKS = [
    (lambda: lm.pseudospectrum(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: lm.pseudomode(np.zeros((2, 2, 2)), 1), ["stack"]),
    (lambda: lm.pseudospectrum([[np.nan]]), ["finite"]),
    (lambda: lm.pseudospectrum(np.zeros((2, 3))), ["square"]),
    (lambda: lm.pseudospectral_radius(np.zeros((2, 2, 2)), 1), ["stack"]),
    (lambda: lm.pseudospectral_abscissa(sparse.eye_array(7000), 1), ["sparse with 7000 units", "up to 6000"]),
]


@pytest.mark.parametrize(("call", "words"), BAD, ids=range(len(BAD)))
def test_bad_requests_are_refused(call, words):
    with pytest.raises(lm.ArgumentError) as caught:
        call()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


@pytest.mark.parametrize(("call", "words"), BAD_NETWORKS, ids=range(len(BAD_NETWORKS)))
def test_what_is_no_single_matrix_is_refused(call, words):
    with pytest.raises(lm.InvalidNetworkError) as caught:
        call()
    assert type(caught.value) is lm.InvalidNetworkError
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
