"""Matrix products and triangular solves by the BLAS that SciPy uses, and the number of threads that BLAS may take.

NumPy brings a BLAS of its own, with threads of its own. On a machine of few cores the idle threads of one pool spin
while the other works: a product by NumPy followed by a factorisation by SciPy takes twice as long as the two by one
library. Small matrices start no thread, and there NumPy's product has the shorter call.

Contents
--------
product, product_adjoint, product_lower, congruence
    A B, A B*, A L and A S A*.
cholesky_lower, solve_lower, solve_upper_adjoint
    The factor L of C = L L*, and L^-1 X, S^-* X.
squared_norm
    ||A||_F^2.
one_blas_thread, blas_threads_for
    How many threads BLAS may take inside a block.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import numpy as np
from scipy.linalg.blas import get_blas_funcs
from scipy.linalg.lapack import get_lapack_funcs
from threadpoolctl import ThreadpoolController

PANEL, ROWS = 1000, 200  # rows of a product that is used up as it is made, and of a block of the triangle
SMALL = 192  # units below which threads of BLAS wait for each other longer than they work
TINY = 32  # units below which OpenBLAS starts no thread for square matrices, nor for blocks of 256 columns
SERIAL, SERIAL_SUM = 64**3, 64**2  # multiplications for which OpenBLAS starts no thread: in a product, in a sum


@cache
def _controller() -> ThreadpoolController:
    """The BLAS libraries in memory, found once: looking for them costs more than a small factorisation."""
    import scipy.linalg  # noqa: F401  its BLAS must be loaded before it can be found

    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """Hold BLAS at one thread, as numba's own threads need it."""
    return _controller().limit(limits=1, user_api="blas")


def blas_threads_for(size: int) -> AbstractContextManager[Any]:
    """All threads for matrices of `size` rows, or one where the matrices are small."""
    if size >= SMALL:
        return nullcontext()
    # to set a limit costs as much as a small factorisation; it is not needed where the user has set it
    if all(library.num_threads == 1 for library in _controller().lib_controllers if library.user_api == "blas"):
        return nullcontext()
    return one_blas_thread()


def product(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A B, in C order."""
    if A.size * B.shape[1] <= SERIAL:
        return A @ B
    A, B = _same_type(A, B)
    return get_blas_funcs("gemm", (A, B))(1.0, B.T, A.T).T


def product_adjoint(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A B*, in C order."""
    if A.size * len(B) <= SERIAL:
        return A @ B.conj().T
    A, B = _same_type(A, B)
    return get_blas_funcs("gemm", (A, B))(1.0, B.T, A.T, trans_a=2).T


def product_lower(A: np.ndarray, L: np.ndarray) -> np.ndarray:
    """A L for lower triangular L, in C order."""
    if A.size * len(L) <= SERIAL:
        return A @ L
    dtype = np.result_type(A, L)
    A, L = np.ascontiguousarray(A, dtype), np.asfortranarray(L, dtype)
    return get_blas_funcs("trmm", (L, A))(1.0, L, A.T, lower=1, trans_a=1).T


def congruence(A: np.ndarray, S: np.ndarray | None = None) -> np.ndarray:
    """A S A* for Hermitian S (the identity where None): the lower triangle by blocks of rows, mirrored.

    A S is never there as a whole.
    """
    if len(A) <= ROWS:
        return product_adjoint(A if S is None else product(A, S), A)
    result = np.empty(A.shape, A.dtype if S is None else np.result_type(A, S))
    for top in range(0, len(A), PANEL):
        panel = A[top : top + PANEL]
        if S is not None:
            panel = product(panel, S)
        for start in range(top, top + len(panel), ROWS):
            stop = min(start + ROWS, top + len(panel))
            block = product_adjoint(panel[start - top : stop - top], A[:stop])
            result[start:stop, :stop] = block
            result[:start, start:stop] = block[:, :start].conj().T
    return result


def cholesky_lower(C: np.ndarray) -> np.ndarray | None:
    """L, lower triangular, with C = L L*, in Fortran order; None where C is not positive definite."""
    L, info = get_lapack_funcs("potrf", (C,))(C, lower=1, clean=1)
    return L if info == 0 else None


def solve_lower(L: np.ndarray, X: np.ndarray) -> np.ndarray:
    """L^-1 X for lower triangular L in Fortran order, in Fortran order."""
    return get_lapack_funcs("trtrs", (L, X))(L, X, lower=1)[0]


def solve_upper_adjoint(S: np.ndarray, X: np.ndarray) -> np.ndarray:
    """S^-* X for upper triangular S, in Fortran order."""
    trtrs = get_lapack_funcs("trtrs", (S, X))
    if np.iscomplexobj(S):
        return trtrs(S, X, trans=2)[0]
    return trtrs(S.T, X, lower=1)[0]  # S is in C order: its transpose is not copied


def squared_norm(A: np.ndarray) -> float:
    """||A||_F^2, without a thread."""
    if A.size <= SERIAL_SUM:
        return float(np.vdot(A, A).real)
    return float(np.einsum("ij,ij->", A.conj(), A).real)


def _same_type(A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dtype = np.result_type(A, B)
    return np.ascontiguousarray(A, dtype), np.ascontiguousarray(B, dtype)
