"""Checks of arguments: each function returns the argument in the form used everywhere, or raises an error about it.

Contents
--------
number, whole_number, text, option, truth, file_path
    Scalars, one of several words, True or False, and the path of a file.
near_miss, nearest_words
    The hint in a message about an unknown word; one that also names words which are less like it.
matrix, feedforward, noise, labels
    The parts of a network.
array, finite
    A read-only copy of an array in double precision; an error where it holds values that are not finite.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse

from linmem.balls.decisions import is_positive_definite
from linmem.errors import ArgumentError, InvalidNetworkError, LinmemError
from linmem.linalg.stein import ULP

LARGEST = 1e150  # a larger entry overflows when squared
SNR = 1.0  # of a signal, where none is given: its variance is that of the noise
RTOL = 1e-8  # the relative error that is accepted where the caller says nothing


def number(
    argument: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    kind: type[LinmemError] = ArgumentError,
) -> float:
    """A finite real number within its bound, or an error of the given kind that names argument and value."""
    rule = f" > {above:g}" if above is not None else f" >= {at_least:g}" if at_least is not None else ""
    try:
        result = float(value) if np.ndim(value) == 0 and not isinstance(value, (str, bytes, bool, np.bool_)) else np.nan
    except Exception:  # whatever another library raises
        result = np.nan
    if (
        not np.isfinite(result)
        or (above is not None and not result > above)
        or (at_least is not None and not result >= at_least)
    ):
        raise kind(f"{argument} is {value!r}; it must be a finite number{rule}")
    return result


def whole_number(argument: str, value: Any, *, at_least: int = 1) -> int:
    """An integer within its bound, or an error that names argument and value."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < at_least:
        raise ArgumentError(f"{argument} is {value!r}; it must be a whole number >= {at_least}")
    return int(value)


def option(argument: str, value: Any, options: Iterable[str]) -> str:
    """One of the given words, or an error that lists them and names the nearest."""
    options = tuple(options)
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(map(repr, options))
        raise ArgumentError(f"{argument} is {value!r}; it must be one of {listed}{near_miss(value, options)}")
    return value


def truth(argument: str, value: Any) -> bool:
    """True or False, or an error that names argument and value."""
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{argument} is {value!r}; it must be True or False")
    return bool(value)


