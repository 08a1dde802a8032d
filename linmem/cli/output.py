"""Pictures of one column."""

from __future__ import annotations

from pathlib import Path


def draw(name, plot) -> None:
    """One picture, a column wide."""
    from linmem.plotting import ONE_COLUMN, UNDATED, new_figure, style

    with style():
        figure = new_figure(ONE_COLUMN, 0.75 * ONE_COLUMN)
        plot(figure.subplots())
        figure.savefig(name, metadata=UNDATED[Path(name).suffix[1:]])
