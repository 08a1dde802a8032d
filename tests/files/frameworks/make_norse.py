"""Samples of norse 1.1.0 (torch 2.14.1, which it asks for), and what they hold."""

import importlib.metadata
import warnings

import norse.torch as norse
import numpy as np
import torch
from norse.torch.functional import lif
from truth import FOLDER, Record

warnings.simplefilter("ignore")
NORSE = ("norse", importlib.metadata.version("norse"))
HERE = FOLDER / "torch_models"
N, M = 4, 2
record = Record(__file__, 7)

for name, cls in {"norse_lif_cell": norse.LIFRecurrentCell, "norse_lif": norse.LIFRecurrent}.items():
    module = cls(M, N)
    with torch.no_grad():
        module.input_weights.copy_(torch.tensor(record.draw(N, M)))
        W = record.draw(N, N)
        np.fill_diagonal(W, 0)  # as norse leaves it
        module.recurrent_weights.copy_(torch.tensor(W))
    W, V = (one.detach().numpy().astype(float) for one in (module.recurrent_weights, module.input_weights))
    rate = 0.001 * float(module.p.tau_syn_inv)
    for _ in range(24):
        x, spikes, current, voltage = (torch.tensor(record.draw(1, k)) for k in (M, N, N, N))
        state = lif.LIFState(spikes, voltage, current)
        _, new = module(x if "cell" in name else x[None], state)
        jump = current[0].numpy() + V @ x[0].numpy() + W @ spikes[0].numpy()
        np.testing.assert_allclose(new.i[0].detach().numpy(), (1 - rate) * jump, atol=3e-6)
    torch.save(module.state_dict(), HERE / f"{name}.pt")
    note = f"W of spikes; it enters the current times 1 - dt tau_syn_inv = {1 - rate:g}"
    record.row(f"torch_models/{name}.pt", NORSE, "right", W, V, note)
record.write()
