#!/usr/bin/env bash
# scipy.linalg.solve_discrete_lyapunov (SciPy 1.17.1) returns a matrix with a large negative eigenvalue for the covariance
# of a stable network of 100 units, without a warning. The network is a chain with weights 0.95 forward and 0.2 back: its
# eigenvalues are known in closed form, 2 (0.95 * 0.2)^1/2 cos(pi j / 101), at most 0.871. The solution of C = W C W' + I
# is a sum of W^k W'^k that begins with the identity, so that its smallest eigenvalue is at least 1; that of the matrix
# returned is below -1e6. The residual does not show the error: it is small relative to the largest entry of C. An
# information v' C^-1 v computed from this C has no digit right. At 20 units the solution is right.
# Exits with an error if SciPy no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numpy==2.3.5 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import warnings

import numpy as np
import scipy
import scipy.linalg as sl

warnings.simplefilter("error")
smallest = {}
print(f"SciPy {scipy.__version__}, solve_discrete_lyapunov of a chain with feedback, no warning:")
for n in (20, 100):
    W = np.diag(np.full(n - 1, 0.95), -1) + np.diag(np.full(n - 1, 0.2), 1)
    C = sl.solve_discrete_lyapunov(W, np.eye(n))
    residual = abs(C - W @ C @ W.T - np.eye(n)).max() / abs(C).max()
    smallest[n] = np.linalg.eigvalsh((C + C.T) / 2)[0]
    radius = 2 * (0.95 * 0.2) ** 0.5 * np.cos(np.pi / (n + 1))
    print(f"  N = {n}: radius {radius:.3f}, relative residual {residual:.0e}, smallest eigenvalue {smallest[n]:.3g}, >= 1")
raise SystemExit(0 if smallest[20] > 0.99 and smallest[100] < -1e6 else "the behaviour has changed")
PYTHON
