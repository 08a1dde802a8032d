"""What commands write and print: where it may go, answers, and pictures of one column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from linmem.errors import InvalidNetworkError
from linmem.writing import write_whole

SUFFIXES = (".csv", ".json", ".pdf", ".png")  # of a curve


def require_out(out: Path | None, suffixes: tuple[str, ...]) -> None:
    """Refuse a file of another type, or in no folder, before any work is done."""
    if out is not None and out.suffix.lower() not in suffixes:
        raise InvalidNetworkError(f"out is {str(out)!r}; its type must be one of {', '.join(suffixes)}")
    if out is not None and not out.parent.is_dir():
        raise InvalidNetworkError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")


def tell(record: dict[str, Any], lines, *, out: Path | None, columns: dict[str, list], plot, as_json: bool) -> None:
    """An answer: written to `out`, by its type, as a table, everything, or a picture; printed as JSON or in lines."""
    if out is not None:
        write_whole(out, lambda name: _write(out.suffix.lower(), name, record, columns, plot))
    if as_json:
        click.echo(json.dumps(record))
        return
    for name, value in lines:
        click.echo(f"{name:<18}{value}")


def _write(suffix: str, name, record, columns, plot) -> None:
    if suffix == ".csv":  # every number with all its digits
        rows = zip(*columns.values(), strict=True)
        Path(name).write_text("\n".join([",".join(columns), *(",".join(map(repr, row)) for row in rows)]) + "\n")
    elif suffix == ".json":
        Path(name).write_text(json.dumps(record, indent=1) + "\n")
    else:
        draw(name, plot)


def draw(name, plot) -> None:
    """One picture, a column wide."""
    from linmem.plotting import ONE_COLUMN, UNDATED, new_figure, style

    with style():
        figure = new_figure(ONE_COLUMN, 0.75 * ONE_COLUMN)
        plot(figure.subplots())
        figure.savefig(name, metadata=UNDATED[Path(name).suffix[1:]])
