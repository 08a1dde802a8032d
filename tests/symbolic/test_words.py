"""The algebra of words against matrices of numbers."""

import numpy as np
import pytest
import sympy as sp

from linmem.symbolic.proofs import prove
from linmem.symbolic.typesetting import in_text
from linmem.symbolic.words import N, Tr, letter, letters, reduced, traced

W, Ws = letters("W")
X = letter("X")


def evaluated(expression, values):
    """An expression of letters, of numbers."""
    n = len(next(iter(values.values())))
    if isinstance(expression, sp.Add):
        return sum(evaluated(term, values) for term in expression.args)
    if isinstance(expression, sp.Mul):
        scalar, matrix = 1.0, np.eye(n)
        for factor in expression.args:
            if isinstance(factor, Tr) or factor.is_commutative:
                scalar = scalar * _scalar(factor, values)
            else:
                matrix = matrix @ evaluated(factor, values)
        return scalar * matrix
    if isinstance(expression, sp.Pow) and not expression.is_commutative:
        return np.linalg.matrix_power(evaluated(expression.base, values), int(expression.exp))
    if not expression.is_commutative:
        return values[expression.name]
    return _scalar(expression, values) * np.eye(n)


def _scalar(expression, values):
    """A number; a trace over n, so that it stands for that multiple of the identity."""
    n = len(next(iter(values.values())))
    if isinstance(expression, Tr):
        return np.trace(evaluated(expression.args[0], values)) / n
    return float(expression.subs(N, 1))  # N / n, as traces


def matrices(seed, n=4):
    rng = np.random.default_rng(seed)
    M = rng.standard_normal((n, n)) / n
    return {"W": M, "W'": M.T, "X": rng.standard_normal((n, n))}


@pytest.mark.parametrize(
    "expression",
    [
        (W + Ws * X) ** 2 * W**-1 - 3 * X,
        W * X * (Ws - 2) * W**2 * Ws**2,
        Tr(W * X * Ws) + 2 * Tr(X) - Tr(W**2 * Ws * X) / 3,
        Tr(W**-1 * X * W) * sp.Rational(1, 2) + Tr(sp.S.One),
    ],
)
def test_reduction_changes_no_value(expression):
    values = matrices(1)
    before, after = evaluated(expression, values), evaluated(reduced(traced(expression)), values)
    np.testing.assert_allclose(after, before, rtol=1e-10, atol=1e-10)


def test_rules_are_followed_to_the_end():
    P = letter("P")
    assert reduced(P**5 * W * P**3, {P * P: P}) == P * W * P
    assert reduced(W * X * Ws, {X: W * Ws, W * W: sp.S.Zero}) == 0
    assert reduced(Ws * W, {W * Ws: sp.S.One}) == Ws * W  # an isometry one way is none the other


def test_traces_are_cyclic_and_meet_rules_across_their_ends():
    assert traced(Tr(W * X * Ws) - Tr(Ws * W * X)) == 0
    assert traced(Tr(W * X * Ws) - Tr(X * W * Ws)) != 0
    assert traced(Tr(W * X * Ws), {Ws * W: sp.S.One}) == traced(Tr(X))
    assert traced(Tr(X**-1 * W * X)) == Tr(W)
    assert traced(Tr(sp.Integer(3))) == 3 * N


def _solved(image, Q):
    n = len(Q)
    columns = [image(unit.reshape(n, n)).ravel() for unit in np.eye(n * n)]
    return np.linalg.solve(np.array(columns).T, Q.ravel()).reshape(n, n)


def discrete(seed):
    M = matrices(seed)["W"]
    C = _solved(lambda X: X - M @ X @ M.T, np.eye(4))
    S = _solved(lambda X: X - M.T @ X @ M, np.linalg.inv(C))
    return {"W": M, "W'": M.T, "C": C, "J^s": S}


def flow(seed):
    M = matrices(seed)["W"] - np.eye(4)
    C = _solved(lambda X: -M @ X - X @ M.T, np.eye(4))
    S = _solved(lambda X: -M.T @ X - X @ M, np.linalg.inv(C))
    return {"A": M, "A'": M.T, "C": C, "J^s": S}


def two_steps(seed):
    M = matrices(seed)["W"]
    inverse = {"X": np.linalg.inv(np.eye(4) + M @ M.T), "Y": np.linalg.inv(np.eye(4) + M.T @ M)}
    return {"W": M, "W'": M.T, **inverse}


@pytest.mark.parametrize(
    ("name", "values", "steps"),
    [
        ("trace_of_spatial_memory_is_n", discrete, slice(None)),
        ("memory_never_increases_with_the_lag", discrete, slice(None)),
        ("trace_is_n_in_continuous_time", flow, slice(None)),
        ("memory_never_increases_with_time", flow, slice(None)),
        ("two_steps_tell_normal_from_not", two_steps, slice(0, 5)),
    ],
)
def test_every_step_of_a_proof_in_words_holds_of_numbers(name, values, steps):
    """The rules, which the proof takes for granted, are those of the matrices that it is about."""
    equations = [step.expression for step in prove(name).steps[steps] if isinstance(step.expression, sp.Eq)]
    assert equations
    for equation in equations:
        left, right = (evaluated(side, values(7)) for side in equation.args)
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)


def test_formulas_are_printed_as_people_write_them():
    """Read back with ^ for **, a line is the formula that was printed."""
    a, k = sp.symbols("a k", positive=True)
    formula = sp.Eq(sp.Symbol("J"), a ** (2 * k) * (1 - a**2) / (1 - a ** (2 * k + 2)))
    left, right = in_text(formula).split(" = ")
    assert "**" not in right
    assert sp.simplify(sp.sympify(right.replace("^", "**"), {"a": a, "k": k}) - formula.rhs) == 0
    assert left == "J"
    assert in_text(sp.Matrix([[1, 0], [0, a**2]])) == "diag(1, a^2)"
    assert in_text(sp.Matrix([[1, a], [0, 2]])) == "[1, a; 0, 2]"


@pytest.mark.parametrize("name", ["chain_curve", "trace_of_spatial_memory_is_n"])
def test_no_step_is_printed_as_the_code_of_sympy(name):
    text = str(prove(name))
    assert not [word for word in ("Matrix(", "Eq(", "**", "Pow(", "Symbol(") if word in text]
