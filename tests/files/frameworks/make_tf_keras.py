"""Samples of tf_keras 2.21.0, which is Keras 2 (tensorflow 2.21.0, h5py 3.14.0), and what they hold."""

import os
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tf_keras as keras
from tf_keras import layers
from truth import FOLDER, LSTM, Cell, Record, blocks

warnings.simplefilter("ignore")
KERAS = ("tf_keras (Keras 2)", keras.__version__)
GRU = ("update", "reset", "new")
HERE = FOLDER / "tf_keras"
HERE.mkdir(exist_ok=True)
N, M = 4, 2
musts = {".h5": "right", ".weights.h5": "right", ".keras": "right or question"}
record = Record(__file__, 13)


def cell_of(cell):
    V, W, b = (np.asarray(one, float) for one in cell.get_weights())
    if isinstance(cell, layers.LSTMCell):
        return Cell("lstm", blocks(W.T, LSTM), blocks(V.T, LSTM), blocks(b, LSTM))
    if isinstance(cell, layers.GRUCell):
        b, hidden = (blocks(one, GRU) for one in b)
        b = {gate: b[gate] + (hidden[gate] if gate != "new" else 0) for gate in GRU}
        return Cell("gru", blocks(W.T, GRU), blocks(V.T, GRU), b, hidden["new"], "tanh", "after", "keeps")
    return Cell("rnn", {"new": W.T}, {"new": V.T}, {"new": b})


def stepper(cell):
    def step(x, h, c=None):
        _, states = cell(tf.constant(x[None]), [tf.constant(one[None]) for one in (h, c) if one is not None])
        states = [np.asarray(one[0], float) for one in states]
        return states[0] if c is None else tuple(states)

    return step


for name, layer, endings in (
    ("simple", layers.SimpleRNN(N), (".h5", ".keras")),
    ("gru", layers.GRU(N), (".weights.h5", ".keras")),
    ("lstm", layers.LSTM(N, name="memory"), (".h5", ".keras")),
):
    model = keras.Sequential([keras.Input((3, M)), layer])
    model.set_weights([record.draw(*one.shape) for one in model.get_weights()])
    cell = cell_of(layer.cell)
    for ending in endings:
        path = HERE / f"{name}{ending}"
        model.save_weights(path) if "weights" in ending else model.save(path)
        file = f"tf_keras/{path.name}"
        record.cell(file, KERAS, cell, stepper(layer.cell), listed=False)
        record.gates(
            file,
            KERAS,
            cell,
            only=list(cell.W)[-1:],
            note="Keras 2",
            must=musts[ending],
        )
record.write()
