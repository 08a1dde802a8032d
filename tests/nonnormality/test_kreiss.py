"""The Kreiss constant: dense maximisation, the matrix theorem, closed forms, and the proofs behind the upper bound."""

import numpy as np
import pytest
import scipy.linalg as sl
from scipy.optimize import minimize

import linmem as lm
from linmem.nonnormality.kreiss import _Search
from linmem.nonnormality.resolvent import LARGEST_BY_SVD, SchurFactor

NETS = {
    "chain": lm.chain(8, gain=1.3),
    "feedback chain": lm.feedback_chain(10, feedforward=1.2, feedback=0.15),
    "gaussian": lm.ginibre(20, rng=0),
    "grcar": lm.grcar(25),
    "jordan": lm.jordan(12, eigenvalue=0.5),
    "complex": lm.LinearNetwork(0.6 * lm.ginibre(9, rng=1).recurrent + 0.6j * lm.ginibre(9, rng=2).recurrent),
    "two": lm.LinearNetwork([[0.5, 3], [0, 0.4j]]),
    "triangular": lm.random_upper_triangular(15, feedforward=2, rng=0),
}
CONTINUOUS = {
    "leaky chain": lm.leaky_chain(6, weight=3),
    "balanced": lm.balanced_amplification(),
    "gaussian": lm.ContinuousNetwork(lm.ginibre(15, gain=0.95, rng=0).recurrent - np.eye(15)),
    "fast": lm.ContinuousNetwork(1e40 * (lm.ginibre(8, gain=0.9, rng=1).recurrent - np.eye(8))),
}


def quotient(W, z, continuous=False):
    margin = z.real if continuous else abs(z) - 1
    return margin / sl.svdvals(z * np.eye(len(W)) - W)[-1] if margin > 0 else 0.0


def by_many_climbs(W, continuous=False, reach=4.0):
    """A grid, and Nelder and Mead from its best points: another optimiser, another route to sigma."""
    rng = np.random.default_rng(0)
    if continuous:
        starts = sl.norm(W, 2) * (10 ** rng.uniform(-3, 0.5, 3000) + 1j * rng.uniform(-2, 2, 3000))
    else:
        starts = (1 + 10 ** rng.uniform(-5, np.log10(reach), 3000)) * np.exp(2j * np.pi * rng.uniform(size=3000))
    best = sorted(starts, key=lambda z: -quotient(W, z, continuous))[:6]
    found = 1.0
    for z in best:
        scale = sl.norm(W, 2)
        result = minimize(
            lambda x, scale=scale: -quotient(W, scale * complex(*x), continuous),
            np.array([z.real, z.imag]) / scale,
            method="Nelder-Mead",
            options={"xatol": 1e-12, "fatol": 1e-13, "maxiter": 4000},
        )
        found = max(found, -result.fun)
    return found


@pytest.mark.parametrize("kind", NETS)
def test_the_bounds_hold_what_an_independent_search_finds(kind):
    net = NETS[kind]
    found = lm.kreiss_constant(net)
    other = by_many_climbs(net.dense())
    assert other <= found.upper
    assert found.lower >= other * (1 - 1e-7)
    assert found.upper <= found.lower * (1 + 1.01e-4)
    assert found.lower <= found.value <= found.upper
    assert found.value == pytest.approx(quotient(net.dense(), found.point), rel=1e-9)


@pytest.mark.parametrize("kind", CONTINUOUS)
def test_continuous_time(kind):
    net = CONTINUOUS[kind]
    found = lm.kreiss_constant(net)
    other = by_many_climbs(net.dense(), continuous=True)
    assert other <= found.upper
    assert found.lower >= other * (1 - 1e-7)
    assert found.value == pytest.approx(quotient(net.dense(), found.point, continuous=True), rel=1e-9)


def test_more_digits_can_be_had():
    found = lm.kreiss_constant(NETS["gaussian"], rtol=1e-6)
    assert found.upper <= found.lower * (1 + 1.2e-6)


@pytest.mark.parametrize("kind", NETS)
def test_the_kreiss_matrix_theorem(kind):
    """G8: K <= max ||W^k|| <= e N K."""
    net = NETS[kind]
    found, peak = lm.kreiss_constant(net), lm.transient_growth(net, 300).peak
    assert found.lower <= peak * (1 + 1e-9)
    assert peak <= np.e * net.size * found.upper
    assert lm.growth_upper_bound(net) == pytest.approx(np.e * net.size * found.upper)
    assert lm.growth_lower_bound(net, found.point) <= peak * (1 + 1e-9)


