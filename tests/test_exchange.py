"""Exchange with other libraries: every number is unchanged, under the right name, and in the right orientation."""

import json
from dataclasses import fields, is_dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sparse

import linmem as lm
from linmem.errors import ArgumentError, MissingLibraryError
from linmem.exchange.json_text import json_ready, json_text

control = pytest.importorskip("control")
networkx = pytest.importorskip("networkx")
pd = pytest.importorskip("pandas")
xr = pytest.importorskip("xarray")

W = lm.ginibre(4, gain=0.8, rng=0).recurrent
V = np.linalg.qr(lm.ginibre(4, rng=1).recurrent)[0]
LABELS = ("AVAL", "AVAR", "RIM", "x[0]")
ONE = lm.LinearNetwork(W, V[:, 0], 0.3, "one", LABELS)
TWO = lm.LinearNetwork(W, V[:, :2])
STACK = lm.LinearNetwork(np.stack([W, W / 2]), V[:, 0])
FLOW = lm.ContinuousNetwork(W - 2 * np.eye(4), V[:, 0])
RESULTS = {
    "curve": lambda net: lm.fisher_memory_curve(net, 3),
    "memory": lambda net: lm.memory_function(net, 3, snr=2.0),
    "noiseless": lambda net: lm.memory_function(net, 3, snr=np.inf),
    "sensitivity": lambda net: lm.rounding_sensitivity(net, 3),
    "growth": lambda net: lm.transient_growth(net, 5),
    "schur": lm.schur_form,
    "range": lambda net: lm.numerical_range(net, points=8),
    "kreiss": lm.kreiss_constant,
    "pseudospectrum": lambda net: lm.pseudospectrum(net, points=(3, 5)),
    "pseudomode": lambda net: lm.pseudomode(net, 0.5),
    "pseudomode at a complex number": lambda net: lm.pseudomode(net, 0.5 + 0.2j),
    "links": lambda net: lm.link_profile(net, 3, samples=5, rng=0),
    "decoded": lambda net: lm.decode_curve(net, 3, snr=2.0, steps=300, batch=4, burn_in=10, rng=0),
    "trials": lambda net: lm.empirical_fisher_memory(net, 3, trials=60, burn_in=10, rng=0),
    "simulation": lambda net: lm.simulate(net, np.ones((6, *np.shape(net.feedforward)[1:])), rng=0),
    "batch": lambda net: lm.simulate(net, np.ones((6, *np.shape(net.feedforward)[1:])), batch=2, rng=0),
    "moments": lambda net: lm.simulate_moments(net, 3, steps=100, snr=2.0, rng=0),
    "mean_field": lambda net: lm.mean_field(net, "tanh", snr=2.0),
    "proved": lambda net: lm.certify(lm.fisher_memory_curve(net, 3)),
    "stability": lm.certify,
    "optimum": lambda net: lm.optimal_network(4, 1.5, horizon=4, iterations=5, rng=0),
    "normality": lm.normality_test,
    "radius": lambda net: net.stability,
}
OF_SEVERAL = ["curve", "memory", "decoded", "simulation", "batch", "moments", "proved", "growth"]
CASES = (
    [(name, ONE) for name in RESULTS]
    + [(name, TWO) for name in OF_SEVERAL]
    + [(name, STACK) for name in ("curve", "memory", "growth")]
    + [(name, FLOW) for name in ("curve", "schur", "growth", "range", "pseudospectrum", "kreiss", "radius")]
)
every_result = pytest.mark.parametrize(
    ("name", "network"), CASES, ids=lambda one: one if isinstance(one, str) else repr(one)
)


def numbers_of(result, prefix=""):
    """Every number and array of a result, by the name that it must have after conversion."""
    for field in fields(result):
        value = getattr(result, field.name)
        if isinstance(value, (int, float, complex, np.number, np.bool_, np.ndarray)):
            yield prefix + field.name, value
        elif is_dataclass(value) and field.name != "network":
            yield from numbers_of(value, f"{prefix}{field.name}_")


