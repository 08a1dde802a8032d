"""What commands write: where it may go, tables, and pictures of one column."""

from __future__ import annotations

from pathlib import Path

from linmem.errors import InvalidNetworkError


def require_out(out: Path | None, suffixes: tuple[str, ...]) -> None:
    """Refuse a file of another type, or in no folder, before any work is done."""
    if out is not None and out.suffix.lower() not in suffixes:
        raise InvalidNetworkError(f"out is {str(out)!r}; its type must be one of {', '.join(suffixes)}")
    if out is not None and not out.parent.is_dir():
        raise InvalidNetworkError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")


def write_table(name, columns: dict[str, list]) -> None:
    """Columns as .csv, every number with all its digits."""
    rows = zip(*columns.values(), strict=True)
    Path(name).write_text("\n".join([",".join(columns), *(",".join(map(repr, row)) for row in rows)]) + "\n")


def draw(name, plot) -> None:
    """One picture, a column wide."""
    from linmem.plotting import ONE_COLUMN, UNDATED, new_figure, style

    with style():
        figure = new_figure(ONE_COLUMN, 0.75 * ONE_COLUMN)
        plot(figure.subplots())
        figure.savefig(name, metadata=UNDATED[Path(name).suffix[1:]])
