#!/usr/bin/env bash
# scipy.linalg.expm (SciPy 1.17.1) returns the exponential of a small triangular matrix with an error of several per cent
# of its largest entry, without a warning. The matrix is the generator of a leaky chain of eight units in input-normal
# coordinates: it is lower triangular, well scaled, and has all its eigenvalues at -1, times 6. SciPy's own tracker knows
# the cause (issues 24366 and 25864: the norm that selects the scaling is taken of the wrong matrix). mpmath gives the
# truth in 40 digits; the transpose of the same matrix has the same error.
# Exits with an error if SciPy no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numpy==2.3.5 scipy==1.17.1 mpmath==1.3.0
"$folder/venv/bin/python" - <<'PYTHON'
import warnings

import mpmath
import numpy as np
import scipy
import scipy.linalg as sl

warnings.simplefilter("error")
n, weight, time = 8, 0.5, 6.0
leaky = -np.eye(n) + weight * np.eye(n, k=-1)
L = np.linalg.cholesky(sl.solve_continuous_lyapunov(leaky, -np.eye(n)))
A = time * sl.solve_triangular(L, leaky @ L, lower=True)


def error(M):
    with mpmath.workdps(40):
        truth = np.array(mpmath.expm(mpmath.matrix(M.tolist()), method="taylor").tolist(), dtype=float)
    return abs(sl.expm(M) - truth).max() / abs(truth).max()


lower, upper = error(A), error(A.T.copy())
print(f"SciPy {scipy.__version__}, expm of an 8 x 8 triangular matrix of 1-norm {sl.norm(A, 1):.1f}, no warning:")
print(f"  lower triangular: relative error {lower:.1e};  its transpose: {upper:.1e}")
raise SystemExit(0 if lower > 1e-3 else "the behaviour has changed: the error is gone")
PYTHON
