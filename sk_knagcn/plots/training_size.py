"""Errors of several models over the size of their training sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sk_knagcn.plots.columns import check_columns
from sk_knagcn.plots.looks import (
    axes_for,
    color_of,
    explain,
    marker_of,
    plain_log_axis,
    ticks_at,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D


class TrainingSizeDisplay:
    """Error against training size: means over folds, in bands of their standard error.

    Both axes are logarithmic, because errors tend to fall as a power of the size.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row for each fit, with the columns ``model``, ``n_train``, ``fold`` and
        ``score``, an error.
    label : str, default="MAE"
        What the error is, with its unit.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure they are in.
    lines_ : dict of str to matplotlib.lines.Line2D
        The mean errors of each model.
    bands_ : dict of str to matplotlib.collections.PolyCollection
        The bands around them.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_knagcn import TrainingSizeDisplay
    >>> frame = pd.DataFrame(
    ...     {
    ...         "model": "k-NAGCN",
    ...         "n_train": [100, 100, 1000, 1000],
    ...         "fold": [0, 1, 0, 1],
    ...         "score": [0.30, 0.34, 0.11, 0.09],
    ...     }
    ... )
    >>> display = TrainingSizeDisplay.from_scores(frame, label="MAE (eV)")
    >>> display.lines_["k-NAGCN"].get_ydata()
    array([0.32, 0.1 ])
    """

    ax_: Axes
    figure_: Figure | SubFigure
    lines_: dict[str, Line2D]
    bands_: dict[str, PolyCollection]

    def __init__(self, *, frame: pd.DataFrame, label: str = "MAE"):
        self.frame = frame
        self.label = label

    @classmethod
    def from_scores(
        cls, frame: pd.DataFrame, *, label: str = "MAE", ax: Axes | None = None
    ) -> TrainingSizeDisplay:
        """Draw the errors of several models.

        Parameters
        ----------
        frame : pandas.DataFrame
            One row for each fit, with the columns ``model``, ``n_train``, ``fold`` and
            ``score``, an error.
        label : str, default="MAE"
            What the error is, with its unit.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        TrainingSizeDisplay
            What was drawn.
        """
        check_columns(frame, ["model", "n_train", "fold", "score"])
        lowest = frame["score"].min()
        if lowest <= 0:
            raise ValueError(
                f"the axes are logarithmic, but there is a score of {lowest:g}. Pass "
                "errors, which are positive: scikit-learn's neg_ scores times -1."
            )
        return cls(frame=frame, label=label).plot(ax)

    def plot(self, ax: Axes | None = None) -> TrainingSizeDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        TrainingSizeDisplay
            Itself.
        """
        models = self.frame.groupby("model", sort=False)
        names = wrapped([model for model, _ in models])
        lines = sum(1 + name.count("\n") for name in names)
        ax = axes_for(ax, width=6.8, height=max(3.8, 0.5 + 0.23 * lines))
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_, self.bands_ = {}, {}
        for number, (model, rows) in enumerate(models):
            points = rows.groupby(_places(rows))
            n_train = points["n_train"].mean().round().astype(int)
            scores = points["score"]
            mean, error = scores.mean(), scores.sem().fillna(0)  # of one fold, none
            color = color_of(number)
            (self.lines_[model],) = ax.plot(
                n_train,
                mean,
                color=color,
                marker=marker_of(number),
                markersize=5,
                label=names[number],
            )
            self.bands_[model] = ax.fill_between(
                n_train,
                mean - error,
                mean + error,
                color=color,
                alpha=0.15,
                linewidth=0,
            )
        plain_log_axis(ax, "y")
        ax.set_xscale("log")
        ticks_at(ax, np.concatenate([p.get_xdata() for p in self.lines_.values()]))
        ax.set(xlabel="training structures", ylabel=self.label)
        explain(ax, loc="upper left", bbox_to_anchor=(1, 1))
        return self


def _places(rows: pd.DataFrame) -> pd.Series:
    """Which point of the line each fit belongs to.

    Folds of unlike size have unlike numbers of structures to train on: the smallest
    parts of all folds are one point, and so on.
    """
    folds = rows.groupby("fold")["n_train"]
    if folds.nunique().nunique() > 1:  # not the same parts of all folds
        return rows["n_train"]
    return folds.rank("dense")
