"""What is told about long computations, on a terminal and in the log."""

import io
import logging
from time import sleep
from types import SimpleNamespace

import pytest

from linmem import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    shown = Terminal()
    # not sys.stderr itself, which pytest sets anew between a fixture and its test
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=shown))
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    return shown


def wait_for(condition):
    for _ in range(1000):  # ten seconds at most
        if condition():
            return True
        sleep(0.01)
    return False


def test_a_block_without_a_share_tells_its_time_and_leaves_no_line(monkeypatch, terminal):
    monkeypatch.setattr(progress, "PAUSE", 0.01)
    with progress.running("a network of 7 units"):
        assert wait_for(lambda: "a network of 7 units: 0 s so far" in terminal.getvalue())
    assert terminal.getvalue().endswith("\r\033[K")
    assert wait_for(lambda: not progress._watch._is_awake)  # the thread ends


def test_a_share_takes_the_line_of_the_block(terminal):
    with progress.running("the whole"):
        work = progress.Progress("a part")
        part = work.part(0.5, 0.5)
        part(0.0)
        part(1.0)
    # without a pause the thread that watches the block may speak before the share does
    shown = [line for line in terminal.getvalue().split("\r\033[K") if line != "the whole: 0 s so far"]
    assert shown == ["", "a part: 50 % in 0 s, about 0 s left", "a part: 100 % in 0 s, about 0 s left", ""]


def test_short_computations_and_other_streams_show_nothing(monkeypatch, terminal):
    monkeypatch.setattr(progress, "PATIENCE", 2.0)
    progress.Progress("short").report(0.5)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.hidden(), progress.running("hidden"):
        progress.Progress("hidden").report(0.5)
    assert not terminal.getvalue()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=io.StringIO()))
    progress.Progress("a file").report(0.5)
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=None))  # as under pythonw
    with progress.running("nothing"):
        progress.Progress("nothing").report(0.5)


def test_a_log_that_is_listened_to_takes_the_place_of_the_terminal(caplog, terminal):
    with caplog.at_level(logging.INFO, logger="linmem"), progress.running("logged"):
        progress.Progress("logged").report(0.25)
    told = [record.getMessage() for record in caplog.records]
    # without a pause the thread that watches the block may speak before the share does
    assert [line for line in told if line != "logged: 0 s so far"] == ["logged: 25 % in 0 s, about 0 s left"]
    assert not terminal.getvalue()


def test_durations_in_words():
    assert [progress.duration(x) for x in (3.2, 119, 600, 36000)] == ["3 s", "119 s", "10 min", "10.0 h"]
