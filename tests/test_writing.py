"""Files appear whole or not at all."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from linmem.errors import FileError
from linmem.writing import write_text, write_whole


@pytest.fixture
def out(tmp_path):
    """A file that exists already."""
    path = tmp_path / "curve.csv"
    path.write_text("before")
    return path


def test_a_file_is_replaced_by_the_whole_of_the_new_one(out):
    write_whole(out, lambda name: Path(name).write_text("after"))
    assert out.read_text() == "after"
    assert os.listdir(out.parent) == ["curve.csv"]
    assert out.stat().st_mode & 0o777 == 0o644


def test_texts_are_utf_8(out):
    write_text(out, "Größe λ\n")
    assert out.read_bytes().decode("utf-8") == "Größe λ\n"


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), FileError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["disk full", "interrupted"],
)
def test_what_was_there_stays_when_writing_fails(error, seen, out):
    def half(name):
        Path(name).write_text("aft")
        raise error

    with pytest.raises(seen) as caught:
        write_whole(out, half)
    assert type(caught.value) is seen
    assert out.read_text() == "before"
    assert os.listdir(out.parent) == ["curve.csv"]


def test_errors_of_the_package_keep_their_message(out):
    """A FileError is an OSError too, but has no text of the operating system."""

    def refuse(name):
        raise FileError("the source cannot be read")

    with pytest.raises(FileError) as caught:
        write_whole(out, refuse)
    assert str(caught.value) == "the source cannot be read"
    assert out.read_text() == "before"


def test_a_full_disk_is_one_line_and_leaves_no_file(tmp_path):
    """A limit on the size of files stands for a full disk: the picture needs more."""
    script = (
        "import resource, signal, sys; from linmem.cli import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        f"sys.exit(main(['curve', 'chain:n=50', '--out', {str(tmp_path / 'curve.pdf')!r}]))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "cannot be written: File too large" in run.stderr
    assert os.listdir(tmp_path) == []
