"""The course of a training."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sk_knagcn import HistoryDisplay, StructureGraphTransformer
from tests.estimators.tiny import K, tiny


@pytest.fixture(scope="module")
def pipe(crystals, y):
    network = tiny(max_epochs=4, early_stopping=True, validation_fraction=0.3)
    return make_pipeline(StructureGraphTransformer(k=K), network).fit(crystals, y)


def test_lines_are_the_columns_of_the_history(pipe, ax):
    display = HistoryDisplay.from_estimator(pipe, ax=ax)
    history = pipe[-1].history_
    for name in ("train_loss", "valid_loss", "lr"):
        x, drawn = display.lines_[name].get_data()
        np.testing.assert_array_equal(x, history.index)
        np.testing.assert_array_equal(drawn, history[name])
    assert display.lines_["lr"].axes is display.lr_ax_
    assert display.lr_ax_.get_zorder() < ax.get_zorder()  # behind
    assert ax.get_yscale() == "log"
    assert display.lr_ax_.get_ylabel() == "learning rate"


def test_the_best_epoch_is_marked(pipe, ax):
    display = HistoryDisplay.from_estimator(pipe, ax=ax)
    losses = pipe[-1].history_["valid_loss"]
    ((x,), (drawn,)) = display.lines_["best"].get_data()
    assert drawn == losses.min() == losses[x]
    assert display.lines_["best"].get_label().endswith(f"in epoch {x}")
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["training", "validation", display.lines_["best"].get_label()]


def test_a_network_and_a_search_for_one_are_understood(crystals, graphs, y, ax):
    network = tiny().fit(graphs, y)
    display = HistoryDisplay.from_estimator(network, ax=ax)
    assert "valid_loss" not in display.lines_
    assert "best" not in display.lines_
    search = GridSearchCV(tiny(), {"lr": [1e-3]}, cv=2).fit(graphs, y)
    found = HistoryDisplay.from_estimator(search, ax=ax)
    pd.testing.assert_frame_equal(found.history, search.best_estimator_.history_)


def test_losses_that_are_not_positive_keep_a_linear_axis(ax):
    history = pd.DataFrame({"train_loss": [1.0, 0.0, -1.0]}, index=[1, 2, 3])
    display = HistoryDisplay(history=history).plot(ax)
    assert ax.get_yscale() == "linear"
    assert display.lr_ax_ is None


def test_what_has_no_history_is_named():
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(tiny())
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(
            make_pipeline(StructureGraphTransformer(), tiny())
        )
    ridge = Ridge().fit([[0], [1]], [0, 1])
    with pytest.raises(TypeError, match="Ridge has no history_"):
        HistoryDisplay.from_estimator(ridge)


def test_one_epoch_and_no_finite_loss_can_be_drawn(ax):
    history = pd.DataFrame({"train_loss": [1.0], "valid_loss": [np.nan]}, index=[1])
    display = HistoryDisplay(history=history).plot(ax)
    assert "best" not in display.lines_
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert ticks == [1]
