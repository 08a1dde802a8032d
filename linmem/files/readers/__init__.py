"""File formats: a reader lists the arrays of a file without reading them, and reads those that are chosen.

Conventions
-----------
A reader takes a path and returns `StoredArray`s. It executes nothing that is in the file, and does not trust the sizes
that the file states. Whatever it raises becomes one `FileError` in `linmem.files.opening`. A library that only one
format needs is imported when a file of that format is opened.

Contents
--------
stored
    StoredArray, an array that has not been read yet.
arrays, compressed_rows
    .npy, .npz, also of scipy.sparse; and sparse matrices from the arrays in which files keep them
tables, edge_tables, text_lines
    .csv, .tsv, .txt: matrices and edges, and the lines and cells of a text
edges
    Edges between named units, as sparse matrices.
matrix_market
    .mtx
matlab, matlab_names, matlab_hdf5, octave_text
    .mat, of versions 4, 5, 7 and 7.3, and Octave's; the names of what is inside of structs and cells
packed
    .gz, .bz2, .xz, .zip: one file inside, or a connectivity of The Virtual Brain
hdf5_files, sonata
    .h5, .hdf5, .mat of version 7.3: which program wrote it, and the edges of SONATA
hdf5, hdf5_texts, keras_configuration
    .h5, .hdf5, .keras, the texts in them, and what the configuration of Keras says about their layers
safetensors
    .safetensors
torch_checkpoint, torch_pickle, torch_objects
    .pt, .pth, .pth.tar, .ckpt, .bin: the files of PyTorch, in their present and their older form, the pickles inside
    them, and what those describe
shards
    .index.json: models in several files
flax_msgpack
    .msgpack: trees of arrays of flax
onnx, onnx_tensors, protobuf
    .onnx: the recurrent operators, the tensors that they take, and the messages that the file consists of
number_types
    Types of numbers that numpy does not have.
refused
    Files that are not read, with the line that makes them readable.
graphs
    .graphml, .edgelist, .gml, .json
"""
