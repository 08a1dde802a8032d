"""Samples written by torch 2.13.0 and safetensors 0.8.0 (with numpy 2.4.6), and what they hold."""

import json
import warnings
from collections import OrderedDict
from copy import deepcopy

import numpy as np
import safetensors
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune
from truth import FOLDER, GRU, LSTM, Cell, Record, blocks

warnings.simplefilter("ignore")
TORCH = ("torch", torch.__version__.split("+")[0])
SAFETENSORS = ("torch, safetensors", f"{TORCH[1]}, {safetensors.__version__}")
HERE = FOLDER / "torch"
HERE.mkdir(exist_ok=True)
N, M = 4, 2
record = Record(__file__, 1)


def filled(module):
    """The module with random weights without symmetry."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.tensor(record.draw(*parameter.shape)))
    return module.eval()


def array(tensor):
    return tensor.detach().to(torch.float32).numpy().astype(float)


def cell_of(module, suffix="_l0", nonlinearity="tanh"):
    """The cell in one layer and direction of a module of torch, from its attributes: computed weights, not stored."""
    W, U = array(getattr(module, "weight_hh" + suffix)), array(getattr(module, "weight_ih" + suffix))
    bias = bool(module.bias)
    b_i = array(getattr(module, "bias_ih" + suffix)) if bias else np.zeros(len(W))
    b_h = array(getattr(module, "bias_hh" + suffix)) if bias else np.zeros(len(W))
    if isinstance(module, nn.LSTM | nn.LSTMCell):
        projection = array(getattr(module, "weight_hr" + suffix)) if getattr(module, "proj_size", 0) else None
        return Cell("lstm", blocks(W, LSTM), blocks(U, LSTM), blocks(b_i + b_h, LSTM), projection=projection)
    if isinstance(module, nn.GRU | nn.GRUCell):
        b = blocks(b_i, GRU)
        hidden = blocks(b_h, GRU)
        b = {"reset": b["reset"] + hidden["reset"], "update": b["update"] + hidden["update"], "new": b["new"]}
        return Cell("gru", blocks(W, GRU), blocks(U, GRU), b, hidden["new"], reset="after", update="keeps")
    return Cell("rnn", {"new": W}, {"new": U}, {"new": b_i + b_h}, nonlinearity=nonlinearity)


def stepper(module, layer=0, backward=False):
    """One step of a layer of the module: other layers and directions have their own states, which are not looked at."""

    def step(x, h, c=None):
        x, h = (torch.tensor(one) for one in (x, h))
        with torch.no_grad():
            if isinstance(module, nn.RNNCellBase):
                out = module(x[None], h[None] if c is None else (h[None], torch.tensor(c)[None]))
                return (out[0][0].numpy(), out[1][0].numpy()) if c is not None else out[0].numpy()
            directions = 1 + module.bidirectional
            place = layer * directions + backward
            count = module.num_layers * directions
            state = torch.zeros(count, 1, len(h))
            state[place, 0] = h
            if c is None:
                return module(x[None, None], state)[1][place, 0].numpy()
            memory = torch.zeros(count, 1, len(c))
            memory[place, 0] = torch.tensor(c)
            _, (h, c) = module(x[None, None], (state, memory))
            return h[place, 0].numpy(), c[place, 0].numpy()

    return step


def upper(module):
    """The second layer alone, as a module of one layer: its input is the state of the first."""
    alone = type(module)(module.hidden_size, module.hidden_size)
    state = {k.replace("_l1", "_l0"): v for k, v in module.state_dict().items() if "_l1" in k}
    alone.load_state_dict(state)
    return alone.eval()


def write(value, name, **options):
    torch.save(value, HERE / name, **options)
    return f"torch/{name}"


def write_safe(tensors, name, metadata=None):
    save_file({k: v.contiguous() for k, v in tensors.items()}, HERE / name, metadata=metadata or {"format": "pt"})
    return f"torch/{name}"


QUESTION = "several gates, and none is chosen"

# the layers of torch, one layer and one direction
plain = {}
for name, module in {
    "rnn_tanh": nn.RNN(M, N),
    "rnn_relu": nn.RNN(M, N, nonlinearity="relu"),
    "gru": nn.GRU(M, N),
    "lstm": nn.LSTM(M, N),
    "rnn_nobias": nn.RNN(M, N, bias=False),
    "gru_nobias": nn.GRU(M, N, bias=False),
    "lstm_nobias": nn.LSTM(M, N, bias=False),
}.items():
    plain[name] = filled(module)
    cell = cell_of(module, nonlinearity="relu" if "relu" in name else "tanh")
    file = write(module.state_dict(), f"{name}.pt")
    record.cell(file, TORCH, cell, stepper(module))
    record.gates(file, TORCH, cell)
    if cell.kind != "rnn" and "nobias" not in name:
        record.row(file, TORCH, "question", note=QUESTION)
for name, module in {"rnncell": nn.RNNCell(M, N), "grucell": nn.GRUCell(M, N), "lstmcell": nn.LSTMCell(M, N)}.items():
    filled(module)
    cell = cell_of(module, "")
    file = write(nn.ModuleDict({"cell": module}).state_dict(), f"{name}.pt")
    record.cell(file, TORCH, cell, stepper(module))
    record.gates(file, TORCH, cell, only=list(cell.W)[1:2] or None)

# a projected LSTM: the state that W multiplies is W_hr (o tanh c)
module = filled(nn.LSTM(M, N, proj_size=3))
cell = cell_of(module)
file = write(module.state_dict(), "lstm_projected.pt")
record.cell(file, TORCH, cell, stepper(module), note="h has 3 units, c has 4")
record.gates(file, TORCH, cell, note="proj_size=3: the map on o tanh(c) is weight_hh[gate] @ weight_hr")
record.row(file, TORCH, "question", note=QUESTION)

# layers and directions
rnn2 = filled(nn.RNN(M, N, num_layers=2))
file = write(rnn2.state_dict(), "rnn_2_layers.pt")
record.row(file, TORCH, "question", note="two layers")
for layer in (0, 1):
    module = rnn2 if layer == 0 else upper(rnn2)
    cell = cell_of(module)
    record.cell(file, TORCH, cell, stepper(module), layer=layer)
    record.gates(file, TORCH, cell, recurrent=f"weight_hh_l{layer}")
gru2 = filled(nn.GRU(M, N, num_layers=2))
file = write(gru2.state_dict(), "gru_2_layers.pt")
cell = cell_of(upper(gru2))
record.row(file, TORCH, "question", note="two layers, whatever the gate", gate="new")
record.cell(file, TORCH, cell, stepper(upper(gru2)), layer=1)
record.gates(file, TORCH, cell, only=["update"], recurrent="weight_hh_l1")
bi = filled(nn.LSTM(M, N, bidirectional=True))
file = write(bi.state_dict(), "lstm_bidirectional.pt")
record.row(file, TORCH, "question", note="two directions", gate="cell")
for direction, suffix in (("forward", "_l0"), ("backward", "_l0_reverse")):
    cell = cell_of(bi, suffix)
    record.cell(file, TORCH, cell, stepper(bi, backward=direction == "backward"), direction=direction)
    record.gates(file, TORCH, cell, only=["forget"], recurrent="weight_hh" + suffix)
bi2 = filled(nn.RNN(M, 3, num_layers=2, bidirectional=True))
file = write(bi2.state_dict(), "rnn_2_layers_bidirectional.pt")
record.row(file, TORCH, "question", note="two layers in two directions")
cell = cell_of(bi2, "_l0_reverse")
record.cell(file, TORCH, cell, stepper(bi2, backward=True), direction="backward")
record.gates(file, TORCH, cell, recurrent="weight_hh_l0_reverse")


# parts of a larger model, and the wrappers of training
class Model(nn.Module):
    def __init__(self, rnn):
        super().__init__()
        self.encoder = nn.Module()
        self.encoder.rnn = rnn
        self.readout = nn.Linear(N, N)  # as square as W


model = filled(Model(nn.RNN(M, N)))
rnn = model.encoder.rnn
cell = cell_of(rnn)
states = {
    "model.pt": model.state_dict(),
    "model_data_parallel.pt": nn.DataParallel(model).state_dict(),
    "model_compiled.pt": torch.compile(model).state_dict(),
    "model_compiled_data_parallel.pt": nn.DataParallel(torch.compile(model)).state_dict(),
    "pytorch_model.bin": OrderedDict((f"model.{k}", v) for k, v in model.state_dict().items()),
    "whole_model.pt": None,
}
for name, state in states.items():
    if name == "whole_model.pt":
        file, note = write(nn.RNN(M, N), name), "a pickled module"
        whole = torch.load(HERE / name, weights_only=False)
        record.cell(file, TORCH, cell_of(whole), stepper(whole), listed=False)
        record.gates(file, TORCH, cell_of(whole), must="right or question", note=note)
        continue
    file = write(state, name)
    record.cell(file, TORCH, cell, stepper(rnn), listed=name in ("model.pt", "pytorch_model.bin"))
    record.gates(file, TORCH, cell, note="beside a readout that is square too")
legacy = write(model.state_dict(), "model_legacy.pth", _use_new_zipfile_serialization=False)
record.gates(legacy, TORCH, cell, note="as torch wrote before 1.6")

trained = deepcopy(model)
optimiser = torch.optim.Adam(trained.parameters())
trained.readout(trained.encoder.rnn(torch.ones(3, M))[0]).sum().backward()
optimiser.step()
trained.eval()
cell = cell_of(trained.encoder.rnn)
record.cell("torch/model.pt", TORCH, cell, stepper(trained.encoder.rnn), listed=False)
lightning = {
    "epoch": 3,
    "global_step": 12,
    "pytorch-lightning_version": "2.5.5",
    "state_dict": OrderedDict((f"model.rnn.{k}", v) for k, v in trained.encoder.rnn.state_dict().items())
    | OrderedDict((f"model.readout.{k}", v) for k, v in trained.readout.state_dict().items()),
    "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 4, "completed": 3}}}},
    "callbacks": {"ModelCheckpoint{'monitor': 'loss'}": {"best_model_score": torch.tensor(0.5)}},
    "optimizer_states": [optimiser.state_dict()],
    "lr_schedulers": [],
    "hparams_name": "kwargs",
    "hyper_parameters": {"hidden": N, "rate": 1e-3},
}
file = write(lightning, "lightning.ckpt")
record.cell(file, TORCH, cell, stepper(trained.encoder.rnn))
record.gates(file, TORCH, cell, note="the keys of a checkpoint of Lightning; moments of Adam are as square as W")
file = write(
    {"model": trained.state_dict(), "optimizer": optimiser.state_dict(), "best": np.float64(0.25), "seed": np.int64(3)},
    "checkpoint_numpy_scalars.pt",
)
record.gates(file, TORCH, cell, note="numpy scalars and the moments of Adam beside the tensors")
file = write({"model": trained.state_dict(), "model_ema": model.state_dict()}, "checkpoint_ema.pt")
record.row(file, TORCH, "question", note="the weights and their running average")
record.gates(file, TORCH, cell, recurrent="model.encoder.rnn.weight_hh_l0")
pair = filled(nn.ModuleDict({"encoder": nn.GRU(M, N), "decoder": nn.GRU(M, N)}))
file = write(pair.state_dict(), "encoder_decoder.pt")
record.row(file, TORCH, "question", note="two networks", gate="reset")
cell = cell_of(pair["decoder"])
record.cell(file, TORCH, cell, stepper(pair["decoder"]), listed=False)
record.gates(file, TORCH, cell, only=["reset"], recurrent="decoder.weight_hh_l0")

# weights that are computed from what is stored


class Skew(nn.Module):
    def forward(self, A):
        return A.triu(1) - A.triu(1).T


def parametrised(name, change, must, note, cls=nn.RNN):
    module = filled(cls(M, N))
    change(module)
    with torch.no_grad():
        for key, value in module.named_parameters():
            if "hh" in key and "weight" in key and "original" in key and name.startswith("weight_norm"):
                value.copy_(torch.tensor(record.draw(*value.shape)))
        for key in ("weight_hh_l0_g", "weight_hh_l0_v"):
            if hasattr(module, key):
                getattr(module, key).copy_(torch.tensor(record.draw(*getattr(module, key).shape)))
    module.train()
    for _ in range(3):
        stepper(module)(record.draw(M), record.draw(N), record.draw(N) if cls is nn.LSTM else None)
    module.eval()
    stepper(module)(record.draw(M), record.draw(N), record.draw(N) if cls is nn.LSTM else None)
    cell = cell_of(module)
    file = write(module.state_dict(), f"{name}.pt")
    step = stepper(module)
    record.cell(file, TORCH, cell, step, listed="right" in must and "question" not in must)
    if "right" in must:
        record.gates(file, TORCH, cell, only=["forget"] if cls is nn.LSTM else None, must=must, note=note)
    else:
        record.row(file, TORCH, must, note=note, **({"gate": "forget"} if cls is nn.LSTM else {}))


MASK = torch.tensor(np.random.default_rng(5).random((N, N)) < 0.6).float()
W = "weight_hh_l0"
STORED = "the stored tensor is not W"
parametrised(
    "weight_norm_new", lambda m: parametrizations.weight_norm(m, W), "right", "W = g v / norm of the rows of v"
)
parametrised("weight_norm_old", lambda m: nn.utils.weight_norm(m, W), "right", "W = g v / norm of the rows of v")
parametrised(
    "weight_norm_new_columns",
    lambda m: parametrizations.weight_norm(m, W, dim=1),
    "right or question",
    "dim=1: norms of columns, g is (1, N)",
)
parametrised(
    "weight_norm_old_all",
    lambda m: nn.utils.weight_norm(m, W, dim=None),
    "right or question",
    "dim=None: one norm, g is a number",
)
parametrised("weight_norm_lstm", lambda m: parametrizations.weight_norm(m, W), "right", "norms of the 4N rows", nn.LSTM)
parametrised("prune", lambda m: prune.custom_from_mask(m, W, MASK), "right", "W = original times mask")
parametrised("spectral_norm_new", lambda m: parametrizations.spectral_norm(m, W), "right or question", STORED)
parametrised("spectral_norm_old", lambda m: nn.utils.spectral_norm(m, W), "right or question", STORED)
for map_ in ("matrix_exp", "cayley", "householder"):
    for trivial in (True, False) if map_ != "householder" else (False,):
        parametrised(
            f"orthogonal_{map_}{'_trivialised' if trivial else ''}",
            lambda m, map_=map_, trivial=trivial: parametrizations.orthogonal(m, W, map_, use_trivialization=trivial),
            "right or question",
            STORED,
        )
parametrised(
    "skew",
    lambda m: parametrize.register_parametrization(m, W, Skew()),
    "refused",
    "one's own map, which the file does not hold",
)
module = filled(nn.RNN(M, N))
prune.custom_from_mask(module, W, MASK)
parametrizations.weight_norm(module, "weight_ih_l0")
with torch.no_grad():
    module.parametrizations.weight_ih_l0.original0.copy_(torch.tensor(record.draw(N, 1)))
stepper(module)(record.draw(M), record.draw(N))
cell = cell_of(module)
file = write(module.state_dict(), "prune_and_weight_norm_of_inputs.pt")
record.cell(file, TORCH, cell, stepper(module))
record.gates(file, TORCH, cell, note="the inputs are computed too")


# cells written by hand


class ByHand(nn.Module):
    """h' = tanh(h2h(h) + i2h(x))."""

    def __init__(self):
        super().__init__()
        self.i2h, self.h2h, self.h2o = nn.Linear(M, N), nn.Linear(N, N), nn.Linear(N, N)

    def forward(self, x, h):
        return torch.tanh(self.i2h(x) + self.h2h(h))


