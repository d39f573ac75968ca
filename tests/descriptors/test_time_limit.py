"""A structure that hangs or crashes costs its own values, not the run."""

import numpy as np
import pytest

from sk_knagcn import StructureDescriptors
from tests.descriptors.featurizers import Counting, Slow


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_slow_and_crashing_structures_are_failures(structures, n_jobs):
    transformer = StructureDescriptors(
        featurizers=[Counting(), Slow()], time_limit=1.0, on_error="nan", n_jobs=n_jobs
    )
    table = transformer.transform(structures[:6])
    assert table[:, 0].tolist() == [8, 2, 8, 8, 2, 2]  # what was done before is kept
    assert np.isnan(table[:, 1]).tolist() == [False, False, True, False, True, False]
    silicon, iron = transformer.failures_
    assert silicon.reason == "not finished within the time limit of 1 s"
    assert "exit code 3" in iron.reason


def test_what_was_not_begun_says_so(structures):
    transformer = StructureDescriptors(
        featurizers=[Slow(), Counting()], time_limit=0.5, on_error="nan"
    )
    transformer.transform(structures[2:3])
    assert [one.featurizer for one in transformer.failures_] == ["Slow", "Counting"]
    assert transformer.failures_[1].reason.startswith("not begun: the one before")
    # Remembered, so that the next fold need not wait; but not with more time.
    transformer.set_params(time_limit=0.4).transform(structures[2:3])
    assert "limit of 0.5 s" in transformer.failures_[0].reason
    transformer.set_params(time_limit=0.6).transform(structures[2:3])
    assert "limit of 0.6 s" in transformer.failures_[0].reason


def test_numbers_are_those_without_a_limit(structures):
    free = StructureDescriptors(cache=None).transform(structures)
    timed = StructureDescriptors(cache=None, time_limit=60).transform(structures)
    assert timed.tobytes() == free.tobytes()
