"""Groups of units: whose shares add up, and hemispheres that labels tell or do not tell."""

import json

import numpy as np
import pytest

import linmem as lm
from linmem.cli import main
from linmem.memory.groups import group_of_units, groups_by_prefix
from linmem.preparation import largest_units


def test_shares_are_sums_of_what_the_whole_network_has():
    rng = np.random.default_rng(0)
    Q = np.cov(rng.normal(size=(6, 30)))
    net = lm.LinearNetwork(lm.ginibre(6, rng=0).recurrent, noise=Q, labels=tuple("abcdef"))
    groups = {"a": "x", "b": "y", "c": "x", "d": "z", "e": "x", "f": "y"}
    found = lm.memory_of_groups(net, groups)
    assert found.groups == ("x", "y", "z") and found.units.tolist() == [3, 2, 1]
    J, v, W = lm.spatial_fisher_memory(net), lm.optimal_input(net), np.abs(net.recurrent)
    x = [0, 2, 4]
    assert found.memory[0] == pytest.approx((Q @ J)[x, x].sum() / 6, rel=1e-12)
    assert found.optimal_input[0] == pytest.approx((np.asarray(v)[x] ** 2).sum(), rel=1e-12)
    assert found.strengths[1, 0] == pytest.approx(W[np.ix_([1, 5], x)].sum(), rel=1e-12)  # from x to y
    assert found.memory.sum() == pytest.approx(1, rel=1e-10)
    assert (found.memory.error < 1e-8).all() and (found.optimal_input.error > 0).all()
    again = lm.memory_of_groups(net, [groups[label] for label in net.labels])
    assert (again.memory == found.memory).all()


def test_the_head_of_a_chain_holds_its_memory():
    """Negative control: an input to the first half of a line is remembered, one to its end is lost."""
    found = lm.memory_of_groups(lm.chain(20), ["head"] * 10 + ["tail"] * 10)
    assert found.memory[0] > 0.7 and found.optimal_input[0] > 0.999


def test_memory_of_groups_of_continuous_time_and_sparse_networks():
    A = lm.ginibre(8, rng=0).recurrent - 2 * np.eye(8)
    assert lm.memory_of_groups(lm.ContinuousNetwork(A), list("aabbccdd")).memory.sum() == pytest.approx(1, rel=1e-9)
    sparse = lm.sparse_random(12, density=0.3, rng=0)
    assert lm.memory_of_groups(sparse, ["a", "b"] * 6).strengths.sum() == pytest.approx(abs(sparse.recurrent).sum())


@pytest.mark.parametrize(
    ("labels", "sides"),
    [
        (["ctx-lh-insula", "ctx-rh-insula", "Brain-Stem"], "left right neither"),
        (["Left-Putamen", "Right-Putamen"], "left right"),
        (["7Networks_LH_Vis_1", "7Networks_RH_Vis_1", "7Networks_RH_Vis_2"], "left right right"),
        (["V1_L", "V1_R", "L.V2", "R.V2"], "left right left right"),
        (["rA1", "lA1", "rA2", "lA2"], "right left right left"),
        (["LV1", "RV1"], "left right"),
        (["ADAL", "ADAR", "AVL", "AVM", "ADEL", "ADER"], "left right neither neither left right"),  # AVR is not there
        (["LeftThalamus", "RightThalamus"], "left right"),
    ],
)
def test_hemispheres_are_told_by_labels(labels, sides):
    assert group_of_units("hemispheres", labels, len(labels)) == tuple(sides.split())


@pytest.mark.parametrize(
    "labels",
    [(), ("alpha", "roll", "lamp", "rear"), ("lh_a", "lh_b"), ("a_L", "b", "c", "d", "e_R"), ("left_right_a", "b")],
)
def test_hemispheres_that_labels_do_not_tell_are_refused(labels):
    with pytest.raises(lm.ArgumentError, match=r"groups is 'hemispheres', but only \d of . labels"):
        group_of_units("hemispheres", labels, len(labels) or 3)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("sides", "groups is 'sides'; it must be 'hemispheres'"),
        (["a"], "groups holds 1 names; it must hold one for each of the 3 units"),
        ({"a": "x"}, "groups has no group for 2 of 3 units: 'b', 'c'"),
    ],
)
def test_wrong_groups_are_refused(groups, message):
    with pytest.raises(lm.ArgumentError, match=message):
        lm.memory_of_groups(lm.LinearNetwork(np.eye(3) / 2, labels=("a", "b", "c")), groups)


def test_prefixes():
    assert groups_by_prefix(["AVA", "AIB", "RIM"], ["A", "AV"]) == {"AVA": "AV", "AIB": "A", "RIM": "other"}
    with pytest.raises(lm.ArgumentError, match="prefix 'X', with which no label, such as 'AVA'"):
        groups_by_prefix(["AVA"], ["X"])


def test_largest_units():
    assert largest_units(np.array([0, -0.5, 0.2, 0.9]), "abcd", 2) == "d 0.9, b -0.5"
    assert largest_units(np.array([0.5, 0, 0.5, 0.5]), "abcd", 2) == "3 units of 0.5 each: a, c, ..."


WORM = "connectome:name=celegans-witvliet-1"


def test_the_command_line_knows_groups(tmp_path, capsys):
    assert main(["curve", WORM, "--group", "hemispheres", "--json"]) == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    found = lm.memory_of_groups(lm.connectome("celegans-witvliet-1"), "hemispheres")
    assert [group["memory"] for group in groups.values()] == found.memory.tolist()
    assert groups["left"]["strength_to"]["right"] == found.strengths[1, 0]
    file = tmp_path / "groups.csv"
    file.write_text("".join(f"{label},{label[0]}\n" for label in lm.connectome("celegans-witvliet-1").labels))
    assert main(["curve", WORM, "--group", str(file)]) == 0
    out = capsys.readouterr().out
    assert "largest weights" in out and "group             A: " in out and "of the memory" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ADAL;left\n", "each row must be LABEL,GROUP"),
        ("ADAL,left\nADAL,right\n", "as row 2"),
        ("ADAL,left\n", "groups has no group for"),
        (b"\xff\xfe\x00", "cannot be read"),
        (None, "there is no such file"),
    ],
)
def test_files_of_groups_that_are_not_right_are_refused(content, message, tmp_path, capsys):
    file = tmp_path / "groups.csv"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["curve", WORM, "--group", str(file)]) == 2
    assert message in capsys.readouterr().err
