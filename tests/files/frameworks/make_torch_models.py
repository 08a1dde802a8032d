"""Samples of libraries over torch 2.13.0, and what they hold.

snntorch 1.0.0, ncps 1.0.1, s5-pytorch 0.2.1, lru-pytorch 0.1.3, transformers 5.23.0.
"""

import importlib.metadata
import warnings

import numpy as np
import snntorch
import torch
import transformers
from LRU_pytorch import LRU
from ncps.torch import LTC, CfC
from ncps.wirings import AutoNCP
from s5 import S5
from torch import nn
from truth import FOLDER, Record

warnings.simplefilter("ignore")
HERE = FOLDER / "torch_models"
HERE.mkdir(exist_ok=True)
N, M = 4, 2
record = Record(__file__, 6)


def version(name):
    return name, importlib.metadata.version(name)


def filled(module):
    with torch.no_grad():
        for parameter in module.parameters():
            values = record.draw(*parameter.shape)
            if parameter.is_complex():
                values = values + 1j * record.draw(*parameter.shape)
            parameter.copy_(torch.tensor(values))
    return module.eval()


def write(module, name):
    torch.save(module.state_dict(), HERE / name)
    return f"torch_models/{name}"


def array(tensor):
    return tensor.detach().numpy().astype(float)


def tensors(count):
    return [torch.tensor(record.draw(1, N)) for _ in range(count)]


# spiking neurons of snntorch: the recurrent weights multiply spikes, the leaks beta (and alpha) lie beside them
SNN = version("snntorch")
leaky = snntorch.RLeaky(beta=0.9, linear_features=N, reset_mechanism="none", learn_recurrent=True)
filled(leaky.recurrent)
W, b = array(leaky.recurrent.weight), array(leaky.recurrent.bias)
for _ in range(24):
    x, spike, mem = tensors(3)
    new = array(leaky(x, spike, mem)[1][0])
    np.testing.assert_allclose(new, 0.9 * array(mem[0]) + array(x[0]) + W @ array(spike[0]) + b, atol=3e-6)
note = "W of spikes; the leak beta is in the file, and the step matrix is beta + W dS/dU"
record.row(write(leaky, "snn_rleaky.pt"), SNN, "right", W, note=note)
synaptic = snntorch.RSynaptic(alpha=0.8, beta=0.9, linear_features=N, reset_mechanism="none")
filled(synaptic.recurrent)
W, b = array(synaptic.recurrent.weight), array(synaptic.recurrent.bias)
for _ in range(24):
    x, spike, syn, mem = tensors(4)
    new = array(synaptic(x, spike, syn, mem)[1][0])
    np.testing.assert_allclose(new, 0.8 * array(syn[0]) + array(x[0]) + W @ array(spike[0]) + b, atol=3e-6)
network = nn.Sequential(filled(nn.Linear(M, N)), synaptic, filled(nn.Linear(N, N)))
record.row(
    write(network, "snn_rsynaptic.pt"),
    SNN,
    "right",
    W,
    note="1.recurrent.weight, beside a square readout; alpha, beta in the file",
)
each = snntorch.RLeaky(beta=0.9, all_to_all=False, V=0.5)
record.row(
    write(each, "snn_rleaky_one_to_one.pt"), SNN, "refused", note="recurrent.V is one number: each neuron feeds itself"
)
slstm = snntorch.SLSTM(M, N)
filled(slstm.lstm_cell)
W = array(slstm.lstm_cell.weight_hh)
U = array(slstm.lstm_cell.weight_ih)
note = "a torch.nn.LSTMCell inside"
record.row(write(slstm, "snn_slstm.pt"), SNN, "right", W[N : 2 * N], U[N : 2 * N], note, gate="forget")

