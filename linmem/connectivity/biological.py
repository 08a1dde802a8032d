r"""Networks of excitatory and inhibitory neurons.

Conventions
-----------
Dale's law: a neuron either excites all its targets or inhibits all of them, so that each *column* of W has one sign.
Excitatory units come first. Balance: if all units are equally active, excitation and inhibition of each unit cancel.

Contents
--------
dale_balanced
    Random weights that obey Dale's law and are balanced.
balanced_amplification
    One excitatory and one inhibitory population, in continuous time.
"""

from __future__ import annotations

import numpy as np

from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError
from linmem.network import ContinuousNetwork, LinearNetwork
from linmem.validation import number, whole_number


def dale_balanced(n: int, *, excitatory: float = 0.8, gain: float = 0.9, rng: RandomSource) -> LinearNetwork:
    r"""Balanced random weights that obey Dale's law: W[i, j] = s_j |x_ij|, each row sum zero; v = s / sqrt(n).

    s_j is 1 for excitatory and -1 for inhibitory units j, and x is Gaussian. The inhibitory weights onto each unit are
    scaled until they balance the excitatory ones, W 1 = 0; then W is scaled to the spectral radius g. Hence activity
    that all units share has no effect, and a difference between the populations has a large effect of the same sign
    in all units: ||W v|| is about 2 g sqrt(2 n f (1 - f) / (pi - 2)), with f the excitatory fraction. It grows with n
    although the radius does not, so that the eigenvalues do not show this feedforward link from difference to sum.
    Rajan & Abbott (2006), Phys. Rev. Lett. 97:188104, for the balance of each row; Murphy & Miller (2009), Neuron
    61:635.

    Parameters
    ----------
    n
        Number of units, at least 2.
    excitatory
        The fraction f of excitatory units, 0 < f < 1: round(f n) of them, at least one of each kind.
    gain
        The spectral radius g >= 0.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> W = dale_balanced(5, rng=0).recurrent
    >>> np.sign(W[0]), np.allclose(W.sum(axis=1), 0)
    (array([ 1.,  1.,  1.,  1., -1.]), True)
    """
    n = whole_number("n", n, at_least=2)
    gain = number("gain", gain, at_least=0)
    fraction = number("excitatory", excitatory, above=0)
    if not fraction < 1:
        raise ArgumentError(f"excitatory is {excitatory!r}; it is a fraction below 1: some units must inhibit")
    count = min(max(round(fraction * n), 1), n - 1)
    x = generator(rng).standard_normal((n, n))
    W = np.abs(x)
    excitation = W[:, :count].sum(axis=1, keepdims=True)
    inhibition = W[:, count:].sum(axis=1, keepdims=True)
    W[:, count:] *= -excitation / inhibition
    radius = np.abs(np.linalg.eigvals(W)).max()
    W *= gain / radius
    sign = np.where(np.arange(n) < count, 1.0, -1.0)
    name = f"Dale, balanced, n = {n}, {count} excitatory, gain {gain:g}"
    return LinearNetwork(W, sign / np.sqrt(n), name=name)


def balanced_amplification(*, weight: float = 30 / 7, ratio: float = 1.1) -> ContinuousNetwork:
    r"""An excitatory and an inhibitory population in continuous time: A = -I + [[w, -k w], [w, -k w]].

    The input is v = (1, -1) / sqrt(2). In the axes (1, 1) / sqrt(2) and (1, -1) / sqrt(2) the network is a feedforward
    link: the difference decays at rate 1 and drives the sum with weight f = w (1 + k), and the sum decays at the rate
    l = 1 + w (k - 1). J_tot = 1 + f^2 / (f^2 + (l + 1)^2), which approaches 2 for strong weights. Murphy & Miller
    (2009), Neuron 61:635, Fig 1, whose values are the defaults.

    Parameters
    ----------
    weight
        w >= 0, the weight of excitation.
    ratio
        k >= 0, the weight of inhibition over that of excitation.

    Examples
    --------
    >>> balanced_amplification(weight=2, ratio=1).drift
    array([[ 1., -2.],
           [ 2., -3.]])
    """
    w = number("weight", weight, at_least=0)
    k = number("ratio", ratio, at_least=0)
    excitation = np.full(2, w)
    inhibition = np.full(2, -k * w)
    drift = np.column_stack([excitation, inhibition]) - np.eye(2)
    difference = np.array([1, -1]) / np.sqrt(2)
    name = f"balanced amplification, weight {w:g}, ratio {k:g}"
    return ContinuousNetwork(drift, difference, name=name, labels=("excitatory", "inhibitory"))
