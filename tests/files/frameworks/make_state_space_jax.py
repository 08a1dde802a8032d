"""S5 layers of lindermanlab/S5, commit 52fbd83, and their impulse responses; its package `s5` is in the path of Python.

jax 0.10.2, flax 0.12.8. `state_space/s5_jax.msgpack` has two layers, of which the first is half of conjugate pairs
(conj_sym), and `s5_jax_both_ends.msgpack` one that is bidirectional; `kernels_jax.npz` has (lags, outputs, inputs).
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flax import serialization
from s5.ssm import S5SSM
from s5.ssm_init import make_DPLR_HiPPO

HERE = Path(__file__).parent / "state_space"
LAGS, WIDTH, STATE = 40, 3, 8
key = jax.random.PRNGKey(1)


def layer(conj_sym, discretization, bidirectional=False):
    own, _, _, V, _ = make_DPLR_HiPPO(STATE)
    kept = slice(STATE // 2, None) if conj_sym else slice(None)
    return S5SSM(
        own[kept].real,
        own[kept].imag,
        V[:, kept],
        V[:, kept].conj().T,
        WIDTH,
        len(own[kept]),
        "lecun_normal",
        discretization,
        0.001,
        0.1,
        conj_sym,
        False,
        bidirectional,
    )


def trained(parameters, key):
    """The parameters after steps of every number, without D, so that no sum with it rounds the response."""
    leaves = {
        name: value + 0.05 * jax.random.normal(jax.random.fold_in(key, place), value.shape)
        for place, (name, value) in enumerate(sorted(parameters["params"].items()))
    }
    return {"params": leaves | {"D": jnp.zeros(WIDTH)}}


def responses(module, parameters):
    pulses = jnp.zeros((WIDTH, LAGS, WIDTH)).at[:, 0].set(jnp.eye(WIDTH))
    return np.stack([module.apply(parameters, pulse) for pulse in pulses], -1)


pulse = jnp.zeros((LAGS, WIDTH))
layers, kernels = {}, {}
for place, (conj_sym, discretization) in enumerate(((True, "zoh"), (False, "bilinear"))):
    module = layer(conj_sym, discretization)
    parameters = trained(module.init(jax.random.fold_in(key, place), pulse), key)
    kernels[f"layers_{place}"] = responses(module, parameters)
    layers[f"layers_{place}"] = {"seq": parameters["params"]}
(HERE / "s5_jax.msgpack").write_bytes(serialization.to_bytes({"params": {"encoder": layers}}))
both = layer(True, "zoh", bidirectional=True).init(key, pulse)
(HERE / "s5_jax_both_ends.msgpack").write_bytes(serialization.to_bytes(both))
np.savez_compressed(HERE / "kernels_jax.npz", **kernels)
