"""Shuffled networks: what is kept is kept exactly, and all graphs with the same degrees are equally likely."""

from itertools import combinations, product

import numpy as np
import pytest
import scipy.sparse as sp
from scipy import stats

import linmem as lm
from linmem.connectivity import shuffles
from linmem.kernels import rewiring

FALSE_ALARM = 1e-6  # the chance that a test of a distribution fails although the distribution is right


def random_weights(n=40, density=0.2, seed=0, signs=(1, -1), symmetric=False):
    """Weights with self-loops, all different, so that each can be found again."""
    rng = np.random.default_rng(seed)
    W = np.where(rng.random((n, n)) < density, rng.choice(signs, (n, n)) * rng.random((n, n)), 0)
    return np.tril(W) + np.tril(W, -1).T if symmetric else W


CASES = {
    "directed": random_weights(),
    "one sign": random_weights(signs=(1,)),
    "symmetric": random_weights(symmetric=True),
    "complete, both signs": random_weights(density=1.0),
    "complete, both signs, symmetric": random_weights(density=1.0, symmetric=True),
    "nearly complete": random_weights(n=15, density=0.95, signs=(1,)),
}


def degrees(W):
    """In- and out-degrees of positive and of negative links."""
    return [np.count_nonzero(part, axis).tolist() for part in (W > 0, W < 0) for axis in (0, 1)]


def dense(network):
    return network.recurrent.toarray() if network.is_sparse else network.recurrent


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("keep", shuffles.KEPT)
@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_is_kept_exactly(case, keep, sparse):
    W = CASES[case]
    n = len(W)
    labels = tuple(f"unit {i}" for i in range(n))
    network = lm.LinearNetwork(sp.csr_array(W) if sparse else W, np.arange(n), 0.5, "net", labels, known_radius=50.0)
    null = lm.shuffled(network, keep, rng=1)
    S = dense(null)
    assert null.is_sparse == sparse and null.labels == labels and null.noise == 0.5 and null.known_radius is None
    assert (null.feedforward == network.feedforward).all()
    assert null.name.startswith(f"net, shuffled, {keep} kept")
    assert (S != W).any()
    assert (np.sort(S, axis=None) == np.sort(W, axis=None)).all()
    assert (np.diag(S) == np.diag(W)).all()
    assert ((S == S.T).all()) == ((W == W.T).all())
    if keep != "weights":
        assert degrees(S) == degrees(W)
    if keep != "weights" and (W != W.T).any():  # the weights of every row are the same: its sum is exact
        assert (np.sort(S, axis=1) == np.sort(W, axis=1)).all()


@pytest.mark.parametrize("case", CASES)
def test_strengths_come_near_and_the_name_says_how_near(case):
    """Nearer than without annealing, by a factor of 3 on average over these cases of 15 to 40 units."""
    W = CASES[case] - np.diag(np.diag(CASES[case]))
    null = lm.shuffled(W, "strengths", rng=1)

    def differences(S):
        aims = np.concatenate([(W * (sign * W > 0)).sum(axis=0) for sign in (1, -1)])
        found = np.concatenate([(S * (sign * S > 0)).sum(axis=0) for sign in (1, -1)])
        return np.abs(found - aims)[aims != 0] / np.abs(aims[aims != 0]).mean()

    found = differences(null.recurrent)
    assert f"within {100 * found.max():.2g} % ({100 * found.mean():.2g} % on average)" in null.name
    assert found.mean() < differences(lm.shuffled(W, "degrees", rng=1).recurrent).mean() / 3


def all_graphs(graph, directed):
    """Every graph with the signed degrees of `graph`, an array of -1, 0, 1 without self-loops."""
    n = len(graph)
    places = [(i, j) for i in range(n) for j in range(n if directed else i) if i != j]
    values = sorted(set(graph.ravel().astype(int).tolist()) | {0})
    wanted = degrees(graph)
    for entries in product(values, repeat=len(places)):
        other = np.zeros((n, n))
        for (i, j), value in zip(places, entries, strict=True):
            other[i, j] = value
            if not directed:
                other[j, i] = value
        if degrees(other) == wanted:
            yield other


def graph_of(links, n, directed=True):
    W = np.zeros((n, n))
    for i, j, *sign in links:
        W[i, j] = sign[0] if sign else 1
        if not directed:
            W[j, i] = W[i, j]
    return W


