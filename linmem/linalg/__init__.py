"""Linear algebra on arrays alone: no function here takes a network.

Contents
--------
blas
    Matrix products and norms, and the number of threads that BLAS may take.
stein
    The Stein equation C = A C A* + Q by doubling, and a square-root factor of C by orthogonal transformations.
expm
    The matrix exponential.
discretisation
    Continuous time in discrete steps: zero-order hold and bilinear.
structure
    Exact structure of a matrix: delay lines, triangular, tridiagonal. The one scaling, and the one bound on a norm.
modes
    The modes of a diagonal network, and 1 - |l|^2 without cancellation.
all_pass
    The cascade of all-pass sections that has given eigenvalues.
eigenvectors
    Eigenvalues, their conditions and that of the eigenvectors, with errors from the residuals.
curve_distances
    Whether the smallest singular value of z - W exceeds a level all along a circle or a line.
eigenvalue_bounds
    The spectral radius and the spectral abscissa, each between a lower and an upper bound.
"""
