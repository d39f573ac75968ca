"""Runs of equal values: a property of the values alone."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sk_knagcn.geometry import ties

from . import reference

TOLERANCES = st.sampled_from([1e-9, 0.02, 0.0200054, 0.1, 0.25, 0.3])
# Shorter and longer than where the kernels change their method.
LENGTHS = st.sampled_from([1, 2, 3, 17, 47, 48, 49, 50, 130, 700])
SEEDS = st.integers(0, 2**32)


def labels_of(values, tolerance):
    n = len(values)
    labels = np.full(n + 3, -7)
    room = np.append(values, [np.nan] * 3)  # what lies beyond n must not matter
    ties.label_by_gaps(room, n, tolerance, ties.space_to_label(n), labels)
    assert (labels[n:] == -7).all()
    return labels[:n]


def runs_of(ascending, tolerance):
    n = len(ascending)
    cuts = np.zeros(n + 3, dtype=bool)
    ties.cut_narrow(np.append(ascending, [np.nan] * 3), n, tolerance, cuts)
    assert not cuts[n:].any()
    return [run.tolist() for run in np.split(ascending, np.flatnonzero(cuts[:n]))[1:]]


def order_of(values):
    order = np.full(len(values) + 2, -7)
    ties.argsort(np.append(values, [values.min() - 1] * 2), order, len(values))
    assert (order[-2:] == -7).all()
    return order[:-2]


@st.composite
def clusters(draw, tolerance):
    """Values in and out of clusters whose gaps are about the tolerance."""
    rng, n = np.random.default_rng(draw(SEEDS)), draw(LENGTHS)
    spread = tolerance * draw(st.sampled_from([0.1, 1.0, 3.0, 30.0, 1e4]))
    centres = rng.uniform(-spread, spread, size=draw(st.integers(1, 20)))
    noise = tolerance * draw(st.sampled_from([0.0, 1e-6, 0.2, 1.0]))
    return rng.choice(centres, size=n) + noise * rng.uniform(-1, 1, size=n)


@given(data=st.data(), tolerance=TOLERANCES)
def test_labels_agree_with_sorting(data, tolerance):
    values = data.draw(clusters(tolerance))
    expected = reference.label_by_gaps(values, tolerance)
    assert (labels_of(values, tolerance) == expected).all()


@given(data=st.data(), tolerance=TOLERANCES, copies=st.integers(2, 30))
def test_labels_are_the_same_however_often_a_value_occurs(data, tolerance, copies):
    values = data.draw(clusters(tolerance))
    labels = labels_of(values, tolerance)
    order = np.random.default_rng(copies).permutation(len(values) * copies)
    many = labels_of(np.tile(values, copies)[order], tolerance)
    assert (many == np.tile(labels, copies)[order]).all()


@pytest.mark.parametrize("n", [5, 40, 60, 500])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_labels_of_values_on_the_edges_of_bins(n, steps):
    # Exact in binary: every gap is the tolerance itself or a multiple of it.
    tolerance = 0.25
    values = 10 - steps * tolerance * np.arange(n)
    values = np.random.default_rng(n).permutation(np.concatenate([values, values]))
    labels = labels_of(values, tolerance)
    if steps == 1:  # a gap as wide as the tolerance is no gap
        assert (labels == 0).all()
    else:
        assert (labels == (10 - values) / (steps * tolerance)).all()


@pytest.mark.parametrize("n", [10, 100])
def test_a_chain_of_small_steps_is_one_run(n):
    values = np.random.default_rng(n).permutation(np.arange(n) * 0.015)
    assert (labels_of(values, 0.02) == 0).all()


def test_labels_descend_from_the_largest_value():
    assert labels_of(np.array([1.0, 3.0, 2.0, 3.01]), 0.02).tolist() == [2, 0, 1, 0]


@given(data=st.data(), tolerance=TOLERANCES)
def test_labels_of_both_signs_are_those_of_all_values(data, tolerance):
    sizes = np.abs(data.draw(clusters(tolerance)))
    n = len(sizes)
    labels = np.full(2 * n + 3, -7)
    room = np.append(sizes, [np.nan] * 3)
    ties.label_both_signs(room, n, tolerance, ties.space_to_label(n), labels)
    both = np.concatenate([sizes, -sizes])
    assert (labels[: 2 * n] == labels_of(both, tolerance)).all()
    assert (labels[2 * n :] == -7).all()


@pytest.mark.parametrize("n", [1, 7, 60])
def test_the_smallest_value_has_the_last_label(n):
    values = np.random.default_rng(n).normal(size=n)
    labels = np.empty(n, dtype=np.int64)
    last = ties.label_by_gaps(values, n, 0.02, ties.space_to_label(n), labels)
    assert last == labels[values.argmin()] == labels.max()


@given(data=st.data(), tolerance=TOLERANCES)
def test_narrow_runs(data, tolerance):
    ascending = np.sort(data.draw(clusters(tolerance)))
    runs = runs_of(ascending, tolerance)
    assert np.concatenate(runs).tolist() == ascending.tolist()
    assert max(run[-1] - run[0] for run in runs) <= tolerance
    # No gap wider than the tolerance is left, no two equal values are parted.
    assert all(low[-1] < high[0] for low, high in pairwise(runs))
    assert runs == reference.cut_narrow(ascending.tolist(), tolerance)


@given(data=st.data(), tolerance=TOLERANCES)
def test_cutting_again_cuts_nothing(data, tolerance):
    ascending = np.sort(data.draw(clusters(tolerance)))
    runs = runs_of(ascending, tolerance)
    assert all(runs_of(np.array(run), tolerance) == [run] for run in runs)


@given(data=st.data(), tolerance=TOLERANCES, copies=st.integers(2, 5))
def test_runs_are_the_same_however_often_a_value_occurs(data, tolerance, copies):
    ascending = np.sort(data.draw(clusters(tolerance)))
    many = runs_of(np.repeat(ascending, copies), tolerance)
    expected = runs_of(ascending, tolerance)
    assert [run[::copies] for run in many] == expected


def test_runs_are_cut_at_the_widest_gaps():
    ascending = np.array([0.0, 0.011, 0.013, 0.024, 1.0])
    assert runs_of(ascending, 0.02) == [[0.0], [0.011, 0.013], [0.024], [1.0]]


@given(seed=SEEDS, n=LENGTHS, kinds=st.sampled_from([1, 3, 10**6]))
@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_argsort_is_stable(dtype, seed, n, kinds):
    values = np.random.default_rng(seed).integers(-kinds, kinds, size=n).astype(dtype)
    assert (order_of(values) == np.argsort(values, kind="stable")).all()


@given(seed=SEEDS, n=LENGTHS)
def test_argsort_of_sorted_values(seed, n):
    values = np.sort(np.random.default_rng(seed).normal(size=n))
    assert (order_of(values) == np.arange(n)).all()
    assert (order_of(values[::-1].copy()) == np.arange(n)[::-1]).all()
