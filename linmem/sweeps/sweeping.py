"""Sweeping: any measure of any family of networks, as a labelled array that grows on disk.

Contents
--------
sweep
    All of it.
Plan, plan
    What it will cost.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from linmem import __version__
from linmem.errors import InvalidNetworkError
from linmem.exchange.results import dataset
from linmem.sweeps.execution import Task, measured
from linmem.sweeps.families import Family
from linmem.sweeps.records import Records

TASK_SECONDS = 1.0  # of work that is sent at a time
LARGEST_BATCH = 4096
PILOTS = 16  # networks that are tried before a sweep is given up
PILOT_SECONDS = 0.25
SHORT = 4.0  # seconds: the time that processes take to start, and a sweep that is not worth them
UNITS = {
    "fisher_memory_curve": "1 / variance of the noise",
    "total_fisher_memory": "1 / variance of the noise",
    "memory_function": "share of the variance",
    "memory_capacity": "steps",
    "mutual_information": "nats",
    "henrici_departure": "as the weights",
    "numerical_radius": "as the weights",
    "numerical_abscissa": "as the weights",
}


@dataclass(frozen=True)
class Plan:
    """What a sweep costs: networks, seconds for each and in all, on `workers`; bytes on disk; networks a batch."""

    networks: int
    seconds_each: float
    seconds: float
    workers: int
    bytes: int
    batch: int


def sweep(
    measure: Callable | Iterable[Callable] | dict[str, Callable],
    networks: Family,
    *,
    executor: Any = None,
    store: Any = None,
    progress: bool | None = None,
):
    r"""Measures of every network of a family, as an `xarray.Dataset` with the family's parameters as coordinates.

    Parameters
    ----------
    measure
        From a network to a number, an array, or a result with `.values` (a curve: say how many lags with
        `functools.partial`, so that all are of one length); or several of them, or names with measures.
    networks
        `grid(...)` or `family_of_files(...)`.
    executor
        None: processes, one for each core, or this one where all is done in seconds. "serial", a number of processes,
        an Executor of `concurrent.futures`, a Client of `dask.distributed`.
    store
        A folder, to which batches go as they are done. A sweep that was killed, at whatever moment, goes on where it
        was when it is asked for again; it ends in the same numbers. None: in memory.
    progress
        Show a bar; where None, on a terminal only.

    Returns
    -------
    xarray.Dataset
        A variable for each measure, `nan` where a network failed; `error`, why. Units and provenance are attributes.

    Raises
    ------
    InvalidNetworkError
        A store that holds another sweep; measures that give no numbers, or fail on every network that is tried.

    Examples
    --------
    >>> import linmem as lm
    >>> found = sweep(lm.total_fisher_memory, lm.grid(lm.chain, n=[1, 2, 4], gain=[1.0]))
    >>> found.total_fisher_memory.sel(gain=1.0).values.round(6).tolist()
    [1.0, 1.5, 2.083333]
    """
    task = Task(_named(measure), _family(networks))
    identity = _identity(task)
    records = Records.open(store, identity)
    if records is None:
        seconds, shapes = _pilot(task)
        records = Records.create(store, identity, networks.size, _batch(seconds, networks.size), shapes)
    else:
        seconds = None
    batches = {batch: records.numbers(batch) for batch in records.missing}
    if batches:
        if executor is None:
            executor = _executor(seconds, sum(map(len, batches.values())))
        with _bar(progress, networks.size, networks.size - sum(map(len, batches.values()))) as advance:
            for batch, rows in measured(task, batches, executor):
                records.write(batch, rows)
                advance(len(rows))
    return _dataset(records, task)


def plan(measure, networks: Family, *, workers: int | None = None) -> Plan:
    """What a sweep will cost, from a few of its networks."""
    task, workers = Task(_named(measure), _family(networks)), workers or os.cpu_count() or 1
    seconds, shapes = _pilot(task)
    numbers = sum(int(np.prod(shape)) for shape in shapes.values())
    return Plan(
        networks=networks.size,
        seconds_each=seconds,
        seconds=seconds * networks.size / workers,
        workers=workers,
        bytes=8 * numbers * networks.size,
        batch=_batch(seconds, networks.size),
    )


def _family(networks) -> Family:
    if not isinstance(networks, Family):
        raise InvalidNetworkError(
            f"networks is {networks!r:.60}; make it by grid(lm.chain, n=[...]) or family_of_files(folder)"
        )
    return networks


def _named(measure) -> dict[str, Callable]:
    if isinstance(measure, dict):
        named = dict(measure)
    else:
        several = list(measure) if isinstance(measure, (list, tuple)) else [measure]
        named = {_name(one): one for one in several}
    if not named or not all(callable(one) for one in named.values()):
        raise InvalidNetworkError(f"measure is {measure!r:.60}; it must be a function of a network, or several")
    return named


def _name(measure) -> str:
    return _name(measure.func) if isinstance(measure, partial) else getattr(measure, "__name__", "measure")


def _described(measure) -> str:
    """A function with its arguments, as text that is the same in every process."""
    if isinstance(measure, partial):
        given = [*map(repr, measure.args), *(f"{key}={value!r}" for key, value in sorted(measure.keywords.items()))]
        return f"{_described(measure.func)}({', '.join(given)})"
    return f"{measure.__module__}.{measure.__qualname__}"


def _identity(task: Task) -> dict[str, Any]:
    return {
        "measures": {name: _described(measure) for name, measure in task.measures.items()},
        "networks": task.family.describe(),
        "linmem": __version__,
    }


def _pilot(task: Task) -> tuple[float, dict[str, tuple[int, ...]]]:
    """Seconds for a network, and the shapes of what is measured: from networks all over the family."""
    size = task.family.size
    spread = np.unique(np.linspace(0, size - 1, min(size, PILOTS)).astype(int))
    seconds, shapes, reason = [], None, ""
    task(range(int(spread[0]), int(spread[0]) + 1))  # compiled, and its libraries loaded
    for number in spread:
        start = perf_counter()
        ((found, error),) = task(range(int(number), int(number) + 1))
        seconds.append(perf_counter() - start)
        reason = reason or error
        shapes = shapes or {name: value.shape for name, value in found.items()}
        if shapes and sum(seconds) > PILOT_SECONDS:
            break
    if not shapes:
        raise InvalidNetworkError(f"no measure succeeds on any of {len(spread)} networks that were tried; {reason}")
    return float(np.mean(seconds)), shapes


def _batch(seconds: float, size: int) -> int:
    return int(np.clip(round(TASK_SECONDS / max(seconds, 1e-6)), 1, min(LARGEST_BATCH, max(1, size))))


def _executor(seconds, count):
    cores = os.cpu_count() or 1
    return "serial" if cores == 1 or (seconds is not None and seconds * count < SHORT) else cores


def _dataset(records: Records, task: Task):
    family = task.family
    names = list(family.axes)
    variables: dict[str, Any] = {}
    for name in records.names:
        values = records.read(name).reshape(*family.shape, *records.root[name].shape[1:])
        extra = ["lag"] if values.ndim == len(names) + 1 else [f"{name}_{i}" for i in range(values.ndim - len(names))]
        units = {"units": UNITS[name]} if name in UNITS else {}
        variables[name] = ([*names, *_distinct(extra, values.shape[len(names) :], variables, name)], values, units)
    variables["error"] = (names, records.errors.reshape(family.shape), {})
    return dataset(
        variables,
        {name: list(values) for name, values in family.axes.items()},
        {
            "measures": str(records.identity["measures"]),
            "networks": records.identity["networks"]["build"],
            "fixed": str(records.identity["networks"]["fixed"]),
        },
    )


def _distinct(extra, shape, variables, name) -> list[str]:
    """Names of axes, which mean one length each."""
    known = {dim: n for dims, values, _ in variables.values() for dim, n in zip(dims, np.shape(values), strict=True)}
    return [dim if known.get(dim, n) == n else f"{name}_{dim}" for dim, n in zip(extra, shape, strict=True)]


def _bar(progress, total, done):
    """A context that gives a function to be called with the number of networks that are done."""
    from contextlib import contextmanager

    @contextmanager
    def shown():
        if not (sys.stderr.isatty() if progress is None else progress):
            yield lambda count: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("networks"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.speed:.1f}/s"))
        with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bars:
            bar = bars.add_task("networks", total=total, completed=done)
            yield lambda count: bars.advance(bar, count)

    return shown()
