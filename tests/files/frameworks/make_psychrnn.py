"""Samples of psychrnn 1.0.0 (tensorflow 2.21.0, numpy 2.4.6), and what they hold."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
from psychrnn.backend.models.basic import Basic
from psychrnn.backend.models.lstm import LSTM
from truth import FOLDER, Record, sigmoid

PSYCHRNN = ("psychrnn", "1.0.0")
HERE = FOLDER / "psychrnn"
HERE.mkdir(exist_ok=True)
N, M = 5, 2
record = Record(__file__, 10)
for name, cls, dale in (("basic", Basic, None), ("dale", Basic, 0.6), ("lstm", LSTM, None)):
    settings = {
        "name": name, "N_in": M, "N_out": 2, "N_rec": N, "N_batch": 1, "N_steps": 2, "dt": 10, "tau": 100, "alpha": 0.1,
        "rec_noise": 0.0, "dale_ratio": dale, "T": 20, "load_weights_path": None,
    }  # fmt: skip
    if cls is Basic:
        settings |= {
            "W_rec": record.draw(N, N), "W_in": record.draw(N, M), "W_out": record.draw(2, N), "b_rec": record.draw(N),
            "rec_connectivity": (record.rng.random((N, N)) < 0.7).astype(np.float32), "autapses": False,
        }  # fmt: skip
    model = cls(settings)
    model.save(str(HERE / name))
    file = f"psychrnn/{name}.npz"
    with np.load(HERE / f"{name}.npz", allow_pickle=True) as stored:
        a = {key: np.asarray(stored[key], float) for key in stored if stored[key].dtype != object}
    for _ in range(4):
        x = record.draw(1, 2, M)
        first, second = np.asarray(model.test(x)[1][0], float)
        if cls is Basic:
            expected = 0.9 * first + 0.1 * (a["W_rec"] @ np.maximum(first, 0) + a["W_in"] @ x[0, 1] + a["b_rec"])
            np.testing.assert_allclose(second, expected, atol=3e-6)
            continue
        h, c = a["init_hidden"][0], a["init_cell"][0]
        for k, found in enumerate((first, second)):
            both = np.concatenate([h, x[0, k]])
            f, i, o = (sigmoid(both @ a[f"W_{gate}"] + a[f"b_{gate}"]) for gate in "fio")
            c = f * c + i * np.tanh(both @ a["W_c"] + a["b_c"])
            h = o * sigmoid(c)  # not tanh
            np.testing.assert_allclose(found, h, atol=3e-6)
    model.destruct()
    if cls is Basic:
        note = "W_rec as it is used, masked" + (
            " and with the signs of Dale" if dale else "; dale_ratio is a pickled None"
        )
        record.row(
            file, PSYCHRNN, "right", a["W_rec"], a["W_in"], note + "; it multiplies rates, and alpha is not in the file"
        )
        continue
    note = "the file has a W_rec too, which the LSTM does not use"
    record.row(file, PSYCHRNN, "question", note=f"{note}: W_f, W_i, W_c, W_o (7, 5) multiply rows [h, x]")
    for gate, letter in (("forget", "f"), ("cell", "c")):
        W = a[f"W_{letter}"].T
        record.row(file, PSYCHRNN, "right or question", W[:, :N], W[:, N:], note, gate=gate)
record.write()
