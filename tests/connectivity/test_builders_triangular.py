"""Triangular and banded networks: resolvents, rotations of a Schur form, and sources as text."""

import numpy as np
import pytest
import scipy.linalg as sl
import scipy.sparse as sp

import linmem as lm
from linmem.connectivity.normal import haar_unitary
from linmem.errors import ArgumentError
from linmem.files.sources import network_from_source


def resolvent_norm(W, z):
    return 1 / sl.svdvals(z * np.eye(len(W)) - W)[-1]


def test_the_resolvent_of_a_band_grows_exponentially_where_its_symbol_winds_around():
    """f(w) = w + 1 / 4w is an ellipse. Inside, f = z at two w within the unit circle, and the rate is that of the
    outer one; outside, the resolvent is at most 1 / distance to the numerical range, which the ellipse bounds."""
    norms = {
        z: [resolvent_norm(lm.toeplitz_band(n, below=(1.0,), above=(0.25,)).recurrent, z) for n in (40, 60)]
        for z in (0.4 + 0.5j, 1.1 + 0.1j, 1.5, 0.9j)
    }
    for z in (0.4 + 0.5j, 1.1 + 0.1j):
        rate = np.abs(np.roots([1, -z, 0.25])).max()
        assert rate < 1
        assert norms[z][1] / norms[z][0] == pytest.approx(rate**-20, rel=0.05)
    assert max(norms[1.5]) < 1 / 0.25
    assert max(norms[0.9j]) < 1 / 0.15


def test_a_band_reads_its_weights_by_distance():
    rng = np.random.default_rng(0)
    below, above = rng.standard_normal(3) + 1j * rng.standard_normal(3), rng.standard_normal(2)
    W = lm.toeplitz_band(6, below=below, diagonal=0.3, above=above).recurrent
    assert np.array_equal(W, sl.toeplitz([0.3, *below, 0, 0], [0.3, *above, 0, 0, 0]))
    assert np.array_equal(lm.toeplitz_band(1, below=(), above=()).recurrent, [[0]])
    assert np.array_equal(lm.grcar(3, gain=2, superdiagonals=1).recurrent, [[2, 2, 0], [-2, 2, 2], [0, -2, 2]])


def test_routines_do_not_find_the_eigenvalues_of_grcar():
    """A matrix and its transpose have the same eigenvalues, but routines find different ones."""
    W = lm.grcar(200, gain=1).recurrent
    one, other = (np.linalg.eigvals(matrix) for matrix in (W, W.T))
    distance = np.abs(one[:, None] - other)
    assert distance.min(axis=1).max() > 0.05
    assert lm.grcar(220).radius.stable is None  # above the 200 units for which exact arithmetic decides


@pytest.mark.parametrize("seed", [0, 1])
def test_memory_is_that_of_every_network_with_this_schur_form(seed):
    rng = np.random.default_rng(seed)
    n = 7
    values = 0.9 * np.sqrt(rng.uniform(size=n)) * np.exp(2j * np.pi * rng.uniform(size=n))
    F = np.triu(rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n)), 1)
    T, U = lm.from_schur(values, F), haar_unitary(n, rng)
    W = lm.LinearNetwork(U @ T.recurrent @ U.conj().T, U @ T.feedforward)
    assert np.allclose(lm.fisher_memory_curve(W, 9).values, lm.fisher_memory_curve(T, 9).values, rtol=1e-10)
    assert lm.henrici_departure(W) == pytest.approx(np.linalg.norm(F), rel=1e-10)
    assert np.array_equal(lm.from_schur(values, sp.csr_array(F)).recurrent, T.recurrent)


def test_the_schur_form_of_gaussian_weights_has_as_much_forward_as_the_dial_says():
    """A complex Ginibre matrix of gain 1 has E ||F||_F^2 = (n - 1) / 2, as the network with feedforward 1."""
    n, rng, draws = 60, np.random.default_rng(0), 20
    squares = []
    for _ in range(draws):
        W = (rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n))) / np.sqrt(2 * n)
        squares.append(np.sum(np.abs(np.triu(sl.schur(W, output="complex")[0], 1)) ** 2))
    assert np.mean(squares) == pytest.approx((n - 1) / 2, rel=4 * np.sqrt(2 / (n * (n - 1)) / draws))


