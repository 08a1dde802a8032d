"""What the last bit of the weights decides: gradients against arithmetic of 90 digits, closed forms, and balls."""

from dataclasses import replace

import numpy as np
import pytest
from flint import arb, arb_mat, ctx

import linmem as lm
from linmem.errors import ArgumentError, InvalidNetworkError, UnstableNetworkError
from linmem.gramian.enclosure import EnclosedGramian
from linmem.gramian.request import Request
from linmem.memory.sensitivity import ROUNDING, RTOL, _presented

KNOWN = 0.01  # what the docstring promises, of itself or of 1


def exact(W, V, Q, lags):
    """J_tot and J(k), traces over inputs, by a Kronecker solve in balls of 90 digits; W real."""
    n = W.nrows()
    rows = W.tolist()
    lifted = [[rows[i][k] * rows[j][m] for k in range(n) for m in range(n)] for i in range(n) for j in range(n)]
    resolvent = (arb_mat(np.eye(n * n).tolist()) - arb_mat(lifted)).inv()

    def stein(R):
        return arb_mat(n, n, (resolvent * arb_mat(n * n, 1, R.entries())).entries())

    precision = stein(Q).inv()
    values, w = [], V
    for _ in range(lags):
        values.append((w.transpose() * precision * w).trace())
        w = W * w
    return [(precision * stein(V * V.transpose())).trace(), *values]


def in_balls(net, lags):
    """The sensitivity in ball arithmetic, whatever the network."""
    request = Request(net, net.columns(), lags, rtol=RTOL)
    return _presented(net, EnclosedGramian().rounding_sensitivity(request))


def conditions(net, lags):
    """sum |G_ij W_ij| / J of the total and over J(0) of each lag, by central differences in 90 digits."""
    with ctx.workprec(300):
        noise = net.noise if net.noise_is_matrix else net.noise * np.eye(net.size)
        W, V, Q = (arb_mat(np.array(one, float).tolist()) for one in (net.recurrent, net.columns(), noise))
        middle, step = exact(W, V, Q, lags), arb(10) ** -15
        moved = [arb(0)] * (1 + lags)
        for i in range(net.size):
            for j in range(net.size):
                if W[i, j] == 0:
                    continue
                up, down = W * 1, W * 1
                up[i, j] *= 1 + step
                down[i, j] *= 1 - step
                pairs = zip(exact(up, V, Q, lags), exact(down, V, Q, lags), strict=True)
                moved = [m + abs(a - b) / (2 * step) for m, (a, b) in zip(moved, pairs, strict=True)]
        quotients = [m / one for m, one in zip(moved, [middle[0], *[middle[1]] * lags], strict=True)]
        assert all(quotient.rad() < 1e-20 for quotient in quotients)
        return np.array([float(quotient) for quotient in quotients])


