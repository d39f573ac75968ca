"""Numbers and ticks."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib import cbook

from sk_knagcn.plots.looks import (
    even_scale,
    plain_log_axis,
    short,
    ticks_at,
    wrapped,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"),
        (0.0123, "0.0123"),
        (12, "12.0"),
        (123.4, "123"),
        (1234.5, "1,234"),
        (999.9, "1,000"),
        (2.5e9, "2.50e+09"),
    ],
)
def test_numbers_have_three_digits_that_count(value, text):
    assert short(value) == text
    assert short(-value).lstrip("-") == text


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([4, 8, 12, 16, 32], "linear"),
        ([1, 2, 3, 4], "linear"),
        ([1, 2, 4, 8, 16], "log"),
        ([1e-4, 1e-3, 1e-2], "log"),
        ([0, 1, 100], "linear"),
        ([-1, 10, 1000], "linear"),
        ([5], "linear"),
    ],
)
def test_the_scale_is_the_one_on_which_values_lie_evenly(values, scale):
    assert even_scale(values[::-1]) == scale


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([4, 8, 12, 16, 32], "linear"),
        ([4, 8, 12, 16, 32], "log"),
        ([1], "linear"),
        (range(1, 99), "linear"),
        (range(1, 99), "log"),
        (np.geomspace(1e-4, 12.345, 60), "log"),
    ],
)
def test_every_value_has_a_tick_and_no_two_labels_touch(values, scale, ax):
    ax.plot(values, values)
    ax.set_xscale(scale)
    ticks_at(ax, values)
    ticks = [*ax.get_xticks(), *ax.get_xticks(minor=True)]
    np.testing.assert_array_equal(np.sort(ticks), np.sort(np.array(values, float)))
    ax.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert [label.get_text() for label in ax.get_xticklabels(minor=True)] == [""] * (
        len(ticks) - len(boxes)
    )


def test_long_names_take_several_lines():
    first, second = wrapped(["word " * 12, "short"])
    assert 1 < len(first.splitlines()) <= 3
    assert second == "short"


@pytest.mark.parametrize("decades", [0.5, 1, 2, 3, 6, 12, 60])
def test_logarithmic_ticks_can_be_read_over_any_range(decades, ax):
    plain_log_axis(ax, "y")
    ax.plot([0, 1], [10.0**-decades, 1.0])
    ax.figure.draw_without_rendering()
    low, high = ax.get_ylim()
    labels = [
        tick.label1
        for tick in ax.yaxis.get_major_ticks()
        if low <= tick.get_loc() <= high and tick.label1.get_text()
    ]
    assert len(labels) >= 2
    boxes = sorted(tuple(one.get_window_extent().extents[[1, 3]]) for one in labels)
    assert all(one[1] <= other[0] for one, other in pairwise(boxes))


def test_whole_numbers_keep_all_their_digits(ax):
    ax.plot([12345, 123456], [0, 1])
    ticks_at(ax, [12345, 123456])
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["12345", "123456"]


@pytest.mark.parametrize("name", ["cost $5 and $6_a", "a $_$", "$"])
def test_dollars_in_names_are_dollars(name, ax):
    ax.set_title(wrapped([name])[0])
    ax.figure.draw_without_rendering()  # formulas that make no sense would fail
    assert not cbook.is_math_text(ax.get_title())
