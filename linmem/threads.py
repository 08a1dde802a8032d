"""How many threads linear algebra may take."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

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
