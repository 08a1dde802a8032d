"""Build figures: `python -m analysis` all of them, `python -m analysis NAME ...` some.

Exit code 0 where every claim held, 1 where one did not (its figure is not drawn), 2 for a name that there is not.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from time import perf_counter

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import analysis
from analysis.claims import ClaimError
from analysis.output import FIGURES
from linmem.errors import LinmemError
from linmem.threads import one_blas_thread


def scripts() -> dict:
    """Name -> module, of every module of this package that draws a figure."""
    names = [found.name for found in pkgutil.iter_modules(analysis.__path__) if not found.name.startswith("_")]
    modules = {name: import_module(f"analysis.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "main")}


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=FIGURES, help="Where to write.")
def main(names: tuple[str, ...], folder: Path) -> None:
    """Build the figures NAME ..., or all of them, and check their claims."""
    known = scripts()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError(f"there is no figure {unknown[0]!r}; there are {', '.join(known)}")
    console = Console(highlight=False, soft_wrap=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    failed = 0
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(names or known))
        for name in names or known:
            progress.update(task, description=name)
            failed += not _built(name, known[name], folder, console)
            progress.advance(task)
    raise SystemExit(1 if failed else 0)


def _built(name, script, folder, console) -> bool:
    start = perf_counter()
    try:
        with one_blas_thread():  # sums in the same order, and the same bytes, on any number of processors
            claims = script.main(folder=folder)
    except ClaimError as error:
        console.print(f"[bold red]{name}: not drawn[/], {len(error.broken)} claims do not hold")
        for claim in error.broken:
            console.print(f"  [red]broken[/]  {escape(str(claim))}, not in [{claim.lower:.6g}, {claim.upper:.6g}]")
        return False
    except LinmemError as error:
        console.print(f"[bold red]{name}: not drawn[/], {type(error).__name__}: {escape(str(error))}")
        return False
    console.print(f"[bold]{name}[/] ({perf_counter() - start:.1f} s), {len(claims)} claims hold")
    for claim in claims:
        console.print(f"  [green]holds[/]  {escape(str(claim))}")
    return True


if __name__ == "__main__":
    main()
