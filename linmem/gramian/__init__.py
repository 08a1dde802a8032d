"""The noise covariance (controllability Gramian) of a network: the one place where it is solved and used.

A request goes to `methods.best`, which asks one form of the Gramian after the other until an answer is accurate enough.
Each form is a subclass of `quantities.Gramian`, with one method for each quantity, named as the public function.

Contents
--------
request
    `Request`: what is asked, checked once.
quantities
    `Gramian` and `Answer`: the interface.
methods
    Which form is tried when.
delay_lines
    "structured": delay lines and rings, O(N).
diagonal, cauchy, channels
    "structured": diagonal networks in O(N K); noise that enters with several inputs of them; many side by side.
matrix_free, refined_solver, conjugate_gradients, sparse_operator, sparse_series, sparse_radius, sparse_cost
    "matrix-free": large sparse networks.
doubling
    "fast": the covariance by doubling, with a proved bound on its error.
extended
    "extended": doubles in coordinates that were found with more bits, with a proved bound on its error.
square_root
    "square-root": a factor of the covariance by orthogonal transformations.
enclosure
    "balls": ball arithmetic.
continuous
    Continuous time, by the forms of discrete time.
input_normal, readout, rounding
    What follows from a factor of the covariance: curves, decoding, sensitivity to rounding.
time_varying, summed, many_paths, step_factors, noise_rounding, ends, pulses, products
    Networks whose weights change: the covariance at one end, all ends in one pass, the measures from both, gradients.
diagonal_paths
    "structured": networks whose weights change and are diagonal.
reached, gradient
    The space that an input reaches; the gradient of total memory for optimisation.
"""
