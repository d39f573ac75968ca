"""Models on the same folds."""

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn import config_context
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import mean_absolute_error, roc_auc_score
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneOut,
    PredefinedSplit,
    RepeatedKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from sk_knagcn import PerAtomRegressor, StructureGraphTransformer, compare
from sk_knagcn.graphs import CrystalGraphs
from tests.comparison.models import (
    Broken,
    cells,
    cells_if_finite,
    logistic,
    ridge,
    sides,
)
from tests.contract.forms import FORMS
from tests.estimators.tiny import tiny

TIMES = ["fit_time", "predict_time"]
FOLDS = KFold(3, shuffle=True, random_state=0)


def models():
    return {
        "blind": ridge(table=sides),
        "mean": DummyRegressor(),
        "ridge": ridge(),
    }


@pytest.fixture(scope="module")
def result(structures, y):
    return compare(models(), structures, y, cv=3)


def test_scores_are_those_of_cross_validate(result, structures, y):
    scoring = ("neg_mean_absolute_error", "neg_root_mean_squared_error", "r2")
    for name, model in models().items():
        scores = cross_validate(model, structures, y, cv=FOLDS, scoring=scoring)
        for metric, scorer in zip(["mae", "rmse", "r2"], scoring, strict=True):
            expected = scores[f"test_{scorer}"] * (1 if metric == "r2" else -1)
            found = result.scores.query("model == @name")[metric]
            assert np.array_equal(found, expected)
            assert result.table.at[name, metric] == pytest.approx(expected.mean())
            spread = result.table.at[name, f"{metric}_std"]
            assert spread == pytest.approx(expected.std(ddof=1))


def test_predictions_are_out_of_fold(result, structures, y):
    found = result.predictions.droplevel("fold").sort_index()
    assert np.array_equal(found["y_true"], y)
    for name, model in models().items():
        expected = cross_val_predict(model, structures, y, cv=FOLDS)
        assert np.array_equal(found[name], expected)


def test_mae_over_mad_is_one_for_the_mean_of_the_test_fold(structures, y):
    alike = np.repeat(y[:2], 12)
    folds = PredefinedSplit(np.tile([0, 1], 12))
    result = compare({"mean": DummyRegressor()}, structures, alike, cv=folds)
    assert result.table["mae_mad"].tolist() == [1.0]


def test_best_is_first_and_differences_are_to_it(result):
    assert result.table.index.tolist() == ["ridge", "blind", "mean"]
    assert result.table["verdict"].tolist() == ["best", "worse", "worse"]
    errors = result.predictions.sub(result.predictions["y_true"], axis=0).abs().mean()
    expected = errors[result.table.index] - errors["ridge"]
    assert result.table["difference"].tolist() == pytest.approx(expected.tolist())
    assert (result.table["lower"] <= result.table["difference"]).all()
    assert (result.table["upper"] >= result.table["difference"]).all()


def test_twins_do_not_differ(structures, y):
    twins = {"one": ridge(), "other": ridge()}
    table = compare(twins, structures, y, cv=3).table
    assert table["verdict"].tolist() == ["best", "no difference"]
    assert table.loc["other", ["difference", "lower", "upper"]].tolist() == [0, 0, 0]


def test_who_ranks_first_by_one_metric_may_be_beaten_by_another(structures):
    # Right for all but one of each fold, or a little wrong for all.
    y = np.zeros(24)
    y[[7, 17]] = 30.0
    table = compare(
        {"zero": Broken(answer=0.0), "two": Broken(answer=2.0)},
        structures,
        y,
        metrics=["neg_max_error", "mae"],
        cv=PredefinedSplit(np.repeat([0, 1], 12)),
    ).table
    assert table.index.tolist() == ["two", "zero"]
    assert table["verdict"].tolist() == ["best", "better"]
    assert table["difference"].tolist() == pytest.approx([0, -40 / 24])


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_call_gives_the_same_table(n_jobs, result, structures, y):
    again = compare(list(models().items()), structures, y, cv=3, n_jobs=n_jobs)
    for table in ("table", "scores", "predictions"):
        found, expected = (
            getattr(one, table).drop(columns=TIMES, errors="ignore")
            for one in (again, result)
        )
        pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_X(form, forms, structures, y):
    nets = {
        "net": tiny(k=None),
        "pipe": make_pipeline(StructureGraphTransformer(k=6), tiny(k=None)),
    }
    if not isinstance(forms[form], CrystalGraphs) and "graphs" not in form:
        nets["net"] = tiny(k=6)
    table = compare(nets, forms[form], y, cv=2, metrics="mae").table
    known = compare(nets | {"net": tiny(k=6)}, structures, y, cv=2, metrics="mae").table
    assert table["error"].tolist() == ["", ""]
    assert np.allclose(table["mae"], known["mae"], rtol=1e-5)
    assert table["unit"].tolist() == ["weights", "weights"]


