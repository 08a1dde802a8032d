"""State-space layers by the libraries that have them, and what the libraries make of an impulse: `state_space/`.

torch 2.14.1, transformers 5.24.0, s5-pytorch 0.2.1, lru-pytorch 0.1.3, espnet 202511, lrnnx 1.0.0.post1 (its sources:
its installation builds kernels of CUDA), and s4d.py of state-spaces/s4, commit 2ed46fc, in the path of Python.
`kernels.npz` holds the responses to an impulse in each input, float32 as the libraries compute them, without D: of S4D
(H, lags), of S5 and LRU (lags, outputs, inputs); of Mamba and RecurrentGemma an input of the recurrence and its states.
"""

import importlib
import sys
import types
from pathlib import Path

import numpy as np
import torch
import transformers
from LRU_pytorch import LRU
from s4d import S4D
from s5 import S5
from safetensors.torch import save_file
from transformers.models.mamba.modeling_mamba import mamba_selective_scan
from transformers.models.mamba2.modeling_mamba2 import mamba2_chunk_scan

HERE = Path(__file__).parent / "state_space"
LAGS, WIDTH, STATE = 40, 3, 8
torch.manual_seed(1)
kernels = {}


def trained(module):
    """The module after steps of its numbers in every direction, as training makes them: no symmetry is left."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return module.eval()


def alone(folder, name, *packages):
    """A module without what its packages import, which needs CUDA or more libraries."""
    for package in (name.rpartition(".")[0], *packages):
        for at in range(1, package.count(".") + 2):
            parts = package.split(".")[:at]
            module = sys.modules.setdefault(".".join(parts), types.ModuleType(".".join(parts)))
            module.__path__ = [str(Path(folder, *parts))]
    return importlib.import_module(name)


def keep(name, kernel):
    kernels[name] = kernel.detach().numpy()


def without_skip(layer):
    """D is 0 from here on, so that no sum with it rounds the response."""
    with torch.no_grad():
        layer.D.zero_()


def responses(layer, inputs):
    """What a layer (T, inputs) -> (T, outputs) makes of an impulse in each input."""
    found = []
    for place in range(inputs):
        s = torch.zeros(LAGS, inputs)
        s[0, place] = 1
        with torch.no_grad():
            found.append(layer(s))
    return torch.stack(found, -1)


def s4d():
    small = trained(S4D(WIDTH, d_state=STATE))
    torch.save(small.state_dict(), HERE / "s4d.pt")
    keep("s4d", small.kernel(LAGS))


def s4d_of_espnet(folder):
    module = alone(folder, "espnet2.asr.state_spaces.s4")
    for discretisation in ("zoh", "bilinear"):
        layer = module.S4(
            WIDTH, d_state=STATE, l_max=LAGS, mode="diag", measure="diag-lin", disc=discretisation, n_ssm=1
        )
        trained(layer)
        torch.save(
            {f"model.s4.{name}": value for name, value in layer.state_dict().items()},
            HERE / f"espnet_{discretisation}.pt",
        )
        keep(f"espnet_{discretisation}", layer.kernel(L=LAGS, rate=1.0)[0][0])


def s4d_of_lrnnx(folder):
    module = alone(folder, "lrnnx.models.lti.s4d", "lrnnx.ops", "lrnnx.core")
    for discretisation, transform in (("zoh", "exp"), ("bilinear", "softplus")):
        layer = module.S4D(
            WIDTH, d_state=STATE, l_max=LAGS, disc=discretisation, dt_transform=transform, real_transform=transform
        )
        trained(layer)
        torch.save(layer.state_dict(), HERE / f"lrnnx_{discretisation}.pt")
        keep(f"lrnnx_{discretisation}", layer.layer.kernel(L=LAGS, rate=1.0)[0][0])


def s5():
    layer = trained(S5(WIDTH, STATE))
    torch.save(layer.state_dict(), HERE / "s5.pt")
    save_file({name: value.detach() for name, value in layer.state_dict().items()}, HERE / "s5.safetensors")
    without_skip(layer.seq)
    keep("s5", responses(lambda s: layer(s[None])[0], WIDTH))
    layer.seq.discretize = importlib.import_module("s5.s5_model").discretize_bilinear
    keep("s5_bilinear", responses(lambda s: layer(s[None])[0], WIDTH))


def lru():
    layer = trained(LRU(2, WIDTH, STATE, rmin=0.8, rmax=0.99))
    torch.save(layer.state_dict(), HERE / "lru.pt")
    without_skip(layer)
    keep("lru", responses(layer, 2))


TINY = {"vocab_size": 5, "hidden_size": 4, "num_hidden_layers": 2}


def saved(model, name):
    trained(model).save_pretrained(HERE / name)
    for file in (HERE / name).iterdir():
        if file.suffix != ".safetensors":
            file.unlink()
    (HERE / name / "model.safetensors").rename(HERE / f"{name}.safetensors")
    (HERE / name).rmdir()
    return model


def mamba():
    config = transformers.MambaConfig(**TINY, state_size=3, expand=2, conv_kernel=2, time_step_rank=2)
    model = saved(transformers.MambaModel(config), "mamba")
    mixer, s = model.layers[1].mixer, torch.randn(6, 8)
    dt, b, c = torch.split(mixer.x_proj(s), [2, 3, 3], dim=-1)
    states = []
    for end in range(1, len(s) + 1):
        parts = [part[:end].T[None] for part in (s, dt @ mixer.dt_proj.weight.T, b, c)]
        scan = mamba_selective_scan(
            parts[0],
            parts[1],
            -torch.exp(mixer.A_log),
            *parts[2:],
            delta_bias=mixer.dt_proj.bias,
            delta_softplus=True,
            return_last_state=True,
        )
        states.append(scan[1][0])
    keep("mamba_input", s)
    keep("mamba_states", torch.stack(states))
    # of an input of dt that is 0 the step is that of the bias
    zero = torch.zeros(LAGS, 8)
    pulse = zero.clone()
    pulse[0] = 1
    parts = [part.T[None] for part in (pulse, zero, torch.ones(LAGS, 3), torch.ones(LAGS, 3))]
    out = mamba_selective_scan(
        parts[0], parts[1], -torch.exp(mixer.A_log), *parts[2:], delta_bias=mixer.dt_proj.bias, delta_softplus=True
    )
    keep("mamba_at_bias", (out[0] if isinstance(out, tuple) else out)[0])


def mamba2():
    config = transformers.Mamba2Config(
        **TINY, state_size=3, expand=2, conv_kernel=2, num_heads=4, head_dim=2, n_groups=1, chunk_size=4
    )
    model = saved(transformers.Mamba2Model(config), "mamba2")
    mixer = model.layers[0].mixer
    # of an input of dt that is 0 the step is that of the bias
    pulse = torch.zeros(1, LAGS, 4, 2)
    pulse[:, 0] = 1
    zero, ones = torch.zeros(1, LAGS, 4), torch.ones(1, LAGS, 1, 3)
    out = mamba2_chunk_scan(
        pulse, zero, -torch.exp(mixer.A_log), ones, ones, 4, dt_bias=mixer.dt_bias, dt_softplus=True
    )
    # of 3 numbers that decay alike, in each of 2 units of a head
    keep("mamba2_at_bias", (out[0] if isinstance(out, tuple) else out)[0, :, :, 0].T / 3)


def recurrent_gemma():
    config = transformers.RecurrentGemmaConfig(
        **TINY | {"num_hidden_layers": 3},
        lru_width=4,
        num_attention_heads=2,
        head_dim=2,
        intermediate_size=8,
        attention_window_size=4,
    )
    model = saved(transformers.RecurrentGemmaModel(config), "recurrent_gemma")
    unit, s = model.layers[1].temporal_block.rg_lru, torch.randn(6, 4)
    keep("recurrent_gemma_input", s)
    with torch.no_grad():
        keep("recurrent_gemma_states", unit(s[None], torch.arange(len(s))[None])[0])


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    espnet, lrnnx = sys.argv[1:]
    s4d(), s5(), lru(), mamba(), mamba2(), recurrent_gemma()
    s4d_of_espnet(espnet), s4d_of_lrnnx(lrnnx)
    np.savez_compressed(HERE / "kernels.npz", **kernels)
