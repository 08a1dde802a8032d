"""LinearNetwork: what it accepts, what it makes of it, and that it leaves the caller's arrays alone."""

import pickle
from copy import deepcopy
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import scipy.sparse as sparse

import linmem as lm

W2 = [[0.5, 0.25], [0.0, -0.5]]


@pytest.mark.parametrize(
    "recurrent",
    [
        W2,
        tuple(map(tuple, W2)),
        np.array(W2),
        np.array(W2, np.float32),
        np.array(W2, np.float16),
        np.asfortranarray(W2),
        np.array(W2)[::-1][::-1],
        np.array(W2).byteswap().view(np.dtype(float).newbyteorder()),
        np.ma.masked_array(W2, mask=False),
        np.array(W2).view(type("Subclass", (np.ndarray,), {})),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_array_becomes_doubles(recurrent):
    net = lm.LinearNetwork(recurrent, [1, 0])
    assert type(net.recurrent) is np.ndarray
    assert net.recurrent.dtype == float
    assert net.recurrent.flags.c_contiguous
    assert np.array_equal(net.recurrent, W2)
    assert net.feedforward.dtype == float


@pytest.mark.parametrize("dtype", [int, np.int8, np.uint16])
def test_whole_numbers_become_doubles(dtype):
    assert lm.LinearNetwork(np.array([[0, 0], [2, 0]], dtype), np.array([1, 0], dtype)).recurrent.dtype == float


def test_complex_weights_stay_complex():
    net = lm.LinearNetwork(np.array(W2, np.complex64) * 1j, [1j, 0])
    assert net.recurrent.dtype == net.feedforward.dtype == complex


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "dia", "bsr", "lil", "dok"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_sparse_stays_sparse(form, kind):
    given = getattr(sparse, f"{form}_{kind}")(np.array(W2))
    net = lm.LinearNetwork(given, [1, 0])
    assert net.is_sparse
    assert isinstance(net.recurrent, sparse.csr_array)
    assert net.recurrent.data.dtype == float
    assert np.array_equal(net.dense(), W2)
    assert not lm.LinearNetwork(W2, [1, 0]).is_sparse


def test_sparse_duplicates_are_added_up():
    net = lm.LinearNetwork(sparse.coo_array(([0.25, 0.25], ([0, 0], [0, 0])), shape=(2, 2)), [1, 0])
    assert net.recurrent.nnz == 1
    assert net.recurrent[0, 0] == 0.5
    assert lm.total_fisher_memory(net) == pytest.approx(1, rel=1e-15)


def test_sparse_feedforward_and_noise_become_dense():
    net = lm.LinearNetwork(W2, sparse.csr_array([[1.0], [0.0]]), noise=sparse.diags_array([1.0, 2.0]))
    assert net.feedforward.shape == (2, 1)
    assert (net.n_inputs, net.feedforward_is_matrix) == (1, True)
    assert np.array_equal(net.noise, np.diag([1.0, 2.0]))


def test_arrays_are_copies():
    W, v, Q = np.array(W2), np.array([1.0, 0.0]), np.eye(2)
    net = lm.LinearNetwork(W, v, noise=Q)
    before = lm.fisher_memory_curve(net).values.copy()
    W[:], v[:], Q[:] = 7, 7, 7
    assert np.array_equal(lm.fisher_memory_curve(net).values, before)
    S = sparse.csr_array(np.array(W2))
    net = lm.LinearNetwork(S, [1, 0])
    S.data[:] = 7
    S.indices[:] = 0
    assert np.array_equal(net.dense(), W2)


@pytest.mark.parametrize("build", [np.array, np.asfortranarray, sparse.csr_array, sparse.csc_array])
def test_the_callers_arrays_are_left_as_they_were(build):
    W = build(np.array([[0.5, 0.25, 0.1], [0.0, -0.5, 0.3], [0.2, 0.0, 0.1]]))
    v, Q = np.array([1.0, 2.0, 3.0]), np.diag([1.0, 2.0, 3.0]) + 0.1
    kept = deepcopy((W, v, Q))
    net = lm.LinearNetwork(W, v, noise=Q)
    for ask in (lm.fisher_memory_curve, lm.spatial_fisher_memory, lm.noise_covariance, lm.fisher_memory_matrix):
        ask(net)
        ask(net, horizon=3)
    lm.transient_amplification(net)
    for now, then in zip((W, v, Q), kept, strict=True):
        assert (now != then).sum() == 0
    assert v.flags.writeable
    assert Q.flags.writeable


def test_everything_is_read_only():
    net = lm.LinearNetwork(W2, [1, 0], noise=np.eye(2))
    for array in (net.recurrent, net.feedforward, net.noise, lm.fisher_memory_curve(net).values):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(FrozenInstanceError, match="recurrent"):
        net.recurrent = np.eye(2)
    with pytest.raises(ValueError, match="read-only"):
        lm.LinearNetwork(sparse.csr_array(W2), [1, 0]).recurrent.data[0] = 1


@pytest.mark.parametrize(
    ("W_shape", "V_shape", "stack", "inputs"),
    [
        ((4, 4), (4,), (), None),
        ((4, 4), (4, 1), (), 1),
        ((4, 4), (4, 4), (), 4),
        ((4, 4), (4, 9), (), 9),
        ((1, 1), (1,), (), None),
        ((3, 4, 4), (4,), (3,), None),  # shared
        ((3, 4, 4), (3, 4), (3,), None),
        ((3, 4, 4), (3, 4, 2), (3,), 2),
        ((4, 4, 4), (4, 4), (4,), None),  # one input for each member, not four shared ones
        ((2, 3, 4, 4), (2, 3, 4), (2, 3), None),
        ((2, 3, 4, 4), (2, 3, 4, 5), (2, 3), 5),
        ((1, 1, 1), (1,), (1,), None),
    ],
)
def test_shapes(W_shape, V_shape, stack, inputs):
    rng = np.random.default_rng(0)
    W, V = 0.1 * rng.standard_normal(W_shape), rng.standard_normal(V_shape)
    net = lm.LinearNetwork(W, V)
    assert (net.size, net.stack_shape) == (W_shape[-1], stack)
    assert (net.n_inputs, net.feedforward_is_matrix) == (inputs or 1, inputs is not None)
    assert net.columns().shape == (*stack, net.size, inputs or 1)
    values = lm.fisher_memory_curve(net, 3).values
    assert values.shape == (*stack, 3, *((inputs, inputs) if inputs else ()))
    for index in np.ndindex(stack):
        member = net.member(*index)
        assert np.array_equal(member.recurrent, W[index])
        assert np.array_equal(member.feedforward, V if len(V_shape) == 1 else V[index])
        assert not member.stack_shape


@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 1, 1), (4,), (2, 4), (3, 3), (5, 4), (3, 4, 0), (0,)])
def test_other_shapes_of_a_stack_are_refused(shape):
    """Of three networks of five units."""
    V = np.ones(shape)
    if shape == (3, 5):
        assert not lm.LinearNetwork(np.zeros((3, 5, 5)), V).feedforward_is_matrix
    else:
        with pytest.raises(lm.InvalidNetworkError, match="feedforward has shape"):
            lm.LinearNetwork(np.zeros((3, 5, 5)), V)


