"""The number of threads that the kernels take."""

from numba import get_num_threads, set_num_threads


def hold_threads(count):
    """Take `count` threads from now on, and return the number before."""
    before = get_num_threads()
    set_num_threads(count)
    return before
