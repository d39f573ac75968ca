"""One model on one fold: fit, predict, measure."""

from __future__ import annotations

import pickle
import time
import traceback
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from sk_knagcn.comparison.preparation import make_own_graphs
from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.pipelines import last_step


@dataclass(frozen=True)
class Outcome:
    """What a model gave on one fold.

    Parameters
    ----------
    prediction : ndarray of shape (n_test,)
        Numbers or classes.
    probability : ndarray of shape (n_test, n_classes) or None
        Columns in the order of all classes, if the model knows probabilities.
    fit_time, predict_time : float
        Seconds.
    size : float
        Weights of a network; kilobytes of anything else.
    unit : {"weights", "kB"}
        What `size` counts.
    """

    prediction: NDArray[Any]
    probability: NDArray[np.float64] | None
    fit_time: float
    predict_time: float
    size: float
    unit: str


@dataclass(frozen=True)
class Failure:
    """Why a model gave nothing.

    Parameters
    ----------
    error : str
        The type of the error and the first line of its message.
    traceback : str
        All of it.
    """

    error: str
    traceback: str


def run_task(
    model: Any, X: Any, y: NDArray[Any], X_test: Any, classes: NDArray[Any] | None
) -> Outcome | Failure:
    """Fit a clone and ask it; an error becomes a `Failure`."""
    try:
        return _run(clone(model), X, y, X_test, classes)
    except Exception as error:
        return failure_of(error)


def failure_of(error: Exception) -> Failure:
    """Say what went wrong, in a line."""
    lines = str(error).splitlines()
    # Where the first announces what follows, it says nothing by itself.
    n_shown = 2 if lines and lines[0].endswith(":") else 1
    said = f"{type(error).__name__}: {' '.join(lines[:n_shown])}"
    return Failure(said, "".join(traceback.format_exception(error)))


def _run(
    model: Any, X: Any, y: NDArray[Any], X_test: Any, classes: NDArray[Any] | None
) -> Outcome:
    make_own_graphs(model, X, X_test)
    begin = time.perf_counter()
    model.fit(X, y)
    fitted = time.perf_counter()
    prediction = np.asarray(model.predict(X_test))
    end = time.perf_counter()
    n_test = len(X_test)
    if prediction.shape == (n_test, 1):
        prediction = prediction[:, 0]
    if prediction.shape != (n_test,):
        raise ValueError(
            f"predictions have the shape {prediction.shape} for {n_test} structures."
        )
    probability = None
    if classes is None:
        bad = np.count_nonzero(~np.isfinite(prediction))
        if bad:
            raise ValueError(f"{bad} of {n_test} predictions are NaN or infinite.")
    else:
        numbers = np.searchsorted(classes, prediction).clip(max=len(classes) - 1)
        strange = prediction[classes[numbers] != prediction]
        if len(strange):
            raise ValueError(f"{strange[0]!r} is predicted, which is no class of y.")
        prediction = classes[numbers]  # of the type of y
        if hasattr(model, "predict_proba"):
            # A class that is not in this training part gets no probability.
            probability = np.zeros((n_test, len(classes)))
            columns = np.searchsorted(classes, model.classes_)
            probability[:, columns] = model.predict_proba(X_test)
    size, unit = _measure(model)
    return Outcome(prediction, probability, fitted - begin, end - fitted, size, unit)


def _measure(model: Any) -> tuple[float, str]:
    """How large a fitted model is, and in what."""
    last = last_step(model)
    if isinstance(last, GraphEstimator):
        weights = last.net_.module_.parameters()
        return float(sum(w.numel() for w in weights if w.requires_grad)), "weights"
    counter = _Counter()
    try:
        pickle.dump(model, counter)
    except Exception:  # whatever an object may raise that is not made for it
        return np.nan, "kB"
    return counter.bytes / 1000, "kB"


class _Counter:
    """A file that only counts: a large forest need not be in memory twice."""

    bytes = 0

    def write(self, data: Any) -> int:
        written = memoryview(data).nbytes
        self.bytes += written
        return written
