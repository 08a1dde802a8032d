"""What commands write and print: files, pictures of one column, JSON, rows of text, progress on a terminal.

Contents
--------
require_writable
    Refuse a file before any work is done.
print_and_write
    An answer, on the standard output and into a file.
print_rows, print_json
    Names with their values in two columns; a record as one line of JSON.
draw_picture
    One picture, as wide as a column of text.
progress_on_terminal
    A block in which messages about progress are shown on one line of the terminal.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.streams import COMPILING, WIPE_LINE, level_of_log, messages_to
from linmem.errors import FileError

if TYPE_CHECKING:
    from linmem.plotting.appearance import Axes

SUFFIXES_OF_A_PICTURE = (".pdf", ".png", ".svg")
SUFFIXES_OF_A_CURVE = (".csv", ".json", ".pdf", ".png")
NAME_WIDTH = 18  # letters, of the first column of an answer


def require_writable(out: Path | None, suffixes: tuple[str, ...] = (), name: str = "out") -> None:
    """Refuse a file that is of another type or in a folder that does not exist; None is no file.

    Raises
    ------
    FileError
        The suffix is none of `suffixes` (where there are any), or there is no such folder.
    """
    if out is None:
        return
    if suffixes and out.suffix.lower() not in suffixes:
        raise FileError(f"{name} is {str(out)!r}; its type must be one of {', '.join(suffixes)}")
    if not out.parent.is_dir():
        raise FileError(f"{name} is {str(out)!r}, but there is no folder {str(out.parent)!r}")


def print_and_write(
    record: Mapping[str, Any],
    rows: Iterable[tuple[str, Any]],
    *,
    columns: Mapping[str, Sequence[Any]],
    plot: Callable[[Axes], object],
    out: Path | None,
    as_json: bool,
) -> None:
    """Print an answer, and write it into the file `out` if there is one.

    The type of the file decides what it holds: the table `columns` (.csv), the whole record (.json), or the picture
    that `plot` draws (.pdf, .png). Printed are the rows, or with `as_json` the whole record.
    """
    if out is not None:
        _write(out, record, columns, plot)
    if as_json:
        print_json(record)
        return
    print_rows(rows)
    if out is not None:
        print_rows([("written", out)])


def print_rows(rows: Iterable[tuple[str, Any]], name_width: int = NAME_WIDTH) -> None:
    """Print names and values in two columns."""
    for name, value in rows:
        click.echo(f"{name:<{name_width}}{value}")


def print_json(record: Any) -> None:
    """Print a record as one line of JSON."""
    from linmem.exchange.json_text import json_text

    click.echo(json_text(record))


def draw_picture(out: Path, plot: Callable[[Axes], object]) -> None:
    """Write what `plot` draws on axes, as .pdf, .png or .svg as wide as a column; the same bytes every time."""
    from linmem.plotting import ONE_COLUMN, UNDATED, new_figure, style
    from linmem.writing import write_whole

    suffix = out.suffix.lower()[1:]
    with style():
        figure = new_figure(ONE_COLUMN, 0.75 * ONE_COLUMN)
        plot(figure.subplots())
        write_whole(out, lambda name: figure.savefig(name, format=suffix, metadata=UNDATED[suffix]))


def _write(
    out: Path, record: Mapping[str, Any], columns: Mapping[str, Sequence[Any]], plot: Callable[[Axes], object]
) -> None:
    from linmem.exchange.json_text import json_text
    from linmem.writing import write_text

    suffix = out.suffix.lower()
    if suffix == ".csv":
        write_text(out, _table(columns))
    elif suffix == ".json":
        write_text(out, json_text(record, indent=1) + "\n")
    else:
        draw_picture(out, plot)


def _table(columns: Mapping[str, Sequence[Any]]) -> str:
    """Named columns as comma-separated text, every number with all its digits."""
    lines = [",".join(columns)]
    for row in zip(*columns.values(), strict=True):
        lines.append(",".join(repr(value) for value in row))
    return "\n".join(lines) + "\n"


@contextmanager
def progress_on_terminal() -> Iterator[None]:
    """A block in which the messages that the library logs are shown on one line, which is wiped at the end.

    Nothing is shown where the standard error is not a terminal.
    """
    if not sys.stderr.isatty():
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.terminator = ""
    # a warning, and the announcement of a compilation, keep a line of their own
    handler.addFilter(lambda record: record.levelno < logging.WARNING and record.name != COMPILING)
    handler.setFormatter(logging.Formatter(f"{WIPE_LINE}%(message)s"))
    with level_of_log("linmem", logging.INFO), messages_to(handler):
        yield
        click.echo(WIPE_LINE, err=True, nl=False)
