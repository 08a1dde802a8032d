"""Products in vector registers against einsum, and the order of their sums against each other."""

import numpy as np
import pytest

from linmem.kernels.tiles import MEMBERS, SIDE, aligned, multiply_members, multiply_rows, symmetric_members


def members(n, count):
    """Random matrices (n, n, MEMBERS), aligned."""
    made = [aligned(n, n, MEMBERS, dtype=float) for _ in range(count)]
    for i, one in enumerate(made):
        one[:] = np.random.default_rng(i).standard_normal(one.shape)
    return made


@pytest.mark.parametrize("n", [SIDE, 3 * SIDE])
def test_products_member_by_member(n):
    """A sum of n products: n ulps of their size."""
    a, b, out = members(n, 3)
    multiply_members(a, b, False, out)
    assert out == pytest.approx(np.einsum("ikm,kjm->ijm", a, b), abs=1e-13)
    multiply_members(a, b, True, out)
    assert out == pytest.approx(np.einsum("ikm,jkm->ijm", a, b), abs=1e-13)
    symmetric_members(a, a, out)
    assert out == pytest.approx(np.einsum("ikm,jkm->ijm", a, a), abs=1e-13)
    assert np.array_equal(out, out.transpose(1, 0, 2))


@pytest.mark.parametrize("rows", [1, 3, 4, 7, 8])
@pytest.mark.parametrize("columns", [8, 16, 32, 72, 104])
def test_products_row_by_row_do_not_depend_on_the_rows_beside(rows, columns):
    """Any tile sums in one order: rows alone have the same bits."""
    rng = np.random.default_rng(rows)
    a, b = rng.standard_normal((rows, 21)), rng.standard_normal((19, columns))  # of a, 19 columns are read
    out, alone = np.empty((rows, columns)), np.empty((1, columns))
    multiply_rows(a, b, out)
    assert out == pytest.approx(a[:, :19] @ b, abs=1e-13)
    for i in range(rows):
        multiply_rows(a[i : i + 1], b, alone)
        assert np.array_equal(alone[0], out[i])
