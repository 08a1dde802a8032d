"""Commands on a terminal, without a home, on a full disk, interrupted, and where nobody reads: never a traceback."""

import json
import os
import pty
import resource
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import linmem
from linmem.cli import SECTIONS, commands

HERE = Path(__file__).parent
COMMANDS = {
    "curve": "curve chain:n=20 --out curve.csv",
    "memory": "memory chain:n=4 --out memory.pdf",
    "nonnormality": "nonnormality chain:n=4 --steps 5",
    "report": "report chain:n=3 --out report.html --against none",
    "check": "check C1 --quick",
    "prove": "prove trace_of_spatial_memory_is_n",
    "sweep": "sweep total_fisher_memory chain --over n=2,3 --workers 0 --store s.zarr --out sweep.csv",
    "train": "train addition --length 5 --units 4 --sequences 32 --validation 16 --epochs 1 --out train.npz",
    "run": f"run {HERE}/files/frameworks/torch/gru.safetensors --inputs {HERE}/steps.csv",
    "layer": f"layer {HERE}/files/frameworks/state_space/lru.pt --noise-enters input --readout-noise 1 --out layer.csv",
    "measures": "measures",
    "networks": "networks",
    "completion": "completion bash",
    "help": "",
    "version": "--version",
}
WRITING = [name for name, words in COMMANDS.items() if "--out" in words]
PACKAGE = Path(linmem.__file__).parent
FULL, CLOSED = (
    f"linmem: the output cannot be written: {reason}" for reason in ("No space left on device", "Bad file descriptor")
)

# Each command in a process of its own, forked from one that has imported all: importing takes longer than they do. The
# report is one of a page that costs nothing: `test_on_a_terminal` writes a real one.
RUNNER = """
import click, json, os, resource, signal, sys
import matplotlib.figure, xarray, zarr
import linmem.claims.checking, linmem.learning.training, linmem.plotting, linmem.symbolic.proofs
import linmem.reporting.reports, linmem.sweeps.sweeping
from linmem.cli import main
from linmem.writing import write_text

def quickly(network, out, **options):
    write_text(out, "a page " * 1000)
    return {}

def interrupting(*arguments, **keywords):
    click.echo = echo
    os.kill(os.getpid(), signal.SIGINT)
    return echo(*arguments, **keywords)

def surround(mode):
    if mode == "full":
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    elif mode == "closed":
        os.close(1)
    elif mode == "ended":
        reading, writing = os.pipe()
        os.close(reading)
        os.dup2(writing, 1)
    elif mode == "interrupted":
        click.echo = interrupting
    elif mode == "limited":
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

echo = click.echo
linmem.reporting.reports.report = quickly
commands = json.loads(sys.argv[1])
codes = {}
for mode in ("full", "closed", "ended", "interrupted", "limited"):
    os.mkdir(mode)
    os.chdir(mode)
    for name, words in commands.items():
        if not os.fork():
            with open(f"{name}.err", "w") as errors:
                os.dup2(errors.fileno(), 2)
            surround(mode)
            code = main(words.split())
            sys.stdout.flush()  # as the end of the program does
            sys.stderr.flush()
            os._exit(code)  # which would take longer than the command
        codes[name] = os.waitstatus_to_exitcode(os.wait()[1])
    os.chdir("..")
    with open(f"{mode}.json", "w") as file:
        json.dump(codes, file)
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """The exit code of each command, the lines that it wrote to the standard error, and the folder of a mode."""
    folder = tmp_path_factory.mktemp("surroundings")
    runner = [sys.executable, "-c", RUNNER, json.dumps(COMMANDS)]
    subprocess.run(runner, cwd=folder, stdout=subprocess.DEVNULL, check=True, env=environment())

    def of_mode(mode):
        codes = json.loads((folder / f"{mode}.json").read_text())
        lines = {name: (folder / mode / f"{name}.err").read_text().splitlines() for name in COMMANDS}
        return codes, lines, folder / mode

    return of_mode


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def environment(**changes):
    return os.environ | {"PYTHONPATH": str(PACKAGE.parent)} | changes


def on_a_terminal(arguments, **options):
    """A process whose streams are a pseudo-terminal that controls it, and its other end."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        arguments, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(TERM="xterm"),
        start_new_session=True, preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)), **options
    )  # fmt: skip
    os.close(theirs)
    return process, ours


