#!/usr/bin/env bash
# ESPnet 202511, and the code of state-spaces/s4 of 2022 that it holds: SSKernelDiag (S4D) registers the eigenvalues twice, as the
# parameter A, complex, and as inv_A_real and A_imag. The kernel is computed of the latter alone. A_imag is a view of the imaginary
# part of A, but the real part of A gets no gradient: in every checkpoint of a trained model it is still that of the start, and
# changing it changes nothing. Who reads A reads frequencies as trained, and decay rates as before training.
# Exits with an error if ESPnet no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6 scipy==1.17.1 einops==0.8.2 opt_einsum==3.4.0 2>/dev/null
"$folder/venv/bin/pip" install -q --no-deps espnet==202511 2>/dev/null
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import importlib
import importlib.metadata
import sys
import types
from pathlib import Path

import torch

# the module alone: the packages around it import much more than it needs
site = Path(torch.__file__).parents[1]
for name in ("espnet2", "espnet2.asr", "espnet2.asr.state_spaces"):
    module = sys.modules.setdefault(name, types.ModuleType(name))
    module.__path__ = [str(site.joinpath(*name.split(".")))]
S4 = importlib.import_module("espnet2.asr.state_spaces.s4").S4

torch.manual_seed(0)
layer = S4(4, d_state=8, l_max=32, mode="diag", measure="diag-lin", disc="zoh")
kernel = layer.kernel.kernel
start = kernel.A.detach().clone()
optimiser = torch.optim.SGD(layer.parameters(), lr=0.1)
for _ in range(20):
    optimiser.zero_grad()
    layer.kernel(L=32, rate=1.0)[0].square().sum().backward()
    optimiser.step()
before = layer.kernel(L=32, rate=1.0)[0].detach()
moved = float((kernel.inv_A_real.detach() - torch.log(-start[..., 0])).abs().max())
stayed, with_it = (float(change.abs().max()) for change in (kernel.A.detach() - start).unbind(-1))
shared = torch.equal(kernel.A[..., 1], kernel.A_imag)
with torch.no_grad():
    kernel.A[..., 0].mul_(2)
change = float((layer.kernel(L=32, rate=1.0)[0].detach() - before).abs().max())
print(f"ESPnet {importlib.metadata.version('espnet')}: after 20 steps of training inv_A_real has moved by {moved:.2g}, the real part of A by "
      f"{stayed:.2g}, its imaginary part by {with_it:.2g} (equal to A_imag: {shared}); twice the real part of A changes the kernel by {change:.2g}")
raise SystemExit(0 if moved > 1e-4 and stayed == 0 and change == 0 and shared else "the behaviour has changed")
PYTHON
