"""What does not change, or changes by a known factor, when a network is written in another way.

Every transformation here is exact in doubles: powers of two, permutations, transposition, and the unitary matrices
H / 2 of the Hadamard matrix H of four units, on weights of few bits. Two answers about the same number then differ by
at most the sum of their errors, and not at all where only the unit is another power of two.
"""

from dataclasses import replace

import numpy as np
import pytest

import linmem as lm
from tests.differential import networks
from tests.differential.networks import Case
from tests.differential.promises import stated_error
from tests.differential.running import MEASURES

HADAMARD = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
FAMILIES = ("ginibre", "hidden", "stochastic", "dale", "kahan", "trained", "triangular", "companion")
CASES = [Case(seed=seed, family=family, n=4 + seed % 2, inputs="vector" if seed % 3 else 2, lags=4,
              is_complex=seed % 4 == 3, horizon=(None, None, 6)[seed % 3])
         for seed, family in enumerate(FAMILIES)]  # fmt: skip
BITS = 20  # of the weights, so that products with H / 2 are exact

# the parts of answers that are numbers of one network, whatever its units
FISHER = ["fisher_memory_curve", "total_fisher_memory", "fisher_memory_matrix", "nuisance_information"]
DECODING = ["memory_function", "memory_function (readout noise)", "memory_function (correlated signal)",
            "memory_capacity", "mutual_information", "snr_curve", "snr_curve (readout noise)"]  # fmt: skip
OF_MATRICES = ["henrici_departure", "henrici_departure (relative)", "departure_bounds", "normal_distance",
               "eigenvector_condition", "numerical_radius", "crawford_number",
               "pseudospectral_radius", "pseudospectral_abscissa", "transient_growth", "commutator_norm",
               "numerical_abscissa", "growth_lower_bound"]  # fmt: skip
LENGTHS = [*sorted(set(OF_MATRICES) - {"henrici_departure (relative)", "eigenvector_condition", "transient_growth",
                                 "commutator_norm", "growth_lower_bound"})]  # fmt: skip
BY_NAME = {measure.name: measure for measure in MEASURES}


def rounded(array):
    """The array with few bits, so that sums of its entries are exact."""
    array = np.asarray(array)
    if np.iscomplexobj(array):
        return rounded(array.real) + 1j * rounded(array.imag)
    unit = 2.0 ** (np.ceil(np.log2(np.abs(array).max() or 1.0)) - BITS)
    return np.round(array / unit) * unit


def network_of(case):
    net = case.alone()
    return lm.LinearNetwork(rounded(net.recurrent), rounded(net.feedforward), rounded(net.covariance))


def unitary(n):
    U = np.eye(n)
    U[:4, :4] = HADAMARD
    return U


def in_basis(net, U):
    """U W U*, U V, U Q U*."""
    return lm.LinearNetwork(U @ net.recurrent @ U.conj().T, U @ net.feedforward, U @ net.covariance @ U.conj().T)


def in_units(net, D):
    return lm.LinearNetwork(D[:, None] * net.recurrent / D, (D * net.feedforward.T).T, D[:, None] * net.covariance * D)


def parts_of(name, case, net):
    """The parts of an answer, each with its error; None where it is refused."""
    measure = BY_NAME[name]
    try:
        answer = measure.ask(case, net)
    except lm.LinmemError:
        return None
    found = {}
    for part, promise in measure.parts.items():
        if part in ("tight", "gap"):
            continue
        value = measure.read(answer, part)
        error = stated_error(answer, part, value)
        if error is None:
            error = np.full(np.shape(value), (promise.rtol or 1e-8) * np.max(np.abs(value), initial=0.0))
        found[part] = np.asarray(value), np.asarray(error)
    return found


def assert_equal(name, case, net, other, factor=1.0):
    """Equal within the sum of the errors, and roundings of the values."""
    first, second = parts_of(name, case, net), parts_of(name, case, other)
    if first is None or second is None:
        return
    for part, (value, error) in first.items():
        expected, room = factor * value, abs(factor) * error
        difference = np.abs(second[part][0] - expected)
        room = room + second[part][1] + 4 * np.spacing(np.abs(expected))
        same = (difference <= room) | (second[part][0] == expected)
        assert same.all(), (name, part, second[part][0], expected, room)


every_case = pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[] if i in (2, 5, 7) else [pytest.mark.slow]) for i, case in enumerate(CASES)],
    ids=lambda case: case.family,
)


@every_case
@pytest.mark.parametrize("name", [*FISHER, *DECODING, *OF_MATRICES, "transient_amplification"])
def test_unitary_changes_of_basis(name, case):
    if not BY_NAME[name].applies(case):
        return
    net = network_of(case)
    assert_equal(name, case, net, in_basis(net, unitary(case.n)))


