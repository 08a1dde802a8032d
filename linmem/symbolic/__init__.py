r"""Exact mathematics: small networks with symbolic weights, closed forms, and proofs of the claims.

Conventions
-----------
Matrices and expressions are those of sympy, exact; no proof computes with floating point.

Contents
--------
noise_covariance, spatial_fisher_memory, total_fisher_memory, fisher_memory_at_lag, fisher_memory_matrix
    C, J^s, J_tot, J(k), J_kl of a matrix of numbers, symbols, or both, at rest or of a horizon.
small_gain_series, small_gain_flow_series
    J^s in powers of the gain, of matrices of every size.
ClosedForm, closed_form, closed_forms
    Memory as a formula in gains, lags and sizes, that can be called with numbers.
Proof, prove
    Derivations whose every step is checked; `linmem.symbolic.proofs.proofs()` lists them.
fisher_memory, two_units, normal_networks, laws, chains, amplification, feedback_chains, decoding, continuous_time
    The derivations, page by page.
"""

from linmem.symbolic.exact import (
    fisher_memory_at_lag,
    fisher_memory_matrix,
    noise_covariance,
    small_gain_flow_series,
    small_gain_series,
    spatial_fisher_memory,
    total_fisher_memory,
)
from linmem.symbolic.formulas import ClosedForm, closed_form, closed_forms
from linmem.symbolic.proofs import Proof, prove

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
