#!/usr/bin/env bash
# psychrnn 1.0.0: the .npz that LSTM.save writes holds a square W_rec, W_in and b_rec, as that of the class Basic does, but an
# LSTM does not use them. What it uses is in the file too: W_f, W_i, W_c, W_o, each (N_rec + N_in, N_rec), which multiply
# rows [h, x] (the state first); its output is o sigmoid(c), where LSTMs have o tanh(c). An LSTM that is made with
# load_weights_path from that file gets the unused W_rec and W_in back, and draws W_f, W_i, W_c, W_o and its initial states
# anew, without a word: what was trained is lost. And the array called W_rec is no recurrent matrix of the network.
# Exits with an error if psychrnn no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q psychrnn==1.0.0 tensorflow-cpu==2.21.0 2>/dev/null
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python - 2>/dev/null <<'PYTHON'
import numpy as np
from psychrnn.backend.models.lstm import LSTM

N, M = 5, 2
settings = {"name": "lstm", "N_in": M, "N_out": 2, "N_rec": N, "N_batch": 1, "N_steps": 2, "dt": 10, "tau": 100, "alpha": 0.1,
            "rec_noise": 0.0, "dale_ratio": None, "T": 20}


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def saved(name, **more):
    """The arrays that a model saves, and its states for the inputs x."""
    model = LSTM(settings | {"name": name} | more)
    model.save(name)
    states = model.test(x)[1][0]
    model.destruct()
    return dict(np.load(f"{name}.npz", allow_pickle=True)), states


x = np.random.default_rng(0).standard_normal((1, 2, M)).astype(np.float32)
first, states = saved("first")
again, moved = saved("again", load_weights_path="first.npz")
h, c = first["init_hidden"][0], first["init_cell"][0]
both = np.concatenate([h, x[0, 0]])
f, i, o = (sigmoid(both @ first[f"W_{gate}"] + first[f"b_{gate}"]) for gate in "fio")
c = f * c + i * np.tanh(both @ first["W_c"] + first["b_c"])
error = abs(o * sigmoid(c) - states[0]).max()
distance = {name: float(abs(again[name] - first[name]).max()) for name in ("W_rec", "W_in", "W_f", "W_i", "W_c", "W_o")}
print(f"psychrnn 1.0.0, LSTM: rows [h, x] times W_f, W_i, W_c, W_o {first['W_f'].shape} and o sigmoid(c) give the state to "
      f"{error:.0e}, without W_rec {first['W_rec'].shape}; loaded again, the arrays are off by "
      + ", ".join(f"{name} {one:.2g}" for name, one in distance.items())
      + f", and the states by {abs(moved - states).max():.2g}")
gates = [distance[name] for name in ("W_f", "W_i", "W_c", "W_o")]
as_described = error < 1e-5 and distance["W_rec"] == distance["W_in"] == 0 and min(gates) > 0.01
raise SystemExit(0 if as_described else "the behaviour has changed")
PYTHON
