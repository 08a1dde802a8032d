"""Draw the figures of this repository and check their claims: `python -m analysis --help` says how.

Exit code 0 if all claims hold, 1 if some do not (their figures are not drawn), 2 if the request is wrong.

Contents
--------
build
    Some figures, or all of them, drawn into a folder.
figures
    The command.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analysis.outcomes import Outcome, draw, scripts
from analysis.output import FIGURES
from linmem.errors import ArgumentError
from linmem.plotting import JOURNALS, for_journal
from linmem.sweeps.execution import process_pool, without_interrupts
from linmem.validation import near_miss

# These are drawn first, the longest one first: a long figure at the end would leave the other processes idle.
SLOWEST = (
    "where_doubles_fail",
    "fluid_memory",
    "memory_after_training",
    "calibration",
    "pseudospectra_gallery",
    "fan_out_memory",
    "learned_connectivity",
    "normal_memory",
    "gates_of_lstms",
    "loss_and_unexplained",
    "effective_noise",
    "fan_out_trace",
    "connectome_development",
)


def build(names: Sequence[str], folder: Path | None, journal: str | None, columns: int | None, processes: int) -> bool:
    """Draw these figures, or all of them where `names` is empty, and return whether all their claims hold.

    Without a folder they go to `figures/` of the repository; figures for a journal go to `figures-JOURNAL` in the
    current folder, so that those of the repository stay as they are.
    """
    names = names or list(scripts())
    folder = folder or (Path(f"figures-{journal}") if journal else FIGURES)
    console = Console(highlight=False, soft_wrap=True)
    columns_of_bar = TextColumn("figures"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    bar = Progress(*columns_of_bar, console=console, transient=True, disable=not console.is_terminal)
    if journal:
        with for_journal(journal, columns):  # an error in the request comes before the first figure
            pass
    all_hold = True
    with bar:
        task = bar.add_task("", total=len(names))
        for outcome in _outcomes(names, partial(draw, folder=folder, journal=journal, columns=columns), processes):
            _print(outcome, console)
            all_hold &= outcome.drawn
            bar.advance(task)
    console.print(f"written to {folder}")
    return all_hold


def _outcomes(names: Sequence[str], draw_one: partial[Outcome], processes: int) -> Iterator[Outcome]:
    """What became of each figure, in the order in which they are done."""
    rank = {name: place for place, name in enumerate(SLOWEST)}
    names = sorted(names, key=lambda name: rank.get(name, len(rank)))
    processes = min(processes, len(names))
    if processes == 1:
        yield from map(draw_one, names)
        return
    with process_pool(processes) as pool:
        with without_interrupts():
            futures = [pool.submit(draw_one, name) for name in names]
        for future in as_completed(futures):
            yield future.result()


def _print(outcome: Outcome, console: Console) -> None:
    """Print what became of a figure, with its claims."""
    if outcome.refusal:
        console.print(f"[bold red]{outcome.name}: not drawn[/], {escape(outcome.refusal)}")
        return
    if outcome.broken:
        console.print(f"[bold red]{outcome.name}: not drawn[/], {len(outcome.broken)} claims do not hold")
        for claim in outcome.broken:
            console.print(f"  [red]broken[/]  {escape(str(claim))}, not in [{claim.lower:.6g}, {claim.upper:.6g}]")
        return
    console.print(f"[bold]{outcome.name}[/] ({outcome.seconds:.1f} s), {len(outcome.held)} claims hold")
    for remark in outcome.remarks:
        console.print(f"  [yellow]look at it[/]  {escape(remark)}")
    for claim in outcome.held:
        console.print(f"  [green]holds[/]  {escape(str(claim))}")


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
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    help="How many figures are drawn side by side.  [default: one for each core]",
)
@click.option("--list", "only_list", is_flag=True, help="Print the names of all figures and draw nothing.")
def figures(
    names: tuple[str, ...],
    journal: str | None,
    columns: int | None,
    out: Path | None,
    processes: int,
    only_list: bool,
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
            click.echo(f"{name:<{max(map(len, known)) + 2}}{first_line}")
        return
    for name in names:
        if name not in known:
            hint = near_miss(name, known) or f"; the figures are {', '.join(known)}"
            raise click.UsageError(f"there is no figure {name!r}{hint}")
    if columns is not None and journal is None:
        raise click.UsageError(f"columns is {columns}, but columns are of a journal; add --journal NAME")
    try:
        all_hold = build(names, out, journal, columns, processes)
    except ArgumentError as error:
        raise click.UsageError(str(error)) from error
    except BrokenProcessPool as error:
        message = "a process that draws was killed, perhaps for want of memory; fewer draw with --processes 1"
        raise click.ClickException(message) from error
    if not all_hold:
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    figures(prog_name="python -m analysis")
