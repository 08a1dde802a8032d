"""Compiled loops: they read arrays and fill arrays. They check nothing and raise nothing, as their callers do.

Nothing but the standard library, numpy, numba and its compiler is imported here. Kernels are compiled on their first
call and kept on disk; where no folder can be written, every process compiles those that it calls, and says so once.

Contents
--------
lines
    Noise and memory along delay lines and rings, in O(N).
stacks
    Fisher memory curves of many small networks, side by side in the lanes of vector registers.
along_paths
    Products of the Jacobians of small cells along many paths.
all_pass
    A pulse in cascades of all-pass sections, and sums of powers.
diagonal_paths
    Pulses and noise along paths whose weights are diagonal.
sparse
    The product of a sparse matrix and a block of columns.
resolvent
    The smallest singular values of a shifted triangular matrix, for many shifts at once.
simulate
    Trajectories of a network with noise that does not depend on the number of threads.
rewiring
    Links of a graph that exchange their ends, and weights that exchange their links.
backpropagation, codes
    Cells of recurrent networks on many sequences, and the gradients backwards through time; numbers of nonlinearities.
tiles
    Products of matrices in vector registers, for `stacks`, `simulate` and `backpropagation`.
compiling
    Compilation, and the files in which compiled kernels are kept.
threads
    The number of threads that the kernels take, and kernels that run side by side.
"""
