"""Samples of equinox 0.13.8 and dm-haiku 0.0.17 (jax 0.10.2, safetensors 0.8.0, numpy 2.4.6), and what they hold."""

import equinox as eqx
import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import safetensors.numpy
from truth import FOLDER, Cell, Record, blocks

EQUINOX, HAIKU = ("equinox", eqx.__version__), ("dm-haiku", hk.__version__)
EQX, HK = FOLDER / "equinox", FOLDER / "haiku"
EQX.mkdir(exist_ok=True)
HK.mkdir(exist_ok=True)
LSTM, GRU = ("input", "forget", "cell", "output"), ("reset", "update", "new")
N, M = 4, 2
record = Record(__file__, 5)


def filled(tree):
    return jax.tree.map(lambda one: jnp.asarray(record.draw(*one.shape)) if eqx.is_array(one) else one, tree)


def carried(out, memory):
    """The state after a step as arrays: h, or h and c."""
    return tuple(np.asarray(one).ravel() for one in out) if memory else np.asarray(out).ravel()


# equinox


class Model(eqx.Module):
    cell: eqx.Module
    readout: eqx.nn.Linear


def attributes(tree):
    """Arrays by their paths of attributes, `cell.weight_hh`."""
    leaves = jax.tree_util.tree_leaves_with_path(eqx.filter(tree, eqx.is_array))
    return {jax.tree_util.keystr(path).lstrip("."): np.asarray(leaf) for path, leaf in leaves}


def equinox_step(cell):
    def step(x, h, c=None):
        return carried(
            cell(jnp.asarray(x), jnp.asarray(h) if c is None else (jnp.asarray(h), jnp.asarray(c))), c is not None
        )

    return step


key = jax.random.key(0)
for name, inner in {
    "gru": eqx.nn.GRUCell(M, N, key=key),
    "lstm": eqx.nn.LSTMCell(M, N, key=key),
    "gru_nobias": eqx.nn.GRUCell(M, N, use_bias=False, key=key),
}.items():
    model = filled(Model(inner, eqx.nn.Linear(N, N, key=key)))
    inner = model.cell
    W, U = (np.asarray(one, float) for one in (inner.weight_hh, inner.weight_ih))
    if name == "lstm":
        cell = Cell("lstm", blocks(W, LSTM), blocks(U, LSTM), blocks(inner.bias, LSTM))
    else:
        b, hidden = (blocks(inner.bias, GRU), np.asarray(inner.bias_n, float)) if inner.use_bias else ({}, 0.0)
        cell = Cell("gru", blocks(W, GRU), blocks(U, GRU), b, hidden, reset="after", update="keeps")
    safetensors.numpy.save_file(attributes(model), EQX / f"{name}.safetensors")
    file = f"equinox/{name}.safetensors"
    record.cell(file, EQUINOX, cell, equinox_step(inner))
    record.gates(file, EQUINOX, cell, only=None if "nobias" not in name else ["update"], note="one bias, and bias_n")
    if name == "gru":
        np.savez(EQX / "gru.npz", **attributes(model))
        record.gates("equinox/gru.npz", EQUINOX, cell, only=["new"], note="the same in .npz")
        eqx.tree_serialise_leaves(EQX / "gru.eqx", model)
        record.row("equinox/gru.eqx", EQUINOX, "refused", note="arrays without names", gate="new")
model = filled(eqx.nn.MLP(N, N, N, 1, key=key))
safetensors.numpy.save_file(attributes(model), EQX / "mlp.safetensors")
record.row("equinox/mlp.safetensors", EQUINOX, "question", note="feedforward layers")

# haiku


def haiku(make, name, *, model=None):
    """Parameters of a haiku core in a file, their tree, and one step of the core."""

    def forward(x, state):
        core = make()
        return core(x, state)

    core = hk.without_apply_rng(hk.transform(model or forward))
    initial = hk.transform(lambda: make().initial_state(1)).apply(None, None)
    parameters = filled(core.init(key, jnp.ones((1, M)), initial))
    flat = {f"{module}/{array}": np.asarray(one) for module, tree in parameters.items() for array, one in tree.items()}
    np.savez(HK / f"{name}.npz", **flat)

    def step(x, h, c=None):
        state = jnp.asarray(h)[None] if c is None else hk.LSTMState(jnp.asarray(h)[None], jnp.asarray(c)[None])
        return carried(core.apply(parameters, jnp.asarray(x)[None], state)[1], c is not None)

    return f"haiku/{name}.npz", {k: np.asarray(v, float) for k, v in flat.items()}, step


