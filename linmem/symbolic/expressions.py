r"""The closed form: a formula with its parameters and its domain, which can be called with numbers.

Contents
--------
ClosedForm
    A formula, its parameters, its domain; called with numbers or arrays it gives numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from linmem.errors import ArgumentError
from linmem.symbolic.special import FUNCTIONS

MODULES = [FUNCTIONS, "scipy", "numpy"]  # where the numbers of functions come from, in this order


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """A formula.

    Attributes
    ----------
    name, claim
        As "chain_curve", and "C1", the claim that it belongs to.
    statement
        The quantity that it gives.
    expression
        An expression of sympy, or a matrix of them.
    parameters
        Its symbols, in the order in which numbers are given.
    domain
        Where it holds, besides the signs of the parameters.
    stable
        An equal expression that loses no digits, from which numbers are computed; None where the formula itself loses
        none.
    """

    name: str
    claim: str
    statement: str
    expression: Any
    parameters: tuple[sp.Symbol, ...]
    domain: tuple[sp.Basic, ...] = ()
    stable: Any = None

    @property
    def latex(self) -> str:
        return sp.latex(self.expression)

    @property
    def general(self) -> Any:
        """The expression away from its singular points."""
        return self.expression.replace(sp.Piecewise, lambda *pieces: pieces[-1][0])

    @property
    def names(self) -> list[str]:
        """The names of the parameters."""
        return [symbol.name for symbol in self.parameters]

    def at(self, **values: Any) -> Any:
        """The exact value, or the formula in the parameters that remain.

        >>> from linmem.symbolic import closed_form
        >>> closed_form("chain_curve").at(a=1)
        1/(k + 1)
        """
        return self.expression.subs(self._by_symbol(values)).doit()

    def limit(self, parameter: str, value: Any, **others: Any) -> Any:
        """The limit of the general expression as one parameter tends to a value: a gain at which it is 0/0, or oo.

        Values of other parameters can be given.

        >>> from linmem.symbolic import closed_form
        >>> closed_form("orthogonal_curve_of_horizon").limit("g", 1)
        1/n
        >>> closed_form("chain_curve").limit("k", sp.oo, a=2)      # the plateau 1 - 1 / a^2
        3/4
        """
        expression = self.general.subs(self._by_symbol(others))
        symbol, value = self._symbol(parameter), sp.sympify(value)
        direction = "-" if value == sp.oo else "+-"
        return sp.simplify(sp.limit(expression, symbol, value, direction))

    def lambdify(self) -> Callable[..., Any]:
        """A function of the parameters, numbers or arrays, in their order; it does not check the domain."""
        formula = self.expression if self.stable is None else self.stable
        if isinstance(formula, sp.MatrixBase):
            return _entry_by_entry(formula, self.parameters)
        compute = sp.lambdify(self.parameters, formula, modules=MODULES)
        if formula.has(sp.Sum, sp.Product):  # their numbers of terms may not be arrays
            return np.vectorize(compute, otypes=[float])
        return compute

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Numbers from numbers, or from arrays that broadcast; of a matrix (..., rows, columns).

        Raises
        ------
        ArgumentError
            A parameter that is missing, given twice, or outside the domain.

        >>> from linmem.symbolic import closed_form
        >>> closed_form("chain_curve")(a=[0.5, 1.0], k=1).round(12)
        array([0.2, 0.5])
        """
        by_name = self._once_each(values, named)
        numbers = [self._checked(symbol, by_name[symbol.name]) for symbol in self.parameters]
        for relation in self.domain:
            holds = sp.lambdify(self.parameters, relation, modules=["numpy"])
            if not np.all(holds(*numbers)):
                raise ArgumentError(f"{self.name} holds where {relation}, not for {named or values!r:.80}")
        with np.errstate(all="ignore"):
            return self.lambdify()(*numbers)

    def _once_each(self, values: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        """The values by the names of the parameters, each of which must be given once."""
        by_name = dict(zip(self.names, values, strict=False))
        twice = set(by_name) & set(named)
        by_name |= named
        if len(values) > len(self.names) or twice or set(by_name) != set(self.names):
            raise ArgumentError(f"{self.name} is a function of ({', '.join(self.names)}); give each of them once")
        return by_name

    def _by_symbol(self, values: dict[str, Any]) -> dict[sp.Symbol, sp.Expr]:
        return {self._symbol(name): sp.sympify(value) for name, value in values.items()}

    def _symbol(self, name: str) -> sp.Symbol:
        for symbol in self.parameters:
            if symbol.name == str(name):
                return symbol
        raise ArgumentError(f"{self.name} has no parameter {name!r}; it is a function of ({', '.join(self.names)})")

    def _checked(self, symbol: sp.Symbol, value: Any) -> np.ndarray:
        """Numbers that the assumptions of the symbol allow."""
        try:
            numbers = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            numbers = np.asarray(np.nan)
        allowed = np.isfinite(numbers)
        rule = "finite"
        if symbol.is_positive:
            allowed, rule = allowed & (numbers > 0), "> 0"
        elif symbol.is_nonnegative:
            allowed, rule = allowed & (numbers >= 0), ">= 0"
        if symbol.is_integer:
            allowed, rule = allowed & (numbers == np.round(numbers)), f"whole and {rule}"
        if not np.all(allowed):
            raise ArgumentError(f"{symbol} is {value!r:.60}; in {self.name} it must be {rule}")
        return numbers.astype(int) if symbol.is_integer else numbers


def _entry_by_entry(formula: sp.MatrixBase, parameters: tuple[sp.Symbol, ...]) -> Callable[..., np.ndarray]:
    entries = [sp.lambdify(parameters, entry, modules=MODULES) for entry in formula]

    def compute(*values: Any) -> np.ndarray:
        numbers = [entry(*values) for entry in entries]
        arrays = np.broadcast_arrays(*numbers, *values)[: len(entries)]
        return np.stack(arrays, axis=-1).reshape(*arrays[0].shape, *formula.shape)

    return compute
