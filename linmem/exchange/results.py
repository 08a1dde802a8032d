"""Results as `xarray.Dataset` and `pandas.DataFrame`, with names on their axes.

Conventions
-----------
Every field of a result is converted under its own name: numbers and arrays become variables, texts and names of
functions become attributes. A field that is None is left out, and a result inside a result gives its fields under
longer names (`decoder_weights`). Of the network there are kind, name and size.

A class of results names the axes of its arrays in `AXES`: the axes, and the fields that have them. An axis "input"
exists for several inputs only, "trial" for a batch only, and "lag" is "time" in continuous time; axes before the named
ones are those of a stack. The axes of other arrays have numbers.

Contents
--------
to_xarray
    A result with all its arrays.
to_pandas
    A result as a table.
dataset
    Named arrays as an `xarray.Dataset` that records what made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from linmem.exchange.content import described, numbers, require_result, versions, with_errors, word
from linmem.exchange.extras import extra
from linmem.network import ContinuousNetwork, Network

if TYPE_CHECKING:
    from pandas import DataFrame
    from xarray import Dataset

COORDINATES = {"lags": "lag", "times": "time", "distance": "distance", "angles": "angle", "x": "x", "y": "y"}
UNITS_OF_A_NETWORK = ("unit", "other_unit", "from_unit")


@dataclass
class _Labelled:
    """The content of a result: arrays with the names of their axes, positions along axes, and texts."""

    variables: dict[str, tuple[tuple[str, ...], np.ndarray]] = field(default_factory=dict)
    coordinates: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


def to_xarray(result: object) -> Dataset:
    r"""A result as an `xarray.Dataset`: every field of it, with names on the axes.

    Lags, times, grids and the labels of units are coordinates; several inputs and stacks are further axes. Kind, name
    and size of the network are attributes, with `method` and the versions of what made the result.

    Parameters
    ----------
    result
        What a function of the package returned, such as a `FisherMemoryCurve`.

    Raises
    ------
    ArgumentError
        If `result` is not a result, such as a bare array.
    MissingLibraryError
        If xarray is not installed.

    Examples
    --------
    >>> import linmem as lm
    >>> curve = to_xarray(lm.fisher_memory_curve(lm.chain(4), lags=4))
    >>> float(curve["values"].sel(lag=3).round(12)), curve.attrs["method"]
    (0.25, 'structured')
    """
    labelled = _labelled(result)
    return dataset(labelled.variables, labelled.coordinates, labelled.attributes)


def to_pandas(result: object) -> DataFrame:
    r"""A result as a `pandas.DataFrame`: a row for each lag, or time, or point of a grid.

    The index is the axes of the first array over lags, times, distances or a grid; or of the first array, if there is
    none of these. The columns are all arrays with these axes. Numbers without axes are in `.attrs`, with the attributes
    that `to_xarray` gives; arrays with other axes are left out, see `to_xarray`. A result without arrays is one row.

    Parameters
    ----------
    result
        What a function of the package returned, such as a `FisherMemoryCurve`.

    Raises
    ------
    ArgumentError
        If `result` is not a result.
    MissingLibraryError
        If pandas is not installed.

    Examples
    --------
    >>> import linmem as lm
    >>> table = to_pandas(lm.fisher_memory_curve(lm.chain(4), lags=4))
    >>> table["values"].round(12).to_dict(), round(table.attrs["total"], 12) == round(25 / 12, 12)
    ({0: 1.0, 1: 0.5, 2: 0.333333333333, 3: 0.25}, True)
    """
    with extra("pandas"):
        import pandas as pd
    labelled = _labelled(result)
    axes, shape = _axes_of_table(labelled)
    columns = {}
    scalars = {}
    for name, (dims, array) in labelled.variables.items():
        if dims == axes:
            columns[name] = array.ravel()
        elif not dims:
            scalars[name] = array.item()
    positions = [labelled.coordinates.get(axis, range(n)) for axis, n in zip(axes, shape, strict=True)]
    index = None
    if len(axes) == 1:
        index = pd.Index(positions[0], name=axes[0])
    elif axes:
        index = pd.MultiIndex.from_product(positions, names=axes)
    table = pd.DataFrame(columns, index)
    table.attrs = labelled.attributes | scalars | versions()
    return table


def dataset(
    variables: Mapping[str, tuple[Any, ...]], coordinates: Mapping[str, Any], attributes: Mapping[str, Any]
) -> Dataset:
    """Named arrays as an `xarray.Dataset` whose attributes include the versions that made it."""
    with extra("xarray"):
        import xarray as xr
    return xr.Dataset(dict(variables), dict(coordinates), {**attributes, **versions()})


def _labelled(result: Any) -> _Labelled:
    """The content of a result, with names on all axes."""
    require_result(result)
    labelled = _Labelled(attributes={"result": type(result).__name__})
    _collect(result, "", getattr(result, "network", None), labelled)
    return labelled


def _collect(result: Any, prefix: str, network: Network | None, labelled: _Labelled) -> None:
    """Add the fields of a result, under names that begin with the prefix, to the content."""
    for part in fields(result):
        name = prefix + part.name
        value = getattr(result, part.name)
        if isinstance(value, Network):
            for key, description in described(value).items():
                if description != "":
                    labelled.attributes[f"{name}_{key}"] = description
        elif is_dataclass(value):
            _collect(value, f"{name}_", network, labelled)
        elif isinstance(value, str) or callable(value):
            labelled.attributes[name] = word(value)
        elif value is not None:
            axes = _axes_of(result, part.name, numbers(name, value), prefix, network)
            if part.name in COORDINATES:
                labelled.coordinates[axes[0]] = numbers(name, value)
            else:
                for key, measured in with_errors(name, value):
                    labelled.variables[key] = axes, numbers(key, measured)
            _label_units(axes, network, labelled)


def _label_units(axes: tuple[str, ...], network: Network | None, labelled: _Labelled) -> None:
    """The names of the units, if the network has them, as positions along the axes of units."""
    if network is None or not network.labels:
        return
    for axis in axes:
        if axis in UNITS_OF_A_NETWORK:
            labelled.coordinates[axis] = list(network.labels)


def _axes_of_table(labelled: _Labelled) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Axes and shape of the first array along lags, times and so on; or else of the first array."""
    positions = set(COORDINATES.values()) & set(labelled.coordinates)
    first = None
    for axes, array in labelled.variables.values():
        if set(axes) & positions:
            return axes, array.shape
        if first is None and axes:
            first = axes, array.shape
    return first or ((), ())


