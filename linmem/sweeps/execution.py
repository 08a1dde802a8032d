"""Execution: batches of networks are measured in this process, in others, or on a Dask cluster.

Conventions
-----------
Any process may be killed. Its batches are then given to others. If the process that measures a batch has died three
times, that is recorded as the error of the networks of the batch.

Contents
--------
Task
    The measures of a family, which can be sent to any process.
measured
    The results of batches, as they arrive.
process_pool, without_interrupts
    Processes of this machine, and a block in which they are started so that an interrupt is not theirs.
connected
    A client of a Dask cluster by its address.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from linmem.errors import ArgumentError, LinmemError, MissingLibraryError, errors_of_other_libraries
from linmem.kernels.threads import hold_threads
from linmem.linalg.blas import one_blas_thread
from linmem.progress import hidden
from linmem.sweeps.families import Family

ATTEMPTS = 3
AHEAD = 3  # batches for each worker that are sent before results come back
VALUES = ("values", "norms")  # the attributes of results that hold their numbers

Measure: TypeAlias = Callable[..., Any]  # from a network to a number, an array or a result
Row: TypeAlias = tuple[dict[str, Any], str]  # the numbers of a network by name, and an error or ""
Batches: TypeAlias = dict[int, range]  # the networks of each batch, by their numbers in the family


@dataclass(frozen=True)
class Task:
    """Measures of the networks of a family; called with the numbers of networks, it returns a row for each."""

    measures: dict[str, Measure]
    family: Family

    def __call__(self, numbers: range) -> list[Row]:
        # networks are measured side by side: a second thread for each would only wait
        threads = hold_threads(1)
        try:
            with one_blas_thread(), hidden():  # the bar of the sweep is shown
                return [self.row(number) for number in numbers]
        finally:
            hold_threads(threads)

    def row(self, number: int) -> Row:
        """The numbers of one network by name, and why some are missing."""
        numbers: dict[str, Any] = {}
        errors = []
        # any error of a builder or a measure: one bad network must not end a sweep
        try:
            network = self.family.network(number)
        except Exception as error:
            return numbers, _described(error)
        for name, measure in self.measures.items():
            try:
                numbers |= _numbers(name, measure(network))
            except Exception as error:
                prefix = "" if len(self.measures) == 1 else f"{name}: "
                errors.append(prefix + _described(error))
        return numbers, "; ".join(errors)


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _numbers(name: str, result: Any) -> dict[str, Any]:
    """The numbers of a result by name, with its estimate of its own error."""
    values = result
    for attribute in VALUES:
        if hasattr(result, attribute):
            values = getattr(result, attribute)
            break
    if isinstance(values, dict):
        return {f"{name}_{key}": np.asarray(value, dtype=float) for key, value in values.items()}
    try:
        numbers = {name: np.asarray(values, dtype=float)}
    except (TypeError, ValueError):
        raise ArgumentError(
            f"{name} gives {type(result).__name__}; a sweep takes measures that give real numbers, arrays or curves: "
            "wrap it in a function that returns one of these"
        ) from None
    if hasattr(result, "relative_error"):
        numbers[f"{name}_relative_error"] = np.asarray(result.relative_error, dtype=float)
    return numbers


def measured(task: Task, batches: Batches, executor: Any) -> Iterator[tuple[int, list[Row]]]:
    """Each batch with its rows, in the order in which they are finished.

    `executor` is "serial", a number of processes, a `concurrent.futures.Executor`, or a `dask.distributed.Client`.

    Raises
    ------
    ArgumentError
        If `executor` is none of these.
    """
    if executor == "serial":
        for batch, numbers in batches.items():
            yield batch, task(numbers)
    elif isinstance(executor, int):
        yield from _in_processes(task, batches, executor)
    elif isinstance(executor, Executor):
        yield from _in_pool(executor, task, batches, AHEAD * (os.cpu_count() or 1), set())
    elif hasattr(executor, "scheduler_info"):
        yield from _on_a_cluster(task, batches, executor)
    else:
        raise ArgumentError(
            f"executor is {executor!r:.60}; it must be 'serial', a number of processes, an Executor of "
            "concurrent.futures or a Client of dask.distributed"
        )


def _in_processes(task: Task, batches: Batches, workers: int) -> Iterator[tuple[int, list[Row]]]:
    """Results from processes of this machine; after the death of one, the rest is done by new ones."""
    remaining = dict(batches)
    deaths = dict.fromkeys(batches, 0)
    while remaining:
        # a pool does not say which batch killed its process: suspects of two deaths are tried one by one
        suspects = {batch: numbers for batch, numbers in remaining.items() if deaths[batch] >= ATTEMPTS - 1}
        chosen = suspects or remaining
        width = 1 if suspects else AHEAD * workers
        underway: set[int] = set()
        with process_pool(min(workers, len(chosen))) as pool:
            try:
                for batch, rows in _in_pool(pool, task, chosen, width, underway):
                    del remaining[batch]
                    yield batch, rows
            except BrokenProcessPool:
                for batch in underway:
                    deaths[batch] += 1
                    if deaths[batch] >= ATTEMPTS:
                        yield batch, _died(remaining.pop(batch))


@contextmanager
def process_pool(count: int) -> Iterator[Executor]:
    """A pool of new processes, which end with the block: at once where an error or an interrupt ends it."""
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"))
    try:
        yield pool
    except BaseException:
        for process in list((pool._processes or {}).values()):  # shutting down would wait for what they measure
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """A block in which interrupts wait. Processes started in it never see one.

    A terminal interrupts all its processes at once: this one alone says so, and ends the others.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_pool(
    pool: Executor, task: Task, batches: Batches, width: int, underway: set[int]
) -> Iterator[tuple[int, list[Row]]]:
    """Results from a pool that has at most `width` batches at a time; `underway` is kept up to date."""
    waiting = dict(batches)
    futures: dict[Any, int] = {}
    while waiting or futures:
        while waiting and len(futures) < width:
            batch = next(iter(waiting))
            with without_interrupts():
                futures[pool.submit(task, waiting.pop(batch))] = batch
            underway.add(batch)
        done, _ = wait(futures, return_when=FIRST_COMPLETED)
        for future in done:
            rows = future.result()
            batch = futures.pop(future)
            underway.discard(batch)
            yield batch, rows


