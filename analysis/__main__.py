"""Build figures: `python -m analysis` all of them, `python -m analysis NAME ...` some; `linmem figures` is the same.

Exit code 0 where every claim held, 1 where one did not (its figure is not drawn), 2 for a name that there is not.
"""

from __future__ import annotations

import pkgutil
import warnings
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import analysis
from analysis.claims import ClaimError
from analysis.drawing import draw_figure
from analysis.output import FIGURES
from linmem.cli.figures import figures
from linmem.errors import LinmemError
from linmem.linalg.blas import one_blas_thread
from linmem.plotting import for_journal


def scripts() -> dict:
    """Name -> module, of every module of this package that draws a figure."""
    names = [found.name for found in pkgutil.iter_modules(analysis.__path__) if not found.name.startswith("_")]
    modules = {name: import_module(f"analysis.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "SETTINGS")}


def build(names, folder: Path | None, journal: str | None, columns: int | None) -> bool:
    """Draw figures into a folder, and tell whether all their claims held.

    The folder is that of the repository where None, or for a journal one of its own, here.
    """
    known = scripts()
    folder = folder or (Path(f"figures-{journal}") if journal else FIGURES)
    console = Console(highlight=False, soft_wrap=True)
    bar = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    failed = 0
    printed = for_journal(journal, columns) if journal else nullcontext()
    with printed, Progress(*bar, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(names or known))
        for name in names or known:
            progress.update(task, description=name)
            failed += not _built(name, known[name], folder, console)
            progress.advance(task)
    console.print(f"written to {folder}")
    return not failed


def _built(name, script, folder, console) -> bool:
    start = perf_counter()
    try:
        # sums in the same order, and the same bytes, on any number of processors
        with one_blas_thread(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            claims = draw_figure(script, folder=folder)
    except ClaimError as error:
        console.print(f"[bold red]{name}: not drawn[/], {len(error.broken)} claims do not hold")
        for claim in error.broken:
            console.print(f"  [red]broken[/]  {escape(str(claim))}, not in [{claim.lower:.6g}, {claim.upper:.6g}]")
        return False
    except LinmemError as error:
        console.print(f"[bold red]{name}: not drawn[/], {type(error).__name__}: {escape(str(error))}")
        return False
    console.print(f"[bold]{name}[/] ({perf_counter() - start:.1f} s), {len(claims)} claims hold")
    for warning in caught:
        console.print(f"  [yellow]look at it[/]  {escape(str(warning.message))}")
    for claim in claims:
        console.print(f"  [green]holds[/]  {escape(str(claim))}")
    return True


if __name__ == "__main__":
    figures(prog_name="python -m analysis")
