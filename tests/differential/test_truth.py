"""The truth itself, against closed forms: what judges the package must be right by another route."""

from contextlib import suppress

import numpy as np
import pytest
from flint import ctx

from tests.differential import balls
from tests.differential.truth import ContinuousMemory, Memory
from tests.differential.truth_of_matrices import Matrix


@pytest.fixture(autouse=True)
def _bits():
    with ctx.workprec(256):
        yield


def doubles(array):
    return np.vectorize(complex)(array)


def chain(n, gain=1.0):
    return gain * np.eye(n, k=-1), np.eye(n)[0], np.eye(n)


def test_the_curve_of_a_delay_line_is_harmonic():
    memory = Memory(*chain(4))
    assert np.allclose(doubles(memory.curve(5)[:, 0, 0]), [1, 1 / 2, 1 / 3, 1 / 4, 0], rtol=1e-15)
    assert np.isclose(complex(memory.total()[0, 0]), 25 / 12, rtol=1e-15)
    assert np.allclose(doubles(memory.nuisance_information(3)[:, 0]), [1, 1 / 2, 1 / 3], rtol=1e-15)
    assert complex(memory.noiseless(4)[1][()]) == 4


def test_a_unit_has_the_curve_of_a_leaky_integrator():
    """J(k) = (1 - w^2) w^2k, also over 10^6 steps; m(k) = x J / (1 + x) for a single unit."""
    for horizon in (None, 10**6):
        memory = Memory([[0.5]], [1.0], [[1.0]], horizon)
        assert np.allclose(doubles(memory.curve(3)[:, 0, 0]), 0.75 * 0.25 ** np.arange(3), rtol=1e-15)
        values, capacity, information = memory.memory_function(3, 2.0)
        assert np.allclose(doubles(values[:, 0, 0]), 0.75 * 0.25 ** np.arange(3) * 2 / 3, rtol=1e-15)
        assert np.isclose(complex(capacity[()]), 2 / 3) and np.isclose(complex(information[()]), np.log(3) / 2)


def test_an_unstable_unit_over_a_long_horizon_holds_one():
    memory = Memory([[1.5]], [1.0], [[1.0]], 1000)
    assert np.isclose(complex(memory.total()[0, 0]), 1, rtol=1e-15)
    with pytest.raises(balls.UnstableError):
        Memory([[1.5]], [1.0], [[1.0]]).total()


def test_a_white_signal_given_as_an_autocovariance_is_white():
    rng = np.random.default_rng(0)
    memory = Memory(rng.standard_normal((4, 4)) / 4, rng.standard_normal((4, 2)), np.diag([1.0, 2, 3, 4]))
    for white, given in zip(memory.memory_function(4, 3.0), memory.memory_function(4, 3.0, 0.0, [2.0, 0, 0]),
                            strict=True):  # fmt: skip
        assert np.allclose(doubles(white), doubles(given), rtol=1e-14)


def test_the_sensitivity_of_a_unit():
    """Of J(0) = 1 - w^2: 2 w^2 / (1 - w^2) times 2^-53, and of J_tot = 1: 0."""
    total, values = Memory([[0.5]], [1.0], [[1.0]]).rounding_sensitivity(1)
    assert abs(complex(total[0])) < 1e-60 and np.isclose(complex(values[0]) * 2**53, 2 / 3, rtol=1e-14)


def test_the_sensitivity_is_the_derivative():
    """sum |G W| against differences of the total, entry by entry."""
    rng = np.random.default_rng(1)
    W, V, Q = rng.standard_normal((3, 3)) / 3, rng.standard_normal((3, 1)), np.eye(3)
    total, _ = Memory(W, V, Q).rounding_sensitivity(0)
    base, moved = Memory(W, V, Q).total()[0, 0].real, 0.0
    for i, j in np.ndindex(3, 3):
        E = np.zeros((3, 3))
        E[i, j] = 2.0**-20
        change = Memory(W + E * W, V, Q).total()[0, 0].real - Memory(W - E * W, V, Q).total()[0, 0].real
        moved += abs(float(change / base)) * 2.0**19
    assert np.isclose(complex(total[0]) * 2**53, moved, rtol=1e-9)


def test_continuous_time_against_a_unit():
    """dx = -x dt + s dt + dB: C = 1/2, J(t) = 2 e^-2t, J_tot = 1, and W = e^-dt, Q = (1 - e^-2dt) / 2."""
    memory = ContinuousMemory([[-1.0]], [1.0], [[1.0]])
    assert np.allclose(doubles(memory.curve([0.0, 0.5])[:, 0, 0]), [2, 2 * np.exp(-1)], rtol=1e-15)
    assert np.isclose(complex(memory.total()[0, 0]), 1)
    W, Q = memory.discretised(0.5, "zero-order hold")
    assert np.isclose(complex(W[0, 0]), np.exp(-0.5)) and np.isclose(complex(Q[0, 0]), (1 - np.exp(-1)) / 2)


def test_matrices_against_closed_forms():
    """A shift of n units has the numerical radius cos(pi / (n + 1)); 2 x 2 blocks are known in full."""
    M = Matrix(np.eye(5, k=1))
    assert M.numerical_radius.within(np.cos(np.pi / 6), 1e-15) is True
    assert M.numerical_radius.within(np.cos(np.pi / 6) * (1 + 1e-12), 1e-14) is False
    block = Matrix(np.array([[0.0, 1], [0, 0]]))
    assert block.pseudospectral_radius(1.0).within(2**0.5, 1e-15) is True
    assert block.pseudospectral_abscissa(1.0).within(2**0.5, 1e-15) is True
    assert float(block.departure) == 1 and block.norm.within(1.0, 1e-15)
    assert float(Matrix(np.array([[3.0, 4], [0, 3]])).crawford.mid()) == pytest.approx(1, rel=1e-14)
    assert float(Matrix(np.array([[0.0, 1], [0, 1]])).eigenvector_condition) == pytest.approx(1 + 2**0.5, rel=1e-14)
    assert Matrix(np.eye(3)).smallest_singular_value(1.0) == 0


def test_conditions_of_eigenvalues_against_vectors():
    W = np.random.default_rng(2).standard_normal((5, 5))
    M = Matrix(W)
    values, X = np.linalg.eig(W)
    lengths = np.linalg.norm(X, axis=0) * np.linalg.norm(np.linalg.inv(X), axis=1)
    for i, (root, *_) in enumerate(M.eigenvalues):
        assert np.isclose(float(M.condition(i)), lengths[np.argmin(abs(values - complex(root)))], rtol=1e-10)


def test_a_shortage_of_bits_is_noticed():
    """A cancellation of 2^30: a ball that holds the number of more bits, and no other number."""
    W = 2.0**30 * np.array([[1.0, -1], [1, -1]]) + 0.5 * np.eye(2)
    with ctx.workprec(1024):
        right = Memory(W, [1.0, 0], np.eye(2)).total()[0, 0].real
    assert right.rel_accuracy_bits() > 20
    for bits in (60, 100, 140, 180, 256):
        with ctx.workprec(bits), suppress(balls.UndecidedError):
            assert Memory(W, [1.0, 0], np.eye(2)).total()[0, 0].real.overlaps(right)
