"""How much a network remembers.

Contents
--------
fisher, stacks
    The Fisher memory curve, matrix and total, of one network and of stacks.
inputs
    The spatial Fisher memory matrix and the optimal input.
decoding, noiseless
    Signal-to-noise ratio, memory function, capacity and information, with noise and without.
optimal
    Networks that remember most under a norm budget.
readout, discrimination
    The same from simulated states, of networks linear or not.
meanfield
    The linear network that stands for a non-linear one.
"""
