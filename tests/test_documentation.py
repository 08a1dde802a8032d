"""The site says only what is so: its examples run, its links lead somewhere, and it knows every public name."""

import doctest
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import linmem as lm
from linmem import plotting
from linmem.cli import commands, main

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
WITH_EXAMPLES = [page for page in PAGES if ">>>" in page.read_text(encoding="utf-8")]


@pytest.fixture(scope="module")
def hooks():
    spec = importlib.util.spec_from_file_location("hooks", DOCS / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole site, built with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    run = build(ROOT, folder)
    assert run.returncode == 0, run.stderr
    return folder


def build(root, folder):
    """Not --quiet: it silences warnings before they are counted, and --strict then lets everything pass."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=[str(page.relative_to(DOCS)) for page in WITH_EXAMPLES])
def test_examples_run_as_written(page):
    failures, tried = doctest.testfile(str(page), module_relative=False)
    assert tried and not failures


def test_every_other_block_of_python_runs():
    """Those of the page on clusters, which need one, compile."""
    blocks = [
        (page.name, block)
        for page in PAGES
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        if ">>>" not in block
    ]
    assert blocks
    for name, block in blocks:
        code = compile(block, name, "exec")
        if name != "cluster.md":
            exec(code, {})


# pages whose commands are run, one after the other in one folder, as a reader types them
WALKED = ("index.md", "guide/first_hour.md", "guide/eigtool.md", "guide/reservoirs.md", "guide/page.md")


@pytest.fixture
def folder_of_a_reader(tmp_path, monkeypatch):
    """An empty folder with a trained network, a table of connections, and inputs."""
    trained = ROOT / "tests" / "files" / "frameworks" / "torch" / "rnn_tanh.pt"
    for name in ("rnn.pt", "weights.pt"):
        shutil.copy(trained, tmp_path / name)
    draw = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", draw.normal(size=(30, lm.load_network(trained).n_inputs)))
    np.save(tmp_path / "weights.npy", 0.4 * draw.normal(size=(5, 5)))
    np.savetxt(tmp_path / "regions.csv", draw.random(size=(6, 6)), delimiter=",")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", WALKED)
def test_commands_of_a_page_can_be_typed(page, folder_of_a_reader, capsys):
    lines = re.findall(r"^    linmem (.*)$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        words = shlex.split(line)
        if words[0] == "explore":  # it serves until it is interrupted: that it starts is tested elsewhere
            commands.commands["explore"].make_context("explore", words[1:])
            continue
        assert main(words) == 0, (line, capsys.readouterr().err)


def test_the_reference_has_every_public_name(hooks):
    known = [name for room in hooks.reference() for name, _ in hooks.names(room)]
    wanted = {*lm.__all__} - {"__version__"} | {name for name in plotting.__all__ if callable(getattr(plotting, name))}
    assert set(known) == wanted
    assert len(known) == len(set(known))


def test_the_site_builds_and_shows_every_figure_and_name(site, hooks):
    """Warnings, of links and anchors too, are errors of the build."""
    gallery = (site / "gallery" / "index.html").read_text(encoding="utf-8")
    figures = [figure.stem for figure in (ROOT / "figures").glob("*.png")]
    assert len(figures) > 20
    assert all(f"figures/{name}.png" in gallery and (site / "figures" / f"{name}.png").exists() for name in figures)
    for room in hooks.reference():
        page = (site / "reference" / room / "index.html").read_text(encoding="utf-8")
        assert all(f'id="{path}.{name}"' in page for name, path in hooks.names(room))


@pytest.mark.parametrize("targets", [(), ("gone.md", "theory.md#gone", "figures/gone.png")])
def test_what_leads_nowhere_stops_the_build(targets, tmp_path):
    """A link to a page, to a place on a page and to a picture, all in one build of two pages: each is named. Without
    them the two pages are built.
    """
    (tmp_path / "docs").mkdir()
    shutil.copy(DOCS / "site.css", tmp_path / "docs")
    (tmp_path / "docs" / "index.md").write_text(" ".join(f"[a link]({target})" for target in targets))
    (tmp_path / "docs" / "theory.md").write_text("# Theory")
    two_pages = f"INHERIT: {ROOT / 'mkdocs.yml'}\nhooks: []\nnav: [index.md, theory.md]\n"
    (tmp_path / "mkdocs.yml").write_text(two_pages)
    run = build(tmp_path, tmp_path / "site")
    assert (run.returncode != 0) == bool(targets), run.stderr
    assert all(target in run.stderr for target in targets)


def test_the_claim_that_is_shown_stands_in_the_package():
    code = re.findall(
        r"(?:^    .*\n|^\n)+", (DOCS / "extending" / "claim.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    shown = textwrap.dedent(max(code, key=len)).strip()
    assert "@claim(" in shown
    assert any(shown in path.read_text(encoding="utf-8") for path in (ROOT / "linmem" / "claims").glob("*.py"))


def test_the_site_loads_nothing_from_elsewhere(site):
    """It can be read without a network."""
    loaded = re.compile(r'<(?:script|img|link)[^>]+(?:src|href)="(https?://[^"]+)"')
    for page in site.rglob("*.html"):
        away = [url for url in loaded.findall(page.read_text(encoding="utf-8")) if "linmem" not in url]
        assert not away, page


def test_adjoints_are_not_taken_for_emphasis(site):
    page = (site / "reference" / "memory" / "index.html").read_text(encoding="utf-8")
    assert "v* W*^k C^-1 W^k v" in page
