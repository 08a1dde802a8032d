"""Networks from networkx: an edge from node j to node i with weight w is W[i, j] = w.

`networkx.to_numpy_array` gives the transpose, with a row for each source.

Contents
--------
from_networkx
    A graph as a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linmem.errors import ArgumentError
from linmem.exchange.extras import extra
from linmem.files.readers.graphs import adjacency
from linmem.files.readers.stored import DamagedFileError
from linmem.network import LinearNetwork

if TYPE_CHECKING:
    from networkx import Graph


def from_networkx(
    graph: Graph, feedforward: Any = None, *, weight: str | None = "weight", noise: Any = 1.0, name: str = ""
) -> LinearNetwork:
    r"""The network of a graph of networkx: nodes are units in the order of the graph, and their names are labels.

    W is sparse. Edges without direction count in both directions; those of a multigraph add up.

    Parameters
    ----------
    graph
        A graph of networkx, directed or not.
    weight
        The attribute of the edges that holds their weights. Either all edges have it, or no edge has any attribute and
        each weight is 1. None: each weight is 1.
    feedforward, noise, name
        As for `LinearNetwork`. Without a name, that of the graph.

    Raises
    ------
    ArgumentError
        If `graph` is not a graph, or weights are missing or not numbers.
    InvalidNetworkError
        If the graph has no nodes, or weights are not finite.
    MissingLibraryError
        If networkx is not installed.

    Examples
    --------
    >>> import networkx
    >>> net = from_networkx(networkx.DiGraph([("a", "b", {"weight": 0.5})]), [1, 0])
    >>> net.recurrent[1, 0], net.labels
    (np.float64(0.5), ('a', 'b'))
    """
    with extra("networkx"):
        import networkx
    if not isinstance(graph, networkx.Graph):
        raise ArgumentError(
            f"graph is a {type(graph).__name__}; it must be a graph of networkx: a matrix goes to LinearNetwork"
        )
    nodes = list(graph)
    attributes = {key for *_, data in graph.edges(data=True) for key in data}
    try:
        W = adjacency(graph, nodes, weight if attributes else None)
    except DamagedFileError as error:
        listed = ", ".join(sorted(map(repr, attributes)))
        raise ArgumentError(f"weight is {weight!r}, but {error}; edges have {listed}") from None
    return LinearNetwork(W, feedforward, noise, name or str(graph.name), tuple(map(str, nodes)))
