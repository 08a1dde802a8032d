"""The standard streams of the program, which may be closed, full, or read by a program that has ended.

Contents
--------
open_closed_streams
    Give streams that are closed a place, so that no file takes their numbers.
give_up_unwritable_streams
    Leave nothing that the end of the program would try to write again.
warnings_on_stderr
    A block in which warnings of the package are lines on the standard error.
compilation_on_terminal
    A block in which the first compilation of a kernel is announced on a terminal.
messages_to, level_of_log
    Blocks in which the messages of the package go to a handler, and a logger has another level.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

WIPE_LINE = "\r\033[K"
COMPILING = "linmem.kernels.compiling"  # the logger of compilations


def open_closed_streams() -> None:
    """Give each standard stream that is closed the null device, so that no file takes its number.

    The standard output is opened for reading: writing to it fails, as the answer would be lost.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)  # takes the lowest number, this one
            os.set_inheritable(number, True)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", closefd=False))  # noqa: SIM115


def give_up_unwritable_streams() -> None:
    """Point each stream that cannot be written to the null device: what it still holds is not tried again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, stream.fileno())
                os.close(null)


@contextmanager
def warnings_on_stderr() -> Iterator[None]:
    """A block in which warnings that the package logs are lines on the standard error, and those of Matplotlib none.

    Matplotlib warns of a home folder that it cannot write to, and works without one.
    """
    with level_of_log("matplotlib", logging.ERROR), messages_to(_LinesOnStderr(logging.WARNING)):
        yield


@contextmanager
def compilation_on_terminal() -> Iterator[None]:
    """A block in which the first compilation of a kernel is announced on the standard error, if it is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    handler = _LinesOnStderr(logging.INFO)
    handler.addFilter(lambda record: record.levelno < logging.WARNING)  # warnings have a handler
    with level_of_log(COMPILING, logging.INFO), messages_to(handler, COMPILING):
        yield


@contextmanager
def messages_to(handler: logging.Handler, name: str = "linmem") -> Iterator[None]:
    """A block in which what the package, or one of its modules, logs also goes to the handler."""
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def level_of_log(name: str, level: int) -> Iterator[None]:
    """A block in which the logger of that name has the level."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)


class _LinesOnStderr(logging.Handler):
    """Each message as a line of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        wipe = WIPE_LINE if sys.stderr.isatty() else ""  # a line of progress may stand there
        click.echo(f"{wipe}linmem: {record.getMessage()}", err=True)
