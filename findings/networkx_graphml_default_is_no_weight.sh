#!/usr/bin/env bash
# In GraphML a key may have a <default>, the value of each edge that does not state its own. networkx.read_graphml
# (networkx 3.6.1) keeps it as an attribute of the graph and does not give it to the edges, so that to_numpy_array takes
# such an edge for one of weight 1: below 1 where the file says 0.5. It gives the identifiers of the edges, which are no
# data, to them as an attribute "id". Both without a warning. Exits with an error if networkx no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numpy==2.3.5 networkx==3.6.1
"$folder/venv/bin/python" - <<'PYTHON'
import io
import warnings

import networkx as nx

warnings.simplefilter("error")
text = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="w" for="edge" attr.name="weight" attr.type="double"><default>0.5</default></key>
<graph edgedefault="directed"><node id="a"/><node id="b"/><node id="c"/>
<edge id="7" source="a" target="b"/>
<edge id="8" source="b" target="c"><data key="w">0.25</data></edge></graph></graphml>"""
graph = nx.read_graphml(io.BytesIO(text.encode()))
edges = list(graph.edges(data=True))
weights = [float(nx.to_numpy_array(graph)[place]) for place in ((0, 1), (1, 2))]
print(f"networkx {nx.__version__}: edges {edges}; weights in the matrix {weights}, where the file says [0.5, 0.25]")
same = edges == [("a", "b", {"id": "7"}), ("b", "c", {"weight": 0.25, "id": "8"})] and weights == [1.0, 0.25]
raise SystemExit(0 if same else "the behaviour has changed")
PYTHON
