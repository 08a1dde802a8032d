"""The command line: the same answers as the library, and one line for whatever cannot be answered."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.shell_completion import ShellComplete

import linmem as lm
from linmem.cli import SECTIONS, commands, main
from linmem.cli.completion import VARIABLE

CHAIN = "chain:n=100,gain=1.02"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to stand in, with files of weights in another."""
    files, here = tmp_path / "files", tmp_path / "here"
    files.mkdir(), here.mkdir()
    W = np.array([[0.0, 0.2], [0.9, 0.1]])
    np.save(files / "w.npy", W)
    np.savez(files / "net.npz", W=W, v=[1.0, 0.0])
    np.savez(files / "two.npz", a=W, b=W, c=[1.0, 0.0])
    np.savetxt(files / "w.csv", W, delimiter=",")
    np.save(files / "unstable.npy", 1.03 * np.eye(3))
    np.save(files / "nan.npy", [[np.nan]])
    np.save(files / "tall.npy", np.ones((3, 2)))
    np.save(files / "stack.npy", np.zeros((2, 2, 2)))
    np.save(files / "pickled.npy", np.array([{"W": 1}], dtype=object), allow_pickle=True)
    (files / "cut.npy").write_bytes((files / "w.npy").read_bytes()[:100])
    (files / "empty.npz").write_bytes(b"")
    (files / "words.csv").write_text("a,b\nc,d\n")
    (files / "ragged.csv").write_text("1,2\n3\n")
    (files / "notes.docx").write_text("W")
    monkeypatch.chdir(here)
    return files


def asked(arguments, capsys):
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_curve_prints_the_answer(capsys):
    code, out, err = asked(["curve", CHAIN], capsys)
    shown = dict(line.split(maxsplit=1) for line in out.replace("spectral ", "").splitlines() if len(line.split()) > 1)
    net = lm.chain(100, gain=1.02)
    power = 1.02**2
    closed = power ** np.arange(100) * (power - 1) / (power ** (np.arange(100) + 1) - 1)
    assert (code, err) == (0, "")
    assert shown["units"] == "100"
    assert shown["radius"].startswith("0 (stable)")
    assert float(shown["J_tot"]) == pytest.approx(closed.sum(), rel=1e-11)  # printed to twelve digits
    assert float(shown["J(0)"]) == 1
    # the lag by its definition, from the closed form: the last lag whose partial sum is still below half
    assert shown["half"].split() == f"of J_tot by lag {int((np.cumsum(closed) < closed.sum() / 2).sum())}".split()
    assert lm.fisher_memory_curve(net).relative_error < 1e-8


def test_json_holds_the_curve_bit_for_bit(capsys):
    _, out, _ = asked(["curve", CHAIN, "--lags", "7", "--json"], capsys)
    record, curve = json.loads(out), lm.fisher_memory_curve(lm.chain(100, gain=1.02), 7)
    assert record["values"] == curve.values.tolist()
    assert (record["total"], record["relative_error"], record["method"]) == (
        curve.total,
        curve.relative_error,
        curve.method,
    )
    assert (record["lags"], record["half_lag"], record["version"]) == (list(range(7)), None, lm.__version__)


def test_memory_prints_the_closed_form_of_a_chain(folder, capsys):
    """No two lags meet: m(k) = x J / (1 + x J), the information half the sum of log(1 + x J)."""
    code, out, err = asked(["memory", CHAIN, "--snr", "4", "--out", "m.csv", "--json"], capsys)
    record, J = json.loads(out), lm.fisher_memory_curve(lm.chain(100, gain=1.02), 100).values
    assert (code, err) == (0, "")
    assert record["values"][:100] == pytest.approx(4 * J / (1 + 4 * J), rel=1e-12)
    assert record["capacity"] == pytest.approx(np.sum(4 * J / (1 + 4 * J)), rel=1e-12)
    assert record["information"] == pytest.approx(np.log1p(4 * J).sum() / 2, rel=1e-12)
    table = np.loadtxt("m.csv", delimiter=",", skiprows=1)
    assert table[:, 1].tolist() == record["values"]
    _, shown, _ = asked(["memory", CHAIN, "--snr", "inf", "--input", "first"], capsys)
    assert "100 of at most 100" in shown
    assert "infinite, without noise" in shown


