"""The number of threads that the kernels take, and kernels that run side by side.

Contents
--------
hold_threads
    Take so many threads from now on.
in_threads
    A function, which calls a kernel without the interpreter's lock, on many items.
"""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from numba import get_num_threads, set_num_threads


def hold_threads(count):
    """Take `count` threads from now on, and return the number before."""
    before = get_num_threads()
    set_num_threads(count)
    return before


def in_threads(function, items, report=None):
    """Call the function with each item, in as many threads as the kernels take, which wait without spinning.

    `report` is called with the share that is done. Where it, or a call, raises an error, no further item is begun.
    """
    threads = min(get_num_threads(), len(items))
    if threads <= 1:
        for done, item in enumerate(items, 1):
            function(item)
            _tell(report, done / len(items))
        return
    with ThreadPoolExecutor(threads) as pool:
        # a copy of the context for each item: what NumPy does about overflow is kept there
        calls = [pool.submit(copy_context().run, function, item) for item in items]
        try:
            for done, call in enumerate(calls, 1):
                call.result()
                _tell(report, done / len(items))
        finally:  # after an error, an interrupt too, which would otherwise wait for all items
            pool.shutdown(cancel_futures=True)


def _tell(report, share):
    if report is not None:
        report(share)
