#!/usr/bin/env bash
# transformers 5.24.0: the file of a FalconMamba model has the same names and shapes as that of a Mamba model, so that MambaModel
# loads it without a missing, an unexpected or a mismatched key; but FalconMamba normalises dt, b and c inside its recurrence,
# without weights, so that the loaded model computes something else. Only config.json beside the file tells them apart.
# Exits with an error if transformers no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6 transformers==5.24.0 2>/dev/null
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import torch
import transformers
from safetensors.torch import load_file

torch.manual_seed(0)
sizes = {"vocab_size": 8, "hidden_size": 8, "num_hidden_layers": 1, "state_size": 4, "time_step_rank": 2}
falcon = transformers.FalconMambaModel(transformers.FalconMambaConfig(**sizes)).eval()
falcon.save_pretrained("falcon")
mamba = transformers.MambaModel(transformers.MambaConfig(**sizes)).eval()
missing, unexpected = mamba.load_state_dict(load_file("falcon/model.safetensors"), strict=False)
text = torch.arange(8)[None]
with torch.no_grad():
    one, other = falcon(text).last_hidden_state, mamba(text).last_hidden_state
off = float((one - other).abs().max() / one.abs().max())
print(f"transformers {transformers.__version__}: a file of FalconMamba in MambaModel: {len(missing)} missing, {len(unexpected)} "
      f"unexpected keys; outputs differ by {off:.2g} of the largest")
raise SystemExit(0 if not missing and not unexpected and off > 1e-3 else "the behaviour has changed")
PYTHON
