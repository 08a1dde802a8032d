"""State-space layers in files that the libraries wrote: their kernels and states are those that the libraries computed.

`frameworks/make_state_space.py` and `make_state_space_jax.py` wrote the files, whose numbers are without symmetry, and
the responses. The libraries compute in float32, with sums over the modes and scans over 40 steps: 2e-6 of the largest
number was the worst difference, 5e-6 is allowed; every wrong reading tried here differs by more than 100 times that.
"""

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import linmem as lm
from linmem.files.state_space_layouts import STATE_SPACE_LAYOUTS

FOLDER = Path(__file__).parent / "frameworks" / "state_space"
KERNELS = dict(np.load(FOLDER / "kernels.npz")) | {
    f"s5_jax {name}": array for name, array in np.load(FOLDER / "kernels_jax.npz").items()
}
TOLERANCE = 5e-6
HOLD, TUSTIN = {"discretisation": "zero-order hold"}, {"discretisation": "bilinear"}
EXP = {"transforms": ("exp", "none")}
SOFTPLUS = {"transforms": ("softplus", "none"), "step": "softplus"}
# file, layer, what the file does not say, the response of the library
ROWS = [
    ("s4d.pt", None, HOLD, "s4d"),
    ("espnet_zoh.pt", None, HOLD | EXP, "espnet_zoh"),
    ("espnet_bilinear.pt", None, TUSTIN | EXP, "espnet_bilinear"),
    ("lrnnx_zoh.pt", "layer.kernel", HOLD | EXP | {"step": "exp"}, "lrnnx_zoh"),
    ("lrnnx_bilinear.pt", "layer.kernel.", TUSTIN | SOFTPLUS, "lrnnx_bilinear"),
    ("s5.pt", None, HOLD, "s5"),
    ("s5.safetensors", 0, HOLD, "s5"),
    ("s5.pt", "seq", TUSTIN, "s5_bilinear"),
    ("s5_jax.msgpack", 0, HOLD | {"conj_sym": True}, "s5_jax layers_0"),
    ("s5_jax.msgpack", "params.encoder.layers_1.seq", TUSTIN | {"conj_sym": False}, "s5_jax layers_1"),
    ("lru.pt", None, {}, "lru"),
    ("mamba.safetensors", 1, {"step": "bias"}, "mamba_at_bias"),
    ("mamba2.safetensors", 0, {"step": "bias"}, "mamba2_at_bias"),
]


def kernel(layer, lags=40):
    """Re(C l^k B), (channels, lags), or (lags, outputs, inputs) where modes are shared; C is 1 where there is none."""
    own, B = layer.eigenvalues, layer.feedforward
    C = np.ones_like(own) if layer.readout is None else layer.readout
    if layer.is_shared:
        return np.stack([((C * own**k) @ B).real for k in range(lags)])
    return np.stack([(C * own**k * B).real.sum(1) for k in range(lags)], 1)


def difference(file, layer, said, response):
    right = KERNELS[response]
    found = kernel(lm.load_state_space(FOLDER / file, layer=layer).layer(**said))
    assert found.shape == right.shape
    return np.abs(found - right).max() / np.abs(right).max()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]} {row[3]}")
def test_the_kernel_is_that_of_the_library(row):
    assert difference(*row) < TOLERANCE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]} {row[3]}")
def test_another_answer_to_what_the_file_does_not_say_is_another_kernel(row):
    file, layer, said, response = row
    others = []
    if "discretisation" in said:
        others.append(
            {"discretisation": (TUSTIN if said["discretisation"] == "zero-order hold" else HOLD)["discretisation"]}
        )
    if "conj_sym" in said:
        others.append({"conj_sym": not said["conj_sym"]})
    if "transforms" in said:
        others.append({"transforms": ("sigmoid", "none")})
    if said.get("step") == "bias":
        others.append({"step": 1.0})
    elif "step" in said:
        others.append({"step": "exp" if said["step"] == "softplus" else "softplus"})
    assert others or file == "lru.pt"
    for other in others:
        assert difference(file, layer, said | other, response) > 100 * TOLERANCE


def test_noise_in_the_input_of_a_layer_that_was_read_has_a_total_of_its_states():
    # half of the pairs are in the file: 4 modes are 8 states, and each state is one unit of J
    layer = lm.load_state_space(FOLDER / "s4d.pt").layer(**HOLD)
    np.testing.assert_allclose(lm.memory_of_layer(layer, 10, noise_enters="input").total, 8)


def test_modes_of_s5_pytorch_are_no_pairs_in_discrete_time():
    stored = lm.load_state_space(FOLDER / "s5.pt")
    # before training Lambda is in pairs; here 0.05 of noise has moved every number, and the steps differ by far more
    steps = np.exp(stored.arrays["step"])
    assert steps.max() / steps.min() > 3
    own = stored.layer(**HOLD).eigenvalues
    assert min(abs(a - b.conj()) for a, b in itertools.permutations(own, 2)) > 1e-4


