"""Networks that are chosen to be hard: a `Case` is made from an integer alone, and prints as one line.

A case is a family, and what is done to its matrix: complex phases, a stack, inputs, noise, a horizon, a scale of the
weights, the input and the noise, and other units for each neuron. Everything random comes from the seed.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

import linmem as lm

HORIZONS = (None, 1, "n", 1000, 10**6)
SCALES = (1e-149, 1.0, 1e150)  # as far as the package takes entries
NOISES = ("one", "variance", "diagonal", "full", "hermitian")
UNITS = ("none", "powers of two", "decades")
RADII = (0.3, 0.9, 0.99, 1 - 1e-4, 1 - 1e-7, 1 - 1e-12, 1.2)
INPUTS = ("vector", 1, 2, 3)


def haar(n, rng):
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def unimodular(n, rng):
    """An integer matrix whose inverse is one, and the inverse."""
    L, U = np.eye(n), np.eye(n)
    L[np.tril_indices(n, -1)] = rng.integers(-1, 2, n * (n - 1) // 2)
    U[np.triu_indices(n, 1)] = rng.integers(-1, 2, n * (n - 1) // 2)
    return L @ U, np.rint(np.linalg.inv(U) @ np.linalg.inv(L))


def ginibre(n, rng, strength):
    return rng.standard_normal((n, n))


def triangular(n, rng, strength):
    return np.diag(rng.uniform(-1, 1, n)) + strength * np.triu(rng.standard_normal((n, n)), 1)


def tridiagonal(n, rng, strength):
    return np.diag(rng.uniform(-1, 1, n) * 0.1) + strength * np.eye(n, k=-1) + 0.2 * np.eye(n, k=1)


def chain(n, rng, strength):
    return strength * np.eye(n, k=-1)


def hidden(n, rng, strength):
    Q = haar(n, rng)
    return Q @ (0.5 * np.diag(rng.uniform(-1, 1, n)) + strength * np.eye(n, k=-1)) @ Q.T


def graded(n, rng, strength):
    D = 10.0 ** np.linspace(5, -5, n)
    return D[:, None] * rng.standard_normal((n, n)) / D


def grcar(n, rng, strength):
    return -np.eye(n, k=-1) + sum(np.eye(n, k=k) for k in range(4))


def companion(n, rng, strength):
    W = np.eye(n, k=-1)
    W[:, -1] = rng.integers(-3, 4, n)
    return W


def stochastic(n, rng, strength):
    W = rng.random((n, n))
    return W / W.sum(axis=1, keepdims=True)


def dale(n, rng, strength):
    signs = np.where(np.arange(n) < (4 * n) // 5, 1.0, -4.0)
    return np.abs(rng.standard_normal((n, n))) * signs * (rng.random((n, n)) < 0.6)


def rank_one(n, rng, strength):
    return np.outer(rng.standard_normal(n), rng.standard_normal(n))


def jordan(n, rng, strength):
    return np.eye(n) * rng.choice([0.0, 0.5, 0.9, -0.5]) + strength * np.eye(n, k=1)


def frank(n, rng, strength):
    i, j = np.indices((n, n)) + 1
    return np.where(j >= i - 1, n + 1 - np.maximum(i, j), 0).astype(float)


def clement(n, rng, strength):
    k = np.arange(1.0, n)
    return np.diag(k, 1) + np.diag(k[::-1], -1)


def orthogonal(n, rng, strength):
    return haar(n, rng)


def kahan(n, rng, strength):
    s, c = np.sin(1.2), np.cos(1.2)
    return np.diag(s ** np.arange(n)) @ (np.eye(n) - c * np.triu(np.ones((n, n)), 1))


def nilpotent(n, rng, strength):
    P, inverse = unimodular(n, rng)
    return P @ np.diag(rng.integers(1, 3, n - 1).astype(float), -1) @ inverse if n > 1 else np.zeros((1, 1))


def connectome(n, rng, strength):
    W = _wiring(str(rng.choice(["celegans-varshney", "celegans-witvliet-1"])))
    units = rng.choice(len(W), n, replace=False)
    busy = np.argsort(-np.abs(W).sum(axis=0))[: 3 * n]
    return W[np.ix_(units, units)] if rng.random() < 0.2 else W[np.ix_(busy[:n], busy[:n])]


def trained(n, rng, strength):
    W = _learned(str(rng.choice(LEARNED)))
    first = rng.integers(len(W) - n)
    return W[first : first + n, first : first + n]


def normal(n, rng, strength):
    Q = haar(n, rng)
    return Q @ np.diag(rng.uniform(-1, 1, n)) @ Q.T


def diagonal(n, rng, strength):
    return np.diag(rng.uniform(-1, 1, n))


FAMILIES = {
    function.__name__: function
    for function in (ginibre, triangular, tridiagonal, chain, hidden, graded, grcar, companion, stochastic, dale,
                     rank_one, jordan, frank, clement, orthogonal, kahan, nilpotent, connectome, trained, normal,
                     diagonal)
}  # fmt: skip
EXACT = ("nilpotent", "jordan", "chain")  # whose eigenvalues are known: scaling to a radius would spoil them
LEARNED = ("copy-chain", "digits-chain", "digits-orthogonal")


def scaled(array, scale):
    """The array times a scale; where that is large, with the scale as the largest entry."""
    largest = np.abs(array).max()
    return array * (scale / largest if scale > 1 and largest else scale)


@cache
def _wiring(name):
    return lm.connectome(name).dense()


@cache
def _learned(name):
    return np.asarray(lm.learned(name).recurrent)


@dataclass(frozen=True)
class Case:
    """The ingredients of a network and of a question about it. Defaults are the simplest."""

    seed: int = 0
    family: str = "ginibre"
    n: int = 2
    radius: float = 0.9
    strength: float = 1.0
    is_complex: bool = False
    stack: int = 0
    inputs: int | str = "vector"
    noise: str = "one"
    horizon: int | str | None = None
    weight_scale: float = 1.0
    input_scale: float = 1.0
    noise_scale: float = 1.0
    units: str = "none"
    lags: int = 3

    @classmethod
    def of_seed(cls, seed, largest=8, beyond=12):
        """A case from an integer alone."""
        rng = np.random.default_rng([seed, 7])

        def pick(values, weights=None):
            weights = None if weights is None else np.array(weights) / np.sum(weights)
            return values[int(rng.choice(len(values), p=weights))]

        n = int(rng.integers(2, 7)) if rng.random() < 0.7 else int(rng.integers(1, largest + 1))
        if rng.random() < 0.01:
            n = int(rng.integers(largest, beyond + 1))
        case = cls(
            seed=int(rng.integers(2**31)),
            family=pick(list(FAMILIES)),
            n=n,
            radius=pick(RADII, [2, 4, 3, 2, 2, 2, 1]),
            strength=pick((0.1, 1.0, 1.5, 30.0), [1, 3, 3, 1]),
            is_complex=bool(rng.random() < 0.3),
            stack=int(pick((0, 2, 3), [8, 1, 1])),
            inputs=pick(INPUTS, [6, 1, 2, 1]),
            noise=pick(NOISES, [5, 1, 2, 2, 2]),
            horizon=pick(HORIZONS, [6, 1, 1, 1, 0.4]),
            weight_scale=pick(SCALES, [1, 10, 1]),
            input_scale=pick(SCALES, [1, 8, 1]),
            noise_scale=pick(SCALES, [1, 8, 1]),
            units=pick(UNITS, [6, 1, 1]),
            lags=int(pick((1, 2, max(n, 1), 2 * n))),
        )
        if case.horizon == 10**6 and case.radius > 0.99 and case.family != "orthogonal" and rng.random() < 0.8:
            return replace(case, radius=0.99)  # others take a minute each: a step at a time, or 10^6 bits of truth
        return case

    # the arrays

    def matrix(self, member=0):
        """W of a member of the stack, (N, N), in the units of the case."""
        rng = np.random.default_rng([self.seed, 1, member])
        W = FAMILIES[self.family](self.n, rng, self.strength)
        if self.is_complex:
            phases = np.exp(2j * np.pi * rng.random((self.n, self.n)))
            W = W * (phases if self.family == "ginibre" or rng.random() < 0.5 else phases[0, 0])
        if self.family not in EXACT:
            largest = np.abs(np.linalg.eigvals(W)).max() if W.any() else 0.0
            if largest > 1e-6 * np.abs(W).max():
                W = W * (self.radius / largest)
        D = self.unit_lengths()
        return scaled(D[:, None] * W / D, self.weight_scale)

    def unit_lengths(self):
        rng = np.random.default_rng([self.seed, 2])
        if self.units == "powers of two":
            return 2.0 ** rng.integers(-20, 21, self.n)
        if self.units == "decades":
            return 10.0 ** rng.uniform(-4, 4, self.n)
        return np.ones(self.n)

    def input(self, member=0):
        """V, (N,) or (N, d)."""
        rng = np.random.default_rng([self.seed, 3, member])
        shape = (self.n,) if self.inputs == "vector" else (self.n, self.inputs)
        V = rng.standard_normal(shape)
        if rng.random() < 0.3:
            V = np.zeros(shape)
            V[0] = 1
        if self.is_complex and rng.random() < 0.7:
            V = V * np.exp(2j * np.pi * rng.random(shape))
        return scaled((V.T * self.unit_lengths()).T, self.input_scale)

    def covariance(self):
        """A variance, or Q."""
        rng = np.random.default_rng([self.seed, 4])
        if self.noise == "one":
            return self.noise_scale
        if self.noise == "variance":
            return 0.37 * self.noise_scale
        if self.noise == "diagonal":
            Q = np.diag(10.0 ** rng.uniform(-2, 1, self.n))
        else:
            X = rng.standard_normal((self.n, self.n))
            if self.noise == "hermitian":
                X = X + 1j * rng.standard_normal((self.n, self.n))
            Q = X @ X.conj().T / self.n + 0.05 * np.eye(self.n)
        D = self.unit_lengths()
        Q = scaled(D[:, None] * Q * D, self.noise_scale)
        return (Q + Q.conj().T) / 2

    # the networks

    def network(self):
        """The network or the stack."""
        if not self.stack:
            return lm.LinearNetwork(self.matrix(), self.input(), self.covariance())
        W = np.stack([self.matrix(member) for member in range(self.stack)])
        V = np.stack([self.input(member) for member in range(self.stack)])
        return lm.LinearNetwork(W, V, self.covariance())

    def alone(self, member=0):
        """One network of the stack."""
        return lm.LinearNetwork(self.matrix(member), self.input(member), self.covariance())

    def continuous(self):
        """A network in continuous time of the same matrix, shifted so that it is stable where W is."""
        A = scaled(replace(self, weight_scale=1.0).matrix() - np.eye(self.n), self.weight_scale)
        return lm.ContinuousNetwork(A, self.input(), self.covariance())

    @property
    def steps(self):
        """The horizon as a number, or None."""
        return self.n if self.horizon == "n" else self.horizon

    @property
    def asked_lags(self):
        return self.lags if self.steps is None else min(self.lags, self.steps)

    @property
    def members(self):
        return range(self.stack or 1)

    def simplified(self, **changes):
        return replace(self, **changes)
