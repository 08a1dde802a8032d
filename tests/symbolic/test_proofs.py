"""Proofs: all of them hold, none with a float, and each fails when what it proves is corrupted."""

import inspect
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from time import process_time

import pytest
import sympy as sp

from linmem.errors import ArgumentError
from linmem.symbolic import (
    along_paths,
    chains,
    continuous_time,
    coordinates,
    decoding,
    diagonal_networks,
    feedback_chains,
    fisher_memory,
    formulas,
    limiting_cases,
    nonnormality,
    normal_networks,
    paths_in_closed_form,
    series,
)
from linmem.symbolic import proofs as proofs_module
from linmem.symbolic.proofs import Proof, Step, given, positive, proofs, prove, shown
from linmem.symbolic.typesetting import escaped
from linmem.symbolic.words import letters

BY_SYMPY = {  # the claims that symbolic mathematics is expected to settle
    *("A1", "A2", "A3", "A4", "A5", "A7", "A8", "A9", "A10", "A12", "A13"),
    *("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B11", "B12"),
    *("C1", "C3", "C5", "C6", "D1", "D3", "E1", "E4", "E7", "F1", "F5", "F7", "F8", "G5"),
    *("H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9"),
    *("I1", "I2", "I3", "I4"),
}


NAMES = {proofs_module._DERIVATIONS[name].claim: name for name in proofs()}


@cache
def timed(name):
    """The proof, which several tests look at, and the seconds of the processor that it took."""
    start = process_time()
    proof = prove(name)
    return proof, process_time() - start


def proof_of(name):
    return timed(name)[0]


@pytest.mark.parametrize("name", proofs())
def test_every_proof_holds_without_floats(name):
    proof, seconds = timed(name)
    assert proof.proved, str(proof)
    assert proof.residual == 0
    assert seconds < 60
    for step in proof.steps:
        assert not step.expression.atoms(sp.Float)
        assert step.residual is None or not step.residual.atoms(sp.Float)


@pytest.mark.parametrize("name", proofs())
def test_every_proof_says_what_it_proves(name):
    proof = proof_of(name)
    assert proof.name == name == NAMES[proof.claim]
    assert proof.statement.endswith(".") and proof.scope
    assert sum(step.residual is not None for step in proof.steps) >= 1
    assert all(step.sentence for step in proof.steps)


def test_claims_have_one_proof_each_in_order():
    claims = [prove(name).claim for name in proofs()[:5]]
    assert claims == ["A1", "A2", "A3", "A4", "A5"]
    assert len(set(proofs())) == len(proofs())


def test_what_sympy_should_settle_it_does():
    """Each of them has a proof, and `test_every_proof_holds_without_floats` shows that each proof holds."""
    claims = [proofs_module._DERIVATIONS[name].claim for name in proofs()]
    assert set(claims) >= BY_SYMPY
    assert len(claims) == len(set(claims))


def test_fixed_names():
    assert {"chain_curve", "trace_of_spatial_memory_is_n"} <= set(proofs())
    assert prove("A2").name == "trace_of_spatial_memory_is_n"


FORMULAS = [
    ("A13", "two_units_spatial_memory"),
    ("A13", "two_units_largest_total"),
    ("B6", "orthogonal_curve"),
    ("B6", "orthogonal_curve_of_horizon"),
    ("B7", "ring_curve"),
    ("B8", "edge_curve"),
    ("B9", "semicircle_curve"),
    ("B10", "lattice_curve"),
    ("B11", "disc_curve"),
    ("B12", "normal_envelope"),
    ("C1", "chain_curve"),
    ("C2", "chain_curve"),
    ("C2", "chain_total"),
    ("C3", "chain_spatial_memory"),
    ("C5", "delay_line_curve"),
    ("C10", "fan_out_curve"),
    ("D1", "feedback_chain_eigenvalue"),
    ("E1", "chain_curve"),
    ("E7", "ring_memory_function"),
    ("F5", "two_modes_total"),
    ("F5", "balanced_amplification_total"),
    ("F7", "integrator_response"),
    ("G5", "feedback_chain_departure"),
]


def grown(expression):
    """One percent more, in every piece and under every sum."""
    for kind in (sp.Piecewise, sp.Sum):
        if isinstance(expression, kind):
            first = [(grown(value), held) for value, held in expression.args] if kind is sp.Piecewise else None
            return sp.Piecewise(*first) if first else sp.Sum(grown(expression.function), *expression.limits)
    return expression * sp.Rational(101, 100)


@pytest.mark.parametrize(("claim", "formula"), FORMULAS)
def test_a_corrupted_formula_is_not_proved(claim, formula, monkeypatch):
    build = formulas._BUILDERS[formula]

    def corrupted(**sizes):
        form = build(**sizes)
        return replace(
            form, expression=grown(form.expression), stable=None if form.stable is None else grown(form.stable)
        )

    assert proof_of(NAMES[claim]).proved
    monkeypatch.setitem(formulas._BUILDERS, formula, corrupted)
    found = prove(claim)
    assert not found.proved
    assert found.residual != 0
    assert "Residual" in found.latex and "NOT proved" in str(found)


