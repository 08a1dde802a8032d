"""Exact memory against the numerical one, and against the equations that define it."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import linmem as lm
from linmem.errors import ArgumentError, InvalidNetworkError, UnstableNetworkError
from linmem.symbolic import exact, series
from linmem.symbolic.formulas import feedback_weights
from linmem.symbolic.words import letters, reduced

RTOL = 1e-11  # of double precision, on matrices of condition below 1e3
a, b = sp.symbols("a b", positive=True)


def rational(n, seed, *, kind="real", below=4):
    """A random matrix of eighths, whose rows sum to less than `below`/4 in modulus: a contraction if 4."""
    rng = np.random.default_rng(seed)
    entry = lambda: sp.Rational(int(rng.integers(-7, 8)), 8 * n)  # noqa: E731
    if kind == "complex":
        return sp.Matrix(n, n, lambda i, j: entry() + sp.I * entry()) * sp.Rational(below, 8)
    return sp.Matrix(n, n, lambda i, j: entry()) * sp.Rational(below, 4)


def numbers(matrix):
    array = np.array(matrix.evalf(20).tolist(), dtype=complex)
    return array.real if not np.any(array.imag) else array


CASES = [("real", 1), ("real", 2), ("real", 3), ("real", 4), ("complex", 2), ("complex", 3)]


@pytest.mark.parametrize(("kind", "n"), CASES)
def test_memory_at_rest_is_the_numerical_one(kind, n):
    W, v = rational(n, n, kind=kind), sp.Matrix([sp.Rational(i + 1, 3) for i in range(n)])
    net = lm.LinearNetwork(numbers(W), numbers(v)[:, 0])
    np.testing.assert_allclose(numbers(exact.noise_covariance(W)), lm.noise_covariance(net), rtol=RTOL, atol=RTOL)
    np.testing.assert_allclose(
        numbers(exact.spatial_fisher_memory(W)), lm.spatial_fisher_memory(net), rtol=RTOL, atol=RTOL
    )
    np.testing.assert_allclose(complex(exact.total_fisher_memory(W, v)), lm.total_fisher_memory(net), rtol=RTOL)
    np.testing.assert_allclose(
        numbers(exact.fisher_memory_matrix(W, v, 3)), lm.fisher_memory_matrix(net, 3), rtol=RTOL, atol=RTOL
    )
    curve = [complex(exact.fisher_memory_at_lag(W, v, k)).real for k in range(3)]
    np.testing.assert_allclose(curve, lm.fisher_memory_curve(net, 3).values, rtol=RTOL)


@pytest.mark.parametrize(("kind", "n"), CASES)
def test_a_horizon_needs_no_stability(kind, n):
    W, v = rational(n, 10 + n, kind=kind, below=12), sp.ones(n, 1)
    net = lm.LinearNetwork(numbers(W), np.ones(n))
    for horizon in (1, 4):
        S = exact.spatial_fisher_memory(W, horizon=horizon)
        assert sp.simplify(S.trace()) == n
        np.testing.assert_allclose(numbers(S), lm.spatial_fisher_memory(net, horizon=horizon), rtol=RTOL, atol=RTOL)
        total = complex(exact.total_fisher_memory(W, v, horizon=horizon)).real
        np.testing.assert_allclose(total, lm.total_fisher_memory(net, horizon=horizon), rtol=RTOL)


def test_coloured_noise():
    W, Q = rational(3, 30), sp.Matrix([[2, 1, 0], [1, 3, 0], [0, 0, 1]])
    net = replace(lm.LinearNetwork(numbers(W), np.ones(3)), noise=numbers(Q))
    np.testing.assert_allclose(numbers(exact.noise_covariance(W, noise=Q)), lm.noise_covariance(net), rtol=RTOL)
    S = exact.spatial_fisher_memory(W, noise=Q)
    assert (Q * S).trace() == 3 != S.trace()
    np.testing.assert_allclose(numbers(S), lm.spatial_fisher_memory(net), rtol=RTOL, atol=RTOL)


def test_continuous_time():
    A, v = rational(3, 40) - sp.eye(3), sp.Matrix([1, 0, 0])
    net = lm.ContinuousNetwork(numbers(A), numbers(v)[:, 0])
    S = exact.spatial_fisher_memory(A, continuous=True)
    assert S.trace() == 3
    np.testing.assert_allclose(numbers(S), lm.spatial_fisher_memory(net), rtol=RTOL, atol=RTOL)
    total = exact.total_fisher_memory(A, v, continuous=True)
    np.testing.assert_allclose(float(total), lm.total_fisher_memory(net), rtol=RTOL)


def test_one_leaky_unit_remembers_at_a_rate():
    g, t = sp.symbols("g t", positive=True)
    found = exact.fisher_memory_at_lag([[-g]], [1], t, continuous=True)
    assert sp.simplify(found - 2 * g * sp.exp(-2 * g * t)) == 0


@pytest.mark.parametrize("n", [2, 3, 4])
def test_symbols_solve_their_equations(n):
    W = feedback_weights(n)
    C, S = exact.noise_covariance(W), exact.spatial_fisher_memory(W)
    assert (W * C * W.T + sp.eye(n) - C).applyfunc(sp.cancel) == sp.zeros(n, n)
    assert (C * (S - W.T * S * W)).applyfunc(sp.cancel) == sp.eye(n)
    assert sp.cancel(S.trace()) == n


def test_a_general_matrix_of_two_units():
    W = sp.Matrix(2, 2, sp.symbols("w_:4", real=True))
    assert sp.cancel(exact.spatial_fisher_memory(W).trace()) == 2


def test_a_symbol_that_may_be_complex():
    z = sp.Symbol("z")
    assert sp.simplify(exact.noise_covariance([[z]])[0] - 1 / (1 - z * sp.conjugate(z))) == 0


@pytest.mark.parametrize(
    ("matrix", "keywords", "error", "message"),
    [
        ([[0.5]], {}, InvalidNetworkError, "a float"),
        ([[1, 2]], {}, InvalidNetworkError, "must be square"),
        ([[1, 2], [3]], {}, InvalidNetworkError, "rows of equal length"),
        ([[sp.oo]], {}, InvalidNetworkError, "not finite"),
        ([], {}, InvalidNetworkError, "at least one unit"),
        ([[1]], {}, InvalidNetworkError, "pass horizon=n"),
        ([[0, 1], [-1, 0]], {}, InvalidNetworkError, "pass horizon=n"),
        ([[2]], {}, UnstableNetworkError, "spectral radius 2.0000"),
        ([[1]], {"continuous": True}, UnstableNetworkError, "spectral abscissa 1.0000"),
        ([[0]], {"continuous": True}, InvalidNetworkError, "drift has two eigenvalues"),
        ([[0]], {"horizon": 0}, ArgumentError, "horizon is 0"),
        ([[0]], {"horizon": 2, "continuous": True}, ArgumentError, "horizon counts steps"),
        ([[0]], {"noise": [[1, 2], [0, 1]]}, InvalidNetworkError, "symmetric covariance"),
    ],
)
def test_bad_input_is_refused(matrix, keywords, error, message):
    with pytest.raises(error, match=message):
        exact.spatial_fisher_memory(matrix, **keywords)


def test_bad_feedforward_is_refused():
    with pytest.raises(InvalidNetworkError, match="must hold 2 weights"):
        exact.total_fisher_memory([[0, 0], [1, 0]], [1, 0, 0])
    with pytest.raises(ArgumentError, match="lag is -1"):
        exact.fisher_memory_at_lag([[0]], [1], -1)


@pytest.mark.parametrize("order", [2, 4, 6])
def test_small_gain_series_is_that_of_the_closed_form(order):
    """Of an exact 2 x 2 matrix g M, expanded in g entry by entry."""
    g = sp.Symbol("g", positive=True)
    M = sp.Matrix([[1, 2], [0, -1]])
    values = {"M": M, "M'": M.T}
    expected = exact.spatial_fisher_memory(g * M).applyfunc(lambda entry: sp.series(entry, g, 0, order + 1).removeO())
    found = sp.zeros(2, 2)
    for term in sp.Add.make_args(series.small_gain_series(order)):
        scalars, letters_ = term.args_cnc()
        product = sp.eye(2)
        for letter in letters_:
            base, power = letter.as_base_exp()
            product = product * values[base.name] ** power
        found += sp.Mul(*scalars) * product
    assert (found - expected).applyfunc(sp.expand) == sp.zeros(2, 2)


def test_small_gain_flow_series_begins_with_the_commutator():
    g, c = sp.symbols("g c", positive=True)
    M, Ms = letters("M")
    expected = 1 + g**2 / (4 * c**2) * (Ms * M - M * Ms)
    assert reduced(series.small_gain_flow_series(2) - expected) == 0