class Parameters(nn.Module):
    """In columns W_rec h + W_in x, or in rows h W_rec + x W_in."""

    def __init__(self, rows):
        super().__init__()
        self.rows = rows
        self.W_rec, self.b = nn.Parameter(torch.zeros(N, N)), nn.Parameter(torch.zeros(N))
        self.W_in = nn.Parameter(torch.zeros(M, N) if rows else torch.zeros(N, M))

    def forward(self, x, h):
        return torch.tanh((h @ self.W_rec + x @ self.W_in if self.rows else self.W_rec @ h + self.W_in @ x) + self.b)


class Concatenated(nn.Module):
    """h' = tanh(linear([x, h])) or tanh(linear([h, x])): the file does not say which."""

    def __init__(self, first, inputs=M):
        super().__init__()
        self.first, self.inputs = first, inputs
        self.i2h, self.h2o = nn.Linear(inputs + N, N), nn.Linear(N, 3)

    def forward(self, x, h):
        return torch.tanh(self.i2h(torch.cat((x, h) if self.first == "x" else (h, x))))


class LeakyByHand(nn.Module):
    """h' = (1 - alpha) h + alpha tanh(W_rec h + W_in x), alpha a number of the code."""

    def __init__(self):
        super().__init__()
        self.W_rec, self.W_in = nn.Linear(N, N, bias=False), nn.Linear(M, N)

    def forward(self, x, h):
        return 0.8 * h + 0.2 * torch.tanh(self.W_rec(h) + self.W_in(x))


