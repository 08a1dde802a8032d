r"""Exact mathematics: small networks with symbolic weights, closed forms, and proofs of the claims.

Conventions
-----------
Matrices and expressions are those of sympy, exact; no proof computes with floating point.

Contents
--------
noise_covariance, spatial_fisher_memory, total_fisher_memory, fisher_memory_at_lag, fisher_memory_matrix
    C, J^s, J_tot, J(k), J_kl of a matrix of numbers, symbols, or both, stationary or over a horizon.
small_gain_series, small_gain_flow_series
    J^s in powers of the gain, for matrices of every size.
ClosedForm, closed_form, closed_forms
    Memory as a formula in gains, lags and sizes, which can be called with numbers.
Proof, prove
    Derivations in which every step is checked; `linmem.symbolic.proofs.proofs()` lists them.

Modules
-------
exact, series
    The computations with matrices; the series in the gain.
expressions, formulas, special
    The class of closed forms; all of them; functions that lose no digits.
proofs, words, typesetting
    The parts of a proof; the algebra of matrices of unknown size; plain text and LaTeX.
fisher_memory, coordinates, limiting_cases, normal_networks, spectral_laws
    Proofs for claims A and B.
chains, amplification_bounds, feedback_chains
    Proofs for claims C and D.
decoding, capacity, continuous_time, integrators, nonnormality
    Proofs for claims E to G.
along_paths, paths_in_closed_form
    Proofs for claims H.
diagonal_networks
    Proofs for claims I.
"""

from linmem.symbolic.exact import (
    fisher_memory_at_lag,
    fisher_memory_matrix,
    noise_covariance,
    spatial_fisher_memory,
    total_fisher_memory,
)
from linmem.symbolic.expressions import ClosedForm
from linmem.symbolic.formulas import closed_form, closed_forms
from linmem.symbolic.proofs import Proof, prove
from linmem.symbolic.series import small_gain_flow_series, small_gain_series

__all__ = [
    "ClosedForm",
    "Proof",
    "closed_form",
    "closed_forms",
    "fisher_memory_at_lag",
    "fisher_memory_matrix",
    "noise_covariance",
    "prove",
    "small_gain_flow_series",
    "small_gain_series",
    "spatial_fisher_memory",
    "total_fisher_memory",
]
