"""Execution: batches of networks, measured here, in other processes, or on a Dask cluster.

Whoever works may be killed: a batch is given out again, and what kills its process three times is recorded as an error
of its networks.

Contents
--------
Task
    A batch that can be sent anywhere.
measured
    Results as they come.
connected
    A Dask cluster by its address.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem.errors import InvalidNetworkError, LinmemError
from linmem.kernels.threads import hold_threads
from linmem.linalg.blas import one_blas_thread
from linmem.sweeps.families import Family

ATTEMPTS = 3
AHEAD = 3  # batches for each worker that are given out before results come in
VALUES = ("values", "norms")  # what a result's numbers are called

Row = tuple[dict[str, Any], str]


@dataclass(frozen=True)
class Task:
    """Measures of some networks of a family."""

    measures: dict[str, Callable]
    family: Family

    def __call__(self, numbers: range) -> list[Row]:
        before = hold_threads(1)
        try:
            with one_blas_thread():
                return [self.row(number) for number in numbers]
        finally:
            hold_threads(before)

    def row(self, number: int) -> Row:
        """The numbers of one network, and why some are missing: one bad network does not end a sweep."""
        found: dict[str, Any] = {}
        errors = []
        try:
            network = self.family.network(number)
        except Exception as error:
            return found, _text(error)
        for name, measure in self.measures.items():
            try:
                found |= _numbers(name, measure(network))
            except Exception as error:
                errors.append(_text(error) if len(self.measures) == 1 else f"{name}: {_text(error)}")
        return found, "; ".join(errors)


def _text(error) -> str:
    return f"{type(error).__name__}: {error}"


def _numbers(name: str, result) -> dict[str, Any]:
    """The numbers of a result by name, with what it says of its own error."""
    values = next((getattr(result, one) for one in VALUES if hasattr(result, one)), result)
    if isinstance(values, dict):
        return {f"{name}_{key}": np.asarray(value, dtype=float) for key, value in values.items()}
    try:
        found = {name: np.asarray(values, dtype=float)}
    except (TypeError, ValueError):
        raise InvalidNetworkError(
            f"{name} gives {type(result).__name__}; a sweep takes measures that give real numbers, arrays or curves: "
            "wrap it in a function that returns the number that is wanted"
        ) from None
    if hasattr(result, "relative_error"):
        found[f"{name}_relative_error"] = np.asarray(result.relative_error, dtype=float)
    return found


def measured(task: Task, batches: dict[int, range], executor) -> Iterator[tuple[int, list[Row]]]:
    """(batch, its rows), in the order in which they are done.

    `executor` is "serial", a number of processes, a `concurrent.futures.Executor`, or a `dask.distributed.Client`.
    """
    if executor == "serial":
        for batch, numbers in batches.items():
            yield batch, task(numbers)
    elif isinstance(executor, int):
        yield from _in_processes(task, batches, executor)
    elif isinstance(executor, Executor):
        yield from _as_they_come(executor, task, dict(batches), AHEAD * (os.cpu_count() or 1))
    elif hasattr(executor, "scheduler_info"):
        yield from _on_a_cluster(task, batches, executor)
    else:
        raise InvalidNetworkError(
            f"executor is {executor!r:.60}; it must be 'serial', a number of processes, an Executor of "
            "concurrent.futures or a Client of dask.distributed"
        )


def _in_processes(task, batches, workers) -> Iterator[tuple[int, list[Row]]]:
    """A new pool where a process has died; the batches that were under way are given out again, in the end alone."""
    left, deaths = dict(batches), dict.fromkeys(batches, 0)
    while left:
        suspect = {batch: numbers for batch, numbers in left.items() if deaths[batch] >= ATTEMPTS - 1}
        given = suspect or left
        width = 1 if suspect else AHEAD * workers
        with ProcessPoolExecutor(min(workers, len(given)), multiprocessing.get_context("spawn")) as pool:
            underway: set[int] = set()
            try:
                for batch, rows in _as_they_come(pool, task, dict(given), width, underway):
                    del left[batch]
                    yield batch, rows
            except BrokenProcessPool:
                for batch in underway:
                    deaths[batch] += 1
                    if deaths[batch] >= ATTEMPTS:
                        yield batch, _died(left.pop(batch))


def _as_they_come(pool, task, left, width, underway=None) -> Iterator[tuple[int, list[Row]]]:
    futures: dict[Any, int] = {}
    underway = set() if underway is None else underway
    while left or futures:
        while left and len(futures) < width:
            batch = next(iter(left))
            futures[pool.submit(task, left.pop(batch))] = batch
            underway.add(batch)
        done, _ = wait(futures, return_when=FIRST_COMPLETED)
        for future in done:
            rows = future.result()
            batch = futures.pop(future)
            underway.discard(batch)
            yield batch, rows


def _died(numbers: range) -> list[Row]:
    return [({}, f"the process that measured it died, {ATTEMPTS} times") for _ in numbers]


def _on_a_cluster(task, batches, client) -> Iterator[tuple[int, list[Row]]]:
    from distributed import KilledWorker, as_completed

    left = dict(batches)
    whole = client.submit(_kept, task, pure=False)  # data scattered are lost with a worker, a result is made again

    def submitted():
        batch = next(iter(left))
        return batch, client.submit(_called, whole, left[batch], pure=False, retries=0)

    width = AHEAD * max(1, sum(client.nthreads().values()))
    running: dict[Any, int] = {}
    results = as_completed()
    try:
        while left or running:
            while left and len(running) < width:
                batch, future = submitted()
                running[future] = batch
                del left[batch]
                results.add(future)
            future = next(results)
            batch = running.pop(future)
            try:
                rows = future.result()
            except KilledWorker:
                rows = _died(batches[batch])
            yield batch, rows
    except (CancelledError, OSError, RuntimeError, TimeoutError) as error:
        raise LinmemError(
            f"the cluster is gone ({type(error).__name__}); what was measured is kept: ask for the same sweep again"
        ) from error
    finally:
        if client.status == "running":
            client.cancel(list(running), force=True)


def _kept(task: Task) -> Task:
    return task


def _called(task: Task, numbers: range) -> list[Row]:
    return task(numbers)


def connected(address: str):
    """A Client of the scheduler at an address, tcp://host:8786."""
    try:
        from distributed import Client
    except ImportError:
        raise InvalidNetworkError("a cluster needs Dask: pip install 'linmem[sweep]'") from None
    try:
        return Client(address, timeout="20s")
    except (OSError, ValueError) as error:
        raise InvalidNetworkError(f"scheduler is {address!r}, which does not answer: {error}") from None
