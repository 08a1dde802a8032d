"""Builders: networks by the names that they have in the field.

Conventions
-----------
`W[i, j]` is the weight from unit j to unit i. A builder returns a `LinearNetwork` or a `ContinuousNetwork` with
independent noise of variance 1 in each unit, or a `DiagonalNetwork`, an input that suits it, and a name that says what
was built. Builders of
random networks require `rng`, a seed or a `numpy.random.Generator`; the same seed gives the same bits.

Every builder raises `ArgumentError` for an argument that breaks its rule, and `InvalidNetworkError` where finite
arguments give weights too large to compute with.

Contents
--------
chains
    chain, inhomogeneous_chain, feedback_chain, fan_out_tree
normal
    identity, random_orthogonal, ring, lattice, random_normal
triangular
    jordan, toeplitz_band, grcar, from_schur, random_upper_triangular
ensembles
    ginibre, symmetric_wigner, sparse_random, low_rank, in_random_basis
reservoirs
    echo_state
biological
    dale_balanced, balanced_amplification
state_space
    leaky_chain, lmu, hippo_legt, hippo_legs
diagonal_layers
    s4d_lin, s4d_inv, s4d_legs, s5_legs, lru, mamba_channel, rg_lru
connectomes
    connectome
shuffles
    shuffled
comparison
    compare_with_shuffles
construction
    What several builders need.
randomness
    Random generators from seeds.
"""
