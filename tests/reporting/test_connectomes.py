"""Reports about networks with named units: groups, shuffled networks, and the names in tables and pictures."""

import re

import numpy as np
import pytest

import linmem as lm
from linmem import plotting
from linmem.plotting.units import LONGEST, MOST_TICKS, shortened

N = 16
LABELS = tuple(f"area-{i:02d}_{side}" for i in range(N // 2) for side in "LR")


@pytest.fixture(scope="module")
def network():
    W = lm.sparse_random(N, density=0.3, gain=0.8, rng=0).dense()
    return lm.LinearNetwork(W, np.eye(N)[0], labels=LABELS, name="small")


@pytest.fixture(scope="module")
def written(network, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "report.html"
    return out, lm.report(network, out, against=["chain", "shuffled"], groups="hemispheres")


def test_groups_are_those_of_the_library(network, written):
    found = lm.memory_of_groups(network, "hemispheres")
    assert written[1]["Groups"]["left: share of the memory"] == found.memory[0]
    assert written[1]["Groups"]["strength from left to right"] == found.strengths[1, 0]


def test_p_values_are_those_of_the_library(network, written):
    numbers = written[1]["Beside shuffled networks"]
    found = lm.compare_with_shuffles(
        lm.henrici_departure, network, keep="degrees", same_radius=True, rng=0, relative=True
    )
    assert numbers["Henrici's departure, relative: p, two-sided"] == found.p_value
    assert numbers["total memory, given input"] == pytest.approx(lm.total_fisher_memory(network), rel=1e-12)
    assert len(numbers) == 8


def test_names_stand_in_tables_and_pictures(network, written):
    text = written[0].read_text()
    best = np.argmax(np.abs(lm.optimal_input(network)))
    assert re.search(rf"largest weights of the best input</th><td[^>]*>{LABELS[best]} ", text)
    assert "first units to respond" in text
    # ticks of both axes of W and of the best input; a picture keeps its texts as comments or as text
    assert text.count(LABELS[2]) + text.count(shortened(LABELS[2])) >= 3


def test_sections_are_written_only_when_asked_for(network, tmp_path):
    numbers = lm.report(network, tmp_path / "plain.html", against=[])
    assert "Groups" not in numbers and "Beside shuffled networks" not in numbers


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"against": ["shufled"]}, "did you mean 'shuffled'"), ({"groups": ["a"]}, "groups holds 1 names")],
)
def test_wrong_requests_are_refused(network, tmp_path, arguments, message):
    with pytest.raises(lm.ArgumentError, match=message):
        lm.report(network, tmp_path / "page.html", **arguments)


def test_a_network_that_cannot_be_shuffled_says_so(tmp_path):
    numbers = lm.report(np.full((4, 4), 0.1), tmp_path / "page.html", against=["shuffled"])
    assert "Beside shuffled networks" not in numbers  # there is no number
    assert "degrees that leave no or hardly any other graph" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("n", [5, 12, 13, 300])
def test_pictures_have_the_labels_of_some_units(n):
    labels = tuple(f"{i} $x$ of a long name" for i in range(n))
    ax = plotting.plot_matrix(lm.LinearNetwork(np.eye(n), labels=labels), colour_bar=False)
    for axis in (ax.xaxis, ax.yaxis):
        places = [int(place) for place in axis.get_ticklocs()]
        texts = [text.get_text() for text in axis.get_ticklabels()]
        assert places[0] == 1 and len(places) <= MOST_TICKS and len(places) >= min(n, MOST_TICKS // 2)
        assert texts == [shortened(labels[place - 1]) for place in places]
        assert all(len(text.replace("\\", "")) <= LONGEST for text in texts)
    ax.figure.canvas.draw()


def test_a_schematic_has_the_labels_of_units():
    ax = plotting.plot_network_schematic(lm.LinearNetwork(np.eye(2), labels=("AVAL", "ctx-lh-superiorfrontal_L")))
    assert [text.get_text() for text in ax.texts] == ["AVAL", "ctx-lh…ontal_L"]
    assert not plotting.plot_network_schematic(lm.chain(3)).texts


def test_long_labels_keep_their_beginnings_and_ends():
    assert shortened("ctx-lh-superiorfrontal_L") == "ctx-lh…ontal_L"
    assert shortened("V1") == "V1"
