"""Matrices on which double precision is hard put to it, small enough for a truth of several hundred bits."""

import flint
import numpy as np
import scipy.linalg as sl

from linmem.connectivity.normal import haar
from linmem.connectivity.randomness import generator


def unimodular(n, seed):
    """P and P^-1 of integers, exact in doubles."""
    rng = generator(seed)
    left = np.tril(rng.integers(-1, 2, (n, n)), -1) + np.eye(n)
    right = np.triu(rng.integers(-1, 2, (n, n)), 1) + np.eye(n)
    P = left @ right
    return P, np.round(np.linalg.inv(P))


def hard_matrices(n, seed=0):
    """By name, each (n, n)."""
    rng = generator(seed)
    G = rng.standard_normal((n, n)) / np.sqrt(n)
    C = G + 1j * rng.standard_normal((n, n)) / np.sqrt(n)
    Q = haar(n, rng)
    P, inverse = unimodular(n, seed)
    units, mild_units = 10 ** np.linspace(-5, 5, n), 10 ** np.linspace(-2, 2, n)
    k = np.arange(1, n)
    position = np.arange(n)
    below, above = np.eye(n, k=-1), np.eye(n, k=1)
    jordan = 0.5 * np.eye(n) + below
    frank = np.triu(n - np.maximum.outer(position, position), -1).astype(float)
    kahan = np.diag(np.sin(1.2) ** position) @ (np.eye(n) - np.cos(1.2) * np.triu(np.ones((n, n)), 1))
    half = n // 2
    return {
        "Ginibre": G,
        "complex Ginibre": C,
        "triangular": np.triu(G),
        "complex triangular": np.tril(C),
        "graded": units[:, None] * G / units,
        "complex graded": mild_units[:, None] * C / mild_units,
        "Grcar": np.triu(np.ones((n, n))) - np.triu(np.ones((n, n)), 4) - below,
        "Jordan": jordan,
        "Frank": frank,
        "Clement": np.diag(n - k.astype(float), 1) + np.diag(k.astype(float), -1),
        "Kahan": kahan,
        "integer nilpotent": P @ above @ inverse,
        "integer, semisimple": P @ np.diag([1.0] * half + [2.0] * (n - half)) @ inverse,
        "orthogonal": Q,
        "nearly orthogonal": (1 - 1e-12) * Q,
        "symmetric": G + G.T,
        "skew": G - G.T,
        "projector": Q[:, :half] @ Q[:, :half].T,
        "large beside small": sl.block_diag(1e8, G[1:, 1:]),
        "large beside Jordan": sl.block_diag(1e8, jordan[1:, 1:]),
        "mixed scales": sl.block_diag(1e8 * G[:half, :half], 1e-6 * G[half:, half:]),
        "hidden chain": Q @ (1.2 * below) @ Q.T,
        "hidden feedback chain": Q @ (0.95 * below + 0.2 * above) @ Q.T,
        "feedback chain": 0.95 * below + 0.2 * above,
        "weak above the diagonal": np.diag(np.arange(1.0, n + 1)) + 3e-8 * above,
        "weak above a multiple of I": 0.5 * np.eye(n) + 1e-9 * np.triu(G, 1),
        "rank one": np.outer(G[0], G[1]),
        "ring": np.roll(np.eye(n), 1, axis=0),
        "zero": np.zeros((n, n)),
    }


def balls(W):
    """The stored numbers, exact."""
    return flint.acb_mat([[flint.acb(float(np.real(z)), float(np.imag(z))) for z in row] for row in np.asarray(W)])


def adjoint(matrix):
    return matrix.transpose().conjugate()


def squared_norm(matrix):
    return sum((z.real * z.real + z.imag * z.imag for z in matrix.entries()), flint.arb(0))


def root(square):
    """The square root of a number that is not negative, though its ball may reach below 0."""
    zero = flint.arb(0)
    return square.lower().max(zero).sqrt().union(square.upper().max(zero).sqrt())


def distance(value, truth):
    """How far a double surely is from a ball."""
    return float(abs(flint.arb(float(value)) - truth).lower())
