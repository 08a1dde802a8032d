r"""Proofs: derivations in which sympy has checked every step, without floating point.

Conventions
-----------
A proof is a generator of steps, and a step is a sentence with a formula. A step that is `given` is a definition or a
hypothesis. A step that is `shown` is an equation; its residual, the difference of its two sides after simplification,
must be zero. A step that is `positive` is an expression whose sign follows from the signs of its parts. The verdict is
never stated: a proof is a proof if no residual remains.

Contents
--------
Step, Steps, given, shown, shown_of_words, positive, equation
    The parts of a proof.
Proof
    All steps, the verdict, and the proof in LaTeX.
proof
    The decorator that registers a derivation.
prove, proofs
    Carry out a derivation; the names of all derivations.
PAGES
    The modules that hold the derivations.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import sympy as sp

from linmem.errors import ArgumentError
from linmem.symbolic.typesetting import in_latex, in_text
from linmem.symbolic.words import Rules, reduced, traced
from linmem.validation import nearest_words

PAGES = (
    "fisher_memory",
    "coordinates",
    "limiting_cases",
    "normal_networks",
    "spectral_laws",
    "chains",
    "amplification_bounds",
    "feedback_chains",
    "decoding",
    "capacity",
    "continuous_time",
    "integrators",
    "nonnormality",
    "along_paths",
    "paths_in_closed_form",
    "diagonal_networks",
)


@dataclass(frozen=True, eq=False)
class Step:
    """A sentence and a formula.

    Attributes
    ----------
    sentence
        The meaning of the formula, or the reason why it holds.
    expression
        An equation, an inequality, or a definition, of sympy.
    residual
        What remains of an equation that should vanish, or the inequality that is open; 0 where nothing remains. None
        for a step that is given.
    """

    sentence: str
    expression: sp.Basic
    residual: sp.Basic | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing remains to be shown."""
        return self.residual is None or _is_zero(self.residual)

    def __str__(self) -> str:
        remainder = "" if self.holds else f"\n      residual: {self.residual}"
        return f"{self.sentence}\n      {in_text(self.expression)}{remainder}"


@dataclass(frozen=True, eq=False)
class Proof:
    """A derivation, carried out.

    Attributes
    ----------
    name, claim
        As "trace_of_spatial_memory_is_n", and "A2", the claim that it proves.
    statement
        The statement that is proved.
    scope
        The matrices for which it is proved: "any N", "N <= 6".
    note
        Theorems that are cited and not derived, and steps that sympy cannot do; empty where there are none.
    steps
        The steps, in order.
    """

    name: str
    claim: str
    statement: str
    scope: str
    note: str
    steps: tuple[Step, ...]

    @property
    def proved(self) -> bool:
        """Whether every equation holds, and there is at least one."""
        is_any_shown = any(step.residual is not None for step in self.steps)
        return is_any_shown and all(step.holds for step in self.steps)

    @property
    def residual(self) -> sp.Basic:
        """The residual of the first step that fails; 0 where none does."""
        return next((step.residual for step in self.steps if not step.holds), sp.S.Zero)

    @property
    def latex(self) -> str:
        """A paragraph and a list of steps, for a document that loads amsmath."""
        return in_latex(self)

    def _repr_latex_(self) -> str:
        return self.latex

    def __str__(self) -> str:
        heading = f"{self.name} ({self.claim}; {self.scope})\n  {self.statement}"
        steps = [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)]
        verdict = "  proved" if self.proved else f"  NOT proved: {self.residual} remains"
        return "\n".join([heading, *steps, verdict])


def equation(left: Any, right: Any) -> sp.Basic:
    """An equation that sympy does not evaluate."""
    return sp.Eq(sp.sympify(left), sp.sympify(right), evaluate=False)


def given(sentence: str, expression: sp.Basic) -> Step:
    """A definition, a hypothesis, or a theorem that is cited."""
    return Step(sentence, expression)


def shown(
    sentence: str,
    left: Any,
    right: Any,
    by: Callable[[Any], Any] | None = None,
    *,
    of: str = "",
    display: Any = None,
) -> Step:
    """An equation of scalars or of matrices, shown by simplifying the difference of its sides.

    It is displayed as left = right; as `of` = right where the left side has a name; as `display` where both sides are
    too long to read.
    """
    left, right = sp.sympify(left), sp.sympify(right)
    if display is None:
        display = equation(sp.Symbol(of) if of else left, right)
    return Step(sentence, display, vanishing(left - right, by or simplest))


def shown_of_words(sentence: str, left: Any, right: Any, rules: Rules | None = None, *, display: Any = None) -> Step:
    """An equation of matrices of unknown size, or of their traces, shown by the rules."""

    def by_rules(difference: sp.Expr) -> sp.Expr:
        return reduced(traced(difference, rules), rules)

    return shown(sentence, left, right, by=by_rules, display=display)


