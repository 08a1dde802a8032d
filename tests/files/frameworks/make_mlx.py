"""Samples of mlx 0.32.4 on the CPU (numpy 2.4.6), and what they hold."""

import importlib.metadata

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.utils import tree_map
from truth import FOLDER, Cell, Record, blocks

mx.set_default_device(mx.cpu)
MLX = ("mlx", importlib.metadata.version("mlx"))
HERE = FOLDER / "mlx"
HERE.mkdir(exist_ok=True)
LSTM, GRU = ("input", "forget", "cell", "output"), ("reset", "update", "new")
N, M = 4, 2
record = Record(__file__, 11)


class Model(nn.Module):
    def __init__(self, rnn):
        super().__init__()
        self.rnn, self.readout = rnn, nn.Linear(N, N)


def columns(one):
    return np.asarray(one, float)


for name, rnn in {"rnn": nn.RNN(M, N), "gru": nn.GRU(M, N), "lstm": nn.LSTM(M, N)}.items():
    model = Model(rnn)
    model.update(tree_map(lambda one: mx.array(record.draw(*one.shape)), model.parameters()))
    if name == "rnn":
        cell = Cell("rnn", {"new": columns(rnn.Whh)}, {"new": columns(rnn.Wxh)}, {"new": columns(rnn.bias)})
    elif name == "gru":
        W, U, b = (blocks(one, GRU) for one in (rnn.Wh, rnn.Wx, rnn.b))
        cell = Cell("gru", W, U, b, columns(rnn.bhn), reset="after", update="keeps")
    else:
        cell = Cell("lstm", *(blocks(one, LSTM) for one in (rnn.Wh, rnn.Wx, rnn.bias)))

    def step(x, h, c=None, rnn=rnn):
        states = [mx.array(one)[None] for one in (h, c) if one is not None]
        out = rnn(mx.array(x)[None, None], *states)
        return np.asarray(out).ravel() if c is None else tuple(np.asarray(one).ravel() for one in out)

    for ending in ("safetensors", "npz"):
        model.save_weights(str(HERE / f"{name}.{ending}"))
        file = f"mlx/{name}.{ending}"
        record.cell(file, MLX, cell, step, listed=False)
        note = "names as rnn.Wh, rnn.Wx beside a readout that is square; columns, gates as in torch"
        record.gates(file, MLX, cell, only=list(cell.W)[-1:], must="right or question", note=note)
        record.rows[-1]["inputs"] = None  # V need not be found by such names
record.write()
