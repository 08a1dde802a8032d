r"""Whether a matrix is normal, W W* = W* W, as far as its stored numbers tell.

Conventions
-----------
||.||_F is the Frobenius norm, ||.|| the spectral one. A normal matrix stays one when a multiple of the identity is
added, and a block diagonal matrix is normal exactly if its blocks are: sizes are taken after the one, in each of the
other, so that no large weight elsewhere hides what a small block decides.

Contents
--------
NormalityTest, normality_test
    Whether the stored numbers can be told from those of a normal matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components

from linmem.linalg.blas import squared_norm
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled, without_mean
from linmem.measured import Measured
from linmem.network import NetworkOrMatrix, as_network
from linmem.nonnormality.commutator import measured_commutator


@dataclass(frozen=True)
class NormalityTest:
    """Whether a matrix can be told from a normal one.

    Attributes
    ----------
    verdict
        "normal" where the stored numbers are a normal matrix exactly; "not normal" where no matrix that rounds to them
        is normal: both are proved. "undecided" otherwise.
    margin
        ||W W* - W* W||_F over the largest value that rounding alone explains, with its error: above 1 for a matrix that
        is not normal, 0 for one that is normal exactly. Where that of all units is not above 1, it is the largest one
        of the blocks of units that share no weight.
    """

    verdict: str
    margin: Measured

    @property
    def normal(self) -> bool:
        """Whether the matrix is normal as far as can be told from the stored numbers."""
        return self.verdict != "not normal"


def normality_test(W: NetworkOrMatrix) -> NormalityTest:
    r"""Test of W W* = W* W against what rounding can explain: of each entry of W, and of a product that made it.

    Entries off by half an ulp each are a matrix E with ||E||_F <= ulp ||W||_F / 2; entries that are sums of N rounded
    products, one N + 2 times as large. With B = W - (trace W / N) I they change the commutator, which is that of B, by
    at most 4 ||B|| ||E||_F + sqrt(2) ||E||_F^2. Blocks of units that share no weight are tested one by one where all
    units together leave it open. A commutator within the bound is computed again in integers, which doubles are but for
    a power of two.

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> import linmem as lm
    >>> [normality_test(W).verdict for W in (lm.ring(20), lm.random_orthogonal(20, rng=0), lm.chain(3))]
    ['normal', 'undecided', 'not normal']
    """
    network = as_network(W)
    network.require_single("normality_test")
    matrix = network.dense()
    margin = _margin_of_block(matrix)
    if not margin - margin.error > 1:
        margin = _largest_margin_of_blocks(matrix, margin)
    if margin - margin.error > 1:
        return NormalityTest("not normal", margin)
    from linmem.balls.departure import is_normal

    if is_normal(matrix):
        return NormalityTest("normal", Measured(0.0, 0.0, "integers"))
    return NormalityTest("undecided", margin)


def _largest_margin_of_blocks(W: np.ndarray, of_all: Measured) -> Measured:
    """The largest margin of a block of units that share no weight with others."""
    count, block = connected_components(W != 0, directed=True, connection="weak")
    if count == 1:
        return of_all
    margins = [Measured(0.0, 0.0, "double precision")]
    for label in np.flatnonzero(np.bincount(block) > 1):
        units = np.flatnonzero(block == label)
        margins.append(_margin_of_block(W[np.ix_(units, units)]))
    return max(margins)


def _margin_of_block(W: np.ndarray) -> Measured:
    """||W W* - W* W||_F over the largest value that rounding of W explains; 0 for W = 0."""
    W, _ = scaled(W)
    norm = np.sqrt(squared_norm(W))
    off_by = (len(W) + 4) * ULP * norm / 2  # ||E||_F
    B, exponent = scaled(without_mean(W))
    c = measured_commutator(B)
    size, off_by = np.sqrt(squared_norm(B)), np.ldexp(off_by, -exponent)
    explained = 4 * size * off_by + np.sqrt(2) * off_by**2
    if not explained:
        return Measured(0.0, 0.0, c.method)
    of_mean = 4 * size * ULP * np.linalg.norm(np.diag(B))  # from rounding where the mean is taken away
    error = c.error + of_mean + 8 * ULP * c
    return Measured(c / explained, error / explained, c.method)
