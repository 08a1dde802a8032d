r"""Networks of excitatory and inhibitory neurons.

Conventions
-----------
Dale's law: a neuron excites all its targets, or inhibits them all, so that every *column* of W has one sign.
Excitatory units come first. Balance: what excites a unit and what inhibits it cancel where all units are equally
active.

Contents
--------
dale_balanced
    Random weights that obey Dale's law, in balance.
balanced_amplification
    One excitatory and one inhibitory population, in continuous time.
"""

from __future__ import annotations

import numpy as np

from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.network import ContinuousNetwork, LinearNetwork, number, whole_number


def dale_balanced(n: int, *, excitatory: float = 0.8, gain: float = 0.9, rng) -> LinearNetwork:
    r"""W[i, j] = s_j |x_ij|, s_j = 1 for excitatory and -1 for inhibitory j, every row sum zero; v = s / sqrt(n).

    x is Gaussian; the inhibitory weights onto each unit are scaled until they balance the excitatory ones, W 1 = 0,
    and then W is scaled to radius g. Hence activity that is common to all evokes nothing, and a difference between
    the populations evokes much, of one sign everywhere: ||W v|| is about 2 g sqrt(2 n f (1 - f) / (pi - 2)), f the
    excitatory fraction. It grows with n where the radius does not: a feedforward link from difference to sum that the
    eigenvalues do not show. Rajan & Abbott (2006), Phys. Rev. Lett. 97:188104, for the balance of every row; Murphy &
    Miller (2009), Neuron 61:635.

    Parameters
    ----------
    excitatory
        The fraction f of excitatory units, 0 < f < 1: round(f n) of them, at least one of each kind.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> W = dale_balanced(5, rng=0).recurrent
    >>> np.sign(W[0]), np.allclose(W.sum(axis=1), 0)
    (array([ 1.,  1.,  1.,  1., -1.]), True)
    """
    n, gain = whole_number("n", n, at_least=2), number("gain", gain, at_least=0)
    fraction = number("excitatory", excitatory, above=0)
    if not fraction < 1:
        raise InvalidNetworkError(f"excitatory is {excitatory!r}; it is a fraction, below 1: some units must inhibit")
    count = min(max(round(fraction * n), 1), n - 1)
    W = np.abs(generator(rng).standard_normal((n, n)))
    W[:, count:] *= -W[:, :count].sum(axis=1, keepdims=True) / W[:, count:].sum(axis=1, keepdims=True)
    sign = np.where(np.arange(n) < count, 1.0, -1.0)
    W *= gain / np.abs(np.linalg.eigvals(W)).max()
    name = f"Dale, balanced, n = {n}, {count} excitatory, gain {gain:g}"
    return LinearNetwork(W, sign / np.sqrt(n), name=name)


def balanced_amplification(*, weight: float = 30 / 7, ratio: float = 1.1) -> ContinuousNetwork:
    r"""An excitatory and an inhibitory population in continuous time: A = -I + [[w, -k w], [w, -k w]].

    v = (1, -1) / sqrt(2), w is `weight`, k (`ratio`) how much stronger inhibition is. In the axes (1, 1) / sqrt(2),
    (1, -1) / sqrt(2) it is a feedforward link: the sum decays at the rate l = 1 + w (k - 1) and is driven by the
    difference, which decays at rate 1, with weight f = w (1 + k). J_tot = 1 + f^2 / (f^2 + (l + 1)^2), towards 2.
    Murphy & Miller (2009), Neuron 61:635, Fig 1, whose defaults these are.

    Examples
    --------
    >>> balanced_amplification(weight=2, ratio=1).drift
    array([[ 1., -2.],
           [ 2., -3.]])
    """
    w, k = number("weight", weight, at_least=0), number("ratio", ratio, at_least=0)
    return ContinuousNetwork(
        [[w - 1, -k * w], [w, -k * w - 1]],
        np.array([1, -1]) / np.sqrt(2),
        name=f"balanced amplification, weight {w:g}, ratio {k:g}",
        labels=("excitatory", "inhibitory"),
    )
