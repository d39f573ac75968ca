"""Scores from predictions that have been made already."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer, mean_absolute_error
from sklearn.utils.metaestimators import available_if

REGRESSION = ("mae", "rmse", "r2", "mae_mad")
CLASSIFICATION = ("accuracy", "balanced_accuracy", "roc_auc")

# Short names of errors: less is better, so they change the sign of these scorers.
_ERRORS = {
    "mae": "neg_mean_absolute_error",
    "rmse": "neg_root_mean_squared_error",
}

_LABELS = {
    "mae": "MAE",
    "rmse": "RMSE",
    "r2": "R²",
    "mae_mad": "MAE / MAD",
    "roc_auc": "ROC AUC",
}


def check_metrics(metrics: Any, classifier: bool) -> list[str]:
    """Names of metrics; an error for one that nobody knows."""
    if metrics is None:
        return list(CLASSIFICATION if classifier else REGRESSION)
    names = [metrics] if isinstance(metrics, str) else list(metrics)
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"metrics must name different metrics, at least one, got {names}."
        )
    for name in names:
        if not is_error(name):
            try:
                get_scorer(name)
            except (TypeError, ValueError) as error:
                known = CLASSIFICATION if classifier else REGRESSION
                raise ValueError(
                    f"{name!r} is no metric. There are {', '.join(known)}, and the "
                    "names of scikit-learn's scorers."
                ) from error
        if name in (REGRESSION if classifier else CLASSIFICATION):
            kinds = ("numbers", "classes") if classifier else ("classes", "numbers")
            raise ValueError(
                f"{name!r} scores predictions of {kinds[0]}, and y holds {kinds[1]}. "
                "Leave it out."
            )
    return names


def is_error(metric: str) -> bool:
    """Whether less of it is better."""
    return metric in (*_ERRORS, "mae_mad")


def label_of(metric: str) -> str:
    """How people write a metric."""
    return _LABELS.get(metric, metric.replace("_", " "))


def score(
    metrics: Sequence[str],
    y: NDArray[Any],
    prediction: NDArray[Any],
    probability: NDArray[np.float64] | None,
    classes: NDArray[Any] | None,
) -> dict[str, float]:
    """Score the predictions of one fold; NaN where a metric is not defined."""
    if classes is None:
        answers: Any = _Numbers(prediction)
    else:
        answers = _Labels(prediction, probability, classes)
    return {metric: _score_one(metric, answers, y) for metric in metrics}


def _score_one(metric: str, answers: Any, y: NDArray[Any]) -> float:
    if metric == "mae_mad":
        deviation = np.abs(y - y.mean()).mean()
        error = mean_absolute_error(y, answers.predict())
        return float(error / deviation) if deviation > 0 else np.nan
    name = _ERRORS.get(metric, metric)
    if metric == "roc_auc" and len(answers.classes_) > 2:
        name = "roc_auc_ovr"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        warnings.filterwarnings("ignore", "A single label was found", UserWarning)
        try:
            value = float(get_scorer(name)(answers, None, y))
        except (AttributeError, TypeError, ValueError) as error:
            # After hours of training this is no reason to lose the other metrics.
            if metric not in CLASSIFICATION:
                warnings.warn(f"{metric} is not defined: {error}", stacklevel=2)
            return np.nan
    return -value if is_error(metric) else value


class _Numbers(RegressorMixin, BaseEstimator):
    """A regressor that knows one answer; scorers ask estimators only."""

    def __init__(self, prediction: NDArray[Any]):
        self.prediction = prediction

    def predict(self, X: Any = None) -> NDArray[Any]:
        return self.prediction


class _Labels(ClassifierMixin, BaseEstimator):
    """A classifier that knows one answer."""

    def __init__(
        self,
        prediction: NDArray[Any],
        probability: NDArray[np.float64] | None,
        classes: NDArray[Any],
    ):
        self.prediction = prediction
        self.probability = probability
        self.classes_ = classes

    def predict(self, X: Any = None) -> NDArray[Any]:
        return self.prediction

    @available_if(lambda self: self.probability is not None)
    def predict_proba(self, X: Any = None) -> NDArray[np.float64] | None:
        return self.probability
