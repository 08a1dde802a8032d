"""Closed forms: against high precision near their singular points, and against the measures of the package."""

import numpy as np
import pytest
import sympy as sp

import linmem as lm
from linmem.errors import ArgumentError
from linmem.symbolic.formulas import closed_form, closed_forms

GAINS = [0.3, 0.9, 0.99, 1 - 1e-9, 1.0, 1 + 1e-12, 1.02, 1.5, 3.0]
RTOL = 1e-12  # a few hundred ulp: sums of up to 50 terms, powers of up to 100


def precisely(form, values):
    """The formula, not the way in which numbers are computed, at the exact values of the doubles, to 30 digits."""
    found = form.at(**{name: sp.Rational(value) for name, value in values.items()})
    entries = found if isinstance(found, sp.MatrixBase) else [found]
    return np.array([float(sp.N(entry, 30, maxn=2000)) for entry in entries]).reshape(getattr(found, "shape", ()))


POINTS = {
    "two_units_spatial_memory": [
        {"p": p, "r": r, "q": q} for p in (-0.9, 0.0, 0.5) for r in (0.0, 3.0) for q in (0.5, 0.99)
    ],
    "two_units_largest_total": [{"p": p, "r": r, "q": 0.5} for p in (-0.9, 0.0, 0.5) for r in (-2.0, 0.0, 3.0)],
    "orthogonal_curve": [{"g": g, "k": k} for g in (0.3, 0.99) for k in (0, 1, 50)],
    "orthogonal_curve_of_horizon": [{"g": g, "k": k, "n": 40} for g in GAINS for k in (0, 7, 39)],
    "ring_curve": [{"a": a, "k": k} for a in (0.3, 0.99) for k in (0, 1, 50)],
    "edge_curve": [{"x": x, "k": k} for x in (0.0, 0.5, 2.0) for k in (0, 1, 100)],
    "semicircle_curve": [{"g": g, "k": k} for g in (0.3, 0.99, 1 - 1e-12, 1.0) for k in (0, 1, 60, 900)],
    "lattice_curve": [{"g": g, "k": k} for g in (0.3, 0.99, 1 - 1e-12, 1.0) for k in (0, 1, 60, 900)],
    "disc_curve": [{"k": k} for k in (0, 1, 1000)],
    "normal_envelope": [{"k": k} for k in (0, 1, 2, 1000)],
    "chain_curve": [{"a": a, "k": k} for a in GAINS for k in (0, 1, 20, 99)],
    "chain_total": [{"a": a, "N": n} for a in GAINS for n in (1, 2, 30)],
    "chain_spatial_memory": [{"a": a, "j": j, "N": 20} for a in GAINS for j in (1, 7, 20)],
    "delay_line_curve": [{"a_1": 0.5, "a_2": 2.0, "a_3": a} for a in GAINS],
    "fan_out_curve": [{"k": k} for k in (0, 1, 117, 500)],
    "fan_out_total": [{"N": n} for n in (1, 2, 40)],
    "feedback_chain_eigenvalue": [{"a": 0.9, "b": 0.2, "j": j, "N": 9} for j in (1, 4, 9)],
    "feedback_chain_curve": [{"a": a, "b": b} for a in (0.3, 1.0) for b in (0.04, 0.2)],
    "feedback_chain_total": [{"a": a, "b": b} for a in (0.3, 1.0) for b in (0.04, 0.2)],
    "feedback_chain_departure": [{"a": a, "b": 0.2, "N": n} for a in (0.1, 0.2, 0.9) for n in (1, 2, 100)],
    "ring_memory_function": [{"a": a, "k": k, "N": 7, "x": 20.0} for a in (0.3, 0.99) for k in (0, 3, 7, 60)],
    "two_modes_total": [{"x": x, "f": f} for x in (0.0, 2.0) for f in (0.1, 1e6)],
    "balanced_amplification_total": [{"f": f, "b": b} for f in (0.5, 30.0) for b in (1.0, 1.1)],
    "integrator_response": [{"N": n, "t": t} for n in (1, 5, 80) for t in (0.0, 3.5, 70.0)],
}


def test_every_formula_is_tested():
    assert set(POINTS) == set(closed_forms())


@pytest.mark.parametrize("name", POINTS)
def test_numbers_are_those_of_the_formula(name):
    form = closed_form(name)
    for values in POINTS[name]:
        np.testing.assert_allclose(form(**values), precisely(form, values), rtol=RTOL, atol=1e-300, err_msg=str(values))