# liquid networks
NCPS = version("ncps")
record.row(
    write(LTC(M, N), "ncps_ltc.pt"),
    NCPS,
    "question",
    note="w is unsigned [from, to]: sign in erev, mask in sparsity_mask, both of its shape",
)
record.row(write(LTC(M, AutoNCP(5, 2)), "ncps_ltc_wired.pt"), NCPS, "question", note="the same with a sparse wiring")
record.row(
    write(filled(CfC(M, N, backbone_units=6)), "ncps_cfc.pt"),
    NCPS,
    "question",
    note="a network of [x, h]: no recurrent matrix",
)
record.row(
    write(filled(CfC(M, N, backbone_layers=0, backbone_units=0)), "ncps_cfc_no_backbone.pt"),
    NCPS,
    "question",
    note="ff1, ff2, time_a, time_b (4, 6) of [x, h]",
)
mixed = filled(CfC(M, N, backbone_units=6, mixed_memory=True))
lstm = mixed.lstm
W, U, b = array(lstm.recurrent_map.weight), array(lstm.input_map.weight), array(lstm.input_map.bias)
for _ in range(24):
    x, h, c = torch.tensor(record.draw(1, M)), *tensors(2)
    with torch.no_grad():
        new = array(lstm(x, (h, c))[1][0])
    cell, put, forget, out = np.split(U @ array(x[0]) + b + W @ array(h[0]), 4)
    keep, put = 1 / (1 + np.exp(-forget - 1)), 1 / (1 + np.exp(-put))
    np.testing.assert_allclose(new, keep * array(c[0]) + put * np.tanh(cell), atol=3e-6)
file = write(mixed, "ncps_cfc_mixed_memory.pt")
note = (
    "an LSTM of ncps, lstm.recurrent_map (16, 4): its blocks are g i f o, not those of torch, and 1 is added to forget"
)
forget, inputs = W[2 * N : 3 * N], U[2 * N : 3 * N]
record.row(file, NCPS, "right or question", forget, inputs, note, gate="forget")
record.row(file, NCPS, "right or question", forget, inputs, note, gate="forget", recurrent="recurrent_map.weight")

# state-space layers: the transition is diagonal and computed
record.row(
    write(S5(N, N), "s5.pt"),
    version("s5-pytorch"),
    "question",
    note="Lambda (4,) complex of continuous time; B is (4, 4, 2), C (4, 4)",
)
record.row(
    write(LRU(M, M, N), "lru.pt"), version("lru-pytorch"), "question", note="nu_log, theta_log (4,); B, C complex"
)
record.row(
    write(LRU(N, N, N), "lru_as_many.pt"),
    version("lru-pytorch"),
    "question",
    note="nu_log, theta_log (4,); B, C, D are square",
)

# small models of transformers
HF = version("transformers")


def pretrained(model, name):
    model = filled(model)
    model.save_pretrained(HERE / name)
    for file in (HERE / name).iterdir():
        if file.suffix != ".safetensors":
            file.unlink()
    return f"torch_models/{name}/model.safetensors"


tiny = {"vocab_size": 6, "hidden_size": N, "num_hidden_layers": 1}
mamba = transformers.MambaConfig(**tiny, state_size=4, expand=1, conv_kernel=2, time_step_rank=2)
gemma = transformers.RecurrentGemmaConfig(
    **tiny, lru_width=4, num_attention_heads=2, head_dim=2, intermediate_size=8, attention_window_size=4
)
gpt2 = transformers.GPT2Config(vocab_size=6, n_positions=4, n_embd=N, n_layer=1, n_head=2)
rwkv = transformers.RwkvConfig(**tiny | {"num_hidden_layers": 2}, attention_hidden_size=N, context_length=4)
for name, model, note in (
    ("mamba", transformers.MambaModel(mamba), "A_log (4, 4) of a diagonal transition whose step is the input's"),
    (
        "recurrent_gemma",
        transformers.RecurrentGemmaModel(gemma),
        "recurrent_param (4,), gates per head",
    ),
    ("gpt2", transformers.GPT2Model(gpt2), "c_attn (4, 12) is q, k, v in rows, and no gates"),
    ("rwkv", transformers.RwkvModel(rwkv), "time_decay (4,); key, value, receptance, output are square"),
):
    record.row(pretrained(model, name), HF, "question", note=f"random weights: {note}")
record.write()