def test_the_theorem_needs_its_factor():
    """The control: K alone is no upper bound, and the ratio grows with N."""
    ratios = [
        lm.transient_growth(lm.chain(n), 2 * n).peak / lm.kreiss_constant(lm.chain(n, gain=1.1)).lower for n in (4, 16)
    ]
    peaks = [
        1.1**3 / lm.kreiss_constant(lm.chain(4, gain=1.1)).upper,
        1.1**39 / lm.kreiss_constant(lm.chain(40, gain=1.1)).upper,
    ]
    assert peaks[1] > 3 * peaks[0]
    assert ratios


@pytest.mark.parametrize(
    ("net", "constant", "peak"),
    [(lm.chain(8, gain=1.3), 1.267, 6.27), (lm.feedback_chain(10, feedforward=1.1, feedback=0.1), None, None)],
    ids=["chain", "feedback"],
)
def test_printed_values(net, constant, peak):
    if constant:
        assert round(lm.kreiss_constant(net).value, 3) == constant
        assert round(lm.transient_growth(net, 20).peak, 2) == peak
    assert lm.kreiss_constant(net).value >= 1


def test_by_pseudospectral_radii():
    """G10: K = sup (rho_eps - 1) / eps, over a fine range of eps."""
    net = lm.chain(5, gain=1.3)
    eps = np.logspace(-3, 2, 60)
    ratios = [(lm.pseudospectral_radius(net, one) - 1) / one for one in eps]
    found = lm.kreiss_constant(net)
    assert max(ratios) <= found.upper
    assert max(ratios) == pytest.approx(found.value, rel=1e-3)


def test_normal_networks_have_one():
    for net in (
        lm.random_orthogonal(10, rng=0),
        lm.ring(7),
        lm.symmetric_wigner(9, rng=0),
        lm.identity(3),
        lm.chain(1),
    ):
        found = lm.kreiss_constant(net)
        assert (found.lower, found.upper) == (1, 1)
        assert found.point == np.inf
    assert lm.kreiss_constant(np.zeros((3, 3))).value == 1
    assert lm.kreiss_constant(lm.ContinuousNetwork(-np.eye(2))).value == 1
    weak = lm.kreiss_constant([[0.5, 1e-3], [0, 0.5]])
    assert weak.value == 1


def test_a_norm_above_one_and_a_small_numerical_radius_leave_one():
    """||W|| = 1.2, r(W) = 0.6: nothing above the value at infinity, which is proved out to where nothing can be."""
    found = lm.kreiss_constant([[0, 1.2], [0, 0]])
    assert found.value == pytest.approx(1, abs=1e-9)
    assert found.upper <= 1 + 1.01e-4


def test_unstable_networks_have_none():
    assert lm.kreiss_constant(lm.ginibre(5, gain=1.1, rng=0)).value == np.inf
    assert lm.kreiss_constant(lm.ContinuousNetwork(np.eye(2))).upper == np.inf
    with pytest.raises(lm.UndecidedStabilityError):
        lm.kreiss_constant(lm.in_random_basis(lm.chain(201, gain=2), rng=0))


def test_strongly_non_normal_networks_of_a_hundred_units():
    """K of 2e8: sigma_min is 1e-8 and less over wide regions."""
    found = lm.kreiss_constant(lm.feedback_chain(100, feedforward=0.95, feedback=0.2))
    assert found.upper <= found.lower * (1 + 2e-3)  # rounding is 4e-4 of sigma_min there
    assert 1e8 < found.value < 1e9
    chain = lm.kreiss_constant(lm.chain(100, gain=1.05))
    z = 1 + np.logspace(-4, 0.5, 4000)  # by symmetry any ray will do
    best = max(quotient(lm.chain(100, gain=1.05).recurrent, one) for one in z[::20])
    assert best <= chain.upper
    assert best >= chain.lower * 0.99


# --- the proofs ---


@pytest.mark.parametrize("continuous", [False, True])
@pytest.mark.parametrize("method", ["by_concavity", "by_growth"])
def test_a_triangle_that_is_proved_holds_no_larger_value(method, continuous):
    """Random triangles at random levels: whatever is proved is checked at 60 points inside."""
    rng = np.random.default_rng(0)
    W = lm.ginibre(6, gain=0.5, rng=3).recurrent + np.diag(np.full(5, 0.7), 1) - (2 * np.eye(6) if continuous else 0)
    search = _Search(W, continuous)
    search.bounds(1e-2)
    proved = 0
    for _ in range(300):
        corner = rng.uniform(0.01, 2) + 1j * rng.uniform(-2, 2)
        if not continuous:
            corner = (1.02 + rng.exponential(0.7)) * np.exp(2j * np.pi * rng.uniform())
        size = 10 ** rng.uniform(-4 if method == "by_growth" else -3, -1)
        corners = corner + size * (rng.standard_normal(3) + 1j * rng.standard_normal(3))
        sigma = search.sigma(corners)
        level = max(quotient(W, z, continuous) for z in corners) * (1 + 10 ** rng.uniform(-3, 0))
        level = max(level, 1.0)
        if getattr(search, method)(corners[None], sigma[None], level)[0]:
            proved += 1
            for weights in rng.dirichlet(np.ones(3), 60):
                assert quotient(W, weights @ corners, continuous) <= level * (1 + 1e-9)
    assert proved > 30


