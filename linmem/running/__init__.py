"""Networks as they run: weights, inputs and noise that change from step to step.

Contents
--------
time_varying_network
    The network: A_t, B_t and Q_t of T steps.
noise_of_steps
    The noise of the steps as factors, Q_t = G_t G_t*.
steps
    Checks of what is given about the steps.
gradients
    Norms of the derivatives of the state with respect to the inputs.
results
    What measures along the steps return.
"""