class GatesByHand(nn.Module):
    """A GRU with a layer for each gate, without a framework's names."""

    def __init__(self):
        super().__init__()
        for gate in "rzn":
            setattr(self, f"W_i{gate}", nn.Linear(M, N))
            setattr(self, f"W_h{gate}", nn.Linear(N, N))

    def forward(self, x, h):
        r = torch.sigmoid(self.W_ir(x) + self.W_hr(h))
        z = torch.sigmoid(self.W_iz(x) + self.W_hz(h))
        return (1 - z) * torch.tanh(self.W_in(x) + r * self.W_hn(h)) + z * h


def own_step(module):
    def step(x, h, c=None):
        with torch.no_grad():
            return module(torch.tensor(x), torch.tensor(h)).numpy()

    return step


hand = filled(ByHand())
cell = Cell(
    "rnn",
    {"new": array(hand.h2h.weight)},
    {"new": array(hand.i2h.weight)},
    {"new": array(hand.i2h.bias + hand.h2h.bias)},
)
file = write(hand.state_dict(), "by_hand_h2h.pt")
record.cell(file, TORCH, cell, own_step(hand))
record.gates(file, TORCH, cell, note="Linear layers h2h and i2h, beside a square h2o")
for name, change, must in (
    ("prune", lambda m: prune.custom_from_mask(m, "weight", MASK), "right"),
    ("weight_norm_new", parametrizations.weight_norm, "right"),
    ("weight_norm_old", nn.utils.weight_norm, "right"),
    ("spectral_norm_new", parametrizations.spectral_norm, "right or question"),
    ("spectral_norm_old", nn.utils.spectral_norm, "right or question"),
    ("orthogonal", parametrizations.orthogonal, "right or question"),
    ("skew", lambda m: parametrize.register_parametrization(m, "weight", Skew()), "refused"),
):
    hand = filled(ByHand())
    change(hand.h2h)
    with torch.no_grad():
        if name.startswith("weight_norm"):
            norms = hand.h2h.parametrizations.weight.original0 if "new" in name else hand.h2h.weight_g
            norms.copy_(torch.tensor(record.draw(N, 1)))
        hand.train()
        hand(torch.ones(M), torch.ones(N))
        hand.eval()
        hand(torch.ones(M), torch.ones(N))
    b = array(hand.i2h.bias + hand.h2h.bias)
    cell = Cell("rnn", {"new": array(hand.h2h.weight)}, {"new": array(hand.i2h.weight)}, {"new": b})
    file, note = write(hand.state_dict(), f"by_hand_{name}.pt"), "h2h.weight is computed from what is stored"
    record.cell(file, TORCH, cell, own_step(hand), listed=False)
    if must == "refused":
        record.row(file, TORCH, must, note=note)
    else:
        record.gates(file, TORCH, cell, must=must, note=note)