def same_bits(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    return found.dtype == expected.dtype and found.shape == expected.shape and found.tobytes() == expected.tobytes()


@every_result
def test_every_number_of_a_result_is_in_its_dataset(name, network):
    result = RESULTS[name](network)
    found = lm.to_xarray(result)
    for field, value in numbers_of(result):
        if field in found.variables:
            assert same_bits(found[field], value), field
        else:  # lags and times are positions along the axis that is called after them
            assert any(same_bits(one, value) for one in found.coords.values()), field
    assert found.attrs["result"] == type(result).__name__
    assert found.attrs["linmem"] == lm.__version__
    if hasattr(result, "method"):
        assert found.attrs["method"] == result.method


def parsed(found, prefix=""):
    """The arrays in JSON, by the name of their field."""
    for name, value in found.items():
        if isinstance(value, dict) and set(value) == {"real", "imag"}:
            whole = np.empty(np.shape(value["real"]), complex)
            whole.real, whole.imag = np.array(value["real"], float), np.array(value["imag"], float)
            yield prefix + name, whole
        elif isinstance(value, dict):
            yield from parsed(value, f"{prefix}{name}_")
        else:
            yield prefix + name, value


@every_result
def test_json_is_exact_and_has_no_words_of_its_own(name, network):
    result = RESULTS[name](network)

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    found = dict(parsed(json.loads(lm.to_json(result), parse_constant=refuse)))
    assert found["result"] == type(result).__name__
    assert found["linmem"] == lm.__version__
    for field, value in numbers_of(result):
        assert same_bits(np.array(found[field]).astype(np.asarray(value).dtype), value), field
    if hasattr(result, "network"):
        assert found["network_units"] == 4


@every_result
def test_a_table_has_the_numbers_of_the_dataset(name, network):
    result = RESULTS[name](network)
    table, found = lm.to_pandas(result), lm.to_xarray(result)
    axes = found[table.columns[0]].dims
    assert [one for one in found.data_vars if found[one].dims == axes] == list(table.columns)
    for column in table.columns:
        assert same_bits(table[column].to_numpy(), found[column].values.ravel()), column
    if axes:
        assert tuple(table.index.names) == axes
        assert table.attrs.items() >= found.attrs.items()
        for row in range(len(table)):  # each row is at its place of the array
            place = dict(zip(axes, np.unravel_index(row, found[table.columns[0]].shape), strict=True))
            there = found[table.columns[0]][place]
            label = table.index[row] if len(axes) > 1 else (table.index[row],)
            for axis, value in zip(axes, label, strict=True):
                assert value == (found[axis].values[place[axis]] if axis in found.coords else place[axis])
            assert table.iloc[row, 0] == there or np.isnan(there)


def test_axes_have_the_names_of_what_they_are():
    found = {name: lm.to_xarray(RESULTS[name](TWO)) for name in OF_SEVERAL}
    assert found["curve"]["values"].dims == ("lag", "input", "other_input")
    assert found["curve"].total.dims == ("input", "other_input")
    assert found["decoded"].theory.dims == ("lag", "input")
    assert found["decoded"].decoder_weights.dims == ("unit", "target", "input")
    assert found["moments"].cross_covariance.dims == ("lag", "unit", "input")
    assert found["simulation"].signal.dims == ("step", "input")
    assert found["batch"].states.dims == ("trial", "step", "unit")
    assert lm.to_xarray(RESULTS["curve"](STACK))["values"].dims == ("stack_0", "lag")
    assert lm.to_xarray(RESULTS["growth"](STACK)).initial_condition.dims == ("stack_0", "unit")
    flow = lm.fisher_memory_curve(FLOW, [0.0, 0.5])
    assert lm.to_xarray(flow)["values"].sel(time=0.5) == flow.values[1]


def test_points_of_a_pseudospectrum_are_found_by_their_coordinates():
    result = lm.pseudospectrum(ONE, box=(-1, 1, -2, 2), points=(3, 5))
    found = lm.to_xarray(result)
    assert found.sigma_min.sel(x=1.0, y=-2.0) == result.sigma_min[0, 2]
    assert lm.to_pandas(result).sigma_min[-2.0, 1.0] == result.sigma_min[0, 2]


def test_units_are_called_by_their_labels():
    moments = RESULTS["moments"](ONE)
    found = lm.to_xarray(moments)
    assert found.covariance.sel(unit="RIM", other_unit="AVAR") == moments.covariance[2, 1]
    assert "unit" not in lm.to_xarray(RESULTS["moments"](TWO)).coords


def test_every_array_of_every_result_has_named_axes():
    """A field that is added to a result needs names for its axes."""
    exported = [getattr(lm, name) for name in lm.__all__]
    checked = [
        one
        for one in exported
        if isinstance(one, type) and is_dataclass(one) and {"lags", "network"} & {f.name for f in fields(one)}
    ]
    assert len(checked) >= 12
    for kind in checked:
        arrays = {one.name for one in fields(kind) if str(one.type).startswith("np.ndarray")}
        named = {name for names in getattr(kind, "AXES", {}).values() for name in names.split()}
        assert arrays <= named, kind.__name__


def test_axes_are_of_fields_that_exist():
    from linmem.memory.optimal import OptimizationHistory

    exported = [getattr(lm, name) for name in lm.__all__]
    kinds = [OptimizationHistory, *(kind for kind in exported if isinstance(kind, type) and hasattr(kind, "AXES"))]
    assert len(kinds) >= 15
    for kind in kinds:
        assert {field for names in kind.AXES.values() for field in names.split()} <= {one.name for one in fields(kind)}


def test_words_stand_for_numbers_that_json_has_not():
    found = json.loads(lm.to_json(RESULTS["noiseless"](lm.LinearNetwork(np.diag([1.0, 1], -1), [1.0, 0, 0]))))
    assert float(found["information"]) == np.inf
    assert found["horizon"] is None


def test_a_record_is_converted_as_results_are():
    """Records of the command line hold numbers of numpy, texts, None, results, and what JSON has no word for."""
    record = {
        "source": "chain",
        "units": np.int64(3),
        "stable": np.True_,
        "horizon": None,
        "snr": np.inf,
        "bounds": (np.float64(-np.inf), np.nan, 0.1),
        "lags": np.arange(2),
        "eigenvalues": np.array([1 + 2j]),
        "stability": ONE.stability,
    }
    plain = json.loads(json_text(record))
    assert plain == json_ready(record)
    assert plain["bounds"] == ["-Infinity", "NaN", 0.1]
    assert (plain["units"], plain["stable"], plain["horizon"], plain["snr"]) == (3, True, None, "Infinity")
    assert plain["eigenvalues"] == {"real": [1.0], "imag": [2.0]}
    assert plain["stability"].items() <= json.loads(lm.to_json(ONE.stability)).items()
    with pytest.raises(ArgumentError, match="value, a object; only results"):
        json_ready([object()])


@pytest.mark.parametrize("convert", [lm.to_xarray, lm.to_pandas, lm.to_json])
@pytest.mark.parametrize("thing", [np.eye(2), ONE, 3.0, None, lm.FisherMemoryCurve], ids=repr)
def test_what_is_no_result_is_refused(convert, thing):
    with pytest.raises(ArgumentError, match="it must be a result of linmem"):
        convert(thing)


@pytest.mark.parametrize("convert", [lm.to_xarray, lm.to_pandas, lm.to_json])
def test_results_of_other_things_than_numbers_are_refused(convert):
    with pytest.raises(ArgumentError, match="result has options, a dict; only results"):
        convert(lm.TrainingSettings("copy"))


def test_a_dataset_can_be_stored_and_read_again(tmp_path):
    found = lm.to_xarray(RESULTS["curve"](ONE))
    found.to_netcdf(tmp_path / "curve.nc", engine="scipy")
    with xr.open_dataset(tmp_path / "curve.nc", engine="scipy") as back:
        xr.testing.assert_identical(back.load(), found)


# python-control


@pytest.mark.parametrize(
    "network",
    [
        ONE,
        TWO,
        FLOW,
        lm.LinearNetwork(W),
        lm.chain(5, gain=1.1, sparse=True),
        lm.LinearNetwork(np.zeros((3, 3)), np.eye(3)),  # states without any effect
    ],
    ids=repr,
)
def test_there_and_back_through_python_control_is_exact(network):
    back = lm.from_python_control(lm.to_python_control(network), noise=network.noise)
    assert type(back) is type(network)
    assert same_bits(back.matrix, network.dense())
    if network.feedforward is None:
        assert back.feedforward is None
    else:
        assert same_bits(back.feedforward, network.feedforward)
    assert back.labels == network.labels
    assert back.noise == network.noise


def test_the_impulse_response_is_that_of_the_network():
    """At step k + 1 it is W^k V, to 1e-14 for some products of 4 x 4 matrices of norm below two."""
    response = control.impulse_response(lm.to_python_control(TWO), np.arange(6)).outputs
    assert not response[:, :, 0].any()
    for k in range(5):
        expected = np.linalg.matrix_power(TWO.recurrent, k) @ TWO.feedforward
        assert np.abs(response[:, :, k + 1] - expected).max() < 1e-14


def test_the_step_response_is_a_simulation_without_noise():
    """The state h_k of the network is state k + 1 of the system, to 1e-14 as above."""
    response = control.step_response(lm.to_python_control(ONE), np.arange(8)).outputs.squeeze()
    states = lm.simulate(ONE, np.ones(7), rng=0, noise=False).states
    assert np.abs(response[:, 1:] - states.T).max() < 1e-14


def test_continuous_systems_decay_as_the_network_does():
    """e^{At} V at t = 1, to 1e-9, as python-control adds up 100 exponentials."""
    import scipy.linalg as sl

    response = control.impulse_response(lm.to_python_control(FLOW), np.linspace(0, 1, 101)).outputs
    assert np.abs(response[:, 0, -1] - sl.expm(FLOW.drift) @ FLOW.feedforward).max() < 1e-9


def test_sampled_systems_are_discrete():
    assert isinstance(lm.from_python_control(control.ss(W, V, V, 0 * V, 0.1)), lm.LinearNetwork)


def test_states_and_outputs_are_called_by_labels_where_these_differ():
    system = lm.to_python_control(ONE)
    assert tuple(system.state_labels) == tuple(system.output_labels) == LABELS
    twins = lm.LinearNetwork(np.eye(2) / 2, labels=("a", "a"))
    assert lm.to_python_control(twins).state_labels == ["x[0]", "x[1]"]


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (control.tf([1], [1, 2]), "system is a TransferFunction; convert it first"),
        (np.eye(2), "system is a ndarray"),
        (control.StateSpace(W, V, V, 0 * V, None), "dt None, which may be discrete or continuous"),
    ],
    ids=["transfer function", "matrix", "no time"],
)
def test_other_systems_are_refused(system, message):
    with pytest.raises(ArgumentError, match=message):
        lm.from_python_control(system)


