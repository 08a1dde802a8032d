"""Certificates: exact values lie inside, doubles that are right lie inside, and what is wrong does not."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

import linmem as lm
from linmem.balls.bounded import InconclusiveError, exact
from linmem.balls.fisher import enclose_fisher_memory_curve, enclose_precision_form
from linmem.balls.numerical_range import prove_numerical_radius, rayleigh
from linmem.balls.positive import factored
from linmem.certification import certify
from linmem.enclosure import Enclosure
from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.linalg.eigenvalue_bounds import spectral_radius

HARD = lm.feedback_chain(60, feedforward=0.95, feedback=0.2)
NETS = {
    "gaussian": lm.ginibre(12, rng=0),
    "feedback chain": lm.feedback_chain(20, feedforward=0.9, feedback=0.2),
    "coloured": lm.LinearNetwork(lm.ginibre(6, rng=1).recurrent, np.eye(6)[0], np.diag([0.5, 1, 2, 3, 0.2, 1.3])),
    "complex": lm.LinearNetwork(lm.ginibre(6, gain=0.8, rng=2).recurrent + 0.1j * np.eye(6), np.eye(6)[0]),
    "two inputs": lm.LinearNetwork(lm.ginibre(7, rng=3).recurrent, np.eye(7)[:, :2]),
    "ring": lm.ring(9, gain=0.99),
    "hidden chain": lm.in_random_basis(lm.chain(15, gain=1.2), rng=0),
}


def chain_in_rationals(gain, lags):
    """J(k) = 1 / sum_{m <= k} a^-2m of the stored gain, exactly."""
    power = Fraction(gain) ** 2
    return [1 / sum(power**-m for m in range(k + 1)) for k in range(lags)]


@pytest.mark.parametrize("gain", [1.02, 0.7, 2.0])
def test_a_chain_in_rationals(gain):
    found = certify(lm.fisher_memory_curve(lm.chain(12, gain=gain), 12), rtol=1e-15)
    exactly = chain_in_rationals(gain, 12)
    for k in range(12):
        assert Fraction(float(found.lower[k])) <= exactly[k] <= Fraction(float(found.upper[k]))
    assert Fraction(float(found.total.lower)) <= sum(exactly) <= Fraction(float(found.total.upper))
    assert found.relative_width < 1e-15


@pytest.mark.parametrize("kind", NETS)
def test_every_measure_in_double_precision_is_within_its_error_of_its_enclosure(kind):
    net = NETS[kind]
    curve = lm.fisher_memory_curve(net, 25)
    found = certify(curve)
    assert np.abs(curve.values - found.value).max() <= (curve.relative_error + 1e-12) * np.abs(curve.values).max()
    assert np.abs(curve.total - found.total.value).max() <= (curve.relative_error + 1e-12) * np.abs(curve.total).max()
    function = lm.memory_function(net, 10, snr=5.0, readout_noise=0.1)
    found = certify(function)
    assert np.abs(function.values - found.value).max() <= function.relative_error + 1e-12
    assert function.capacity == pytest.approx(found.total.value, rel=function.relative_error + 1e-12)
    for measure, arguments in [
        (lm.total_fisher_memory, {}),
        (lm.total_fisher_memory, {"horizon": 9}),
        (lm.spatial_fisher_memory, {}),
        (lm.noise_covariance, {"horizon": 4}),
        (lm.memory_capacity, {"snr": 3.0}),
        (lm.henrici_departure, {}),
        (lm.numerical_abscissa, {}),
        (lm.numerical_radius, {}),
    ]:
        proved = certify(measure, net, **arguments)
        value = np.asarray(measure(net, **arguments))
        assert np.abs(value - proved.value).max() <= 1e-8 * max(np.abs(value).max(), 1e-6)
        assert proved.relative_width < 1e-9 or np.abs(proved.value).max() < 1e-12
    growth = lm.transient_growth(net, 12)
    proved = certify(growth)
    assert np.all(np.abs(growth.norms - proved.value) <= growth.error + proved.error)


def test_continuous_time():
    net = lm.leaky_chain(6, weight=2)
    curve = lm.fisher_memory_curve(net, [0, 0.5, 2])
    assert np.allclose(certify(curve).value, curve.values, rtol=1e-9)
    assert curve.total in [certify(curve).total.value] or curve.total == pytest.approx(certify(curve).total.value)
    assert certify(net).value == pytest.approx(-1, abs=1e-9)
    assert certify(net).stable is True


def test_stability_that_double_precision_leaves_open_is_proved():
    """A chain of 60 units in a random basis: the stored matrix is stable, others within rounding of it are not."""
    net = lm.in_random_basis(lm.chain(60, gain=1.6), rng=0)
    assert spectral_radius(net.recurrent).stable is None
    assert net.radius.stable is True
    found = certify(net)
    assert found.stable is True
    assert found.within_rounding is False
    easy = certify(lm.ginibre(10, rng=0))
    assert (easy.stable, easy.within_rounding) == (True, True)
    wild = certify(lm.ginibre(10, gain=1.01, rng=0))
    assert (wild.stable, wild.within_rounding) == (False, True)
    edge = certify(lm.identity(3, gain=1.0))
    assert edge.stable is not True


def test_a_radius_by_its_closed_form():
    spectrum = 2 * np.sqrt(0.95 * 0.2) * np.cos(np.pi / 61)
    assert certify(HARD).value == pytest.approx(spectrum, rel=1e-14)


def test_an_enclosure_shuts_out_what_is_wrong():
    """The control: a relative error of 1e-9, and the textbook route on a hard chain."""
    curve = lm.fisher_memory_curve(HARD, 5)
    found = certify(curve)
    assert curve.values in found or np.abs(curve.values - found.value).max() < 1e-8
    assert curve.values * (1 + 1e-9) not in found
    assert found.value in found
    assert isinstance(found, Enclosure)


def test_a_result_that_was_refused_can_be_certified():
    with pytest.raises(lm.AccuracyError) as caught:
        lm.fisher_memory_curve(HARD, 5, rtol=1e-17)
    assert certify(caught.value.result).relative_width < 1e-12


# --- the proofs themselves ---


def test_a_factor_proves_positive_matrices_only():
    good = np.array([[2.0, 1.0], [1.0, 2.0]])
    assert factored(exact(good)) is not None
    assert factored(exact(good - 1.001 * np.eye(2))) is None
    assert factored(exact(np.array([[1.0, 1.0], [1.0, 1.0]]))) is None
    hilbert = np.array([[1.0 / (i + j + 1) for j in range(8)] for i in range(8)])
    assert factored(exact(hilbert)) is not None


@pytest.mark.parametrize("n", [4, 15])
def test_levels_above_the_numerical_radius_are_proved_and_levels_below_are_not(n):
    """A disc of radius cos(pi / (n + 1)), where eigenvalue methods meet a singular pencil; and a Gaussian matrix."""
    for W, radius in ((lm.chain(n).recurrent, np.cos(np.pi / (n + 1))), (lm.ginibre(n, rng=0).recurrent, None)):
        radius = lm.numerical_radius(W) if radius is None else radius
        assert prove_numerical_radius(W, radius * (1 + 1e-9), 256)
        assert not prove_numerical_radius(W, radius * (1 - 1e-9), 256)
    x = np.ones(n) / np.sqrt(n)
    assert float(rayleigh(lm.chain(n).recurrent, x)) <= (n - 1) / n


BAD = [
    (ArgumentError, lambda: certify(3.0), ["result is 3.0", "FisherMemoryCurve", "numerical_radius"]),
    (InvalidNetworkError, lambda: certify(lm.total_fisher_memory), ["network is None", "total_fisher_memory"]),
    (ArgumentError, lambda: certify(lm.chain(3), rtol=0), ["rtol is 0"]),
    (ArgumentError, lambda: certify(lm.commutator_norm, lm.chain(3)), ["commutator_norm"]),
    (InvalidNetworkError, lambda: certify(lm.LinearNetwork(np.zeros((2, 3, 3)))), ["stack"]),
    (InvalidNetworkError, lambda: certify(lm.LinearNetwork(np.eye(401) / 2)), ["401 units", "up to 400"]),
    (ArgumentError, lambda: certify(lm.memory_function(lm.chain(3), snr=np.inf)), ["finite snr"]),
    (
        ArgumentError,
        lambda: certify(lm.total_fisher_memory(lm.chain(3))),
        ["result is 1.8", "certify(lm.total_fisher_memory, net)"],
    ),
    (InvalidNetworkError, lambda: certify(lm.transient_growth(lm.lmu(3), 5)), ["discrete time"]),
]


@pytest.mark.parametrize(("kind", "call", "words"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_certified_is_said(kind, call, words):
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


def test_what_is_certified_is_logged_and_nothing_is_printed(caplog, capsys):
    with caplog.at_level("INFO", logger="linmem"):
        certify(lm.chain(3))
    assert "chain" in caplog.text and "3 units" in caplog.text
    assert capsys.readouterr() == ("", "")


def test_entries_beside_the_diagonal_stay_complex():
    W = np.exp(0.4j) * lm.ginibre(5, gain=0.8, rng=0).recurrent
    net = lm.LinearNetwork(W, np.ones(5))
    proved = certify(lm.fisher_memory_matrix, net, lags=3)
    assert np.abs(proved.value.imag).max() > 1e-3
    assert np.abs(lm.fisher_memory_matrix(net, 3) - proved.value).max() < 1e-12


def test_a_quadratic_form_in_the_precision_is_enclosed():
    """X* C^-1 X of white noise that one step leaves behind, C = I + W W*; and of all steps, the curve at lag 0."""
    W, X = np.array([[0.0, 0.5], [0.0, 0.0]]), np.eye(2)
    enclosed = enclose_precision_form(W, X, np.eye(2))
    assert np.all(np.abs(enclosed.values[0] - np.diag([0.8, 1.0])) <= enclosed.errors[0] + 1e-16)
    net = lm.ginibre(8, gain=0.9, rng=1)
    enclosed = enclose_precision_form(net.recurrent, net.columns(), np.eye(8), 5)
    first = enclose_fisher_memory_curve(net.recurrent, net.columns(), np.eye(8), 1, 5).values[0][0]
    assert np.abs(enclosed.values[0] - first).max() <= 1e-15 * np.abs(first).max()


def test_unstable_networks_have_no_certificate_of_memory():
    net = lm.ginibre(5, gain=1.2, rng=0)
    with pytest.raises(lm.AccuracyError):
        certify(lm.total_fisher_memory, net)
    assert certify(lm.total_fisher_memory, net, horizon=5).relative_width < 1e-12


def test_an_enclosure_may_be_inconclusive():
    with pytest.raises(InconclusiveError):
        enclose_fisher_memory_curve(HARD.recurrent, HARD.columns(), np.eye(60), 5, limit=64)


def rational(x) -> fmpq:
    """The double itself."""
    return fmpq(*float(x).as_integer_ratio())


def exact_memory(W, v, lags):
    """J(k) and their total, C and J^s in rationals, by a Kronecker solve."""
    n = len(W)
    A, w = fmpq_mat([[rational(x) for x in row] for row in W]), fmpq_mat([[rational(x)] for x in v])
    identity = fmpq_mat([[fmpq(i == j) for j in range(n)] for i in range(n)])

    def stein(A, Q):
        pairs = [(i, j) for i in range(n) for j in range(n)]
        kron = fmpq_mat([[fmpq(one == other) - A[one[0], other[0]] * A[one[1], other[1]] for other in pairs]
                         for one in pairs])  # fmt: skip
        flat = kron.solve(fmpq_mat([[Q[i, j]] for i, j in pairs]))
        return fmpq_mat([[flat[i * n + j, 0] for j in range(n)] for i in range(n)])

    C = stein(A, identity)
    precision = C.inv()
    spatial, values = stein(A.transpose(), precision), []
    total = (w.transpose() * spatial * w)[0, 0]
    for _ in range(lags):
        values.append((w.transpose() * precision * w)[0, 0])
        w = A * w
    return values, total, C.entries(), spatial.entries()


def test_no_enclosure_is_wrong():
    """10^4 numbers of some hundreds of networks, in rationals, lie inside; coarse ones, whose ends are near."""
    rng, checked = np.random.default_rng(8), 0
    while checked < 10_000:
        n = int(rng.integers(1, 4))
        W = rng.standard_normal((n, n)) * 10.0 ** rng.uniform(-3, 2, (n, n))
        if n > 1 and rng.random() < 0.3:
            W = np.triu(W)
        W *= rng.choice([0.3, 0.9, 0.999, 1 - 1e-9]) / np.abs(np.linalg.eigvals(W)).max()
        net = lm.LinearNetwork(W, rng.standard_normal(n))
        if not lm.certify(net).stable:
            continue
        values, total, C, spatial = exact_memory(W, net.feedforward, 12)
        curve = lm.certify(
            lm.FisherMemoryCurve(net, np.arange(12), np.zeros(12), np.zeros(12), 0.0, 0.0, ""), rtol=1e-6
        )
        covariance = lm.certify(lm.noise_covariance, net, rtol=1e-6)
        of_space = lm.certify(lm.spatial_fisher_memory, net, rtol=1e-6)
        pairs = [(values, curve), ([total], curve.total), (C, covariance), (spatial, of_space)]
        for numbers, enclosure in pairs:
            ends = np.ravel(enclosure.value), np.ravel(enclosure.error)
            for number, value, error in zip(numbers, *ends, strict=True):
                assert abs(number - rational(value)) <= rational(error), (W, net.feedforward)
                checked += 1


def test_an_enclosed_curve_is_at_the_times_themselves_and_not_at_sums_of_rounded_distances():
    """2.0 - 0.4 is no double: J at 2.0 after 0.4 must be J at 2.0 alone, and both lie in narrow enclosures.

    The oscillator turns so fast that J moves by many ulps while the time moves by one.
    """
    drift = np.array([[-1e-2, 300.0, 0], [-300.0, -2e-2, 1], [0, 0, -1]])
    times = np.array([0.0, 0.1, 0.4, 0.7, 2.0, 2.3])
    Q, V = np.diag([1.0, 0.01, 1.0]), np.array([[1.0], [0.5], [1.0]])
    together = enclose_fisher_memory_curve(drift, V, Q, times, None, True, rtol=1e-15)
    for k, time in enumerate(times):
        alone = enclose_fisher_memory_curve(drift, V, Q, np.array([time]), None, True, rtol=1e-15)
        distance = abs(together.values[0][k] - alone.values[0][0])
        assert (distance <= together.errors[0][k] + alone.errors[0][0]).all()