def test_the_state_of_mamba_along_an_input_is_that_of_the_library():
    cell = lm.load_state_space(FOLDER / "mamba.safetensors", layer=1).cell(normalised=False)
    state = np.zeros(24)
    for s, right in zip(KERNELS["mamba_input"], KERNELS["mamba_states"], strict=True):
        state = cell.step(state, s)
        np.testing.assert_allclose(state.reshape(8, 3), right, rtol=0, atol=TOLERANCE * np.abs(right).max())


def test_the_state_of_recurrent_gemma_along_a_text_is_that_of_the_library():
    cell = lm.load_state_space(FOLDER / "recurrent_gemma.safetensors", layer=1).cell()
    inputs, right = KERNELS["recurrent_gemma_input"], KERNELS["recurrent_gemma_states"]
    # the first position is not multiplied by sqrt(1 - a^2)
    states = [cell.first_state(inputs[0])]
    for s in inputs[1:]:
        states.append(cell.step(states[-1], s))
    np.testing.assert_allclose(states, right, rtol=0, atol=TOLERANCE * np.abs(right).max())
    assert np.abs(cell.step(np.zeros(4), inputs[0]) - right[0]).max() > 0.01


def test_every_row_of_the_table_is_met_by_a_file_of_its_framework():
    met = {
        (layer.layout.kind, layer.layout.framework)
        for file in FOLDER.iterdir()
        if file.suffix != ".npz"
        for layer in lm.describe_file(file).state_space
    }
    assert met | {("S4", "state-spaces/s4")} == {(row.kind, row.framework) for row in STATE_SPACE_LAYOUTS}


def of_names(tmp_path, **arrays):
    path = tmp_path / "file.npz"
    np.savez(path, **{name.replace("__", "."): array for name, array in arrays.items()})
    return path


def test_mamba_and_mamba_2_are_told_apart_by_the_names_beside_a_log(tmp_path):
    # the same shape (4, 1) of A_log, with the names of either
    A_log, ones = np.zeros((4, 1)), np.ones(4)
    mamba = {"x_proj.weight": np.ones((3, 4)), "dt_proj.weight": np.ones((4, 1)), "dt_proj.bias": ones}
    mamba2 = {"dt_bias": ones, "D": ones, "in_proj.weight": np.ones((2, 2)), "conv1d.weight": np.ones((2, 1, 2))}
    assert lm.load_state_space(of_names(tmp_path, A_log=A_log, **mamba)).kind == "Mamba"
    assert lm.load_state_space(of_names(tmp_path, A_log=A_log[:, 0], **mamba2)).kind == "Mamba-2"
    # a gated delta rule, as of Qwen3-Next, has A_log and dt_bias, and no diagonal recurrence
    path = of_names(tmp_path, A_log=A_log[:, 0], dt_bias=ones, **{"in_proj_qkvz.weight": np.ones((2, 2))})
    with pytest.raises(lm.FileError, match="A_log, a name of state-space layers, but not the others"):
        lm.load_state_space(path)


def test_layers_are_in_the_order_of_their_numbers(tmp_path):
    one = {"nu_log": [0.0], "theta_log": [0.0], "gamma_log": [0.0], "B": [[1.0]], "C": [[1.0]]}
    arrays = {f"layers.{k}.{name}": array for k in (10, 2, 0) for name, array in one.items()}
    arrays["optimizer.nu_log"] = [0.0]
    path = of_names(tmp_path, **arrays)
    assert [layer.place for layer in lm.describe_file(path).state_space] == ["layers.0.", "layers.2.", "layers.10."]
    assert lm.load_state_space(path, layer=2).name == "file.npz, layers.10, LRU"


def test_an_index_of_shards_is_read(tmp_path):
    shutil.copy(FOLDER / "mamba.safetensors", tmp_path / "part.safetensors")
    names = [array.name for array in lm.describe_file(FOLDER / "mamba.safetensors").arrays]
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": dict.fromkeys(names, "part.safetensors")}))
    found = lm.load_state_space(index, layer=1).layer(step="bias").eigenvalues
    right = lm.load_state_space(FOLDER / "mamba.safetensors", layer=1).layer(step="bias").eigenvalues
    np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize("function", [lm.load_network, lm.load_matrix, lm.load_cell])
@pytest.mark.parametrize("file", ["s4d.pt", "s5.pt", "lru.pt", "mamba.safetensors", "recurrent_gemma.safetensors"])
def test_other_readers_say_which_function_reads_the_layer(function, file):
    with pytest.raises(lm.FileError, match="load_state_space"):
        function(FOLDER / file)


