"""Sweeping: a measure of each network of a family, as an array with named axes; what is done is stored on the way.

Contents
--------
sweep
    The numbers of all networks.
plan
    What a sweep costs.
Plan
    The cost of a sweep.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from linmem import __version__
from linmem.errors import ArgumentError
from linmem.exchange.results import dataset
from linmem.sweeps.execution import Measure, Task, measured
from linmem.sweeps.families import Family
from linmem.sweeps.records import Records
from linmem.validation import near_miss, whole_number

if TYPE_CHECKING:
    from linmem.exchange.results import Dataset

Measures: TypeAlias = Measure | Iterable[Measure] | dict[str, Measure]
Shapes: TypeAlias = dict[str, tuple[int, ...]]  # of the numbers of one network, by name

TASK_SECONDS = 1.0  # of work that is sent to a process at a time
LARGEST_BATCH = 4096
PILOTS = 16  # networks that are tried before a sweep is refused
PILOT_SECONDS = 0.25
SHORT = 4.0  # seconds: starting processes takes as long, so a shorter sweep is done in this one
UNITS = {  # of the measures of the package that give a number or a curve for every network
    "total_fisher_memory": "1 / variance of the noise",
    "fisher_memory_curve": "1 / variance of the noise",
    "memory_function": "share of the variance",
    "memory_capacity": "steps",
    "mutual_information": "nats",
    "transient_amplification": "state / signal",
    "henrici_departure": "as the weights",
    "commutator_norm": "weights squared",
    "eigenvector_condition": "no unit",
    "numerical_radius": "as the weights",
    "numerical_abscissa": "as the weights",
    "crawford_number": "as the weights",
    "pseudospectral_radius": "as the weights",
    "pseudospectral_abscissa": "as the weights",
    "growth_upper_bound": "no unit",
}


@dataclass(frozen=True)
class Plan:
    """The estimated cost of a sweep.

    Attributes
    ----------
    networks
        Number of networks.
    seconds_each
        Seconds for one network.
    seconds
        Seconds for all, on `workers` processes.
    workers
        Number of processes.
    bytes
        Size of the numbers on disk.
    batch
        Number of networks in a batch.
    """

    networks: int
    seconds_each: float
    seconds: float
    workers: int
    bytes: int
    batch: int


def sweep(
    measure: Measures,
    networks: Family,
    *,
    executor: Any = None,
    store: str | Path | None = None,
    progress: bool | None = None,
    **options: Any,
) -> Dataset:
    r"""Measures of every network of a family, as an `xarray.Dataset` with the family's parameters as coordinates.

    Parameters
    ----------
    measure
        A function from a network to a number, an array, or a result with `.values` (a curve: pass `lags`, so that all
        curves have the same length); or several functions, or a dictionary of functions by name. `linmem measures`
        lists those of the package.
    networks
        A family, from `grid(...)` or `family_of_files(...)`.
    executor
        Where the networks are measured. None: in one process for each core, or in this process if that takes only
        seconds. "serial": in this process. A number of processes; an Executor of `concurrent.futures`; or a Client of
        `dask.distributed`.
    store
        A folder for the numbers, in which each batch of networks is written when it is done. An interrupted sweep,
        at whatever moment it was killed, continues from there if it is called again with the same store, and gives the
        same numbers. What is read from the store is compared with checksums: what was lost or damaged is computed
        again, and the log says so. `xarray.open_zarr` opens it too. None: the numbers are kept in memory only.
    progress
        Show a progress bar. None: on a terminal only.
    **options
        Options of the measures, such as `lags` or `snr`: each measure gets those that it has.

    Returns
    -------
    xarray.Dataset
        A variable for each measure, `nan` for networks that failed, and `error`, the reason. Units and provenance are
        attributes.

    Raises
    ------
    ArgumentError
        If `measure` is not a function of a network that gives numbers, or fails for every network that is tried; if no
        measure has an option.
    FileError
        If the store holds another sweep, or something else, or cannot be written.
    MissingLibraryError
        If xarray is not installed, or a store is given without zarr.

    Examples
    --------
    >>> import linmem as lm
    >>> totals = sweep(lm.total_fisher_memory, lm.grid(lm.chain, n=[1, 2, 4], gain=[1.0]))
    >>> totals.total_fisher_memory.sel(gain=1.0).values.round(6).tolist()
    [1.0, 1.5, 2.083333]
    >>> sweep(lm.fisher_memory_curve, lm.grid(lm.chain, n=[2, 4]), lags=3).fisher_memory_curve.sel(n=2).values
    array([1. , 0.5, 0. ])
    """
    task = Task(_with_options(_named(measure), options), _require_family(networks))
    identity = _identity(task)
    seconds = None  # for each network, if it is known
    records = Records.open(store, identity)
    if records is None:
        seconds, shapes = _pilot(task)
        records = Records.create(store, identity, networks.size, _batch_size(seconds, networks.size), shapes)
    batches = {batch: records.numbers(batch) for batch in records.missing}
    missing = sum(map(len, batches.values()))
    if batches:
        if executor is None:
            executor = _default_executor(seconds, missing)
        with _progress_bar(progress, networks.size, networks.size - missing) as advance:
            for batch, rows in measured(task, batches, executor):
                records.write(batch, rows)
                advance(len(rows))
    return _dataset(records, task)


def plan(measure: Measures, networks: Family, *, workers: int | None = None, **options: Any) -> Plan:
    """The estimated cost of a sweep, from measuring a few of its networks.

    Parameters
    ----------
    measure, networks, **options
        As for `sweep`.
    workers
        The number of processes that is planned with. None: one for each core.

    Raises
    ------
    ArgumentError
        As for `sweep`.
    """
    task = Task(_with_options(_named(measure), options), _require_family(networks))
    workers = (os.cpu_count() or 1) if workers is None else whole_number("workers", workers)
    seconds, shapes = _pilot(task)
    numbers = sum(int(np.prod(shape)) for shape in shapes.values())
    return Plan(
        networks=networks.size,
        seconds_each=seconds,
        seconds=seconds * networks.size / workers,
        workers=workers,
        bytes=8 * numbers * networks.size,
        batch=_batch_size(seconds, networks.size),
    )


def _require_family(networks: Any) -> Family:
    if not isinstance(networks, Family):
        raise ArgumentError(
            f"networks is {networks!r:.60}; make it by grid(lm.chain, n=[...]) or family_of_files(folder)"
        )
    return networks


def _named(measure: Measures) -> dict[str, Measure]:
    """The measures by name."""
    if isinstance(measure, dict):
        named = dict(measure)
    else:
        several = list(measure) if isinstance(measure, (list, tuple)) else [measure]
        named = {_name(function): function for function in several}
    if not named or not all(map(callable, named.values())):
        raise ArgumentError(f"measure is {measure!r:.60}; it must be a function of a network, or several")
    return named


def _with_options(measures: dict[str, Measure], options: dict[str, Any]) -> dict[str, Measure]:
    """Each measure with those of the options that it has; an option that no measure has is an error."""
    chosen = {name: options.keys() & options_of(measure).keys() for name, measure in measures.items()}
    for option, value in options.items():
        if not any(option in own for own in chosen.values()):
            known = sorted(set().union(*map(options_of, measures.values())))
            raise ArgumentError(
                f"{option} is {value!r:.40}, but no measure of {', '.join(measures)} has this option"
                f"{near_miss(option, known)}"
            )
    return {
        name: partial(measure, **{option: options[option] for option in chosen[name]}) if chosen[name] else measure
        for name, measure in measures.items()
    }


def options_of(measure: Any) -> dict[str, Any]:
    """The keywords that a measure can be called with, after the network, each with its default."""
    try:
        parameters = list(inspect.signature(measure).parameters.values())
    except (TypeError, ValueError):  # a function of another library without a signature
        return {}
    named = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    return {parameter.name: parameter.default for parameter in parameters[1:] if parameter.kind in named}


def _name(measure: Any) -> str:
    if isinstance(measure, partial):
        return _name(measure.func)
    return getattr(measure, "__name__", "measure")


def _described(measure: Any) -> str:
    """A function with its arguments, as text that is the same in every process."""
    if not isinstance(measure, partial):
        return f"{measure.__module__}.{measure.__qualname__}"
    arguments = [repr(value) for value in measure.args]
    for name, value in sorted(measure.keywords.items()):
        arguments.append(f"{name}={value!r}")
    return f"{_described(measure.func)}({', '.join(arguments)})"


def _identity(task: Task) -> dict[str, Any]:
    """What makes two sweeps the same."""
    return {
        "measures": {name: _described(measure) for name, measure in task.measures.items()},
        "networks": task.family.describe(),
        "linmem": __version__,
    }


def _pilot(task: Task) -> tuple[float, Shapes]:
    """Seconds for each network, and the shapes of its numbers, from a few networks from all over the family."""
    size = task.family.size
    trials = np.unique(np.linspace(0, size - 1, min(size, PILOTS)).astype(int)).tolist()
    # the first call compiles kernels and imports libraries: it is not timed
    task(range(trials[0], trials[0] + 1))
    seconds: list[float] = []
    shapes: Shapes = {}
    reason = ""
    for number in trials:
        start = perf_counter()
        ((numbers, error),) = task(range(number, number + 1))
        seconds.append(perf_counter() - start)
        reason = reason or error
        if not shapes:
            shapes = {name: value.shape for name, value in numbers.items()}
        if shapes and sum(seconds) > PILOT_SECONDS:
            break
    if not shapes:
        raise ArgumentError(f"no measure succeeds on any of {len(trials)} networks that were tried; {reason}")
    return float(np.mean(seconds)), shapes


def _batch_size(seconds: float, size: int) -> int:
    """How many networks are sent at a time, so that a batch takes about TASK_SECONDS."""
    networks = round(TASK_SECONDS / max(seconds, 1e-6))
    return int(np.clip(networks, 1, min(LARGEST_BATCH, max(1, size))))


def _default_executor(seconds: float | None, count: int) -> str | int:
    """ "serial" for a short sweep, or else the number of cores."""
    cores = os.cpu_count() or 1
    is_short = seconds is not None and seconds * count < SHORT
    return "serial" if cores == 1 or is_short else cores


def _dataset(records: Records, task: Task) -> Dataset:
    """The records as an `xarray.Dataset`, with an axis for each parameter."""
    family = task.family
    parameters = tuple(family.axes)
    lengths: dict[str, int] = dict(zip(parameters, family.shape, strict=True))
    variables: dict[str, Any] = {}
    for name, numbers in records.values.items():
        axes = _axes_of_numbers(name, numbers.shape[1:], lengths)
        units = {"units": UNITS[name]} if name in UNITS else {}
        variables[name] = ((*parameters, *axes), numbers.reshape(*family.shape, *numbers.shape[1:]), units)
    variables["error"] = (parameters, records.errors.reshape(family.shape), {})
    coordinates = {name: list(values) for name, values in family.axes.items()}
    provenance = {
        "measures": str(records.identity["measures"]),
        "networks": records.identity["networks"]["build"],
        "fixed": str(records.identity["networks"]["fixed"]),
    }
    return dataset(variables, coordinates, provenance)


def _axes_of_numbers(name: str, shape: tuple[int, ...], lengths: dict[str, int]) -> list[str]:
    """The names of the axes of one network's numbers; an axis of `lengths` is used again if its length is the same."""
    axes = ["lag"] if len(shape) == 1 else [f"{name}_{i}" for i in range(len(shape))]
    distinct = []
    for axis, length in zip(axes, shape, strict=True):
        if lengths.get(axis, length) != length:
            axis = f"{name}_{axis}"
        lengths[axis] = length
        distinct.append(axis)
    return distinct


@contextmanager
def _progress_bar(progress: bool | None, total: int, done: int) -> Iterator[Callable[[int], None]]:
    """A progress bar; the value of the context is a function to be called with the number of networks done."""
    if progress is None:
        progress = sys.stderr.isatty()
    if not progress:
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("networks"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bars:
        bar = bars.add_task("networks", total=total, completed=done, speed="")

        def advance(count: int) -> None:
            bars.advance(bar, count)
            speed = bars.tasks[0].speed  # None until two batches have arrived
            bars.update(bar, speed="" if speed is None else f"{speed:.1f}/s")

        yield advance
