"""Results with names on their axes, for other libraries.

Conventions
-----------
A result is a frozen dataclass, and every field of it is converted under its own name: numbers and arrays become
variables, texts and names of functions attributes; what is None is left out, and a result inside a result gives its
fields under longer names (`decoder_weights`). Of the network there are kind, name and size: its weights are in
`result.network`.

Contents
--------
to_xarray, to_pandas
    Any result: whole, as a table.
dataset
    Named arrays as an `xarray.Dataset` that says what made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from linmem.exchange.content import described, numbers, require_result, versions, word
from linmem.exchange.extras import extra
from linmem.network import ContinuousNetwork, Network

# The arrays that have the axes named. An axis "input" is there where there are several inputs, "trial" where there is a
# batch, and "lag" is "time" in continuous time; axes in front of those named are those of a stack. Arrays that are not
# listed have numbered axes.
AXES: dict[str, dict[str, str]] = {
    "FisherMemoryCurve": {"lag": "lags", "lag input other_input": "values", "input other_input": "total"},
    "MemoryFunction": {"lag": "lags", "lag input other_input": "values", "separation": "autocovariance"},
    "RoundingSensitivity": {"lag": "values"},
    "DecodeCurve": {
        "lag": "lags",
        "lag input": "values standard_error adjusted adjusted_standard_error theory",
    },
    "FittedDecoder": {
        "unit target input": "weights",
        "target input": "intercept penalty r2 standard_error adjusted adjusted_standard_error",
    },
    "EmpiricalFisherMemory": {"lag": "lags values standard_error theory"},
    "OptimizationHistory": {"step unit from_unit": "recurrent", "step unit": "feedforward", "step": "total"},
    "MeanField": {"unit": "gains means variances", "unit other_unit": "residual"},
    "Simulation": {"trial step unit": "states", "trial step input": "signal", "trial unit": "final"},
    "StateMoments": {
        "lag": "lags",
        "unit": "mean",
        "unit other_unit": "covariance",
        "lag unit input": "cross_covariance",
    },
    "SchurForm": {"position from_position": "T feedforward", "unit position": "Z", "position": "eigenvalues"},
    "NumericalRange": {"corner": "boundary", "outer_corner": "outer", "angle": "angles support"},
    "Pseudospectrum": {"x": "x", "y": "y", "y x": "sigma_min converged", "eigenvalue": "eigenvalues"},
    "TransientGrowth": {"time": "times norms error", "unit": "initial_condition"},
    "LinkProfile": {
        "position": "order",
        "distance": "distance mean standard_error null_mean null_standard_deviation",
        "sample": "null_asymmetry",
    },
}
COORDINATES = {"lags": "lag", "times": "time", "distance": "distance", "angles": "angle", "x": "x", "y": "y"}
UNITS_OF_A_NETWORK = ("unit", "other_unit", "from_unit")


@dataclass
class _Labelled:
    """Arrays with the names of their axes, the positions along axes, and what is said in words."""

    variables: dict[str, tuple[tuple[str, ...], np.ndarray]] = field(default_factory=dict)
    coordinates: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


def to_xarray(result: Any):
    r"""A result as an `xarray.Dataset`: every field of it, with names on the axes.

    Lags, times, grids and the labels of units are coordinates; several inputs and stacks are further axes. Kind, name
    and size of the network are attributes, beside `path` and the versions of what made it.

    Raises
    ------
    InvalidNetworkError
        For anything but a result, such as a bare array; where xarray is not installed.

    Examples
    --------
    >>> import linmem as lm
    >>> found = to_xarray(lm.fisher_memory_curve(lm.chain(4), lags=4))
    >>> float(found["values"].sel(lag=3).round(12)), found.attrs["method"]
    (0.25, 'structured')
    """
    labelled = _labelled(result)
    return dataset(labelled.variables, labelled.coordinates, labelled.attributes)


def to_pandas(result: Any):
    r"""A result as a `pandas.DataFrame`: a row for each lag, or time, or point of a grid.

    The index are the axes of the first array over lags, times, distances or a grid, of a result without those of its
    first array; columns are all arrays with these axes. Numbers without axes are in `.attrs`, beside what `to_xarray`
    has there; arrays with other axes are left to `to_xarray`. A result without arrays is one row.

    Raises
    ------
    InvalidNetworkError
        For anything but a result; where pandas is not installed.

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
    columns = {name: array.ravel() for name, (dims, array) in labelled.variables.items() if dims == axes}
    along = [labelled.coordinates.get(axis, range(n)) for axis, n in zip(axes, shape, strict=True)]
    index = None
    if len(axes) == 1:
        index = pd.Index(along[0], name=axes[0])
    elif axes:
        index = pd.MultiIndex.from_product(along, names=axes)
    table = pd.DataFrame(columns, index)
    numbers = {name: array.item() for name, (dims, array) in labelled.variables.items() if axes and not dims}
    table.attrs = labelled.attributes | numbers | versions()
    return table


def dataset(variables: Mapping[str, tuple], coordinates: Mapping[str, Any], attributes: Mapping[str, Any]):
    """An `xarray.Dataset` that says which versions made it."""
    with extra("xarray"):
        import xarray as xr
    return xr.Dataset(dict(variables), dict(coordinates), {**attributes, **versions()})


def _labelled(result) -> _Labelled:
    require_result(result)
    labelled = _Labelled(attributes={"result": type(result).__name__})
    _collect(result, "", getattr(result, "network", None), labelled)
    return labelled


def _collect(result, prefix, network, labelled) -> None:
    for part in fields(result):
        name, value = prefix + part.name, getattr(result, part.name)
        if isinstance(value, Network):
            labelled.attributes |= {f"{name}_{key}": one for key, one in described(value).items() if one != ""}
        elif is_dataclass(value):
            _collect(value, f"{name}_", network, labelled)
        elif isinstance(value, str) or callable(value):
            labelled.attributes[name] = word(value)
        elif value is not None:
            array = numbers(name, value)
            axes = _axes_of(result, part.name, array, prefix, network)
            if part.name in COORDINATES:
                labelled.coordinates[axes[0]] = array
            else:
                labelled.variables[name] = axes, array
            if network is not None and network.labels:
                shown = [axis for axis in axes if axis in UNITS_OF_A_NETWORK]
                labelled.coordinates |= {axis: list(network.labels) for axis in shown}


def _axes_of_table(labelled) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Axes and shape of the first array along lags, times, ...; else of the first."""
    arrays = [(axes, array.shape) for axes, array in labelled.variables.values() if axes]
    along = [one for one in arrays if set(one[0]) & set(COORDINATES.values()) & set(labelled.coordinates)]
    return next(iter(along + arrays), ((), ()))


def _axes_of(result, field_name, array, prefix, network) -> tuple[str, ...]:
    """The axes of one array, as many as it has."""
    table = AXES.get(type(result).__name__, {})
    axes = next((axes.split() for axes, names in table.items() if field_name in names.split()), None)
    if axes is None:
        stacked = len(network.stack_shape) if network is not None else 0
        axes = [f"{prefix}axis_{i}" for i in range(array.ndim - stacked)]
    inputs_known = network is not None and network.feedforward is not None
    several = network.feedforward_is_matrix if inputs_known else array.ndim == len(axes)
    if not several:
        axes = [axis for axis in axes if axis not in ("input", "other_input")]
    if array.ndim < len(axes):
        axes = [axis for axis in axes if axis != "trial"]
    if isinstance(network, ContinuousNetwork):
        axes = ["time" if axis == "lag" else axis for axis in axes]
    return (*(f"stack_{i}" for i in range(array.ndim - len(axes))), *axes)