@every_case
@pytest.mark.parametrize("name", [*FISHER, *DECODING, *OF_MATRICES, "transient_amplification", "rounding_sensitivity"])
def test_permutations(name, case):
    if not BY_NAME[name].applies(case):
        return
    net = network_of(case)
    assert_equal(name, case, net, in_basis(net, np.eye(case.n)[np.random.default_rng(case.seed).permutation(case.n)]))


@every_case
@pytest.mark.parametrize("name", [*FISHER, "rounding_sensitivity", "memory_capacity (no noise)"])
def test_units_of_powers_of_two(name, case):
    if not BY_NAME[name].applies(case):
        return
    net, D = network_of(case), 2.0 ** np.random.default_rng(case.seed).integers(-12, 13, case.n)
    assert_equal(name, case, net, in_units(net, D))


@every_case
@pytest.mark.parametrize("name", sorted(set(OF_MATRICES) - {"eigenvector_condition"}))  # of the right eigenvectors
def test_transposition(name, case):
    net = network_of(case)
    assert_equal(name, case, net, replace(net, recurrent=net.recurrent.T))


@every_case
@pytest.mark.parametrize("exponent", [-3, 40, -300])
@pytest.mark.parametrize("name", FISHER)
def test_scaled_inputs(name, case, exponent):
    """J grows with the square of the input, and with the inverse of the noise."""
    net = network_of(case)
    assert_equal(name, case, net, replace(net, feedforward=net.feedforward * 2.0**exponent), 4.0**exponent)
    assert_equal(name, case, net, replace(net, noise=net.covariance * 2.0**exponent), 2.0**-exponent)


@every_case
@pytest.mark.parametrize("name", [*FISHER, *DECODING])
def test_inputs_and_noise_scaled_together(name, case):
    """Fisher memory of V 2^j and Q 4^j; decoding, whose signal is in units of the noise, of Q alone."""
    if not BY_NAME[name].applies(case):
        return
    net = network_of(case)
    V = net.feedforward * 2.0**30 if name in FISHER else net.feedforward
    assert_equal(name, case, net, lm.LinearNetwork(net.recurrent, V, net.covariance * 4.0**30))


@every_case
@pytest.mark.parametrize("exponent", [-1, 7, -400, 300])
@pytest.mark.parametrize("name", LENGTHS)
def test_scaled_weights(name, case, exponent):
    """What has the unit of W grows with it; the norm eps of perturbations follows the size of W."""
    measure = BY_NAME[name]
    if "pseudospectral" in name:
        ask = getattr(lm, name)
        net, unit = network_of(case), 2.0**exponent
        a, b = ask(net, 0.25), ask(replace(net, recurrent=net.recurrent * unit), 0.25 * unit)
        assert abs(b - a * unit) <= (getattr(a, "error", 1e-8 * a) * unit + getattr(b, "error", 1e-8 * b)) + 1e-15 * b
    elif measure.applies(case):
        net = network_of(case)
        assert_equal(name, case, net, replace(net, recurrent=net.recurrent * 2.0**exponent), 2.0**exponent)


@every_case
@pytest.mark.parametrize("name", ["noise_covariance", "spatial_fisher_memory"])
def test_matrices_turn_with_the_basis(name, case):
    """C' = U C U*, and J^s' = U J^s U*: errors turn with |U|."""
    net, U = network_of(case), unitary(case.n)
    first, second = parts_of(name, case, net), parts_of(name, case, in_basis(net, U))
    (value, error), (other, room) = first[""], second[""]
    turned = np.abs(U) @ error @ np.abs(U).T + room + 1e-15 * np.abs(value).max()
    assert (np.abs(other - U @ value @ U.T) <= turned).all()


STACKED = [name for name in BY_NAME if BY_NAME[name].takes_stacks and BY_NAME[name].of != "continuous"]


@pytest.mark.parametrize("name", STACKED)
@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_members_of_stacks_alone(name, seed):
    case = Case(seed=seed, family=FAMILIES[seed], n=3, stack=3, lags=3, inputs=(1, 2, "vector")[seed % 3],
                noise=networks.NOISES[seed % 5], horizon=None if seed % 2 else 4)  # fmt: skip
    if not BY_NAME[name].applies(case):
        return
    together = parts_of(name, case, case.network())
    for member in case.members:
        alone = parts_of(name, case, case.alone(member))
        if together is None or alone is None:
            continue
        for part, (value, error) in alone.items():
            stacked, room = (array[member] for array in together[part])
            assert (np.abs(stacked - value) <= error + room + 4 * np.spacing(np.abs(value))).all(), (name, part)


def test_a_change_is_noticed():
    """Negative control: a basis that is not unitary changes the memory that is decoded."""
    case = CASES[0]
    net = network_of(case)
    with pytest.raises(AssertionError):
        assert_equal("memory_capacity", case, net, in_units(net, np.array([1.0, 2, 4, 8])))
