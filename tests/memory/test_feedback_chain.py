"""The chain with feedback, where memory is extensive and textbook numerics fail: claims D1 to D5, P1."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm


def network(n, a, b):
    return lm.feedback_chain(n, feedforward=a, feedback=b)


def total(n, a, b):
    return lm.total_fisher_memory(network(n, a, b))


@pytest.mark.parametrize("n", [2, 3, 20, 100])
@pytest.mark.parametrize(("a", "b"), [(0.9, 0.2), (0.99, 0.04), (3, 0.05), (0.95, 0.2)])
def test_d1_radius(n, a, b):
    """2 sqrt(a b) cos(pi / (n + 1)), to rounding: eigenvalues of W as it stands are wrong by percents at n = 100."""
    radius = network(n, a, b).radius
    assert radius.value == pytest.approx(2 * np.sqrt(a * b) * np.cos(np.pi / (n + 1)), rel=n * 1e-15)
    assert radius.lower <= radius.value <= radius.upper
    assert radius.stable is True


def test_d1_plain_eigenvalues_are_wrong():
    """Negative control, and the reason for all this."""
    net = network(100, 3, 0.05)
    assert np.abs(np.linalg.eigvals(net.recurrent)).max() > 1.05 * net.radius.value


def test_d1_the_edge_of_stability():
    """Stable for every n if a b < 1/4; just beyond, for short chains only."""
    b = 0.2505
    cosine = 1 / (2 * np.sqrt(b))
    longest = int(np.pi / np.arccos(cosine) - 1)  # cos(pi / (n + 1)) < 1 / (2 sqrt(a b))
    assert network(longest, 1, b).radius.stable is True
    assert network(longest + 1, 1, b).radius.stable is False
    with pytest.raises(lm.UnstableNetworkError, match="radius 1"):
        total(longest + 1, 1, b)


@pytest.mark.parametrize("n", [2, 9, 30])
def test_d1_negative_feedback_oscillates(n):
    """Negative control: a b < 0 has the spectrum 2 i sqrt|a b| cos: the same radius."""
    radius = network(n, 0.9, -0.2).radius
    expected = 2 * np.sqrt(0.18) * np.cos(np.pi / (n + 1))
    assert radius.lower <= expected * (1 + 1e-14)
    assert radius.upper >= expected * (1 - 1e-14)
    assert radius.value == pytest.approx(expected, rel=1e-6)  # these eigenvalues are not symmetrised


@pytest.mark.parametrize(
    ("a", "b", "slope"), [(0.9, 0.2, 0.0527), (0.95, 0.2, 0.0957), (0.9, 0.12, 0.0058), (0.99, 0.05, 0.0238)]
)
def test_d2_extensive_for_a_plus_b_above_one(a, b, slope):
    """GHS p. 18973: every further unit adds the same. The slopes come from enclosures of N = 100 and 150."""
    short, middle, long = total(60, a, b), total(80, a, b), total(100, a, b)
    assert (long - middle) / 20 == pytest.approx(slope, rel=0.1)
    assert (long - middle) == pytest.approx(middle - short, rel=0.15)


def test_d2_saturates_for_a_plus_b_below_one():
    """||W|| <= a + b < 1, so that J_tot <= 1 / (1 - (a + b)^2)."""
    totals = [total(n, 0.9, 0.08) for n in (25, 50, 100, 150)]
    assert totals[-1] == pytest.approx(2.587, abs=5e-4)
    assert totals[-1] - totals[-2] < 1e-3
    assert np.all(np.array(totals) <= 1 / (1 - 0.98**2))


def test_d2_needs_the_input_at_the_source():
    """Negative control: weights exchanged, which is the input at the sink; and equal ones, which are normal.

    The three totals are those of enclosures.
    """
    totals = [total(n, 0.2, 0.9) for n in (25, 50, 100)]
    assert totals == pytest.approx([0.0707, 0.0219, 0.0028], abs=5e-5)
    assert total(50, 0.45, 0.45) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(("n", "best", "source"), [(50, 7.63, 4.79), (100, 14.33, 7.44)])
def test_d3_the_source_is_not_the_best_input(n, best, source):
    """By a factor of nearly two at (.9, .2), where OP's statement for b = 0 would have it optimal."""
    net = network(n, 0.9, 0.2)
    optimal = replace(net, feedforward=lm.optimal_input(net))
    assert lm.total_fisher_memory(optimal) == pytest.approx(best, abs=0.005)
    assert lm.total_fisher_memory(net) == pytest.approx(source, abs=0.005)


@pytest.mark.parametrize("a", [0.9, 0.95])
def test_d3_parity(a):
    """P W P = -W for P = diag((-1)^i): J^s commutes with P, and the best input lives on every other unit."""
    net = network(50, a, 0.2)
    J = lm.spatial_fisher_memory(net, rtol=1e-10)
    odd = np.add.outer(np.arange(net.size), np.arange(net.size)) % 2 == 1
    assert np.abs(J[odd]).max() <= 1e-10 * J.max()  # as promised
    v = np.abs(lm.optimal_input(net, rtol=1e-10))
    assert v[1::2].max() < 1e-6  # eigenvectors turn by error / gap, and the gap to the other parity is small
    assert v[:3:2].min() > 0.5


@pytest.mark.parametrize(("a", "b", "share"), [(0.9, 0.2, 0.34), (0.95, 0.2, 0.39)])
def test_d4_memory_outlives_the_units(a, b, share):
    """A third of it is of inputs more than N steps ago; of a delay line, nothing."""
    found = lm.fisher_memory_curve(network(100, a, b), 100)
    assert 1 - found.values.sum() / found.total == pytest.approx(share, abs=0.005)
    line = lm.fisher_memory_curve(lm.chain(100, gain=a), 100)
    assert line.values.sum() == pytest.approx(line.total, rel=1e-13)


@pytest.mark.parametrize(("a", "b", "expected"), [(0.9, 0.2, 7.44038060), (0.95, 0.2, 11.7018452)])
def test_p1_published_accuracy(a, b, expected):
    """To all digits of a 600-bit computation in ball arithmetic."""
    assert total(100, a, b) == pytest.approx(expected, rel=5e-9)


def test_p1_textbook_numerics_fail():
    """Negative control, D5: SciPy's Stein solver and an inverse, at cond(C) = 1e20."""
    net = network(100, 0.95, 0.2)
    C = sl.solve_discrete_lyapunov(net.recurrent, np.eye(100))
    J = sl.solve_discrete_lyapunov(net.recurrent.T, np.linalg.inv(C))
    textbook = net.feedforward @ J @ net.feedforward
    assert not 0 < textbook < 100 or abs(np.trace(J) - 100) > 1
    assert abs(textbook - 11.7018452) > 1


@pytest.mark.parametrize(("n", "a", "condition"), [(50, 0.9, 5e6), (100, 0.9, 4e13), (100, 0.95, 1.4e20)])
def test_d5_condition(n, a, condition):
    """C >= I, with eigenvalues near one: cond(C) is nearly ||C||, and known although no inverse of C is."""
    C = lm.noise_covariance(network(n, a, 0.2))
    assert np.linalg.norm(C, 2) == pytest.approx(condition, rel=0.2)  # one digit is given
