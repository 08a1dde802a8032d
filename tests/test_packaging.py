"""What users install: the wheel and the source distribution, their contents, and the commands of the wheel alone."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "dist", "site")


def run(*command, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The source distribution, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("build")
    shutil.copytree(ROOT, folder / "source", ignore=LEFT_OUT)
    run(sys.executable, "-m", "build", "--outdir", folder / "dist", folder / "source")
    (archive,), (wheel,) = ((folder / "dist").glob(kind) for kind in ("*.tar.gz", "*.whl"))
    return archive, wheel


@pytest.fixture(scope="module")
def installed(distributions, tmp_path_factory):
    """An environment with the wheel and what it asks for, and nothing else: its folder of commands."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    run(folder / "bin" / "pip", "install", "--quiet", distributions[1])
    return folder / "bin"


def test_the_wheel_has_all_data_and_nothing_but_the_package(distributions):
    names = zipfile.ZipFile(distributions[1]).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"linmem"}
    kept = {name for name in names if name.startswith("linmem/")}
    source = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "linmem").rglob("*")
        if path.is_file() and path.suffix in {".py", ".npz", ".mplstyle", ".typed"}
    }
    scripts = {name for name in source if "/data/extract_" in name}  # which made the data
    assert source - kept == scripts
    assert "linmem/py.typed" in kept
    assert any(name.endswith("LICENSE") for name in names)


def test_the_source_has_what_its_readme_shows_and_the_licence(distributions):
    with tarfile.open(distributions[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "setup.cfg", "pyproject.toml", "linmem/network.py"} <= names


def test_the_main_commands_run_from_the_wheel_in_an_empty_folder(installed, tmp_path):
    np.save(tmp_path / "own.npy", 0.9 * np.linalg.qr(np.random.default_rng(0).standard_normal((20, 20)))[0])
    elsewhere = {"cwd": tmp_path, "env": {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}}

    def asked(*arguments):
        return run(installed / "linmem", *arguments, **elsewhere)

    assert json.loads(asked("curve", "chain:n=20", "--json"))["total"] == pytest.approx(3.59774, abs=1e-5)  # H_20
    assert json.loads(asked("curve", "own.npy", "--json"))["total"] == pytest.approx(1, abs=1e-9)
    assert "capacity" in asked("memory", "own.npy", "--snr", "4")
    assert "feedback_chain" in asked("networks")
    assert "holds" in asked("check", "A2")
    asked("report", "own.npy", "-o", "report.html", "--against", "chain")
    assert "<svg" in (tmp_path / "report.html").read_text()
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")} == {
        "own.npy",
        "report.html",
        "report.json",
    }
