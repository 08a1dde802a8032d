"""Samples written by the exporters of torch 2.13.0 (onnxscript 0.7.2) and onnx 1.23.2; run by onnxruntime 1.32.0."""

import logging
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from truth import FOLDER, Cell, Record, blocks

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
TORCH = ("torch.onnx", torch.__version__.split("+")[0])
ONNX = ("onnx", onnx.__version__)
LSTM, GRU = ("input", "output", "forget", "cell"), ("update", "reset", "new")
HERE = FOLDER / "onnx"
HERE.mkdir(exist_ok=True)
N, M = 4, 2
record = Record(__file__, 3)


class Stateful(nn.Module):
    """A layer with its initial state as an input and its last state as an output."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x, h, c=None):
        _, state = self.layer(x, h if c is None else (h, c))
        return (state,) if c is None else state


def filled(module):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.tensor(record.draw(*parameter.shape)))
    return module.eval()


def export(layer, name, *, new, length=1, **options):
    states = layer.num_layers * (1 + layer.bidirectional)
    # not one tensor for both states: the exporter would then take one input for both
    initial = [torch.zeros(states, 1, N) for _ in range(1 + isinstance(layer, nn.LSTM))]
    arguments = (torch.zeros(length, 1, M), *initial)
    model = Stateful(filled(layer)).eval()
    names = ["x", "h0", "c0"][: len(arguments)]
    torch.onnx.export(model, arguments, HERE / name, dynamo=new, input_names=names, verbose=False, **options)
    if new:  # the traces of the exporter name this machine and are most of the file
        external = (HERE / f"{name}.data").exists()
        proto = onnx.load(HERE / name, load_external_data=False)
        for node in proto.graph.node:
            del node.metadata_props[:]
        for value in (*proto.graph.value_info, *proto.graph.initializer, *proto.graph.input, *proto.graph.output):
            del value.metadata_props[:]
        del proto.graph.metadata_props[:]
        if external:  # the exporter leaves arrays as small as these in the file, and the other one empty
            proto = onnx.load_external_data_for_model(proto, HERE) or proto
            (HERE / f"{name}.data").unlink()
            kept = {"all_tensors_to_one_file": True, "location": f"{name}.data", "size_threshold": 64}
            onnx.save(proto, HERE / name, save_as_external_data=True, **kept)
        else:
            (HERE / name).write_bytes(proto.SerializeToString())
    return f"onnx/{name}"


def weights(file, node=0):
    """W, R and B of a recurrent operator."""
    proto = onnx.load(FOLDER / file)
    stored = {one.name: numpy_helper.to_array(one) for one in proto.graph.initializer}
    for one in proto.graph.node:
        if one.op_type == "Constant" and one.attribute[0].name == "value":
            stored[one.output[0]] = numpy_helper.to_array(one.attribute[0].t)
    inputs = [one for one in proto.graph.node if one.op_type in ("RNN", "GRU", "LSTM")][node].input
    W, R = (np.asarray(stored[inputs[k]], float) for k in (1, 2))
    B = np.asarray(stored[inputs[3]], float) if len(inputs) > 3 and inputs[3] else np.zeros((len(W), 2 * W.shape[1]))
    return W, R, B


def cell_of(file, kind, *, node=0, direction=0, f="tanh", reset=None):
    W, R, B = weights(file, node)
    W, R, (b, hidden) = W[direction], R[direction], np.split(B[direction], 2)
    if kind == "rnn":
        return Cell("rnn", {"new": R}, {"new": W}, {"new": b + hidden}, nonlinearity=f)
    if kind == "lstm":
        return Cell("lstm", blocks(R, LSTM), blocks(W, LSTM), blocks(b + hidden, LSTM), nonlinearity=f)
    b, hidden = blocks(b, GRU), blocks(hidden, GRU)
    both = {gate: b[gate] + (hidden[gate] if gate != "new" or reset == "before" else 0) for gate in GRU}
    outside = hidden["new"] if reset == "after" else 0.0
    return Cell("gru", blocks(R, GRU), blocks(W, GRU), both, outside, f, reset, "keeps")


def stepper(file, place=0, states=1, batch_first=False):
    """One step as onnxruntime makes it; the states of other layers and directions are zero and not looked at."""
    session = onnxruntime.InferenceSession(FOLDER / file)
    kinds = {one.name: np.float64 if "double" in one.type else np.float32 for one in session.get_inputs()}

    def step(x, h, c=None):
        feed = {"x": x[None, None].astype(kinds["x"])}
        for name, value in (("h0", h), ("c0", c)):
            if value is not None:
                feed[name] = np.zeros((1, states, N) if batch_first else (states, 1, N), kinds[name])
                feed[name].reshape(states, N)[place] = value
        out = [one.reshape(states, N)[place] for one in session.run(None, feed)]
        return out[0] if c is None else tuple(out[:2])

    return step


SAID = {"rnn": ["nonlinearity"], "gru": ["nonlinearity", "reset"], "lstm": ["nonlinearity"]}
for name, layer, new, options in (
    ("rnn_old", nn.RNN(M, N), False, {}),
    ("rnn_relu_old", nn.RNN(M, N, nonlinearity="relu"), False, {}),
    ("gru_old", nn.GRU(M, N), False, {}),
    ("lstm_old", nn.LSTM(M, N), False, {}),
    ("gru_new", nn.GRU(M, N), True, {"external_data": False}),
    ("gru_new_external", nn.GRU(M, N), True, {}),
    ("lstm_new", nn.LSTM(M, N), True, {"external_data": False}),
    ("lstm_new_external", nn.LSTM(M, N), True, {}),
    ("lstm_nobias_new", nn.LSTM(M, N, bias=False), True, {"external_data": False}),
):
    file = export(layer, f"{name}.onnx", new=new, **options)
    kind = name.split("_")[0]
    cell = cell_of(file, kind, f="relu" if "relu" in name else "tanh", reset="after" if kind == "gru" else None)
    record.cell(file, TORCH, cell, stepper(file), said=SAID[kind])
    few = None if name in ("rnn_old", "rnn_relu_old", "gru_old", "lstm_new") else list(cell.W)[1:2]
    which = "the default exporter" if new else "the exporter dynamo=False"
    record.gates(file, TORCH, cell, only=few, note=which + (", weights in .onnx.data" if "external" in name else ""))
    if kind != "rnn" and not options:
        record.row(file, TORCH, "question", note="several gates, and none is chosen")
file = export(nn.LSTM(M, N, bidirectional=True), "lstm_bidirectional_new.onnx", new=True, external_data=False)
for place, direction in enumerate(("forward", "backward")):
    cell = cell_of(file, "lstm", direction=place)
    record.cell(file, TORCH, cell, stepper(file, place, 2), said=SAID["lstm"], direction=direction)
record.row(file, TORCH, "question", note="two directions in one array (2, 16, 4)", gate="cell")
file = export(nn.RNN(M, N, bidirectional=True), "rnn_bidirectional_old.onnx", new=False)
for place, direction in enumerate(("forward", "backward")):
    cell = cell_of(file, "rnn", direction=place)
    record.cell(file, TORCH, cell, stepper(file, place, 2), said=SAID["rnn"], direction=direction)
record.row(file, TORCH, "question", note="two directions in one array (2, 4, 4): no stack of networks")
file = export(nn.GRU(M, N, num_layers=2), "gru_2_layers_new.onnx", new=True, external_data=False)
record.row(file, TORCH, "question", note="two layers", gate="reset")
for node in (0, 1):
    cell = cell_of(file, "gru", node=node, reset="after")
    if node == 0:
        record.cell(file, TORCH, cell, stepper(file, 0, 2), said=SAID["gru"])
    else:  # its input is the state of the first layer, which has no inputs and biases here: run the layer alone
        upper = onnx.load(FOLDER / file)
        second = [one for one in upper.graph.node if one.op_type == "GRU"][1]
        h = helper.make_tensor_value_info("h0", TensorProto.FLOAT, [1, 1, N])
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, N])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, N])
        alone = helper.make_node("GRU", ["x", *second.input[1:4], "", "h0"], ["", "y"])
        alone.attribute.extend(second.attribute)
        kept = [one for one in upper.graph.initializer if one.name in second.input[1:4]]
        model = helper.make_model(helper.make_graph([alone], "g", [x, h], [y], kept), opset_imports=upper.opset_import)
        model.ir_version = upper.ir_version
        session = onnxruntime.InferenceSession(model.SerializeToString())

        def second_layer(x, h, c=None, session=session):
            return session.run(None, {"x": x[None, None], "h0": h[None, None]})[0][0, 0]

        record.cell(file, TORCH, cell, second_layer, said=SAID["gru"], layer=1)
    operator = [one.name for one in onnx.load(FOLDER / file).graph.node if one.op_type == "GRU"][node]
    record.gates(file, TORCH, cell, only=["reset"], recurrent=f"{operator}.forward.R", note="named by the operator")

# the default exporter has no RNN operator: it unrolls the steps, and stores W transposed, under the name of a value
layer = nn.RNN(M, N)
file = export(layer, "rnn_new.onnx", new=True, length=3, external_data=False)
session = onnxruntime.InferenceSession(FOLDER / file)
x, h = record.draw(3, 1, M), record.draw(1, 1, N)
with torch.no_grad():
    expected = layer(torch.tensor(x), torch.tensor(h))[1].numpy()
np.testing.assert_allclose(session.run(None, {"x": x, "h0": h})[0], expected, atol=1e-6)
W = layer.weight_hh_l0.detach().numpy().astype(float)
record.row(file, TORCH, "question", note="unrolled into MatMul with the transposed W: no recurrent operator")
proto = onnx.load(FOLDER / file)
array = next(one.name for one in proto.graph.initializer if list(one.dims) == [N, N])
np.testing.assert_array_equal(
    numpy_helper.to_array(next(one for one in proto.graph.initializer if one.name == array)), W.T
)
record.row(file, TORCH, "right", W, note="chosen by name, and as rows", recurrent=array, convention="row")
mlp = filled(nn.Sequential(nn.Linear(M, N), nn.Tanh(), nn.Linear(N, N), nn.Tanh(), nn.Linear(N, M)))
torch.onnx.export(mlp, (torch.zeros(1, M),), HERE / "mlp_old.onnx", dynamo=False)
record.row("onnx/mlp_old.onnx", TORCH, "question", note="feedforward layers, one of them square")


# operators written by onnx.helper, with what the exporters of torch never write


def write_operator(
    name, kind, gates, *, directions=1, dtype=TensorProto.FLOAT, constants=False, peepholes=False, **attributes
):
    kinds = {TensorProto.FLOAT: np.float32, TensorProto.DOUBLE: np.float64}
    shapes = {"W": (directions, gates * N, M), "R": (directions, gates * N, N), "B": (directions, 2 * gates * N)}
    if peepholes:
        shapes["P"] = (directions, 3 * N)
    arrays = {k: numpy_helper.from_array(record.draw(*s).astype(kinds[dtype]), k) for k, s in shapes.items()}
    rows = attributes.get("layout") == 1
    state = [1, directions, N] if rows else [directions, 1, N]
    inputs = [helper.make_tensor_value_info("x", dtype, [1, 1, M]), helper.make_tensor_value_info("h0", dtype, state)]
    feed, outputs = ["x", "W", "R", "B", "", "h0"], [helper.make_tensor_value_info("h1", dtype, state)]
    if kind == "LSTM":
        feed += ["c0", "P"] if peepholes else ["c0"]
        inputs.append(helper.make_tensor_value_info("c0", dtype, state))
        outputs.append(helper.make_tensor_value_info("c1", dtype, state))
    nodes = [helper.make_node(kind, feed, ["", *(one.name for one in outputs)], hidden_size=N, **attributes)]
    if constants:
        nodes = [helper.make_node("Constant", [], [k], value=v) for k, v in arrays.items()] + nodes
    graph = helper.make_graph(nodes, "cell", inputs, outputs, [] if constants else list(arrays.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{name}.onnx")
    return f"onnx/{name}.onnx"


for name, kind, gates, options, reset, f, must in (
    ("gru_reset_before", "GRU", 3, {}, "before", "tanh", "right"),
    ("gru_reverse", "GRU", 3, {"linear_before_reset": 1, "direction": "reverse"}, "after", "tanh", "right"),
    ("gru_relu", "GRU", 3, {"linear_before_reset": 1, "activations": ["Sigmoid", "Relu"]}, "after", "relu", "right"),
    ("rnn_constants", "RNN", 1, {"constants": True}, None, "tanh", "right"),
    ("rnn_softsign", "RNN", 1, {"activations": ["Softsign"]}, None, "softsign", "right"),
    ("rnn_double", "RNN", 1, {"dtype": TensorProto.DOUBLE}, None, "tanh", "right"),
    ("rnn_batch_first", "RNN", 1, {"layout": 1}, None, "tanh", "right"),
):
    file = write_operator(name, kind, gates, **options)
    cell = cell_of(file, kind.lower(), reset=reset, f=f)
    note = "written by onnx.helper: " + (", ".join(f"{k} {v}" for k, v in options.items()) or "the defaults of ONNX")
    direction = "backward" if "reverse" in name else "forward"
    if name in ("rnn_double", "rnn_batch_first"):  # onnxruntime has neither; the reference of onnx has
        reference = onnx.reference.ReferenceEvaluator(onnx.load(FOLDER / file))

        def step(x, h, c=None, reference=reference, kind=np.float64 if name == "rnn_double" else np.float32):
            return reference.run(None, {"x": x[None, None].astype(kind), "h0": h[None, None].astype(kind)})[0].ravel()
    else:
        step = stepper(file)
    record.cell(file, ONNX, cell, step, said=SAID[kind.lower()], direction=direction)
    record.gates(file, ONNX, cell, only=["new"] if kind == "GRU" else None, must=must, note=note)
file = write_operator("lstm_peepholes", "LSTM", 4, peepholes=True)
cell = cell_of(file, "lstm")
record.gates(
    file, ONNX, cell, only=["output"], must="right or question", note="peepholes P beside R (steps not compared)"
)
record.write()
