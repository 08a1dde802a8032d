"""The palette: a kind of network has one colour, dash and marker; every reader can tell the kinds apart."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from linmem import plotting
from linmem.errors import ArgumentError

# Linear RGB as it is seen without one kind of cone, after Machado, Oliveira & Fernandes (2009), full severity.
CONES_MISSING = {
    "none": np.eye(3),
    "long": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "middle": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "short": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
RGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
JUST_NOTICEABLE = 2.3  # in CIELAB


def lab(colour, missing):
    """CIELAB coordinates of a colour as a reader sees it who has not these cones."""
    encoded = np.array(to_rgb(colour))
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(CONES_MISSING[missing]) @ linear, 0, 1)
    x, y, z = np.cbrt(RGB_TO_XYZ @ seen / RGB_TO_XYZ.sum(axis=1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("missing", CONES_MISSING)
def test_every_reader_can_tell_the_kinds_apart_by_colour(missing):
    colours = [lab(plotting.kind_style(kind)["color"], missing) for kind in plotting.KINDS]
    distances = [np.linalg.norm(one - other) for one, other in combinations(colours, 2)]
    assert min(distances) > 4 * JUST_NOTICEABLE


def test_kinds_differ_without_colour_by_dash_and_by_marker():
    looks = [Figure().subplots().plot([0, 1], **plotting.kind_style(kind))[0] for kind in plotting.KINDS]
    assert len({str(line._dash_pattern) for line in looks}) == len(plotting.KINDS)
    assert len({plotting.kind_marker(kind) for kind in plotting.KINDS}) == len(plotting.KINDS)


def test_a_kind_has_the_same_look_inside_and_outside_the_style():
    outside = {kind: plotting.kind_style(kind) for kind in plotting.KINDS}
    with plotting.style():
        assert {kind: plotting.kind_style(kind) for kind in plotting.KINDS} == outside
        cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    assert {look["color"] for look in outside.values()} <= set(cycle)


def test_another_kind_is_refused_with_the_nearest_one():
    with pytest.raises(ArgumentError, match=r"kind is 'gaussian'; it must be one of .*; did you mean 'Gaussian'\?"):
        plotting.kind_style("gaussian")
    with pytest.raises(ArgumentError, match="kind is 3"):
        plotting.kind_marker(3)


@pytest.mark.parametrize(
    ("name", "columns", "message"),
    [("pmas", None, "journal is 'pmas'; .* did you mean 'pnas'"), ("neurips", 2, "columns is 2; figures of neurips")],
)
def test_what_no_journal_has_is_refused(name, columns, message):
    with pytest.raises(ArgumentError, match=message), plotting.for_journal(name, columns):
        pass