def test_a_failing_model_costs_its_own_row(result, structures, y):
    broken = {
        "typo": ridge("much"),
        "broken": Broken(),
        "nan": Broken(answer=np.nan),
        "short": make_pipeline(FunctionTransformer(cells), Broken(answer=[0, 0])),
    }
    found = compare(broken | models(), structures, y, cv=3)
    table = found.table
    assert table.index.tolist() == [*result.table.index, *broken]
    assert table["error"].iloc[:3].tolist() == ["", "", ""]
    assert table.at["broken", "error"] == "ValueError: no idea"
    assert "predictions are NaN" in table.at["nan", "error"]
    assert table.loc[list(broken)].drop(columns="error").isna().all(axis=None)
    assert set(found.errors) == set(broken)
    assert "and a second line" in found.errors["broken"]
    assert "broken failed: ValueError: no idea" in repr(found)


def test_nothing_is_left_if_all_fail(structures, y):
    with pytest.raises(RuntimeError, match="broken: ValueError: no idea"):
        compare({"broken": Broken()}, structures, y)


def test_an_interrupt_is_no_failure(structures, y):
    with pytest.raises(KeyboardInterrupt):
        compare({"broken": Broken(KeyboardInterrupt)} | models(), structures, y)


def test_smaller_training_parts_lie_in_larger_ones(structures, y):
    seen = []

    class Noting(DummyRegressor):
        def fit(self, X, y):
            seen.append(sorted(y))
            return super().fit(X, y)

    found = compare({"mean": Noting()}, structures, y, cv=3, train_sizes=[0.5, 0.2])
    assert found.scores["n_train"].tolist() == [4, 8, 16] * 3
    for small, medium, whole in zip(seen[::3], seen[1::3], seen[2::3], strict=True):
        assert set(small) < set(medium) < set(whole)
    # What is reported does not depend on whether smaller parts were tried.
    alone = compare({"mean": Noting()}, structures, y, cv=3)
    columns = [name for name in alone.table if name not in TIMES]
    pd.testing.assert_frame_equal(found.table[columns], alone.table[columns])
    pd.testing.assert_frame_equal(found.predictions, alone.predictions)


def test_small_training_parts_hold_all_classes_in_proportion(structures):
    rare = np.where(np.arange(len(structures)) % 8, "common", "rare")
    cv = StratifiedKFold(2, shuffle=True, random_state=0)
    how = {"cv": cv, "train_sizes": [0.17, 0.5]}
    result = compare({"net": logistic()}, structures, rare, **how)
    assert result.errors == {}
    assert result.scores["n_train"].unique().tolist() == [3, 6, 12]


def test_repeated_folds_count_a_structure_once(structures, y):
    cv = RepeatedKFold(n_splits=3, n_repeats=2, random_state=0)
    result = compare(models(), structures, y, cv=cv)
    assert len(result.predictions) == 2 * len(y)
    errors = result.predictions.sub(result.predictions["y_true"], axis=0).abs()
    expected = errors["mean"].mean() - errors["ridge"].mean()
    assert result.table.at["mean", "difference"] == pytest.approx(expected)