def test_noise_is_shared_by_a_stack():
    net = lm.LinearNetwork(np.zeros((2, 3, 3)), [1, 0, 0], noise=np.diag([4.0, 1, 1]))
    assert lm.fisher_memory_curve(net, 1).values == pytest.approx(np.full((2, 1), 0.25), rel=1e-15)


def test_noise_variance_is_the_mean():
    assert lm.LinearNetwork(W2, noise=3).noise_variance == 3.0
    net = lm.LinearNetwork(W2, noise=[[1, 0.5], [0.5, 3]])
    assert net.noise_variance == 2
    assert np.array_equal(net.unit_noise, net.noise / 2)
    assert lm.LinearNetwork(W2, noise=3).unit_noise is None


def test_a_scalar_and_a_matrix_of_noise_are_one():
    net = lm.ginibre(6, gain=0.9, rng=1)
    scalar, matrix = replace(net, noise=2.5), replace(net, noise=2.5 * np.eye(6))
    assert lm.fisher_memory_curve(scalar).values == pytest.approx(lm.fisher_memory_curve(matrix).values, rel=1e-13)
    assert lm.noise_covariance(scalar) == pytest.approx(lm.noise_covariance(matrix), rel=1e-13, abs=1e-13)


def test_a_matrix_is_a_network_without_input():
    for matrix in (W2, np.array(W2), sparse.csr_array(W2)):
        assert lm.spatial_fisher_memory(matrix).shape == (2, 2)
        assert lm.noise_covariance(matrix).shape == (2, 2)
        assert lm.optimal_input(matrix).shape == (2,)
        with pytest.raises(lm.InvalidNetworkError, match="feedforward is None"):
            lm.fisher_memory_curve(matrix)
    net = lm.as_network(W2)
    assert lm.as_network(net) is net


