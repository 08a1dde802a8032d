"""Linear algebra on arrays alone: nothing here knows a network.

Contents
--------
blas
    Matrix products and norms, and how many threads BLAS may take.
stein
    The Stein equation C = A C A* + Q by doubling, and a square-root factor of C by orthogonal transformations.
expm
    The matrix exponential.
structure
    What a matrix can be seen to be before any arithmetic: delay lines, triangular, tridiagonal; the one scaling.
eigenvalue_bounds
    The spectral radius and the spectral abscissa, each between bounds.
"""
