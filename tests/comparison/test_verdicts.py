"""Intervals of paired differences."""

import numpy as np
import pandas as pd
import pytest

from sk_knagcn.comparison.verdicts import bootstrap_intervals, verdict
from sk_knagcn.comparison.words import interval_of


@pytest.fixture
def differences():
    return np.random.default_rng(0).gamma(2.0, size=(400, 2)) - [2.0, 1.9]


def test_intervals_are_those_of_the_normal_law_where_there_are_many(differences):
    mean = differences.mean(axis=0)
    half = 1.96 * differences.std(axis=0) / np.sqrt(len(differences))
    expected = np.column_stack([mean - half, mean + half])
    assert bootstrap_intervals(differences) == pytest.approx(expected, abs=0.01)


def test_intervals_follow_shift_and_scale(differences):
    moved = bootstrap_intervals(3 * differences + 5)
    assert moved == pytest.approx(3 * bootstrap_intervals(differences) + 5)


def test_copies_of_a_structure_say_nothing_new_if_they_are_a_group(differences):
    copies = np.repeat(differences, 7, axis=0)
    groups = np.repeat(np.arange(len(differences)), 7)
    alone = bootstrap_intervals(differences)
    assert bootstrap_intervals(copies, groups) == pytest.approx(alone)
    narrow = np.ptp(bootstrap_intervals(copies), axis=1)
    assert narrow == pytest.approx(np.ptp(alone, axis=1) / np.sqrt(7), rel=0.1)


def test_groups_of_unlike_size_count_by_their_structures():
    # One group of 99 and one of 1: a draw of both has the mean over the structures.
    differences = np.repeat([[1.0], [0.0]], [99, 1], axis=0)
    groups = np.repeat([5, 3], [99, 1])
    assert bootstrap_intervals(differences, groups).tolist() == [[0.0, 1.0]]
    assert differences.mean() == 0.99


@pytest.mark.parametrize(
    ("ends", "word"),
    [
        ((0.1, 0.2), "worse"),
        ((-0.2, -0.1), "better"),
        ((-0.1, 0.1), "no difference"),
        ((0.0, 0.0), "no difference"),
    ],
)
def test_verdict(ends, word):
    assert verdict(*ends) == word


def test_about_one_interval_in_twenty_misses_the_truth():
    # 400 models that are all as good as the best: each interval should hold zero.
    differences = np.random.default_rng(1).normal(size=(300, 400))
    ends = bootstrap_intervals(differences)
    missed = np.mean([verdict(*pair) != "no difference" for pair in ends])
    assert 0.02 < missed < 0.09


@pytest.mark.parametrize("groups", [None, [7, 7, 7]])
def test_one_structure_or_group_tells_nothing_of_others(groups):
    differences = np.ones((1 if groups is None else 3, 2))
    ends = bootstrap_intervals(differences, groups)
    assert np.isnan(ends).all()
    assert verdict(*ends[0]) == "no difference"
    row = pd.Series({"lower": ends[0, 0], "upper": ends[0, 1]})
    assert interval_of(row) == "unknown"