W, Ws = letters("W")
A, As = letters("A")
C, S = fisher_memory.C, fisher_memory.S

RULES = [  # equations that are not those of C, or of J^s
    ("A2", fisher_memory, "NOISE", {W * C * Ws: C - 2}),
    ("A2", fisher_memory, "MEMORY", {Ws * S * W: S - 1}),
    ("A7", fisher_memory, "NOISE", {W * C * Ws: C}),
    ("A8", coordinates, "NOISE", {}),
    ("A8", coordinates, "MEMORY", {Ws * S * W: S}),
    ("A9", coordinates, "MEMORY", {Ws * S * W: S - 1}),
    ("F1", continuous_time, "NOISE", {A * C: -C * As}),
    ("F1", continuous_time, "MEMORY", {As * S: -S * A}),
    ("F3", continuous_time, "NOISE", {A * C: -2 - C * As}),
    ("H2", along_paths, "STEP", {A * C * As: along_paths.D}),
    ("H3", along_paths, "STEP", {A * C * As: along_paths.D}),
    ("H5", along_paths, "READOUT", {along_paths.READ: along_paths.K}),
]


@pytest.mark.parametrize(("claim", "page", "rules", "wrong"), RULES)
def test_a_wrong_equation_proves_nothing(claim, page, rules, wrong, monkeypatch):
    monkeypatch.setattr(page, rules, wrong)
    found = prove(claim)
    assert not found.proved and found.residual != 0


ENGINES = [
    ("A12", limiting_cases, "small_gain_series", lambda order: 1 - series.small_gain_series(order)),
    ("F4", continuous_time, "small_gain_flow_series", lambda order: -series.small_gain_flow_series(order)),
    ("A13", limiting_cases, "noise_covariance", lambda W: sp.eye(2)),
    ("B4", normal_networks, "spatial_fisher_memory", lambda W, **_: sp.diag(1, 2)),
    ("B7", normal_networks, "noise_covariance", lambda W: sp.eye(4)),
    ("C4", chains, "fisher_memory_matrix", lambda W, v, lags: sp.ones(lags, lags)),
    ("D3", feedback_chains, "noise_covariance", lambda W: sp.ones(W.rows, W.rows)),
    ("E7", decoding, "solve_stein", lambda W, Q: Q),
    ("F5", continuous_time, "noise_covariance", lambda A, **_: sp.eye(2)),
    ("G5", nonnormality, "feedback_weights", lambda n: sp.Matrix(n, n, lambda i, j: 1)),
    ("D1", feedback_chains, "feedback_weights", lambda n: sp.eye(n)),
    ("H7", paths_in_closed_form, "covariance_after", lambda steps, noise: noise),
    ("H9", paths_in_closed_form, "covariance_after", lambda steps, noise: noise + sp.ones(2, 2)),
    ("I1", diagonal_networks, "total_fisher_memory", lambda step, weights: weights[0]),
    ("I3", diagonal_networks, "fisher_memory_at_lag", lambda step, weights, lag, **_: sp.Integer(lag)),
    ("I4", diagonal_networks, "fisher_memory_at_lag", lambda step, weights, lag, **_: step.det()),
]


@pytest.mark.parametrize(("claim", "page", "engine", "wrong"), ENGINES)
def test_a_wrong_computation_proves_nothing(claim, page, engine, wrong, monkeypatch):
    monkeypatch.setattr(page, engine, wrong)
    assert not prove(claim).proved


# each has a hypothesis that some step cannot do without
IN_WORDS = "A2 A7 A8 A9 A10 A12 B2 B3 B5 B6 C6 C8 D3 E1 F1 F2 F3 H1 H2 H3 H4 H5 H6 I2 I3 I4"


def test_without_their_hypotheses_words_prove_nothing(monkeypatch):
    whole = proofs_module.reduced, proofs_module.traced
    monkeypatch.setattr(proofs_module, "reduced", lambda expression, rules=None: whole[0](expression))
    monkeypatch.setattr(proofs_module, "traced", lambda expression, rules=None: whole[1](expression))
    assert [claim for claim in IN_WORDS.split() if prove(claim).proved] == []