def positive(sentence: str, expression: Any, *, strict: bool = False) -> Step:
    """An expression that is not negative, or (`strict`) is positive, for all values of its symbols."""
    expression = sp.sympify(expression)
    kind = sp.StrictGreaterThan if strict else sp.GreaterThan
    relation = kind(expression, 0, evaluate=False)
    decided = any(_has_sign(form(expression), strict) for form in _FORMS)
    return Step(sentence, relation, sp.S.Zero if decided else relation)


def _has_sign(expression: sp.Expr, strict: bool) -> bool:
    """Whether the assumptions on its symbols show that an expression is positive, or not negative."""
    return bool(expression.is_positive or (not strict and expression.is_nonnegative))


def vanishing(difference: Any, by: Callable[[Any], Any]) -> sp.Basic:
    """The difference after simplification, of scalars, or of matrices entry by entry."""
    if isinstance(difference, sp.MatrixBase):
        return sp.ImmutableMatrix(difference.applyfunc(by))
    return by(difference)


def simplest(expression: sp.Expr) -> sp.Expr:
    """Zero if sympy can show it: first as a fraction of polynomials, then as powers, gammas and trigonometry."""
    for simplify in (sp.cancel, _by_powers, sp.gammasimp, sp.simplify):
        try:
            expression = simplify(expression)
        except (NotImplementedError, sp.PolynomialError):  # not a polynomial: the next function may do it
            continue
        if expression == 0:
            break
    return expression


def _by_powers(expression: sp.Expr) -> sp.Expr:
    return sp.powsimp(sp.expand(expression, deep=False))


def _as_it_is(expression: sp.Expr) -> sp.Expr:
    return expression


def _together(expression: sp.Expr) -> sp.Expr:
    numerator, denominator = sp.fraction(sp.together(expression))
    return sp.expand(numerator) / sp.factor(denominator)


_FORMS: tuple[Callable[[sp.Expr], sp.Expr], ...] = (_as_it_is, sp.expand, sp.factor, sp.cancel, _together)


def _is_zero(residual: sp.Basic) -> bool:
    if isinstance(residual, sp.MatrixBase):
        return residual.is_zero_matrix is True
    return bool(residual == 0)


Steps = Iterator[Step]
Derivation = Callable[[], Steps]


@dataclass(frozen=True, eq=False)
class _Entry:
    claim: str
    scope: str
    note: str
    derive: Derivation


_DERIVATIONS: dict[str, _Entry] = {}


def proof(claim: str, *, scope: str = "any N", note: str = "") -> Callable[[Derivation], Derivation]:
    """Register a generator of steps under its own name; the first paragraph of its docstring is the statement."""

    def register(derive: Derivation) -> Derivation:
        _DERIVATIONS[derive.__name__] = _Entry(claim, scope, note, derive)
        return derive

    return register


def proofs() -> tuple[str, ...]:
    """The names of all proofs, in the order of the claims.

    >>> proofs()[:2]
    ('fisher_memory_is_the_information_about_the_past', 'trace_of_spatial_memory_is_n')
    """
    for page in PAGES:
        import_module(f"linmem.symbolic.{page}")
    return tuple(sorted(_DERIVATIONS, key=_section_and_number))


def claim_of(name: str) -> str:
    """The id of the claim that the proof of this name, one of `proofs()`, is about."""
    return _DERIVATIONS[name].claim


def _section_and_number(name: str) -> tuple[str, int]:
    claim = _DERIVATIONS[name].claim
    return claim[0], int(claim[1:])


def prove(name: str) -> Proof:
    """Carry out the proof of a name in `proofs()`, or of the id of a claim: exactly, in a few seconds at most.

    Raises
    ------
    ArgumentError
        There is no such proof; the message has the nearest name.

    Examples
    --------
    >>> trace = prove("trace_of_spatial_memory_is_n")
    >>> trace.proved, trace.claim, len(trace.steps)
    (True, 'A2', 5)
    """
    ids = {known: _DERIVATIONS[known].claim for known in proofs()}
    chosen = next((known for known in ids if name in (known, ids[known])), None)
    if chosen is None:
        hint = nearest_words(name, [*ids, *ids.values()]) or "; linmem prove, without a name, lists all"
        raise ArgumentError(f"there is no proof {name!r}{hint}")
    entry = _DERIVATIONS[chosen]
    statement = inspect.cleandoc(entry.derive.__doc__ or "").split("\n\n")[0]
    return Proof(chosen, entry.claim, " ".join(statement.split()), entry.scope, entry.note, tuple(entry.derive()))
