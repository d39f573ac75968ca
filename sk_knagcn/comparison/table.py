"""Outcomes as tables: predictions, scores of each fit, one row for each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from sk_knagcn.comparison.folds import Part
from sk_knagcn.comparison.metrics import is_error, score
from sk_knagcn.comparison.models import TRUTH
from sk_knagcn.comparison.run import Key
from sk_knagcn.comparison.tasks import Failure, Outcome
from sk_knagcn.comparison.verdicts import bootstrap_intervals, verdict

if TYPE_CHECKING:
    import pandas as pd


def predictions_table(
    outcomes: Mapping[Key, Outcome], parts: Sequence[Part], y: NDArray[Any]
) -> pd.DataFrame:
    """Out-of-fold predictions: a row for each fold and structure, a column a model."""
    import pandas as pd

    frames = []
    for i, part in enumerate(parts):
        if not part.whole:
            continue
        rows = pd.MultiIndex.from_product(
            [[part.fold], part.test], names=["fold", "structure"]
        )
        columns = {
            key.model: outcome.prediction
            for key, outcome in outcomes.items()
            if key.part == i
        }
        frames.append(pd.DataFrame({TRUTH: y[part.test], **columns}, index=rows))
    return pd.concat(frames)


def scores_table(
    outcomes: Mapping[Key, Outcome],
    parts: Sequence[Part],
    y: NDArray[Any],
    classes: NDArray[Any] | None,
    metrics: Sequence[str],
) -> pd.DataFrame:
    """A row for each fit: what was trained on, how good it is, how long it took."""
    import pandas as pd

    rows = []
    for key, outcome in outcomes.items():
        part = parts[key.part]
        answers = outcome.prediction, outcome.probability
        rows.append(
            {
                "model": key.model,
                "fold": part.fold,
                "n_train": len(part.train),
                "whole": part.whole,
                **score(metrics, y[part.test], *answers, classes),
                "fit_time": outcome.fit_time,
                "predict_time": outcome.predict_time,
                "size": outcome.size,
                "unit": outcome.unit,
            }
        )
    return pd.DataFrame(rows)


def summary_table(
    scores: pd.DataFrame,
    predictions: pd.DataFrame,
    failures: Mapping[str, Failure],
    metrics: Sequence[str],
    groups: NDArray[Any] | None,
    *,
    classifier: bool,
) -> pd.DataFrame:
    """A row for each model, the best first, those that failed last."""
    import pandas as pd

    rows = scores[scores["whole"]]
    whole = rows.groupby("model", sort=False)
    columns: dict[str, pd.Series] = {}
    for metric in metrics:
        # A fold counts unless the metric is defined for nobody in it: a model for which
        # alone it is not must not be ranked by its other folds.
        folds = rows.pivot(index="fold", columns="model", values=metric)
        folds = folds[rows["model"].unique()].dropna(how="all")
        columns[metric] = folds.mean(skipna=False)
        columns[f"{metric}_std"] = folds.std(skipna=False)
    table = pd.DataFrame(columns)
    errors = _errors(predictions, table.index, classifier)
    first, ascending = table[metrics[0]], is_error(metrics[0])
    if first.isna().all():  # such as R² of single structures
        first, ascending = errors.mean(), True
    table = table.loc[first.sort_values(ascending=ascending, kind="stable").index]
    table = table.join(_differences(errors[table.index], groups))
    for name in ("fit_time", "predict_time", "size"):
        table[name] = whole[name].mean()
    table["unit"] = whole["unit"].first()
    table["error"] = ""
    failed = pd.DataFrame(
        {"error": [failure.error for failure in failures.values()]},
        index=pd.Index(failures, name="model"),
    )
    return pd.concat([table, failed]) if failures else table


def _errors(
    predictions: pd.DataFrame, models: pd.Index, classifier: bool
) -> pd.DataFrame:
    """The mean error of each model for each structure."""
    answers, truth = predictions[models], predictions[TRUTH]
    if classifier:
        errors = answers.ne(truth, axis=0).astype(float)
    else:
        errors = answers.sub(truth, axis=0).abs()
    return errors.groupby(level="structure").mean()  # tested in several folds


def _differences(errors: pd.DataFrame, groups: NDArray[Any] | None) -> pd.DataFrame:
    """Error of each model less that of the first, structure by structure."""
    import pandas as pd

    differences = errors.sub(errors.iloc[:, 0], axis=0)
    drawn = None if groups is None else groups[errors.index]
    ends = bootstrap_intervals(differences.to_numpy(), drawn)
    words = ["best", *(verdict(*pair) for pair in ends[1:])]
    return pd.DataFrame(
        {
            "difference": differences.mean(),
            "lower": ends[:, 0],
            "upper": ends[:, 1],
            "verdict": words,
        },
        index=errors.columns,
    )