for rows in (False, True):
    hand = filled(Parameters(rows))
    W, V = array(hand.W_rec), array(hand.W_in)
    cell = Cell("rnn", {"new": W.T if rows else W}, {"new": V.T if rows else V}, {"new": array(hand.b)})
    file = write(hand.state_dict(), f"by_hand_W_rec_{'rows' if rows else 'columns'}.pt")
    record.cell(file, TORCH, cell, own_step(hand), listed=False)
    note = "no framework's name: which way round the code multiplies is not in the file"
    record.gates(file, TORCH, cell, note=note, convention="row" if rows else "column")
    if rows:
        record.row(
            file, TORCH, "refused", note="W_in is (2, 4): it can only multiply rows, against the assumption of columns"
        )
    else:
        record.gates(file, TORCH, cell, note=note + "; columns assumed, which the name of the network must say")
for first in "xh":
    hand = filled(Concatenated(first))
    file = write(hand.state_dict(), f"by_hand_concatenated_{first}_first.pt")
    both = array(hand.i2h.weight)
    W, V = (both[:, M:], both[:, :M]) if first == "x" else (both[:, :N], both[:, N:])
    cell = Cell("rnn", {"new": W}, {"new": V}, {"new": array(hand.i2h.bias)})
    record.cell(file, TORCH, cell, own_step(hand), listed=False)
    record.row(
        file, TORCH, "question", note="one array for inputs and state; which columns are the state's is not in the file"
    )
