"""Edges in the files of SONATA, the format of the Allen Institute and the Blue Brain Project for networks of neurons.

Conventions
-----------
Nodes are numbered from 0. An edge has its numbers in the group that `edge_group_id` names, at `edge_group_index`; a
number that all edges of a type share may be in a table `..._edge_types.csv` beside the file `..._edges.h5`. The other
datasets are an index of the edges, and no weights.

Contents
--------
populations
    The populations of edges in an open file.
edges_of
    The matrices of the numbers of the edges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from linmem.files.readers.edges import Edges
from linmem.files.readers.hdf5 import is_numeric, members, numbers_of
from linmem.files.readers.stored import DamagedFileError, StoredArray, unreadable_entry
from linmem.files.readers.text_lines import cells_of, content_lines, decoded, delimiter_of

EMPTY_NODES = 10**6  # there may be so many nodes more than edges


def populations(file: Any) -> list[str]:
    """The names of the populations of edges in an open file; none if it is not one of SONATA."""
    edges = dict(members(file)).get("edges")
    if not hasattr(edges, "keys"):
        return []
    ends = {"source_node_id", "target_node_id"}
    return [name for name, group in members(edges) if hasattr(group, "keys") and ends <= set(group)]


def edges_of(path: Path, file: Any) -> list[StoredArray]:
    """The matrices of the numbers of the edges, by population: `v1_to_v1/syn_weight`."""
    arrays = []
    for name in populations(file):
        group = file["edges"][name]
        ends = [group["source_node_id"], group["target_node_id"]]
        sources, targets = (_whole(end) for end in ends)
        if len(sources) != len(targets):
            raise DamagedFileError(f"its population {name!r:.40} has {len(sources)} sources, {len(targets)} targets")
        nodes = [end.attrs.get("node_population") for end in ends]
        if nodes[0] != nodes[1]:
            reason = f"leads from the nodes {nodes[0]} to others, {nodes[1]}"
            arrays.append(unreadable_entry(name, reason))
            continue
        count = int(max(sources.max(initial=-1), targets.max(initial=-1))) + 1
        if count > len(sources) + EMPTY_NODES:
            raise DamagedFileError(f"it claims {count} nodes for {len(sources)} edges")
        edges = Edges(tuple(map(str, range(count))), targets, sources, np.zeros(len(sources), dtype=bool))
        said: Mapping[str, Any] = _of_each(group, len(sources)) or _of_types(path, group, len(sources))
        found = edges.stored(said)
        arrays += [replace(array, name=f"{name}/{array.name}") for array in found]
    return arrays


def _whole(item: Any) -> np.ndarray:
    """A dataset of numbers from 0."""
    numbers = numbers_of(item)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu" or (numbers.astype(np.int64) < 0).any():
        raise DamagedFileError(f"its {item.name!r:.60} must be whole numbers from 0, one for each edge")
    return numbers.astype(np.int64)


def _of_each(group: Any, count: int) -> dict[str, np.ndarray | list[float | None]]:
    """What the groups say of each edge; nan where one of them does not say it is None."""
    names = {
        name
        for key in group
        if key.isdigit()
        for name, item in group[key].items()
        if is_numeric(item) and item.ndim == 1
    }
    if not names or "edge_group_id" not in group:
        return {}
    groups, places = _whole(group["edge_group_id"]), _whole(group["edge_group_index"])
    if not len(groups) == len(places) == count:
        raise DamagedFileError(f"its groups are of {len(groups)} edges, but there are {count}")
    return {name: _gathered(group, name, groups, places) for name in sorted(names)}


def _gathered(group: Any, name: str, groups: np.ndarray, places: np.ndarray) -> np.ndarray | list[float | None]:
    """One number of each edge from its group."""
    values = np.zeros(len(groups))
    known = np.zeros(len(groups), dtype=bool)
    for key in np.unique(groups).tolist():
        if f"{key}/{name}" not in group:
            continue
        own = groups == key
        numbers = numbers_of(group[f"{key}/{name}"])
        if places[own].max() >= len(numbers):
            raise DamagedFileError(f"its group {key} has {len(numbers)} numbers {name!r:.40}, but an edge is beyond")
        values[own], known[own] = numbers[places[own]], True
    return values if known.all() else [value if there else None for value, there in zip(values, known, strict=True)]


def _of_types(path: Path, group: Any, count: int) -> dict[str, list[str | None]]:
    """What the table of the types of edges beside the file says of each edge."""
    table = path.with_name(path.stem.replace("edges", "edge_types") + ".csv")
    if "edge_type_id" not in group or table == path or not table.is_file():
        return {}
    kinds = numbers_of(group["edge_type_id"])
    lines = content_lines(decoded(table))
    delimiter = delimiter_of(lines)
    header, *rows = (cells_of(line, delimiter) for line in lines)
    if "edge_type_id" not in header or kinds.shape != (count,) or any(len(row) != len(header) for row in rows):
        raise DamagedFileError(f"the table {table.name} beside it is not one of the types of its edges")
    place = header.index("edge_type_id")
    said: dict[str, list[str | None]] = {}
    for number, name in enumerate(header):
        if number != place and name not in ("target_query", "source_query"):
            by_type = {row[place]: None if row[number] == "NULL" else row[number] for row in rows}
            said[name] = [by_type.get(str(kind)) for kind in kinds.tolist()]
    return said
