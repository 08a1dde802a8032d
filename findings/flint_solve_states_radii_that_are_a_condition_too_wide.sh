#!/usr/bin/env bash
# arb_mat.solve of python-flint 0.7.1, of an upper triangular matrix of 60 units and the identity: the midpoints of the
# inverse are right to about the working precision, the radii are wider than the true error by the condition of the matrix,
# 10^9 to 10^10 here at every precision tried. Triangular substitution has small errors for such matrices; the
# bound that flint carries along does not know it. So whoever takes the radii for the accuracy works with twice the bits of
# the condition. A product of the midpoints with the matrix, in balls, shows that they are right: its distance from the
# identity is small at once, and it is a proof as well.
# Exits with an error if the radii are no longer that wide.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numpy==2.3.5 python-flint==0.7.1
"$folder/venv/bin/python" - <<'PYTHON'
import flint
import numpy as np
from flint import arb_mat, ctx

n = 60
rng = np.random.default_rng(0)
S = np.triu(rng.standard_normal((n, n)), 1) + np.diag(rng.uniform(0.5, 1, n))


def largest(numbers):
    return max(float(abs(x).upper()) for x in numbers)


with ctx.workprec(3000):
    true = arb_mat(S.tolist()).solve(arb_mat(np.eye(n).tolist()))
    size = largest(true.entries())
print(f"python-flint {flint.__version__}, solve of a triangular matrix, largest entry of the inverse {size:.0e}")
overstated = []
for bits in (96, 128, 192, 256):
    with ctx.workprec(bits):
        matrix, one = arb_mat(S.tolist()), arb_mat(np.eye(n).tolist())
        inverse = matrix.solve(one)
        radius = max(float(x.rad()) for x in inverse.entries())
        residual = largest((matrix * inverse.mid() - one).entries())
    with ctx.workprec(3000):
        error = largest((inverse.mid() - true).entries())
    overstated.append(radius / error)
    print(f"  {bits} bits: radius {radius / size:.0e}, error of the midpoints {error / size:.0e} of the largest entry, "
          f"so {radius / error:.0e} too wide; S times the midpoints is off the identity by {residual:.0e}")
raise SystemExit(0 if min(overstated) > 1e8 else "the behaviour has changed")
PYTHON
