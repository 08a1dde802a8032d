r"""Exact memory: the noise covariance and Fisher memory of small matrices of numbers, symbols, or both.

Conventions
-----------
As in the rest of the package: h_t = W h_{t-1} + v s_t + z_t, `W[i, j]` is the weight from unit j to unit i, z has
covariance I, or the one given as `noise`. Matrices are those of sympy, or nested lists; their entries are exact, so
that a float is refused. Where W has symbols, what is found holds for all values of them at which W is stable; of a
matrix of numbers stability is decided. Meant for up to six units or so.

Contents
--------
noise_covariance
    C, at rest or of a horizon; in continuous time.
fisher_memory_at_lag, fisher_memory_matrix
    J(k); J_kl.
spatial_fisher_memory, total_fisher_memory
    J^s; J_tot.
solve_stein, solve_lyapunov
    The equations behind them.
small_gain_series, small_gain_flow_series
    J^s in powers of the gain, of matrices of every size.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from linmem.errors import InvalidNetworkError, UnstableNetworkError
from linmem.symbolic.words import letters, reduced
from linmem.validation import whole_number


def noise_covariance(W: Any, *, noise: Any = None, horizon: int | None = None, continuous: bool = False) -> sp.Matrix:
    r"""Noise covariance C = sum_k W^k Q W*^k, over k < horizon, or over all k: then C = W C W* + Q.

    In continuous time A C + C A* = -Q.

    Raises
    ------
    InvalidNetworkError
        A float, a matrix that is not square; two eigenvalues whose product is 1, so that there is no solution.
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
            raise InvalidNetworkError("horizon counts steps; continuous time has none: leave it out")
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
    return (solve_lyapunov if continuous else solve_stein)(W.H, precision).applyfunc(factored)


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
    else:
        signal = (solve_lyapunov if keywords.get("continuous") else solve_stein)(W, v * v.H)
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
    if keywords.get("continuous"):
        A = square("recurrent", W)
        w = (A * sp.sympify(lag)).exp() * _input(v, A.rows)
        return sp.simplify((w.H * inverse(noise_covariance(A, **keywords)) * w)[0])
    return fisher_memory_matrix(W, v, whole_number("lag", lag, at_least=0) + 1, **keywords)[-1]


def fisher_memory_matrix(W: Any, v: Any, lags: int, **keywords: Any) -> sp.Matrix:
    r"""Fisher memory matrix J_kl = v* W*^k C^-1 W^l v of the first lags; its diagonal is J(k)."""
    W = square("recurrent", W)
    columns = [_input(v, W.rows)]
    for _ in range(whole_number("lags", lags) - 1):
        columns.append(W * columns[-1])
    K = sp.Matrix.hstack(*columns)
    return _product(K.H, inverse(noise_covariance(W, **keywords)), K).to_Matrix().applyfunc(factored)


def solve_stein(W: sp.Matrix, Q: sp.Matrix) -> sp.Matrix:
    """X = W X W* + Q."""
    return _solve(lambda X: X - W * X * W.H, Q, "recurrent has two eigenvalues l, m with l m* = 1")


def solve_lyapunov(A: sp.Matrix, Q: sp.Matrix) -> sp.Matrix:
    """A X + X A* = -Q."""
    return _solve(lambda X: -A * X - X * A.H, Q, "drift has two eigenvalues l, m with l + m* = 0")


def _solve(image, Q: sp.Matrix, singular: str) -> sp.Matrix:
    """X with image(X) = Q, by elimination in the field of fractions of the symbols."""
    n = Q.rows
    real = all(entry.is_real for entry in [*Q, *image(sp.ones(n, n))])
    cells = [(i, j) for i in range(n) for j in range(n) if not real or i <= j]
    columns = []
    for i, j in cells:
        unit = sp.zeros(n, n)
        unit[i, j] = unit[j, i] = 1
        if not real:
            unit[j, i] = 1 if i == j else 0
        result = image(unit)
        columns.append([result[cell] for cell in cells])
    system = sp.Matrix(columns).T.row_join(sp.Matrix([Q[cell] for cell in cells]))
    reduced_rows, pivots = _in_field(system).rref()
    if pivots != tuple(range(len(cells))):
        raise InvalidNetworkError(f"{singular}, so that no noise is stationary; pass horizon=n to count n steps only")
    values = reduced_rows.to_Matrix()[:, -1]
    X = sp.zeros(n, n)
    for (i, j), value in zip(cells, values, strict=True):
        X[i, j] = value
        if real:
            X[j, i] = value
    return X