@pytest.mark.parametrize(
    ("command", "suffix"),
    [*(("curve", suffix) for suffix in (".csv", ".json", ".pdf", ".png")), ("memory", ".pdf"), ("memory", ".png")],
)
def test_out_writes_whole_files_and_the_same_bytes_twice(command, suffix, folder, capsys):
    for name in ("once", "twice"):
        assert main([command, CHAIN, "--out", name + suffix]) == 0
    once, twice = Path("once" + suffix).read_bytes(), Path("twice" + suffix).read_bytes()
    assert once == twice
    values = lm.fisher_memory_curve(lm.chain(100, gain=1.02)).values.tolist()
    if suffix == ".csv":
        rows = list(csv.DictReader(once.decode().splitlines()))
        assert [float(row["J"]) for row in rows] == values
        assert [int(row["lag"]) for row in rows] == list(range(200))
    elif suffix == ".json":
        assert json.loads(once)["values"] == values
    else:
        assert once.startswith({".pdf": b"%PDF", ".png": b"\x89PNG"}[suffix])
    assert sorted(os.listdir()) == [f"once{suffix}", f"twice{suffix}"]


def test_inputs_of_files(folder, capsys):
    _, out, _ = asked(["curve", str(folder / "w.npy"), "--json"], capsys)
    best = json.loads(out)
    W = np.load(folder / "w.npy")
    assert "optimal" in best["input"]
    assert best["total"] == pytest.approx(np.linalg.eigvalsh(lm.spatial_fisher_memory(W))[-1], rel=1e-9)
    totals = {}
    for direction, v in (("first", [1, 0]), ("uniform", np.full(2, 0.5**0.5))):
        _, out, _ = asked(["curve", str(folder / "w.csv"), "--input", direction, "--json"], capsys)
        totals[direction] = json.loads(out)["total"]
        assert totals[direction] == lm.total_fisher_memory(lm.LinearNetwork(W, v))
        assert totals[direction] < best["total"]
    _, out, _ = asked(["curve", str(folder / "net.npz"), "--noise", "2", "--json"], capsys)
    assert json.loads(out)["total"] == pytest.approx(totals["first"] / 2, rel=1e-12)  # J is in units of 1 / noise
    _, out, _ = asked(["curve", str(folder / "two.npz"), "--recurrent", "b", "--feedforward", "c", "--json"], capsys)
    assert json.loads(out)["total"] == totals["first"]


def test_an_unstable_network_has_memory_over_a_horizon(folder, capsys):
    code, out, _ = asked(["curve", str(folder / "unstable.npy"), "--horizon", "10", "--input", "first"], capsys)
    assert code == 0
    assert "1.03 (unstable)" in out
    assert "10 steps" in out


def test_undecided_stability_is_information_over_a_horizon(capsys):
    _, out, _ = asked(["curve", "in_random_basis:rng=0:chain:n=220,gain=2", "--horizon", "5"], capsys)
    assert "stability undecided" in out


def test_networks_lists_every_builder(capsys):
    from linmem.files.sources import BUILDERS

    _, out, _ = asked(["networks"], capsys)
    _, listed, _ = asked(["networks", "--json"], capsys)
    assert [row["name"] for row in json.loads(listed)] == list(BUILDERS)
    for row in json.loads(listed):
        assert f"{row['name']}({row['arguments']})" in out
        assert row["summary"]
        assert row["summary"] in out