def test_what_python_control_cannot_hold_is_refused():
    """python-control would drop imaginary parts with a warning."""
    with pytest.raises(lm.InvalidNetworkError, match="recurrent or feedforward is complex"):
        lm.to_python_control(lm.LinearNetwork(1j * W, V))
    with pytest.raises(lm.InvalidNetworkError, match="is a stack"):
        lm.to_python_control(STACK)


@pytest.mark.parametrize("net", [lm.LinearNetwork([[0.5]]), lm.ContinuousNetwork([[-2.0]])])
def test_one_unit_without_an_input_is_refused(net):
    """python-control takes an empty B of one row for one of none."""
    with pytest.raises(lm.InvalidNetworkError, match="with 0 inputs"):
        lm.to_python_control(net)


# networkx


def test_edges_lead_from_columns_to_rows():
    """A path 0 -> 1 -> 2 is a delay line; networkx's own matrix is the transpose."""
    graph = networkx.path_graph(3, create_using=networkx.DiGraph)
    network = lm.from_networkx(graph, [1, 0, 0])
    assert network.dense().tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert same_bits(network.dense(), networkx.to_numpy_array(graph).T.copy())
    assert lm.total_fisher_memory(network) == lm.total_fisher_memory(lm.chain(3))


def test_weights_names_and_order_are_those_of_the_graph():
    graph = networkx.DiGraph(name="three")
    graph.add_nodes_from(["c", "a", "b"])
    graph.add_weighted_edges_from([("c", "a", 0.1), ("a", "b", -0.2), ("b", "b", 0.3)])
    network = lm.from_networkx(graph, np.eye(3)[0], noise=2.0)
    assert network.labels == ("c", "a", "b")
    assert network.name == "three"
    assert network.noise == 2.0
    assert network.is_sparse
    assert network.dense().tolist() == [[0, 0, 0], [0.1, 0, 0], [0, -0.2, 0.3]]
    assert lm.from_networkx(graph, weight=None).dense().sum() == 3
    assert lm.from_networkx(networkx.relabel_nodes(graph, {"c": 2, "a": 1, "b": 0})).labels == ("2", "1", "0")


