"""Products of a sparse matrix, stored by rows, and a block of columns."""

from linmem.kernels.compiling import compiled


@compiled(nogil=True)
def add_product(data, columns, starts, X, out):
    """out += A X, A (rows, N) by its entries, their columns, and the starts of its rows.

    X (N, d) and `out` (rows, d) are different arrays in C order. Blocks of columns run side by side in threads of
    Python (see `threads`): a version with numba's own threads would share the file of numba's cache with this one.
    """
    for i in range(len(starts) - 1):
        for entry in range(starts[i], starts[i + 1]):
            weight, source = data[entry], columns[entry]
            # the loop is bound by memory: a row of X is fetched once for all its columns, which lie side by side
            for c in range(X.shape[1]):
                out[i, c] += weight * X[source, c]
