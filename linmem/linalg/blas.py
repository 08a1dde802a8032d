"""Matrix products by the BLAS that SciPy's factorisations use, and the number of threads that BLAS may take.

NumPy brings a BLAS of its own, with threads of its own. On a machine of few cores the idle threads of one pool spin
while the other works: a product by NumPy followed by a factorisation by SciPy takes twice as long as the two by one
library.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

import numpy as np
from scipy.linalg.blas import get_blas_funcs
from threadpoolctl import ThreadpoolController

PANEL, ROWS = 1000, 200  # rows of a product that is used up as it is made, and of a block of the triangle
SMALL = 192  # units below which threads of BLAS wait for each other longer than they work


@cache
def _controller() -> ThreadpoolController:
    """Found once: looking for the libraries costs more than a small factorisation."""
    import scipy.linalg  # noqa: F401  its BLAS must be loaded before it can be found

    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager:
    """Hold BLAS at one thread, as numba's own threads need it."""
    return _controller().limit(limits=1, user_api="blas")


def blas_threads_for(size: int) -> AbstractContextManager:
    """All threads for matrices of `size` rows, or one where the matrices are small."""
    return one_blas_thread() if size < SMALL else nullcontext()


def product(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A B, in C order."""
    A, B = _same_type(A, B)
    return get_blas_funcs("gemm", (A, B))(1.0, B.T, A.T).T


def product_adjoint(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A B*, in C order."""
    A, B = _same_type(A, B)
    return get_blas_funcs("gemm", (A, B))(1.0, B.T, A.T, trans_a=2).T


def product_lower(A: np.ndarray, L: np.ndarray) -> np.ndarray:
    """A L for lower triangular L, in C order."""
    dtype = np.result_type(A, L)
    A, L = np.ascontiguousarray(A, dtype), np.asfortranarray(L, dtype)
    return get_blas_funcs("trmm", (L, A))(1.0, L, A.T, lower=1, trans_a=1).T


def congruence(A: np.ndarray, S: np.ndarray | None = None) -> np.ndarray:
    """A S A* for Hermitian S (the identity where None): the lower triangle by blocks of rows, mirrored.

    A S is never there as a whole.
    """
    result = np.empty(A.shape, A.dtype if S is None else np.result_type(A, S))
    for top in range(0, len(A), PANEL):
        panel = A[top : top + PANEL] if S is None else product(A[top : top + PANEL], S)
        for start in range(top, top + len(panel), ROWS):
            stop = min(start + ROWS, top + len(panel))
            block = product_adjoint(panel[start - top : stop - top], A[:stop])
            result[start:stop, :stop] = block
            result[:start, start:stop] = block[:, :start].conj().T
    return result


def squared_norm(A: np.ndarray) -> float:
    """||A||_F^2, without a BLAS."""
    return float(np.einsum("ij,ij->", A.conj(), A).real)


def _same_type(A, B):
    dtype = np.result_type(A, B)
    return np.ascontiguousarray(A, dtype), np.ascontiguousarray(B, dtype)