NETWORKS = {
    "general": lambda: lm.ginibre(4, gain=0.9, rng=1),
    "near the edge": lambda: lm.ginibre(3, gain=1 - 1e-6, rng=2),
    "feedback": lambda: lm.feedback_chain(5, feedforward=0.9, feedback=0.2),
    "coloured noise": lambda: replace(lm.ginibre(3, gain=0.8, rng=3), noise=[[2, 0.5, 0], [0.5, 1, 0], [0, 0, 0.1]]),
    "two inputs": lambda: replace(lm.ginibre(4, gain=0.7, rng=4), feedforward=np.arange(8.0).reshape(4, 2) - 2),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_what_perturbed_networks_say(name):
    net = NETWORKS[name]()
    found, expected = lm.rounding_sensitivity(net, lags=3), conditions(net, 3) * ROUNDING
    assert found.total == pytest.approx(expected[0], rel=KNOWN, abs=KNOWN * ROUNDING)
    assert found.values == pytest.approx(expected[1:], rel=KNOWN, abs=KNOWN * ROUNDING)


@pytest.mark.parametrize("name", NETWORKS)
def test_doubles_and_balls_agree(name):
    net = NETWORKS[name]()
    found, enclosed = lm.rounding_sensitivity(net, lags=4), in_balls(net, 4)
    assert found.method in ("fast", "square-root")
    assert found.total == pytest.approx(enclosed.total, rel=2 * KNOWN, abs=2 * KNOWN * ROUNDING)
    assert found.values == pytest.approx(enclosed.values, rel=2 * KNOWN, abs=2 * KNOWN * ROUNDING)


@pytest.mark.parametrize("w", [0.5, -0.9, 0.999999])
def test_of_one_unit(w):
    """J(k) = v^2 (1 - w^2) w^2k changes by 2 k - 2 w^2 / (1 - w^2) times w^2k of J(0); J_tot = v^2 not at all."""
    found = lm.rounding_sensitivity(lm.LinearNetwork([[w]], [3.0]), lags=5)
    k = np.arange(5)
    expected = np.abs(2 * k - 2 * w**2 / (1 - w**2)) * w ** (2 * k)
    assert found.values / ROUNDING == pytest.approx(expected, rel=KNOWN, abs=KNOWN)
    assert found.condition == pytest.approx(0, abs=KNOWN)


def test_no_rounding_does_more():
    """Of 20 networks that round to the stored one, proved totals move by no more, and by a fair part of it."""
    net = lm.ginibre(12, gain=1 - 1e-5, rng=5)
    bound, rng = lm.rounding_sensitivity(net).total, np.random.default_rng(6)
    here, moved = lm.certify(lm.total_fisher_memory, net).value, []
    grown = 1e6  # the change, which is linear, above what the doubles of an enclosure can tell
    for _ in range(20):
        W = net.recurrent * (1 + ROUNDING * grown * rng.choice([-1, 1], net.recurrent.shape))
        moved.append(abs(lm.certify(lm.total_fisher_memory, replace(net, recurrent=W)).value / here - 1) / grown)
    assert max(moved) <= 1.05 * bound
    assert max(moved) >= 0.05 * bound


@pytest.mark.slow
def test_memory_of_a_hidden_chain_survives_the_rounding_that_its_eigenvalues_do_not():
    """All eigenvalues of the chain are 0; stored in a random basis it has a radius of 0.8 and the same memory."""
    chain = lm.chain(100, gain=1.2)
    hidden = lm.in_random_basis(chain, rng=0)
    found = lm.rounding_sensitivity(hidden)
    assert found.method == "balls"
    assert found.total < 1e-14
    assert lm.certify(hidden).lower > 0.5
    assert lm.total_fisher_memory(hidden) == pytest.approx(lm.total_fisher_memory(chain), rel=1e-13)


def test_complex_and_continuous_networks():
    """By doubles and by balls; and where the total does not depend on the weight at all."""
    W = lm.ginibre(4, gain=0.5, rng=7).recurrent + 0.3j * np.eye(4)
    net = lm.LinearNetwork(W, np.ones(4))
    assert lm.rounding_sensitivity(net, 2).total == pytest.approx(in_balls(net, 0).total, rel=2 * KNOWN)
    # A = -a: J(t) = 2 a v^2 e^(-2 a t), the total is v^2, whatever a is
    assert lm.rounding_sensitivity(lm.ContinuousNetwork([[-2.0]], [1.0])).condition == pytest.approx(0, abs=KNOWN)


def test_curves_say_it():
    net = lm.ginibre(6, gain=0.9, rng=8)
    assert lm.fisher_memory_curve(net).rounding_sensitivity == lm.rounding_sensitivity(net).total
    with pytest.raises(ArgumentError, match="horizon is 9"):
        lm.fisher_memory_curve(net, horizon=9).rounding_sensitivity  # noqa: B018


def test_bad_input():
    with pytest.raises(UnstableNetworkError):
        lm.rounding_sensitivity(lm.LinearNetwork([[1.5]], [1.0]))
    with pytest.raises(InvalidNetworkError, match="a stack"):
        lm.rounding_sensitivity(lm.LinearNetwork(np.zeros((3, 2, 2)), np.ones(2)))
    with pytest.raises(ArgumentError, match="continuous time; take lags=0"):
        lm.rounding_sensitivity(lm.ContinuousNetwork([[-1.0]], [1.0]), lags=2)
