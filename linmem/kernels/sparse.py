"""Products of a sparse matrix, stored by rows, and a block of columns."""

from numba import njit, prange


def _add_product(data, columns, starts, X, out):
    """Add A X to `out`, which is not X: A by its entries, their columns, and where its rows start; blocks in C order.

    Memory is what costs: a row of X is fetched once for all its columns, two lines of cache for 16 of them.
    """
    for i in prange(len(starts) - 1):
        for entry in range(starts[i], starts[i + 1]):
            weight, source = data[entry], columns[entry]
            for c in range(X.shape[1]):
                out[i, c] += weight * X[source, c]


add_product = njit(cache=True, nogil=True)(_add_product)
add_product_threaded = njit(cache=True, parallel=True, nogil=True)(_add_product)
