"""Damaged and hostile files end in an answer or in a `LinmemError`, never otherwise."""

import pytest

from tests.connectivity.fuzz_files import fuzz


def test_damaged_files_of_every_format_are_read_or_refused():
    counts, failures = fuzz(inputs=25, seed=1)
    assert len(counts) == 15
    assert sum(found["refused"] for found in counts.values()) > 100  # they are damaged indeed
    assert failures == []


@pytest.mark.slow
def test_many_damaged_files_are_read_or_refused():
    assert fuzz(inputs=1000, seed=2)[1] == []
