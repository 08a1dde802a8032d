"""Tables with a row for each edge, as connectomes are published.

Conventions
-----------
The header names the columns with the two units of an edge: source and target, from and to, pre and post, also with a
word more as in `pre_root_id` or `bodyId_post`. Units under `node1` and `node2` are connected without direction; those
under `i` and `j`, or `row` and `column`, are places in a matrix, whose orientation the table does not say. Each other
column of numbers is a matrix. Columns of text are left out, so that synapses of one pair in several neuropils add up;
only a column that gives the type of the edge splits a number into a matrix for each type, and one for all. Numbers of
the edges, and what `pre_x` or `source_type` say about a unit, are no weights.

Contents
--------
ends_of
    The columns of a header with the units of an edge.
read_edges
    The matrices of a table of edges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from linmem.files.readers.edges import Edges, Numbering, is_name_of_weights
from linmem.files.readers.stored import DamagedFileError, StoredArray

MORE = (
    "id|node|nodeid|name|label|index|idx|key|rootid|ptrootid|supervoxelid|bodyid|neuron|neuronid|cell|cellid|region|"
    "regionid|unit"
)
SOURCES = ("source", "src", "from", "presynaptic", "pre", "sender")
TARGETS = (
    ("target",),
    ("dst", "tgt", "dest", "target", "trg"),
    ("to",),
    ("postsynaptic", "post"),
    ("post",),
    ("receiver",),
)
PARTNERS = dict(zip(SOURCES, TARGETS, strict=True))
WITHOUT_DIRECTION = [
    (f"{word}{first}", f"{word}{second}")
    for word in ("node", "vertex", "region", "neuron", "cell", "unit")
    for first, second in (("1", "2"), ("a", "b"))
]
IN_A_MATRIX = [("i", "j"), ("row", "column"), ("row", "col"), ("rows", "columns")]
TYPES = {"type", "kind", "edgetype", "syntype", "synapsetype", "connectiontype", "edgekind"}
NO_WEIGHTS = re.compile(
    r"^(|unnamed\d*|id|edgeid|eid|index|idx|key|edgetypeid|edgegroupid|edgegroupindex|timeset|rownumber)$"
    r"|^(pre|post|source|target|src|dst|from|to)(pt)?(x|y|z|position[xyz]?|type|class|lat|lon)$"
)
MOST_TYPES = 20


@dataclass(frozen=True)
class Ends:
    """The columns of a table with the units of an edge."""

    source: int
    target: int
    both: bool = False  # without direction
    orientation: str = "column"


def ends_of(header: Sequence[str]) -> Ends | None:
    """The columns with the units of an edge; None if the header names none."""
    words = [_word(cell) for cell in header]
    for place, word in enumerate(words):
        partner = next((words.index(other) for other in _partners(word) if other in words), None)
        if partner is not None:
            return Ends(place, partner)
    for first, second in WITHOUT_DIRECTION:
        if first in words and second in words:
            return Ends(words.index(first), words.index(second), both=True)
    for row, column in IN_A_MATRIX:
        if row in words and column in words:
            return Ends(words.index(column), words.index(row), orientation="")
    return None


def _word(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def _partners(word: str) -> list[str]:
    """What the column of targets may be called beside a column of sources of that name."""
    found = re.fullmatch(rf"({MORE})?({'|'.join(SOURCES)})({MORE})?", word)
    if found is None:
        return []
    before, source, after = found.groups("")
    return [f"{before}{target}{after}" for target in PARTNERS[source]]


def read_edges(header: Sequence[str], rows: Iterable[list[str]], ends: Ends) -> list[StoredArray]:
    """The matrices of the numbers in a table of edges, given as the cells of its rows."""
    columns = {
        place: name
        for place, name in enumerate(header)
        if place not in (ends.source, ends.target) and not NO_WEIGHTS.search(_word(name)) and not _is_end(header, name)
    }
    numbering = Numbering()
    sources: list[int] = []
    targets: list[int] = []
    cells: dict[int, list[str]] = {place: [] for place in columns}
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise DamagedFileError(f"row {number} has {len(row)} cells, but the header has {len(header)}")
        for place, others in ((ends.source, sources), (ends.target, targets)):
            if not row[place]:
                raise DamagedFileError(f"row {number} has nothing in the column {header[place]!r}, which names a unit")
            others.append(numbering[row[place]])
        for place, texts in cells.items():
            texts.append(row[place])
    types = {name: cells.pop(place) for place, name in columns.items() if _word(name) in TYPES}
    both = _directions(types, ends, len(sources))
    edges = Edges.between(numbering, targets, sources, both, ends.orientation)
    twice = edges.listed_both_ways()
    if twice:
        raise DamagedFileError(
            f"it lists the edge between {twice[0]!r} and {twice[1]!r} from either side, though its edges have no "
            "direction; name the columns source and target if they have one, or list each edge once"
        )
    return _matrices(edges, {columns[place]: texts for place, texts in cells.items()}, types)


def _is_end(header: Sequence[str], name: str) -> bool:
    """Whether a column names units, beside the two that do so already."""
    word = _word(name)
    sources = [other for other in map(_word, header) if _partners(other)]
    return word in sources or any(word in _partners(other) for other in sources)


def _directions(types: dict[str, list[str]], ends: Ends, count: int) -> list[bool] | bool:
    """Which edges have no direction: a column `Type` of Directed and Undirected, as of Gephi, says it of each."""
    for name, values in types.items():
        if {value.lower() for value in values} <= {"directed", "undirected", "mutual"} and count:
            del types[name]
            return [value.lower() != "directed" for value in values]
    return ends.both


def _matrices(edges: Edges, cells: dict[str, list[str]], types: dict[str, list[str]]) -> list[StoredArray]:
    """The matrices of the columns of numbers; where edges have types, of each type and of all."""
    kinds = next(iter(types.values()), [])
    if not 2 <= len(set(kinds)) <= MOST_TYPES:
        return edges.stored(cells)
    attributes = {name: found for name, texts in cells.items() if (found := edges.numbers(name, texts)) is not None}
    arrays = [found for found in attributes.values() if isinstance(found, StoredArray)]
    numbers = {name: found for name, found in attributes.items() if isinstance(found, np.ndarray)}
    split: dict[str, np.ndarray | None] = {name: found for name, found in numbers.items() if is_name_of_weights(name)}
    for name, values in (split or {"adjacency": None, **numbers}).items():
        for kind in dict.fromkeys(kinds):
            read = partial(edges.matrix, values, np.array(kinds) == kind)
            arrays.append(edges.array(f"{name} of type {kind}", read))
        arrays.append(edges.array(f"{name} of all types", partial(edges.matrix, values)))
    return arrays
