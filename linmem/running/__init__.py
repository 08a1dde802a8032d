"""Networks as they run: weights, inputs and noise that change from step to step.

Contents
--------
time_varying_network
    The network: A_t, B_t and Q_t of T steps.
noise_of_steps
    The noise of the steps as factors, Q_t = G_t G_t*.
linearised_path
    `linearise`: the network of a cell along its path, or along many paths; `Noise`, and where it enters.
fixed_points
    `fixed_points`: fixed and slow points of a cell, each with its linear network.
exponents
    `lyapunov_exponents` of a path or of a network.
steps
    Checks of what is given about the steps.
gradients
    Norms of the derivatives of the state with respect to the inputs.
validity
    How small the noise has to be for the linear theory of a path.
results
    What measures along the steps return.
"""
