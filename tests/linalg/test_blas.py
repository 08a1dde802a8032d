"""Products by symmetric halves, and how many threads BLAS gets."""

import pytest
from threadpoolctl import ThreadpoolController

from linmem.linalg import blas

BLAS = ThreadpoolController().select(user_api="blas")
OF_NUMPY = [library for library in BLAS.lib_controllers if "numpy.libs" in library.filepath]


def threads_inside(size):
    """The threads of every BLAS inside the block, NumPy's first."""
    with BLAS.limit(limits=2):
        before = [library.num_threads for library in BLAS.lib_controllers]
        with blas.blas_threads_for(size):
            inside = {library.filepath: library.num_threads for library in BLAS.lib_controllers}
        assert [library.num_threads for library in BLAS.lib_controllers] == before  # each gets back what it had
    of_numpy = {library.filepath for library in OF_NUMPY}
    return {inside[path] for path in of_numpy}, {inside[path] for path in inside.keys() - of_numpy}


@pytest.mark.skipif(not OF_NUMPY or len(BLAS.lib_controllers) < 2, reason="NumPy and SciPy share one BLAS")
@pytest.mark.parametrize("size", [blas.TINY, blas.SMALL - 1])
def test_small_matrices_get_one_thread(size):
    assert threads_inside(size) == ({1}, {1})


@pytest.mark.skipif(not OF_NUMPY or len(BLAS.lib_controllers) < 2, reason="NumPy and SciPy share one BLAS")
def test_only_one_library_gets_threads_for_large_matrices():
    assert threads_inside(blas.SMALL) == ({1}, {2})
