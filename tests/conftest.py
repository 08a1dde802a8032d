"""The zoo: networks of every kind, the easy and the treacherous, on which identities are tested.

`ZOO` maps names to builders of one stable network with white noise of variance 1, `COLOURED` to ones with other noise.
The fixtures `net` and `coloured` run a test over all of them; `@pytest.mark.parametrize("net", [...], indirect=True)`
over some. Whatever is random has a seed.
"""

import os
from dataclasses import replace
from functools import cache

# tests side by side: BLAS reads this when numpy is imported, and its threads would only wait for each other
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
import scipy.sparse as sparse
from numba import get_num_threads

import linmem as lm
from linmem.connectivity.normal import haar
from linmem.kernels.threads import hold_threads
from linmem.linalg.blas import one_blas_thread


def generator(seed):
    return np.random.default_rng(seed)


def unit(v):
    return v / np.linalg.norm(v)


def complex_ginibre(n, radius, seed):
    W, v = generator(seed).standard_normal((2, n, n)), generator(seed + 1).standard_normal((2, n))
    W = W[0] + 1j * W[1]
    return lm.LinearNetwork(W * (radius / np.abs(np.linalg.eigvals(W)).max()), unit(v[0] + 1j * v[1]))


def normal(n, seed, *, largest=0.98):
    """Real and normal, with complex pairs of eigenvalues: rotations by blocks, seen from random axes."""
    rng = generator(seed)
    W = np.zeros((n, n))
    for i in range(0, n - 1, 2):
        modulus, angle = largest * rng.uniform(), rng.uniform(0, np.pi)
        rotation = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        W[i : i + 2, i : i + 2] = modulus * np.array(rotation)
    if n % 2:
        W[-1, -1] = -largest * rng.uniform()
    R = haar(n, rng)
    return lm.LinearNetwork(R @ W @ R.T, unit(rng.standard_normal(n)))


def symmetric(n, radius, seed):
    W = generator(seed).standard_normal((n, n))
    W = W + W.T
    return lm.LinearNetwork(W * (radius / np.abs(np.linalg.eigvalsh(W)).max()), np.eye(n)[0])


def jordan_block(n, eigenvalue):
    return lm.LinearNetwork(np.eye(n) * eigenvalue + np.eye(n, k=1), np.eye(n)[-1])


def grcar(n, scale):
    return lm.LinearNetwork(scale * (sum(np.eye(n, k=k) for k in range(4)) - np.eye(n, k=-1)), np.full(n, n**-0.5))


def feedforward_schur(n, strength, seed):
    """Upper triangular: the signal enters at the last unit and flows to the first through strong weights."""
    rng = generator(seed)
    T = np.triu(rng.standard_normal((n, n)), 1) * 2 * strength / np.sqrt(n) + np.diag(rng.uniform(-0.95, 0.95, n))
    return lm.LinearNetwork(T, np.eye(n)[-1])


def badly_scaled(n, decades, seed):
    """A Gaussian network whose units are counted in units of very different size."""
    rng = generator(seed)
    size = 10.0 ** rng.uniform(-decades, decades, n)
    W = lm.ginibre(n, gain=0.9, rng=rng).recurrent
    return lm.LinearNetwork(size[:, None] * W / size, unit(rng.standard_normal(n)))


def near_normal(n, departure, seed):
    net = symmetric(n, 0.9, seed)
    return replace(net, recurrent=net.recurrent + departure * generator(seed + 1).standard_normal((n, n)))


def sparse_random(n, seed):
    # `random_array` had another name for its generator in the oldest SciPy
    options = {"random_state": generator(seed), "data_rvs": generator(seed).standard_normal}
    W = sparse.coo_array(sparse.random(n, n, density=0.08, **options))
    radius = np.abs(np.linalg.eigvals(W.toarray())).max()
    return lm.LinearNetwork(W.tocsr() * (0.9 / radius), np.eye(n)[0])


def feedforward_layers(weight):
    """Rank one and nilpotent: one direction drives another, once."""
    W = weight * np.outer([0, 0, 0.6, 0.8], [0.8, -0.6, 0, 0])
    return lm.LinearNetwork(W, [0.8, -0.6, 0, 0])