def test_groups_stay_together(structures, y):
    groups = np.repeat(list("abcdef"), 4)
    result = compare(models(), structures, y, cv=3, groups=groups)
    folds = result.predictions.index.to_frame(index=False)
    assert (folds.groupby(groups[folds["structure"]])["fold"].nunique() == 1).all()
    same = compare(models(), structures, y, cv=GroupKFold(3), groups=groups)
    assert len(same.predictions) == len(y)
    alone = compare(models(), structures, y, cv=GroupKFold(3).split(y, y, groups))
    assert np.allclose(same.table["difference"], alone.table["difference"])
    assert not np.allclose(same.table["lower"][1:], alone.table["lower"][1:])
    frame = compare(models(), structures, y, cv=3, groups=pd.DataFrame({"g": groups}))
    assert np.allclose(frame.table["lower"], result.table["lower"])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_models_see_the_settings_of_scikit_learn(structures, y, n_jobs):
    with config_context(assume_finite=True), parallel_config("threading"):
        models = {"ridge": ridge(table=cells_if_finite)}
        result = compare(models, structures, y, cv=2, n_jobs=n_jobs)
    assert result.errors == {}


def test_classes(structures, labels):
    y = np.where(np.arange(24) % 5 == 0, "three", labels)
    models = {
        "guess": DummyClassifier(),
        "logistic": logistic(),
        "margin": make_pipeline(FunctionTransformer(cells), LinearSVC()),
    }
    result = compare(models, structures, y.astype(object), cv=3)
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    assert list(result.table)[:6:2] == ["accuracy", "balanced_accuracy", "roc_auc"]
    for name in ("guess", "logistic"):
        scores = cross_validate(
            models[name], structures, y, cv=cv, scoring=["accuracy", "roc_auc_ovr"]
        )
        row = result.table.loc[name]
        assert row["accuracy"] == pytest.approx(scores["test_accuracy"].mean())
        assert row["roc_auc"] == pytest.approx(scores["test_roc_auc_ovr"].mean())
    assert np.isnan(result.table.at["margin", "roc_auc"])  # it knows no probabilities
    wrong = (result.predictions["guess"] != result.predictions["y_true"]).mean()
    right = (result.predictions["logistic"] == result.predictions["y_true"]).mean()
    best = result.table.index[0]
    assert result.table.at["guess", "difference"] == pytest.approx(
        wrong - (result.predictions[best] != result.predictions["y_true"]).mean()
    )
    assert right > 1 - wrong


def test_two_classes_have_one_curve(structures, labels):
    model = make_pipeline(FunctionTransformer(sides), GaussianNB())
    result = compare({"bayes": model}, structures, labels, cv=2)
    cv = StratifiedKFold(2, shuffle=True, random_state=0)
    expected = [
        roc_auc_score(
            labels[test],
            model.fit([structures[i] for i in train], labels[train]).predict_proba(
                [structures[i] for i in test]
            )[:, 1],
        )
        for train, test in cv.split(structures, labels)
    ]
    assert result.table["roc_auc"].tolist() == pytest.approx([np.mean(expected)])


def test_per_atom(structures, y):
    net = make_pipeline(StructureGraphTransformer(k=6), tiny(k=None, readout=None))
    given = {"ridge": ridge(), "net": net}
    result = compare(given, structures, y, cv=3, per_atom=True)
    by_hand = cross_val_predict(PerAtomRegressor(ridge()), structures, y, cv=FOLDS)
    assert result.table.at["ridge", "mae"] == pytest.approx(
        np.mean(
            [
                mean_absolute_error(y[test], by_hand[test])
                for _, test in FOLDS.split(structures)
            ]
        )
    )
    assert result.models["net"][-1].readout == "sum"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": {}}, "no models"),
        ({"models": "all"}, "'all' is not known"),
        ({"models": [("a", ridge()), ("a", ridge())]}, "a name of its own"),
        ({"models": {"y_true": ridge()}}, "cannot be the name"),
        ({"models": {"a": ridge(), "b": logistic()}}, "only b of a, b are classifiers"),
        ({"y": np.zeros(23)}, "24 structures, but y has 23"),
        ({"groups": [0, 1]}, "24 structures, but groups has 2"),
        ({"groups": [(0, i) for i in range(24)]}, "one label for each structure"),
        ({"groups": ["a", None] * 12}, "missing labels"),
        (
            {"models": {"a": logistic()}, "y": np.array(["a", None] * 12)},
            "y has NaN or infinite values",
        ),
        ({"y": np.full(24, np.nan)}, "y contains NaN"),
        ({"metrics": []}, "at least one"),
        ({"metrics": "mea"}, "'mea'"),
        ({"train_sizes": [0.0, 0.5]}, "train_sizes must be shares"),
        ({"train_sizes": [10]}, "train_sizes must be shares"),
        ({"cv": [([0, 1, 2], [2, 3])]}, "fold 0 of cv trains and tests on the same 1"),
        ({"cv": [([0, 1], [])]}, "0 to test on"),
        ({"cv": []}, "no folds"),
        ({"structures": []}, "X is empty"),
    ],
)
def test_wrong_use_is_told_before_anything_is_fitted(changes, message, structures, y):
    untouched = {"never": Broken(SystemExit)}
    arguments = {"models": untouched, "structures": structures, "y": y} | changes
    with pytest.raises(ValueError, match=message):
        compare(**arguments)


