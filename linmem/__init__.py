r"""Memory in noisy linear recurrent networks, h_t = W h_{t-1} + V s_t + z_t.

For any matrix W: how much the network remembers, how far it is from normal, and how far each number can be trusted.

======  ===============================================================  ==========
symbol  meaning                                                          in names
======  ===============================================================  ==========
W       recurrent weights, (N, N); W[i, j] is from unit j to unit i      recurrent
V, v    feedforward weights, (N,) or (N, d)                              feedforward
Q, eps  covariance of the noise z (eps: a variance, Q = eps I)           noise
a, g    amplitude gain: the weight of a chain, the radius of a rotation  gain
k, K    lag 0 ... K - 1                                                  lags
n       horizon: signal and noise of the last n steps                    horizon
C       covariance of the noise in the state, sum_k W^k Q W*^k           noise covariance
J(k)    Fisher memory curve, v* W*^k C^-1 W^k v
J_kl    Fisher memory matrix, v* W*^k C^-1 W^l v
J^s     spatial Fisher memory matrix, sum_k W*^k C^-1 W^k
J_tot   total Fisher memory, sum_k J(k) = v* J^s v
rho     spectral radius, max |eigenvalue|                                radius
======  ===============================================================  ==========

A star is the conjugate transpose. Everything below is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

# name -> room, in the order in which data flows
_ROOMS = {
    "LinmemError": "errors",
    "ArgumentError": "errors",
    "InvalidNetworkError": "errors",
    "UnstableNetworkError": "errors",
    "UndecidedStabilityError": "errors",
    "AccuracyError": "errors",
    "FileError": "errors",
    "MissingLibraryError": "errors",
    "DivergenceError": "errors",
    "LinearNetwork": "network",
    "ContinuousNetwork": "network",
    "as_network": "network",
    "DiagonalNetwork": "diagonal_network",
    "StateSpaceLayer": "state_space_layer",
    "Stability": "linalg.eigenvalue_bounds",
    "chain": "connectivity.chains",
    "inhomogeneous_chain": "connectivity.chains",
    "feedback_chain": "connectivity.chains",
    "fan_out_tree": "connectivity.chains",
    "identity": "connectivity.normal",
    "random_orthogonal": "connectivity.normal",
    "ring": "connectivity.normal",
    "lattice": "connectivity.normal",
    "random_normal": "connectivity.normal",
    "jordan": "connectivity.triangular",
    "toeplitz_band": "connectivity.triangular",
    "grcar": "connectivity.triangular",
    "from_schur": "connectivity.triangular",
    "random_upper_triangular": "connectivity.triangular",
    "ginibre": "connectivity.ensembles",
    "symmetric_wigner": "connectivity.ensembles",
    "sparse_random": "connectivity.ensembles",
    "low_rank": "connectivity.ensembles",
    "echo_state": "connectivity.reservoirs",
    "in_random_basis": "connectivity.ensembles",
    "dale_balanced": "connectivity.biological",
    "balanced_amplification": "connectivity.biological",
    "leaky_chain": "connectivity.state_space",
    "lmu": "connectivity.state_space",
    "hippo_legt": "connectivity.state_space",
    "hippo_legs": "connectivity.state_space",
    "s4d_lin": "connectivity.diagonal_layers",
    "s4d_inv": "connectivity.diagonal_layers",
    "s4d_legs": "connectivity.diagonal_layers",
    "s5_legs": "connectivity.diagonal_layers",
    "lru": "connectivity.diagonal_layers",
    "mamba_channel": "connectivity.diagonal_layers",
    "rg_lru": "connectivity.diagonal_layers",
    "connectome": "connectivity.connectomes",
    "shuffled": "connectivity.shuffles",
    "compare_with_shuffles": "connectivity.comparison",
    "RNNCell": "cells.plain",
    "GRUCell": "cells.gru",
    "LSTMCell": "cells.lstm",
    "SelectiveSSM": "cells.selective",
    "RGLRUCell": "cells.selective",
    "CustomCell": "cells.composed",
    "StackedCell": "cells.composed",
    "trajectory": "cells.trajectory",
    "load_network": "files.choose",
    "load_matrix": "files.choose",
    "load_cell": "files.cell_weights",
    "describe_file": "files.describe",
    "load_state_space": "files.state_space",
    "network_from_source": "files.sources",
    "prepared": "preparation",
    "TimeVaryingNetwork": "running.time_varying_network",
    "gradient_norms": "running.gradients",
    "Noise": "running.linearised_path",
    "linearise": "running.linearised_path",
    "lyapunov_exponents": "running.exponents",
    "fixed_points": "running.fixed_points",
    "noise_covariance": "memory.covariance",
    "noise_covariance_factor": "memory.covariance",
    "transient_amplification": "nonnormality.amplification",
    "Simulation": "simulation.trajectories",
    "simulate": "simulation.trajectories",
    "StateMoments": "simulation.trajectories",
    "simulate_moments": "simulation.trajectories",
    "FisherMemoryCurve": "memory.fisher",
    "fisher_memory_curve": "memory.fisher",
    "fisher_memory_matrix": "memory.fisher",
    "total_fisher_memory": "memory.fisher",
    "spatial_fisher_memory": "memory.spatial",
    "RoundingSensitivity": "memory.sensitivity",
    "rounding_sensitivity": "memory.sensitivity",
    "OptimalNetwork": "memory.optimal",
    "optimal_chain": "memory.optimal",
    "optimal_network": "memory.optimal",
    "MemoryFunction": "memory.decoding",
    "memory_function": "memory.decoding",
    "memory_capacity": "memory.decoding",
    "mutual_information": "memory.decoding",
    "snr_curve": "memory.decoding",
    "nuisance_information": "memory.decoding",
    "FittedDecoder": "simulation.decoders",
    "fit_decoder": "simulation.decoders",
    "DecodeCurve": "simulation.decoders",
    "decode_curve": "simulation.decoders",
    "EmpiricalFisherMemory": "simulation.fisher_from_trials",
    "empirical_fisher_memory": "simulation.fisher_from_trials",
    "MeanField": "simulation.mean_field",
    "mean_field": "simulation.mean_field",
    "SchurForm": "nonnormality.schur",
    "schur_form": "nonnormality.schur",
    "henrici_departure": "nonnormality.departure",
    "departure_bounds": "nonnormality.commutator",
    "commutator_norm": "nonnormality.commutator",
    "normal_distance": "nonnormality.commutator",
    "eigenvalue_conditions": "nonnormality.eigenvalue_conditions",
    "eigenvector_condition": "nonnormality.eigenvalue_conditions",
    "normality_test": "nonnormality.normality",
    "NumericalRange": "nonnormality.numerical_range",
    "numerical_range": "nonnormality.numerical_range",
    "numerical_radius": "nonnormality.numerical_radius",
    "numerical_abscissa": "nonnormality.numerical_range",
    "crawford_number": "nonnormality.crawford_number",
    "Pseudospectrum": "nonnormality.pseudospectra",
    "pseudospectrum": "nonnormality.pseudospectra",
    "Pseudomode": "nonnormality.pseudospectra",
    "pseudomode": "nonnormality.pseudospectra",
    "Resolvent": "nonnormality.pseudospectra",
    "pseudospectral_abscissa": "nonnormality.pseudospectral_radius",
    "pseudospectral_radius": "nonnormality.pseudospectral_radius",
    "KreissConstant": "nonnormality.kreiss",
    "kreiss_constant": "nonnormality.kreiss",
    "TransientGrowth": "nonnormality.transients",
    "transient_growth": "nonnormality.transients",
    "growth_lower_bound": "nonnormality.growth_bounds",
    "growth_upper_bound": "nonnormality.growth_bounds",
    "LinkProfile": "nonnormality.hidden_chains",
    "link_profile": "nonnormality.hidden_chains",
    "chain_order": "nonnormality.hidden_chains",
    "to_xarray": "exchange.results",
    "to_pandas": "exchange.results",
    "to_json": "exchange.json_text",
    "to_python_control": "exchange.systems",
    "from_python_control": "exchange.systems",
    "from_networkx": "exchange.graphs",
    "Enclosure": "enclosure",
    "certify": "certification",
    "optimal_input": "memory.spatial",
    "memory_of_groups": "memory.groups",
    "LayerMemory": "memory.layers",
    "memory_of_layer": "memory.layers",
    "Proof": "symbolic.proofs",
    "prove": "symbolic.proofs",
    "TrainingSettings": "learning.trained",
    "TrainedNetwork": "learning.trained",
    "read_trained": "learning.trained",
    "train": "learning.training",
    "learned": "learning.gallery",
    "learned_training": "learning.gallery",
    "check": "claims.checking",
    "Family": "sweeps.families",
    "grid": "sweeps.families",
    "family_of_files": "sweeps.families",
    "sweep": "sweeps.sweeping",
    "report": "reporting.reports",
    "explore": "exploring.serving",
}

# names of version 0.1.0, and what has taken their place
_FORMER = {
    "linearised": "mean_field",
    "Linearisation": "MeanField",
    "input_sensitivity": "rounding_sensitivity",
    "InputSensitivity": "RoundingSensitivity",
    "hidden": "in_random_basis",
    "Radius": "Stability",
}

_OPEN_ROOMS = ("plotting", "symbolic")  # which keep their words for themselves

__all__ = ["__version__", *_ROOMS]


def __getattr__(name: str):  # type: ignore[no-untyped-def]  # importing typing would take longer than all else here
    if name in _ROOMS:
        value = getattr(import_module(f"linmem.{_ROOMS[name]}"), name)
        globals()[name] = value
        return value
    if name in _OPEN_ROOMS:
        return import_module(f"linmem.{name}")
    if name in _FORMER:
        import warnings

        warnings.warn(f"linmem.{name} is now linmem.{_FORMER[name]}", FutureWarning, stacklevel=2)
        return __getattr__(_FORMER[name])
    raise AttributeError(f"module 'linmem' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS, *_OPEN_ROOMS])
