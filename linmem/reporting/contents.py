"""Contents of a report: its sections in order, each made by itself, so that one that fails does not stop the others.

Contents
--------
sections
    Title and function of every section.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from linmem.reporting.cell_section import CellOfFile, cell_section
from linmem.reporting.comparison_sections import groups_section, shuffles_section
from linmem.reporting.memory_sections import decoding_section, memory_section
from linmem.reporting.network_sections import (
    claims_section,
    growth_section,
    network_section,
    nonnormality_section,
    structure_section,
)
from linmem.reporting.parts import Section
from linmem.reporting.subject import Subject


def sections(
    subject: Subject, *, certified: bool, cell: CellOfFile | None = None
) -> Iterator[tuple[str, Callable[[], Section]]]:
    """Title of every section, with the function that computes it.

    A section first computes its numbers, each of them once, then writes them; its pictures draw what was computed.
    """
    yield "The network", partial(network_section, subject, certified=certified)
    if cell is not None:
        yield "The cell as it runs", partial(cell_section, cell)
    yield "Memory", partial(memory_section, subject)
    yield "Decoding", partial(decoding_section, subject)
    if subject.groups is not None:
        yield "Groups", partial(groups_section, subject)
    if subject.keep is not None:
        yield "Beside shuffled networks", partial(shuffles_section, subject)
    yield "Structure", partial(structure_section, subject)
    yield "Non-normality", partial(nonnormality_section, subject)
    yield "Transient growth", partial(growth_section, subject)
    yield "Claims of the theory", partial(claims_section, subject)