def all_of(ours):
    """What is written to a pseudo-terminal until it is closed."""
    parts = []
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:  # Linux's way to say that no process has it open any more
        pass
    os.close(ours)
    return b"".join(parts).decode()


def test_every_command_is_run():
    assert set(commands.commands) == {name for lines in SECTIONS.values() for name in lines}
    # explore serves a page until it is interrupted: tests/exploring runs it
    assert set(commands.commands) - {"explore"} <= set(COMMANDS)


def test_on_a_terminal():
    """All in one process, as progress leaves nothing behind; the report is a real one, and the sweep shows its bar."""
    script = "import json, sys\nfrom linmem.cli import main\nprint([main(w.split()) for w in json.loads(sys.argv[1])])"
    process, ours = on_a_terminal([sys.executable, "-c", script, json.dumps(list(COMMANDS.values()))])
    shown = all_of(ours)
    assert process.wait() == 0, shown[-2000:]
    assert str([0] * len(COMMANDS)) in shown, shown[-2000:]
    assert "Traceback" not in shown
    assert "2/2" in shown  # of the sweep's bar
    assert "The network" in shown  # of the report's progress


@pytest.mark.parametrize(("mode", "line"), [("full", FULL), ("closed", CLOSED)])
def test_the_output_cannot_be_written(mode, line, outcome):
    """/dev/full refuses every byte; a file that was asked for is there all the same."""
    codes, lines, folder = outcome(mode)
    assert codes == dict.fromkeys(COMMANDS, 2)
    assert lines == {name: [line] for name in COMMANDS}
    assert (folder / "memory.pdf").read_bytes().rstrip().endswith(b"%%EOF")


def test_the_reader_has_ended(outcome):
    """As after `head -1`: 128 and the number of SIGPIPE, as for programs that the signal ends."""
    codes, lines, _ = outcome("ended")
    assert codes == dict.fromkeys(COMMANDS, 141)
    assert lines == {name: [] for name in COMMANDS}


def test_interrupted(outcome):
    """At the first line of the output, when the files are written."""
    codes, lines, folder = outcome("interrupted")
    computing = set(COMMANDS) - {"help", "version"}  # which click prints by itself
    assert {codes[name] for name in computing} == {130}
    assert all(lines[name] == ["linmem: interrupted"] for name in computing)
    assert len((folder / "curve.csv").read_text().splitlines()) == 41  # a head, and 2 N lags
    assert not list(folder.rglob(".linmem-*"))


def test_the_disk_is_full(outcome):
    """A limit on the size of files stands for it: 100 bytes. No file is there in part."""
    codes, lines, folder = outcome("limited")
    assert codes == {name: 2 if name in WRITING else 0 for name in COMMANDS}
    for name in WRITING:
        assert len(lines[name]) == 1
        assert lines[name][0].startswith("linmem: ")
        assert lines[name][0].endswith("cannot be written: File too large")
    assert {path.name for path in folder.iterdir()} <= {f"{name}.err" for name in COMMANDS} | {"s.zarr"}


def test_closed_errors_change_no_answer():
    run = subprocess.run(
        [sys.executable, "-m", "linmem", "curve", "chain:n=4"], stdout=subprocess.PIPE, text=True, env=environment(),
        preexec_fn=lambda: (os.close(0), os.close(2)), check=False,
    )  # fmt: skip
    assert run.returncode == 0
    assert "2.08333333333" in run.stdout  # 25/12