@pytest.mark.parametrize("b", [2.0**12, 2.0**20, 3e6])
@pytest.mark.parametrize("a", [0.5, -0.75])
def test_the_bounds_count_the_rounding_of_large_matrices(a, b):
    """Unitarily similar to [[a, 2b], [0, a]], of which sigma_min is exact: (r - |a|)^2 = sigma (sigma + 2b).

    sigma_min is a millionth of a millionth of the norm, so that double precision knows a few digits of it.
    """
    found = lm.kreiss_constant([[a + b, -b], [b, a - b]])
    r = np.linspace(1.0001, 3, 200_000)
    apart = (r - abs(a)) ** 2
    sigma = apart / (b + np.sqrt(b * b + apart))
    truth = np.max((r - 1) / sigma)
    grid = 1e-9  # of the maximum over so fine a grid
    assert found.lower <= truth * (1 + grid) and truth <= found.upper * (1 + grid)
    assert found.upper <= found.lower * (1 + 1.01e-4)
    assert abs(found.value - truth) <= found.value.error + grid * truth


BAD = [
    (lambda: lm.kreiss_constant(np.zeros((2, 2, 2))), lm.InvalidNetworkError, ["stack"]),
    (lambda: lm.kreiss_constant(np.eye(2) / 2, rtol=1e-9), lm.ArgumentError, ["rtol is 1e-09", ">= 1e-06"]),
    (lambda: lm.kreiss_constant([[np.nan]]), lm.InvalidNetworkError, ["finite"]),
    (lambda: lm.kreiss_constant(lm.chain(7000, sparse=True)), lm.InvalidNetworkError, ["7000 units", "up to 6000"]),
]


@pytest.mark.parametrize(("call", "kind", "words"), BAD, ids=range(len(BAD)))
def test_bad_requests_are_refused(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


def test_the_lower_bound_is_attained_where_it_is_said_to_be():
    """By a singular value decomposition: iterations that creep would overstate it by a thousandth."""
    W = lm.feedback_chain(100, feedforward=0.96, feedback=0.04125).recurrent
    found = lm.kreiss_constant(W)
    z = found.point
    attained = (abs(z) - 1) / np.linalg.svd(z * np.eye(100) - W, compute_uv=False)[-1] if np.isfinite(z) else 1.0
    assert found.lower <= max(attained, 1.0) * (1 + 1e-6)


TRIPLETS = {  # with more units than those for which the triplet is one of a singular value decomposition
    "gaussian": lm.ginibre(LARGEST_BY_SVD + 20, gain=0.9, rng=0),
    "orthogonal": lm.random_orthogonal(LARGEST_BY_SVD + 20, gain=0.99, rng=0),  # singular values lie close together
    "hidden chain": lm.in_random_basis(lm.chain(LARGEST_BY_SVD + 20, gain=1.02), rng=0),
    "identity": lm.identity(LARGEST_BY_SVD + 20, gain=0.5),
}


@pytest.mark.parametrize("name", TRIPLETS)
@pytest.mark.parametrize("z", [1.05, 1.2j, -3 + 1j])
def test_triplet_is_that_of_the_singular_value_decomposition(name, z):
    """The value, and by it the vectors: their residual is what inverse Lanczos allows, 1e-10 of the inverse square."""
    W = TRIPLETS[name].dense()
    shifted = z * np.eye(len(W)) - W
    sigma, left, right = SchurFactor(W).triplet(z)
    rounding = len(W) * np.finfo(float).eps * sl.norm(shifted, 2)
    # the error of the value is of second order in that of the vectors, and never negative beyond rounding
    assert sigma == pytest.approx(sl.svdvals(shifted)[-1], rel=1e-9, abs=rounding)
    np.testing.assert_allclose(shifted @ right, sigma * left, atol=rounding)
    assert sl.norm(left) == pytest.approx(1, abs=1e-12)
    assert sl.norm(right) == pytest.approx(1, abs=1e-12)
    # the gradient of sigma_min takes both vectors: sigma v = S* u holds for singular vectors alone
    np.testing.assert_allclose(shifted.conj().T @ left, sigma * right, atol=1e-4 * sigma + rounding)
