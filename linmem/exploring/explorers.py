"""What an explorer computes: sections as settings change, levels of the boxes that a reader zooms to, pseudomodes.

Contents
--------
Explorer
    What is computed for one source, and for whom.
page_of
    The page that it serves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import linmem as lm
from linmem import __version__
from linmem.charts.live import Box, Control, LiveDocument, Reader
from linmem.charts.records import BarChart, Chart, PlaneChart
from linmem.charts.server import Page, policy_of
from linmem.exploring.live_page import CHARTS, KEYS, busy, page_around, part_of_chart, part_of_header, part_of_section
from linmem.exploring.requests import Newest
from linmem.exploring.settings import LARGEST_RADIUS, Choice, Settings, subject_of
from linmem.linalg.blas import blas_threads_for
from linmem.reasons import Reason, value_or_reason
from linmem.remembering import remembering
from linmem.reporting.contents import sections
from linmem.reporting.network_sections import pseudospectrum_chart
from linmem.reporting.parts import Section
from linmem.reporting.programs import programs
from linmem.reporting.subject import Subject
from linmem.reporting.summary import Summary, summary_of

COARSE, FINE = 30, 100  # points on a side of a box that is zoomed to, first and then
STILL = 0.05  # seconds for which a box must not change, so that a wheel that turns asks once


class Explorer:
    """What is computed for one source: sections in the thread that calls `run`, levels of zoomed boxes in another."""

    def __init__(self, choice: Choice, settings: Settings, origin: Mapping[str, str]):
        self.choice = choice
        self.settings = settings
        self.origin = origin
        self.documents: dict[Any, LiveDocument] = {}
        self.shown: dict[str, tuple[dict[str, Any], tuple[Chart, ...]]] = {}
        self.subject: Subject | None = None
        self.resolvent: lm.Resolvent | None = None  # of the network of the subject
        self.box: Box | None = None  # of the levels that are shown
        self.asked: Newest[Settings] = Newest()
        self.boxes: Newest[Box | complex] = Newest()

    # --- what the reader does, in the thread of the server ---

    def fill(self, document: Any) -> None:
        """A page is opened: what is known is shown at once."""
        reader = Reader(self.moved, self.boxes.put, self.boxes.put)
        live = self.documents[document] = LiveDocument(document, KEYS, self.controls(), reader)
        for part, charts in list(self.shown.values()):
            live.show(part, charts)

    def closed(self, document: Any) -> None:
        """A page is closed."""
        self.documents.pop(document, None)

    def moved(self, name: str, value: Any) -> None:
        """A control is moved: everything is asked for anew."""
        self.settings = self.settings.changed(**{name: CHANGES[name](value) if name in CHANGES else value})
        self.asked.put(self.settings)

    def controls(self) -> list[Control]:
        """The controls with their present values."""
        network, now = self.choice.network(self.settings.word), self.settings
        made = []
        if self.choice.words:
            made.append(Control("word", self.choice.label, now.word, words=self.choice.words))
        made.append(Control("input", "input", now.input or "given", words=_inputs(network)))
        made.append(Control("snr", "signal-to-noise ratio", np.log10(now.snr), -2, 4, 0.05, shown=POWER))
        if not network.is_continuous:
            radius = now.radius or float(np.clip(network.stability.value, 0.01, LARGEST_RADIUS))
            made.append(Control("radius", "spectral radius", radius, 0.01, LARGEST_RADIUS, 0.01))
            steps, most = now.horizon or 0, 4 * network.size
            made.append(Control("horizon", "horizon (0: all steps)", steps, 0, max(most, steps), 1, shown=WHOLE))
            made.append(Control("chain_gain", "gain of the chain beside it", now.chain_gain or 1.0, 0.5, 1.5, 0.01))
        noise = np.log10(now.noise or network.noise_variance)
        made.append(Control("noise", "noise variance", noise, min(-3.0, noise), max(3.0, noise), 0.05, shown=POWER))
        return made

    # --- what is computed ---

    def run(self) -> None:
        """Answer one request after the other, until `stop`."""
        self.asked.put(self.settings)
        threading.Thread(target=lambda: self.boxes.answered_by(self.answer_box), daemon=True).start()
        self.asked.answered_by(self.answer)

    def stop(self) -> None:
        """Let both threads end."""
        self.asked.end()
        self.boxes.end()

    def answer(self, settings: Settings) -> None:
        """Compute all sections, unless newer settings come before the end."""
        for title in CHARTS:
            self._show(title, busy(title), ())
        subject = value_or_reason(subject_of, settings, self.choice)
        if isinstance(subject, Reason):
            self._show_reason(subject)
            return
        self.subject, self.resolvent = subject, lm.Resolvent(subject.network)
        others = {other.name: other.said for other in subject.beside if not isinstance(other.network, Reason)}
        statements = settings.statements(self.choice)
        with remembering(), blas_threads_for(subject.network.size):
            for title, compute in sections(subject, certified=False):
                if self.asked.has_newer:
                    return
                section = value_or_reason(compute)
                if isinstance(section, Reason):
                    section = Section(title, f"This section could not be computed ({section}).")
                code = programs(section.charts, subject, statements)
                if title == "Non-normality":
                    self.box = _box_of(section.charts)
                self._show(title, part_of_section(section, others, code), section.charts)
                if title == "Transient growth":  # all that the summary needs is known by then
                    self._show_summary(subject)

    def _show_summary(self, subject: Subject) -> None:
        summary = value_or_reason(summary_of, subject, self.origin)
        if isinstance(summary, Reason):
            summary = Summary(verdict=(f"The verdict is not known ({summary}).",))
        self._show("", part_of_header(self.title, summary), ())

    def _show_reason(self, reason: Reason) -> None:
        for title in CHARTS:
            self._show(title, part_of_section(Section(title, f"Nothing is computed ({reason})."), {}, {}), ())

    def _show(self, title: str, part: dict[str, Any], charts: tuple[Chart, ...]) -> None:
        if not part.get("busy"):
            self.shown[title] = part, charts
        replaces = tuple(key for key in CHARTS.get(title, {}) if key != "pseudomode") if charts else ()
        for document in list(self.documents.values()):
            document.show(part, charts, replaces=replaces)

    @property
    def title(self) -> str:
        """The name of the network."""
        network = self.choice.network(self.settings.word)
        return network.name or f"A network of {network.size} units"

    def answer_box(self, asked: Box | complex) -> None:
        """Levels of a box, first coarse and then fine; or the pseudomode at a point."""
        subject, resolvent = self.subject, self.resolvent
        if subject is None or resolvent is None:
            return
        if isinstance(asked, complex):
            self._answer_point(subject, resolvent, asked)
            return
        if self._waits(STILL) or asked == self.box:
            return
        for points in (COARSE, FINE):
            found = value_or_reason(resolvent.pseudospectrum, _in_order(asked), points, progress=self._give_way)
            if isinstance(found, Reason) or self.boxes.has_newer:
                return
            self.box = asked
            part = part_of_chart(pseudospectrum_chart(subject, found, {}))
            for document in list(self.documents.values()):
                document.show_levels("pseudospectrum", (found.x, found.y, found.sigma_min), part)

    def _waits(self, seconds: float) -> bool:
        """Whether a newer box comes within so many seconds."""
        threading.Event().wait(seconds)
        return self.boxes.has_newer

    def _give_way(self, share: float) -> None:
        """Called again and again during a computation, which ends where there is a newer box."""
        if self.boxes.has_newer:
            raise InterruptedError("there is a newer box")

    def _answer_point(self, subject: Subject, resolvent: lm.Resolvent, z: complex) -> None:
        found = value_or_reason(resolvent.pseudomode, z)
        if isinstance(found, Reason):
            return
        text = (
            f"The state that z − {subject.matrix_name} makes smallest, at z = {z:.4g}: unit by unit the modulus of "
            f"the right singular vector of σ_min = {float(found.sigma_min):.4g}. It looks like an eigenvector of "
            f"eigenvalue z, up to that error."
        )
        chart = BarChart(
            "pseudomode", "Pseudomode", text, "Unit", "Modulus (no unit)", subject.units,
            {"modulus": np.abs(np.asarray(found.vector))},
        )  # fmt: skip
        for document in list(self.documents.values()):
            document.show(part_of_chart(chart), (chart,))


POWER = "return (10 ** tick).toPrecision(3)"
WHOLE = "return String(Math.round(tick))"
CHANGES: dict[str, Callable[[Any], Any]] = {
    "snr": lambda value: float(10.0**value),
    "noise": lambda value: float(10.0**value),
    "horizon": lambda value: int(value) or None,
    "input": lambda value: None if value == "given" else value,
}


def _inputs(network: Any) -> tuple[str, ...]:
    """The inputs that can be chosen: those of the network, the optimal one, and named units."""
    given = () if network.feedforward is None else ("given",)
    columns = tuple(str(place) for place in range(network.n_inputs)) if given and network.n_inputs > 1 else ()
    words = (*given, *columns, "optimal", "uniform", "first", *network.labels)
    return words if given else ("given", *words)


def _box_of(charts: tuple[Chart, ...]) -> Box | None:
    """The box of the levels of a section."""
    for chart in charts:
        if isinstance(chart, PlaneChart) and chart.grid is not None:
            x, y, _ = chart.grid
            return float(x[0]), float(x[-1]), float(y[0]), float(y[-1])
    return None


def _in_order(box: Box) -> Box:
    x0, x1, y0, y1 = box
    return min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)


def page_of(explorer: Explorer, port: int) -> Page:
    """The page of an explorer."""
    names = [control.name for control in explorer.controls()]
    parts, keys, end = page_around(explorer.title, names, f"linmem {__version__}", policy_of(port))
    return Page(explorer.title, parts, keys, end, explorer.fill, explorer.closed)