BAD = [
    (["curve"], ["SOURCE"]),
    (["curv", CHAIN], ["'curv'", "did you mean 'curve'"]),
    (
        ["frobnicate"],
        [
            "'frobnicate'",
            "curve, memory, nonnormality, report, explore, run, layer, check, prove, sweep, measures, train, networks",
        ],
    ),
    (["networks", "x"], ["x"]),
    (["curve", CHAIN, "--lag", "3"], ["--lag"]),
    (["curve", CHAIN, "--lags", "0"], ["lags is 0", ">= 1"]),
    (["curve", CHAIN, "--lags", "-4"], ["lags is -4", ">= 1"]),
    (["curve", CHAIN, "--lags", "many"], ["--lags", "many"]),
    (["curve", CHAIN, "--horizon", "0"], ["horizon is 0"]),
    (["curve", CHAIN, "--horizon", "3", "--lags", "4"], ["lags=4", "horizon=3"]),
    (["curve", CHAIN, "--rtol", "0"], ["rtol is 0.0"]),
    (["curve", CHAIN, "--rtol", "nan"], ["rtol is nan"]),
    (["curve", CHAIN, "--noise", "-1"], ["noise is -1.0"]),
    (["curve", CHAIN, "--input", "best"], ["input is 'best'", "optimal", "label"]),
    (["curve", CHAIN, "--out", "curve.docx"], ["out is 'curve.docx'", ".csv"]),
    (["curve", CHAIN, "--out", "curve"], ["out is 'curve'"]),
    (["curve", CHAIN, "--out", "nowhere/curve.csv"], ["nowhere"]),
    (["curve", "chian:n=3"], ["'chian'", "did you mean 'chain'"]),
    (["curve", "chain"], ["chain no n", "chain:n="]),
    (["curve", "chain:n=0"], ["n is 0"]),
    (["curve", "chain:n=3,gain=inf"], ["gain is 'inf'"]),
    (["curve", "chain:n=3,weight=2"], ["'weight'", "gain=1.0"]),
    (["curve", "chain:n=3,n=4"], ["n twice"]),
    (["curve", "ginibre:n=5"], ["ginibre no rng"]),
    (["curve", "ginibre:n=5,rng=-1"], ["rng is -1"]),
    (["curve", "connectome:celegans-cok"], ["celegans-cook"]),
    (["curve", "in_random_basis:chain:n=3"], ["in_random_basis:rng="]),
    (["curve", "ring:n=5,gain=1.03"], ["1.0300", "--horizon"]),
    (["curve", "in_random_basis:rng=0:chain:n=220,gain=2"], ["between 0.0000 and 2.0000", "--horizon"]),
    (["curve", "FILES/w.npy", "--input", "given"], ["no feedforward weights", "--input 'optimal'"]),
    (["curve", "FILES/unstable.npy"], ["1.0300"]),
    (["curve", "FILES/nan.npy"], ["recurrent", "nan"]),
    (["curve", "FILES/tall.npy"], ["(3, 2)", "square"]),
    (["curve", "FILES/stack.npy"], ["stack", "(2, 2, 2)"]),
    (["curve", "FILES/pickled.npy"], ["pickled.npy", "pickle"]),
    (["curve", "FILES/cut.npy"], ["cut.npy"]),
    (["curve", "FILES/empty.npz"], ["empty.npz"]),
    (["curve", "FILES/words.csv"], ["words.csv", "'d'"]),
    (["curve", "FILES/ragged.csv"], ["ragged.csv"]),
    (["curve", "FILES/notes.docx"], [".docx", ".npy"]),
    (["curve", "FILES/missing.npy"], ["missing.npy", "no such file"]),
    (["curve", "FILES/two.npz"], ["none with a name of W", "a (2, 2), b (2, 2)"]),
    (["curve", "FILES/two.npz", "--recurrent", "d"], ["'d'", "a (2, 2)"]),
    (["curve", "FILES/two.npx"], ["two.npx", "did you mean", "two.npz'?"]),
    (["curve", "nothing.xyz"], ["nothing.xyz", "linmem networks lists the builders"]),
    (["curve", "chain:n=10000000"], ["not enough memory", "sparse=true"]),
    (["memory", CHAIN, "--snr", "0"], ["snr is 0"]),
    (["memory", CHAIN, "--snr", "inf", "--readout-noise", "1"], ["snr is inf", "readout_noise"]),
    (["memory", CHAIN, "--out", "memory.docx"], ["out is 'memory.docx'", ".csv"]),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_what_cannot_be_answered_gives_one_line_and_writes_nothing(arguments, words, folder, capsys):
    arguments = [argument.replace("FILES", str(folder)) for argument in arguments]
    if arguments[0] == "curve" and "--out" not in arguments:
        arguments = [*arguments, "--out", "curve.csv"]
    code, out, err = asked(arguments, capsys)
    assert code == 2
    assert out == ""
    assert err.startswith("linmem: ")
    assert err.count("\n") == 1
    assert [word for word in words if word not in err] == []
    assert os.listdir() == []


def test_accuracy_that_no_method_reaches_is_one_line(capsys):
    # eps cond is 1e-16 / 1e-10 near the circle, and 201 units are too many for balls
    code, out, err = asked(["curve", "random_orthogonal:n=201,gain=0.9999999999,rng=0", "--rtol", "1e-12"], capsys)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--rtol" in err


def test_a_full_disk_leaves_nothing(folder, monkeypatch, capsys):
    def full(self, *arguments, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    code, out, err = asked(["curve", CHAIN, "--out", "curve.csv"], capsys)
    assert (code, out) == (2, "")
    assert "No space left on device" in err
    assert os.listdir() == []


def test_an_interrupt_gives_130(monkeypatch):
    def interrupted(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr("linmem.memory.fisher.fisher_memory_curve", interrupted)
    assert main(["curve", CHAIN]) == 130


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "linmem", *arguments], capture_output=True, text=True, check=False)


def test_as_a_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    right, wrong = run("curve", "chain:n=4"), run("curve", "chain:n=-4", "--out", "c.csv")
    assert right.returncode == 0
    assert "2.08333333333" in right.stdout  # 25/12
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    assert "n is -4" in wrong.stderr
    assert os.listdir() == []
    assert run("--version").stdout.strip().endswith(lm.__version__)


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from linmem.cli import main; main(['--help']); main(['curve', '--help']);"
        "sys.exit(bool({'numpy', 'scipy', 'numba', 'matplotlib', 'rich'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("Example: linmem curve") == 2


def test_networks_in_continuous_time_have_times(capsys):
    code, out, err = asked(["curve", "leaky_chain:n=5,weight=2", "--lags", "7", "--json"], capsys)
    record = json.loads(out)
    assert (code, err, record["abscissa"], record["half_lag"]) == (0, "", -1, None)
    curve = lm.fisher_memory_curve(lm.leaky_chain(5, weight=2), np.linspace(0, 10, 7))
    assert record["lags"] == curve.lags.tolist()
    assert record["values"] == curve.values.tolist()
    code, _, err = asked(["curve", "leaky_chain:n=5", "--horizon", "7"], capsys)
    assert code == 2
    assert "continuous time" in err


def test_nonnormality_prints_every_measure_and_writes_the_pictures(folder, capsys):
    code, out, err = asked(["nonnormality", "feedback_chain:n=12", "--steps", "30", "--out", "pictures"], capsys)
    assert (code, err) == (0, "")
    shown = {line[:24].strip(): line[24:] for line in out.splitlines()}
    net = lm.feedback_chain(12)
    assert float(shown["departure"]) == pytest.approx(np.sqrt(11) * 0.95, rel=1e-9)
    assert float(shown["numerical radius"]) == pytest.approx(lm.numerical_radius(net), rel=1e-9)
    assert float(shown["largest growth"]) == pytest.approx(lm.transient_growth(net, 30).peak, rel=1e-9)
    pictures = {"pseudospectrum.pdf", "schur_form.pdf", "transient_growth.pdf", "link_profile.pdf"}
    assert {path.name for path in Path("pictures").iterdir()} == pictures
    code, out, _ = asked(["nonnormality", "jordan:n=5", "--json"], capsys)
    assert json.loads(out)["eigenvector condition"] == "Infinity"


def test_nonnormality_prints_the_radius_the_step_of_the_peak_and_a_pseudomode(folder, capsys):
    """As the functions say; the pictures have the type that is asked for, and one of the pseudomode is among them."""
    words = [
        "nonnormality",
        "grcar:n=20,gain=0.4",
        "--pseudomode",
        "0.5 + 0.3i",
        "--box=-1,1,-1,1",
        "--points",
        "20,10",
    ]
    code, out, err = asked([*words, "--levels", "1e-2,0.1", "--format", "svg", "--out", "pictures"], capsys)
    assert (code, err) == (0, "")
    shown = {line[:24].strip(): line[24:] for line in out.splitlines()}
    net = lm.grcar(20, gain=0.4)
    assert shown["spectral radius"].startswith(f"{net.radius.value:.6g}"[:5])
    assert shown["reached at"] == f"step {lm.transient_growth(net).peak_step}"
    sigma = lm.pseudomode(net, 0.5 + 0.3j).sigma_min
    assert shown["pseudomode"] == f"sigma_min = {sigma:.6g} at z = 0.5+0.3j (error at most {sigma.error:.1e})"
    at_real_point = asked(["nonnormality", "jordan:n=3", "--pseudomode", "-0.5"], capsys)[1]
    assert "at z = -0.5 (error at most" in at_real_point
    names = {"pseudospectrum", "schur_form", "transient_growth", "link_profile", "pseudomode"}
    assert {path.name for path in Path("pictures").iterdir()} == {f"{name}.svg" for name in names}
    record = json.loads(asked([*words, "--json"], capsys)[1])
    assert (record["radius"], record["stable"]) == (net.radius.value, True)
    assert record["reached at"] == lm.transient_growth(net).peak_step


@pytest.mark.parametrize("suffix", ["pdf", "png", "svg"])
def test_one_pseudospectrum_is_written_into_a_file_the_same_bytes_every_time(folder, capsys, suffix):
    written = []
    for name in ("one", "other"):
        assert asked(["nonnormality", "jordan:n=4,eigenvalue=0.5", "--out", f"{name}.{suffix}"], capsys)[0] == 0
        written.append(Path(f"{name}.{suffix}").read_bytes())
    assert written[0] == written[1]
    assert {path.name for path in Path().iterdir()} == {f"one.{suffix}", f"other.{suffix}"}


def test_weights_can_be_taken_as_a_drift(capsys):
    """Numbers of A = W in continuous time: abscissa, e^{At}, Kreiss constant of the half-plane."""
    words = ["nonnormality", "jordan:n=4,eigenvalue=-0.5,weight=2", "--continuous", "--duration", "20"]
    record = json.loads(asked([*words, "--json"], capsys)[1])
    flow = lm.ContinuousNetwork(lm.jordan(4, eigenvalue=-0.5, weight=2).dense())
    growth = lm.transient_growth(flow, duration=20)
    assert "radius" not in record and record["abscissa"] == -0.5
    assert record["largest growth"] == pytest.approx(growth.peak, rel=1e-12)
    assert record["reached at"] == growth.times[growth.peak_step]
    assert record["Kreiss constant"] == [lm.kreiss_constant(flow).lower, lm.kreiss_constant(flow).upper]
    shown = asked(words, capsys)[1]
    assert "spectral abscissa       -0.5 (stable)" in shown and "W as a drift" in shown
    assert f"reached at              t = {record['reached at']:.6g}" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--box", "0,1,2"], "box is (0.0, 1.0, 2.0); it must be four numbers"),
        (["--box", "a,b"], "box is 'a,b'; it must be numbers, with commas in between"),
        (["--points", "2.5"], "points is '2.5'; it must be whole numbers"),
        (["--points", "1"], "points is 1"),
        (["--levels", "0,1"], "levels is 0"),
        (["--pseudomode", "there"], "pseudomode is 'there'; it must be a complex number, such as 0.5+0.3i"),
        (["--duration", "3"], "leave duration out"),
        (["--format", "gif"], "'gif'"),
    ],
)
def test_options_of_pictures_that_mean_nothing_are_named(folder, options, message, capsys):
    code, out, err = asked(["nonnormality", "jordan:n=3", *options, "--out", "p.png"], capsys)
    assert message in err + out and "Traceback" not in err
    if "--duration" not in options:  # which only a row is about
        assert code == 2 and not Path("p.png").exists()


