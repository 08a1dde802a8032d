"""Matrix products and triangular solves by the BLAS that SciPy uses, and the number of threads that BLAS may take.

NumPy brings a BLAS of its own, with threads of its own. On a machine of few cores the idle threads of one pool spin
while the other works: a product by NumPy followed by a factorisation by SciPy takes twice as long as the two by one
library. So NumPy's has one thread inside `blas_threads_for`, whatever the size, and `product` takes SciPy's. Small
matrices start no thread, and there NumPy's product has the shorter call.

Contents
--------
product, product_adjoint, product_lower, congruence, plus_congruence
    A B, A B*, A L, A S A* and S + A S A*.
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
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg.blas import get_blas_funcs
from scipy.linalg.lapack import get_lapack_funcs
from threadpoolctl import ThreadpoolController

PANEL, ROWS = 1000, 200  # rows of a product that is used up as it is made, and of a block of the triangle
SMALL = 700  # units below which two threads gain a sixth at best on idle cores, and lose up to 50 times on busy ones
TINY = 32  # units below which OpenBLAS starts no thread for square matrices, nor for blocks of 256 columns
SERIAL, SERIAL_SUM = 64**3, 64**2  # multiplications for which OpenBLAS starts no thread: in a product, in a sum


@cache
def _libraries() -> tuple[ThreadpoolController, ThreadpoolController]:
    """The BLAS libraries in memory, and those that came with NumPy and serve nobody else.

    Found once: looking for them costs more than a small factorisation.
    """
    import scipy.linalg  # noqa: F401  its BLAS must be loaded before it can be found

    libraries = ThreadpoolController().select(user_api="blas")
    paths = [library.filepath for library in libraries.lib_controllers]
    of_numpy = [path for path in paths if any(part.split(".")[0] == "numpy" for part in Path(path).parts)]
    return libraries, libraries.select(filepath=of_numpy)


def one_blas_thread() -> AbstractContextManager[Any]:
    """Hold BLAS at one thread, as numba's own threads need it."""
    return _libraries()[0].limit(limits=1)


def blas_threads_for(size: int) -> AbstractContextManager[Any]:
    """All threads of SciPy's BLAS for matrices of `size` rows, or one where they are small; one of NumPy's."""
    if size < TINY:
        return nullcontext()
    libraries, of_numpy = _libraries()
    held = libraries if size < SMALL else of_numpy
    # to set a limit costs as much as a small factorisation; it is not needed where the user has set it
    if all(library.num_threads == 1 for library in held.lib_controllers):
        return nullcontext()
    return held.limit(limits=1)


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
    """A S A* for Hermitian S (the identity where None): the lower triangle, mirrored. A S is never there as a whole."""
    if len(A) <= ROWS:
        return product_adjoint(A if S is None else product(A, S), A)
    if S is None:
        return _mirrored(_gram(A))
    result = np.empty(A.shape, np.result_type(A, S))
    for top in range(0, len(A), PANEL):
        panel = product(A[top : top + PANEL], S)
        for start in range(top, top + len(panel), ROWS):
            stop = min(start + ROWS, top + len(panel))
            result[start:stop, :stop] = product_adjoint(panel[start - top : stop - top], A[:stop])
    return _mirrored(result)


def plus_congruence(S: np.ndarray, A: np.ndarray) -> np.ndarray:
    """S + A S A* for Hermitian S, which may be overwritten; in single precision where A is.

    With S = L L* it is S + (A L) (A L)*: a factorisation and a triangular product cost two thirds of a product of full
    matrices.
    """
    in_single = A.dtype in (np.float32, np.complex64)
    L = cholesky_lower(S) if len(S) > ROWS else None
    if L is None:
        return S + congruence(A, halved(S) if in_single else S)
    if in_single:
        added = _gram(product_lower(A, halved(L)))
        return _mirrored(np.add(S, added, out=S))
    return _mirrored(_gram(product_lower(A, L), S))


def halved(M: np.ndarray) -> np.ndarray:
    """M in half the precision."""
    return M.astype(np.complex64 if np.iscomplexobj(M) else np.float32)


def _gram(A: np.ndarray, S: np.ndarray | None = None) -> np.ndarray:
    """The lower triangle of A A*, or of S + A A* in place of S; what stands above it has no meaning."""
    name, adjoint = ("herk", 2) if np.iscomplexobj(A) else ("syrk", 1)
    rank_update = get_blas_funcs(name, (A,))
    # BLAS counts columns: to it these arrays are their transposes, and their lower triangles upper ones
    options = {} if S is None else {"beta": 1.0, "c": S.T, "overwrite_c": 1}
    return rank_update(1.0, A.T, trans=adjoint, lower=0, **options).T


def _mirrored(M: np.ndarray) -> np.ndarray:
    """The Hermitian matrix with the lower triangle of M, in place."""
    for start in range(0, len(M), ROWS):
        stop = start + ROWS
        M[:start, start:stop] = M[start:stop, :start].conj().T
        block = np.tril(M[start:stop, start:stop])
        M[start:stop, start:stop] = block + np.tril(block, -1).conj().T
    return M


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
