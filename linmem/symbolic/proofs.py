r"""Proofs: derivations whose every step sympy has checked, without floating point.

Conventions
-----------
A proof is a generator of steps, and a step is a sentence and a formula. What is `given` is a definition or a
hypothesis; what is `shown` is an equation, and its residual, the difference of its two sides after simplification,
must be zero; what is `positive` is an expression whose sign follows from the signs of its parts. The verdict is never
stated: a proof is a proof if no residual is left.

Contents
--------
Step, given, shown, shown_of_words, positive
    What a proof is made of.
Proof
    All steps, a verdict, LaTeX.
proof
    The decorator that registers a derivation.
prove, proofs
    A derivation carried out; the names of all of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import sympy as sp

from linmem.errors import InvalidNetworkError
from linmem.symbolic.typesetting import in_latex, in_text
from linmem.symbolic.words import Rules, reduced, traced

PAGES = (
    "fisher_memory",
    "two_units",
    "normal_networks",
    "laws",
    "chains",
    "amplification",
    "feedback_chains",
    "decoding",
    "continuous_time",
)


@dataclass(frozen=True, eq=False)
class Step:
    """A sentence and a formula.

    Attributes
    ----------
    sentence
        What the formula says, or why it holds.
    expression
        An equation, an inequality, or a definition, of sympy.
    residual
        What is left of an equation that should vanish, or the inequality that is open; 0 where nothing is left. None
        for what is given.
    """

    sentence: str
    expression: sp.Basic
    residual: sp.Basic | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is left to show."""
        return self.residual is None or _is_zero(self.residual)

    def __str__(self) -> str:
        left = "" if self.holds else f"\n      residual: {self.residual}"
        return f"{self.sentence}\n      {in_text(self.expression)}{left}"


