"""The connectomes against the numbers of their sources, known anatomy, and direct use of numpy and scipy."""

import numpy as np
import pytest
import scipy.linalg as sl

from linmem.connectivity.connectomes import CONNECTOMES, connectome
from linmem.errors import ArgumentError

COUNTS = {  # cells, connections, total weight, sensory neurons: as cect 0.3.5 counts them
    "celegans-varshney": (281, 2309, 7804, 83),
    "celegans-cook": (302, 3709, 20965, 83),
    "celegans-witvliet-1": (161, 675, 1152, 61),
    "celegans-witvliet-2": (162, 865, 1687, 61),
    "celegans-witvliet-3": (162, 887, 1884, 61),
    "celegans-witvliet-4": (168, 1011, 2521, 65),
    "celegans-witvliet-5": (174, 1324, 3644, 67),
    "celegans-witvliet-6": (175, 1315, 3894, 67),
    "celegans-witvliet-7": (181, 1944, 6587, 69),
    "celegans-witvliet-8": (180, 1933, 7099, 69),
}
# the Perron roots have condition numbers up to 12 and ||W||_F is up to 9 radii, so LAPACK's backward error,
# sqrt(N) ulp of the norm, moves them by up to 4e-13
EIGENVALUE = 1e-12


@pytest.fixture(scope="module", params=CONNECTOMES)
def net(request):
    return connectome(request.param)


@pytest.fixture(scope="module")
def varshney():
    return connectome("celegans-varshney").recurrent


def spatial_memory(W):
    """sum_k W^k' C^-1 W^k by two Stein equations; cond(C) is at most 1000 here, so that twelve digits are right."""
    C = sl.solve_discrete_lyapunov(W, np.eye(len(W)))
    return sl.solve_discrete_lyapunov(W.T, np.linalg.inv(C))


def henrici(W):
    return np.sqrt(sl.norm(W) ** 2 - np.sum(np.abs(np.linalg.eigvals(W)) ** 2)) / sl.norm(W)


def power_norms(W, steps):
    norms, power = [], np.eye(len(W))
    for _ in range(steps):
        norms.append(np.linalg.norm(power, 2))
        power = W @ power
    return np.array(norms)


def synapses(net):
    """The counts again: the smallest is one synapse in every data set.

    Division undoes one rounding of multiplication.
    """
    counts = net.recurrent / net.recurrent[net.recurrent > 0].min()
    np.testing.assert_allclose(counts, np.rint(counts), rtol=1e-14)
    return np.rint(counts)


def between(net, pre, post):
    """The total weight from cells to cells, by name."""
    return sum(net.recurrent[net.labels.index(i), net.labels.index(j)] for i in post for j in pre)


def test_every_name_has_its_network():
    assert set(CONNECTOMES) == set(COUNTS)


def test_cells_connections_and_weights_are_those_of_the_source(net):
    counts = synapses(net)
    assert (net.size, np.count_nonzero(counts), counts.sum(), np.count_nonzero(net.feedforward)) == COUNTS[net.name]


def test_labels_are_distinct_cell_names(net):
    assert len(set(net.labels)) == net.size
    assert {"ASHL", "AVAL", "RIAR"} <= set(net.labels)


def test_weights_are_not_negative_and_the_perron_root_is_the_radius(net):
    assert net.recurrent.min() == 0
    eigenvalues = np.linalg.eigvals(net.recurrent)
    largest = eigenvalues[np.argmax(np.abs(eigenvalues))]
    assert largest.imag == 0 and largest.real == pytest.approx(0.95, rel=EIGENVALUE)
    assert net.known_radius == 0.95 and net.radius.stable


def test_power_iteration_finds_the_same_radius(net):
    state = np.ones(net.size)
    for _ in range(200):  # the second eigenvalue is at most 0.77 of the first: 0.77^200 = 2e-23
        previous, state = state / state.sum(), net.recurrent @ (state / state.sum())
    # sums of non-negative numbers lose at most N ulp, 7e-14
    assert state.sum() / previous.sum() == pytest.approx(0.95, rel=1e-13)


@pytest.mark.parametrize("radius", [1e-3, 0.5, 1.0, 1.2])
def test_any_positive_radius_is_attained(radius):
    W = connectome("celegans-witvliet-1", radius=radius).recurrent
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(radius, rel=EIGENVALUE)


def test_input_is_spread_evenly_over_the_sensory_neurons(net):
    sensed = net.feedforward[net.feedforward != 0]
    assert np.all(sensed == sensed[0]) and sensed[0] > 0
    assert sl.norm(net.feedforward) == pytest.approx(1, rel=1e-14)  # 83 equal squares, a few ulp
    names = {label for label, weight in zip(net.labels, net.feedforward, strict=True) if weight}
    assert {"ASHL", "ASHR", "AWCL", "ALML"} <= names
    assert names.isdisjoint({"AVAL", "AVBL", "RIAL", "RMEL", "BWM"})


