"""Samples written by flax 0.12.8, linen and nnx, with jax 0.10.2.

Also msgpack 1.2.4, safetensors 0.8.0, orbax-checkpoint 0.12.8.
"""

import shutil
import warnings

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as orbax
from flax import linen, nnx, serialization
from flax.training.train_state import TrainState
from flax.traverse_util import flatten_dict
from safetensors.numpy import save_file
from truth import FOLDER, Cell, Record, blocks

warnings.simplefilter("ignore")
LINEN, NNX = ("flax linen", flax.__version__), ("flax nnx", flax.__version__)
LSTM, GRU = ("input", "forget", "cell", "output"), ("reset", "update", "new")
LETTERS = dict(zip(LSTM, "ifgo", strict=True)) | dict(zip(GRU, "rzn", strict=True))
HERE = FOLDER / "flax"
HERE.mkdir(exist_ok=True)
N, M = 4, 2
record = Record(__file__, 4)


def filled(tree):
    return jax.tree.map(lambda one: jnp.asarray(record.draw(*one.shape)), tree)


def msgpack(tree, name):
    (HERE / f"{name}.msgpack").write_bytes(serialization.to_bytes(tree))
    return f"flax/{name}.msgpack"


def safetensors(tree, name, separator):
    flat = {key: np.asarray(one) for key, one in flatten_dict(tree, sep=separator).items()}
    save_file(flat, HERE / f"{name}.safetensors")
    return f"flax/{name}.safetensors"


def columns(array):
    return np.asarray(array, float).T


def cell_of(tree):
    """The cell in a tree of linen, or of nnx where that has the same names."""
    if "h" in tree:
        W, U, b = columns(tree["h"]["kernel"]), columns(tree["i"]["kernel"]), columns(tree["i"]["bias"])
        return Cell("rnn", {"new": W}, {"new": U}, {"new": b})
    gates = GRU if "hr" in tree else LSTM
    W = {gate: columns(tree["h" + LETTERS[gate]]["kernel"]) for gate in gates}
    inputs = {gate: tree.get("i" + LETTERS[gate], tree.get("if_")) for gate in gates}
    U = {gate: columns(inputs[gate]["kernel"]) for gate in gates}
    if gates is GRU:
        b = {gate: columns(inputs[gate]["bias"]) for gate in gates}
        return Cell("gru", W, U, b, columns(tree["hn"]["bias"]), reset="after", update="keeps")
    return Cell("lstm", W, U, {gate: columns(tree["h" + LETTERS[gate]]["bias"]) for gate in gates})


def stepper(cell, variables):
    def step(x, h, c=None):
        carry, _ = cell.apply(variables, h[None] if c is None else (c[None], h[None]), x[None])
        return np.asarray(carry[0]) if c is None else (np.asarray(carry[1][0]), np.asarray(carry[0][0]))

    return step


# the cells of linen
trees = {}
for name, cls in {
    "simple": linen.SimpleCell,
    "gru": linen.GRUCell,
    "lstm": linen.LSTMCell,
    "lstm_optimized": linen.OptimizedLSTMCell,
}.items():
    module = cls(features=N)
    x = jnp.ones((1, M))
    variables = filled(module.init(jax.random.key(0), module.initialize_carry(jax.random.key(0), x.shape), x))
    trees[name] = variables
    cell, step = cell_of(variables["params"]), stepper(module, variables)
    file = msgpack(variables, f"linen_{name}")
    record.cell(file, LINEN, cell, step)
    record.gates(file, LINEN, cell, only=None if "optimized" not in name else ["forget"], note="flax.serialization")
    if cell.kind != "rnn" and "optimized" not in name:
        record.row(file, LINEN, "question", note="an array for each gate, and none is chosen")
    if "optimized" in name:
        continue
    for tree, separator, suffix in ((variables, ".", "_dots"), (variables["params"], "/", "_slashes")):
        file = safetensors(tree, f"linen_{name}{suffix}", separator)
        record.cell(file, LINEN, cell, step, listed=suffix == "_dots")
        record.gates(file, LINEN, cell, only=list(cell.W)[-1:], note=f"flattened with {separator!r}")
        if cell.kind == "lstm":
            record.row(file, LINEN, "question", note="an array for each gate, and none is chosen")

# layers and models of linen


