"""How many threads linear algebra may take."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    """Found once: looking for the libraries costs more than a small factorisation."""
    import scipy.linalg  # noqa: F401  its BLAS must be loaded before it can be found

    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager:
    """Hold BLAS at one thread: under numba's own threads, and where matrices are so small that threads only wait for each other."""
    return _controller().limit(limits=1, user_api="blas")
