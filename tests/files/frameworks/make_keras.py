"""Samples written by keras 3.15.1 (backend jax 0.10.2, h5py 3.14.0) and keras-lmu 0.9.0, and what they hold."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import warnings

import keras
import numpy as np
from keras import layers
from truth import FOLDER, LSTM, Cell, Record, blocks

warnings.simplefilter("ignore")
KERAS = ("keras", keras.__version__)
GRU = ("update", "reset", "new")
HERE = FOLDER / "keras"
HERE.mkdir(exist_ok=True)
N, M, T = 4, 2, 3
ENDINGS = (".keras", ".weights.h5", ".h5")
record = Record(__file__, 2)


def filled(model):
    model.set_weights([record.draw(*one.shape) for one in model.get_weights()])
    return model


def sequential(*parts, inputs=M):
    return filled(keras.Sequential([keras.Input((T, inputs)), *parts]))


def write(model, name, endings=ENDINGS):
    files = []
    for ending in endings:
        path = HERE / f"{name}{ending}"
        model.save_weights(path) if ending == ".weights.h5" else model.save(path)
        files.append(f"keras/{path.name}")
    return files


def cell_of(cell):
    """The cell of keras, in columns."""
    V, W, *bias = (np.asarray(one, float) for one in cell.get_weights())
    f = keras.activations.serialize(cell.activation)
    if isinstance(cell, layers.LSTMCell):
        return Cell("lstm", blocks(W.T, LSTM), blocks(V.T, LSTM), blocks(bias[0], LSTM), nonlinearity=f)
    if isinstance(cell, layers.GRUCell):
        b, hidden = (bias[0], 0.0) if bias[0].ndim == 1 else (bias[0][0], bias[0][1])
        b, hidden = blocks(b, GRU), blocks(hidden + 0 * b, GRU)
        b = {gate: b[gate] + (hidden[gate] if gate != "new" else 0) for gate in GRU}
        reset = "after" if cell.reset_after else "before"
        return Cell("gru", blocks(W.T, GRU), blocks(V.T, GRU), b, hidden["new"], f, reset, "keeps")
    return Cell("rnn", {"new": W.T}, {"new": V.T}, {"new": bias[0]} if bias else {}, nonlinearity=f)


def stepper(cell):
    def step(x, h, c=None):
        _, states = cell(x[None], [h[None]] if c is None else [h[None], c[None]], training=False)
        states = [np.asarray(one[0], float) for one in states]
        return states[0] if c is None else tuple(states)

    return step


for name, layer, endings in (
    ("simple", layers.SimpleRNN(N), ENDINGS),
    ("simple_softsign", layers.SimpleRNN(N, activation="softsign", use_bias=False, name="renamed"), ENDINGS[:1]),
    ("gru_after", layers.GRU(N), ENDINGS[:2]),
    ("gru_before", layers.GRU(N, activation="relu", reset_after=False), ENDINGS[:2]),
    ("lstm", layers.LSTM(N), (".keras", ".h5")),
):
    model = sequential(layer, layers.Dense(N)) if name == "simple" else sequential(layer)
    cell = cell_of(layer.cell)
    for file in write(model, name, endings):
        said = [] if file.endswith(".weights.h5") else ["nonlinearity"]
        if cell.kind == "gru":
            said.append("reset")
        record.cell(file, KERAS, cell, stepper(layer.cell), said=said)
        few = None if file.endswith(".keras") else list(cell.W)[:1]
        record.gates(file, KERAS, cell, only=few, note="before a square Dense layer" if name == "simple" else "")
    if cell.kind != "rnn":
        record.row(file, KERAS, "question", note="several gates, and none is chosen")

# two layers, two directions, stacked cells
two = [layers.SimpleRNN(N, return_sequences=True, name="first"), layers.SimpleRNN(N, name="second")]
model = sequential(*two)
for file in write(model, "simple_2_layers", (".keras", ".h5")):
    record.row(file, KERAS, "question", note="two layers")
    legacy = file.endswith("2_layers.h5")
    for k, (layer, place) in enumerate(zip(two, ("simple_rnn", "simple_rnn_1"), strict=True)):
        cell = cell_of(layer.cell)
        record.cell(file, KERAS, cell, stepper(layer.cell), layer=k, said=() if "weights" in file else ["nonlinearity"])
        if not legacy:
            record.gates(file, KERAS, cell, recurrent=f"{place}/cell/vars/1")
bi = layers.Bidirectional(layers.LSTM(N))
model = sequential(bi)
for file in write(model, "lstm_bidirectional", ENDINGS[:2]):
    record.row(file, KERAS, "question", note="two directions", gate="forget")
    for layer, direction in ((bi.forward_layer, "forward"), (bi.backward_layer, "backward")):
        cell = cell_of(layer.cell)
        said = () if "weights" in file else ["nonlinearity"]
        record.cell(file, KERAS, cell, stepper(layer.cell), direction=direction, said=said)
        if not file.endswith("al.h5"):
            record.gates(file, KERAS, cell, only=["forget"], recurrent=f"{direction}_layer/cell/vars/1")
stack = layers.StackedRNNCells([layers.SimpleRNNCell(N), layers.SimpleRNNCell(N, activation="relu")])
model = sequential(layers.RNN(stack))
for file in write(model, "stacked_cells", ENDINGS[:2]):
    record.row(file, KERAS, "question", note="two cells in one layer")
    for k, (inner, place) in enumerate(zip(stack.cells, ("simple_rnn_cell", "simple_rnn_cell_1"), strict=True)):
        cell = cell_of(inner)
        record.cell(file, KERAS, cell, stepper(inner), layer=k, said=() if "weights" in file else ["nonlinearity"])
        record.gates(file, KERAS, cell, recurrent=f"{place}/vars/1")

# a cell in the general layer RNN, whose name does not tell the kind of cell
inner = layers.GRUCell(N)
for file in write(sequential(layers.RNN(inner)), "rnn_of_gru_cell", ENDINGS[:2]):
    cell = cell_of(inner)
    record.cell(file, KERAS, cell, stepper(inner), listed=file.endswith(".keras"), said=["nonlinearity", "reset"])
    must = "right" if file.endswith(".keras") else "right or question"
    record.gates(file, KERAS, cell, only=["reset"], must=must, note="layers.RNN(GRUCell)")


# cells of one's own: vars/1 is whatever was created second
@keras.saving.register_keras_serializable()
class RecurrentFirst(keras.Layer):
    """Creates the recurrent weights before the input weights."""

    def __init__(self, units=N, **options):
        super().__init__(**options)
        self.units = self.state_size = units

    def build(self, shape):
        self.W = self.add_weight(shape=(self.units, self.units), name="W")
        self.V = self.add_weight(shape=(shape[-1], self.units), name="V")
        self.b = self.add_weight(shape=(self.units,), name="b")

    def call(self, x, states):
        h = keras.ops.tanh(x @ self.V + states[0] @ self.W + self.b)
        return h, [h]


own = RecurrentFirst()
model = sequential(layers.RNN(own), inputs=N)
W, V, b = (np.asarray(one, float) for one in own.get_weights())
cell = Cell("rnn", {"new": W.T}, {"new": V.T}, {"new": b})
for file in write(model, "own_cell", ENDINGS[:2]):
    record.cell(file, KERAS, cell, stepper(own), listed=False)
    note = "an own cell that creates W before V, with as many inputs as units: vars/1 is V"
    record.gates(file, KERAS, cell, must="right or question", note=note)
# layers as attributes of a model


class Attributes(keras.Model):
    def __init__(self):
        super().__init__()
        self.memory, self.readout = layers.LSTM(N), layers.Dense(N)

    def call(self, x):
        return self.readout(self.memory(x))


model = Attributes()
model(np.zeros((1, T, M), "float32"))
filled(model)
file = write(model, "attributes", (".weights.h5",))[0]
cell = cell_of(model.memory.cell)
record.cell(file, KERAS, cell, stepper(model.memory.cell), listed=False)
record.gates(file, KERAS, cell, only=["cell"], must="right or question", note="a subclassed model: memory/cell/vars/1")

# a trained model: the moments of Adam have the shapes of the weights
layer = layers.GRU(N)
model = sequential(layer)
model.compile("adam", "mse")
model.fit(record.draw(8, T, M), record.draw(8, N), epochs=2, verbose=0)
cell = cell_of(layer.cell)
for file in write(model, "trained", (".keras", ".h5")):
    record.cell(file, KERAS, cell, stepper(layer.cell), listed=file.endswith(".keras"), said=["nonlinearity", "reset"])
    record.gates(file, KERAS, cell, only=["update"], note="with the state of Adam")

# half precision
# (the orthogonal initializer fails in bfloat16 on jax, and Sequential then leaves the recurrent weights out in silence)
layer = layers.SimpleRNN(N, dtype="bfloat16", recurrent_initializer="glorot_uniform")
model = sequential(layer)
wide = layers.SimpleRNN(N)
sequential(wide)
wide.set_weights([np.asarray(one, np.float32) for one in layer.get_weights()])
cell = cell_of(wide.cell)
for file in write(model, "bfloat16", ENDINGS[:2]):
    record.cell(file, KERAS, cell, stepper(wide.cell), listed=False)
    record.gates(file, KERAS, cell, note="bfloat16, exact in double precision")

# without a recurrent matrix
model = sequential(layers.Flatten(), layers.Dense(N), layers.Dense(N))
record.row(write(model, "mlp", (".weights.h5",))[0], KERAS, "question", note="Dense layers, one of them square")
model = filled(keras.Sequential([keras.Input((T, 3, 3, 1)), layers.ConvLSTM2D(2, 2)]))
for file in write(model, "convolutional_lstm", ENDINGS[:1]):
    record.row(file, KERAS, "question", note="cell/vars/1 is a kernel (2, 2, 2, 8)", gate="cell")

import keras_lmu  # noqa: E402

LMU = ("keras-lmu", keras_lmu.__version__)
layer = layers.RNN(keras_lmu.LMUCell(1, 4, 8, layers.SimpleRNNCell(N)))  # the layer LMU does not build on jax
model = sequential(layer)
for file in write(model, "lmu", ENDINGS[1:2]):
    print(file, [(one.path, one.shape) for one in layer.weights])
    W = np.asarray(layer.cell.hidden_cell.get_weights()[1], float).T
    record.row(file, LMU, "right or question", W, note="the W of the hidden cell; A is computed in the code")
record.write()