class Model(linen.Module):
    @linen.compact
    def __call__(self, x):
        x = linen.RNN(linen.LSTMCell(N, name="memory"), name="rnn")(linen.Dense(M)(x))
        return linen.Dense(N)(x)


class Simple(linen.Module):
    @linen.compact
    def __call__(self, x):
        return linen.Dense(N)(linen.RNN(linen.SimpleCell(N))(x))


class Both(linen.Module):
    @linen.compact
    def __call__(self, x):
        return linen.Bidirectional(linen.RNN(linen.GRUCell(N)), linen.RNN(linen.GRUCell(N)))(x)


class Layer(linen.Module):
    @linen.compact
    def __call__(self, x, _):
        return linen.RNN(linen.SimpleCell(N))(x), None


class Scanned(linen.Module):
    """Three layers as one: linen.scan puts their weights along a first axis."""

    @linen.compact
    def __call__(self, x):
        return linen.scan(Layer, variable_axes={"params": 0}, split_rngs={"params": True}, length=3)()(x, None)


class Steps(linen.Module):
    """One cell, scanned over time."""

    @linen.compact
    def __call__(self, carry, x):
        share = {"variable_broadcast": "params", "split_rngs": {"params": False}}
        return linen.scan(linen.GRUCell, in_axes=1, out_axes=1, **share)(N)(carry, x)


x = jnp.ones((1, 3, M))
variables = filled(linen.RNN(linen.GRUCell(N)).init(jax.random.key(0), x))
cell = cell_of(variables["params"]["cell"])
file = msgpack(variables, "linen_rnn_of_gru")
record.cell(file, LINEN, cell, stepper(linen.GRUCell(N), {"params": variables["params"]["cell"]}))
record.gates(file, LINEN, cell, only=["update"], note="linen.RNN: params/cell")
variables = filled(Model().init(jax.random.key(0), x))
cell = cell_of(variables["params"]["memory"])
for file in (msgpack(variables, "linen_model"), safetensors(variables["params"], "linen_model", ".")):
    record.cell(file, LINEN, cell, stepper(linen.LSTMCell(N), {"params": variables["params"]["memory"]}))
    record.gates(file, LINEN, cell, only=["cell"], note="the cell is called memory; beside a square Dense layer")
variables = filled(Both().init(jax.random.key(0), x))
file = msgpack(variables, "linen_bidirectional")
record.row(file, LINEN, "question", note="two directions", gate="reset")
for k, direction in enumerate(("forward", "backward")):
    tree = variables["params"][f"GRUCell_{k}"]
    note = "nothing but the number of the cell says the direction" if k else ""
    record.cell(file, LINEN, cell_of(tree), stepper(linen.GRUCell(N), {"params": tree}), listed=False, note=note)
variables = filled(Steps().init(jax.random.key(0), jnp.ones((1, N)), x))
tree = variables["params"]["ScanGRUCell_0"]
file = msgpack(variables, "linen_scanned_steps")
record.cell(file, LINEN, cell_of(tree), stepper(linen.GRUCell(N), {"params": tree}))
record.gates(file, LINEN, cell_of(tree), only=["new"], note="linen.scan over time: the name is ScanGRUCell_0")
variables = filled(Scanned().init(jax.random.key(0), jnp.ones((1, 3, N))))
tree = variables["params"]["ScanLayer_0"]["SimpleCell_0"]
one = [jax.tree.map(lambda array, k=k: array[k], tree) for k in range(3)]
file = msgpack(variables, "linen_scanned_layers")
for k in range(3):
    record.cell(file, LINEN, cell_of(one[k]), stepper(linen.SimpleCell(N), {"params": one[k]}), layer=k)
W = np.stack([cell_of(tree).W["new"] for tree in one])
record.row(
    file,
    LINEN,
    "right or question",
    W,
    note="linen.scan over layers: kernel (3, 4, 4) is three layers, each transposed",
)
mgu = linen.MGUCell(features=N)
variables = filled(mgu.init(jax.random.key(0), jnp.ones((1, N)), jnp.ones((1, M))))
file = msgpack(variables, "linen_mgu")
record.row(
    file,
    LINEN,
    "question",
    note="a minimal gated unit: hf and hn are its two gates, neither those of an LSTM nor a GRU",
)
W = columns(variables["params"]["hn"]["kernel"])
record.row(file, LINEN, "right or question", W, note="the new gate of the minimal gated unit", gate="new")
dense = filled(linen.Dense(N).init(jax.random.key(0), jnp.ones((1, N))))
note = "one Dense layer with a square kernel and a bias: not recurrent, and if it is taken for W, then as rows"
record.row(msgpack(dense, "linen_dense"), LINEN, "right or question", columns(dense["params"]["kernel"]), note=note)

