"""File formats: each reader tells which arrays a file holds without reading them, and reads those that are asked for.

Conventions
-----------
A reader takes a path and returns `StoredArray`s. It executes nothing that the file says, and trusts no size in it. What
it raises, of whatever kind, is turned into one error by `linmem.files.choose`. Libraries that only one format
needs are imported when a file of that format is met.

Contents
--------
stored
    StoredArray, an array that has not been read yet.
arrays
    .npy, .npz
text
    .csv, .tsv, .txt
matrix_market
    .mtx
matlab
    .mat, of versions 4, 5, 7 and 7.3
hdf5
    .h5, .hdf5, .keras
safetensors
    .safetensors
torch_pickle
    .pt, .pth, .pth.tar: PyTorch's, zipped and older
graphs
    .graphml, .edgelist
layouts
    What frameworks call the recurrent weights, which way round they store them, and in which order the gates.
"""
