"""`report`: one page about one network, and its numbers in a file beside it.

Contents
--------
report
    Compute, write the page, write the numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

from linmem.cells.cell import Cell
from linmem.errors import ArgumentError
from linmem.linalg.blas import blas_threads_for
from linmem.memory.groups import Groups, group_of_units
from linmem.network import NetworkOrMatrix, as_network
from linmem.reasons import Reason
from linmem.remembering import remembering
from linmem.reporting.cell_section import CellOfFile
from linmem.reporting.contents import sections
from linmem.reporting.documents import computed, numbers_of, require_page, write_report
from linmem.reporting.parts import Section
from linmem.reporting.programs import programs
from linmem.reporting.subject import Subject
from linmem.reporting.summary import summary_of
from linmem.validation import SNR, file_path, number, whole_number

Progress = Callable[[str, float], None]


def report(
    network: NetworkOrMatrix,
    out: str | os.PathLike[str],
    *,
    against: Iterable[str] = ("orthogonal", "chain"),
    snr: float = SNR,
    horizon: int | None = None,
    certified: bool = False,
    groups: Groups | None = None,
    cell: Cell | CellOfFile | None = None,
    origin: Mapping[str, str] | None = None,
    statements: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    r"""Write a page about a network, and a JSON file with its numbers; return the numbers.

    The page begins with a verdict, four numbers and the origin of the network. Its sections have the Fisher memory for
    the best, the given and the mean input, what a readout decodes, the Schur form and hidden chains, pseudospectra and
    Kreiss constant, transient growth, and the claims of the theory that apply to the network. It says of each number
    how far to trust it, and compares with networks of the same size and noise, and of the same norm and spectral radius
    where both can be had. A section that cannot be computed says why, and the others are written.

    With the extra `explore` (Bokeh) the charts show their values under the mouse and can be zoomed; without it they are
    pictures. The tables of all charts are in the page, from which a reader saves them as CSV, and in the JSON file.

    Parameters
    ----------
    network
        A network in discrete or in continuous time, or a matrix; not a stack. All its inputs are measured, each scaled
        to norm 1; without one, the optimal one is taken.
    out
        A file that ends in .html (one file, complete in itself) or .pdf; the numbers are written beside it as .json.
    against
        Some of "orthogonal", "chain", "gaussian", "symmetric": networks to compare with. "shuffled" adds a section in
        which measures are compared with those of networks with the same degrees, with p-values; "shuffled:weights" and
        "shuffled:strengths" keep those, as `shuffled` does. They take the time of 39 to 99 networks.
    snr
        Signal-to-noise ratio for decoding: variance of the signal over that of the noise.
    horizon
        Memory of the last so many steps. None: of all steps, or, if the network is not known to be stable, of the last
        2 N steps.
    certified
        Whether to enclose the spectral radius by ball arithmetic, which proves stability.
    groups
        Groups of units, as for `memory_of_groups`, which adds a section on them. None: none.
    cell
        The whole cell of which the network is a part, with its biases: adds a section on the points where it rests
        without an input. None: none.
    origin
        What the network comes from, by name, such as a file with its hash: stands above the sections. None: nothing.
    statements
        Statements of Python that set `network` to this network: with them the page has a program for every chart that
        draws it again. None: no programs.
    progress
        Called before each section with its title and the seconds so far.

    Returns
    -------
    dict
        Title of section -> name of number -> number, or the reason why there is none; infinity is the text "Infinity".

    Raises
    ------
    FileError
        The file is of another type, or there is no such folder.
    ArgumentError
        `snr` or `horizon` is out of range, `against` names another network, a unit has no group, or `cell` is none.
    InvalidNetworkError
        The network is a stack, or sparse and too large to be made dense.

    Examples
    --------
    >>> import linmem as lm, tempfile, os
    >>> page = os.path.join(tempfile.mkdtemp(), "chain.html")
    >>> numbers = lm.report(lm.chain(10), page, against=())
    >>> round(numbers["Memory"]["total, given input"], 6)     # the harmonic number H_10
    2.928968
    """
    out = file_path("out", out)
    require_page(out)
    if isinstance(cell, Cell):
        cell = CellOfFile(cell)
    if cell is not None and not isinstance(cell, CellOfFile):
        raise ArgumentError(f"cell is a {type(cell).__name__}; it must be a cell, as RNNCell or load_cell(path).cell()")
    subject = _subject(network, tuple(against), snr, horizon, groups)
    start = perf_counter()

    def announce(title: str) -> None:
        if progress is not None:
            progress(title, perf_counter() - start)

    others = {other.name: other.said for other in subject.beside if not isinstance(other.network, Reason)}
    with remembering(), blas_threads_for(subject.network.size):
        written = computed(sections(subject, certified=certified, cell=cell), announce)
        summary = summary_of(subject, origin or {})
        announce("Drawing")
        numbers = numbers_of(written)
        title = subject.network.name or f"A network of {subject.network.size} units"
        record = numbers | {"beside": _numbers_of_others(written, list(others))}
        charts = [chart for section in written for chart in section.charts]
        write_report(out, title, written, record, summary, others, programs(charts, subject, statements))
    return numbers


def _subject(network: Any, against: tuple[str, ...], snr: float, horizon: int | None, groups: Groups | None) -> Subject:
    """The checked request."""
    network = as_network(network)
    if not network.is_continuous:
        network = network.in_steps()
    network.require_single("a report")
    snr = number("snr", snr, above=0)
    if horizon is not None:
        network.require_discrete()
        horizon = whole_number("horizon", horizon)
    elif network.stability.stable is not True and not network.is_continuous:
        horizon = 2 * network.size
    of_units = None if groups is None else group_of_units(groups, network.labels, network.size)
    return Subject(network, against, snr, horizon, of_units)


def _numbers_of_others(written: Sequence[Section], names: Sequence[str]) -> dict[str, Any]:
    """The numbers of each network beside it, by section and name, where it has some."""
    numbers: dict[str, Any] = {}
    for position, name in enumerate(names):
        numbers[name] = {
            section.title: {row.name: row.others[position] for row in section.rows if row.others} for section in written
        }
    return numbers