def test_edges_without_direction_count_both_ways_and_several_add_up():
    undirected = networkx.Graph([("a", "b", {"weight": 0.5}), ("a", "a", {"weight": 0.25})])
    assert lm.from_networkx(undirected).dense().tolist() == [[0.25, 0.5], [0.5, 0]]
    several = networkx.MultiDiGraph([("a", "b", {"weight": 0.5}), ("a", "b", {"weight": 0.125})])
    assert lm.from_networkx(several).dense().tolist() == [[0, 0], [0.625, 0]]


def test_a_graph_is_what_its_file_is(tmp_path):
    graph = networkx.gnp_random_graph(8, 0.4, seed=1, directed=True)
    for place, edge in enumerate(graph.edges):
        graph.edges[edge]["weight"] = 1 / (place + 3)
    networkx.write_graphml(graph, tmp_path / "graph.graphml")
    stored = lm.load_network(tmp_path / "graph.graphml")
    network = lm.from_networkx(graph)
    assert same_bits(network.dense(), stored.dense())
    assert network.labels == stored.labels


@pytest.mark.parametrize(
    ("graph", "weight", "kind", "message"),
    [
        (np.eye(2), "weight", ArgumentError, "graph is a ndarray; it must be a graph of networkx"),
        (networkx.DiGraph(), "weight", lm.InvalidNetworkError, "recurrent has shape"),
        (
            networkx.DiGraph([(0, 1, {"w": 1.0})]),
            "weight",
            ArgumentError,
            "edge from 0 to 1 has no 'weight'.*edges have 'w'",
        ),
        (
            networkx.DiGraph([(0, 1, {"weight": 1.0}), (1, 2)]),
            "weight",
            ArgumentError,
            "edge from 1 to 2 has no 'weight'",
        ),
        (networkx.DiGraph([(0, 1, {"weight": "big"})]), "weight", ArgumentError, "'big' where its weight should be"),
        (networkx.DiGraph([(0, 1, {"weight": np.nan})]), "weight", lm.InvalidNetworkError, "not finite"),
    ],
    ids=["matrix", "empty", "other name", "missing", "text", "nan"],
)
def test_graphs_that_are_no_networks_are_refused(graph, weight, kind, message):
    with pytest.raises(kind, match=message) as caught:
        lm.from_networkx(graph, weight=weight)
    assert type(caught.value) is kind