def _summed(W: sp.Matrix, Q: sp.Matrix, horizon: int) -> sp.Matrix:
    """sum_{k < horizon} W^k Q W*^k."""
    total = Q
    for _ in range(horizon - 1):
        total = (W * total * W.H + Q).applyfunc(sp.cancel)
    return total


def inverse(C: sp.Matrix) -> sp.Matrix:
    """The inverse, in the field of fractions of the symbols."""
    found = sp.zeros(*C.shape)
    for block in C.connected_components():  # of a covariance: units whose noise is independent
        part = _in_field(C.extract(block, block)).inv().to_Matrix()
        for i, row in enumerate(block):
            for j, column in enumerate(block):
                found[row, column] = part[i, j]
    return found


def _in_field(matrix: sp.Matrix) -> DomainMatrix:
    """Over the fractions of the symbols, with the roots that occur in it adjoined: elimination needs no simplifying."""
    return DomainMatrix.from_Matrix(matrix, extension=True).to_field()


def _product(*matrices: sp.Matrix) -> DomainMatrix:
    """The product, in the field of fractions of the symbols."""
    first, *others = DomainMatrix.unify(*(_in_field(one) for one in matrices))
    for other in others:
        first = first * other
    return first


def factored(expression: sp.Expr) -> sp.Expr:
    """One fraction, in factors."""
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
    """A matrix of numbers is stable if and only if the solution is positive definite (Lyapunov, Stein)."""
    if W.free_symbols or C.free_symbols:
        return
    if any(not C[: i + 1, : i + 1].det().is_positive for i in range(C.rows)):
        values = [complex(one) for one in W.eigenvals(multiple=True)]
        worst = max(one.real if continuous else abs(one) for one in values)
        raise UnstableNetworkError(worst, continuous=continuous)


def small_gain_series(order: int = 4) -> sp.Expr:
    r"""J^s of W = g M in powers of g, up to g^order: a polynomial in g, M and M', of matrices of every size.

    Examples
    --------
    >>> small_gain_series(2)
    -g**2*M*M' + g**2*M'*M + 1
    """
    g = sp.Symbol("g", positive=True)
    M, Ms = letters("M")
    order = whole_number("order", order, at_least=0)
    terms = range(order // 2 + 1)
    C = sum((g ** (2 * k) * M**k * Ms**k for k in terms), sp.S.Zero)
    inverse_of_c = _geometric(1 - C, g, order)
    return _truncated(sum(g ** (2 * k) * Ms**k * inverse_of_c * M**k for k in terms), g, order)


def small_gain_flow_series(order: int = 2) -> sp.Expr:
    r"""J^s of the drift A = -c + g M in powers of g, up to g^order; in continuous time.

    Examples
    --------
    >>> small_gain_flow_series(1)
    1
    """
    g, c = sp.symbols("g c", positive=True)
    M, Ms = letters("M")
    order = whole_number("order", order, at_least=0)
    C = _flow_solution(M, Ms, sp.S.One, g, c, order)
    precision = sp.expand(2 * c * _geometric(1 - 2 * c * C, g, order))
    return _flow_solution(Ms, M, precision, g, c, order)


def _flow_solution(M, Ms, Q, g, c, order):
    """X with A X + X A* = -Q, A = -c + g M, in powers of g."""
    X = sp.S.Zero
    for _ in range(order + 1):
        X = _truncated((g * (M * X + X * Ms) + Q) / (2 * c), g, order)
    return X


def _geometric(small, g, order):
    """1 / (1 - small) in powers of g, where small has no term of order 0."""
    total = sp.S.One
    for _ in range(order):
        total = _truncated(1 + total * small, g, order)
    return total


def _truncated(expression, g, order):
    terms = sp.Add.make_args(reduced(expression))
    return sp.Add(
        *(term for term in terms if sp.degree((term.args_cnc()[0] and sp.Mul(*term.args_cnc()[0])) or 1, g) <= order)
    )