ZOO = {
    "one unit": lambda: lm.LinearNetwork([[0.6]], [1.0]),
    "one forgetful unit": lambda: lm.LinearNetwork([[0.0]], [1.0]),
    "two units": lambda: lm.LinearNetwork([[0.5, 0.7], [0, -0.3]], [0.6, 0.8]),
    "two units, strong": lambda: lm.LinearNetwork([[0.5, 30], [0, 0.5]], [0, 1]),
    "rotation of two units": lambda: lm.LinearNetwork([[0.6, -0.7], [0.7, 0.6]], [1, 0]),
    "rank one": lambda: feedforward_layers(40.0),
    "chain": lambda: lm.chain(20),
    "weak chain": lambda: lm.chain(12, gain=0.8),
    "amplifying chain": lambda: lm.chain(50, gain=1.1),
    "sparse chain": lambda: lm.chain(150, gain=1.02, sparse=True),
    "inhomogeneous chain": lambda: lm.inhomogeneous_chain([1.0, *(k / (k - 1) for k in range(2, 30))]),
    "feedback chain": lambda: lm.feedback_chain(60),
    "feedback chain (.9, .2)": lambda: lm.feedback_chain(50, feedforward=0.9, feedback=0.2),
    "feedback chain (.95, .2)": lambda: lm.feedback_chain(60, feedforward=0.95, feedback=0.2),
    "oscillating feedback chain": lambda: lm.feedback_chain(30, feedforward=0.9, feedback=-0.2),
    "sparse feedback chain": lambda: lm.feedback_chain(40, sparse=True),
    "fan-out tree": lambda: lm.fan_out_tree(8),
    "identity": lambda: lm.identity(10),
    "orthogonal": lambda: lm.random_orthogonal(30, gain=0.95, rng=1),
    "orthogonal .9999": lambda: lm.random_orthogonal(20, gain=0.9999, rng=2),
    "ring": lambda: lm.ring(25, gain=0.9),
    "symmetric": lambda: symmetric(30, 0.95, seed=3),
    "normal": lambda: normal(31, seed=4),
    "near-normal": lambda: near_normal(20, 1e-7, seed=5),
    "Ginibre .3": lambda: lm.ginibre(20, gain=0.3, rng=6),
    "Ginibre .9": lambda: lm.ginibre(60, gain=0.9, rng=7),
    "Ginibre .99": lambda: lm.ginibre(40, gain=0.99, rng=8),
    "Ginibre .9999": lambda: lm.ginibre(30, gain=0.9999, rng=9),
    "Ginibre as drawn": lambda: lm.ginibre(50, gain=0.7, recipe="as drawn", rng=10),
    "sparse random": lambda: sparse_random(60, seed=11),
    "hidden chain": lambda: lm.in_random_basis(lm.chain(40, gain=1.02), rng=12),
    "hidden amplifying chain": lambda: lm.in_random_basis(lm.chain(20, gain=1.5), rng=13),
    "hidden feedback chain": lambda: lm.in_random_basis(lm.feedback_chain(40, feedforward=0.9, feedback=0.2), rng=14),
    "hidden ring": lambda: lm.in_random_basis(lm.ring(20, gain=0.97), rng=15),
    "Jordan block .5": lambda: jordan_block(30, 0.5),
    "Jordan block .9": lambda: jordan_block(25, 0.9),
    "Grcar": lambda: grcar(40, 0.3),
    "triangular": lambda: feedforward_schur(30, 1.0, seed=16),
    "triangular, strong": lambda: feedforward_schur(20, 3.0, seed=17),
    "hidden triangular": lambda: lm.in_random_basis(feedforward_schur(25, 1.0, seed=18), rng=19),
    "badly scaled": lambda: badly_scaled(25, 5, seed=20),
    "complex Ginibre": lambda: complex_ginibre(25, 0.95, seed=21),
    "complex ring": lambda: lm.LinearNetwork(0.9j * lm.ring(9, gain=1.0).recurrent, np.full(9, 1 / 3)),
    "complex feedback chain": lambda: replace(
        lm.feedback_chain(30), recurrent=np.exp(0.7j) * lm.feedback_chain(30).recurrent
    ),
    "connectome, newborn": lambda: lm.connectome("celegans-witvliet-1", radius=0.9),
    "connectome, adult": lambda: lm.connectome("celegans-varshney"),
}


def positive_definite(n, condition, seed, *, dtype=float):
    """A random covariance of the given condition and of trace n."""
    rng = generator(seed)
    X = rng.standard_normal((n, n)) + (1j * rng.standard_normal((n, n)) if dtype is complex else 0)
    vectors, _ = np.linalg.qr(X)
    Q = (vectors * np.geomspace(1, condition, n)) @ vectors.conj().T
    return (Q + Q.conj().T) * (n / 2 / np.trace(Q).real)


COLOURED = {
    "one unit, variance 4": lambda: lm.LinearNetwork([[0.6]], [1.0], noise=4.0),
    "Ginibre, variance .01": lambda: replace(lm.ginibre(15, gain=0.9, rng=30), noise=0.01),
    "chain, unequal variances": lambda: replace(lm.chain(12, gain=1.1), noise=np.diag(np.geomspace(0.05, 3, 12))),
    "chain, correlated noise": lambda: replace(lm.chain(12, gain=1.1), noise=positive_definite(12, 50, 31)),
    "Ginibre, correlated noise": lambda: replace(
        lm.ginibre(15, gain=0.9, rng=32), noise=positive_definite(15, 1e3, 33)
    ),
    "feedback chain, correlated noise": lambda: replace(
        lm.feedback_chain(30, feedforward=0.9, feedback=0.2), noise=positive_definite(30, 100, 34)
    ),
    "symmetric, correlated noise": lambda: replace(symmetric(10, 0.9, seed=35), noise=positive_definite(10, 20, 36)),
    "complex Ginibre, Hermitian noise": lambda: replace(
        complex_ginibre(10, 0.9, seed=37), noise=positive_definite(10, 20, 38, dtype=complex)
    ),
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Each worker gets half of the tests in their order, so that the tests of a file share what they compute; a worker
    that has done its tests takes over some of the other's.
    """
    if config.getvalue("dist") != "load":  # somebody chose another way
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@cache
def zoo_network(name):
    return {**ZOO, **COLOURED}[name]()


@pytest.fixture(params=ZOO)
def net(request):
    """A network of the zoo."""
    return zoo_network(request.param)


@pytest.fixture(params=COLOURED)
def coloured(request):
    """A network whose noise is not of variance 1, or not independent."""
    return zoo_network(request.param)


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Threads wait for each other where other work takes the cores: matrices here are too small for those of BLAS, and
    tests side by side leave no core to those of the kernels.
    """
    threads = hold_threads(1) if "PYTEST_XDIST_WORKER" in os.environ else get_num_threads()
    with one_blas_thread():
        yield
    hold_threads(threads)
