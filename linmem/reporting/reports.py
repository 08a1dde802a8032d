"""`report`: one page about one network.

Contents
--------
report
    The page, and the numbers beside it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from linmem import __version__
from linmem.errors import InvalidNetworkError, LinmemError
from linmem.linalg.blas import blas_threads_for
from linmem.network import LinearNetwork, as_network
from linmem.reporting.contents import SNR, Section, Subject, beside, sections
from linmem.validation import number, whole_number
from linmem.writing import write_whole

SUFFIXES = (".html", ".pdf")


def report(
    network: Any,
    out,
    *,
    against: Iterable[str] = ("orthogonal", "chain"),
    snr: float = SNR,
    horizon: int | None = None,
    certified: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    r"""Write a page about a network, and a JSON file with its numbers; return the numbers.

    What the network is, its memory with the best, the given and the mean input, what a readout decodes, its Schur form
    and hidden chains, pseudospectra and Kreiss constant, transient growth, the claims of the theory that apply to it,
    and how far to trust each number; beside it, networks of its size and radius.

    Parameters
    ----------
    network
        A `LinearNetwork` or a matrix, not a stack. Without an input, the optimal one is taken.
    out
        A file that ends in .html (one file, which needs no network) or .pdf; the numbers go beside it as .json.
    against
        Of "orthogonal", "chain", "gaussian", "symmetric": networks to compare it with.
    snr
        Of the signal that is decoded.
    horizon
        Memory of the last so many steps. None: memory at rest, or, where the network is not known to be stable, of the
        last 2 N steps.
    certified
        Enclose the spectral radius, which proves stability.
    progress
        Called with the title of each section and the seconds so far.

    Raises
    ------
    InvalidNetworkError
        Another type of file, a folder that is not there, a stack, a network in continuous time, an unknown comparison.

    Examples
    --------
    >>> import linmem as lm, tempfile, os
    >>> page = os.path.join(tempfile.mkdtemp(), "chain.html")
    >>> numbers = lm.report(lm.chain(10), page, against=())
    >>> round(numbers["Memory"]["total, given input"], 6)     # the harmonic number H_10
    2.928968
    """
    out = Path(out)
    if out.suffix.lower() not in SUFFIXES:
        raise InvalidNetworkError(f"out is {str(out)!r}; its type must be one of {', '.join(SUFFIXES)}")
    if not out.parent.is_dir():
        raise InvalidNetworkError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")
    network = as_network(network)
    if not isinstance(network, LinearNetwork):
        raise InvalidNetworkError("network is one in continuous time; report on it in steps of dt: net.discretised(dt)")
    network.require_single("a report")
    snr = number("snr", snr, above=0)
    if horizon is not None:
        horizon = whole_number("horizon", horizon)
    elif network.radius.stable is not True:
        horizon = 2 * network.size
    subject = Subject(network, beside(network, tuple(against)), snr, horizon)
    start, made = perf_counter(), []
    with blas_threads_for(network.size):
        for title, make in sections(subject, certified=certified):
            if progress is not None:
                progress(title, perf_counter() - start)
            try:
                made.append(make())
            except LinmemError as error:
                made.append(Section(title, f"There is nothing to say here: {error}."))
        if progress is not None:
            progress("Drawing", perf_counter() - start)
        names = tuple(one.name for one in subject.others)
        write_whole(out, lambda name: _write(name, out.suffix.lower(), network, made, names))
    numbers = {one.title: {row.name: _plain(row.value) for row in one.rows} for one in made if one.rows}
    text = json.dumps(numbers | {"beside": _beside(made, names), "linmem": __version__}, indent=1) + "\n"
    write_whole(out.with_suffix(".json"), lambda name: Path(name).write_text(text))
    return numbers


def _write(name, suffix, network, made, others) -> None:
    title = network.name or f"A network of {network.size} units"
    footer = f"linmem {__version__}, numpy {np.__version__}, Python {sys.version.split()[0]}"
    if suffix == ".html":
        from linmem.reporting.page import page

        Path(name).write_text(page(title, made, others, footer), encoding="utf-8")
    else:
        from linmem.reporting.sheets import write_sheets

        write_sheets(name, title, made, others, footer)


def _beside(made: list[Section], names: tuple[str, ...]) -> dict[str, Any]:
    """The numbers of the networks that stand beside it, where they have some."""
    return {
        name: {one.title: {row.name: _plain(row.others[i]) for row in one.rows if row.others} for one in made}
        for i, name in enumerate(names)
    }


def _plain(value):
    """As JSON has it, which has no infinity."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if not isinstance(value, float) or np.isfinite(value) else {np.inf: "Infinity"}.get(value, str(value))
