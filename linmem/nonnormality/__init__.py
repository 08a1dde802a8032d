"""How far a matrix is from normal, and what follows from it.

Contents
--------
schur
    The Schur form, in any order, and in the direction in which the signal flows.
departure
    Henrici's departure from normality, bounds on it, the commutator, conditions of eigenvalues, a test.
numerical_range
    The numerical range; its radius, its abscissa, and its distance from 0.
pseudospectra
    The resolvent on a grid; pseudospectral abscissa and radius.
kreiss
    The Kreiss constant, between two bounds.
transients
    The growth of ||W^k|| and ||e^{At}||, and bounds on it.
hidden_chains
    The chain hidden in the weights: link profiles, and the order of the units along it.
"""
