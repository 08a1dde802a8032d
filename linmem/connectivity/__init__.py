"""Networks by name, and networks from files.

Contents
--------
chains
    chain, inhomogeneous_chain, feedback_chain, fan_out_tree
normal
    identity, random_orthogonal, ring
ensembles
    ginibre, hidden
connectomes
    connectome
files
    load_network
catalogue
    All of them by name, for the command line.
"""