def _axes_of(result: Any, field_name: str, array: np.ndarray, prefix: str, network: Network | None) -> tuple[str, ...]:
    """The names of the axes of one array, as many as it has."""
    axes = _named_axes(result, field_name)
    if axes is None:
        # axes of a stack come first and get their names below
        stacked = len(network.stack_shape) if network is not None else 0
        axes = [f"{prefix}axis_{i}" for i in range(array.ndim - stacked)]
    # without a network that knows its inputs, the number of axes decides
    if network is not None and network.feedforward is not None:
        several_inputs = network.feedforward_is_matrix
    else:
        several_inputs = array.ndim == len(axes)
    if not several_inputs:
        axes = [axis for axis in axes if axis not in ("input", "other_input")]
    if array.ndim < len(axes):
        axes = [axis for axis in axes if axis != "trial"]
    if isinstance(network, ContinuousNetwork):
        axes = ["time" if axis == "lag" else axis for axis in axes]
    stack = [f"stack_{i}" for i in range(array.ndim - len(axes))]
    return (*stack, *axes)


def _named_axes(result: Any, field_name: str) -> list[str] | None:
    """The names that the class of a result gives to the axes of a field, or None."""
    for axes, names in getattr(result, "AXES", {}).items():
        if field_name in names.split():
            return axes.split()
    return None
