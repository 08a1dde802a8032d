"""What a reader of the explorer can choose, and the network that follows from it.

Contents
--------
Choice
    The network of a source, of which some gate or layer is chosen by name.
Settings
    Radius, noise, signal-to-noise ratio, horizon, gain of the chain beside it, input, gate or layer.
subject_of
    The subject of the page with these settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from linmem.network import Network
from linmem.preparation import prepared
from linmem.reporting.subject import Subject
from linmem.validation import SNR

LARGEST_RADIUS = 1.5


@dataclass(frozen=True)
class Choice:
    """The network of a source.

    Attributes
    ----------
    network
        A function of the chosen word, which gives the network; the word is "" where there is no choice.
    words
        Gates or layers that can be chosen; none where the source has one network.
    label
        What the words are: "gate", "layer".
    statements
        A function of the chosen word, which gives the statements of Python that set `network`; None: there are none.
    """

    network: Callable[[str], Network]
    words: tuple[str, ...] = ()
    label: str = ""
    statements: Callable[[str], str] | None = None


@dataclass(frozen=True)
class Settings:
    """What is chosen; None and "" stand for what the source has."""

    word: str = ""
    radius: float | None = None
    noise: float | None = None
    snr: float = SNR
    horizon: int | None = None
    chain_gain: float | None = None
    input: str | None = None
    against: tuple[str, ...] = ("orthogonal", "chain")
    given: Mapping[str, Any] = field(default_factory=dict)

    def network(self, choice: Choice) -> Network:
        """The network of the source with radius, noise and input as chosen."""
        network = choice.network(self.word)
        if self.radius is self.noise is self.input is None:
            return network
        return prepared(network, radius=self.radius, noise=self.noise, input=self.input)

    def statements(self, choice: Choice) -> str | None:
        """The statements of Python that set `network` to it."""
        if choice.statements is None:
            return None
        steps = {"radius": self.radius, "noise": self.noise, "input": self.input}
        words = [f"{name}={value!r}" for name, value in steps.items() if value is not None]
        more = f"\nnetwork = lm.prepared(network, {', '.join(words)})" if words else ""
        return choice.statements(self.word) + more

    def changed(self, **values: Any) -> Settings:
        """These settings with some others."""
        return replace(self, **values)


def subject_of(settings: Settings, choice: Choice) -> Subject:
    """The subject of the page; where the network is not known to be stable, over the last 2 N steps."""
    network: Any = settings.network(choice)
    if not network.is_continuous:
        network = network.in_steps()
    horizon = None if network.is_continuous else settings.horizon
    if horizon is None and not network.is_continuous and network.stability.stable is not True:
        horizon = 2 * network.size
    return Subject(network, settings.against, settings.snr, horizon, chain_gain=settings.chain_gain)
