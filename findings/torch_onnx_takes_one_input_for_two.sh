#!/usr/bin/env bash
# torch.onnx.export of torch 2.13.0 (the default exporter): where one tensor is passed for two arguments, as in the usual
# zeros = torch.zeros(1, 1, 4); export(model, (x, zeros, zeros)) for the states h and c of an LSTM, the file has inputs
# for both, but the graph uses one of them for both: the file computes another function, without a warning. The older exporter
# (dynamo=False) and two tensors of the same values give the right file.
# Exits with an error if torch no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 2>/dev/null
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import onnx
import onnxruntime
import torch


class Step(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(2, 4)

    def forward(self, x, h, c):
        return self.lstm(x, (h, c))[1]


torch.manual_seed(0)
model = Step().eval()
x, h, c = torch.randn(1, 1, 2), torch.randn(1, 1, 4), torch.randn(1, 1, 4)
zeros = torch.zeros(1, 1, 4)


def error(states, dynamo):
    """How far the file is from the model, with h and c, and the inputs of its LSTM operator."""
    torch.onnx.export(model, (torch.zeros(1, 1, 2), *states), "step.onnx", input_names=["x", "h", "c"], dynamo=dynamo, verbose=False)
    found = onnxruntime.InferenceSession("step.onnx").run(None, {"x": x.numpy(), "h": h.numpy(), "c": c.numpy()})
    used = {name for node in onnx.load("step.onnx").graph.node for name in node.input if name in ("h", "c")}
    with torch.no_grad():
        expected = model(x, h, c)
    return max(float(abs(a - torch.tensor(b)).max()) for a, b in zip(expected, found)), sorted(used)


same, used = error((zeros, zeros), True)
other, both = error((zeros, zeros.clone()), True)
old, _ = error((zeros, zeros), False)
print(f"torch {torch.__version__}, one tensor for h and c: off by {same:.2g}, the graph uses {used}; two tensors: off by "
      f"{other:.0e}, it uses {both}; one tensor and dynamo=False: off by {old:.0e}")
raise SystemExit(0 if same > 0.01 and max(other, old) < 1e-5 and len(used) == 1 else "the behaviour has changed")
PYTHON
