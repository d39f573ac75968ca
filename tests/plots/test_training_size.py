"""Errors over training sizes."""

import numpy as np
import pandas as pd
import pytest

from sk_knagcn import TrainingSizeDisplay


def frame(sizes):
    """A fit for each fold and size; the error is one over the size."""
    rows = [
        {"model": "one", "fold": fold, "n_train": n, "score": 1 / n}
        for fold, some in enumerate(sizes)
        for n in some
    ]
    return pd.DataFrame(rows)


def test_folds_of_unlike_size_share_their_points():
    sizes = np.array([[5, 9, 18], [5, 10, 19], [6, 10, 20]])
    display = TrainingSizeDisplay.from_scores(frame(sizes))
    line = display.lines_["one"]
    np.testing.assert_allclose(line.get_xdata(), sizes.mean(axis=0).round())
    np.testing.assert_allclose(line.get_ydata(), (1 / sizes).mean(axis=0))


def test_where_folds_have_not_the_same_parts_sizes_decide():
    display = TrainingSizeDisplay.from_scores(frame([[5, 10], [10]]))
    line = display.lines_["one"]
    assert line.get_xdata().tolist() == [5, 10]
    assert line.get_ydata().tolist() == pytest.approx([0.2, 0.1])
