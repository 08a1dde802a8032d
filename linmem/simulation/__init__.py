"""Whatever needs random numbers: simulated trajectories, and memory measured from them.

Contents
--------
trajectories
    `simulate`: states of a network, linear or not, and their moments.
decoders
    Linear decoders fitted to simulated states, and the decode curve.
fisher_from_trials
    The Fisher memory curve measured on trials with and without a pulse.
mean_field
    The linear network that stands for a non-linear one in its statistics.
"""
