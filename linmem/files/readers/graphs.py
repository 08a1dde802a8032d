"""Graphs: an edge from j to i with weight w is W[i, j] = w.

Conventions
-----------
As in `linmem.files.readers.edges`; a default that the file gives to all edges is that of each edge without the number.

Contents
--------
read_graphml
    The graph of a .graphml file. networkx leaves out defaults, and gives identifiers of edges as numbers of the edges.
read_edgelist
    The graph of a .edgelist file.
read_gml
    The graph of a .gml file, through networkx.
read_json
    The graph of a .json file in the node-link form of networkx and D3.
adjacency
    The matrix of a graph of networkx.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import scipy.sparse as sparse

from linmem.files.readers.edge_tables import ends_of, read_edges
from linmem.files.readers.edges import Edges, Numbering, is_name_of_weights, is_number
from linmem.files.readers.stored import DamagedFileError, StoredArray, library
from linmem.files.readers.text_lines import cells_of, content_lines, decoded, delimiter_of

IDENTIFIERS = ("id", "key")  # of edges: no weights


def read_graphml(path: Path) -> list[StoredArray]:
    """The numbers of the edges."""
    root = ElementTree.parse(path).getroot()
    graphs = [element for element in root.iter() if _tag(element) == "graph"]
    if len(graphs) != 1:
        raise DamagedFileError(f"it holds {len(graphs)} graphs, or graphs inside of nodes; save one without groups")
    (graph,) = graphs
    if any(_tag(element) == "hyperedge" for element in graph):
        raise DamagedFileError("it has edges between more than two nodes")
    names, defaults = _edge_keys(root)
    numbering = Numbering()
    for element in graph:
        if _tag(element) == "node":
            numbering[element.attrib["id"]]
    ends, both, records = [], [], []
    for element in graph:
        if _tag(element) == "edge":
            ends.append((element.attrib["source"], element.attrib["target"]))
            both.append(_has_no_direction(element, graph))
            own = {data.attrib["key"]: (data.text or "").strip() for data in element if _tag(data) == "data"}
            records.append({names[key]: value for key, value in (defaults | own).items() if key in names})
    return _stored(numbering, ends, both, records)


def _tag(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def _edge_keys(root: ElementTree.Element) -> tuple[dict[str, str], dict[str, str]]:
    """The names of what edges may have, and the defaults, by the identifiers of their keys.

    What is declared as text is left out, except under a name of weights: programs declare them so, too.
    """
    names, defaults = {}, {}
    for key in root:
        if _tag(key) != "key" or key.get("for", "all") not in ("edge", "all"):
            continue
        name = key.get("attr.name", "")
        if name and (key.get("attr.type", "string") not in ("string", "boolean") or is_name_of_weights(name)):
            names[key.attrib["id"]] = name
            for default in key:
                if _tag(default) == "default":
                    defaults[key.attrib["id"]] = (default.text or "").strip()
    return names, defaults


def _has_no_direction(edge: ElementTree.Element, graph: ElementTree.Element) -> bool:
    stated = edge.get("directed")
    if stated is not None:
        return stated.strip().lower() in ("false", "0")
    default = graph.get("edgedefault")
    if default not in ("directed", "undirected"):
        raise DamagedFileError(f"its edgedefault is {default!r}; it must be directed or undirected")
    return default == "undirected"


def read_edgelist(path: Path) -> list[StoredArray]:
    """The numbers of the edges, which are lines with spaces, tabs, commas or semicolons between their fields.

    A line is `source target`, `source target weight` or `source target {'name': number}`. A first line that names the
    columns, as `source target weight`, is a header.
    """
    lines = content_lines(decoded(path))
    if not lines:
        raise DamagedFileError("it is empty")
    if "{" in lines[0]:
        delimiter = "," if "," in lines[0].partition("{")[0] else None
        networkx = library("networkx")
        graph = networkx.parse_edgelist(lines, delimiter=delimiter, create_using=networkx.MultiDiGraph)
        return _of_networkx(graph)
    delimiter = delimiter_of(lines)
    rows = [cells_of(line, delimiter) for line in lines]
    ends = ends_of(rows[0])
    if ends:
        return read_edges(rows[0], rows[1:], ends)
    counts = {len(row) for row in rows}
    if counts not in ({2}, {3}):
        raise DamagedFileError(
            f"its lines have {', '.join(map(str, sorted(counts)))} fields; each must be: source target, or each: "
            "source target weight"
        )
    records = [{"weight": row[2]} if counts == {3} else {} for row in rows]
    return _stored(Numbering(), [(row[0], row[1]) for row in rows], False, records)


def read_gml(path: Path) -> list[StoredArray]:
    """The numbers of the edges."""
    return _of_networkx(library("networkx").read_gml(path, label="label" if "label" in decoded(path) else "id"))


def read_json(path: Path) -> list[StoredArray]:
    """The numbers of the edges of a graph: an object with `nodes`, `links` or `edges`, and `directed`."""
    graph = json.loads(decoded(path))
    links = None if not isinstance(graph, dict) else graph.get("links", graph.get("edges"))
    if links is None or "nodes" not in graph or type(graph.get("directed")) is not bool:
        raise DamagedFileError("it is no graph in node-link form, which has nodes, links and directed (true or false)")
    numbering = Numbering()
    for node in graph["nodes"]:
        numbering[str(node["id"])]
    ends = [(str(link["source"]), str(link["target"])) for link in links]
    records = [{name: link[name] for name in link if name not in ("source", "target", *IDENTIFIERS)} for link in links]
    return _stored(numbering, ends, not graph["directed"], records)


def _of_networkx(graph: Any) -> list[StoredArray]:
    numbering = Numbering()
    for node in graph:
        numbering[str(node)]
    if len(numbering) < len(graph):
        raise DamagedFileError("it has several nodes of the same name")
    edges = list(graph.edges(data=True))
    records = [{name: data[name] for name in data if name not in IDENTIFIERS} for *_, data in edges]
    ends = [(str(source), str(target)) for source, target, _ in edges]
    return _stored(numbering, ends, not graph.is_directed(), records)


def _stored(
    numbering: Numbering,
    ends: Sequence[tuple[str, str]],
    both: Sequence[bool] | bool,
    records: Sequence[Mapping[str, Any]],
) -> list[StoredArray]:
    """The matrices of edges between nodes of which some may be numbered already."""
    declared = len(numbering)
    sources, targets = [], []
    for source, target in ends:
        sources.append(numbering[source])
        targets.append(numbering[target])
    if not numbering:
        raise DamagedFileError("it is a graph without nodes")
    if declared and len(numbering) > declared:
        raise DamagedFileError(f"an edge has the node {list(numbering)[declared]!r}, which is not among its nodes")
    edges = Edges.between(numbering, targets, sources, both)
    names = dict.fromkeys(name for record in records for name in record)
    return edges.stored({name: [record.get(name) for record in records] for name in names})


def adjacency(graph: Any, nodes: Sequence[Hashable], attribute: str | None) -> sparse.csr_array:
    """The matrix W[i, j] of an attribute of the edges from node j to node i; ones if the attribute is None."""
    place = {node: i for i, node in enumerate(nodes)}
    sources, targets, values = [], [], []
    for source, target, data in graph.edges(data=True):
        sources.append(place[source])
        targets.append(place[target])
        values.append(1.0 if attribute is None else _value(attribute, source, target, data))
    labels = tuple(map(str, nodes))
    # with types, as a graph without edges has empty lists
    rows, columns = np.array(targets, dtype=np.int64), np.array(sources, dtype=np.int64)
    both = np.full(len(rows), not graph.is_directed())
    return Edges(labels, rows, columns, both).matrix(np.array(values, dtype=float))


def _value(attribute: str, source: Hashable, target: Hashable, data: Mapping[str, Any]) -> float:
    """The weight of one edge."""
    if attribute not in data:
        raise DamagedFileError(f"the edge from {source} to {target} has no {attribute!r}, and others have")
    value = data[attribute]
    if not is_number(value):
        raise DamagedFileError(f"an edge has {value!r} where its weight should be, which is not a number")
    return float(value)