def test_a_terminal_shows_what_is_measured_and_drawn(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    code, out, err = asked(["nonnormality", "jordan:n=3", "--out", "pictures"], capsys)
    assert code == 0 and "measure" not in out
    for line in ("departure, measure 1 of 11", "Kreiss constant, measure 9 of 11", "picture: schur_form.pdf"):
        assert f"\r\033[K{line}" in err
    assert err.endswith("\r\033[K")  # the line is wiped


def test_what_cannot_be_measured_says_why_in_its_row(capsys):
    code, out, _ = asked(["nonnormality", "ginibre:n=5,gain=1.2,rng=0", "--json"], capsys)
    assert code == 0
    record = json.loads(out)
    assert record["departure"] > 0
    assert record["Kreiss constant"] == "Infinity"


# --- completion ---


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["rep"], {"report"}),
        (["curve", "cha"], {"chain:", "cha"}),  # and the files that begin so, which are the shell's to find
        (["memory", "chain:n=3,g"], {"chain:n=3,gain="}),
        (["curve", "nothing:"], set()),
        (["curve", "connectome:celegans-c"], {"connectome:celegans-cook"}),
        (["check", "A14"], {"A14"}),
        (["check", "--network", "feedback_chain:feedb"], {"feedback_chain:feedback="}),
        (["prove", "chain_c"], {"chain_curve"}),
        (["prove", "A1"], {"A1", "A10", "A12", "A13", "A14"}),
        (["sweep", "total_f"], {"total_fisher_memory"}),
        (["sweep", "total_fisher_memory,memory_c"], {"total_fisher_memory,memory_capacity"}),
        (["sweep", "memory_capacity", "feedback_c"], {"feedback_chain:", "feedback_c"}),
        (["sweep", "memory_capacity", "ginibre:gain=0.5", "--over", "r"], {"recipe=", "rng="}),
        (["sweep", "memory_capacity", "folder", "--over", "r"], set()),
        (["explore", "echo"], {"echo_state:", "echo"}),
        (["train", "c"], {"copy", "characters"}),
        (["layer", "weights"], {"weights"}),  # a file, which the shell finds
        (["curve", "--lag"], {"--lags"}),
    ],
)
def test_a_shell_completes_commands_sources_and_claims(typed, offered):
    asked_by_shell = ShellComplete(commands, {}, "linmem", VARIABLE)
    assert {item.value for item in asked_by_shell.get_completions(typed[:-1], typed[-1])} == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_calls_linmem(shell, capsys):
    code, out, _ = asked(["completion", shell], capsys)
    assert code == 0
    assert f"{VARIABLE}={shell}_complete" in out


