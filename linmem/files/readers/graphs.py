"""Graphs: an edge from j to i with weight w is W[i, j] = w.

Conventions
-----------
Each numeric attribute that all edges have is an array of that name; a graph without attributes is an array "adjacency"
of ones. Edges that appear several times add up; edges without direction count both ways. Units are in the order of the
file, or of their numbers where all names are whole numbers; their names become labels. Matrices are sparse.

Contents
--------
read_graphml, read_edgelist
    Graphs through networkx.
adjacency
    The matrix of a graph of networkx.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy.sparse as sparse

from linmem.files.readers.stored import DamagedFileError, StoredArray, library


def read_graphml(path) -> list[StoredArray]:
    """Numeric attributes of the edges."""
    return _weights(library("networkx").read_graphml(path))


def read_edgelist(path) -> list[StoredArray]:
    """Lines `source target`, `source target weight` or `source target {'name': number}`; spaces or commas between."""
    networkx = library("networkx")
    with open(path, encoding="utf-8") as stream:
        lines = [line for line in (line.partition("#")[0].strip() for line in stream) if line]
    if not lines:
        raise DamagedFileError("it is empty")
    delimiter = "," if "," in lines[0].partition("{")[0] else None
    fields = len(lines[0].partition("{")[0].split(delimiter))
    data = True if "{" in lines[0] else fields > 2 and [("weight", str)]
    lengths = {len(line.split(delimiter)) for line in lines} if "{" not in lines[0] else {fields}
    if lengths - {2, 3} or len(lengths) > 1:
        raise DamagedFileError(
            f"its lines have {', '.join(map(str, sorted(lengths)))} fields; each must be: source target, or each: "
            "source target weight"
        )
    return _weights(networkx.parse_edgelist(lines, delimiter=delimiter, create_using=networkx.MultiDiGraph, data=data))


def adjacency(graph, nodes: list, attribute) -> sparse.csr_array:
    """An attribute of the edges as a matrix over the nodes in this order; ones where it is None."""
    place = {node: i for i, node in enumerate(nodes)}
    edges = list(graph.edges(data=True))
    target = np.array([place[edge[1]] for edge in edges], dtype=int)
    source = np.array([place[edge[0]] for edge in edges], dtype=int)
    values = [1.0] * len(edges) if attribute is None else [_value(attribute, edge) for edge in edges]
    W = sparse.csr_array((np.array(values, dtype=float), (target, source)), shape=(len(nodes), len(nodes)))
    if graph.is_directed():
        return W
    return W + W.T - sparse.diags_array(W.diagonal())  # a loop has one direction only


def _weights(graph) -> list[StoredArray]:
    nodes = list(graph)
    if not nodes:
        raise DamagedFileError("it is a graph without nodes")
    if all(str(node).strip().lstrip("-").isdigit() for node in nodes):
        nodes.sort(key=lambda node: int(str(node)))
    labels = tuple(str(node) for node in nodes)
    shape = len(nodes), len(nodes)
    records = [data for *_, data in graph.edges(data=True)]
    attributes = sorted({key for data in records for key in data})
    if not attributes:
        return [StoredArray("adjacency", shape, "edges without weight", partial(adjacency, graph, nodes, None), labels)]
    return [
        StoredArray(key, shape, "edge attribute", partial(adjacency, graph, nodes, key), labels)
        for key in attributes
        if not all(isinstance(data.get(key), str) for data in records) or len(attributes) == 1
    ]


def _value(attribute, edge):
    source, target, data = edge
    if attribute not in data:
        raise DamagedFileError(f"the edge from {source} to {target} has no {attribute!r}, and others have")
    return _number(data[attribute])


def _number(value) -> float:
    if isinstance(value, bool):
        return float(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DamagedFileError(f"an edge has {value!r} where its weight should be: no number") from None