@pytest.mark.parametrize(
    ("source", "matrix"),
    [
        ("from_schur:eigenvalues=[0.5,0.9],feedforward=2", [[0.5, 2], [0, 0.9]]),
        ("from_schur:[0.5,0.9],feedforward=[[0,3],[0,0]]", [[0.5, 3], [0, 0.9]]),
        ("from_schur:eigenvalues=(0.5,0.3j)", [[0.5, 0], [0, 0.3j]]),
        ("toeplitz_band:n=3,below=[0.5,0.2],above=(0.1,)", [[0, 0.1, 0], [0.5, 0, 0.1], [0.2, 0.5, 0]]),
        ("toeplitz_band:n=2,below=[1],diagonal=0.3,above=[]", [[0.3, 0], [1, 0.3]]),
        ("jordan:2,eigenvalue=-0.5", [[-0.5, 1], [0, -0.5]]),
    ],
)
def test_sources_in_words(source, matrix):
    assert np.array_equal(network_from_source(source).dense(), matrix)


BAD = [
    (lambda: lm.from_schur([[1], [1, 2]]), ["eigenvalues is [[1], [1, 2]]", "sequence of finite numbers"]),
    (lambda: lm.from_schur(0.5), ["eigenvalues is 0.5"]),
    (lambda: lm.from_schur(None), ["eigenvalues is None"]),
    (lambda: lm.from_schur([[0.5]]), ["eigenvalues is [[0.5]]"]),
    (lambda: lm.from_schur([True, False]), ["eigenvalues is [True, False]"]),
    (lambda: lm.from_schur([0.5, 0.1], "x"), ["feedforward is 'x'"]),
    (lambda: lm.from_schur([0.5, 0.1], np.nan), ["feedforward is nan"]),
    (lambda: lm.from_schur([0.5, 0.1], np.zeros((2, 2, 2))), ["feedforward has shape (2, 2, 2)"]),
    (lambda: lm.from_schur([0.5, 0.1], [[0, 0], [1j, 0]]), ["at (1, 0)"]),
    (lambda: lm.toeplitz_band(5, below=[[1], [1, 2]]), ["below is [[1], [1, 2]]"]),
    (lambda: lm.toeplitz_band(5, below=0.5), ["below is 0.5", "sequence"]),
    (lambda: lm.toeplitz_band(5, above=(np.nan,)), ["above is", "finite"]),
    (lambda: lm.toeplitz_band(5, diagonal=np.inf), ["diagonal is inf"]),
    (lambda: lm.toeplitz_band(1), ["below holds 1 weights", "0 diagonals"]),
    (lambda: lm.jordan(3, weight=np.nan), ["weight is nan"]),
    (lambda: lm.grcar(0), ["n is 0"]),
    (lambda: lm.grcar(4, gain=None), ["gain is None"]),
    (lambda: lm.grcar(4, superdiagonals=1.5), ["superdiagonals is 1.5"]),
    (lambda: lm.random_upper_triangular(3, gain=-0.1, rng=0), ["gain is -0.1"]),
    (lambda: lm.random_upper_triangular(3, rng=-1), ["rng is -1"]),
]
BAD_NETWORKS = [
    (lambda: lm.from_schur([0.5, 0.1], [[0, np.inf], [0, 0]]), ["feedforward", "inf at (0, 1)"]),
    (lambda: lm.from_schur([0.5, 0.1], [1, 2]), ["feedforward has shape (2,)"]),
]


@pytest.mark.parametrize(("build", "words"), BAD, ids=range(len(BAD)))
def test_bad_arguments_are_refused(build, words):
    with pytest.raises(ArgumentError) as caught:
        build()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


@pytest.mark.parametrize(("build", "words"), BAD_NETWORKS, ids=range(len(BAD_NETWORKS)))
def test_bad_networks_are_refused(build, words):
    with pytest.raises(lm.InvalidNetworkError) as caught:
        build()
    assert type(caught.value) is lm.InvalidNetworkError
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