hand = filled(Concatenated("x", N))
file = write(hand.state_dict(), "by_hand_concatenated_as_many_inputs.pt")
record.row(file, TORCH, "question", note="one array (4, 8) for inputs and state: not two gates")
hand = filled(LeakyByHand())
file = write(hand.state_dict(), "by_hand_leaky.pt")
W, V = array(hand.W_rec.weight), array(hand.W_in.weight)
cell = Cell("rnn", {"new": W}, {"new": V}, {"new": array(hand.W_in.bias)}, leak=0.2)
record.cell(file, TORCH, cell, own_step(hand), listed=False)
record.gates(
    file,
    TORCH,
    cell,
    note="W of f(W h), the leak 0.2 is in the code only: the step matrix 0.8 I + 0.2 W cannot be known",
)
hand = filled(GatesByHand())
file = write(hand.state_dict(), "by_hand_gates.pt")
cell = Cell(
    "gru",
    {gate: array(getattr(hand, f"W_h{gate[0] if gate != 'update' else 'z'}").weight) for gate in GRU},
    {gate: array(getattr(hand, f"W_i{gate[0] if gate != 'update' else 'z'}").weight) for gate in GRU},
    {
        "reset": array(hand.W_ir.bias + hand.W_hr.bias),
        "update": array(hand.W_iz.bias + hand.W_hz.bias),
        "new": array(hand.W_in.bias),
    },
    array(hand.W_hn.bias), reset="after", update="keeps",
)  # fmt: skip
record.cell(file, TORCH, cell, own_step(hand), listed=False)
record.row(file, TORCH, "question", note="a layer for each gate")
record.row(file, TORCH, "right", cell.W["update"], note="chosen by name", recurrent="W_hz.weight")


