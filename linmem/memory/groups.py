r"""Which groups of units hold the memory: hemispheres, systems, layers, or whatever the labels of units tell apart.

Contents
--------
GroupMemory
    Shares of memory and of the optimal input, and strengths within and between groups.
memory_of_groups
    These numbers of a network.
group_of_units
    The name of the group of every unit.
groups_by_prefix
    Groups of labels that begin alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.measured import MeasuredArray, measured_array
from linmem.memory.spatial import optimal_input, spatial_fisher_memory
from linmem.network import NetworkOrMatrix, as_network
from linmem.validation import RTOL

Groups: TypeAlias = str | Mapping[str, str] | Sequence[str]

HEMISPHERES = "hemispheres"
LEFT, RIGHT, NEITHER = "left", "right", "neither"
WORDS = {"lh": LEFT, "left": LEFT, "rh": RIGHT, "right": RIGHT}  # anywhere in a label
LETTERS = {"l": LEFT, "r": RIGHT}  # at the beginning or the end of a label, set apart by a sign such as _
# Sides that nothing sets apart from the name: they count where the label of the other side is there as well.
JOINED = (
    (re.compile(r"^(?P<head>.*\w)(?P<side>[LR])$"), {"L": "R", "R": "L"}),
    (re.compile(r"^(?P<head>)(?P<side>[lr])(?=[A-Z0-9])"), {"l": "r", "r": "l"}),
    (re.compile(r"^(?P<head>)(?P<side>[LR])(?=\w)"), {"L": "R", "R": "L"}),
    (
        re.compile(r"^(?P<head>)(?P<side>[Ll]eft|[Rr]ight)"),
        {"Left": "Right", "Right": "Left", "left": "right", "right": "left"},
    ),
)


@dataclass(frozen=True, eq=False)
class GroupMemory:
    r"""Memory and links of groups of units.

    Attributes
    ----------
    groups
        The names of the groups, in the order of their first units, G of them.
    units
        The number of units of each, (G,).
    memory
        The share of each group in the memory of all units, (G,): the sum over its units of (Q J^s)_ii / N. For noise of
        equal variance this is the total memory of an input to one unit of the group, summed over its units; a group of
        a share above its share of units is remembered better than the mean.
    optimal_input
        The share of each group in the optimal input, (G,): the sum of |v_i|^2 over its units.
    strengths
        sum |W_ij| over the links from the units of one group to those of another, (G, G): to the group of the row, from
        that of the column.
    """

    groups: tuple[str, ...]
    units: np.ndarray
    memory: MeasuredArray
    optimal_input: MeasuredArray
    strengths: np.ndarray


def memory_of_groups(
    network: NetworkOrMatrix, groups: Groups, *, horizon: int | None = None, rtol: float = RTOL
) -> GroupMemory:
    r"""Shares of groups of units in the memory and in the optimal input, and the strengths within and between them.

    Memory is here about the unit at which an input enters: J^s_ii is the total memory of an input to unit i.

    Parameters
    ----------
    network
        A network or a matrix, not a stack.
    groups
        A mapping from the label of every unit to its group; or a sequence of N groups, one for each unit; or
        "hemispheres": left and right as the labels tell it, by lh, rh, Left, Right, a first or last L or R set apart by
        a sign (ctx-lh-insula, Left-Putamen, V1_R), or a first or last letter where both sides are there (ADAL and
        ADAR). Units of which it is not told are of "neither".
    horizon, rtol
        As for `spatial_fisher_memory`.

    Raises
    ------
    ArgumentError
        If a unit has no group, a label does not exist, or the labels of fewer than half of the units tell a hemisphere.
    InvalidNetworkError
        If the network is a stack.
    LinmemError
        Whatever `spatial_fisher_memory` raises.

    Examples
    --------
    >>> import linmem as lm
    >>> found = memory_of_groups(lm.connectome("celegans-cook"), "hemispheres")
    >>> found.groups, found.units
    (('left', 'right', 'neither'), array([ 99,  99, 104]))
    """
    network = as_network(network)
    network.require_single("memory_of_groups")
    of_units = group_of_units(groups, network.labels, network.size)
    names = tuple(dict.fromkeys(of_units))
    member = np.array([[group == name for group in of_units] for name in names], dtype=float)
    spatial = spatial_fisher_memory(network, horizon=horizon, rtol=rtol)
    best = optimal_input(network, horizon=horizon, rtol=rtol)
    Q = network.covariance
    with np.errstate(over="ignore", invalid="ignore"):
        shares = (Q * np.asarray(spatial).T).sum(axis=1).real / network.size
        errors = (np.abs(Q) * np.asarray(spatial.error).T).sum(axis=1) / network.size
    if not np.isfinite(shares).all() or not np.isfinite(errors).all():
        raise InvalidNetworkError(
            "the noise of the units differs so much that its product with their memory exceeds the largest double; "
            "measure the units in units of their noise"
        )
    power, uncertain = np.abs(np.asarray(best)) ** 2, (2 * np.abs(np.asarray(best)) + best.error) * best.error
    return GroupMemory(
        names,
        member.sum(axis=1).astype(int),
        measured_array(member @ shares, member @ errors, spatial.method),
        measured_array(member @ power, np.minimum(member @ uncertain, 1.0), best.method),
        member @ (abs(network.matrix) @ member.T),
    )


def group_of_units(groups: Groups, labels: Sequence[str], size: int) -> tuple[str, ...]:
    """The name of the group of every unit; `groups` is as for `memory_of_groups`.

    Raises
    ------
    ArgumentError
        As `memory_of_groups`.
    """
    if isinstance(groups, str):
        if groups != HEMISPHERES:
            raise ArgumentError(
                f"groups is {groups!r}; it must be {HEMISPHERES!r}, a mapping from labels to groups, or a sequence of "
                f"{size} groups"
            )
        return _hemispheres(labels, size)
    if isinstance(groups, Mapping):
        return _by_label(groups, labels)
    names = tuple(str(name) for name in groups)
    if len(names) != size:
        raise ArgumentError(f"groups holds {len(names)} names; it must hold one for each of the {size} units")
    return names


def _by_label(groups: Mapping[str, str], labels: Sequence[str]) -> tuple[str, ...]:
    if not labels:
        raise ArgumentError(
            "groups names units by their labels, but the network has no labels; pass one group per unit"
        )
    missing = [label for label in labels if label not in groups]
    if missing:
        raise ArgumentError(
            f"groups has no group for {len(missing)} of {len(labels)} units: {', '.join(map(repr, missing[:3]))}"
            f"{', ...' if len(missing) > 3 else ''}; give every unit a group"
        )
    return tuple(str(groups[label]) for label in labels)


def groups_by_prefix(labels: Sequence[str], prefixes: Iterable[str]) -> dict[str, str]:
    """The group of every label: the longest of the prefixes with which it begins; "other" where there is none.

    Raises
    ------
    ArgumentError
        If no label begins with one of the prefixes.
    """
    longest_first = sorted(prefixes, key=len, reverse=True)
    groups = {label: next((one for one in longest_first if label.startswith(one)), "other") for label in labels}
    unused = set(longest_first) - set(groups.values())
    if unused:
        example = f", such as {labels[0]!r}," if labels else ""
        raise ArgumentError(f"groups has the prefix {min(unused)!r}, with which no label{example} begins")
    return groups


def _hemispheres(labels: Sequence[str], size: int) -> tuple[str, ...]:
    """Left, right or neither, by the way of telling it that most labels follow."""
    known = set(labels)
    ways: list[list[str]] = [[_set_apart(label) for label in labels]]
    ways += [[_joined(label, known, *way) for label in labels] for way in JOINED]
    best = max(ways, key=lambda sides: len(sides) - sides.count(NEITHER))
    told = len(best) - best.count(NEITHER)
    if 2 * told < size or not {LEFT, RIGHT} <= set(best):
        example = f" (such as {labels[0]!r})" if labels else ""
        raise ArgumentError(
            f"groups is {HEMISPHERES!r}, but only {told} of {size} labels{example} say left or right; pass a mapping "
            "from labels to groups"
        )
    return tuple(best)


def _set_apart(label: str) -> str:
    """The side that a word of the label says; neither where words say both."""
    words = [word.lower() for word in re.split(r"[^A-Za-z0-9]+", label) if word]
    sides = {WORDS[word] for word in words if word in WORDS}
    if len(words) > 1:
        sides |= {LETTERS[word] for word in (words[0], words[-1]) if word in LETTERS}
    return sides.pop() if len(sides) == 1 else NEITHER


def _joined(label: str, known: set[str], pattern: re.Pattern[str], other: Mapping[str, str]) -> str:
    """The side that a letter of the label says, where there is a unit of that name on the other side."""
    found = pattern.match(label)
    if not found:
        return NEITHER
    side = found["side"]
    partner = label[: found.start("side")] + other[side] + label[found.end("side") :]
    if partner not in known:
        return NEITHER
    return LEFT if side[0] in "lL" else RIGHT