GRAPHS = {
    # two graphs, which only a cycle that turns round connects
    "a directed cycle of three": (graph_of([(0, 1), (1, 2), (2, 0)], 3), True),
    "directed": (graph_of([(0, 1), (1, 2), (2, 0), (3, 0), (1, 3), (0, 2)], 4), True),
    "undirected, nearly complete": (1 - np.eye(5) - graph_of([(1, 0), (3, 2), (4, 2)], 5, False), False),
    "directed, nearly complete": (1 - np.eye(4) - graph_of([(0, 1), (1, 2), (2, 0), (3, 1)], 4), True),
    "undirected": (graph_of([(1, 0), (2, 1), (3, 2), (4, 3), (4, 0), (2, 0)], 5, False), False),
    "both signs": (graph_of([(1, 0), (3, 2), (4, 2), (2, 1, -1), (4, 3, -1)], 5, False), False),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_all_graphs_with_the_same_degrees_are_equally_likely(name):
    """A chi-square test against all graphs, counted one by one; it fails by chance once in 10^6 times."""
    graph, directed = GRAPHS[name]
    known = {other.tobytes(): 0 for other in all_graphs(graph, directed)}
    assert len(known) > 1
    rng = np.random.default_rng(0)
    samples = 30 * len(known)
    for _ in range(samples):
        known[np.sign(lm.shuffled(graph, "degrees", rng=rng).recurrent).tobytes()] += 1
    assert stats.chisquare(list(known.values())).pvalue > FALSE_ALARM


@pytest.mark.parametrize("symmetric", [False, True])
def test_weights_are_placed_anywhere_with_equal_chance(symmetric):
    """Each set of two of the places of a graph of four units: 66 directed ones, 15 undirected ones."""
    W = graph_of([(1, 0), (3, 2)], 4, not symmetric)
    places = np.flatnonzero(np.tril(np.ones((4, 4)), -1) if symmetric else ~np.eye(4, dtype=bool))
    count = dict.fromkeys(combinations(places.tolist(), 2), 0)
    rng = np.random.default_rng(1)
    for _ in range(20 * len(count)):
        S = lm.shuffled(W, "weights", rng=rng).recurrent
        count[tuple(np.flatnonzero(np.tril(S) if symmetric else S).tolist())] += 1
    assert stats.chisquare(list(count.values())).pvalue > FALSE_ALARM


def test_weights_into_a_unit_are_in_random_order():
    """One unit hears from three others, a fourth from one: all 3! orders are equally likely."""
    W = np.zeros((5, 5))
    W[0, 1:4] = 1, 2, 3
    W[1, 4] = 1
    rng = np.random.default_rng(2)
    count = {}
    for _ in range(240):
        weights = tuple(row[row != 0].tolist() for row in lm.shuffled(W, "degrees", rng=rng).recurrent[:1])
        count[str(weights)] = count.get(str(weights), 0) + 1
    assert len(count) == 6 and stats.chisquare(list(count.values())).pvalue > FALSE_ALARM


def test_the_same_seed_gives_the_same_network():
    W = CASES["directed"]
    first, again, other = (lm.shuffled(W, "strengths", rng=seed).recurrent for seed in (3, 3, 4))
    assert (first == again).all() and (first != other).any()


@pytest.mark.parametrize(
    ("network", "keep", "message"),
    [
        (np.ones((5, 5)), "degrees", "degrees that leave no or hardly any other graph"),
        (graph_of([(1, 0), (2, 0), (3, 0)], 4), "strengths", "degrees that leave no or hardly any other graph"),
        (np.ones((2, 3, 3)), "degrees", "is a stack"),
        (1j * np.ones((3, 3)), "weights", "recurrent is complex"),
        (lm.ContinuousNetwork(-np.eye(3)), "weights", "in continuous time"),
    ],
)
def test_what_cannot_be_shuffled_is_refused(network, keep, message):
    with pytest.raises(lm.InvalidNetworkError, match=message):
        lm.shuffled(network, keep, rng=0)


def test_an_unknown_word_is_refused():
    with pytest.raises(lm.ArgumentError, match="did you mean 'degrees'"):
        lm.shuffled(np.eye(3), "degree", rng=0)


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("keep", shuffles.KEPT)
def test_a_network_without_links_stays_as_it_is(n, keep):
    assert (lm.shuffled(np.eye(n), keep, rng=0).recurrent == np.eye(n)).all()


@pytest.mark.parametrize("directed", [False, True])
def test_the_table_of_links_stays_right(directed):
    """After many exchanges the table holds the links and nothing else: also where it is nearly full."""
    rng = np.random.default_rng(5)
    links = shuffles._Links(random_weights(n=20, density=0.3, symmetric=not directed))
    graph = shuffles._Graph(links.first, links.second, links.sign, links.size, directed)
    count = len(graph.first)
    keys = np.full(1 << int(count).bit_length(), -1, np.int64)
    graph.table = keys, np.empty_like(keys)
    rewiring.enter_all(graph.first, graph.second, graph.size, directed, *graph.table)
    assert graph.exchange(20_000, rng) > 1000
    pairs = {
        rewiring._pair(i, j, graph.size, directed): link
        for link, (i, j) in enumerate(zip(graph.first, graph.second, strict=True))
    }
    assert len(pairs) == count
    assert dict(zip(keys[keys >= 0].tolist(), graph.table[1][keys >= 0].tolist(), strict=True)) == pairs


@pytest.mark.parametrize("symmetric", [False, True])
def test_few_gaps_of_a_large_graph_move(symmetric):
    """Two gaps among 1560 pairs, which exchange their ends although hardly two links can."""
    W = random_weights(n=40, density=1.0, signs=(1,), symmetric=symmetric)
    for gap in [(3, 5), (7, 9)]:
        W[gap] = 0
        if symmetric:
            W[gap[::-1]] = 0
    found = {tuple(np.flatnonzero(lm.shuffled(W, "degrees", rng=seed).recurrent == 0)) for seed in range(20)}
    assert len(found) == (3 if symmetric else 2)
