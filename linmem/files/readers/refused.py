"""Files that are not read, with the line that makes them readable in the library that wrote them.

Contents
--------
REFUSED
    By extension: why such a file is not read, and what to do, in words that continue "it".
NOT_OF_TORCH
    By extension: what a file may be that has the extension of PyTorch's files and is none.
OTHER_ARCHIVES
    By the name of a member: the archives of PyTorch that are not read.
refusal
    Why the file at a path is not read.
of_path
    A line of this module with the name of a file in it.
"""

from __future__ import annotations

import re
from pathlib import Path

EXECUTED = "and nothing in a file is executed"
TENSORFLOW = (  # gives the arrays of a checkpoint of TensorFlow, by name; PATH stands for the path
    "r = tf.train.load_checkpoint(PATH); numpy.savez('weights.npz', **{n.removesuffix('/.ATTRIBUTES/VARIABLE_VALUE'): "
    "r.get_tensor(n) for n in r.get_variable_to_shape_map() if 'OBJECT_GRAPH' not in n})"
)
PICKLE = f"is a pickle, which is a program, {EXECUTED}; with the library that wrote it, save the weights: "
EXPORTED = "torch.save(dict(torch.export.load(PATH).state_dict), 'weights.pt')"
REFUSED = {
    ".eqx": "has the arrays of a model of equinox without their names; with equinox, name them: "
    "numpy.savez('weights.npz', weight_hh=model.cell.weight_hh, weight_ih=model.cell.weight_ih)",
    ".rpy": f"is a pickle of reservoirpy, {EXECUTED}; with reservoirpy, save the weights: "
    "scipy.sparse.save_npz('weights.npz', scipy.sparse.csr_array(reservoir.W))",
    ".pickle": f"{PICKLE}numpy.savez('weights.npz', W=model.W)",
    ".joblib": f"{PICKLE}numpy.savez('weights.npz', W=joblib.load(PATH).W)",
    ".pt2": f"is a program of torch.export, {EXECUTED}; with PyTorch, save its weights: {EXPORTED}",
    ".tflite": "is a program of TensorFlow Lite without the names of its layers; save the model that it was made from: "
    "model.save('weights.keras')",
    ".pb": f"is a program of TensorFlow, {EXECUTED}; with TensorFlow, save the variables in the folder beside it: "
    + TENSORFLOW.replace("PATH", "'variables/variables'"),
    ".index": f"is part of a checkpoint of TensorFlow; with TensorFlow, save its arrays: {TENSORFLOW}",
}
PART_OF_CHECKPOINT = re.compile(r"\.(data-\d{5}-of-\d{5}|index)$")  # the endings of the files of one checkpoint
ORBAX = ("_METADATA", "_CHECKPOINT_METADATA", "manifest.ocdbt")  # files in the folders of Orbax
ORBAX_LINE = (
    "is a folder of Orbax; with Orbax and flax, save its arrays: tree = "
    "orbax.checkpoint.PyTreeCheckpointer().restore(os.path.abspath(PATH)); "
    "open('weights.msgpack', 'wb').write(flax.serialization.to_bytes(tree))"
)
NO_ARCHIVE = "is not an archive of torch.save, neither of the present nor of the older kind"
NOT_OF_TORCH = {  # by extension: what else such a file may be
    ".pkl": REFUSED[".pickle"],
    ".ckpt": f"{NO_ARCHIVE}; if it is a checkpoint of TensorFlow, save its arrays there: {TENSORFLOW}",
    ".bin": f"{NO_ARCHIVE}, and .bin may be anything; save the weights: numpy.savez('weights.npz', W=W)",
}
OTHER_ARCHIVES = {  # the end of the name of a member of an archive that PyTorch writes for something else than tensors
    "constants.pkl": f"is a program of torch.jit, {EXECUTED}; with PyTorch, save its weights: "
    "torch.save(torch.jit.load(PATH).state_dict(), 'weights.pt')",
    "archive_format": REFUSED[".pt2"],
    "serialized_exported_program.json": REFUSED[".pt2"],
}


def refusal(path: Path) -> str:
    """Why the file or folder is not read, and what to do; "" if there is no reason known.

    Examples
    --------
    >>> refusal(Path("model.pt2")).partition("weights: ")[2]
    "torch.save(dict(torch.export.load('model.pt2').state_dict), 'weights.pt')"
    """
    if path.is_dir():
        is_orbax = any((path / part).exists() for part in ORBAX)
        return of_path(ORBAX_LINE, path.name) if is_orbax else ""
    if PART_OF_CHECKPOINT.search(path.name):
        return of_path(REFUSED[".index"], PART_OF_CHECKPOINT.sub("", path.name))
    return of_path(REFUSED.get(path.suffix.lower(), ""), path.name)


def of_path(line: str, name: str) -> str:
    """A line of this module with the name of the file or folder in it."""
    return line.replace("PATH", repr(name))
