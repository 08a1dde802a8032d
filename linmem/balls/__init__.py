"""Ball arithmetic: numbers that come with a proof.

The stored doubles of a network are exact dyadic rationals. Here they are carried as such, every rounding is bounded,
and the result is an interval that contains the true value. Each module states at its top what it proves, with the
inequality. This is the only room that imports python-flint, and it is itself imported late: a program that needs no
proof does not pay for it.

Contents
--------
fisher
    The Fisher memory curve, its total, the matrices across lags and units, and the noise covariance, enclosed.
decoding
    The memory function, the capacity and the mutual information, enclosed.
memory_lost
    The Fisher memory that is lost from each lag to the next, enclosed.
sensitivity
    The sensitivity of Fisher memory to the rounding of the weights, enclosed.
spectrum
    The spectral radius and abscissa, and largest eigenvalues, enclosed.
numerical_range
    The numerical radius and abscissa, enclosed.
transients
    The norms of the powers of a matrix, enclosed.
kreiss
    The Kreiss constant, enclosed.
pseudospectral_radius
    The pseudospectral radius and abscissa, enclosed.
departure
    Henrici's departure from normality, enclosed; normality, decided.
coordinates
    Coordinates in which the noise covariance is near the identity.
covariance
    A matrix near the noise covariance, with a proof of how near.
states
    The states that an input leaves behind, with a bound of their drift.
forms
    Hermitian forms in an inverse that is known approximately.
resolvent
    A lower bound of the smallest singular value along a circle or a line.
stein
    The Stein and the Lyapunov equation.
decisions
    What doubles leave open about a stored matrix, decided by exact arithmetic.
discretised
    A discretised network that holds the memory of the flow although its weights are rounded.
scaling
    Matrices scaled to a spectral radius, which is divided by only where it is known.
positive
    Positive definite matrices, proved.
roots
    The characteristic polynomial in integers and its roots.
bounded
    An exact matrix with one bound of its error; products and sums; doubles and their errors.
precision
    The working precision, doubled until an enclosure is narrow.
powers
    Powers of a matrix to any number of bits, without a proof.
eigenvectors
    Repeated and defective eigenvalues, decided; eigensystems to any number of bits.
eigenvalues
    Eigenvalues to any number of bits, without a proof.
"""