ASKED = [
    ("s4d.pt", {}, "discretisation is None, and the file does not say it; pass 'zero-order hold' or 'bilinear'"),
    ("s4d.pt", {"discretisation": "zoh"}, "it must be one of 'zero-order hold', 'bilinear'"),
    ("s4d.pt", HOLD | {"step": 0.1}, "step is 0.1, but the layer is of type S4D: the step is in the file"),
    ("espnet_zoh.pt", HOLD, "transforms is None"),
    ("espnet_zoh.pt", HOLD | {"transforms": "exp"}, "transforms is 'exp'"),
    ("lru.pt", HOLD, "an LRU is in discrete time"),
    ("lru.pt", {"step": 0.1}, "an LRU is in discrete time"),
    ("mamba2.safetensors", {}, "step is None"),
    ("mamba2.safetensors", {"step": "bais"}, "step is 'bais'"),
    ("mamba2.safetensors", {"step": -1.0}, "above 0"),
    ("mamba2.safetensors", {"step": [1.0, 2.0]}, "4 numbers"),
    ("mamba2.safetensors", {"step": 0.1} | HOLD, "holds A over the step, and not b"),
    ("s5_jax.msgpack", HOLD, "conj_sym is None"),
    ("s5_jax.msgpack", HOLD | {"conj_sym": 1}, "conj_sym is 1"),
    ("recurrent_gemma.safetensors", {}, r"read it with .cell\(\)"),
]


@pytest.mark.parametrize(("file", "said", "message"), ASKED)
def test_what_the_file_does_not_say_is_asked_and_what_it_says_is_refused(file, said, message):
    many = len(lm.describe_file(FOLDER / file).state_space) > 1
    with pytest.raises(lm.ArgumentError, match=message) as error:
        lm.load_state_space(FOLDER / file, layer=0 if many else None).layer(**said)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("file", "said", "message"),
    [
        ("mamba.safetensors", {}, "normalised is None, and the file does not say it"),
        ("mamba.safetensors", {"normalised": True}, "no SelectiveSSM"),
        ("mamba2.safetensors", {}, "its heads and their norm"),
        ("recurrent_gemma.safetensors", {"normalised": False}, "asked of Mamba only"),
    ],
)
def test_cells_that_the_file_does_not_give(file, said, message):
    with pytest.raises(lm.ArgumentError, match=message):
        lm.load_state_space(FOLDER / file, layer=0).cell(**said)


def test_layers_that_are_not_there_or_not_read(tmp_path):
    mamba = FOLDER / "mamba.safetensors"
    with pytest.raises(lm.FileError, match=r"layer is None, but mamba.safetensors holds 2 .*0: Mamba.*1: Mamba"):
        lm.load_state_space(mamba)
    for layer in (2, "layers", "layers.7.mixer"):
        with pytest.raises(lm.ArgumentError, match="holds 2 layers: 0: Mamba"):
            lm.load_state_space(mamba, layer=layer)
    with pytest.raises(lm.FileError, match="from both ends"):
        lm.load_state_space(FOLDER / "s5_jax_both_ends.msgpack")
    with pytest.raises(lm.FileError, match="low rank"):
        lm.load_state_space(of_names(tmp_path, A_real=[1.0], P=[1.0], inv_dt=[1.0]))
    with pytest.raises(lm.FileError, match="holds no state-space layer"):
        lm.load_state_space(of_names(tmp_path, W=np.eye(2)))


def test_shapes_that_do_not_fit_and_numbers_that_are_not_finite(tmp_path):
    good = {"nu_log": [0.0], "theta_log": [0.0], "gamma_log": [0.0], "B": [[1.0]], "C": [[1.0]]}
    for bad in ({"B": [1.0]}, {"C": [[1.0, 2.0]]}, {"gamma_log": [0.0, 0.0]}, {"nu_log": 0.0}):
        with pytest.raises(lm.FileError, match="shapes do not fit together: nu_log"):
            lm.load_state_space(of_names(tmp_path, **good | bad)).layer()
    with pytest.raises(lm.InvalidNetworkError, match="not finite"):
        lm.load_state_space(of_names(tmp_path, **good | {"nu_log": [np.nan]}))
    # Lambda_re above -1e-4 may be clipped by the code
    s5 = {"Lambda_re": [0.1], "Lambda_im": [1.0], "B": np.ones((1, 1, 2)), "C": np.ones((1, 1, 2)), "log_step": [0.0]}
    with pytest.raises(lm.ArgumentError, match="clip_eigs"):
        lm.load_state_space(of_names(tmp_path, **s5)).layer(conj_sym=True, **HOLD)


def test_a_layer_of_jamba_is_no_selective_cell(tmp_path):
    arrays = {"A_log": np.zeros((4, 1)), "x_proj.weight": np.ones((3, 4)), "dt_proj.weight": np.ones((4, 1))}
    arrays |= {"dt_proj.bias": np.ones(4), "dt_layernorm.weight": np.ones(1)}
    with pytest.raises(lm.ArgumentError, match="dt_layernorm"):
        lm.load_state_space(of_names(tmp_path, **arrays)).cell(normalised=False)
