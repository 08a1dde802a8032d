"""Builders and measures that processes import by name."""

import os
import signal
import time

import linmem as lm


def slow_chain(n, gain, pause=0.0):
    time.sleep(pause)
    return lm.chain(n, gain=gain)


def counted_chain(n, gain, folder, pause=0.0):
    """Leaves a file for each time it is built."""
    with open(os.path.join(folder, f"{n}-{gain}"), "a") as log:
        log.write("x")
    return slow_chain(n, gain, pause)


def deadly_chain(n, fatal):
    """Kills the process that builds it, if it has that many units."""
    if n == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return lm.chain(n)


def dies_once(n, folder):
    """Kills the first process that builds it."""
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
