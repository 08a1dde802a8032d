"""Numbers that say how far to trust them.

Conventions
-----------
Every measure of the package returns one of the two, or a result that has an array of errors beside each array. `error`
is absolute, in the unit of the value: an upper bound, or an upper estimate, of the distance from the exact value for
the network as it is stored in doubles. docs/accuracy.md has a line for each function that says which. The error does
not count how the weights were rounded before they reached the package: `linmem.rounding_sensitivity` does.

Contents
--------
Measured
    A float that carries its error and the method that computed it.
MeasuredArray
    An array that carries the error of each entry, and the method.
measured_array
    An array, its errors and the method as one.
shown
    A number with the digits that its error leaves.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np


class Measured(float):
    """A float with its error: it computes, compares, prints and pickles as the float does.

    What is computed from it is a plain float again, as the error of that depends on the computation.

    Attributes
    ----------
    error
        An upper bound or estimate of the distance from the exact value, absolute; 0 for an exact value.
    method
        The computation that gave it.
    point
        Where an extreme value is attained: a complex number, an angle, or whatever the measure says; else None.

    Examples
    --------
    >>> radius = Measured(0.5, 1e-16, "eigenvalues", point=0.5j)
    >>> radius, radius + 1, radius.error, radius.point
    (0.5, 1.5, 1e-16, 0.5j)
    """

    __slots__ = ("error", "method", "point")

    error: float
    method: str
    point: Any

    def __new__(cls, value: float, error: float, method: str, point: Any = None) -> Self:
        number = super().__new__(cls, value)
        number.error = float(error)
        number.method = method
        number.point = point
        return number

    def __reduce__(self) -> Any:
        """What copies and pickles are made of."""
        return type(self), (float(self), self.error, self.method, self.point)

    def times_power_of_two(self, exponent: int) -> Measured:
        """The number and its error times 2^exponent. What falls below the smallest double is part of the error."""
        with np.errstate(under="ignore"):
            value = float(np.ldexp(float(self), exponent))
            error = float(np.ldexp(self.error, exponent))
            if self.error or float(np.ldexp(value, -exponent)) != float(self):
                error = float(np.nextafter(error, np.inf))
            point = self.point
            if isinstance(point, complex):
                point = complex(np.ldexp(point.real, exponent), np.ldexp(point.imag, exponent))
        return Measured(value, error, self.method, point)

    @property
    def relative_error(self) -> float:
        """The error over the modulus of the value: 0 for an exact value, infinite for an inexact 0."""
        return _relative(self.error, float(self))


class MeasuredArray(np.ndarray):
    """An array with the error of each entry: it computes, prints and pickles as the array does.

    An item or a slice keeps its errors. Whatever else is made of it has `error` None, which says that the error depends
    on the computation and is not known.

    Attributes
    ----------
    error
        An upper bound or estimate of the distance of each entry from its exact value, absolute, in the array's shape.
    method
        The computation that gave it.

    Examples
    --------
    >>> curve = measured_array([1.0, 0.5], [1e-16, 1e-17], "fast")
    >>> curve, 2 * curve, curve[1].error
    (array([1. , 0.5]), array([2., 1.]), 1e-17)
    """

    error: Any
    method: str

    def __array_finalize__(self, parent: Any) -> None:
        """Views have no error of their own."""
        self.error = None
        self.method = ""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Whatever numpy computes is a plain array or number."""
        if "out" in options:
            options["out"] = tuple(_plain(array) for array in options["out"])
        return getattr(ufunc, method)(*(_plain(array) for array in inputs), **options)

    def __getitem__(self, index: Any) -> Any:
        part = _plain(self)[index]
        if self.error is None:
            return part
        error = self.error[index]
        if np.ndim(part) == 0 and self.dtype.kind in "iub":
            return part  # a whole number, which may be an index
        if np.ndim(part) == 0 and not np.iscomplexobj(part):
            return Measured(part, error, self.method)
        return measured_array(part, error, self.method)

    def __reduce__(self) -> Any:
        return measured_array, (_plain(self), self.error, self.method)

    def __repr__(self) -> str:
        return repr(_plain(self))

    @property
    def relative_error(self) -> float:
        """The largest error over the largest modulus."""
        return _relative(float(np.max(self.error, initial=0.0)), float(np.abs(self).max(initial=0.0)))


def measured_array(values: Any, error: Any, method: str) -> MeasuredArray:
    """The values, read-only, with the error of each entry (or one error for all) and the method that gave them."""
    array = np.asarray(values).view(MeasuredArray)
    array.flags.writeable = False
    array.method = method
    array.error = None if error is None else np.broadcast_to(error, array.shape)
    return array


def _relative(error: float, value: float) -> float:
    """error / |value|; 0 where the error is, infinite where only the value is."""
    if error == 0:
        return 0.0
    return error / abs(value) if value else np.inf


def shown(value: float, digits: int = 6) -> str:
    """A number with at most so many digits, and none beyond its error if it carries one.

    >>> shown(Measured(2 / 3, 1e-3, "samples")), shown(Measured(2 / 3, 1e-9, "samples")), shown(2 / 3, 3)
    ('0.667', '0.666667', '0.667')
    >>> shown(Measured(1e-5, 0.02, "samples")), shown(Measured(1e-5, np.inf, "samples"))
    ('0 (error at most 0.02)', '1e-05 (error not known)')
    """
    error = getattr(value, "error", 0.0)
    if error is None or not np.isfinite(error):
        return f"{value:.1g} (error not known)" if np.isfinite(value) else f"{value:.{digits}g}"
    if error == 0 or not np.isfinite(value):
        return f"{value:.{digits}g}"
    if error >= abs(value):
        return f"0 (error at most {error:.1g})"
    known = int(np.floor(np.log10(abs(value))) + 1 - np.ceil(np.log10(error)))  # of its last place: at least the error
    return f"{value:.{max(1, min(digits, known))}g}"


def _plain(array: Any) -> Any:
    return array.view(np.ndarray) if isinstance(array, MeasuredArray) else array