# arrays of other libraries


class Tensor:
    """An array of another library: it has `__array__`."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


class TensorOnTape(Tensor):
    """A tensor of torch that is part of a computation of gradients, and refuses conversion."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")


KINDS = {
    "__array__": Tensor,
    "DataFrame": pd.DataFrame,
    "DataArray": xr.DataArray,
    "memoryview": lambda values: memoryview(np.ascontiguousarray(values)),
    "matrix": np.matrix,
    "single precision": lambda values: np.asarray(values, np.float32),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_other_libraries_are_arrays(kind):
    made = KINDS[kind]
    exact = np.float32(W) if kind == "single precision" else W
    network = lm.LinearNetwork(made(W), made(np.eye(4)[:, :2]), made(np.eye(4) / 2))
    assert type(network.recurrent) is type(network.feedforward) is type(network.noise) is np.ndarray
    assert same_bits(network.recurrent, np.asarray(exact, float))
    assert same_bits(network.feedforward, np.eye(4)[:, :2].copy())
    assert lm.henrici_departure(made(W)) == lm.henrici_departure(exact)
    assert lm.kreiss_constant(made(W)).value == lm.kreiss_constant(exact).value
    assert same_bits(lm.ContinuousNetwork(made(W)).drift, network.recurrent)


def test_a_series_and_a_tensor_are_inputs():
    for made in (pd.Series, Tensor, xr.DataArray):
        assert same_bits(lm.LinearNetwork(W, made(V[:, 0].copy())).feedforward, V[:, 0].copy())


def test_arrays_are_copies():
    frame = pd.DataFrame(W.copy())
    network = lm.LinearNetwork(frame)
    frame.iloc[0, 0] = 7.0
    assert network.recurrent[0, 0] == W[0, 0]


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda tensor: lm.LinearNetwork(tensor), "recurrent"),
        (lambda tensor: lm.LinearNetwork([tensor]), "recurrent"),
        (lambda tensor: lm.LinearNetwork(W, tensor), "feedforward"),
        (lambda tensor: lm.LinearNetwork(W, V, tensor), "noise"),
        (lambda tensor: lm.ContinuousNetwork(tensor), "drift"),
        (lm.henrici_departure, "recurrent"),
        (lm.to_python_control, "recurrent"),
    ],
    ids=["recurrent", "list", "feedforward", "noise", "drift", "measure", "python-control"],
)
def test_a_tensor_that_cannot_become_an_array_is_one_clear_error(make, argument):
    with pytest.raises(lm.InvalidNetworkError) as caught:
        make(TensorOnTape(W))
    message = str(caught.value)
    assert message.startswith(f"{argument} is a ")
    assert "requires grad" in message
    assert message.endswith("tensor.detach().cpu().double().numpy()")


