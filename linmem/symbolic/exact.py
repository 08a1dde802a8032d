r"""Exact memory: the noise covariance and Fisher memory of small matrices of numbers, symbols, or both.

Conventions
-----------
As in the rest of the package: h_t = W h_{t-1} + v s_t + z_t, `W[i, j]` is the weight from unit j to unit i, z has
covariance I, or the one given as `noise`. Matrices are those of sympy, or nested lists. Their entries are exact: floats
are refused. Where W has symbols, the result holds for all values of them at which W is stable; for a matrix of numbers
stability is decided. The functions are meant for up to about six units.

Equations are solved, and covariances inverted, by elimination in the field of fractions of the symbols. That is exact:
there is no rounding, and no threshold.

Contents
--------
noise_covariance
    C, stationary or over a horizon; in continuous time.
fisher_memory_at_lag, fisher_memory_matrix
    J(k); J_kl.
spatial_fisher_memory, total_fisher_memory
    J^s; J_tot.
solve_stein, solve_lyapunov, inverse
    The equations behind them; the inverse of a matrix.
square, factored
    A checked square matrix; an expression as one fraction, in factors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from linmem.errors import ArgumentError, InvalidNetworkError, UnstableNetworkError
from linmem.validation import whole_number


def noise_covariance(W: Any, *, noise: Any = None, horizon: int | None = None, continuous: bool = False) -> sp.Matrix:
    r"""Noise covariance C = sum_k W^k Q W*^k, over k < horizon, or over all k: then C = W C W* + Q.

    In continuous time A C + C A* = -Q.

    Raises
    ------
    InvalidNetworkError
        A float, or a matrix that is not square; two eigenvalues whose product is 1, so that there is no solution.
    ArgumentError
        A horizon that is no positive whole number, or one in continuous time.
    UnstableNetworkError
        A matrix of numbers whose spectral radius is not below 1 (in continuous time: abscissa not below 0).

    Examples
    --------
    >>> a = sp.Symbol("a", real=True)
    >>> noise_covariance([[0, 0], [a, 0]])
    Matrix([
    [1,        0],
    [0, a**2 + 1]])
    >>> noise_covariance([[1]], horizon=5)
    Matrix([[5]])
    """
    W = square("recurrent", W)
    Q = _noise(noise, W.rows)
    if horizon is not None:
        if continuous:
            raise ArgumentError("horizon counts steps; continuous time has none: leave it out")
        return _summed(W, Q, whole_number("horizon", horizon))
    C = solve_lyapunov(W, Q) if continuous else solve_stein(W, Q)
    _require_stable(W, C, continuous)
    return C.applyfunc(factored)


def spatial_fisher_memory(
    W: Any, *, noise: Any = None, horizon: int | None = None, continuous: bool = False
) -> sp.Matrix:
    r"""Spatial Fisher memory matrix J^s = sum_k W*^k C^-1 W^k, over k < horizon, or over all k.

    Examples
    --------
    >>> spatial_fisher_memory([[0, 0], [2, 0]])      # a chain: diagonal, of trace 2
    Matrix([
    [9/5,   0],
    [  0, 1/5]])
    """
    W = square("recurrent", W)
    precision = inverse(noise_covariance(W, noise=noise, horizon=horizon, continuous=continuous))
    if horizon is not None:
        return _summed(W.H, precision, horizon)
    memory = solve_lyapunov(W.H, precision) if continuous else solve_stein(W.H, precision)
    return memory.applyfunc(factored)


def total_fisher_memory(W: Any, v: Any, **keywords: Any) -> sp.Expr:
    r"""Total Fisher memory J_tot = v* J^s v = tr C^-1 sum_k W^k v v* W*^k.

    The keywords are those of `noise_covariance`.

    Examples
    --------
    >>> total_fisher_memory([[0, 0], [1, 0]], [1, 0])
    3/2
    """
    W = square("recurrent", W)
    v = _input(v, W.rows)
    precision = inverse(noise_covariance(W, **keywords))
    if keywords.get("horizon") is not None:
        signal = _summed(W, v * v.H, keywords["horizon"])
    elif keywords.get("continuous"):
        signal = solve_lyapunov(W, v * v.H)
    else:
        signal = solve_stein(W, v * v.H)
    return factored(_product(precision, signal).to_Matrix().trace())


def fisher_memory_at_lag(W: Any, v: Any, lag: int, **keywords: Any) -> sp.Expr:
    r"""Fisher memory J(k) = v* W*^k C^-1 W^k v at one lag; the keywords are those of `noise_covariance`.

    In continuous time J(t) = v* exp(A* t) C^-1 exp(A t) v, and the lag is an expression.

    Examples
    --------
    >>> a = sp.Symbol("a", positive=True)
    >>> fisher_memory_at_lag([[0, 0], [a, 0]], [1, 0], 1)
    a**2/(a**2 + 1)
    """
    if not keywords.get("continuous"):
        lags = whole_number("lag", lag, at_least=0) + 1
        return fisher_memory_matrix(W, v, lags, **keywords)[-1]
    A = square("recurrent", W)
    w = (A * sp.sympify(lag)).exp() * _input(v, A.rows)
    precision = inverse(noise_covariance(A, **keywords))
    return sp.simplify((w.H * precision * w)[0])


def fisher_memory_matrix(W: Any, v: Any, lags: int, **keywords: Any) -> sp.Matrix:
    r"""Fisher memory matrix J_kl = v* W*^k C^-1 W^l v of the first lags; its diagonal is J(k)."""
    W = square("recurrent", W)
    columns = [_input(v, W.rows)]
    for _ in range(whole_number("lags", lags) - 1):
        columns.append(W * columns[-1])
    K = sp.Matrix.hstack(*columns)
    precision = inverse(noise_covariance(W, **keywords))
    return _product(K.H, precision, K).to_Matrix().applyfunc(factored)


def solve_stein(W: sp.Matrix, Q: sp.Matrix) -> sp.Matrix:
    """The solution X of X = W X W* + Q."""

    def remainder(X: sp.Matrix) -> sp.Matrix:
        return X - W * X * W.H

    return _solve(remainder, Q, "recurrent has two eigenvalues l, m with l m* = 1")


def solve_lyapunov(A: sp.Matrix, Q: sp.Matrix) -> sp.Matrix:
    """The solution X of A X + X A* = -Q."""

    def remainder(X: sp.Matrix) -> sp.Matrix:
        return -A * X - X * A.H

    return _solve(remainder, Q, "drift has two eigenvalues l, m with l + m* = 0")


def _solve(image: Callable[[sp.Matrix], sp.Matrix], Q: sp.Matrix, singular: str) -> sp.Matrix:
    """X with image(X) = Q, by elimination in the field of fractions of the symbols."""
    n = Q.rows
    real = all(entry.is_real for entry in [*Q, *image(sp.ones(n, n))])
    # a real solution is symmetric: the cells on and above the diagonal are enough
    cells = [(i, j) for i in range(n) for j in range(n) if not real or i <= j]
    columns = []
    for cell in cells:
        result = image(_unit_matrix(n, cell, symmetric=real))
        columns.append([result[other] for other in cells])
    right_side = sp.Matrix([Q[cell] for cell in cells])
    system = sp.Matrix(columns).T.row_join(right_side)
    rows, pivots = _in_field(system).rref()
    if pivots != tuple(range(len(cells))):
        raise InvalidNetworkError(f"{singular}, so that no noise is stationary; pass horizon=n to count n steps only")
    values = rows.to_Matrix()[:, -1]
    X = sp.zeros(n, n)
    for cell, value in zip(cells, values, strict=True):
        X += value * _unit_matrix(n, cell, symmetric=real)
    return X


def _unit_matrix(n: int, cell: tuple[int, int], *, symmetric: bool) -> sp.Matrix:
    """The matrix with a 1 in one cell, and in the cell across the diagonal where it is symmetric."""
    unit = sp.zeros(n, n)
    i, j = cell
    unit[i, j] = 1
    if symmetric:
        unit[j, i] = 1
    return unit


def _summed(W: sp.Matrix, Q: sp.Matrix, horizon: int) -> sp.Matrix:
    """sum_{k < horizon} W^k Q W*^k."""
    total = Q
    for _ in range(horizon - 1):
        total = (W * total * W.H + Q).applyfunc(sp.cancel)
    return total


def inverse(C: sp.Matrix) -> sp.Matrix:
    """The inverse of a matrix, in the field of fractions of the symbols."""
    result = sp.zeros(*C.shape)
    for block in C.connected_components():  # of a covariance: units whose noise is independent of the others
        part = _in_field(C.extract(block, block)).inv().to_Matrix()
        for i, row in enumerate(block):
            for j, column in enumerate(block):
                result[row, column] = part[i, j]
    return result


def _in_field(matrix: sp.Matrix) -> DomainMatrix:
    """The matrix over the field of fractions of its symbols and roots, in which elimination needs no simplification."""
    return DomainMatrix.from_Matrix(matrix, extension=True).to_field()


def _product(*matrices: sp.Matrix) -> DomainMatrix:
    """The product, in the field of fractions of the symbols."""
    first, *others = DomainMatrix.unify(*(_in_field(matrix) for matrix in matrices))
    for other in others:
        first = first * other
    return first


def factored(expression: sp.Expr) -> sp.Expr:
    """An expression as one fraction, in factors."""
    return sp.factor(expression)


def square(argument: str, value: Any) -> sp.Matrix:
    """A square matrix of exact entries."""
    matrix = _exact(argument, value)
    if matrix.rows != matrix.cols or not matrix.rows:
        raise InvalidNetworkError(f"{argument} has shape {matrix.shape}; it must be square, with at least one unit")
    return matrix


def _input(value: Any, n: int) -> sp.Matrix:
    v = _exact("feedforward", value)
    if v.rows != n or v.cols != 1:
        raise InvalidNetworkError(f"feedforward has shape {v.shape}; it must hold {n} weights, one for each unit")
    return v


def _noise(value: Any, n: int) -> sp.Matrix:
    if value is None:
        return sp.eye(n)
    Q = _exact("noise", value)
    if Q.shape != (n, n) or Q != Q.H:
        raise InvalidNetworkError(f"noise has shape {Q.shape}; it must be a symmetric covariance of shape {(n, n)}")
    return Q


def _exact(argument: str, value: Any) -> sp.Matrix:
    try:
        matrix = sp.Matrix(value)
    except (TypeError, ValueError, sp.SympifyError):
        raise InvalidNetworkError(
            f"{argument} is {value!r:.60}; it must be a matrix of sympy, or rows of equal length"
        ) from None
    floats = matrix.atoms(sp.Float)
    if floats:
        raise InvalidNetworkError(
            f"{argument} holds {min(floats)}, a float; exact mathematics needs exact numbers, as "
            "sympy.Rational('0.9') or sympy.sqrt(2)"
        )
    if matrix.has(sp.nan, sp.zoo, sp.oo):
        raise InvalidNetworkError(f"{argument} holds an entry that is not finite; every weight must be a finite number")
    return matrix


def _require_stable(W: sp.Matrix, C: sp.Matrix, continuous: bool) -> None:
    """Raise unless the solution is positive definite: then, and only then, a matrix of numbers is stable (Lyapunov)."""
    if W.free_symbols or C.free_symbols:
        return
    minors = [C[:size, :size].det() for size in range(1, C.rows + 1)]
    if not all(minor.is_positive for minor in minors):
        eigenvalues = [complex(value) for value in W.eigenvals(multiple=True)]
        largest = max(value.real if continuous else abs(value) for value in eigenvalues)
        raise UnstableNetworkError(largest, continuous=continuous)
