"""The type of a result forgets no operand: real weights with Hermitian noise are as complex as complex weights are."""

import itertools
import warnings

import numpy as np
import pytest

import linmem as lm
from linmem.linalg.stein import accumulate

MEASURES = {
    "curve": lambda net: lm.fisher_memory_curve(net, 4).values,
    "curve over a horizon": lambda net: lm.fisher_memory_curve(net, 4, horizon=6).values,
    "total": lm.total_fisher_memory,
    "matrix": lambda net: lm.fisher_memory_matrix(net, 3),
    "memory function": lambda net: lm.memory_function(net, 4, snr=1.0).values,
    "readout noise": lambda net: lm.memory_function(net, 4, snr=1.0, readout_noise=0.5).values,
    "snr": lambda net: lm.snr_curve(net, 3, snr=2.0),
    "nuisance": lambda net: lm.nuisance_information(net, 2),
}
KINDS = list(itertools.product([float, complex], [float, complex], [float, complex], [0, 2]))


def _parts(w_type, v_type, q_type, d, stack=()):
    rng = np.random.default_rng(12)

    def drawn(shape, dtype):
        real = rng.standard_normal(shape)
        return real + 1j * rng.standard_normal(shape) if dtype is complex else real

    W = drawn((*stack, 6, 6), w_type) / 5
    V = drawn((*stack, 6, d) if d else (*stack, 6), v_type)
    X = drawn((6, 6), q_type)
    return W, V, X @ X.conj().T / 6 + np.eye(6)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize(("w_type", "v_type", "q_type", "d"), KINDS)
def test_phases_of_the_units_change_nothing(name, w_type, v_type, q_type, d):
    """Against D W D*, D V, D Q D* for a diagonal unitary D, where all is complex: both errors are below 1e-8."""
    W, V, Q = _parts(w_type, v_type, q_type, d)
    D = np.exp(1j * np.arange(6.0))
    turned = D[:, None] * W * D.conj(), (V.T * D).T, D[:, None] * Q * D.conj()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = MEASURES[name](lm.LinearNetwork(W, V, Q))
        expected = MEASURES[name](lm.LinearNetwork(*turned))
    assert np.shape(found) == np.shape(expected)
    assert np.abs(found - expected).max() <= 2e-8 * np.abs(expected).max()


@pytest.mark.parametrize("continuous", [False, True])
@pytest.mark.parametrize(("w_type", "v_type", "q_type", "d"), KINDS)
def test_a_member_is_as_it_is_alone(w_type, v_type, q_type, d, continuous):
    """Values and type; the two differ by at most the errors that both accept, 1e-8."""
    W, V, Q = _parts(w_type, v_type, q_type, d, stack=(2,))
    kind = lm.ContinuousNetwork if continuous else lm.LinearNetwork
    W, lags = (W - 3 * np.eye(6), [0.0, 0.7]) if continuous else (W, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stack = lm.fisher_memory_curve(kind(W, V, Q), lags)
        alone = [lm.fisher_memory_curve(kind(W[i], V[i], Q), lags) for i in range(2)]
    expected = np.array([curve.values for curve in alone])
    assert stack.values.dtype == expected.dtype
    assert np.abs(stack.values - expected).max() <= 2e-8 * np.abs(expected).max()
    totals = np.array([curve.total for curve in alone])
    assert np.abs(stack.total - totals).max() <= 2e-8 * np.abs(totals).max()


def test_the_series_keeps_imaginary_parts_of_the_noise():
    """sum_k A^k Q A^k* where A is real and large enough for half precision in the last doublings: the residual."""
    rng = np.random.default_rng(3)
    A = 0.9 * np.linalg.qr(rng.standard_normal((80, 80)))[0]
    X = rng.standard_normal((80, 80)) + 1j * rng.standard_normal((80, 80))
    Q = X @ X.conj().T / 80 + np.eye(80)
    C, _ = accumulate(A, Q)
    # products of 80 units round by less than 80 ulps of ||C||
    assert np.abs(C - A @ C @ A.T - Q).max() < 80 * 2.0**-52 * np.linalg.norm(C, 2)