def test_the_formula_itself_cancels_near_a_gain_of_one():
    """Negative control: what the numbers would be without the stable way."""
    form = closed_form("chain_curve")
    naive = sp.lambdify(form.parameters, form.general, "numpy")
    gains = 1 + np.geomspace(1e-10, 1e-6, 30)
    exact = [float(sp.N(form.at(a=sp.Rational(gain), k=20), 30, maxn=2000)) for gain in gains]
    assert np.abs(naive(gains, 20) / exact - 1).max() > 1e-9
    assert np.abs(form(gains, 20) / exact - 1).max() < 1e-14
    with np.errstate(invalid="ignore"):
        assert np.isnan(naive(np.ones(1), 20)).all()


@pytest.mark.parametrize("gain", GAINS)
def test_chains_are_the_numerical_ones(gain):
    net = lm.chain(20, gain=gain)
    curve = lm.fisher_memory_curve(net, 20)
    np.testing.assert_allclose(closed_form("chain_curve")(gain, np.arange(20)), curve.values, rtol=RTOL)
    np.testing.assert_allclose(closed_form("chain_total")(gain, 20), curve.total, rtol=RTOL)
    diagonal = closed_form("chain_spatial_memory")(gain, np.arange(1, 21), 20)
    np.testing.assert_allclose(diagonal, np.diag(lm.spatial_fisher_memory(net)), rtol=RTOL)


@pytest.mark.parametrize("gain", [0.3, 0.9, 1.0, 1.2])
def test_rotations_over_a_horizon_are_the_numerical_ones(gain):
    net = lm.random_orthogonal(6, gain=gain, rng=1)
    curve = lm.fisher_memory_curve(net, 12, horizon=12)
    np.testing.assert_allclose(
        closed_form("orthogonal_curve_of_horizon")(gain, np.arange(12), 12), curve.values, rtol=1e-10
    )


@pytest.mark.parametrize("gain", [0.3, 0.9, 0.999])
def test_rotations_and_rings_are_the_numerical_ones(gain):
    lags = np.arange(30)
    for name, net in (
        ("orthogonal_curve", lm.random_orthogonal(6, gain=gain, rng=1)),
        ("ring_curve", lm.ring(6, gain=gain)),
    ):
        np.testing.assert_allclose(
            closed_form(name)(gain, lags), lm.fisher_memory_curve(net, 30).values, rtol=1e-9, atol=1e-14
        )  # J(0) is about 1
    signal = closed_form("ring_memory_function")(gain, lags, 6, 20)
    np.testing.assert_allclose(
        signal, lm.memory_function(lm.ring(6, gain=gain), 30, snr=20).values, rtol=1e-9, atol=1e-14
    )


@pytest.mark.parametrize("units", [2, 3, 4, 5])
@pytest.mark.parametrize(("a", "b"), [(0.99, 0.04), (0.9, 0.2), (1.2, 0.05)])
def test_feedback_chains_are_the_numerical_ones(units, a, b):
    net = lm.feedback_chain(units, feedforward=a, feedback=b)
    curve = lm.fisher_memory_curve(net, 3)
    np.testing.assert_allclose(closed_form("feedback_chain_total", units=units)(a, b), curve.total, rtol=1e-10)
    lagged = (
        [closed_form("feedback_chain_curve", units=units, lag=k)(a, b) for k in range(3)] if units < 4 else curve.values
    )
    np.testing.assert_allclose(lagged, curve.values, rtol=1e-10)
    values = closed_form("feedback_chain_eigenvalue")(a, b, np.arange(1, units + 1), units)
    np.testing.assert_allclose(np.sort(values), np.sort(np.linalg.eigvals(net.recurrent).real), atol=1e-12)
    departure = closed_form("feedback_chain_departure")(a, b, units)
    np.testing.assert_allclose(departure, lm.henrici_departure(net), rtol=1e-9)


@pytest.mark.slow
def test_six_units_with_feedback():
    net = lm.feedback_chain(6, feedforward=0.9, feedback=0.2)
    found = closed_form("feedback_chain_total", units=6)(0.9, 0.2)
    np.testing.assert_allclose(found, lm.total_fisher_memory(net), rtol=1e-10)


