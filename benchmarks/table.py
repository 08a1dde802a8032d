"""The table of the last benchmark run: medians, and how many times longer each peer takes. Writes README.md beside
itself.
"""

import json
import platform
from pathlib import Path

FOLDER = Path(__file__).parent


def main():
    run = json.loads((FOLDER / "last.json").read_text())
    groups = {}
    for entry in run["benchmarks"]:
        groups.setdefault(entry["group"], []).append(entry)
    machine = run["machine_info"]
    lines = [
        "# Benchmarks",
        "",
        "Median seconds, and the ratio to linmem in the same run. Made by",
        "`pytest benchmarks --benchmark-json=benchmarks/last.json && python benchmarks/table.py`.",
        "",
        f"Measured on {run['datetime'][:10]}, {machine['cpu']['count']} cores, {machine['cpu'].get('brand_raw', '')}, "
        f"Python {platform.python_version()}, {versions()}.",
        "",
        "| work | who | median (s) | min (s) | ratio to linmem | note |",
        "|---|---|---|---|---|---|",
    ]
    for group, entries in groups.items():
        seconds = {name(entry): per_network(entry, "median") for entry in entries}
        for entry in entries:
            who = name(entry)
            ratio = f"{seconds[who] / seconds['linmem']:.2f}" if "linmem" in seconds else ""
            note = ", ".join(f"{key} {value}" for key, value in entry["extra_info"].items())
            lines.append(
                f"| {group} | {who} | {seconds[who]:.4g} | {per_network(entry, 'min'):.4g} | {ratio} | {note} |"
            )
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def name(entry):
    return (entry.get("params") or {}).get("peer", "linmem")


def per_network(entry, figure):
    return entry["stats"][figure] / entry["extra_info"].get("networks", 1)


def versions():
    from importlib.metadata import version

    return ", ".join(f"{package} {version(package)}" for package in ("linmem", "numpy", "scipy", "numba"))


if __name__ == "__main__":
    main()
