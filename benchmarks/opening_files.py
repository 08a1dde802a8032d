"""Describing a file of 2 GB, beside the lazy opening of the framework that wrote it, each in fresh processes.

    python benchmarks/opening_files.py --frameworks FOLDER/bin/python

`--frameworks` is a Python with torch, safetensors and numpy. A model of many layers is written to a temporary folder,
and opened alternately by both. The time is that of one call after a first one on a small file: no import is counted.
"reader" is the list of arrays alone; "describe_file" also finds the cells among them. The memory is the most that a
process ever had, and how much of that came with the large file.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 9
WRITE = """
import sys, torch, safetensors.torch
folder, gigabytes = sys.argv[1], float(sys.argv[2])
layers = max(1, int(gigabytes * 2**30 / (2 * 4 * 1024 * 1024 * 4)))
for name, layers, units in (("small", 1, 8), ("large", layers, 1024)):
    names = [f"layers.{i}.rnn.weight_{kind}_l0" for i in range(layers) for kind in ("ih", "hh")]
    tensors = {name: torch.randn(4 * units, units) for name in names}
    torch.save(tensors, f"{folder}/{name}.pt")
    safetensors.torch.save_file(tensors, f"{folder}/{name}.safetensors")
"""
MEASURE = """
import resource, sys, time
def most_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
small, large = sys.argv[1:]
DEFINITION
opened(small)
before, wall, cpu = most_memory(), time.perf_counter(), time.process_time()
count = opened(large)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(1e3 * wall, 1e3 * cpu, most_memory(), most_memory() - before, count)
"""
OURS = {
    "reader": """
from pathlib import Path
from linmem.files.opening import opened as arrays_of
opened = lambda path: len(arrays_of(Path(path)))
""",
    "describe_file": "import linmem\nopened = lambda path: len(linmem.describe_file(path).arrays)",
}
THEIRS = {
    ".pt": "import torch\nopened = lambda path: len(torch.load(path, mmap=True, weights_only=True))",
    ".safetensors": """
from safetensors import safe_open
def opened(path):
    with safe_open(path, framework="np") as file:
        parts = [file.get_slice(name) for name in file.keys()]
        return len([(part.get_shape(), part.get_dtype()) for part in parts])
""",
}


def measured(python: str, definition: str, folder: Path, ending: str) -> list[float]:
    """Milliseconds on the clock and of the processor, most memory and that of the large file in MB, arrays found."""
    script = MEASURE.replace("DEFINITION", definition)
    command = [python, "-c", script, str(folder / f"small{ending}"), str(folder / f"large{ending}")]
    return [float(part) for part in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]


def compared(frameworks: str, folder: Path, ending: str) -> bool:
    """Print what both take; whether linmem keeps to 1.2 times the time, and to 100 MB."""
    runs = []
    for _ in range(RUNS):  # in turns, so that all meet the same load of the machine
        theirs = measured(frameworks, THEIRS[ending], folder, ending)
        runs.append((theirs, {what: measured(sys.executable, script, folder, ending) for what, script in OURS.items()}))
    wall = statistics.median(theirs[0] for theirs, _ in runs)
    memory = statistics.median(theirs[2] for theirs, _ in runs)
    size = (folder / f"large{ending}").stat().st_size / 2**30
    print(f"{ending}, {size:.1f} GB, {runs[0][0][4]:.0f} arrays; the framework: {wall:.2f} ms, {memory:.0f} MB")
    keeps = True
    for what in OURS:
        ratio = statistics.median(ours[what][0] / theirs[0] for theirs, ours in runs)
        wall, cpu, memory, added, _ = (statistics.median(ours[what][i] for _, ours in runs) for i in range(5))
        print(f"  {what:14s}{ratio:6.2f} times: {wall:.2f} ms, {cpu:.2f} ms of the processor, {memory:.0f} MB, "
              f"of which {added:.1f} MB for this file")  # fmt: skip
        keeps &= ratio <= 1.2 and memory <= 100
    return keeps


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frameworks", required=True, help="a Python with torch and safetensors")
    parser.add_argument("--gigabytes", type=float, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([chosen.frameworks, "-c", WRITE, place, str(chosen.gigabytes)], check=True)
        keeps = [compared(chosen.frameworks, Path(place), ending) for ending in THEIRS]
    return 0 if all(keeps) else 1


if __name__ == "__main__":
    sys.exit(main())
