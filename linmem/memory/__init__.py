"""How much a network remembers: theory, without random numbers.

Contents
--------
fisher
    The Fisher memory curve, matrix and total.
spatial
    The spatial Fisher memory matrix and the optimal input.
groups
    Shares of groups of units in the memory.
layers
    Memory of state-space layers, channel by channel.
decoding, noiseless
    Memory function, capacity, information and signal-to-noise ratio, with noise and without.
covariance
    The covariance of the noise in the state, and its square-root factor.
sensitivity
    How far the rounding of the weights moves memory.
optimal, budgets
    Networks that remember most under a norm budget.
along_path
    What a network whose weights change gives for itself.
stacks
    Measures of every member of a stack of networks.
"""