SLIPS = [  # one slip of the pen in a derivation
    ("A1", "{xi: 0, xis: 0}", "{xi: m, xis: ms}"),
    ("A3", "if i != j", "if i < j"),
    ("A4", "3 / (n * (n + 2))", "2 / (n * (n + 2))"),
    ("A5", "mu[0] - mu[i]", "mu[1] - mu[i]"),
    ("A6", "1 + 1 / A + others", "1 / A - others"),
    ("A14", "g ** (2 * K + 2))", "g ** (2 * K + 1))"),
    ("B1", "x**k * (1 - x)", "x**k * (1 + x)"),
    ("B4", "(1 - x**n)", "(1 - x ** (2 * n))"),
    ("C7", " (k + 1) / c,", " k / c,"),
    ("C9", "(a**2 - 1)", "(a - 1)"),
    ("E2", "1 - (sp.eye(2)", "2 - (sp.eye(2)"),
    ("E4", "1 - (p * q) ** 2", "1 - p * q"),
    ("F8", "* (-1) ** i for", "for"),
    ("F9", "-2 * (n + 1)", "-2 * n"),
    ("H4", "W * (C + power) * Ws + Q", "W * (C - power) * Ws + Q"),
    ("H6", "x**2 * d", "x * d"),
    ("H8", "f ** (2 * T)) / (1", "f ** (2 * T - 1)) / (1"),
]


@pytest.mark.parametrize(("claim", "right", "wrong"), SLIPS)
def test_a_slip_is_found(claim, right, wrong):
    derive = proofs_module._DERIVATIONS[NAMES[claim]].derive
    source = inspect.getsource(derive)
    source = source[source.index("def ") :]
    assert right in source
    page = dict(inspect.getmodule(derive).__dict__)
    exec(source.replace(right, wrong), page)
    found = made_of(*page[derive.__name__]())
    assert not found.proved and found.residual != 0


def test_every_proof_has_been_made_to_fail():
    corrupted = [row[0] for table in (FORMULAS, RULES, ENGINES, SLIPS) for row in table]
    assert {one.claim for one in proofs_module._DERIVATIONS.values()} == {*corrupted, *IN_WORDS.split()}


def made_of(*steps):
    return Proof("a_proof", "A1", "Something.", "any N", "", steps)


def test_verdicts_follow_from_residuals():
    x, y = sp.symbols("x y", positive=True)
    assert made_of(shown("s", (x + y) ** 2, x**2 + 2 * x * y + y**2)).proved
    assert not made_of(given("s", x)).proved, "nothing is shown"
    assert not made_of().proved
    wrong = made_of(shown("right", x, x), shown("wrong", x, 2 * x), shown("worse", x, 3 * x))
    assert not wrong.proved and wrong.residual == -x
    matrices = shown("s", sp.eye(2) * x, sp.diag(x, x + 1))
    assert not matrices.holds and matrices.residual == sp.diag(0, -1)
    assert shown("s", sp.sin(x) ** 2 + sp.cos(x) ** 2, 1).holds


def test_signs_that_are_open_are_not_decided():
    x, y = sp.symbols("x y", positive=True)
    z = sp.Symbol("z", real=True)
    assert positive("s", (x - y) ** 2).holds
    assert not positive("s", (x - y) ** 2, strict=True).holds
    assert positive("s", x / (x + 1), strict=True).holds
    assert positive("s", z - x).residual.lhs == z - x
    assert not positive("s", z).holds and not positive("s", -x).holds and not positive("s", -sp.S.One).holds
    assert positive("s", 0).holds and not positive("s", 0, strict=True).holds


def test_an_unknown_name_is_refused():
    with pytest.raises(ArgumentError, match="did you mean 'chain_curve'"):
        prove("chain_curv")
    with pytest.raises(ArgumentError, match="lists all"):
        prove("zzz")


# LaTeX


@pytest.mark.parametrize("name", proofs())
def test_latex_is_balanced_and_plain(name):
    text = proof_of(name).latex
    assert text.isascii()
    assert text.count(r"\[ ") == text.count(r" \]") == len(proof_of(name).steps)
    bare = text.replace(r"\{", "").replace(r"\}", "")
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") == text.count(r"\right")
    for environment in ("enumerate", "matrix", "cases"):
        assert text.count(rf"\begin{{{environment}}}") == text.count(rf"\end{{{environment}}}")


def test_characters_of_sentences_mean_themselves():
    assert escaped("a_1 ^ 50 % of {x} < y & #2") == r"a\_1 \textasciicircum{} 50 \% of \{x\} $<$ y \& \#2"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_latex_compiles(tmp_path):
    body = "\n\n".join(proof_of(name).latex for name in proofs())
    head = "\\documentclass{article}\\usepackage{amsmath,amssymb}\\begin{document}\n"
    (tmp_path / "proofs.tex").write_text(head + body + "\n\\end{document}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "proofs.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


def test_steps_print_as_equations():
    x = sp.Symbol("x")
    assert str(Step("Twice.", sp.Eq(2 * x, x + x, evaluate=False), sp.S.Zero)) == "Twice.\n      2*x = 2*x"
    assert "residual: x" in str(Step("Wrong.", sp.Eq(2 * x, x, evaluate=False), x))