# what training leaves
model = Simple()
parameters = filled(model.init(jax.random.key(0), x))["params"]
state = TrainState.create(apply_fn=model.apply, params=parameters, tx=optax.adam(1e-2))
slope = jax.grad(lambda p: (model.apply({"params": p}, x) ** 2).sum())(state.params)
state = state.apply_gradients(grads=slope)
tree = state.params["SimpleCell_0"]
cell, step = cell_of(tree), stepper(linen.SimpleCell(N), {"params": tree})
file = msgpack(state, "linen_train_state")
record.cell(file, LINEN, cell, step)
record.gates(file, LINEN, cell, note="a TrainState: the moments of Adam lie under opt_state with the same names")
half = jax.tree.map(lambda one: one.astype(jnp.bfloat16), trees["simple"])
wide = jax.tree.map(lambda one: one.astype(jnp.float32), half)
cell, step = cell_of(wide["params"]), stepper(linen.SimpleCell(N), wide)
for file in (msgpack(half, "linen_bfloat16"), safetensors(half, "linen_bfloat16", ".")):
    record.cell(file, LINEN, cell, step, listed=False)
    record.gates(file, LINEN, cell, note="bfloat16, exact in double precision")

# orbax writes a folder; its default is a database of many arrays, and the older way a folder for each array
parameters = trees["simple"]["params"]
cell, step = cell_of(parameters), stepper(linen.SimpleCell(N), trees["simple"])
for name, single in (("orbax_default", True), ("orbax_folders", False)):
    shutil.rmtree(HERE / name, ignore_errors=True)
    checkpointer = orbax.Checkpointer(orbax.PyTreeCheckpointHandler(use_ocdbt=single, use_zarr3=False))
    checkpointer.save(HERE / name, parameters)
    said = HERE / name / "commit_success.txt"
    said.write_text(said.read_text().replace(str(HERE), "flax"))
    record.cell(f"flax/{name}", LINEN, cell, step, listed=False)
    record.gates(f"flax/{name}", LINEN, cell, must="right or question", note="a folder")

# the cells of nnx


def nnx_step(cell):
    def step(x, h, c=None):
        carry, _ = cell(jnp.asarray(h)[None] if c is None else (jnp.asarray(c)[None], jnp.asarray(h)[None]), x[None])
        return np.asarray(carry[0]) if c is None else (np.asarray(carry[1][0]), np.asarray(carry[0][0]))

    return step


def nnx_cell(tree):
    if "dense_h" not in tree:
        return cell_of(tree)
    W, U = columns(tree["dense_h"]["kernel"]), columns(tree["dense_i"]["kernel"])
    if len(W) == N:
        return Cell("rnn", {"new": W}, {"new": U}, {"new": columns(tree["dense_i"]["bias"])})
    if len(W) == 3 * N:
        b = blocks(tree["dense_i"]["bias"], GRU)
        return Cell("gru", blocks(W, GRU), blocks(U, GRU), b, reset="after", update="keeps")
    return Cell("lstm", blocks(W, LSTM), blocks(U, LSTM), blocks(tree["dense_h"]["bias"], LSTM))


for name, cls in {
    "simple": nnx.SimpleCell,
    "gru": nnx.GRUCell,
    "lstm": nnx.LSTMCell,
    "lstm_optimized": nnx.OptimizedLSTMCell,
}.items():
    module = cls(M, N, rngs=nnx.Rngs(0))
    state = filled(nnx.state(module, nnx.Param))
    nnx.update(module, state)
    tree = nnx.to_pure_dict(state)
    cell, step = nnx_cell(tree), nnx_step(module)
    for file in (msgpack(tree, f"nnx_{name}"), safetensors({"rnn": {"cell": tree}}, f"nnx_{name}", ".")):
        record.cell(file, NNX, cell, step)
        few = None if file.endswith("msgpack") else list(cell.W)[-1:]
        record.gates(
            file, NNX, cell, only=few, note="" if file.endswith("msgpack") else "as in a model whose layer is rnn"
        )
    if cell.kind != "rnn":
        record.row(file, NNX, "question", note="several gates, and none is chosen")
record.write()