class OtherOrder(nn.Module):
    """An LSTM written by hand, with blocks i f o g: not the order of torch."""

    def __init__(self):
        super().__init__()
        self.x2h, self.h2h = nn.Linear(M, 4 * N), nn.Linear(N, 4 * N)

    def forward(self, x, h, c):
        i, f, o, g = (self.x2h(x) + self.h2h(h)).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


def lstm_step(x, h, c):
    with torch.no_grad():
        return tuple(one.numpy() for one in hand(*(torch.tensor(one) for one in (x, h, c))))


hand = filled(OtherOrder())
ORDER = ("input", "forget", "output", "cell")
W, U, b = (
    blocks(array(hand.h2h.weight), ORDER),
    blocks(array(hand.x2h.weight), ORDER),
    array(hand.x2h.bias + hand.h2h.bias),
)
cell = Cell("lstm", W, U, blocks(b, ORDER))
file = write(hand.state_dict(), "by_hand_lstm_other_order.pt")
record.cell(file, TORCH, cell, lstm_step, listed=False)
note = "h2h (16, 4) with blocks i f o g, in the code only"
record.gates(file, TORCH, cell, only=["output"], must="right or question", note=note)
record.row(file, TORCH, "right", W["output"], note=note + ": the order given", gate="output", gates=list(ORDER))

# networks without a recurrent matrix
mlp = filled(nn.Sequential(nn.Linear(N, N), nn.Tanh(), nn.Linear(N, N), nn.Tanh(), nn.Linear(N, 2)))
record.row(write(mlp.state_dict(), "mlp.pt"), TORCH, "question", note="feedforward layers, two of them square")
mlp = filled(nn.Sequential(nn.Linear(2, N), nn.Tanh(), nn.Linear(N, N), nn.Tanh(), nn.Linear(N, 2)))
record.row(
    write(mlp.state_dict(), "mlp_one_square.pt"),
    TORCH,
    "question",
    note="feedforward layers, one of them square: it is not recurrent",
)
block = filled(nn.TransformerEncoderLayer(N, 2, dim_feedforward=N))
record.row(
    write(block.state_dict(), "transformer.pt"),
    TORCH,
    "question",
    note="attention; in_proj_weight (12, 4) is q, k, v and no gates",
)
record.row(
    write(filled(nn.MultiheadAttention(N, 2)).state_dict(), "attention.pt"),
    TORCH,
    "question",
    note="in_proj_weight, and one square array: out_proj",
)
conv = filled(nn.Conv1d(N, N, 3))
record.row(write(conv.state_dict(), "convolution.pt"), TORCH, "question", note="weight (4, 4, 3), a kernel")