def test_two_units_and_two_modes_are_the_numerical_ones():
    p, r, q = 0.7, 1.5, -0.2
    J = lm.spatial_fisher_memory(lm.LinearNetwork([[p, r], [0, q]], [1, 0]))
    np.testing.assert_allclose(closed_form("two_units_spatial_memory")(p, r, q), J, rtol=RTOL)
    np.testing.assert_allclose(closed_form("two_units_largest_total")(p, r, q), np.linalg.eigvalsh(J)[-1], rtol=RTOL)
    pair = lm.ContinuousNetwork([[-0.5, 3], [0, -1]], [0, 1])
    np.testing.assert_allclose(closed_form("two_modes_total")(0.5, 3), lm.total_fisher_memory(pair), rtol=RTOL)


def test_balanced_amplification_is_the_numerical_one():
    net = lm.balanced_amplification(weight=4, ratio=1.1)
    np.testing.assert_allclose(
        closed_form("balanced_amplification_total")(4, 1.1), lm.total_fisher_memory(net), rtol=RTOL
    )


def test_trees_and_lattices_are_the_numerical_ones():
    curve = lm.fisher_memory_curve(lm.fan_out_tree(9), 9)
    np.testing.assert_allclose(closed_form("fan_out_curve")(np.arange(9)), curve.values, rtol=RTOL)
    np.testing.assert_allclose(closed_form("fan_out_total")(9), curve.total, rtol=RTOL)
    for dimension in (1, 2):  # exact until walks wrap around the torus, 2 k + 2 < 16
        curve = lm.fisher_memory_curve(lm.lattice(16, dimensions=dimension, gain=0.9), 7)
        form = closed_form("lattice_curve", dimension=dimension)
        np.testing.assert_allclose(form(0.9, np.arange(7)), curve.values, rtol=1e-10)


def test_delay_lines_are_the_numerical_ones():
    weights = [0.5, 2.0, 1.3, 0.9]
    curve = lm.fisher_memory_curve(lm.inhomogeneous_chain(weights), 5).values
    for lag in range(5):
        np.testing.assert_allclose(closed_form("delay_line_curve", lag=lag)(*weights[:lag]), curve[lag], rtol=RTOL)


def test_limits():
    a = sp.Symbol("a", positive=True)
    k = closed_form("chain_curve").parameters[1]
    assert closed_form("chain_curve").limit("a", 1) == 1 / (k + 1)
    assert closed_form("chain_curve").limit("k", sp.oo, a=2) == sp.Rational(3, 4)
    assert closed_form("chain_curve").limit("k", sp.oo, a=sp.Rational(1, 2)) == 0
    assert (
        closed_form("orthogonal_curve_of_horizon").limit("g", 1)
        == 1 / closed_form("orthogonal_curve_of_horizon").parameters[2]
    )
    assert closed_form("feedback_chain_eigenvalue").limit("N", sp.oo, b=a / 2, j=1) == sp.sqrt(2) * a
    assert closed_form("two_modes_total").limit("f", sp.oo) == 2
    assert closed_form("normal_envelope").limit("k", sp.oo) == 0


def test_arrays_broadcast():
    assert closed_form("chain_curve")(np.ones((3, 1)), np.arange(4)).shape == (3, 4)
    assert closed_form("chain_total")(np.ones((3, 1)), np.arange(1, 5)).shape == (3, 4)
    assert closed_form("two_units_spatial_memory")(0.1, np.ones((3, 1)), np.zeros(4)).shape == (3, 4, 2, 2)
    assert closed_form("chain_curve").lambdify()(2.0, 1) == closed_form("chain_curve")(2.0, 1) == 0.8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: closed_form("chain_curv"), "did you mean 'chain_curve'"),
        (lambda: closed_form("chain_curve", units=3), "does not exist in sizes"),
        (lambda: closed_form("lattice_curve", dimension=3), "dimension is 3"),
        (lambda: closed_form("feedback_chain_total", units=7), "units is 7"),
        (lambda: closed_form("chain_curve")(1.0), "function of \\(a, k\\)"),
        (lambda: closed_form("chain_curve")(1.0, 2, k=3), "each of them once"),
        (lambda: closed_form("chain_curve")(1.0, 2, 3), "each of them once"),
        (lambda: closed_form("chain_curve")(-1.0, 2), "must be > 0"),
        (lambda: closed_form("chain_curve")(1.0, 0.5), "must be whole and >= 0"),
        (lambda: closed_form("chain_curve")(np.nan, 2), "a is nan"),
        (lambda: closed_form("chain_curve")("one", 2), "a is 'one'"),
        (lambda: closed_form("ring_curve")(1.0, 2), "holds where a < 1"),
        (lambda: closed_form("orthogonal_curve_of_horizon")(0.5, 4, 4), "holds where k < n"),
        (lambda: closed_form("chain_curve").limit("b", 1), "no parameter 'b'"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
