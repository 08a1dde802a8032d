"""What was computed for a network during one report or one check, kept for everything in it that asks again.

Contents
--------
remembering
    A block in which results are kept.
computed_once
    The result of a function of a network, computed once inside such a block.
measure_of_matrix
    The same for a measure that depends on W alone: networks that differ by their inputs or names share it.
kept, content_of
    Whatever a key stands for; the part of a key that stands for an array.
latest
    What was computed from some arguments, as long as it is among the latest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from linmem.errors import LinmemError

if TYPE_CHECKING:
    import numpy as np

MOST, BYTES = 16, 2**24  # results of a subject, and the bytes of their arguments
_known: ContextVar[dict[Any, Any] | None] = ContextVar("known", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Inside the block, `computed_once` keeps its results. Of blocks inside each other, the outermost keeps them."""
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def computed_once(function: Callable[..., Any], network: Any, *arguments: Any, **keywords: Any) -> Any:
    """function(network, ...), which inside `remembering()` is computed once for each network and its arguments.

    An error of this package is kept as well, and raised again.
    """
    return _kept((network,), function, network, arguments, keywords)


def measure_of_matrix(function: Callable[..., Any], network: Any, *arguments: Any, **keywords: Any) -> Any:
    """function(network, ...) of a function that depends on the matrix of the network alone, computed once."""
    if network.is_sparse:
        return computed_once(function, network, *arguments, **keywords)
    return _kept((type(network), content_of(network.matrix)), function, network, arguments, keywords)


def kept(key: Any, compute: Callable[[], Any]) -> Any:
    """What `compute` returns, which inside `remembering()` is computed once for each key."""
    known = _known.get()
    if known is None:
        return compute()
    if key not in known:
        known[key] = compute()
    return known[key]


def latest(subject: Any, arguments: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
    """What `compute` returns for these arguments, arrays and numbers.

    Inside `remembering()` the latest results of each subject are kept, the fewer the larger the arrays are: as many as
    networks that are asked for in turns, and not all of a long block.
    """
    known = _known.get()
    if known is None:
        return compute()
    key = tuple(content_of(each) if hasattr(each, "tobytes") else each for each in arguments)
    results = known.setdefault(("latest", subject), {})
    if key in results:
        results[key] = results.pop(key)  # the last ones of a dictionary are the latest
        return results[key]
    results[key] = compute()
    size = sum(getattr(each, "nbytes", 0) for each in arguments)
    for oldest in list(results)[: -max(1, min(MOST, BYTES // max(size, 1)))]:
        del results[oldest]
    return results[key]


def content_of(array: np.ndarray) -> tuple[Any, ...]:
    """A key that arrays of the same numbers have in common; shorter than the numbers."""
    return array.shape, array.dtype.str, sha256(array.tobytes()).digest()


def _kept(
    subject: tuple[Any, ...],
    function: Callable[..., Any],
    network: Any,
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
) -> Any:
    key = (function, *subject, arguments, frozenset(keywords.items()))
    if not _is_hashable(key):
        return function(network, *arguments, **keywords)
    answer = kept(key, lambda: _answer_or_error(function, network, arguments, keywords))
    if isinstance(answer, LinmemError):
        raise answer
    return answer


def _answer_or_error(function: Callable[..., Any], network: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
    try:
        return function(network, *arguments, **keywords)
    except LinmemError as error:
        return error


def _is_hashable(key: Any) -> bool:
    try:
        hash(key)
    except TypeError:  # an array among the arguments
        return False
    return True