# what torch.save keeps of views
A = torch.tensor(record.draw(6, 9))
C = torch.complex(torch.tensor(record.draw(N, N)), torch.tensor(record.draw(N, N)))
for name, view, note in (
    ("view_transposed", A[:N, :N].T, "strides (1, 9)"),
    ("view_sliced", A[1:5, 2:9:2][:, :N], "an offset, a step of 2 in the columns"),
    ("view_expanded", A[0, :N].expand(N, N), "stride 0: every row the same"),
    ("view_conjugated", C.conj(), "the bytes are those of the conjugate; complex64"),
    ("view_negated", C.conj().imag, "the bytes are those of the negative"),
    ("complex64", C, ""),
):
    file = write({"W": view}, f"{name}.pt")
    back = torch.load(HERE / f"{name}.pt")["W"].resolve_conj().resolve_neg().numpy()
    record.row(
        file,
        TORCH,
        "right",
        back.astype(complex if view.is_complex() else float),
        note=note + "; read back by torch.load",
    )

# types
for name in ("bfloat16", "float16", "float8_e4m3fn", "float8_e5m2", "float64"):
    dtype = getattr(torch, name)
    small = {k: v.to(dtype) for k, v in plain["rnn_tanh"].state_dict().items()}
    wide = nn.RNN(M, N, dtype=torch.float32).eval()
    wide.load_state_dict({k: v.to(torch.float32) for k, v in small.items()})
    cell = cell_of(wide)
    for file, framework in (
        (write(small, f"rnn_{name}.pt"), TORCH),
        (write_safe(small, f"rnn_{name}.safetensors"), SAFETENSORS),
    ):
        record.cell(file, framework, cell, stepper(wide), listed=file.endswith("pt"))
        record.gates(file, framework, cell, note=f"{name}, exact in double precision")
file = write_safe({"W": C}, "complex64.safetensors")
record.row(file, SAFETENSORS, "right", C.numpy().astype(complex))

# safetensors of the same networks, whole and in shards
for name in ("gru", "lstm", "rnn_tanh"):
    file = write_safe(plain[name].state_dict(), f"{name}.safetensors")
    record.cell(file, SAFETENSORS, cell_of(plain[name]), stepper(plain[name]))
    record.gates(file, SAFETENSORS, cell_of(plain[name]), only=list(cell_of(plain[name]).W)[:1])
(HERE / "shards").mkdir(exist_ok=True)
state = {f"model.{k}": v for k, v in model.state_dict().items()}
parts = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
where = {k: parts["weight_hh" in k] for k in state}
for part in parts:
    write_safe({k: v for k, v in state.items() if where[k] == part}, f"shards/{part}")
total = sum(v.numel() * v.element_size() for v in state.values())
index = {"metadata": {"total_size": total}, "weight_map": where}
(HERE / "shards" / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
cell = cell_of(model.encoder.rnn)
record.cell("torch/shards/model.safetensors.index.json", SAFETENSORS, cell, stepper(model.encoder.rnn))
record.gates(
    "torch/shards/model.safetensors.index.json", SAFETENSORS, cell, note="W in the second shard, V in the first"
)
record.gates(
    f"torch/shards/{parts[1]}",
    SAFETENSORS,
    Cell("rnn", cell.W, cell.U),
    note="a shard alone: V lies in the other one",
    must="right or question",
)
record.rows[-1]["inputs"] = None

# programs: not read
scripted = torch.jit.script(plain["rnn_tanh"])
scripted.save(HERE / "jit.pt")
record.row("torch/jit.pt", TORCH, "refused", note="a TorchScript archive: a program, not a state_dict")
exported = torch.export.export(plain["gru"], (torch.zeros(3, M),))
for node in exported.graph.nodes:  # traces name the folders of this machine
    node.meta.pop("stack_trace", None)
torch.export.save(exported, HERE / "exported.pt2")
record.row("torch/exported.pt2", TORCH, "refused", note="torch.export", gate="new")
try:
    quantised = torch.ao.quantization.quantize_dynamic(nn.Sequential(plain["lstm"]), {nn.LSTM}, dtype=torch.qint8)
    file = write(quantised.state_dict(), "quantised.pt")
    record.row(file, TORCH, "refused", note="dynamic quantisation: packed weights, of a class of torch", gate="new")
except Exception as error:
    print("no quantised sample:", error)
record.write()
