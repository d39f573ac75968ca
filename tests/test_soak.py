"""Nothing grows from fit to fit; `benchmarks/soak.py` goes on for longer."""

from pathlib import Path

import pytest

from benchmarks.soak import Use, soak


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux")
def test_a_few_rounds_leave_nothing_behind(tmp_path):
    uses = list(soak(24, 4, tmp_path))
    assert [use.rounds for use in uses] == [6, 12, 18, 24]
    assert uses[-1].grown_from(uses[1]) == []


def test_growth_is_seen():
    before = Use(10, 100.0, 2, 20, 5)
    assert before.grown_from(before) == []
    assert before._replace(files=21).grown_from(before) == ["files"]
    assert before._replace(memory_mb=190.0).grown_from(before) == ["memory_mb"]
