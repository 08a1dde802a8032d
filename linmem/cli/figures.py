"""`linmem figures`: the figures of the repository, in the widths and fonts of a journal."""

from __future__ import annotations

import inspect
import sys
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import click

JOURNALS = ("pnas", "nature", "neurips")


def complete_figure(context, parameter, incomplete: str) -> list[str]:
    """Figures by name, where this folder has their scripts."""
    try:
        return [name for name in _analysis().scripts() if name.startswith(incomplete)]
    except click.UsageError:
        return []


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_figure)
@click.option("--journal", type=click.Choice(JOURNALS), help="Widths and fonts of a journal.  [default: our own]")
@click.option("--columns", type=int, help="The width of so many columns.  [default: what a figure was made for]")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, file_okay=False), help="A folder.  [default: figures/, or here]"
)
@click.option("--list", "listed", is_flag=True, help="Print the names of all figures, and do nothing.")
def figures(names: tuple[str, ...], journal, columns, out, listed: bool) -> None:
    """Draw the figures NAME ..., or all of them, and check their claims: PDF, PNG, numbers, and captions as text.

    Example: linmem figures delay_lines hidden_chain --journal pnas --columns 1

    The scripts are in the repository, not in what is installed: run it there. With --journal figures are written to
    figures-JOURNAL in this folder, beside those of the repository.
    """
    analysis = _analysis()
    known = analysis.scripts()
    if listed:
        for name, script in known.items():
            click.echo(f"{name:<26}{(inspect.getdoc(script) or '').partition(chr(10))[0]}")
        return
    for name in names:
        if name not in known:
            nearest = get_close_matches(name, known, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"there are {', '.join(known)}"
            raise click.UsageError(f"there is no figure {name!r}; {hint}")
    if columns is not None and journal is None:
        raise click.UsageError(f"columns is {columns}, but columns are of a journal; add --journal NAME")
    if not analysis.build(names, out, journal, columns):
        raise click.exceptions.Exit(1)


def _analysis():
    """The module that draws, where this folder is a copy of the repository."""
    here = Path.cwd()
    if "analysis" not in sys.modules and (here / "analysis" / "claims.py").is_file():
        sys.path.insert(0, str(here))
    try:
        return import_module("analysis.__main__")
    except ModuleNotFoundError as error:
        if error.name != "analysis":
            raise
        raise click.UsageError(
            f"{str(here)!r} is no copy of the repository, which has the scripts of figures; git clone it, and ask there"
        ) from None