def near_miss(word: Any, words: Iterable[str]) -> str:
    """ "; did you mean 'chain'?" where one of the words is nearly the given one, else nothing."""
    nearest = get_close_matches(str(word), list(words), n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def nearest_words(word: Any, words: Iterable[str]) -> str:
    """ "; did you mean 'chain'?", or else up to three words that are a little like the given one."""
    words = list(words)
    hint = near_miss(word, words)
    if hint:
        return hint
    similar = get_close_matches(str(word), words, n=3, cutoff=0.3)
    return f"; the nearest are {', '.join(map(repr, similar))}" if similar else ""


def matrix(argument: str, value: Any) -> Any:
    """W (or A): square, finite, double precision, read-only, a copy; `scipy.sparse` stays sparse."""
    if sparse.issparse(value):
        _require_square(argument, value.shape, ndim=2)
        stored = sparse.csr_array(value, dtype=_result_type(argument, value.dtype), copy=True)
        stored.sum_duplicates()
        finite(argument, stored.data)
        for part in (stored.data, stored.indices, stored.indptr):
            part.flags.writeable = False
        return stored
    W = array(argument, _in_order_of_rows(argument, value))
    _require_square(argument, W.shape)
    finite(argument, W)
    return W


def _in_order_of_rows(argument: str, value: Any) -> Any:
    """A table of pandas with its columns in the order of its rows; anything else as it is."""
    rows, columns = getattr(value, "index", None), getattr(value, "columns", None)
    if columns is None or rows is None or callable(rows):
        return value
    rows, columns = list(rows), list(columns)
    numbered = list(range(len(rows)))
    if rows == columns or numbered in (rows, columns):  # a side without names has the order of the other
        return value
    if len(set(rows)) < len(rows) or set(rows) != set(columns):
        foreign = next((name for name in columns if name not in set(rows)), rows[0])
        raise InvalidNetworkError(
            f"{argument} is a table whose rows and columns have other names, as {foreign!r:.40}; give both the same "
            "names, each once, or pass its values: table.to_numpy()"
        )
    return value[rows]


def _require_square(argument: str, shape: tuple[int, ...], ndim: int | None = None) -> None:
    if len(shape) < 2 or (ndim and len(shape) != ndim) or shape[-1] != shape[-2]:
        raise InvalidNetworkError(
            f"{argument} has shape {tuple(shape)}; it must be square, (N, N), or a stack (..., N, N)"
        )
    if 0 in shape:
        raise InvalidNetworkError(f"{argument} has shape {tuple(shape)}; it must have at least one unit")


def feedforward(value: Any, W: Any, argument: str) -> np.ndarray:
    """V for the matrix W, called `argument`: (..., N) or (..., N, d)."""
    if sparse.issparse(value):
        value = value.toarray()
    V = array("feedforward", value)
    n, stack = W.shape[-1], W.shape[:-2]
    single = (*stack, n)
    shared = f" (or ({n},) shared)" if stack else ""
    shapes = f"{single} for one input{shared}, or ({', '.join(map(str, single))}, d) for several"
    if V.ndim == 1 and V.shape == (n,):
        V = np.broadcast_to(V, single)
    elif V.shape[: V.ndim - 1] != single and V.shape != single:
        turned = "; this one is of d rows: pass its transpose" if V.ndim == 2 and V.shape[-1] == n else ""
        raise InvalidNetworkError(
            f"feedforward has shape {V.shape}, but {argument} has {W.shape}; it must be {shapes}{turned}"
        )
    if V.size == 0:
        raise InvalidNetworkError(f"feedforward has shape {V.shape}; it must have at least one input")
    finite("feedforward", V)
    return V


def noise(value: Any, n: int) -> float | np.ndarray:
    """A variance > 0, or a symmetric positive definite covariance (n, n)."""
    value = value.toarray() if sparse.issparse(value) else value
    if _given("noise", value).ndim == 0:
        variance = number("noise", value, above=0, kind=InvalidNetworkError)
        if not 1 / LARGEST <= variance <= LARGEST:
            raise InvalidNetworkError(
                f"noise is {value!r}; a variance beyond {1 / LARGEST:g} to {LARGEST:g} overflows: rescale the signal"
            )
        return variance
    Q = array("noise", value)
    if Q.shape != (n, n):
        hint = "; for independent noise of unequal variances pass numpy.diag(variances)" if Q.ndim == 1 else ""
        raise InvalidNetworkError(
            f"noise has shape {Q.shape}; it must be a variance or a covariance of shape {(n, n)}{hint}"
        )
    finite("noise", Q)
    require_symmetric("noise", Q)
    Q = (Q + Q.conj().T) / 2
    if is_positive_definite(Q) is not True:
        raise InvalidNetworkError(
            f"noise has smallest eigenvalue {float(sl.eigvalsh(Q)[0]):.3g}; a covariance must be positive definite: "
            "every direction needs some noise"
        )
    Q.flags.writeable = False
    return Q


def require_symmetric(argument: str, Q: np.ndarray) -> None:
    """Raise where a covariance is not Hermitian to rounding."""
    asymmetry = np.abs(Q - Q.conj().T)
    deviations = np.sqrt(np.abs(Q.diagonal()))  # the units of the entries, which may differ by any factor
    if (asymmetry > 64 * ULP * np.outer(deviations, deviations)).any():
        raise InvalidNetworkError(
            f"{argument} differs from its (conjugate) transpose by {asymmetry.max():.3g}; a covariance is symmetric: "
            "pass (Q + Q.T) / 2 if that is meant"
        )


def array(argument: str, value: Any) -> np.ndarray:
    """A read-only C-ordered copy in double precision."""
    if np.ma.isMaskedArray(value) and np.ma.getmaskarray(value).any():
        raise InvalidNetworkError(
            f"{argument} is a masked array with {np.ma.getmaskarray(value).sum()} masked entries; fill them: "
            f"{argument}.filled(0)"
        )
    given = _given(argument, value)
    array = np.array(given, dtype=_result_type(argument, given.dtype, value), order="C")
    array.flags.writeable = False
    return array


def _given(argument: str, value: Any) -> np.ndarray:
    """Whatever numpy can make an array of; what another library's `__array__` raises becomes one error.

    An object of the package that is no array says what to do instead, in its attribute NOT_AN_ARRAY.
    """
    instead = getattr(type(value), "NOT_AN_ARRAY", None)
    if instead is not None:
        raise InvalidNetworkError(f"{argument} is a {type(value).__name__}, {instead}")
    try:
        return np.asarray(value)
    except Exception as error:
        if isinstance(value, (list, tuple)) and isinstance(error, ValueError):
            raise InvalidNetworkError(
                f"{argument} is no rectangular array ({error}); give rows of equal length"
            ) from None
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise InvalidNetworkError(
            f"{argument} is a {type(value).__name__} that does not become an array ({reason}); pass it as a numpy "
            "array, e.g. tensor.detach().cpu().double().numpy()"
        ) from error


def _result_type(argument: str, dtype: np.dtype[Any], value: Any = ...) -> type[np.float64] | type[np.complex128]:
    if dtype.kind in "iuf":
        return np.float64
    if dtype.kind == "c":
        return np.complex128
    shown = "" if value is ... else f" {' '.join(repr(value).split()):.60}"
    raise InvalidNetworkError(f"{argument}{shown} has dtype {dtype}; it must hold real or complex numbers")


def finite(argument: str, values: np.ndarray) -> None:
    """Raise where a value is not finite, or overflows when it is squared."""
    bad = ~np.isfinite(values)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InvalidNetworkError(
            f"{argument} holds {bad.sum()} values that are not finite (first: {values[where]} at {where}); every "
            "weight must be a finite number"
        )
    if values.size and np.abs(values).max() > LARGEST:
        raise InvalidNetworkError(
            f"{argument} has an entry of modulus {np.abs(values).max():.3g}; entries above {LARGEST:g} overflow when "
            "squared: rescale it"
        )


def text(argument: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ArgumentError(f"{argument} is {value!r}; it must be a string")
    return value


def file_path(argument: str, value: Any) -> Path:
    """The path of a file or folder, which need not exist."""
    if not isinstance(value, (str, os.PathLike)):
        raise ArgumentError(f"{argument} is {value!r:.60}; it must be the path of a file, a string or a pathlib.Path")
    return Path(value)


def labels(value: Any, n: int) -> tuple[str, ...]:
    """Names of the n units, or none."""
    if not isinstance(value, Iterable):
        raise InvalidNetworkError(f"labels is {value!r}; it must hold {n} strings, one for each unit, or none")
    names = tuple(value) if not isinstance(value, str) else (value,)
    if names and (len(names) != n or not all(isinstance(label, str) for label in names)):
        raise InvalidNetworkError(
            f"labels holds {len(names)} entries; it must hold {n} strings, one for each unit, or none"
        )
    return names
