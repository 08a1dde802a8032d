#!/usr/bin/env bash
# keras 3.15.1 on jax 0.10.2: a recurrent layer with dtype="bfloat16" fails to build, since the orthogonal initializer of its
# recurrent weights needs a QR decomposition, which jax does not have for that type (NotImplementedError). Called directly,
# the layer says so. keras.Sequential catches the NotImplementedError of its layers while it is built: the model says
# `built` is True, its list of weights holds the input kernel alone, and model.save writes a .keras file without recurrent
# weights and without bias, all without a word. Only a call of the model would raise. A recurrent_initializer without
# QR, as "glorot_uniform", mends it. So a .keras file of a recurrent layer may hold no recurrent weights at all.
# Exits with an error if keras no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q keras==3.15.1 jax==0.10.2 numpy==2.4.6 h5py==3.14.0 2>/dev/null
cd "$folder"
KERAS_BACKEND=jax JAX_PLATFORMS=cpu TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python - 2>/dev/null <<'PYTHON'
import io
import zipfile

import h5py
import keras
import numpy as np
from keras import layers


def saved(layer):
    model = keras.Sequential([keras.Input((3, 2)), layer])
    model.save("model.keras")
    with zipfile.ZipFile("model.keras") as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        names = []
        file.visititems(lambda name, one: names.append(name) if isinstance(one, h5py.Dataset) else None)
    return model, names


try:
    layers.SimpleRNN(4, dtype="bfloat16")(np.ones((1, 3, 2)))
    direct = "builds"
except NotImplementedError:
    direct = "raises NotImplementedError"
model, names = saved(layers.SimpleRNN(4, dtype="bfloat16"))
_, whole = saved(layers.SimpleRNN(4, dtype="bfloat16", recurrent_initializer="glorot_uniform"))
print(f"keras {keras.__version__}, SimpleRNN(4, dtype='bfloat16'): called directly it {direct}; in Sequential built is "
      f"{model.built}, {len(model.weights)} weights, and the file holds {names}; with glorot_uniform it holds {whole}")
as_described = direct.startswith("raises") and model.built and len(names) == 1 and len(whole) == 3
raise SystemExit(0 if as_described else "the behaviour has changed")
PYTHON
