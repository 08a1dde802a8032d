r"""Networks with the weights of a given network on other links: what its size, degrees or strengths alone explain.

Conventions
-----------
Links of a unit to itself stay where they are. A symmetric W stays symmetric, and its links are pairs of units. The
degree of a unit counts its links; its strength is the sum of their weights. In-degree and in-strength are about the
links that lead to it (a row of W), out-degree and out-strength about those that come from it (a column).

Contents
--------
shuffled
    A network with these links at random.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import InvalidNetworkError
from linmem.network import LinearNetwork, NetworkOrMatrix, as_network
from linmem.validation import option

KEPT = ("weights", "degrees", "strengths")
SWAPS = 10  # for each link, as in Milo et al. (2003) and in bctpy
MOST_DRAWS = 1_000_000  # swaps that are tried at a time
MOST_TRIES = 3_000_000_000  # about ten minutes
STAGES = 100  # of annealing, each colder by the factor COOLING
COOLING = 0.8
MOST_LINKS_TRIED_ALL = 1000  # of which every pair is tried before it is said that no two can exchange their ends
TRIES_OF_A_STAGE = 10_000  # at least, as in Milisav et al. (2025)


def shuffled(network: NetworkOrMatrix, keep: str, *, rng: RandomSource) -> LinearNetwork:
    r"""A random network with the weights of a network on other links: the same units, noise, input and self-loops.

    The spectral radius is not kept: `.rescaled(radius)` sets it.

    Parameters
    ----------
    network
        A `LinearNetwork` or a matrix, real, dense or sparse, not a stack. Of a symmetric W the result is symmetric.
    keep
        "weights": the same weights on links that are drawn from all pairs of units.

        "degrees": every unit keeps its in- and out-degree, of positive and of negative links each, and every weight
        keeps the unit that it leads to, so that in-strengths are the same as well. Of a symmetric W every unit keeps
        its degree, and weights of one sign are in random order. Links exchange ends [1]_, only with links of the same
        sign [2]_, 10 times for each link; where most pairs of units are linked, the gaps do. All graphs with these
        degrees are equally likely in the long run (of networks with both signs: all that such exchanges lead to);
        three links in a cycle turn round too, as without that not every directed graph is reached [3]_.

        "strengths": "degrees", and then weights exchange links by simulated annealing [4]_ until the out-strengths,
        of positive and of negative weights each, are near those of the network; in-strengths stay exact. Of a
        symmetric W all strengths are near. The name of the result says how near: the largest and the mean
        difference, in per cent of the mean strength.
    rng
        A seed or a `numpy.random.Generator`.

    Returns
    -------
    LinearNetwork
        Dense or sparse as `network`, with its labels.

    Raises
    ------
    ArgumentError
        If `keep` is none of these.
    InvalidNetworkError
        If the network is a stack, complex, or in continuous time; or if no links can exchange their ends, as in a
        complete graph of positive weights.

    References
    ----------
    .. [1] Maslov & Sneppen (2002), Science 296:910.
    .. [2] Rubinov & Sporns (2011), NeuroImage 56:2068.
    .. [3] Rao, Jana & Bandyopadhyay (1996), Sankhya A 58:225.
    .. [4] Milisav, Bazinet, Betzel & Misic (2025), Nat. Comput. Sci. 5:48.

    Examples
    --------
    >>> import linmem as lm
    >>> net = lm.connectome("celegans-cook")
    >>> null = shuffled(net, "degrees", rng=0)
    >>> null.name, bool((null.recurrent == net.recurrent).all())
    ('celegans-cook, shuffled, degrees kept', False)
    >>> all(((null.recurrent != 0).sum(axis) == (net.recurrent != 0).sum(axis)).all() for axis in (0, 1))
    True
    """
    network = as_network(network)
    keep = option("keep", keep, KEPT)
    random = generator(rng)
    if not isinstance(network, LinearNetwork):
        raise InvalidNetworkError("network is in continuous time; only weights in discrete time are shuffled")
    network.require_single("shuffled")
    if np.iscomplexobj(network.recurrent):
        raise InvalidNetworkError("recurrent is complex; only real weights, which have a sign, are shuffled")
    links = _Links(network.recurrent)
    said = f"{keep} kept"
    if keep == "weights":
        links.place_anywhere(random)
    elif len(links.weights):
        links.exchange_ends(random)
        links.permute_weights(random)
        if keep == "strengths":
            largest, usual = links.anneal(random)
            said += f" within {100 * largest:.2g} % ({100 * usual:.2g} % on average)"
    W = links.matrix()
    name = f"{network.name}, shuffled, {said}".lstrip(", ")
    return replace(network, recurrent=W if network.is_sparse else W.toarray(), name=name, known_radius=None)


class _Links:
    """The links between different units: their ends, from `first` to `second`, and their weights, in order of groups.

    Weights may change places inside a group: links of one sign, which in a directed graph lead to the same unit.
    """

    def __init__(self, matrix: Any):
        W = sp.coo_array(matrix)
        self.size = W.shape[0]
        self.loops = sp.diags_array(W.diagonal())
        self.directed = bool((sp.csr_array(W) != sp.csr_array(W).T).nnz)
        is_link = (W.data != 0) & ((W.row != W.col) if self.directed else (W.row > W.col))
        self.first, self.second = (part[is_link].astype(np.int64) for part in (W.col, W.row))
        self.weights = W.data[is_link]
        self.sort()
        self.aims = self.sums()

    def sort(self) -> None:
        """Bring the links into the order of their groups."""
        sign = np.signbit(self.weights).astype(np.int64)
        group = 2 * self.second + sign if self.directed else sign
        order = np.argsort(group, kind="stable")
        self.first, self.second, self.weights = self.first[order], self.second[order], self.weights[order]
        self.sign = sign[order]
        starts = np.flatnonzero(np.diff(group[order], prepend=-1))
        sizes = np.diff(starts, append=len(order))
        self.start, self.group_size = np.repeat(starts, sizes), np.repeat(sizes, sizes)

    @property
    def ends(self) -> np.ndarray:
        """The sums to which a link adds its weight: the out-strength of its sign, or those of both its units."""
        units = [self.first] if self.directed else [self.first, self.second]
        return np.stack([2 * unit + self.sign for unit in units], axis=1)

    def sums(self) -> np.ndarray:
        """The strengths, (2 N,), of positive and of negative weights of each unit."""
        sums = np.zeros(2 * self.size)
        for unit in self.ends.T:
            np.add.at(sums, unit, self.weights)
        return sums

    def matrix(self) -> sp.csr_array:
        """W with its self-loops."""
        W = sp.coo_array((self.weights, (self.second, self.first)), shape=(self.size, self.size))
        return sp.csr_array(W + self.loops if self.directed else W + W.T + self.loops)

    @property
    def places(self) -> int:
        """The number of pairs of units that may be linked."""
        pairs = self.size * (self.size - 1)
        return pairs if self.directed else pairs // 2

    def place_anywhere(self, random: np.random.Generator) -> None:
        """Draw the links from all pairs of different units."""
        n = self.size
        place = random.choice(self.places, len(self.weights), replace=False)
        if self.directed:
            self.second, column = np.divmod(place, max(n - 1, 1))
            self.first = column + (column >= self.second)
            return
        # place p counts the pairs (i, j) with i > j row by row: the first of row i is i (i - 1) / 2
        row = ((1 + np.sqrt(1 + 8.0 * place)) // 2).astype(np.int64)
        row -= row * (row - 1) // 2 > place
        row += row * (row + 1) // 2 <= place
        self.second, self.first = row, place - row * (row - 1) // 2

    def exchange_ends(self, random: np.random.Generator) -> None:
        """Exchange ends of links, often enough that little is left of where they were.

        Of a graph in which most units are linked, gaps between units exchange their ends instead: there are fewer.
        """
        if self.sign.min() < self.sign.max() or 2 * len(self.weights) <= self.places:
            graph = _Graph(self.first, self.second, self.sign, self.size, self.directed)
            graph.randomise(random)
            self.first, self.second = graph.first, graph.second
            return
        second, first = self._not_linked()
        gaps = _Graph(first, second, np.zeros(len(first), np.int64), self.size, self.directed)
        gaps.randomise(random)
        self.first, self.second = gaps.first, gaps.second
        # row by row: so are the groups of the weights, and no row has more or fewer links than before
        self.second, self.first = self._not_linked()

    def _not_linked(self) -> tuple[np.ndarray, np.ndarray]:
        """The pairs of different units without a link, row by row."""
        is_free = ~np.eye(self.size, dtype=bool) if self.directed else np.tri(self.size, k=-1, dtype=bool)
        is_free[self.second, self.first] = False
        if not self.directed:
            is_free[self.first, self.second] = False
        rows, columns = np.nonzero(is_free)
        return rows, columns

    def permute_weights(self, random: np.random.Generator) -> None:
        """Bring the weights of each group into random order."""
        self.weights = self.weights[np.lexsort((random.random(len(self.weights)), self.start))]

    def anneal(self, random: np.random.Generator) -> tuple[float, float]:
        """Exchange weights inside groups until the sums are near their aims.

        Returns the largest and the mean difference, over the mean of what is not 0.
        """
        from linmem.kernels.rewiring import anneal

        scale = float(np.abs(self.weights).max())
        weights, aims, ends = self.weights / scale, self.aims / scale, self.ends
        order = np.arange(len(weights))
        excess = self.sums() / scale - aims
        # at first an exchange of two weights that differ by as much as any two is not held back
        temperature = max(float(np.mean(excess**2)), float(np.var(weights)))
        for _ in range(STAGES if temperature > 0 else 0):
            count = max(TRIES_OF_A_STAGE, len(weights))
            chosen, uniform = random.integers(len(weights), size=count), random.random((count, 2))
            anneal(weights, order, ends, self.start, self.group_size, excess, temperature, chosen, uniform)
            temperature *= COOLING
        self.weights = self.weights[order]
        is_used = self.aims != 0
        differences = np.abs(self.sums() - self.aims)[is_used] / np.abs(self.aims[is_used]).mean()
        return float(differences.max()), float(differences.mean())


class _Graph:
    """The links of a graph, whose ends are exchanged by the kernels."""

    def __init__(self, first: np.ndarray, second: np.ndarray, sign: np.ndarray, size: int, directed: bool):
        from linmem.kernels.rewiring import enter_all

        self.first, self.second, self.sign = first.copy(), second.copy(), sign
        self.size, self.directed = size, directed
        keys = np.full(1 << int(4 * len(first)).bit_length(), -1, np.int64)
        self.table = keys, np.empty_like(keys)
        enter_all(self.first, self.second, size, directed, *self.table)

    def randomise(self, random: np.random.Generator) -> None:
        """Exchange ends `SWAPS` times for each link.

        A first run finds how many tries succeed, and so how many a second run needs: that number is fixed before the
        run, as to stop at a certain number of successes would favour graphs in which most tries succeed.
        """
        links = len(self.first)
        tries = max(2 * links, 1000)
        succeeded = self.exchange(tries, random) if links else 0
        if succeeded == 0 and 0 < links <= MOST_LINKS_TRIED_ALL:
            tries = 2 * links**2
            succeeded = self.exchange_all()
        elif succeeded == 0 and links:
            tries = 1000 * links
            succeeded = self.exchange(tries, random)
        needed = int(np.ceil(SWAPS * links * tries / succeeded)) if succeeded else MOST_TRIES + 1
        if needed > MOST_TRIES:
            raise InvalidNetworkError(
                "recurrent has degrees that leave no or hardly any other graph "
                f"({succeeded} of {tries if links else 0} tries to exchange ends of two links succeeded), as those "
                'of a complete graph or a star; pass keep="weights", which moves weights to any links'
            )
        self.exchange(needed, random)

    def exchange(self, tries: int, random: np.random.Generator) -> int:
        """Try so many exchanges of two random links; the number of those that succeed."""
        succeeded = 0
        for begin in range(0, tries, MOST_DRAWS):
            count = min(MOST_DRAWS, tries - begin)
            draws = np.empty((count, 3), np.int64)
            draws[:, :2] = random.integers(len(self.first), size=(count, 2))
            draws[:, 2] = random.integers(2, size=count)
            succeeded += self._exchange(draws)
        return succeeded

    def exchange_all(self) -> int:
        """Try every pair of links, either way round; the number of exchanges that succeed, 0 only if none can."""
        link = np.arange(len(self.first))
        return self._exchange(np.stack(np.meshgrid(link, link, [0, 1], indexing="ij"), axis=-1).reshape(-1, 3))

    def _exchange(self, draws: np.ndarray) -> int:
        from linmem.kernels.rewiring import exchange_ends

        return exchange_ends(self.first, self.second, self.sign, self.size, self.directed, draws, *self.table)
