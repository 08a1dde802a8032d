"""The explorer: its server answers its reader alone; what the reader drags and clicks is computed."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

import linmem as lm
from linmem.cli import main
from linmem.exploring.explorers import Explorer, page_of
from linmem.exploring.live_page import CHARTS, part_of_section
from linmem.exploring.settings import Choice, Settings, subject_of
from linmem.reporting.contents import sections
from tests.browsing import needs_chromium, opened, saved

pytest.importorskip("bokeh")
N = 16
NET = lm.LinearNetwork(lm.ginibre(N, gain=0.8, rng=0).dense(), np.eye(N)[:, :2], name="small")


@contextmanager
def explored(network, **settings):
    """An explorer that computes in this process, and its address."""
    from linmem.charts.server import serve

    explorer = Explorer(Choice(lambda word: network), Settings(**settings), {})
    served = serve(lambda port: page_of(explorer, port))
    thread = threading.Thread(target=explorer.run, daemon=True)
    thread.start()
    try:
        yield explorer, served
    finally:
        explorer.stop()
        served.stop()
        thread.join(timeout=20)
        assert not thread.is_alive()


def test_every_chart_of_a_report_has_its_place():
    """Real and complex, with and without what is left out."""
    for network in (NET, lm.LinearNetwork(1j * NET.recurrent, NET.feedforward), lm.chain(5)):
        subject = subject_of(Settings(), Choice(lambda word, network=network: network))
        for title, compute in sections(subject, certified=False):
            for chart in compute().charts:
                assert CHARTS[title][chart.key] == chart.kind
            json.dumps(part_of_section(compute(), {}, {}))  # what the script of the page reads


# --- who is answered ---


def status(served, path="/", *, method="GET", identity=True, **headers):
    query = urlsplit(served.address).query
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    headers = {name.capitalize(): value for name, value in headers.items()}
    connection.request(method, f"{path}?{query}" if identity else path, headers=headers)
    return connection.getresponse().status


def test_only_the_reader_with_the_signed_address_is_answered():
    with explored(NET) as (_, served):
        own = f"127.0.0.1:{served.port}"
        assert status(served) == 200
        assert status(served, host=f"localhost:{served.port}") == 200
        assert status(served, origin=f"http://{own}") == 200
        assert status(served, identity=False) == 403  # without the address
        assert status(served, "/?bokeh-session-id=guess", identity=False) == 403  # not signed by this run
        assert status(served, host=f"example.org:{served.port}") == 403  # a name that was made to lead here
        assert status(served, origin="http://example.org") == 403  # another site
        assert status(served, method="POST") == 403
        for path in ("/static/js/bokeh.min.js", "/autoload.js", "/metadata", "/static/extensions/x", "/nothing"):
            assert status(served, path) == 403


def test_an_origin_of_the_environment_opens_nothing(monkeypatch):
    monkeypatch.setenv("BOKEH_ALLOW_WS_ORIGIN", "example.org")
    with explored(NET) as (_, served):
        answer = status(
            served, "/ws", origin="http://example.org", connection="Upgrade", upgrade="websocket",
        )  # fmt: skip
        assert answer == 403


def test_the_server_listens_on_this_machine_alone():
    with explored(NET) as (_, served):
        assert urlsplit(served.address).hostname == "127.0.0.1"
        with pytest.raises(lm.ArgumentError, match=f"port is {served.port}, which cannot be opened"):
            lm.explore(NET, port=served.port)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"snr": 0}, "snr is 0"),
        ({"horizon": 0}, "horizon is 0"),
        ({"port": 65536}, "port is 65536"),
        ({"port": -1}, "port is -1"),
        ({"against": ("ring",)}, "against is 'ring'"),
    ],
)
def test_wrong_requests_are_refused_before_anything_is_served(arguments, message):
    with pytest.raises(lm.ArgumentError, match=message):
        lm.explore(NET, **arguments)


def test_without_bokeh_the_reason_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr("linmem.charts.embedding.is_installed", lambda: False)
    assert main(["explore", "chain:n=3", "--no-browser"]) == 2
    assert capsys.readouterr().err == (
        "linmem: explore needs Bokeh, which is not installed: pip install 'linmem[explore]'\n"
    )


def test_the_command_prints_the_address_and_ends_by_ctrl_c():
    command = [sys.executable, "-m", "linmem", "explore", "chain:n=4", "--no-browser"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as running:
        assert running.stdout.readline().startswith("http://127.0.0.1:")
        assert running.stdout.readline() == "Ctrl-C ends it.\n"
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
        assert (running.returncode, out, err) == (0, "", "")


# --- in a browser ---

IS_COMPUTED = "document.querySelectorAll('section.busy').length == 0"
FIGURE = "Bokeh.documents[0].get_model_by_name('pseudospectrum').children[0]"


def table(page, key):
    return page.evaluate(f"linmem.table('{key}')")


@needs_chromium
def test_what_a_reader_drags_and_clicks_is_computed():
    with explored(NET) as (_, served), opened(served.address, width=1440, height=1000) as (page, wrong):
        page.wait_for_function(IS_COMPUTED)
        assert "units of memory" in page.inner_text(".verdict")
        curve = table(page, "fisher-memory")
        exact = lm.fisher_memory_curve(lm.LinearNetwork(NET.recurrent, NET.feedforward[:, 0]))
        np.testing.assert_allclose(curve["input 0"], exact.values, rtol=1e-9)

        # a box of the pseudospectrum is computed anew, to its edges
        figure = page.locator("#pseudospectrum")
        figure.scroll_into_view_if_needed()
        page.wait_for_function(f"{FIGURE}.inner_width > 0")
        box = figure.locator("canvas").first.bounding_box()
        page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 0.35 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.55 * box["height"], steps=5)
        page.mouse.up()
        levels = table(page, "pseudospectrum")
        while len(levels["Re z"]) != 10000:
            page.wait_for_timeout(100)
            levels = table(page, "pseudospectrum")
        seen = page.evaluate(f"[{FIGURE}.x_range.start, {FIGURE}.x_range.end]")
        assert seen[1] - seen[0] < 1.5  # the first box is wider than 2
        assert [levels["Re z"][0], levels["Re z"][-1]] == pytest.approx(seen, rel=1e-12)
        for place in (0, 4321, 9999):
            z = complex(levels["Re z"][place], levels["Im z"][place])
            sigma = np.linalg.svd(z * np.eye(N) - NET.recurrent, compute_uv=False)[-1]
            assert levels["sigma_min(z - W)"][place] == pytest.approx(sigma, rel=1e-5)  # 1e-6 is stated

        # a click shows the pseudomode of the point
        page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.45 * box["height"])
        page.locator("#pseudomode").wait_for(state="visible")
        assert np.linalg.norm(table(page, "pseudomode")["modulus"]) == pytest.approx(1, rel=1e-12)
        assert wrong == []


@needs_chromium
def test_a_slider_computes_the_page_anew_and_the_program_draws_it(tmp_path):
    statements = "network = lm.LinearNetwork(lm.ginibre(16, gain=0.8, rng=0).dense(), np.eye(16)[:, :2])"
    with explored(NET) as (explorer, served):
        explorer.choice = Choice(lambda word: NET, statements=lambda word: statements)
        with opened(served.address) as (page, wrong):
            page.wait_for_function(IS_COMPUTED)
            explorer.moved("radius", 0.5)
            page.wait_for_function("document.querySelector('.tags').textContent.includes('radius 0.5')")
            page.wait_for_function(IS_COMPUTED)
            curve = table(page, "fisher-memory")
            exact = lm.fisher_memory_curve(lm.LinearNetwork(NET.recurrent, NET.feedforward[:, 0]).rescaled(0.5))
            np.testing.assert_allclose(curve["input 0"], exact.values, rtol=1e-9)
            name, program = saved(page, page.locator("#fisher-memory [data-act=python]"))
            assert wrong == []
    (tmp_path / name).write_bytes(program)
    subprocess.run([sys.executable, name], cwd=tmp_path, check=True, env=os.environ | {"PYTHONPATH": os.getcwd()})
    assert (tmp_path / "fisher-memory.pdf").read_bytes().startswith(b"%PDF")


@needs_chromium
def test_a_page_that_is_opened_again_shows_what_is_known():
    with explored(NET) as (_, served):
        with opened(served.address) as (page, _):
            page.wait_for_function(IS_COMPUTED)
        with opened(served.address) as (page, wrong):
            page.wait_for_function(IS_COMPUTED)
            assert "units of memory" in page.inner_text(".verdict")
            assert wrong == []


@needs_chromium
def test_a_network_that_cannot_be_computed_says_why():
    with explored(NET) as (explorer, served), opened(served.address) as (page, wrong):
        page.wait_for_function(IS_COMPUTED)
        explorer.moved("radius", 1.2)  # unstable: memory of the last steps
        page.wait_for_function("document.querySelector('.tags').textContent.includes('unstable')")
        page.wait_for_function(IS_COMPUTED)
        assert "of the last 32 steps" in page.inner_text("#section-memory")
        explorer.moved("input", "nobody")
        page.wait_for_function("document.body.textContent.includes('Nothing is computed')")
        assert "input is 'nobody'" in page.inner_text("#section-memory")
        assert wrong == []


# --- files that hold several networks ---

TORCH = Path(__file__).parent.parent / "files" / "frameworks" / "torch"


@pytest.mark.parametrize(
    ("name", "options", "label", "words"),
    [
        ("gru.pt", {"gate": "update"}, "gate", ("update", "reset", "new")),
        ("rnn_2_layers.pt", {"recurrent": "weight_hh_l1"}, "layer", ("weight_hh_l1", "weight_hh_l0")),
        ("rnn_tanh.pt", {}, "", ()),
    ],
)
def test_gates_and_layers_of_a_file_can_be_chosen(name, options, label, words, monkeypatch):
    taken = []
    monkeypatch.setattr("linmem.exploring.serving.explore", lambda choice, **more: taken.append(choice))
    given = [f"--{key}={value}" for key, value in options.items()]
    assert main(["explore", str(TORCH / name), "--no-browser", *given]) == 0
    (choice,) = taken
    assert (choice.label, choice.words) == (label, words)
    (option,) = options or ("",)
    for word in words:
        exact = lm.load_network(TORCH / name, **{option: word})
        np.testing.assert_array_equal(choice.network(word).dense(), exact.dense())
        assert repr(word) in choice.statements(word)
