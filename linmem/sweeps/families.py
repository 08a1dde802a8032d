"""Families of networks by their parameters; each network can be built in any process, at any time.

Contents
--------
Family
    Networks on a grid of parameters.
grid
    All combinations of the arguments of a builder.
family_of_files
    The weight files of a folder.
"""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from linmem.errors import ArgumentError, FileError
from linmem.files.choose import PathLike, load_network
from linmem.files.opening import READERS
from linmem.network import Network
from linmem.validation import near_miss


@dataclass(frozen=True)
class Family:
    """Networks on a grid of parameters; they are numbered with the last axis fastest.

    Attributes
    ----------
    build
        A function from keyword arguments to a network.
    axes
        The values along each axis, by the name of the argument.
    fixed
        The arguments that are the same for all networks.
    """

    build: Callable[..., Network]
    axes: dict[str, tuple[Any, ...]]
    fixed: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of values along each axis."""
        return tuple(len(values) for values in self.axes.values())

    @property
    def size(self) -> int:
        """The number of networks."""
        return math.prod(self.shape)

    def parameters(self, number: int) -> dict[str, Any]:
        """The values of the axes for the network with the given number."""
        places = np.unravel_index(number, self.shape)
        parameters = {}
        for (name, values), place in zip(self.axes.items(), places, strict=True):
            parameters[name] = values[int(place)]
        return parameters

    def network(self, number: int) -> Network:
        """The network with the given number."""
        return self.build(**self.parameters(number), **self.fixed)

    def describe(self) -> dict[str, Any]:
        """The family in plain data that are equal for equal families, in every process."""
        return {
            "build": f"{self.build.__module__}.{self.build.__qualname__}",
            "axes": {name: [_plain(value) for value in values] for name, values in self.axes.items()},
            "fixed": {name: repr(value) for name, value in self.fixed.items()},
        }


def grid(build: Callable[..., Network], **parameters: Any) -> Family:
    """All combinations of the arguments of a builder, as a family of networks.

    Parameters
    ----------
    build
        A builder such as `chain`, or any function of a module that returns a network.
    parameters
        Arguments of the builder. A list, tuple, range or array is an axis of the grid; a single value is the same for
        all networks.

    Raises
    ------
    ArgumentError
        If an axis is empty or holds a value twice, there is no axis, the builder has no argument of that name, or other
        processes cannot find the builder by its name.

    Examples
    --------
    >>> import linmem as lm
    >>> family = grid(lm.chain, n=[5, 10], gain=[0.9, 1.0, 1.1])
    >>> family.shape, family.network(5).size
    ((2, 3), 10)
    """
    # the qualified name of a lambda or an inner function contains "<lambda>" or "<locals>"
    if not callable(build) or "<" in getattr(build, "__qualname__", "<"):
        raise ArgumentError(
            f"build is {build!r}; it must be a function with a name in a module, which other processes can import"
        )
    _require_parameters(build, parameters)
    axes = {name: _values(name, value) for name, value in parameters.items() if _is_axis(value)}
    fixed = {name: value for name, value in parameters.items() if name not in axes}
    if not axes:
        raise ArgumentError(f"no argument of {build.__name__} is a list; give at least one, e.g. n=[10, 20]")
    return Family(build, axes, fixed)


def family_of_files(paths: PathLike | Iterable[PathLike], **options: Any) -> Family:
    """The networks in the weight files of a folder, or in a list of files, as a family with the axis "file".

    Parameters
    ----------
    paths
        A folder, from which all files of a type that `load_network` reads are taken in alphabetical order, but those
        that end in .json, which mostly hold other things; or files.
    options
        Arguments of `load_network`, the same for all files.

    Raises
    ------
    FileError
        If the folder does not exist, or there is no file.

    Examples
    --------
    >>> family_of_files("no_such_folder")
    Traceback (most recent call last):
    linmem.errors.FileError: paths is 'no_such_folder', but there is no such folder
    """
    if isinstance(paths, (str, os.PathLike)):
        folder = Path(paths)
        if not folder.is_dir():
            raise FileError(f"paths is {str(paths)!r}, but there is no such folder")
        endings = tuple(ending for ending in READERS if not ending.endswith(".json"))
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(endings))
    if not isinstance(paths, Iterable):
        raise ArgumentError(f"paths is {paths!r:.60}; it must be a folder, or a row of paths of files")
    files = tuple(str(path) for path in paths)
    if not files:
        raise FileError("paths names no file that can be read")
    return Family(_loaded, {"file": files}, {"options": options})


def _loaded(file: str, options: dict[str, Any]) -> Network:
    return load_network(file, **options)


def _require_parameters(build: Callable[..., Network], names: Iterable[str]) -> None:
    """Refuse an argument that the builder does not have, now and not in the processes that build the networks."""
    try:
        known = inspect.signature(build).parameters
    except (TypeError, ValueError):  # a function that does not say
        return
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        return
    for name in names:
        if name not in known:
            raise ArgumentError(
                f"{name} is no argument of {build.__name__}; it has {', '.join(known)}{near_miss(name, known)}"
            )


def _is_axis(value: Any) -> bool:
    if isinstance(value, (str, bytes)):
        return False
    return isinstance(value, (range, list, tuple)) or np.ndim(value) > 0


def _values(name: str, value: Iterable[Any]) -> tuple[Any, ...]:
    """The values along an axis."""
    values = tuple(_plain(item) for item in value)
    if not values:
        raise ArgumentError(f"{name} is empty; an axis needs at least one value")
    if len(set(map(repr, values))) < len(values):
        raise ArgumentError(f"{name} holds a value twice: {values!r:.80}")
    return values


def _plain(value: Any) -> Any:
    """A number of numpy as one of Python."""
    return value.item() if isinstance(value, np.generic) else value