@pytest.mark.parametrize(
    ("shell", "line"), [("zsh", "compadd -U -S '' -V unsorted -a unfinished"), ("fish", 'string split --max 1 ","')]
)
def test_words_that_go_on_after_a_colon_or_a_comma_are_whole(shell, line, capsys):
    """The scripts are those of click with one line changed; this line must be there with every version of click."""
    assert line in asked(["completion", shell], capsys)[1]


def test_the_help_lists_every_command_once(capsys):
    code, out, _ = asked(["--help"], capsys)
    assert code == 0
    listed = [name for lines in SECTIONS.values() for name in lines]
    assert sorted(listed) == sorted(commands.commands)
    assert [name for name in listed if f"  {name} " not in out] == []


@pytest.mark.parametrize("name", commands.commands)
def test_every_command_has_an_example_and_one_way_to_say_things(name):
    command = commands.commands[name]
    assert "Example:" in command.help
    options = {option: one for one in command.params for option in one.opts}
    for option, short in (("--out", "-o"),):
        assert (option in options) == (short in options)
    if "--json" in options:
        assert options["--json"].help.startswith("Print ")


def test_a_sweep_prints_a_line_of_json_for_each_network(capsys):
    code, out, _ = asked(["sweep", "total_fisher_memory", "chain", "--over", "n=2,3", "--json"], capsys)
    assert code == 0
    assert [json.loads(line)["total_fisher_memory"] for line in out.splitlines()] == [1.5, pytest.approx(11 / 6)]
