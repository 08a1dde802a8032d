"""Links of a graph that exchange their ends, and weights that exchange their links.

A graph is given by the two ends and the sign of each link, and by a hash table of open addressing from pairs of units
(first * n + second) to links. Random numbers are drawn by the caller. Every move is as likely as the move back, and a
move that is not possible leaves the graph as it is: the draws of a long run are uniform.
"""

import numpy as np

from linmem.kernels.compiling import compiled

EMPTY = -1
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: it spreads neighbouring pairs over the table


@compiled(nogil=True)
def _home(pair, keys):
    """The place of a pair in a table of 2^m places, where no other pair is in the way."""
    mixed = (np.uint64(pair) * MULTIPLIER) >> np.uint64(32)
    return np.int64(mixed) & np.int64(len(keys) - 1)


@compiled(nogil=True)
def _link(pair, keys, links):
    """The link of a pair of units, -1 where there is none."""
    place = _home(pair, keys)
    while keys[place] != EMPTY:
        if keys[place] == pair:
            return links[place]
        place = (place + 1) & (len(keys) - 1)
    return np.int64(EMPTY)


@compiled(nogil=True)
def _enter(pair, link, keys, links):
    """Set the link of a pair of units."""
    place = _home(pair, keys)
    while keys[place] != EMPTY and keys[place] != pair:
        place = (place + 1) & (len(keys) - 1)
    keys[place], links[place] = pair, link


@compiled(nogil=True)
def _remove(pair, keys, links):
    """Take out a pair; pairs after it move up, so that a search finds them without a mark for what was taken out."""
    last = len(keys) - 1
    place = _home(pair, keys)
    while keys[place] != pair:
        place = (place + 1) & last
    after = (place + 1) & last
    while keys[after] != EMPTY:
        # a pair may fill the gap if the gap lies on its way from home
        if ((after - _home(keys[after], keys)) & last) >= ((after - place) & last):
            keys[place], links[place] = keys[after], links[after]
            place = after
        after = (after + 1) & last
    keys[place] = EMPTY


@compiled(nogil=True)
def enter_all(first, second, n, directed, keys, links):
    """Fill an empty table with all links."""
    for link in range(len(first)):
        _enter(_pair(first[link], second[link], n, directed), link, keys, links)


@compiled(nogil=True)
def _pair(first, second, n, directed):
    """The key of two units, in either order where links have no direction."""
    if directed or first < second:
        return first * n + second
    return second * n + first


@compiled(nogil=True)
def exchange_ends(first, second, sign, n, directed, draws, keys, links):
    """Try a swap for each row of `draws` (two links; 1 to turn the second one round), and return how many succeeded.

    Links a -> b and c -> d of one sign become c -> b and a -> d, so that a link keeps its second end, where both of
    these are absent; or where both have the other sign, and then become c -> d and a -> b. A cycle a -> b -> d -> a
    becomes a -> d -> b -> a: without this move, swaps do not reach every graph of these degrees.
    """
    succeeded = 0
    for t in range(len(draws)):
        e, f = draws[t, 0], draws[t, 1]
        if e == f or sign[e] != sign[f]:
            continue
        if not directed and draws[t, 2] == 1:
            first[f], second[f] = second[f], first[f]
        a, b, c, d = first[e], second[e], first[f], second[f]
        if a in (c, d) or b == d:
            continue
        if b == c:
            if directed:
                succeeded += _turn_round(e, f, first, second, sign, n, keys, links)
            continue
        ad, cb = _pair(a, d, n, directed), _pair(c, b, n, directed)
        g, h = _link(ad, keys, links), _link(cb, keys, links)
        ab, cd = _pair(a, b, n, directed), _pair(c, d, n, directed)
        if g == EMPTY and h == EMPTY:
            _remove(ab, keys, links)
            _remove(cd, keys, links)
        elif g != EMPTY and h != EMPTY and sign[g] != sign[e] and sign[h] != sign[e]:
            first[g], second[g], first[h], second[h] = c, d, a, b
            _enter(cd, g, keys, links)
            _enter(ab, h, keys, links)
        else:
            continue
        first[e], second[e], first[f], second[f] = c, b, a, d
        _enter(cb, e, keys, links)
        _enter(ad, f, keys, links)
        succeeded += 1
    return succeeded


@compiled(nogil=True)
def _turn_round(e, f, first, second, sign, n, keys, links):
    """Turn the cycle that begins with e = a -> b and f = b -> d round, if it is one: 1, else 0."""
    a, b, d = first[e], second[e], second[f]
    g = _link(d * n + a, keys, links)
    if g == EMPTY or sign[g] != sign[e]:
        return 0
    for pair in (a * n + d, d * n + b, b * n + a):
        if _link(pair, keys, links) != EMPTY:
            return 0
    for pair in (a * n + b, b * n + d, d * n + a):
        _remove(pair, keys, links)
    first[e], first[f], first[g] = d, a, b
    _enter(d * n + b, e, keys, links)
    _enter(a * n + d, f, keys, links)
    _enter(b * n + a, g, keys, links)
    return 1


@compiled(nogil=True)
def anneal(weights, order, ends, start, size, excess, temperature, links, uniform):
    """One stage of simulated annealing: pairs of links exchange their weights, so that `excess` goes to zero.

    `order` is changed like the weights, so that it says which weight came to each link.
    Link e adds weights[e] to the sums in the rows ends[e] of `excess`, which holds what they are above their aims. Its
    partner is one of the links start[e] ... start[e] + size[e] - 1. The energy is the sum of squares of `excess`.
    """
    for t in range(len(links)):
        e = links[t]
        f = start[e] + np.int64(uniform[t, 0] * size[e])
        more = weights[f] - weights[e]
        change = 0.0
        for end in range(ends.shape[1]):
            change += more * (2 * excess[ends[e, end]] + more)
            excess[ends[e, end]] += more
            change += more * (more - 2 * excess[ends[f, end]])
            excess[ends[f, end]] -= more
        if change <= 0 or uniform[t, 1] < np.exp(-change / temperature):
            weights[e], weights[f] = weights[f], weights[e]
            order[e], order[f] = order[f], order[e]
        else:
            for end in range(ends.shape[1]):
                excess[ends[e, end]] -= more
                excess[ends[f, end]] += more
