"""Recurrent cells as they run: one step, and the derivatives of the whole state by the state and by the input.

Conventions
-----------
Weights are arranged as in PyTorch: arrays multiply columns, (g N, N) and (g N, M), with the gates in blocks of N rows.
A state is one array, (..., n), with all that the cell hands to its next step: h; the current u of a cell in current
form; (h, c) of an LSTM; all layers of a stack. Leading axes are independent sequences.

Contents
--------
nonlinearities
    Functions f with their slopes f'.
cell
    What every cell has in common.
plain
    `RNNCell`: h' = (1 - a) h + a f(W h + V x + b), and the same for currents.
gru, lstm
    `GRUCell`, `LSTMCell`.
selective
    `SelectiveSSM`, `RGLRUCell`: the input sets how much is kept, and A is diagonal.
trajectory
    `trajectory`: the states of a cell along a sequence of inputs.
composed
    `CustomCell`, of a user's own step and Jacobian; `StackedCell`, layers of cells.
"""
