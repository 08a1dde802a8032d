"""Asks the package about cases, judges the answers, and writes one line of JSON for each."""

import json
import signal
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from flint import ctx

import linmem as lm
from tests.differential.balls import UndecidedError, UnstableError
from tests.differential.matrix_promises import MEASURES as OF_MATRICES
from tests.differential.memory_promises import MEASURES as OF_MEMORY
from tests.differential.networks import Case
from tests.differential.promises import Truths, checks

MEASURES = [*OF_MEMORY, *OF_MATRICES]
BITS = (256, 1024, 4096, 16384)
SECONDS = 10.0  # for the truth of one answer, beyond which it stays open
PATIENCE = 60  # seconds of computation that an answer may take
NEAR_ONE = 1e-12  # of a radius, within which a network may be called unstable

RIGHT, REFUSED, SLOW, WRONG, FOREIGN, OPEN = "right", "refused", "slow", "WRONG", "FOREIGN", "open"


@dataclass
class Outcome:
    """Of one function on one case."""

    function: str
    outcome: str
    ratio: float = 0.0
    seconds: float = 0.0
    detail: str = ""


class SlowError(BaseException):
    """The package computes for too long; no `except Exception` of the package stops it."""


@contextmanager
def at_most(seconds, error=UndecidedError):
    """Raise an error after so many seconds of computation."""

    def stop(*_):
        raise error

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class Examined:
    """A case with its truths at each precision, which the functions share."""

    def __init__(self, case):
        self.case, self._truths = case, {}

    def truths(self, bits):
        if bits not in self._truths:
            self._truths[bits] = Truths(self.case)
        return self._truths[bits]

    def network(self, measure):
        if measure.of == "continuous":
            return self.case.continuous()
        return self.case.network() if measure.takes_stacks else self.case.alone()

    def outcome(self, measure):
        """Right, refused, WRONG, FOREIGN, or open where no precision decides."""
        start = time.process_time()
        try:
            with warnings.catch_warnings(), at_most(PATIENCE, SlowError):
                warnings.simplefilter("error")
                answer = measure.ask(self.case, self.network(measure))
        except lm.UnstableNetworkError as error:
            return self._of_unstable(measure, error, start)
        except lm.LinmemError as error:
            return self._made(measure, REFUSED, start, f"{type(error).__name__}: {error}")
        except SlowError:
            return self._made(measure, SLOW, start, f"more than {PATIENCE} s")
        except (Exception, Warning) as error:
            return self._made(measure, FOREIGN, start, f"{type(error).__name__}: {error}")
        return self._judged(measure, answer, start)

    def _judged(self, measure, answer, start):
        found, begun = [], time.process_time()
        for bits in BITS:
            with ctx.workprec(bits), at_most(SECONDS):
                try:
                    found = checks(measure, self.case, self.truths(bits), answer)
                except UndecidedError:
                    found = None
                except UnstableError:
                    return self._made(measure, WRONG, start, "a number of an unstable network")
            if found is not None and all(check.kept is not None for check in found):
                break
            if time.process_time() - begun > SECONDS:
                break
        if found is None:
            return self._made(measure, OPEN, start)
        wrong = [check for check in found if check.kept is False]
        if wrong:
            detail = "; ".join(f"{check.part or 'value'} {check.detail}" for check in wrong)
            return self._made(measure, WRONG, start, detail, max(check.ratio for check in wrong))
        still_open = [check for check in found if check.kept is None]
        ratio = max((check.ratio for check in found), default=0.0)
        return self._made(measure, OPEN if still_open else RIGHT, start, "; ".join(c.detail for c in still_open), ratio)

    def _of_unstable(self, measure, error, start):
        """Right where the network is unstable, or stable within rounding of the limit."""
        detail = f"{type(error).__name__}: {error}"
        for bits in BITS[:3]:
            with ctx.workprec(bits):
                try:
                    if measure.of == "continuous":
                        margin = -self.truths(bits).drift().abscissa / self.truths(bits).drift().frobenius
                    else:
                        members = self.case.members if measure.takes_stacks else [0]
                        margin = min((1 - self.truths(bits).matrix(m).radius for m in members), key=float_of)
                except (UndecidedError, ValueError):
                    continue
            if margin < NEAR_ONE:
                return self._made(measure, RIGHT, start, detail)
            if margin > NEAR_ONE:
                return self._made(measure, WRONG, start, f"stable by {margin.str(5)}, but {detail}")
        return self._made(measure, REFUSED, start, detail)

    def _made(self, measure, outcome, start, detail="", ratio=0.0):
        return Outcome(measure.name, outcome, ratio, time.process_time() - start, detail[:600])


def float_of(ball):
    return float(ball.mid())


def examined(case, share=1.0, only=None):
    """The outcomes of a case, of all functions or of a share of them that the seed chooses."""
    rng = np.random.default_rng([case.seed, 5])
    together = Examined(case)
    for measure in MEASURES:
        chosen = rng.random() < share * measure.share
        if ((only is None and chosen) or (only is not None and measure.name in only)) and measure.applies(case):
            yield together.outcome(measure)


def line(number, case, outcome):
    """One line of the log."""
    ratio = outcome.ratio if np.isfinite(outcome.ratio) else 1e300
    return json.dumps(
        {
            "seed": number,
            "function": outcome.function,
            "outcome": outcome.outcome,
            "ratio": float(f"{ratio:.3g}"),
            "seconds": round(outcome.seconds, 4),
            **({"detail": outcome.detail, "case": repr(case)} if outcome.outcome != RIGHT else {}),
        }
    )


def of_seed(seed, share=1.0, only=None):
    case = Case.of_seed(seed)
    return case, list(examined(case, share, only))
