"""The noise covariance, by whichever path can be trusted; what W^k does to an input; trajectories.

Contents
--------
balanced
    The coordinates in which the noise is white: every memory is a squared norm there.
doubling
    The fast path: C by doubling, with a proved bound on its error.
square_root
    The accurate path: a factor of C by orthogonal transformations alone.
lines
    The structured path: delay lines and rings, O(N).
enclosed
    The last path: ball arithmetic.
paths
    Which path is taken, and when it is left for the next.
covariance
    `noise_covariance`.
propagation
    `transient_amplification`.
decoding
    The factors from which the memory function is made.
flow
    Continuous time, in steps that the other paths can take.
simulation
    `simulate`: trajectories, linear or not, and their moments.
"""
