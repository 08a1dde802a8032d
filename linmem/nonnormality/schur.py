r"""The Schur form W = Z T Z*: orthonormal axes in which a network is feedforward, but for its eigenvalues.

Conventions
-----------
T is upper triangular, as in all of numerical linear algebra, so that the signal flows from the *last* position to the
first; `signal_flow` turns it round. What stands above the diagonal is feedforward: it is what makes W non-normal, and
its size, the departure from normality, is the same in every order of the eigenvalues. The real form of a real matrix
has 2 x 2 blocks [[a, b], [c, a]], b c < 0, for pairs of eigenvalues a +- i sqrt(-b c); such a block is a rotation,
which is normal, and a feedforward weight b + c.

Contents
--------
SchurForm, schur_form
    T, Z and the eigenvalues in a given order; feedforward strength by distance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.linalg as sl

from linmem.errors import InvalidNetworkError
from linmem.linalg.structure import scaled
from linmem.network import Network, as_network

OUTPUTS = ("complex", "real")


@dataclass(frozen=True, eq=False)
class SchurForm:
    """W = Z T Z*.

    Attributes
    ----------
    network
        Whose form it is.
    T
        Upper triangular, (N, N); with 2 x 2 blocks on the diagonal in the real form. Lower in a signal flow.
    Z
        Orthonormal columns, (N, N).
    eigenvalues
        In the order of the diagonal, (N,), complex.
    feedforward
        T without its eigenvalues, (N, N): what is off the diagonal, and b + c of each block. Its Frobenius norm is
        the departure from normality.
    """

    network: Network
    T: np.ndarray
    Z: np.ndarray
    eigenvalues: np.ndarray
    feedforward: np.ndarray
    AXES: ClassVar[dict[str, str]] = {
        "position from_position": "T feedforward",
        "unit position": "Z",
        "position": "eigenvalues",
    }

    @property
    def link_strength(self) -> np.ndarray:
        """The root of the summed squares of `feedforward` at each distance from the diagonal, 0 ... N - 1, (N,)."""
        distance = np.abs(np.subtract.outer(np.arange(len(self.T)), np.arange(len(self.T))))
        weights, exponent = scaled(self.feedforward)
        return np.ldexp(np.sqrt(np.bincount(distance.ravel(), (np.abs(weights) ** 2).ravel())), exponent)

    def signal_flow(self) -> SchurForm:
        """The form with its positions reversed: T is lower triangular, and the signal flows from the first to the last.

        Of a signal flow it is the Schur form again.
        """
        turned = (self.T[::-1, ::-1], self.Z[:, ::-1], self.eigenvalues[::-1], self.feedforward[::-1, ::-1])
        return SchurForm(self.network, *(np.ascontiguousarray(part) for part in turned))


def schur_form(
    W: Any, output: str = "complex", *, order: str | Callable[[np.ndarray], np.ndarray] | None = None
) -> SchurForm:
    r"""Schur form W = Z T Z*, Z unitary, T upper triangular.

    Parameters
    ----------
    W
        A matrix (N, N) or a network.
    output
        "complex", or "real" for a real W: T is then real, with 2 x 2 blocks for pairs of eigenvalues.
    order
        Of the eigenvalues along the diagonal: as LAPACK finds them where None; "modulus" for decreasing modulus; or a
        function of an array of eigenvalues whose values increase along the diagonal (for the real form, the same for
        both of a pair). Exchanges move eigenvalues by as much as rounding does, and the order holds up to that.

    Raises
    ------
    InvalidNetworkError
        For a stack, an output "real" of a complex W, an order that is none, or that the real form cannot be brought to.

    Notes
    -----
    In J the network (T, Z* v) is equivalent to (W, v). T is not unique, even with the order given:
    where eigenvalues are distinct, the phases of the columns of Z are free. Eigenvalues of a strongly non-normal W, and
    with them the split between diagonal and feedforward part, may be far off in double precision: `henrici_departure`
    knows when. Horn & Johnson (2013), Matrix Analysis, theorem 2.3.1; Ganguli, Huh & Sompolinsky (2008), Fig 3B.

    Examples
    --------
    >>> form = schur_form([[1, 2], [0, -3]], order="modulus")
    >>> form.eigenvalues.real, round(float(np.linalg.norm(form.feedforward)), 12)
    (array([-3.,  1.]), 2.0)
    """
    network = as_network(W)
    network.require_single("schur_form")
    matrix = network.dense()
    if output not in OUTPUTS:
        raise InvalidNetworkError(f"output is {output!r}; it must be one of {', '.join(map(repr, OUTPUTS))}")
    if output == "real" and np.iscomplexobj(matrix):
        raise InvalidNetworkError(f"output is 'real', but {network.MATRIX} is complex; take output='complex'")
    if not (order is None or order == "modulus" or callable(order)):
        raise InvalidNetworkError(f"order is {order!r}; it must be 'modulus', a function of the eigenvalues, or None")
    matrix, exponent = scaled(matrix)
    unit = 2.0**exponent
    T, Z = sl.schur(matrix, output=output, check_finite=False)
    if order is not None:
        key = order if callable(order) else _moduli
        T, Z = _sorted(T, Z, lambda eigenvalues: key(eigenvalues * unit))
    parts = (T * unit, Z, eigenvalues_of_blocks(T) * unit, feedforward_part(T) * unit)
    for part in parts:
        part.flags.writeable = False
    return SchurForm(network, *parts)


def eigenvalues_of_blocks(T: np.ndarray) -> np.ndarray:
    """The eigenvalues along the diagonal of a complex or real Schur form."""
    found = np.diag(T).astype(complex)
    first = np.flatnonzero(np.diag(T, -1))
    angle = 1j * np.sqrt(np.abs(T[first, first + 1])) * np.sqrt(np.abs(T[first + 1, first]))
    found[first] += angle
    found[first + 1] -= angle
    return found


def feedforward_part(T: np.ndarray) -> np.ndarray:
    """T without its eigenvalues: a block [[a, b], [c, a]] is a rotation and the weight b + c."""
    F = np.triu(T, 1)
    first = np.flatnonzero(np.diag(T, -1))
    F[first, first + 1] += T[first + 1, first]
    return F


def _moduli(values: np.ndarray) -> np.ndarray:
    return -np.abs(values)


def _sorted(T: np.ndarray, Z: np.ndarray, key: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Selection sort by swaps of neighbouring blocks (LAPACK's trexc), which are orthogonal."""
    exchange = sl.lapack.get_lapack_funcs("trexc", (T,))
    position = 0
    while position < len(T):
        starts = [i for i in range(position, len(T)) if i == 0 or T[i, i - 1] == 0]
        ranks = np.asarray(key(eigenvalues_of_blocks(T)[starts]))
        if ranks.shape != (len(starts),):
            raise InvalidNetworkError(
                f"order returned an array of shape {ranks.shape} for {len(starts)} eigenvalues; it must return one "
                "number for each"
            )
        best = starts[int(np.argmin(ranks))]
        if best != position:
            T, Z, failed = exchange(T, Z, best + 1, position + 1)
            if failed:
                raise InvalidNetworkError(
                    "order is not to be had in the real form, where two pairs of eigenvalues are too close to change "
                    "places; take output='complex'"
                )
        position += 2 if position + 1 < len(T) and T[position + 1, position] != 0 else 1
    return T, Z
