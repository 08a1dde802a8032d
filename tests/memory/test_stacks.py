"""Many networks side by side in vector registers: each as if it were alone."""

import numpy as np
import pytest

import linmem as lm
from linmem.kernels import stacks


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9, 17])
@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("d", [1, 3])
def test_sizes_that_do_not_fill_the_registers(n, dtype, d):
    """Against the computation of one network, within the errors that both state; 11 members: a group and a part."""
    rng = np.random.default_rng(n)
    W = rng.standard_normal((11, n, n)).astype(dtype)
    W = W + 1j * rng.standard_normal(W.shape) if dtype is complex else W
    W *= (0.9 / np.abs(np.linalg.eigvals(W)).max(axis=1))[:, None, None]
    V = rng.standard_normal((11, n, d))
    found = lm.fisher_memory_curve(lm.LinearNetwork(W, V, 0.25), 7)
    assert found.method == "fast"
    for i in range(11):
        one = lm.fisher_memory_curve(lm.LinearNetwork(W[i], V[i], 0.25), 7)
        room = (found.relative_error[i] + one.relative_error) * np.abs(one.values).max()
        assert np.abs(found.values[i] - one.values).max() <= room
        assert np.abs(found.total[i] - one.total).max() <= room * np.abs(one.total).max() / np.abs(one.values).max()


def test_neighbours_change_no_bit():
    """One settles at once, one late, one not at all, one overflows: those beside them have the same bits as alone."""
    rng = np.random.default_rng(3)
    usual = lm.ginibre(6, gain=0.9, rng=3).recurrent
    others = [np.zeros((6, 6)), 0.999 * np.eye(6)[::-1], 1e-200 * usual, 0.1 * np.eye(6), 0.5 * np.eye(6, k=1)]
    v = rng.standard_normal(6)
    together = lm.fisher_memory_curve(lm.LinearNetwork(np.array([usual, *others, usual]), v), 5)
    alone = lm.fisher_memory_curve(lm.LinearNetwork(usual[None], v), 5)
    assert np.array_equal(together.values[0], alone.values[0])
    assert np.array_equal(together.values[-1], alone.values[0])
    assert together.total[0] == together.total[-1] == alone.total[0]
    # J(0) of W = 0 is |v|^2: each of two sums of six squares rounds by at most six half ulps, in any order
    assert together.values[1] == pytest.approx([v @ v, 0, 0, 0, 0], rel=12 * 2.0**-53)


def test_a_lane_that_overflows_harms_no_other():
    """The kernel itself: unstable members end as not reached, and the rest is what it is without them."""
    usual, v = lm.ginibre(6, gain=0.9, rng=3).recurrent, np.ones((6, 1))

    def ask(members):
        W = np.array(members)
        values, totals, errors = np.zeros((len(W), 5, 1, 1)), np.zeros((len(W), 1, 1)), np.full(len(W), np.inf)
        stacks.curves(W, np.array([v] * len(W)), values, totals, errors)
        return values, totals, errors

    values, totals, errors = ask([usual, 1.5 * np.eye(6), 1e200 * usual, np.eye(6), usual])
    only, total, error = ask([usual])
    assert np.isinf(errors[1:4]).all()
    assert np.array_equal(values[[0, 4]], [only[0]] * 2)
    assert np.array_equal(totals[[0, 4]], [total[0]] * 2)
    assert np.array_equal(errors[[0, 4]], [error[0]] * 2)