@dataclass(frozen=True, eq=False)
class Proof:
    """A derivation, carried out.

    Attributes
    ----------
    name, claim
        As "trace_of_spatial_memory_is_n", and "A2", the claim that it proves.
    statement
        What is proved.
    scope
        Of which matrices: "any N", "N <= 6".
    note
        What is cited and not derived, or what sympy could not do; empty where there is nothing.
    steps
        In order.
    """

    name: str
    claim: str
    statement: str
    scope: str
    note: str
    steps: tuple[Step, ...]

    @property
    def proved(self) -> bool:
        """Whether every equation holds, and there is one."""
        return all(step.holds for step in self.steps) and any(step.residual is not None for step in self.steps)

    @property
    def residual(self) -> sp.Basic:
        """Of the first step that fails; 0 where none does."""
        return next((step.residual for step in self.steps if not step.holds), sp.S.Zero)

    @property
    def latex(self) -> str:
        """A paragraph and a list of steps, for a document that loads amsmath."""
        return in_latex(self)

    def _repr_latex_(self) -> str:
        return self.latex

    def __str__(self) -> str:
        lines = [f"{self.name} ({self.claim}; {self.scope})", f"  {self.statement}"]
        lines += [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([*lines, "  proved" if self.proved else f"  NOT proved: {self.residual} is left"])


def equation(left: Any, right: Any) -> sp.Basic:
    """An equation that sympy leaves as it is."""
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
    """An equation, of scalars or of matrices, shown by simplifying the difference of its sides.

    Where its left side has a name, that is shown, `of` = right; where both are too long to read, `display` is.
    """
    left, right = sp.sympify(left), sp.sympify(right)
    if display is None:
        display = equation(sp.Symbol(of) if of else left, right)
    return Step(sentence, display, vanishing(left - right, by or simplest))


def shown_of_words(sentence: str, left: Any, right: Any, rules: Rules | None = None, *, display: Any = None) -> Step:
    """An equation of matrices of unknown size, or of their traces, by the rules."""
    return shown(
        sentence, left, right, by=lambda difference: reduced(traced(difference, rules), rules), display=display
    )


def positive(sentence: str, expression: Any, *, strict: bool = False) -> Step:
    """An expression that is not negative, or is positive, for all values of its symbols."""
    expression = sp.sympify(expression)
    relation = (sp.StrictGreaterThan if strict else sp.GreaterThan)(expression, 0, evaluate=False)
    decided = any(
        form.is_positive or (not strict and form.is_nonnegative)
        for form in (way(expression) for way in (_as_it_is, sp.expand, sp.factor, sp.cancel, _together))
    )
    return Step(sentence, relation, sp.S.Zero if decided else relation)


def vanishing(difference: Any, by: Callable[[Any], Any]) -> sp.Basic:
    """The difference after simplification, of scalars, or of matrices entry by entry."""
    if isinstance(difference, sp.MatrixBase):
        return sp.ImmutableMatrix(difference.applyfunc(by))
    return by(difference)


def simplest(expression: sp.Expr) -> sp.Expr:
    """Zero if sympy can see it: first as a fraction of polynomials, then as powers, gammas and trigonometry."""
    for way in (sp.cancel, sp.powsimp, sp.gammasimp, sp.simplify):
        try:
            expression = way(sp.expand(expression, deep=False) if way is sp.powsimp else expression)
        except (NotImplementedError, sp.PolynomialError):  # no polynomial: the next way may see it
            continue
        if expression == 0:
            break
    return expression


def _as_it_is(expression):
    return expression


def _together(expression):
    above, below = sp.fraction(sp.together(expression))
    return sp.expand(above) / sp.factor(below)


def _is_zero(residual: sp.Basic) -> bool:
    return residual.is_zero_matrix is True if isinstance(residual, sp.MatrixBase) else residual == 0


@dataclass(frozen=True, eq=False)
class _Derivation:
    claim: str
    scope: str
    note: str
    derive: Callable[[], Iterator[Step]]


_DERIVATIONS: dict[str, _Derivation] = {}


def proof(claim: str, *, scope: str = "any N", note: str = "") -> Callable:
    """Register a generator of steps under its own name; the first paragraph of its docstring is what it proves."""

    def register(derive: Callable[[], Iterator[Step]]) -> Callable[[], Iterator[Step]]:
        _DERIVATIONS[derive.__name__] = _Derivation(claim, scope, note, derive)
        return derive

    return register


def proofs() -> tuple[str, ...]:
    """The names of all proofs, in the order of the claims.

    >>> proofs()[:2]
    ('fisher_memory_is_the_information_about_the_past', 'trace_of_spatial_memory_is_n')
    """
    for page in PAGES:
        import_module(f"linmem.symbolic.{page}")
    return tuple(
        sorted(_DERIVATIONS, key=lambda name: (_DERIVATIONS[name].claim[0], int(_DERIVATIONS[name].claim[1:])))
    )


def prove(name: str) -> Proof:
    """Carry out the derivation of a name in `proofs()`, or of the id of a claim: exact, in a few seconds at most.

    Raises
    ------
    InvalidNetworkError
        Where there is no such proof; the message has the nearest name.

    Examples
    --------
    >>> found = prove("trace_of_spatial_memory_is_n")
    >>> found.proved, found.claim, len(found.steps)
    (True, 'A2', 5)
    """
    names = proofs()
    chosen = next((one for one in names if name in (one, _DERIVATIONS[one].claim)), None)
    if chosen is None:
        claims = [_DERIVATIONS[one].claim for one in names]
        nearest = get_close_matches(str(name), [*names, *claims], n=1, cutoff=0.5)
        hint = f"did you mean {nearest[0]!r}?" if nearest else "linmem.symbolic.proofs.proofs() lists all"
        raise InvalidNetworkError(f"there is no proof {name!r}; {hint}")
    found = _DERIVATIONS[chosen]
    statement = " ".join(inspect.cleandoc(found.derive.__doc__ or "").split("\n\n")[0].split())
    return Proof(chosen, found.claim, statement, found.scope, found.note, tuple(found.derive()))
