"""Draw the figures of this repository and check their claims: `python -m analysis --help` says how.

Exit code 0 if all claims hold, 1 if some do not (their figures are not drawn), 2 if the request is wrong.

Contents
--------
scripts
    The modules of this package that draw a figure, by name.
build
    Some figures, or all of them, drawn into a folder.
figures
    The command.
"""

from __future__ import annotations

import inspect
import pkgutil
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from time import perf_counter
from types import ModuleType

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import analysis
from analysis.claims import Claim, ClaimError
from analysis.drawing import draw_figure
from analysis.output import FIGURES
from linmem.errors import ArgumentError, LinmemError
from linmem.linalg.blas import one_blas_thread
from linmem.plotting import JOURNALS, for_journal
from linmem.validation import near_miss


def scripts() -> dict[str, ModuleType]:
    """The modules of this package that draw a figure, by name."""
    names = [module.name for module in pkgutil.iter_modules(analysis.__path__) if not module.name.startswith("_")]
    modules = {name: import_module(f"analysis.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "SETTINGS")}


def build(names: Sequence[str], folder: Path | None, journal: str | None, columns: int | None) -> bool:
    """Draw these figures, or all of them where `names` is empty, and return whether all their claims hold.

    Without a folder they go to `figures/` of the repository; figures for a journal go to `figures-JOURNAL` in the
    current folder, so that those of the repository stay as they are.
    """
    known = scripts()
    names = names or list(known)
    folder = folder or (Path(f"figures-{journal}") if journal else FIGURES)
    console = Console(highlight=False, soft_wrap=True)
    columns_of_bar = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    bar = Progress(*columns_of_bar, console=console, transient=True, disable=not console.is_terminal)
    appearance = for_journal(journal, columns) if journal else nullcontext()
    all_hold = True
    with appearance, bar:
        task = bar.add_task("", total=len(names))
        for name in names:
            bar.update(task, description=name)
            all_hold &= _draw(name, known[name], folder, console)
            bar.advance(task)
    console.print(f"written to {folder}")
    return all_hold


def _draw(name: str, script: ModuleType, folder: Path, console: Console) -> bool:
    """Draw one figure, print its claims, and return whether all of them hold."""
    start = perf_counter()
    try:
        # one thread adds in the same order on any number of processors, which gives the same bytes
        with one_blas_thread(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            claims = draw_figure(script, folder=folder)
    except ClaimError as error:
        _print_broken(name, error.broken, console)
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


def _print_broken(name: str, broken: Sequence[Claim], console: Console) -> None:
    console.print(f"[bold red]{name}: not drawn[/], {len(broken)} claims do not hold")
    for claim in broken:
        console.print(f"  [red]broken[/]  {escape(str(claim))}, not in [{claim.lower:.6g}, {claim.upper:.6g}]")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--journal", type=click.Choice(list(JOURNALS)), help="Widths and fonts of a journal.  [default: those of linmem]"
)
@click.option(
    "--columns", type=int, help="Width of the figures in columns of the journal.  [default: as the figure was made]"
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to.  [default: figures/ of the repository; figures-JOURNAL here]",
)
@click.option("--list", "only_list", is_flag=True, help="Print the names of all figures and draw nothing.")
def figures(
    names: tuple[str, ...], journal: str | None, columns: int | None, out: Path | None, only_list: bool
) -> None:
    """Draw the figures NAME ..., or all figures, and check their claims.

    Each figure is written as PDF and PNG, with its numbers as JSON and its caption as text. A figure of which a claim
    does not hold is not drawn, and the exit code is 1. A figure that is too wide for its columns is drawn, with a line
    that says by how much.

    Example: python -m analysis delay_lines hidden_chain --journal pnas --columns 1
    """
    known = scripts()
    if only_list:
        for name, script in known.items():
            first_line = (inspect.getdoc(script) or "").partition("\n")[0]
            click.echo(f"{name:<26}{first_line}")
        return
    for name in names:
        if name not in known:
            hint = near_miss(name, known) or f"; the figures are {', '.join(known)}"
            raise click.UsageError(f"there is no figure {name!r}{hint}")
    if columns is not None and journal is None:
        raise click.UsageError(f"columns is {columns}, but columns are of a journal; add --journal NAME")
    try:
        all_hold = build(names, out, journal, columns)
    except ArgumentError as error:
        raise click.UsageError(str(error)) from error
    if not all_hold:
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    figures(prog_name="python -m analysis")
