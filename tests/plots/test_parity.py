"""Predictions over true values."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from sklearn.linear_model import BayesianRidge, LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_knagcn import ParityDisplay, ParityGridDisplay

rng = np.random.default_rng(0)
TRUE = rng.normal(5, 2, 40)
PREDICTED = 0.8 * TRUE + 0.7 + rng.normal(0, 0.3, 40)


def test_points_and_lines_are_those_of_the_data(ax):
    display = ParityDisplay.from_predictions(TRUE, PREDICTED, ax=ax)
    points = display.points_.get_offsets()
    np.testing.assert_array_equal(points, np.stack([TRUE, PREDICTED], axis=1))
    slope, offset = np.polyfit(TRUE, PREDICTED, 1)
    x, y = display.trend_.get_data()
    np.testing.assert_allclose(x, [TRUE.min(), TRUE.max()])
    np.testing.assert_allclose(y, slope * x + offset)
    assert display.identity_.get_slope() == 1
    assert len(set(display.identity_.get_xy1())) == 1
    assert display.errors_ is None


def test_both_axes_are_the_same(ax):
    display = ParityDisplay.from_predictions(TRUE, PREDICTED, unit="eV", ax=ax)
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.get_aspect() == 1
    low, high = ax.get_xlim()
    both = np.concatenate([TRUE, PREDICTED])
    assert low < both.min() < both.max() < high
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("true (eV)", "predicted (eV)")
    np.testing.assert_array_equal(ax.get_xticks(), ax.get_yticks())
    assert display.plot(limits=(-1, 1)).ax_.get_xlim() == (-1, 1)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_errors_are_written_in(scale, ax):
    y_true, y_pred = scale * TRUE, scale * PREDICTED
    display = ParityDisplay.from_predictions(y_true, y_pred, unit="K", name="A", ax=ax)
    mae, r2 = display.text_.get_text().splitlines()
    name, value, unit = mae.split()
    assert (name, unit) == ("MAE", "K")
    assert float(value.replace(",", "")) == pytest.approx(
        mean_absolute_error(y_true, y_pred), rel=5e-3
    )
    assert r2 == f"R² {r2_score(TRUE, PREDICTED):.3f}"
    assert ax.get_title() == "A"


def test_error_bars_are_the_standard_deviations(ax):
    std = rng.uniform(0.1, 2, 40)
    display = ParityDisplay.from_predictions(TRUE, PREDICTED, y_std=std, ax=ax)
    (bars,) = display.errors_.lines[2]
    ends = [segment[:, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, np.stack([PREDICTED - std, PREDICTED + std], 1))
    low, high = ax.get_ylim()
    assert low < np.min(ends) < np.max(ends) < high
    assert display.text_.get_text().endswith(f"mean std {std.mean():.2f}")


def test_many_points_are_counted_in_hexagons(ax):
    y_true = rng.normal(size=50_000)
    y_pred = y_true + rng.normal(size=50_000)
    display = ParityDisplay.from_predictions(
        y_true, y_pred, y_std=np.ones(50_000), ax=ax
    )
    assert isinstance(display.points_, PolyCollection)
    counts = display.points_.get_array()
    assert counts.sum() == 50_000
    assert len(counts) < 5_000
    assert display.errors_ is None
    ax.figure.draw_without_rendering()
    shade = [sum(display.points_.to_rgba(n)[:3]) for n in (1, counts.max())]
    assert shade[0] > shade[1]
    assert to_hex(display.points_.to_rgba(1)) != "#ffffff"


def test_equal_true_values_have_no_trend(ax):
    display = ParityDisplay.from_predictions([2, 2, 2], [1, 2, 4], ax=ax)
    assert display.trend_ is None
    assert display.text_.get_text() == "MAE 1.00"


def test_a_single_right_prediction_can_be_drawn(ax):
    display = ParityDisplay.from_predictions([[3]], [3], ax=ax)
    assert display.text_.get_text() == "MAE 0.00"
    low, high = ax.get_xlim()
    assert low < 3 < high


def test_estimators_predict_for_themselves(ax):
    X = np.stack([TRUE, np.ones(40)], axis=1)
    model = make_pipeline(StandardScaler(), BayesianRidge()).fit(X[:20], PREDICTED[:20])
    display = ParityDisplay.from_estimator(
        model, X[20:], PREDICTED[20:], return_std=True, ax=ax
    )
    mean, std = model.predict(X[20:], return_std=True)
    np.testing.assert_array_equal(display.y_pred, mean)
    np.testing.assert_array_equal(display.y_std, std)
    plain = ParityDisplay.from_estimator(
        LinearRegression().fit(X, PREDICTED), X, PREDICTED, ax=ax
    )
    assert plain.y_std is None


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        (np.ones((3, 2)), np.ones((3, 2)), r"y_true has the shape \(3, 2\).*\[:, 0\]"),
        (np.ones(3), np.ones((3, 2)), "y_pred has the shape"),
        (np.ones(3), np.ones(4), "inconsistent numbers of samples"),
        ([1, np.nan], [1, 2], "y_true contains NaN"),
    ],
)
def test_what_cannot_be_drawn_is_said_before_a_figure_is_made(y_true, y_pred, message):
    from matplotlib import pyplot as plt

    with pytest.raises(ValueError, match=message):
        ParityDisplay.from_predictions(y_true, y_pred)
    with pytest.raises(ValueError, match=message.replace("y_pred", "model")):
        ParityGridDisplay.from_predictions(y_true, {"model": y_pred})
    assert plt.get_fignums() == []


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
def test_a_grid_has_a_panel_for_each_model_and_labels_at_its_edges(n):
    predictions = {f"model {i}": PREDICTED + i for i in range(n)}
    grid = ParityGridDisplay.from_predictions(TRUE, predictions, unit="eV")
    assert grid.figure_.axes == grid.axes_
    assert [ax.get_title() for ax in grid.axes_] == list(predictions)
    limits = {ax.get_xlim() for ax in grid.axes_} | {ax.get_ylim() for ax in grid.axes_}
    assert len(limits) == 1
    assert [ax.get_legend() is None for ax in grid.axes_] == [False] + [True] * (n - 1)
    for ax in grid.axes_:
        place = ax.get_subplotspec()
        below = place.rowspan.start + 1, place.colspan.start
        taken = {
            (other.rowspan.start, other.colspan.start)
            for other in (other.get_subplotspec() for other in grid.axes_)
        }
        assert bool(ax.get_xlabel()) == (below not in taken)
        assert bool(ax.get_ylabel()) == place.is_first_col()


def test_a_grid_draws_on_axes_that_are_passed():
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2)
    predictions = {"one": PREDICTED, "two": TRUE}
    grid = ParityGridDisplay.from_predictions(TRUE, predictions, axes=axes)
    assert grid.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert [ax.get_xlabel() for ax in axes] == ["true", "true"]
    with pytest.raises(ValueError, match="2 models need as many axes, got 1"):
        grid.plot(axes[:1])
    with pytest.raises(ValueError, match="no predictions"):
        ParityGridDisplay.from_predictions(TRUE, {})


def test_lists_do_in_the_constructor_too(ax):
    display = ParityDisplay(y_true=[1.0, 2, 3], y_pred=[1.0, 2, 4], y_std=[0.1] * 3)
    assert "MAE 0.333" in display.plot(ax).text_.get_text()


def test_nothing_to_draw_is_told():
    with pytest.raises(ValueError, match="y_true is empty"):
        ParityDisplay.from_predictions([], [])


def test_nothing_hides_the_points_that_are_far_off(ax):
    display = ParityDisplay.from_predictions([0.0, 1, 2, -3], [0.0, 1, 2, 9], ax=ax)
    above = display.points_.get_zorder()
    assert display.text_.get_zorder() < above
    assert ax.get_legend().get_zorder() < above
