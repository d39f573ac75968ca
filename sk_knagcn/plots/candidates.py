"""What a search has tried: parameters and scores, read off scikit-learn's searches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from sk_knagcn.plots.looks import exact

_LABELS = {
    "neg_mean_absolute_error": "MAE",
    "neg_mean_absolute_percentage_error": "MAPE",
    "neg_mean_squared_error": "MSE",
    "neg_root_mean_squared_error": "RMSE",
    "r2": "R²",
    "roc_auc": "ROC AUC",
}
# More lines than that in one figure are not told apart.
_MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class Candidates:
    """All combinations that a search has tried.

    Attributes
    ----------
    parameters : list of dict
        Names and values of each candidate.
    mean, error : ndarray of shape (n_candidates,)
        Mean score over the folds and its standard error; errors are positive.
    best : int
        The candidate with the best score.
    label : str
        What the score is.
    resource : str or None
        The parameter of which a halving search gives more to better candidates.
    is_random : bool
        Whether candidates were drawn, and so do not form a grid.
    """

    parameters: list[dict[str, Any]]
    mean: NDArray[np.float64]
    error: NDArray[np.float64]
    best: int
    label: str
    resource: str | None
    is_random: bool

    def values(self, name: str, *, scored: bool = False) -> list[Any]:
        """All values of a parameter, or those with a score; sorted if numbers."""
        found = {
            key(one[name]): one[name]
            for one, mean in zip(self.parameters, self.mean, strict=True)
            if name in one and (np.isfinite(mean) or not scored)
        }
        values = list(found.values())
        return sorted(values) if are_numbers(values) else values

    def choose(self, x: str | None, hue: str | None) -> tuple[str, str | None]:
        """Settle which parameters to draw, those that were asked for or the telling."""
        best = self.parameters[self.best]
        for name in (x, hue):
            if name is not None and name not in best:
                raise ValueError(
                    f"the best candidate has no parameter {name!r}. It has "
                    f"{', '.join(best)}."
                )
        counts = {name: len(self.values(name)) for name in best if name != hue}
        counts = {name: count for name, count in counts.items() if count > 1}
        if x is None:
            others = [name for name in counts if name != self.resource]
            if not others:
                raise ValueError(
                    "the search has tried one value of each parameter, so there is "
                    "nothing to compare. Give it a grid, or say what x is."
                )
            numeric = [name for name in others if are_numbers(self.values(name))]
            x = max(numeric or others, key=counts.__getitem__)
        if hue is None:
            few = [n for n, count in counts.items() if n != x and count <= _MOST_LINES]
            if self.resource in few:
                hue = self.resource
            elif few and not self.is_random:
                hue = max(few, key=counts.__getitem__)
        elif len(self.values(hue)) > _MOST_LINES:
            raise ValueError(
                f"{hue!r} has {len(self.values(hue))} values, and that many lines are "
                "not told apart. Take it for x, and another parameter for hue."
            )
        return x, hue

    def lines(self, x: str, hue: str | None) -> list[tuple[Any, list[int]]]:
        """Values of hue, each with the candidates to draw for it.

        They differ from the best in x and hue only. Of a random search that would leave
        the best alone: there, it is all of them.
        """

        def rest(parameters: dict[str, Any]) -> dict[str, Any]:
            return {n: key(v) for n, v in parameters.items() if n not in (x, hue)}

        every, fixed = self.parameters, rest(self.parameters[self.best])
        drawn = [
            i
            for i, one in enumerate(every)
            if x in one and (self.is_random or rest(one) == fixed)
        ]
        if hue is None:
            return [(None, drawn)]
        lines = [
            (value, [i for i in drawn if key(every[i].get(hue)) == key(value)])
            for value in self.values(hue)
        ]
        return [(value, rows) for value, rows in lines if rows]


def read_candidates(search: Any, metric: str | None) -> Candidates:
    """Read a fitted search."""
    check_is_fitted(search)
    if not hasattr(search, "cv_results_"):
        raise TypeError(
            f"{type(search).__name__} is not a search: it has no cv_results_. Pass a "
            "fitted GridSearchCV or one of its relatives."
        )
    results = search.cv_results_
    column, scoring = _scorer(search, metric)
    sign = -1 if scoring.startswith("neg_") else 1
    splits = range(search.n_splits_)
    folds = np.array([results[f"split{i}_test_{column}"] for i in splits])
    spread = folds.std(axis=0, ddof=1) if len(folds) > 1 else np.zeros(len(folds[0]))
    parameters = [dict(one) for one in results["params"]]
    resource = getattr(search, "resource", None)
    if resource == "n_samples":  # the one resource that is no parameter
        for one, n in zip(parameters, results["n_resources"], strict=True):
            one["n_samples"] = int(n)
    best = getattr(search, "best_index_", None)
    if best is None or column not in ("score", search.refit):
        best = np.argmin(results[f"rank_test_{column}"])
    return Candidates(
        parameters=parameters,
        mean=sign * results[f"mean_test_{column}"],
        error=spread / np.sqrt(len(folds)),
        best=int(best),
        label=_LABELS.get(scoring, scoring.removeprefix("neg_").replace("_", " ")),
        resource=resource,
        is_random=hasattr(search, "param_distributions"),
    )


def _scorer(search: Any, metric: str | None) -> tuple[str, str]:
    """Name of a metric in the results, and of the scorer behind it."""
    prefix, scoring = "mean_test_", search.scoring
    named = [n for n in search.cv_results_ if n.startswith(prefix)]
    columns = [n.removeprefix(prefix) for n in named]
    if columns == ["score"]:
        scorers = {"score": scoring if isinstance(scoring, str) else "score"}
    else:
        given = scoring if isinstance(scoring, dict) else {}
        scorers = {name: given.get(name, name) for name in columns}
    chosen_by = columns[0] if len(columns) == 1 else search.refit
    wanted = chosen_by if metric is None else metric
    for column, scorer in scorers.items():
        scorer = scorer if isinstance(scorer, str) else column
        if wanted in (column, scorer):
            return column, scorer
    raise ValueError(
        f"metric is one of {', '.join(columns)} in this search, got {metric!r}."
    )


def are_numbers(values: Iterable[Any]) -> bool:
    """Whether values can be put on an axis."""
    return all(isinstance(v, Number) and not isinstance(v, bool) for v in values)


def key(value: Any) -> Any:
    """Something to compare a value by; copies of an estimator are the same."""
    return value if isinstance(value, Number | str | None) else repr(value)


def names_of(values: Iterable[Any]) -> list[str]:
    """Short names for values, or long ones where the short do not tell them apart."""
    values = list(values)
    names = [_short_name(value) for value in values]
    return names if len(set(names)) == len(values) else [str(v) for v in values]


def _short_name(value: Any) -> str:
    if are_numbers([value]):
        return exact(value)
    return type(value).__name__ if hasattr(value, "get_params") else str(value)
