r"""The Schur form W = Z T Z*: orthonormal axes in which a network is feedforward except for its eigenvalues.

Conventions
-----------
T is upper triangular, as in all of numerical linear algebra, so that the signal flows from the *last* position to the
first; `signal_flow` reverses the positions. The part above the diagonal is feedforward. It makes W non-normal, and its
size, the departure from normality, is the same in every order of the eigenvalues. The real form of a real matrix has
2 x 2 blocks [[a, b], [c, a]], b c < 0, for pairs of eigenvalues a +- i sqrt(-b c). Such a block is a rotation, which is
normal, and a feedforward weight b + c.

Contents
--------
SchurForm, schur_form
    T, Z and the eigenvalues in a given order; the strength of the feedforward part by distance.
eigenvalues_of_blocks, feedforward_part
    The two parts of T.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import scipy.linalg as sl

from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.linalg.eigenvectors import eigensystem_in_doubles
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled
from linmem.measured import MeasuredArray, measured_array
from linmem.network import Network, NetworkOrMatrix, as_network
from linmem.plotted import Plotted
from linmem.validation import near_miss, option

METHOD = "double precision"
OUTPUTS = ("complex", "real")
ORDERS = ("modulus",)

Order: TypeAlias = str | Callable[[np.ndarray], np.ndarray] | None  # of the eigenvalues along the diagonal


@dataclass(frozen=True, eq=False)
class SchurForm(Plotted):
    """The Schur form W = Z T Z*.

    Attributes
    ----------
    network
        The network whose form it is.
    T
        Upper triangular, (N, N); with 2 x 2 blocks on the diagonal in the real form. Lower in a signal flow.
    Z
        Orthonormal columns, (N, N).
    eigenvalues
        The eigenvalues in the order of the diagonal, (N,), complex.
    feedforward
        T without its eigenvalues, (N, N): the entries off the diagonal, and b + c of each block. Its Frobenius norm is
        the departure from normality.

    The form is not unique, and so the errors of T, Z and `feedforward` are backward ones: the form is that of a matrix
    that differs from W by at most `T.error`, in the Frobenius norm; Z has orthonormal columns to `Z.error`. The error
    of an eigenvalue is its distance from one of W, which may be much larger.
    """

    PICTURE: ClassVar[str] = "plot_schur"
    network: Network
    T: MeasuredArray
    Z: MeasuredArray
    eigenvalues: MeasuredArray
    feedforward: MeasuredArray
    AXES: ClassVar[dict[str, str]] = {
        "position from_position": "T feedforward",
        "unit position": "Z",
        "position": "eigenvalues",
    }

    @property
    def link_strength(self) -> np.ndarray:
        """The root of the summed squares of `feedforward` at each distance from the diagonal, 0 ... N - 1, (N,)."""
        position = np.arange(len(self.T))
        distance = np.abs(np.subtract.outer(position, position))
        weights, exponent = scaled(self.feedforward)
        squares = np.abs(weights) ** 2
        sums = np.bincount(distance.ravel(), squares.ravel())
        return np.ldexp(np.sqrt(sums), exponent)

    def signal_flow(self) -> SchurForm:
        """The form with its positions reversed: T is lower triangular, and the signal flows from the first to the last.

        Applied twice, it gives the Schur form again.
        """
        return SchurForm(
            network=self.network,
            T=_turned(self.T, np.s_[::-1, ::-1]),
            Z=_turned(self.Z, np.s_[:, ::-1]),
            eigenvalues=_turned(self.eigenvalues, np.s_[::-1]),
            feedforward=_turned(self.feedforward, np.s_[::-1, ::-1]),
        )


def schur_form(W: NetworkOrMatrix, output: str = "complex", *, order: Order = None) -> SchurForm:
    r"""Schur form W = Z T Z*, with Z unitary (N, N) and T upper triangular (N, N).

    Parameters
    ----------
    W
        A matrix (N, N) or a network.
    output
        "complex", or "real" for a real W: T is then real, with 2 x 2 blocks for pairs of eigenvalues.
    order
        The order of the eigenvalues along the diagonal: that of LAPACK where None; "modulus" for decreasing modulus; or
        a function of an array of eigenvalues whose values increase along the diagonal (for the real form, the same
        value for both of a pair). Exchanges change eigenvalues by as much as rounding does, and the order holds up to
        that.

    Raises
    ------
    InvalidNetworkError
        W is a stack, a sparse matrix of more than 6000 units, complex where output is "real", or one whose real form
        cannot be brought to the order.
    ArgumentError
        output or order is none of the options.

    Notes
    -----
    The network (T, Z* v) has the same Fisher memory as (W, v). T is not unique, even with the order given: where
    eigenvalues are distinct, the phases of the columns of Z are free. Eigenvalues of a strongly non-normal W, and with
    them the split between diagonal and feedforward part, may be far off in double precision: `eigenvalues.error` says
    how far, and `henrici_departure` how far the size of that part is. Horn & Johnson (2013), Matrix Analysis, theorem
    2.3.1; Ganguli, Huh & Sompolinsky (2008), Fig 3B.

    Examples
    --------
    >>> form = schur_form([[1, 2], [0, -3]], order="modulus")
    >>> form.eigenvalues.real, round(float(np.linalg.norm(form.feedforward)), 12)
    (array([-3.,  1.]), 2.0)
    """
    network = as_network(W)
    network.require_single("schur_form")
    output = option("output", output, OUTPUTS)
    matrix = network.dense()
    if output == "real" and np.iscomplexobj(matrix):
        raise InvalidNetworkError(f"output is 'real', but {network.MATRIX} is complex; take output='complex'")
    key = _sort_key(order)
    matrix, exponent = scaled(matrix)
    unit = 2.0**exponent
    T, Z = sl.schur(matrix, output=output, check_finite=False)
    if key is not None:
        T, Z = _sorted(T, Z, lambda eigenvalues: key(eigenvalues * unit))
    backward = _backward_error(matrix, T, Z)
    eigenvalues = eigenvalues_of_blocks(T)
    with np.errstate(under="ignore"):
        errors = [
            np.nextafter(error * unit, np.inf) if backward else 0.0 for error in (backward, _forward(T, backward))
        ]
    return SchurForm(
        network,
        T=measured_array(T * unit, errors[0], METHOD),
        Z=measured_array(Z, backward / sl.norm(matrix) if backward else 0.0, METHOD),
        eigenvalues=measured_array(eigenvalues * unit, errors[1], METHOD),
        feedforward=measured_array(feedforward_part(T) * unit, errors[0], METHOD),
    )


def _backward_error(W: np.ndarray, T: np.ndarray, Z: np.ndarray) -> float:
    """An estimate from above of ||Z T Z* - W||_F: 0 where LAPACK has only exchanged units."""
    is_permutation = np.count_nonzero(Z) == len(Z) and np.all(np.abs(Z)[Z != 0] == 1)
    if is_permutation and np.array_equal(Z @ T @ Z.conj().T, W):
        return 0.0
    return float(4 * (len(W) + 8) * ULP * sl.norm(W))


def _forward(T: np.ndarray, backward: float) -> np.ndarray:
    """How far the eigenvalues of T may be from those of W, (N,).

    It is the condition of each times the backward error, twice, where that is small beside the gaps between them;
    otherwise (||W|| + ||T||)^(1 - 1/N) e^(1/N), which always holds (Elsner 1985, Linear Algebra Appl. 71:77).
    """
    n = len(T)
    if not backward:
        return np.zeros(n)
    always = (2 * sl.norm(T) + backward) ** (1 - 1 / n) * backward ** (1 / n)
    system = eigensystem_in_doubles(T)
    with np.errstate(all="ignore"):
        known = system.value_errors + 2 * system.conditions * backward
        gaps = np.abs(system.values[:, None] - system.values)
        np.fill_diagonal(gaps, np.inf)
        apart = np.all(np.outer(known, known) < gaps**2 / 4, axis=1)
        known = np.where(apart & np.isfinite(known), np.minimum(known, always), always)
    place = np.abs(eigenvalues_of_blocks(T)[:, None] - system.values).argmin(axis=1)
    return known[place]


def _turned(array: MeasuredArray, index: Any) -> MeasuredArray:
    return measured_array(np.ascontiguousarray(np.asarray(array)[index]), array.error[index], array.method)


def _sort_key(order: Order) -> Callable[[np.ndarray], np.ndarray] | None:
    """The function whose values increase along the diagonal, or None for the order of LAPACK."""
    if order is None or callable(order):
        return order
    if order not in ORDERS:
        raise ArgumentError(
            f"order is {order!r}; it must be 'modulus', a function of the eigenvalues, or None"
            f"{near_miss(order, ORDERS)}"
        )
    return _negative_moduli


def eigenvalues_of_blocks(T: np.ndarray) -> np.ndarray:
    """The eigenvalues along the diagonal of a complex or real Schur form, (N,), complex."""
    eigenvalues = np.diag(T).astype(complex)
    first = np.flatnonzero(np.diag(T, -1))  # of the two positions of each block
    b = T[first, first + 1]
    c = T[first + 1, first]
    imaginary_part = 1j * np.sqrt(np.abs(b)) * np.sqrt(np.abs(c))
    eigenvalues[first] += imaginary_part
    eigenvalues[first + 1] -= imaginary_part
    return eigenvalues


def feedforward_part(T: np.ndarray) -> np.ndarray:
    """T without its eigenvalues, (N, N): a block [[a, b], [c, a]] is a rotation and the weight b + c."""
    F = np.triu(T, 1)
    first = np.flatnonzero(np.diag(T, -1))
    F[first, first + 1] += T[first + 1, first]
    return F


def _negative_moduli(eigenvalues: np.ndarray) -> np.ndarray:
    return -np.abs(eigenvalues)


def _sorted(T: np.ndarray, Z: np.ndarray, key: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """T and Z with the values of `key` increasing along the diagonal.

    A selection sort by exchanges of neighbouring blocks (LAPACK's trexc), which are orthogonal.
    """
    exchange = sl.lapack.get_lapack_funcs("trexc", (T,))
    position = 0
    while position < len(T):
        starts = [i for i in range(position, len(T)) if i == 0 or T[i, i - 1] == 0]
        eigenvalues = eigenvalues_of_blocks(T)[starts]
        values = np.asarray(key(eigenvalues))
        if values.shape != (len(starts),):
            raise ArgumentError(
                f"order returned an array of shape {values.shape} for {len(starts)} eigenvalues; it must return one "
                "number for each"
            )
        smallest = starts[int(np.argmin(values))]
        if smallest != position:
            T, Z, failed = exchange(T, Z, smallest + 1, position + 1)  # LAPACK counts from 1
            if failed:
                raise InvalidNetworkError(
                    "order cannot be reached in the real form, where two pairs of eigenvalues are too close to change "
                    "places; take output='complex'"
                )
        is_pair = position + 1 < len(T) and T[position + 1, position] != 0
        position += 2 if is_pair else 1
    return T, Z