def _died(numbers: range) -> list[Row]:
    return [({}, f"the process that measured it died, {ATTEMPTS} times") for _ in numbers]


def _on_a_cluster(task: Task, batches: Batches, client: Any) -> Iterator[tuple[int, list[Row]]]:
    """Results from the workers of a Dask cluster."""
    from distributed import KilledWorker, as_completed

    waiting = dict(batches)
    # sent once, as the result of a call: scattered data are lost with their worker, a result is computed again
    sent = client.submit(_unchanged, task, pure=False)
    width = AHEAD * max(1, sum(client.nthreads().values()))
    running: dict[Any, int] = {}
    results = as_completed()
    try:
        while waiting or running:
            while waiting and len(running) < width:
                batch = next(iter(waiting))
                future = client.submit(_called, sent, waiting[batch], pure=False, retries=0)
                running[future] = batch
                del waiting[batch]
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
            f"the cluster is gone ({type(error).__name__}); what was measured is stored: run the same sweep again"
        ) from error
    finally:
        if client.status == "running":
            client.cancel(list(running), force=True)


def _unchanged(task: Task) -> Task:
    return task


def _called(task: Task, numbers: range) -> list[Row]:
    return task(numbers)


def connected(address: str) -> Any:
    """A `dask.distributed.Client` of the scheduler at an address, tcp://host:8786.

    Raises
    ------
    ArgumentError
        If no scheduler answers at the address.
    MissingLibraryError
        If Dask is not installed.
    """
    message = "a cluster needs Dask: pip install 'linmem[sweep]'"
    with errors_of_other_libraries(MissingLibraryError, message, (ImportError,)):
        from distributed import Client
    message = f"scheduler is {address!r}, which does not answer"
    with errors_of_other_libraries(ArgumentError, message, (OSError, ValueError)):
        return Client(address, timeout="20s")
