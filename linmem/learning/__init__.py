"""Learned connectivity: recurrent networks trained on tasks that need memory, without a deep-learning framework.

Contents
--------
tasks
    Copying, addition, pixels of digits in a shuffled order, characters of a text.
initial
    The weights before training: identity, orthogonal, chain, feedback chain; gates of an LSTM.
parameters
    The parameters of a plain cell or an LSTM, with its readout, as one flat array.
unrolled
    A cell, unrolled over the steps of a sequence: loss and gradient.
optimisers
    RMSProp and Adam, and clipping of the gradient.
trained
    `TrainingSettings`, `TrainedNetwork`, `read_trained`.
training
    `train`: training that can be stopped at any moment and resumed.
gallery
    `learned`: trained networks that the package contains.
"""
