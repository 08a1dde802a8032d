"""Compiled loops: arrays in, arrays filled. No checks, no errors, nothing imported but numpy and numba.

Contents
--------
lines
    Walks along delay lines and rings, O(N).
stacks
    Fisher memory curves of many small networks in one parallel pass.
resolvent
    Smallest singular values of many shifts side by side.
simulate
    Trajectories, with noise that does not depend on threads.
backpropagation, tiles
    Cells of recurrent networks and their gradients, in vector registers.
threads
    How many there are.
"""
