"""Networks by name, and networks from files.

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
biological
    dale_balanced, balanced_amplification
state_space
    leaky_chain, lmu, hippo_legt, hippo_legs
connectomes
    connectome
files
    load_network
catalogue
    All of them by name, for the command line.
"""
