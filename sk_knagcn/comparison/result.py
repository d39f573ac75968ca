"""What a comparison found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from sk_knagcn.comparison.contents import Contents
from sk_knagcn.comparison.metrics import is_error, label_of
from sk_knagcn.comparison.models import TRUTH
from sk_knagcn.comparison.report import write_page
from sk_knagcn.comparison.words import seconds, signed, spread
from sk_knagcn.plots import ParityGridDisplay, ScoresDisplay, TrainingSizeDisplay
from sk_knagcn.plots.looks import short
from sk_knagcn.splits import LeakageReport

if TYPE_CHECKING:
    import pandas as pd

_WIDTH, _LONGEST_NAME = 100, 28  # in characters


@dataclass(frozen=True, repr=False, eq=False)
class ComparisonResult:
    """What a comparison found; made by `compare`.

    Parameters
    ----------
    table : DataFrame
        One row for each model, the best first. Mean of each metric over the folds and
        its standard deviation (``mae``, ``mae_std``); ``difference``, ``lower`` and
        ``upper``: the absolute error (for classes, the share of mistakes) less that of
        the best model, on the same structures, with its 95 % interval; ``verdict``;
        ``fit_time`` and ``predict_time`` of a fold in seconds, graphs and descriptors
        not included; ``size`` in ``unit``, weights of a network or kB of anything else
        when pickled; ``error``, where a model failed.
    predictions : DataFrame
        ``y_true`` and the out-of-fold predictions of each model; the rows are fold and
        place of the structure in X.
    scores : DataFrame
        One row for each fit: model, fold, size of its training set, whether that was
        the whole training part of the fold, metrics, times and size.
    errors : dict of str to str
        The traceback of each model that failed.
    models : dict of str to estimator
        The models, not fitted.
    target : str or None
        The name of y, if it was a Series that has one.
    metrics : list of str
        What was measured.
    splitter : splitter
        What made the folds.
    leakage : LeakageReport
        How many test structures have their formula, their chemical system or a near
        duplicate in the training part. Prototypes are left to `leakage_report`.
    contents : Contents
        Numbers of atoms and elements.
    classes : ndarray or None
        The classes; None for numbers.

    See Also
    --------
    compare : Makes these.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sklearn.dummy import DummyRegressor
    >>> from sk_knagcn import compare
    >>> po = Structure(Lattice.cubic(3.35), ["Po"], [[0, 0, 0]])
    >>> crystals = [po, po * (2, 1, 1), po, po * (2, 1, 1)]
    >>> mean, median = DummyRegressor(), DummyRegressor(strategy="median")
    >>> result = compare({"mean": mean, "median": median}, crystals, [1, 2, 1, 2], cv=2)
    >>> sorted(result.predictions)
    ['mean', 'median', 'y_true']
    >>> result.errors
    {}
    """

    table: pd.DataFrame
    predictions: pd.DataFrame
    scores: pd.DataFrame
    errors: dict[str, str]
    models: dict[str, Any]
    target: str | None
    metrics: list[str]
    splitter: Any
    leakage: LeakageReport
    contents: Contents
    classes: NDArray[Any] | None

    def __repr__(self) -> str:
        """Print what there is room for, and what failed."""
        text = self.summary().to_string(line_width=_WIDTH)
        return "\n".join([self.headline(), text, *self._failures()])

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        lines = "<br>".join(map(escape, [self.headline(), *self._failures()]))
        return f"<p>{lines}</p>{self.summary().to_html()}"

    def headline(self) -> str:
        """Say in one line what was compared.

        Returns
        -------
        str
            How many models, structures and folds, and which metric ranks them.
        """
        n_folds = self.scores["fold"].nunique()
        return (
            f"{self.subject()}, {len(self.contents.n_atoms):,} structures, "
            f"{n_folds} fold{'s' * (n_folds != 1)}, ranked by "
            f"{label_of(self.metrics[0])}"
        )

    def subject(self) -> str:
        """Say how many models learnt what.

        Returns
        -------
        str
            The number of models, and the name of the target if it has one.
        """
        count = len(self.table)
        models = f"{count} model{'s' if count > 1 else ''}"
        return f"{models} for {self.target}" if self.target else models

    def summary(self) -> pd.DataFrame:
        """Give the table as text, narrow enough to print.

        Returns
        -------
        pandas.DataFrame
            Mean and standard deviation of the first metric, means of the others, the
            difference to the best, the verdict, the time of a fit.
        """
        import pandas as pd

        first, *others = self.metrics
        table = self.table[self.table["error"] == ""]
        pairs = zip(table[first], table[f"{first}_std"], strict=True)
        columns = {label_of(first): list(starmap(spread, pairs))}
        for metric in others:
            columns[label_of(metric)] = list(map(short, table[metric]))
        columns["difference"] = [signed(value) for value in table["difference"]]
        columns["verdict"] = list(table["verdict"])
        columns["fit (s)"] = list(map(seconds, table["fit_time"]))
        return pd.DataFrame(columns, index=map(_shorten, table.index))

    def plot(
        self,
        kind: Literal["scores", "parity", "sizes"] = "scores",
        *,
        metric: str | None = None,
        unit: str | None = None,
    ) -> ScoresDisplay | ParityGridDisplay | TrainingSizeDisplay:
        """Draw the models side by side.

        Parameters
        ----------
        kind : {"scores", "parity", "sizes"}, default="scores"
            "scores": a metric in each fold, with mean and standard deviation. "parity":
            predictions over true values, a plot for each model; of a structure that was
            tested several times the mean. "sizes": error against training size, if
            there were `train_sizes`.
        metric : str, default=None
            Which of the metrics; by default the first.
        unit : str, default=None
            Unit of the target.

        Returns
        -------
        ScoresDisplay, ParityGridDisplay or TrainingSizeDisplay
            What was drawn.
        """
        metric = self.metrics[0] if metric is None else metric
        if metric not in self.metrics:
            raise ValueError(
                f"there is no {metric!r} in this comparison, only "
                f"{', '.join(self.metrics)}. Ask compare for it: metrics=[...]."
            )
        in_unit = unit is not None and metric in ("mae", "rmse")
        label = f"{label_of(metric)} ({unit})" if in_unit else label_of(metric)
        scores = self.scores.rename(columns={metric: "score"})
        best_first = [name for name in self.table.index if name not in self.errors]
        if kind == "scores":
            wide = scores[scores["whole"]].pivot(
                index="fold", columns="model", values="score"
            )
            return ScoresDisplay.from_scores(
                wide, label=label, greater_is_better=not is_error(metric)
            )
        if kind == "parity":
            if self.classes is not None:
                raise ValueError("classes have no parity plot. Draw kind='scores'.")
            means = self.predictions.groupby(level="structure").mean()
            return ParityGridDisplay.from_predictions(
                means[TRUTH], {name: means[name] for name in best_first}, unit=unit
            )
        if kind != "sizes":
            raise ValueError(f"kind must be scores, parity or sizes, got {kind!r}.")
        if not is_error(metric):
            raise ValueError(
                f"{metric} is no error; only errors are drawn over the training size. "
                "Pass metric='mae', if it was measured."
            )
        frame = scores.set_index("model").loc[best_first].reset_index()
        return TrainingSizeDisplay.from_scores(frame, label=label)

    def to_html(self, path: str | Path, *, unit: str | None = None) -> None:
        """Write a page that holds everything and needs nothing else.

        Parameters
        ----------
        path : str or Path
            The file; replaced if it is there.
        unit : str, default=None
            Unit of the target.
        """
        Path(path).write_text(write_page(self, unit), encoding="utf-8")

    def _failures(self) -> Iterator[str]:
        for name in self.errors:
            yield f"{name} failed: {self.table.at[name, 'error']}"


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
