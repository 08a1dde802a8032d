"""Non-normality: the departure of a matrix from normality, and the growth, sensitivity and chains that follow from it.

Contents
--------
schur
    The Schur form, in any order, and in the direction in which the signal flows.
departure
    Henrici's departure from normality.
commutator
    The norm of W W* - W* W; bounds on the departure and on the distance to a normal matrix.
normality
    A test of normality.
eigenvalue_conditions
    The condition of each eigenvalue, and of the eigenvectors.
numerical_range, supporting_lines
    The numerical range (field of values), its supporting lines, and the numerical abscissa.
numerical_radius
    The largest modulus in the numerical range.
crawford_number
    The distance of the numerical range from 0.
pseudospectra, resolvent
    The norm of the resolvent on a grid, and at any points, with its singular vectors (pseudomodes).
pseudospectral_radius
    The pseudospectral abscissa and radius.
kreiss, unstable_regions, resolvent_bounds
    The Kreiss constant between two bounds; the regions and the bounds of the resolvent by which it is proved.
transients, matrix_powers
    The growth of the whole matrix, ||W^k|| and ||e^{At}||.
growth_bounds
    Bounds on that growth, from the resolvent and from the Kreiss constant.
amplification
    The growth of one input, ||W^k V||.
hidden_chains
    The chain hidden in the weights: link profiles, and the order of the units along it.
"""
