"""Graphs: defaults, identifiers, weights declared as text, several numbers of edges, directions, groups."""

import json

import networkx
import numpy as np
import pytest

import linmem as lm

NODES = '<node id="a"/><node id="b"/><node id="c"/>'
CHAIN = [[0, 0, 0], [0.5, 0, 0], [0, 0.25, 0]]


def key(name, kind="double", default="", place="edge"):
    inside = f"<default>{default}</default>" if default != "" else ""
    return f'<key id="k_{name}" for="{place}" attr.name="{name}" attr.type="{kind}">{inside}</key>'


def edge(source, target, more="", **data):
    values = "".join(f'<data key="k_{name}">{value}</data>' for name, value in data.items())
    return f'<edge source="{source}" target="{target}" {more}>{values}</edge>'


def graphml(path, *edges, keys="", kind="directed", nodes=NODES):
    path.write_text(
        '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        f'{keys}<graph edgedefault="{kind}">{nodes}{"".join(edges)}</graph></graphml>'
    )
    return path


def arrays(path):
    return {array.name: array for array in lm.describe_file(path).arrays}


def test_a_default_is_that_of_each_edge_without_the_number(tmp_path):
    path = graphml(tmp_path / "a.graphml", edge("a", "b"), edge("b", "c", w=0.25), keys=key("w", default="0.5"))
    assert np.array_equal(lm.load_network(path).dense(), CHAIN)
    none = graphml(tmp_path / "b.graphml", edge("a", "b"), edge("b", "c"), keys=key("w", default="2"))
    assert np.array_equal(lm.load_network(none).dense(), 2 * np.eye(3, k=-1))


def test_identifiers_of_edges_are_no_numbers_but_a_declared_number_may_have_their_name(tmp_path):
    path = graphml(tmp_path / "a.graphml", edge("a", "b", 'id="1"'), edge("b", "c", 'id="7"'))
    assert list(arrays(path)) == ["adjacency"]
    graph = networkx.MultiDiGraph()
    graph.add_edge("a", "b", 4, weight=0.5)
    graph.add_edge("b", "c", 9, weight=0.25)
    networkx.write_graphml(graph, tmp_path / "b.graphml")
    assert np.array_equal(lm.load_network(tmp_path / "b.graphml").dense(), CHAIN)
    declared = graphml(tmp_path / "c.graphml", edge("a", "b", 'id="1"', id=3), keys=key("id"))
    assert arrays(declared)["id"].read().sum() == 3


def test_weights_declared_as_text_are_weights_and_other_text_is_not(tmp_path):
    keys = key("strength", "string") + key("label", "string") + key("length")
    path = graphml(
        tmp_path / "a.graphml",
        edge("a", "b", strength=0.5, label=1, length=3),
        edge("b", "c", strength=0.25, label=2, length=4),
        keys=keys,
    )
    found = arrays(path)
    assert list(found) == ["strength", "length"]
    assert np.array_equal(found["strength"].read().toarray(), CHAIN)


def test_keys_of_nodes_and_of_the_graph_are_no_numbers_of_edges(tmp_path):
    nodes = '<node id="a"><data key="k_x">5</data></node><node id="b"/><node id="c"/>'
    path = graphml(tmp_path / "a.graphml", edge("a", "b"), keys=key("x", default="9", place="node"), nodes=nodes)
    assert list(arrays(path)) == ["adjacency"]


def test_the_direction_of_an_edge_may_differ_from_that_of_the_graph(tmp_path):
    path = graphml(tmp_path / "a.graphml", edge("a", "b", 'directed="false"', w=2), edge("b", "c", w=3), keys=key("w"))
    assert lm.load_network(path).dense().tolist() == [[0, 2, 0], [2, 0, 0], [0, 3, 0]]
    assert arrays(path)["w"].dtype == "edge attribute, some without direction"
    assert arrays(path)["w"].orientation == "column"
    both = graphml(tmp_path / "b.graphml", edge("a", "b", w=2), edge("b", "a", w=1), keys=key("w"), kind="undirected")
    assert lm.load_network(both).dense()[:2, :2].tolist() == [[0, 3], [3, 0]]
    assert "without direction, repeated edges added up" in lm.load_network(both).name


BAD = {
    "groups": ([], {"nodes": '<node id="a"><graph edgedefault="directed"><node id="x"/></graph></node>'}, "2 graphs"),
    "no direction": ([edge("a", "b")], {"kind": ""}, "edgedefault is ''"),
    "many ends": (["<hyperedge/>"], {}, "more than two nodes"),
    "an unknown node": ([edge("a", "z")], {}, "the node 'z', which is not among"),
    "no weight on one": ([edge("a", "b", w=1), edge("b", "c")], {"keys": key("w")}, "nothing for the edge from b to c"),
    "a word": ([edge("a", "b", w=1), edge("b", "c", w="x")], {"keys": key("w")}, "'x', which is not a number"),
    "no nodes": ([], {"nodes": ""}, "without nodes"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_graphs_that_are_no_network_are_refused(case, tmp_path):
    edges, options, message = BAD[case]
    with pytest.raises(lm.FileError, match=message):
        lm.load_network(graphml(tmp_path / "a.graphml", *edges, **options))


def test_a_number_that_some_edges_lack_is_listed_with_its_reason(tmp_path):
    keys = key("weight") + key("delay")
    path = graphml(tmp_path / "a.graphml", edge("a", "b", weight=1, delay=2), edge("b", "c", weight=1), keys=keys)
    assert arrays(path)["delay"].unreadable == "has nothing for the edge from b to c"
    assert arrays(path)["weight"].read().sum() == 2


# --- other files of graphs ---


@pytest.mark.parametrize("mark", [" ", "\t", ",", ";", ", "])
@pytest.mark.parametrize("header", ["source target weight", "From To w", ""])
def test_the_header_of_a_list_of_edges_is_no_edge(header, mark, tmp_path):
    rows = [row.split() for row in [header, "x y 0.5", "y z 0.25"] if row]
    path = tmp_path / "a.edgelist"
    path.write_text("".join(mark.join(row) + "\n" for row in rows))
    net = lm.load_network(path)
    assert net.labels == ("x", "y", "z")
    assert np.array_equal(net.dense(), CHAIN)


def example(kind):
    graph = kind()
    graph.add_nodes_from(["a", "b", "c"])
    graph.add_edge("a", "b", weight=0.5, delay=3)
    graph.add_edge("b", "c", weight=0.25, delay=4)
    return graph


@pytest.mark.parametrize("kind", [networkx.DiGraph, networkx.Graph, networkx.MultiDiGraph])
def test_node_link_and_gml_are_read_as_networkx_writes_them(kind, tmp_path):
    graph = example(kind)
    right = np.add(CHAIN, np.transpose(CHAIN)) if kind is networkx.Graph else CHAIN
    (tmp_path / "a.json").write_text(json.dumps(networkx.node_link_data(graph, edges="links")))
    (tmp_path / "b.json").write_text(json.dumps(networkx.node_link_data(graph, edges="edges")))
    networkx.write_gml(graph, tmp_path / "c.gml")
    for name in ("a.json", "b.json", "c.gml"):
        found = arrays(tmp_path / name)
        assert list(found) == ["weight", "delay"]
        assert np.array_equal(found["weight"].read().toarray(), right)
        assert found["weight"].labels == ("a", "b", "c")


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"nodes": [{"id": 1}], "links": []}', '{"nodes": [{"id": 1}], "links": [], "directed": 1}']
)
def test_other_json_is_no_graph(content, tmp_path):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(lm.FileError, match="no graph in node-link form"):
        lm.load_network(tmp_path / "a.json")
