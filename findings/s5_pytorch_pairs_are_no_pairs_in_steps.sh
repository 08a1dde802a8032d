#!/usr/bin/env bash
# s5-pytorch 0.2.1: a new S5 layer stores both halves of the conjugate pairs of Lambda, and y = Re(C x) without a factor 2, as of
# a real system of P states. But a step is drawn for each of the P modes, not for each pair: the eigenvalues of the
# recurrence in discrete time, exp(Lambda exp(log_step)), are no conjugate pairs from the start, and the layer is a real
# system of 2 P states. Who reads the file as "both conjugates are stored, P states" reads another layer.
# Exits with an error if s5-pytorch no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6 scipy==1.17.1 s5-pytorch==0.2.1 2>/dev/null
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import importlib.metadata

import numpy as np
import torch
from s5 import S5

torch.manual_seed(0)
P, steps = 8, 200
stored = {name: value.double() if not value.is_complex() else value.to(torch.complex128) for name, value in S5(2, P).seq.state_dict().items()}


def apart(values):
    """The largest distance from an eigenvalue to the conjugate of the nearest other one."""
    return max(min(abs(a - b.conj()) for k, b in enumerate(values) if k != j) for j, a in enumerate(values))


Lambda = stored["Lambda"].numpy()
discrete = np.exp(Lambda * np.exp(stored["log_step"].numpy().reshape(-1)))
# real states: the rank of the real and imaginary parts of the kernel's modes, l^k in every lag k
parts = np.vander(np.concatenate([discrete, discrete.conj()]), steps, increasing=True)
singular = np.linalg.svd(parts / np.linalg.norm(parts, axis=1, keepdims=True), compute_uv=False)
version = importlib.metadata.version("s5-pytorch")
print(f"s5-pytorch {version}: {P} modes; Lambda is off from conjugate pairs by {apart(Lambda):.0e}, exp(Lambda dt) by "
      f"{apart(discrete):.2g}; eigenvalues and their conjugates span {int((singular > 1e-9 * singular[0]).sum())} dimensions")
raise SystemExit(0 if apart(Lambda) < 1e-5 and apart(discrete) > 1e-3 and (singular > 1e-9 * singular[0]).sum() > P else "the behaviour has changed")
PYTHON