def test_a_class_is_no_model(structures, y):
    with pytest.raises(TypeError, match="no estimator"):
        compare({"mean": DummyRegressor}, structures, y)


def test_classes_do_not_grow(structures, labels):
    with pytest.raises(ValueError, match="per_atom"):
        compare({"a": logistic()}, structures, labels, per_atom=True)


def test_a_metric_that_is_not_defined_costs_its_own_column(structures, labels):
    with pytest.warns(UserWarning, match="f1 is not defined"):
        result = compare(
            {"a": logistic()}, structures, labels, metrics=["accuracy", "f1"]
        )
    assert result.table["f1"].isna().all()
    assert result.table["accuracy"].notna().all()


def test_progress_shows_model_and_fold(structures, y, capsys):
    compare({"mean": DummyRegressor()}, structures, y, cv=3, verbose=1)
    shown = capsys.readouterr().err
    assert "mean, fold 3" in shown
    assert "3/3" in shown


def test_an_answer_that_is_no_class_is_no_answer(structures, labels):
    class Strange(DummyClassifier):
        def predict(self, X):
            return np.full(len(X), "zzz")

    models = {"strange": Strange(), "dummy": DummyClassifier()}
    table = compare(models, structures, labels, cv=2).table
    assert "no class of y" in table["error"]["strange"]
    assert np.isfinite(table["accuracy"]["dummy"])


def test_metrics_of_the_other_task_are_refused_before_any_fit(structures, labels, y):
    with pytest.raises(ValueError, match="'roc_auc' scores predictions of classes"):
        compare({"a": ridge()}, structures, y, metrics=["mae", "roc_auc"])
    with pytest.raises(ValueError, match="'mae_mad' scores predictions of numbers"):
        compare({"a": logistic()}, structures, labels, metrics=["accuracy", "mae_mad"])


def test_a_model_is_not_ranked_by_the_folds_that_suit_it(structures, y):
    class Negative(DummyRegressor):
        """In one fold, where the logarithmic error is then not defined."""

        def predict(self, X):
            sign = -1 if any(one is structures[0] for one in X) else 1
            return sign * super().predict(X)

    found = {"negative": Negative(), "mean": DummyRegressor()}
    log = "neg_mean_squared_log_error"
    with pytest.warns(UserWarning, match="is not defined"):
        table = compare(found, structures, y, cv=3, metrics=[log, "mae"]).table
    assert table.index.tolist() == ["mean", "negative"]
    assert np.isnan(table.at["negative", log])
    assert np.isfinite(table.at["negative", "mae"])


def test_where_no_metric_is_defined_the_errors_decide(structures, y):
    how = {"cv": LeaveOneOut(), "metrics": "r2"}
    table = compare(models(), structures[:6], y[:6], **how).table
    assert table["verdict"].iloc[0] == "best"
    assert (table["difference"].iloc[1:] > 0).all()


def test_training_sizes_may_be_an_array(structures, y):
    sizes = np.array([0.5, 1.0])
    result = compare({"a": ridge()}, structures, y, cv=2, train_sizes=sizes)
    assert result.scores["whole"].value_counts().tolist() == [2, 2]
