#!/usr/bin/env bash
# torch.onnx.export of torch 2.13.0 (the default exporter) of torch.nn.LSTM(2, 4, proj_size=3): it ends without an error, but
# the file holds an LSTM operator with hidden_size 3 whose R is (1, 12, 3): the first 12 of the 16 rows of weight_hh, in
# blocks of 3 that are no gates any more, and weight_hr is nowhere. onnx.checker accepts the file; onnxruntime refuses to run
# it, since the initial state of c still has 4 units. ONNX's LSTM has no projection, and the older exporter (dynamo=False)
# says so. So R of a well-formed .onnx file may be no recurrent matrix of anything.
# Exits with an error if torch no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 2>/dev/null
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

torch.manual_seed(0)
lstm = torch.nn.LSTM(2, 4, proj_size=3).eval()
torch.onnx.export(lstm, (torch.zeros(5, 1, 2),), "lstm.onnx", input_names=["x"], external_data=False, verbose=False)
model = onnx.load("lstm.onnx")
onnx.checker.check_model(model)
arrays = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
node = next(one for one in model.graph.node if one.op_type == "LSTM")
R = arrays[node.input[2]][0]
# ONNX's order of gates is i o f c: blocks 0, 3, 1, 2 of what the exporter took for i f g o
cut = np.concatenate([lstm.weight_hh_l0.detach().numpy()[3 * k : 3 * k + 3] for k in (0, 3, 1, 2)])
projection = any(one.shape[-2:] == (3, 4) or one.shape[-2:] == (4, 3) for one in arrays.values())
try:
    onnxruntime.InferenceSession("lstm.onnx").run(None, {"x": np.zeros((5, 1, 2), np.float32)})
    run = "runs"
except Exception:
    run = "is refused by onnxruntime"
print(f"torch {torch.__version__}, LSTM(2, 4, proj_size=3): R is {R.shape}, rows of the first 12 of 16: "
      f"{np.array_equal(R, cut)}, the projection is in the file: {projection}; the file {run}")
as_described = R.shape == (12, 3) and np.array_equal(R, cut) and not projection and run.startswith("is")
raise SystemExit(0 if as_described else "the behaviour has changed")
PYTHON