class Memory(hk.Module):
    """A module of one's own, so that the names get its prefix."""

    def __init__(self):
        super().__init__("memory")
        self.core = hk.LSTM(N)

    def __call__(self, x, state):
        out, state = self.core(x, state)
        return hk.Linear(N)(out), state


def lstm(arrays, module):
    order = ("input", "cell", "forget", "output")
    w, b = arrays[f"{module}/w"], blocks(arrays[f"{module}/b"], order)
    b["forget"] = b["forget"] + 1  # in the code of haiku
    return Cell("lstm", blocks(w[M:].T, order), blocks(w[:M].T, order), b)


def plain(arrays, module):
    b = arrays[f"{module}/linear/b"] + arrays.get(f"{module}/linear_1/b", 0.0)
    W, U = arrays[f"{module}/linear_1/w"].T, arrays[f"{module}/linear/w"].T
    return Cell("rnn", {"new": W}, {"new": U}, {"new": b}, nonlinearity="relu")


file, arrays, step = haiku(lambda: hk.VanillaRNN(N), "vanilla")
cell = plain(arrays, "vanilla_rnn")
record.cell(file, HAIKU, cell, step)
record.gates(file, HAIKU, cell, note="linear is the input's, linear_1 the state's")
file, arrays, step = haiku(lambda: hk.VanillaRNN(N, double_bias=False), "vanilla_one_bias")
cell = plain(arrays, "vanilla_rnn")
record.cell(file, HAIKU, cell, step)
record.gates(file, HAIKU, cell)
file, arrays, step = haiku(lambda: hk.LSTM(N), "lstm")
cell = lstm(arrays, "lstm/linear")
record.cell(file, HAIKU, cell, step, note="the code adds 1 to the forget gate; the nonlinearity is tanh")
record.gates(file, HAIKU, cell, note="w (6, 16) multiplies [x, h]; blocks i g f o")
record.row(file, HAIKU, "question", note="several gates, and none is chosen")
file, arrays, step = haiku(lambda: hk.GRU(N), "gru")
order = ("update", "reset", "new")
w_h, w_i = arrays["gru/w_h"], arrays["gru/w_i"]
b = blocks(arrays["gru/b"], order)
cell = Cell("gru", blocks(w_h.T, order), blocks(w_i.T, order), b, reset="before", update="replaces")
record.cell(file, HAIKU, cell, step)
record.gates(file, HAIKU, cell, note="blocks z r a")
record.row(file, HAIKU, "question", note="several gates, and none is chosen")
file, arrays, step = haiku(lambda: hk.LSTM(N), "lstm_in_module", model=lambda x, state: Memory()(x, state))
cell = lstm(arrays, next(key for key in arrays if key.endswith("lstm/linear/w"))[:-2])
record.cell(file, HAIKU, cell, step)
record.gates(file, HAIKU, cell, only=["forget"], note="names with the prefix of a module: " + ", ".join(arrays))


def two(x, state):
    out, state = hk.VanillaRNN(N)(x, state)
    return hk.VanillaRNN(N)(out, state)


file, arrays, step = haiku(lambda: hk.VanillaRNN(N), "vanilla_2_layers", model=two)
record.row(file, HAIKU, "question", note="two layers: " + ", ".join(arrays))
file, arrays, step = haiku(lambda: hk.VanillaRNN(N), "mlp", model=lambda x, s: (hk.nets.MLP([N, N, N])(x), s))
record.row(file, HAIKU, "question", note="feedforward layers with the names linear_0, linear_1, linear_2 of an MLP")
file, arrays, step = haiku(
    lambda: hk.VanillaRNN(N), "linears", model=lambda x, s: (hk.Linear(N)(jax.nn.relu(hk.Linear(N)(x))), s)
)
record.row(
    file, HAIKU, "question", note="two feedforward layers: linear and linear_1 as in a VanillaRNN, but at the top"
)
record.write()
