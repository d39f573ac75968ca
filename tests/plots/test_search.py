"""What a search has found."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
)
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sk_knagcn import SearchDisplay

rng = np.random.default_rng(0)
X = rng.uniform(size=(80, 2))
Y = np.sin(5 * X[:, 0]) + 0.1 * rng.normal(size=80)
PIPE = Pipeline([("scale", StandardScaler()), ("net", KNeighborsRegressor())])
GRID = {
    "net__n_neighbors": [1, 2, 3, 5, 9],
    "net__p": [1, 2],
    "net__weights": ["uniform", "distance"],
}


@pytest.fixture(scope="module")
def search():
    return GridSearchCV(PIPE, GRID, cv=4, scoring="neg_mean_absolute_error").fit(X, Y)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_numeric_parameter_with_the_most_values_is_x(search, ax):
    display = SearchDisplay.from_search(search, ax=ax)
    assert (display.x_, display.hue_) == ("net__n_neighbors", "net__p")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == list("12359")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("n_neighbors", "MAE")
    assert ax.get_title() == f"weights = {search.best_params_['net__weights']}"


def test_points_are_mean_errors_and_bars_standard_errors(search, ax):
    display = SearchDisplay.from_search(search, hue="net__weights", ax=ax)
    results = pd.DataFrame(search.cv_results_)
    folds = -results[[f"split{i}_test_score" for i in range(4)]]
    results["mean"], results["sem"] = folds.mean(axis=1), folds.sem(axis=1)
    results = results[results["param_net__p"] == search.best_params_["net__p"]]
    assert len(display.lines_) == 2
    for weights, drawn in zip(["uniform", "distance"], display.lines_, strict=True):
        rows = results[results["param_net__weights"] == weights]
        line, _, (bars,) = drawn.lines
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 5, 9])
        np.testing.assert_allclose(line.get_ydata(), rows["mean"])
        lengths = [np.ptp(segment[:, 1]) for segment in bars.get_segments()]
        np.testing.assert_allclose(lengths, 2 * rows["sem"])
    assert legend(ax)[:2] == ["weights = uniform", "weights = distance"]


def test_the_best_is_marked_where_its_point_is(search, ax):
    display = SearchDisplay.from_search(search, ax=ax)
    ((x,), (y,)) = display.best_.get_data()
    assert (x, y) == (search.best_params_["net__n_neighbors"], -search.best_score_)
    at = display.best_.get_transform().transform((x, y))
    (line,) = (
        drawn.lines[0]
        for drawn in display.lines_
        if drawn.get_label() == f"p = {search.best_params_['net__p']}"
    )
    points = line.get_transform().transform(line.get_xydata())
    assert np.linalg.norm(points - at, axis=1).min() == pytest.approx(0, abs=1e-9)
    assert legend(ax)[-1] == f"best: {-search.best_score_:.3f}"


def test_lines_lie_beside_each_other_within_the_axes(search, ax):
    display = SearchDisplay.from_search(search, ax=ax)
    ax.figure.draw_without_rendering()
    lines = [drawn.lines[0] for drawn in display.lines_]
    places = [line.get_transform().transform(line.get_xydata()) for line in lines]
    assert (places[0][:, 0] < places[1][:, 0]).all()
    box = ax.get_window_extent()
    assert all(box.contains(*point) for place in places for point in place)


def test_small_values_get_an_axis_of_their_size(ax):
    grid = {"alpha": [1e-6, 2e-6, 3e-6], "solver": ["svd", "lsqr"]}
    display = SearchDisplay.from_search(GridSearchCV(Ridge(), grid).fit(X, Y), ax=ax)
    assert display.x_ == "alpha"
    low, high = ax.get_xlim()
    assert 0 < low < 1e-6 < 3e-6 < high < 4e-6


def test_words_and_estimators_may_be_x(search, ax):
    display = SearchDisplay.from_search(search, x="net__weights", ax=ax)
    assert display.hue_ == "net__n_neighbors"
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    assert names == ["uniform", "distance"]
    scalers = {"scale": [StandardScaler(), MinMaxScaler(), None]}
    ax.clear()
    SearchDisplay.from_search(GridSearchCV(PIPE, scalers).fit(X, Y), ax=ax)
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    assert names == ["StandardScaler", "MinMaxScaler", "None"]
    assert ax.get_ylabel() == "score"
    assert display.lines_[0].lines[0].get_linestyle() == "None"


def test_each_metric_of_several_can_be_drawn(ax):
    scoring = {"error": "neg_mean_absolute_error", "r2": "r2"}
    grid = {"alpha": [1e-3, 1.0, 1e3]}
    search = GridSearchCV(Ridge(), grid, scoring=scoring, refit="error").fit(X, Y)
    display = SearchDisplay.from_search(search, ax=ax)
    assert ax.get_ylabel() == "MAE"
    drawn = display.lines_[0].lines[0].get_ydata()
    np.testing.assert_array_equal(drawn, -search.cv_results_["mean_test_error"])
    display = SearchDisplay.from_search(search, metric="r2")
    assert display.ax_.get_ylabel() == "R²"
    assert display.best_.get_ydata() == [search.cv_results_["mean_test_r2"].max()]
    with pytest.raises(ValueError, match="one of error, r2 in this search, got 'mse'"):
        SearchDisplay.from_search(search, metric="mse")
    without = GridSearchCV(Ridge(), grid, scoring=["r2", "neg_max_error"], refit=False)
    with pytest.raises(ValueError, match=r"r2, neg_max_error in .*, got None"):
        SearchDisplay.from_search(without.fit(X, Y))


def test_a_scorer_of_ones_own_is_drawn_as_it_is(ax):
    scorer = make_scorer(mean_absolute_error, greater_is_better=False)
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 1]}, scoring=scorer).fit(X, Y)
    display = SearchDisplay.from_search(search, ax=ax)
    assert display.best_.get_ydata() == [search.best_score_]
    assert ax.get_ylabel() == "score"


def test_a_list_of_grids_shows_what_belongs_to_the_best(ax):
    grids = [
        {"net__n_neighbors": [2, 4, 8], "net__p": [1, 2]},
        {"net": [Ridge()], "net__alpha": [1e5, 1e6]},
    ]
    search = GridSearchCV(PIPE, grids).fit(X, Y)
    display = SearchDisplay.from_search(search, ax=ax)
    assert (display.x_, display.hue_) == ("net__n_neighbors", "net__p")
    assert [len(drawn.lines[0].get_xdata()) for drawn in display.lines_] == [3, 3]
    with pytest.raises(ValueError, match=r"no parameter 'net__alpha'\. It has net__n_"):
        SearchDisplay.from_search(search, x="net__alpha")


@pytest.mark.parametrize("resource", ["n_samples", "n_estimators"])
def test_in_a_halving_search_each_round_has_a_line(resource, ax):
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(n_estimators=2, random_state=0)
    search = HalvingGridSearchCV(
        forest,
        {"max_depth": [1, 2, 3, 4]},
        resource=resource,
        min_resources=20,
        max_resources=80,
        factor=2,
        cv=2,
        random_state=0,
    ).fit(X, Y)
    display = SearchDisplay.from_search(search, ax=ax)
    assert (display.x_, display.hue_) == ("max_depth", resource)
    rounds = [len(drawn.lines[0].get_xdata()) for drawn in display.lines_]
    assert rounds == search.n_candidates_
    assert legend(ax)[:-1] == [f"{resource} = {n}" for n in search.n_resources_]


def test_all_candidates_of_a_random_search_are_points(ax):
    space = {"net__n_neighbors": range(1, 60), "net__p": [1, 2]}
    search = RandomizedSearchCV(PIPE, space, n_iter=12, random_state=0).fit(X, Y)
    display = SearchDisplay.from_search(search, ax=ax)
    (drawn,) = display.lines_
    assert display.hue_ is None
    assert len(drawn.lines[0].get_xdata()) == 12
    assert drawn.lines[0].get_linestyle() == "None"
    by_p = SearchDisplay.from_search(search, hue="net__p", ax=ax)
    assert sum(len(drawn.lines[0].get_xdata()) for drawn in by_p.lines_) == 12


def test_more_lines_than_can_be_told_apart_are_refused():
    space = {"alpha": loguniform(1e-3, 1e3), "tol": [1e-4, 1e-3]}
    search = RandomizedSearchCV(Ridge(), space, n_iter=10, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match="'alpha' has 10 values"):
        SearchDisplay.from_search(search, x="tol", hue="alpha")


def test_what_is_no_fitted_search_is_named(search):
    with pytest.raises(NotFittedError):
        SearchDisplay.from_search(GridSearchCV(PIPE, GRID))
    with pytest.raises(TypeError, match="Ridge is not a search"):
        SearchDisplay.from_search(Ridge().fit(X, Y))
    with pytest.raises(ValueError, match=r"no parameter 'k'\. It has net__n_neighbors"):
        SearchDisplay.from_search(search, x="k")
    with pytest.raises(ValueError, match="no parameter 'depth'"):
        SearchDisplay.from_search(search, hue="depth")
    single = GridSearchCV(Ridge(), {"alpha": [1.0]}).fit(X, Y)
    with pytest.raises(ValueError, match="nothing to compare"):
        SearchDisplay.from_search(single)


def test_candidates_that_failed_are_counted_and_take_no_place(ax):
    grid = {"n_neighbors": [3, 5, 1000]}
    search = GridSearchCV(
        KNeighborsRegressor(), grid, scoring="neg_mean_absolute_error"
    )
    with warnings.catch_warnings(action="ignore"):  # of the scores that failed
        search.fit(X, Y)
    display = SearchDisplay.from_search(search, ax=ax)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["3", "5"]
    assert "1 of 3 have no score" in display.ax_.get_title()
