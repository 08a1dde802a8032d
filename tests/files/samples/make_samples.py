"""Writes the samples in this folder by the libraries that own the formats: torch, keras (backend torch), hdf5storage.

The tests read what is written here and need none of these. Every parameter holds `pattern(shape)`, exact in all types.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

from pathlib import Path

import hdf5storage
import keras
import numpy as np
import torch

FOLDER = Path(__file__).parent


def pattern(shape, start=0):
    return ((5 * np.arange(np.prod(shape)) + start) % 61 / 64).reshape(shape)


class Model(torch.nn.Module):
    def __init__(self, cell, **options):
        super().__init__()
        self.rnn = cell(2, 5, **options)
        self.out = torch.nn.Linear(5, 5)
        for start, parameter in enumerate(self.parameters()):
            parameter.data = torch.tensor(pattern(parameter.shape, start), dtype=torch.float32)


def write(value, name, legacy=False):
    torch.save(value, FOLDER / name, _use_new_zipfile_serialization=not legacy)


rnn = Model(torch.nn.RNN)
write(rnn.state_dict(), "rnn.pt")
write(rnn.state_dict(), "rnn_legacy.pth", legacy=True)
optimiser = torch.optim.Adam(rnn.parameters())
rnn.rnn(torch.ones(3, 2))[0].sum().backward()
optimiser.step()
checkpoint = {
    "epoch": 3,
    "loss": 0.5,
    "state_dict": Model(torch.nn.RNN).state_dict(),
    "optimizer": optimiser.state_dict(),
}
write(checkpoint, "checkpoint.pth.tar")
write(Model(torch.nn.RNN).half().state_dict(), "half.pt")
write(Model(torch.nn.RNN).bfloat16().state_dict(), "bfloat16.pt")
write(Model(torch.nn.LSTM).state_dict(), "lstm.pt")
write(Model(torch.nn.GRU).state_dict(), "gru.pt")
write(Model(torch.nn.RNN, num_layers=2).state_dict(), "layers.pt")
write(torch.tensor(pattern((3, 4)))[:, 1:].T, "view.pt")
write(Model(torch.nn.RNN), "whole.pt")
write(Model(torch.nn.RNN), "whole_legacy.pt", legacy=True)

for name, layer in {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU}.items():
    model = keras.Sequential([keras.Input((7, 2)), layer(5, name="cell"), keras.layers.Dense(1)])
    model.layers[0].set_weights([pattern(one.shape, start) for start, one in enumerate(model.layers[0].get_weights())])
    model.save(FOLDER / f"keras_{name}.keras")
    model.save(FOLDER / f"keras_{name}.h5")

W = pattern((5, 5))
hdf5storage.savemat(
    str(FOLDER / "matlab73.mat"),
    {"W": W, "v": pattern((1, 5)), "complex": W + 1j * W.T, "text": "no number"},
    format="7.3",
    matlab_compatible=True,
)
