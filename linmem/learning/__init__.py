"""Learned connectivity: networks trained on tasks that need memory, without a framework.

Contents
--------
tasks
    Copying, addition, pixels of digits in a shuffled order, characters of a text.
initial
    Where training starts: identity, orthogonal, chain, feedback chain; gates of an LSTM.
cells
    A plain cell or an LSTM, unrolled over the steps of a sequence: loss and gradient.
optimisers
    RMSProp and Adam, and clipping of the gradient.
trained
    TrainingSettings, TrainedNetwork, read_trained
training
    train
gallery
    learned: trained networks that the package has
"""
