"""Simulation: what needs random numbers, state trajectories and the memory that is measured from them.

Contents
--------
trajectories
    `simulate`: states of a network, linear or not; `simulate_moments`: their mean and covariances.
decoders
    `fit_decoder`, `decode_curve`: the linear readout of a reservoir, and the memory function measured by it.
fisher_from_trials, path_trials
    `empirical_fisher_memory`: the Fisher memory curve measured on trials with and without a pulse, of a network, or of
    a cell about its path.
mean_field
    `mean_field`: the linear network with the same statistics as a non-linear one.
gaussian_response
    The mean, the gain and the residual of a non-linearity of Gaussian input.
trials
    Trials that run side by side, as the compiled kernel reads them.
ridge
    Ridge regression from sums over pieces of the data, and its cross-validation.
"""
