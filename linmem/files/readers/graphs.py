"""Graphs: an edge from j to i with weight w is W[i, j] = w.

Conventions
-----------
Each numeric attribute that all edges have is an array with the name of the attribute. A graph without attributes is an
array "adjacency" of ones. Edges that appear several times add up; edges without direction count in both. Units are in
the order of the file, or in the order of their numbers if all names are whole numbers; their names become labels.
Matrices are sparse.

Contents
--------
read_graphml, read_edgelist
    The graph of a file, through networkx.
adjacency
    The matrix of a graph of networkx.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.files.readers.stored import DamagedFileError, StoredArray, library


def read_graphml(path: Path) -> list[StoredArray]:
    """The numeric attributes of the edges."""
    return _weights(library("networkx").read_graphml(path))


def read_edgelist(path: Path) -> list[StoredArray]:
    """The numeric attributes of the edges, which are lines with spaces or commas between their fields.

    A line is `source target`, `source target weight` or `source target {'name': number}`.
    """
    networkx = library("networkx")
    with open(path, encoding="utf-8") as stream:
        lines = [content for line in stream if (content := line.partition("#")[0].strip())]
    if not lines:
        raise DamagedFileError("it is empty")
    places, brace, _ = lines[0].partition("{")
    delimiter = "," if "," in places else None
    # where a dictionary follows the places, it may contain the delimiter
    counts = {len(places.split(delimiter))} if brace else {len(line.split(delimiter)) for line in lines}
    if counts not in ({2}, {3}):
        raise DamagedFileError(
            f"its lines have {', '.join(map(str, sorted(counts)))} fields; each must be: source target, or each: "
            "source target weight"
        )
    data: bool | list[tuple[str, type]] = bool(brace)
    if counts == {3} and not brace:
        data = [("weight", str)]
    graph = networkx.parse_edgelist(lines, delimiter=delimiter, create_using=networkx.MultiDiGraph, data=data)
    return _weights(graph)


def adjacency(graph: Any, nodes: Sequence[Hashable], attribute: str | None) -> sparse.csr_array:
    """The matrix W[i, j] of an attribute of the edges from node j to node i; ones if the attribute is None."""
    place = {node: i for i, node in enumerate(nodes)}
    sources, targets, values = [], [], []
    for source, target, data in graph.edges(data=True):
        sources.append(place[source])
        targets.append(place[target])
        values.append(1.0 if attribute is None else _value(attribute, source, target, data))
    # with types, as a graph without edges has empty lists
    rows = np.array(targets, dtype=int)
    columns = np.array(sources, dtype=int)
    weights = np.array(values, dtype=float)
    n = len(nodes)
    W = sparse.csr_array((weights, (rows, columns)), shape=(n, n))
    if graph.is_directed():
        return W
    # the sum counts loops, which have one direction only, twice
    return W + W.T - sparse.diags_array(W.diagonal())


def _weights(graph: Any) -> list[StoredArray]:
    """The matrices of the attributes that may be weights."""
    nodes = list(graph)
    if not nodes:
        raise DamagedFileError("it is a graph without nodes")
    if all(str(node).strip().lstrip("-").isdigit() for node in nodes):
        nodes.sort(key=lambda node: int(str(node)))
    labels = tuple(map(str, nodes))
    shape = len(nodes), len(nodes)
    records = [data for *_, data in graph.edges(data=True)]
    attributes = sorted({attribute for data in records for attribute in data})
    if not attributes:
        return [StoredArray("adjacency", shape, "edges without weight", partial(adjacency, graph, nodes, None), labels)]
    matrices = []
    for attribute in attributes:
        is_text = all(isinstance(data.get(attribute), str) for data in records)
        if not is_text or len(attributes) == 1:
            read = partial(adjacency, graph, nodes, attribute)
            matrices.append(StoredArray(attribute, shape, "edge attribute", read, labels))
    return matrices


def _value(attribute: str, source: Hashable, target: Hashable, data: dict[str, Any]) -> float:
    """The weight of one edge."""
    if attribute not in data:
        raise DamagedFileError(f"the edge from {source} to {target} has no {attribute!r}, and others have")
    value = data[attribute]
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DamagedFileError(f"an edge has {value!r} where its weight should be, which is not a number") from None