def test_workers_of_a_sweep_on_a_terminal_are_interrupted_without_a_word():
    """A terminal interrupts all processes that it controls: the workers say nothing, and end with the sweep."""
    words = "sweep total_fisher_memory ginibre:recipe=rescaled --over n=200 --over rng=0..4999 --workers 2 --store s"
    process, ours = on_a_terminal([sys.executable, "-m", "linmem", *words.split()])
    shown = []
    reader = threading.Thread(target=lambda: shown.append(all_of(ours)))
    reader.start()
    deadline = time.monotonic() + 120
    while not list(Path().glob("s/checksum/c/*")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    os.write(ours, b"\x03")
    assert process.wait(timeout=60) == 130
    reader.join(timeout=60)  # the terminal is closed: no worker has it open
    assert not reader.is_alive()
    assert "Traceback" not in shown[0]
    assert shown[0].count("linmem: interrupted") == 1


# --- no folder for compiled kernels ---


@pytest.fixture
def read_only(tmp_path):
    """The package with folders for compiled files that cannot be made, also by root: files have taken their names."""
    place = tmp_path / "site" / "linmem"
    place.mkdir(parents=True)
    for path in PACKAGE.iterdir():
        if path.name not in ("kernels", "__pycache__"):
            (place / path.name).symlink_to(path)
    shutil.copytree(PACKAGE / "kernels", place / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "kernels" / "__pycache__").touch()
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null", "XDG_CONFIG_HOME": "/dev/null"}
    return environment(PYTHONPATH=str(place.parent), PYTHONDONTWRITEBYTECODE="1") | nowhere


def run_in(env, *words):
    script = "import sys\nfrom linmem.cli import main\nsys.exit(max([main(words.split()) for words in sys.argv[1:]]))"
    return subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, env=env, check=False)


def test_without_a_folder_kernels_are_compiled_anew_and_this_is_said_once(read_only):
    run = run_in(read_only, "curve chain:n=4", "memory chain:n=4", "prove trace_of_spatial_memory_is_n")
    assert run.returncode == 0, run.stderr
    assert "2.08333333333" in run.stdout
    assert run.stderr.startswith("linmem: compiled kernels are not kept (neither the folder of the package nor the")
    assert run.stderr.count("\n") == 1


@pytest.mark.slow
def test_every_command_without_a_folder(read_only):
    run = run_in(read_only, *COMMANDS.values(), "sweep total_fisher_memory chain --over n=2,3,4 --workers 2")
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("\n") == 1, run.stderr


def test_a_kernel_whose_file_is_damaged_or_cannot_be_written_is_compiled(tmp_path):
    """First the file is cut, then the disk is full; the index of the files is cut too."""
    script = "from linmem.kernels import lines\nimport numpy as np\n"
    script += "print(lines.rings(np.array([1, 0]), np.ones(2), np.zeros(2)))"
    env = environment(NUMBA_CACHE_DIR=str(tmp_path / "cache"))

    def answer(**options):
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, **options)
        assert run.returncode == 0, run.stderr
        return run.stdout, run.stderr

    expected, _ = answer()
    for suffix in (".nbc", ".nbi"):
        for path in (tmp_path / "cache").rglob(f"lines.rings*{suffix}"):
            path.write_bytes(path.read_bytes()[:40])
        assert answer() == (expected, "")
    shutil.rmtree(tmp_path / "cache")
    found, said = answer(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)))
    assert found == expected
    assert said.startswith("compiled kernels are not kept (File too large)")
    assert said.count("\n") == 1


def test_a_compilation_is_announced_on_a_terminal_alone_and_once(tmp_path):
    """The first command compiles, the second does not; without a terminal neither says so, nor does Python."""
    words = [sys.executable, "-m", "linmem", "curve", "chain:n=4"]
    env = environment(NUMBA_CACHE_DIR=str(tmp_path / "on a terminal"))
    shown = []
    for _ in range(2):
        ours, theirs = pty.openpty()
        run = subprocess.run(words, stdout=subprocess.PIPE, stderr=theirs, env=env, check=True)
        assert run.stdout
        os.write(theirs, b"end\n")
        shown.append(os.read(ours, 10_000).decode())
        os.close(theirs)
        os.close(ours)
    assert shown[0].count("compiling, once") == 1
    assert "compiling" not in shown[1]
    env["NUMBA_CACHE_DIR"] = str(tmp_path / "without")
    piped = subprocess.run(words, capture_output=True, text=True, env=env, check=True)
    assert piped.stderr == ""
    env["NUMBA_CACHE_DIR"] = str(tmp_path / "in Python")
    script = "import linmem as lm; lm.fisher_memory_curve(lm.chain(4))"
    in_python = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=True)
    assert in_python.stderr == ""
