"""`report`: one page about one network, and its numbers in a file beside it.

Contents
--------
report
    Compute, write the page, write the numbers.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from linmem import __version__
from linmem.errors import FileError, InvalidNetworkError
from linmem.exchange.json_text import json_ready, json_text
from linmem.linalg.blas import blas_threads_for
from linmem.memory.groups import Groups, group_of_units
from linmem.network import LinearNetwork, NetworkOrMatrix, as_network
from linmem.reasons import Reason, value_or_reason
from linmem.remembering import remembering
from linmem.reporting.contents import sections
from linmem.reporting.parts import Section
from linmem.reporting.subject import SHUFFLED, Subject, comparison_networks
from linmem.validation import file_path, number, whole_number
from linmem.writing import write_text, write_whole

SUFFIXES = (".html", ".pdf")
SNR = 1.0  # as of the command `memory`

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
    progress: Progress | None = None,
) -> dict[str, Any]:
    r"""Write a page about a network, and a JSON file with its numbers; return the numbers.

    The page has the Fisher memory for the best, the given and the mean input, what a readout decodes, the Schur form
    and hidden chains, pseudospectra and Kreiss constant, transient growth, and the claims of the theory that apply to
    the network. It says of each number how far to trust it, and compares with networks of the same size, spectral
    radius and noise. A section that cannot be computed says why, and the others are written.

    Parameters
    ----------
    network
        A `LinearNetwork` or a matrix, not a stack. Without an input, the optimal one is taken.
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
        `snr` or `horizon` is out of range, `against` names another network, or a unit has no group.
    InvalidNetworkError
        The network is a stack, in continuous time, or sparse and too large to be made dense.

    Examples
    --------
    >>> import linmem as lm, tempfile, os
    >>> page = os.path.join(tempfile.mkdtemp(), "chain.html")
    >>> numbers = lm.report(lm.chain(10), page, against=())
    >>> round(numbers["Memory"]["total, given input"], 6)     # the harmonic number H_10
    2.928968
    """
    out = file_path("out", out)
    _require_page(out)
    subject = _subject(network, tuple(against), snr, horizon, groups)
    start = perf_counter()

    def announce(title: str) -> None:
        if progress is not None:
            progress(title, perf_counter() - start)

    names = [other.name for other in subject.others]
    with remembering(), blas_threads_for(subject.network.size):
        written = _sections(subject, certified, announce)
        announce("Drawing")
        write_whole(out, lambda name: _write(name, out.suffix.lower(), subject.network, written, names))
    numbers = _numbers(written)
    record = numbers | {"beside": _numbers_of_others(written, names), "linmem": __version__}
    write_text(out.with_suffix(".json"), json_text(record, indent=1) + "\n")
    return numbers


def _require_page(out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise FileError(f"out is {str(out)!r}; its type must be one of {', '.join(SUFFIXES)}")
    if not out.parent.is_dir():
        raise FileError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")


def _subject(network: Any, against: tuple[str, ...], snr: float, horizon: int | None, groups: Groups | None) -> Subject:
    """The checked request."""
    network = as_network(network)
    if not isinstance(network, LinearNetwork):
        raise InvalidNetworkError(
            "network is in continuous time; a report is about one in discrete time: pass net.discretised(dt)"
        )
    network.require_single("a report")
    snr = number("snr", snr, above=0)
    if horizon is not None:
        horizon = whole_number("horizon", horizon)
    elif network.radius.stable is not True:
        horizon = 2 * network.size
    others = comparison_networks(network, against)
    keep = next((SHUFFLED[name] for name in against if name in SHUFFLED), None)
    of_units = None if groups is None else group_of_units(groups, network.labels, network.size)
    return Subject(network, others, snr, horizon, of_units, keep)


def _sections(subject: Subject, certified: bool, announce: Callable[[str], None]) -> list[Section]:
    """All sections; one that fails as a whole says why."""
    finished = []
    for title, compute in sections(subject, certified=certified):
        announce(title)
        section = value_or_reason(compute)
        failed = isinstance(section, Reason)
        finished.append(Section(title, f"This section could not be computed ({section}).") if failed else section)
    return finished


def _write(name: str, suffix: str, network: LinearNetwork, written: Sequence[Section], others: Sequence[str]) -> None:
    title = network.name or f"A network of {network.size} units"
    footer = f"linmem {__version__}, numpy {np.__version__}, Python {sys.version.split()[0]}"
    if suffix == ".html":
        from linmem.reporting.page import page

        Path(name).write_text(page(title, written, others, footer), encoding="utf-8")
    else:
        from linmem.reporting.sheets import write_sheets

        write_sheets(name, title, written, others, footer)


def _numbers(written: Sequence[Section]) -> dict[str, Any]:
    """The numbers of the network, by section and name."""
    numbers: dict[str, Any] = {}
    for section in written:
        if section.rows:
            numbers[section.title] = {row.name: row.value for row in section.rows}
    return json_ready(numbers)


def _numbers_of_others(written: Sequence[Section], names: Sequence[str]) -> dict[str, Any]:
    """The numbers of each network beside it, by section and name, where it has some."""
    numbers: dict[str, Any] = {}
    for position, name in enumerate(names):
        numbers[name] = {
            section.title: {row.name: row.others[position] for row in section.rows if row.others} for section in written
        }
    return numbers
