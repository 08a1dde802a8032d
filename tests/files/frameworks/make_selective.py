"""Paths and their derivatives by transformers 5.24.0 and torch 2.13.0, in double precision: `selective.json`.

Of the recurrences alone: what enters is the input after the convolution of a block. The library casts to single
precision inside, which is turned off here. The derivatives of the last state by the inputs are those of autograd.
"""

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import torch
import transformers
from transformers.models.mamba.modeling_mamba import mamba_selective_scan
from transformers.models.recurrent_gemma.modeling_recurrent_gemma import RecurrentGemmaRglru

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
torch.Tensor.float = lambda self: self.double()
STEPS = 5


def by_autograd(last_state, inputs):
    """The state after the last step, flat, and its derivatives by every input of every step, (n, T, M)."""
    state = last_state(inputs).reshape(-1)
    derivatives = torch.autograd.functional.jacobian(lambda s: last_state(s).reshape(-1), inputs)
    return {"inputs": inputs.tolist(), "state": state.tolist(), "derivatives": derivatives.tolist()}


def mamba(channels=4, size=3, rank=2):
    """x_proj, dt_proj and A_log as a block of Mamba holds them."""
    weights = {
        "A_log": torch.log(torch.rand(channels, size) * 4),
        "x_proj.weight": torch.randn(rank + 2 * size, channels),
        "dt_proj.weight": torch.randn(channels, rank),
        "dt_proj.bias": torch.randn(channels),
    }

    def last_state(s):
        parts = s @ weights["x_proj.weight"].T
        dt, b, c = (part.T[None] for part in torch.split(parts, [rank, size, size], dim=-1))
        options = {"delta_bias": weights["dt_proj.bias"], "delta_softplus": True, "return_last_state": True}
        A = -torch.exp(weights["A_log"])
        return mamba_selective_scan(s.T[None], weights["dt_proj.weight"] @ dt, A, b, c, **options)[1]

    return {name: value.tolist() for name, value in weights.items()} | by_autograd(
        last_state, torch.randn(STEPS, channels)
    )


def recurrent_gemma(heads=2, width=3):
    """The unit of RecurrentGemma, whose first position is that of a text."""
    unit = RecurrentGemmaRglru(SimpleNamespace(num_attention_heads=heads, lru_width=heads * width))
    for parameter in unit.parameters():
        torch.nn.init.normal_(parameter)
    unit._rnn_scan = partial(unit._rnn_scan, acc_dtype=torch.float64)
    positions = torch.arange(STEPS)[None]

    def last_state(s):
        unit.recurrent_states = None
        return unit(s[None], positions)[0, -1]

    found = by_autograd(last_state, torch.randn(STEPS, heads * width))
    return {name: value.tolist() for name, value in unit.named_parameters()} | found


if __name__ == "__main__":
    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    cells = {"versions": versions, "mamba": mamba(), "recurrent_gemma": recurrent_gemma()}
    Path(__file__).with_name("selective.json").write_text(json.dumps(cells) + "\n")
