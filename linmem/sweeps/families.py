"""Families: networks by their parameters, each of which can be made anywhere, at any time.

Contents
--------
Family
    Networks on a grid of parameters.
grid
    All combinations of a builder's arguments.
files
    The weight files of a folder.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.files.choose import load_network
from linmem.files.opening import READERS
from linmem.network import Network


@dataclass(frozen=True)
class Family:
    """Networks on a grid: number i is `build` at the i-th combination of the axes, the last axis fastest.

    Attributes
    ----------
    build
        From keyword arguments to a network.
    axes
        Values by name of argument.
    fixed
        The arguments that are the same for all.
    """

    build: Callable[..., Network]
    axes: dict[str, tuple]
    fixed: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(values) for values in self.axes.values())

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def parameters(self, number: int) -> dict[str, Any]:
        """The point of the grid with that number."""
        places = np.unravel_index(number, self.shape)
        return {name: values[int(place)] for (name, values), place in zip(self.axes.items(), places, strict=True)}

    def network(self, number: int) -> Network:
        return self.build(**self.parameters(number), **self.fixed)

    def describe(self) -> dict[str, Any]:
        """What it is, in words that compare equal for equal families."""
        return {
            "build": f"{self.build.__module__}.{self.build.__qualname__}",
            "axes": {name: [_plain(value) for value in values] for name, values in self.axes.items()},
            "fixed": {name: repr(value) for name, value in self.fixed.items()},
        }


def grid(build: Callable[..., Network], **parameters) -> Family:
    """All combinations of a builder's arguments: lists, tuples, ranges and arrays are axes, single values are fixed.

    Raises
    ------
    InvalidNetworkError
        An axis without values, or with one value twice; a builder that other processes cannot find by its name.

    Examples
    --------
    >>> import linmem as lm
    >>> family = grid(lm.chain, n=[5, 10], gain=[0.9, 1.0, 1.1])
    >>> family.shape, family.network(5).size
    ((2, 3), 10)
    """
    if not callable(build) or "<" in getattr(build, "__qualname__", "<"):
        raise InvalidNetworkError(
            f"build is {build!r}; it must be a function with a name in a module, which other processes can import"
        )
    axes = {name: _values(name, value) for name, value in parameters.items() if _is_axis(value)}
    fixed = {name: value for name, value in parameters.items() if name not in axes}
    if not axes:
        raise InvalidNetworkError(f"no argument of {build.__name__} is a list; give at least one, e.g. n=[10, 20]")
    return Family(build, axes, fixed)


def family_of_files(paths, **options) -> Family:
    """The weight files of a folder, or those that are listed; `options` are those of `load_network`.

    Examples
    --------
    >>> family_of_files("no_such_folder")
    Traceback (most recent call last):
    linmem.errors.InvalidNetworkError: paths is 'no_such_folder', but there is no such folder
    """
    if isinstance(paths, (str, Path)):
        folder = Path(paths)
        if not folder.is_dir():
            raise InvalidNetworkError(f"paths is {str(paths)!r}, but there is no such folder")
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(tuple(READERS)))
    found = tuple(str(path) for path in paths)
    if not found:
        raise InvalidNetworkError("paths names no file that can be read")
    return Family(_loaded, {"file": found}, {"options": options})


def _loaded(file: str, options: dict[str, Any]) -> Network:
    return load_network(file, **options)


def _is_axis(value) -> bool:
    return not isinstance(value, (str, bytes)) and (np.ndim(value) > 0 or isinstance(value, (range, list, tuple)))


def _values(name: str, given: Iterable) -> tuple:
    values = tuple(_plain(value) for value in given)
    if not values:
        raise InvalidNetworkError(f"{name} is empty; an axis needs at least one value")
    if len(set(map(repr, values))) < len(values):
        raise InvalidNetworkError(f"{name} holds a value twice: {values!r:.80}")
    return values


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value