def test_a_tensor_is_no_number():
    with pytest.raises(ArgumentError, match=r"snr is .*; it must be a finite number"):
        lm.memory_function(ONE, 3, snr=TensorOnTape(1.0))


def test_ragged_lists_are_still_told_from_tensors():
    with pytest.raises(lm.InvalidNetworkError, match="no rectangular array"):
        lm.LinearNetwork([[1.0, 2.0], [3.0]])


def test_sparse_noise_is_a_covariance():
    assert same_bits(lm.LinearNetwork(W, V, sparse.eye_array(4, format="csr")).noise, np.eye(4))


@pytest.mark.parametrize(
    ("library", "use"),
    [
        ("xarray", lambda: lm.to_xarray(ONE.stability)),
        ("pandas", lambda: lm.to_pandas(ONE.stability)),
        ("control", lambda: lm.to_python_control(ONE)),
        ("networkx", lambda: lm.from_networkx(SimpleNamespace())),
    ],
)
def test_a_library_that_is_not_there_is_named_with_the_way_to_get_it(monkeypatch, library, use):
    monkeypatch.setitem(__import__("sys").modules, library, None)
    with pytest.raises(MissingLibraryError, match=rf"this needs {library}: pip install 'linmem\[exchange\]'"):
        use()


def test_dots_in_labels_become_underscores_in_python_control():
    """A network of layers has such labels; python-control refuses dots. Labels that would be equal are left out."""
    dotted = lm.LinearNetwork(W[:2, :2], V[:2, 0], labels=("layer.0", "layer.1"))
    system = lm.to_python_control(dotted)
    assert system.state_labels == system.output_labels == ["layer_0", "layer_1"]
    assert same_bits(system.A, dotted.recurrent)
    twins = lm.LinearNetwork(W[:2, :2], V[:2, 0], labels=("a.b", "a_b"))
    assert lm.to_python_control(twins).state_labels == ["x[0]", "x[1]"]
