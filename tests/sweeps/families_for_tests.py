"""Builders and measures that other processes import by name."""

import os
import signal
import time

import linmem as lm


def slow_chain(n, gain, pause=0.0):
    time.sleep(pause)
    return lm.chain(n, gain=gain)


def counted_chain(n, gain, folder, pause=0.0):
    """A chain that writes one letter into a file each time it is built."""
    with open(os.path.join(folder, f"{n}-{gain}"), "a") as log:
        log.write("x")
    return slow_chain(n, gain, pause)


def deadly_chain(n, fatal):
    """A chain that kills the process which builds it, if it has the fatal number of units."""
    if n == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return lm.chain(n)


def dies_once(n, folder):
    """A chain that kills the first process which builds it, if it has 5 units."""
    mark = os.path.join(folder, f"died-{n}")
    if n == 5 and not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return lm.chain(n)


def size(net):
    return float(net.size)


def words(net):
    return "many"


def refused(net):
    raise lm.InvalidNetworkError("net is refused")
