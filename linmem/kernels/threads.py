"""How many threads the kernels take."""

from numba import get_num_threads, set_num_threads


def hold_threads(count):
    """Take `count` from now on; how many it was."""
    before = get_num_threads()
    set_num_threads(count)
    return before