@pytest.mark.parametrize("radius", [0.1, 0.95, 1.0, 3.0])
def test_rescaled(radius):
    for net in (lm.ginibre(9, gain=0.7, rng=2), lm.ring(4, gain=0.5, sparse=True), lm.random_orthogonal(5, rng=3)):
        scaled = net.rescaled(radius=radius)
        assert scaled.radius.value == pytest.approx(radius, rel=1e-13)
        ratio = radius / net.radius.value
        assert scaled.dense() == pytest.approx(ratio * net.dense(), rel=1e-14)
        assert scaled.is_sparse == net.is_sparse
        assert np.array_equal(scaled.feedforward, net.feedforward)


NILPOTENT = np.array([[2.0, 4, 0], [-1, -2, 0], [3, 6, 0]])  # W @ W = 0, of one component and a unit that it drives


@pytest.mark.parametrize("W", [NILPOTENT, 1j * NILPOTENT, 2.0**-500 * NILPOTENT, np.kron(NILPOTENT, NILPOTENT)])
def test_nilpotent_matrices_cannot_be_rescaled(W):
    """Their computed eigenvalues are about 1e-8, and had been divided by."""
    turn = np.array([[1.0, 1, 0], [0, 1, 1], [0, 0, 1]])  # integers with an inverse in integers
    basis = np.kron(turn, np.eye(len(W) // 3))
    for matrix in (W, basis @ W @ np.rint(np.linalg.inv(basis))):
        with pytest.raises(lm.InvalidNetworkError, match="spectral radius 0, so no scaling"):
            lm.LinearNetwork(matrix).rescaled(0.9)


def test_a_radius_that_the_rounding_of_scaled_weights_moves_is_refused():
    """2^-20 I and nilpotent integers: only a power of two scales them without rounding."""
    net = lm.LinearNetwork(2.0**-20 * np.eye(3) + 2.0**16 * np.outer([1, 2, 3], [1, 1, -1]))
    assert net.rescaled(2.0**-3).radius.value == 2.0**-3
    with pytest.raises(lm.AccuracyError, match="scaled weights are rounded"):
        net.rescaled(0.9)
    hidden = lm.in_random_basis(lm.chain(205, gain=2), rng=0)
    with pytest.raises(lm.AccuracyError, match="radius of recurrent is between"):
        hidden.rescaled(0.9)


def test_what_has_radius_zero_cannot_be_rescaled():
    with pytest.raises(lm.InvalidNetworkError, match=r"spectral radius 0, so no scaling gives it 0\.9"):
        lm.chain(5).rescaled(radius=0.9)


def test_members():
    net = lm.LinearNetwork(np.arange(24.0).reshape(2, 3, 2, 2), [1, 2], noise=[[2, 1], [1, 2]], labels=("a", "b"))
    member = net.member(1, 2)
    assert np.array_equal(member.recurrent, [[20, 21], [22, 23]])
    assert np.array_equal(member.feedforward, [1, 2])
    assert np.array_equal(member.noise, net.noise)
    assert member.labels == ("a", "b")
    assert net.member(1).stack_shape == (3,)
    assert lm.LinearNetwork(np.zeros((2, 2, 2))).member(0).feedforward is None
    for ask in (lambda: net.radius, lambda: net.rescaled(radius=0.5)):
        with pytest.raises(lm.InvalidNetworkError, match=r"is of one network, .*net\.member\(0\)"):
            ask()


def test_networks_can_be_replaced_copied_and_pickled():
    net = lm.feedback_chain(6)
    assert replace(net, feedforward=np.ones(6)).recurrent is not None
    for other in (deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.array_equal(lm.fisher_memory_curve(other).values, lm.fisher_memory_curve(net).values)


def test_shown_as_text():
    assert repr(lm.chain(3, sparse=True)) == "<LinearNetwork chain, n = 3, gain 1: sparse 3 units>"
    assert repr(lm.LinearNetwork(np.zeros((2, 5, 1, 1)))) == "<LinearNetwork unnamed: 1 units, a stack of (2, 5)>"


def test_labels_name_the_units():
    assert lm.LinearNetwork(W2, labels=["a", "b"]).labels == ("a", "b")
    assert lm.LinearNetwork([[0.5]], labels="soma").labels == ("soma",)
    assert lm.LinearNetwork(W2).labels == ()


# --- noise in units of any size ---


def in_other_units(net, units):
    """The same network with the state of each unit in another unit: W, v and Q change, memory does not."""
    return lm.LinearNetwork(
        units[:, None] * net.recurrent / units, units * net.feedforward, units[:, None] * net.covariance * units
    )


@pytest.mark.parametrize("spread", [8, 40, 120])
@pytest.mark.parametrize("kind", ["scalar", "full", "Hermitian"])
def test_noise_is_accepted_in_any_units_and_memory_is_the_same(kind, spread):
    """Powers of two, so that the other network is exactly the same one: to the error that is accepted, 1e-8."""
    rng = np.random.default_rng(spread)
    W, v = rng.standard_normal((7, 7)) / 4, rng.standard_normal(7)
    X = rng.standard_normal((7, 7)) + 1j * (kind == "Hermitian") * rng.standard_normal((7, 7))
    noise = 0.7 if kind == "scalar" else (X @ X.conj().T + 0.5 * np.eye(7))
    net = lm.LinearNetwork(W, v, noise.real if kind == "full" else noise)
    other = in_other_units(net, 2.0 ** rng.permutation(np.linspace(-spread, spread, 7).round()))
    for horizon in (None, 5):
        expected = lm.fisher_memory_curve(net, 5, horizon=horizon)
        found = lm.fisher_memory_curve(other, 5, horizon=horizon)
        assert found.values == pytest.approx(expected.values, rel=1e-8)
        assert found.total == pytest.approx(expected.total, rel=1e-8)


@pytest.mark.parametrize("n", [3, 30])
def test_a_covariance_that_is_positive_definite_by_less_than_rounding_is_proved_to_be(n):
    """All correlations but for one part in 2^52: det > 0 exactly, and eigvalsh finds what it likes."""
    Q = np.full((n, n), 1 - 2.0**-52) + 2.0**-52 * np.eye(n)
    assert lm.LinearNetwork(np.eye(n) / 2, np.ones(n), Q).size == n
    units = 10.0 ** np.linspace(-20, 20, n)
    scaled = 2.0 ** np.round(np.log2(units))
    assert lm.LinearNetwork(np.eye(n) / 2, np.ones(n), scaled[:, None] * Q * scaled).size == n


@pytest.mark.parametrize(
    "Q",
    [
        np.ones((3, 3)),
        np.diag([1.0, 0, 1]),
        np.array([[1.0, 2, 0], [2, 1, 0], [0, 0, 1e9]]),
        np.array([[1e-20, 2e-20, 0], [2e-20, 1e-20, 0], [0, 0, 1]]),
        np.array([[1, 1j, 0], [-1j, 1, 0], [0, 0, 1]]),
        np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]]),
        np.diag([1e-12, 1, 1]) - 2e-6 * np.eye(3, k=1) - 2e-6 * np.eye(3, k=-1),
    ],
)
def test_covariances_that_are_not_positive_definite_are_refused_in_any_units(Q):
    for units in (np.ones(3), np.array([2.0**-60, 1, 2.0**70])):
        with pytest.raises(lm.InvalidNetworkError, match="positive definite"):
            lm.LinearNetwork(np.eye(3) / 2, None, units[:, None] * Q * units)


def test_asymmetry_counts_in_the_units_of_its_entries():
    """0.3 against 0.2 beside a variance of 1e20 had been made symmetric without a word."""
    Q = np.diag([1.0, 1, 1e20])
    Q[0, 1], Q[1, 0] = 0.3, 0.2
    with pytest.raises(lm.InvalidNetworkError, match="differs from its"):
        lm.LinearNetwork(np.eye(3) / 2, None, Q)