# orientation: W[post, pre]


def test_nociceptors_drive_the_command_interneurons_and_not_the_reverse(net):
    """The avoidance circuit: ASH has synapses onto AVA, AVB and AVD."""
    pain, command = ("ASHL", "ASHR"), ("AVAL", "AVAR", "AVBL", "AVBR", "AVDL", "AVDR")
    assert between(net, pain, command) > 0
    assert between(net, command, pain) == 0


@pytest.mark.parametrize(
    "name", ["celegans-varshney", "celegans-cook", *(f"celegans-witvliet-{age}" for age in (5, 6, 7, 8))]
)
def test_the_touch_receptor_avm_drives_the_forward_interneurons(name):
    """Anterior touch cells have synapses onto AVB and PVC (Chalfie et al. 1985, J. Neurosci. 5:956)."""
    net = connectome(name)
    forward = ("AVBL", "AVBR", "PVCL", "PVCR")
    assert between(net, ["AVM"], forward) > 0
    assert between(net, forward, ["AVM"]) == 0


def test_avm_is_born_after_hatching():
    assert ["AVM" in connectome(f"celegans-witvliet-{age}").labels for age in range(1, 9)] == [False] * 4 + [True] * 4


def test_sensory_neurons_send_more_than_they_receive(net):
    sensory = net.feedforward > 0
    assert net.recurrent[:, sensory].sum() > 2 * net.recurrent[sensory].sum()


# measured numbers: each to half a unit of its last digit


def test_varshney_memory_over_directions(varshney):
    memory = spatial_memory(varshney)
    least, most = sl.eigvalsh((memory + memory.T) / 2)[[0, -1]]
    assert least == pytest.approx(0.0045, abs=5e-5)
    assert most == pytest.approx(2.79, abs=5e-3)
    assert np.trace(memory) == pytest.approx(281, abs=5e-4)


def test_varshney_transient_growth(varshney):
    norms = power_norms(varshney, steps=40)
    assert norms.argmax() == 5
    assert norms.max() == pytest.approx(8.49, abs=5e-3)


@pytest.mark.parametrize(("name", "departure"), [("celegans-varshney", 0.954), ("celegans-cook", 0.888)])
def test_henrici_departure(name, departure):
    assert henrici(connectome(name).recurrent) == pytest.approx(departure, abs=5e-4)


def test_the_pooled_muscle_only_listens_and_makes_most_of_the_growth(varshney):
    assert connectome("celegans-varshney").labels[-1] == "BWM"
    assert not varshney[:, -1].any() and np.count_nonzero(varshney[-1]) == 115
    neurons = varshney[:-1, :-1]
    assert np.abs(np.linalg.eigvals(neurons)).max() == pytest.approx(0.95, rel=EIGENVALUE)
    norms = power_norms(neurons, steps=40)
    assert (norms.argmax(), norms.max()) == (3, pytest.approx(2.98, abs=5e-3))
    assert henrici(neurons) == pytest.approx(0.925, abs=5e-4)


# the boundary


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ArgumentError, match=r"name is 'celegans-cok', .*did you mean 'celegans-cook'\?"):
        connectome("celegans-cok")


@pytest.mark.parametrize("name", ["", "drosophila", None, 3, ["cook"], np.array(["brain", "x"])])
def test_a_name_unlike_any_is_answered_with_all_names(name):
    with pytest.raises(ArgumentError, match=r"it must be one of celegans-varshney, .*celegans-witvliet-8"):
        connectome(name)


@pytest.mark.parametrize("radius", [0, -0.5, np.nan, np.inf, "0.9", None, [0.9], True])
def test_a_radius_that_is_no_positive_number_is_refused(radius):
    with pytest.raises(ArgumentError, match=r"radius is .*; it must be a finite number > 0"):
        connectome("celegans-cook", radius=radius)


def test_two_calls_give_the_same_bytes(net):
    again = connectome(net.name)
    assert again.recurrent.tobytes() == net.recurrent.tobytes()
    assert again.feedforward.tobytes() == net.feedforward.tobytes()
    assert again.labels == net.labels


def test_the_shipped_file_is_what_the_script_extracts(tmp_path):
    pytest.importorskip("cect", reason="the extraction needs the extra 'data'")
    from linmem.connectivity.data import extract_celegans

    extract_celegans.main(tmp_path / "again.npz")
    with np.load(tmp_path / "again.npz") as again, np.load(extract_celegans.SHIPPED) as shipped:
        assert set(again) == set(shipped)
        for key in shipped:
            np.testing.assert_array_equal(again[key], shipped[key])
