"""Scores of several models, fold by fold."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sk_knagcn.plots.looks import (
    INK,
    PALETTE,
    TINT,
    axes_for,
    lines_in,
    short,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure, SubFigure


_MOST_DIGITS = 6  # before or after the decimal point


class ScoresDisplay:
    """A row for each model: its score in each fold, their mean and standard deviation.

    The best model is on top; one that lacks the score of a fold is not ranked by the
    others, and stands below.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row for each fold, one column for each model. Folds in which nobody has a
        score are left out.
    label : str, default="MAE"
        What the scores are, with their unit.
    greater_is_better : bool, default=False
        Whether large scores are good, as R2 is; errors are not.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure they are in.
    folds_ : matplotlib.collections.PathCollection
        The points of the folds.
    means_ : matplotlib.container.ErrorbarContainer
        Means and standard deviations.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_knagcn import ScoresDisplay
    >>> scores = pd.DataFrame({"mean": [0.8, 0.9], "k-NAGCN": [0.1, 0.2]})
    >>> display = ScoresDisplay.from_scores(scores, label="MAE (eV)")
    >>> [name.get_text() for name in display.ax_.get_yticklabels()]
    ['k-NAGCN', 'mean']
    """

    ax_: Axes
    figure_: Figure | SubFigure
    folds_: PathCollection
    means_: ErrorbarContainer

    def __init__(
        self,
        *,
        scores: pd.DataFrame,
        label: str = "MAE",
        greater_is_better: bool = False,
    ):
        self.scores = scores
        self.label = label
        self.greater_is_better = greater_is_better

    @classmethod
    def from_scores(
        cls,
        scores: pd.DataFrame,
        *,
        label: str = "MAE",
        greater_is_better: bool = False,
        ax: Axes | None = None,
    ) -> ScoresDisplay:
        """Draw the scores of several models.

        Parameters
        ----------
        scores : pandas.DataFrame
            One row for each fold, one column for each model.
        label : str, default="MAE"
            What the scores are, with their unit.
        greater_is_better : bool, default=False
            Whether large scores are good, as R2 is; errors are not.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ScoresDisplay
            What was drawn.
        """
        if scores.dropna(how="all").empty:
            raise ValueError("there are no scores. Pass a row for each fold.")
        display = cls(scores=scores, label=label, greater_is_better=greater_is_better)
        return display.plot(ax)

    def plot(self, ax: Axes | None = None) -> ScoresDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ScoresDisplay
            Itself.
        """
        folds = self.scores.dropna(how="all")
        # A model without a score in some fold is not ranked by the others.
        means = folds.mean(skipna=False)
        means = means.sort_values(ascending=not self.greater_is_better)
        scores = folds[means.index]
        spread = scores.std()  # NaN of a single fold
        names, rows = wrapped(means.index), np.arange(len(means))
        height = 1 + len(names) * (0.2 + 0.15 * lines_in(names))
        ax = axes_for(ax, width=5.5, height=height)
        self.ax_, self.figure_ = ax, ax.figure
        self.folds_ = ax.scatter(
            scores.to_numpy(),
            np.broadcast_to(rows, scores.shape),
            s=16,
            color=PALETTE[0],
            alpha=0.7,
            linewidths=0,
            zorder=3,
        )
        self.means_ = ax.errorbar(
            means,
            rows,
            xerr=spread.fillna(0),
            fmt="|",
            color=INK,
            markersize=14,
            markeredgewidth=1.5,
            ecolor=TINT,
            elinewidth=8,
            zorder=2,
        )
        write = _writer(means.abs())
        for row, (mean, std) in enumerate(zip(means, spread, strict=True)):
            text = "not in all folds" if math.isnan(mean) else write(mean)
            ax.annotate(
                text if math.isnan(mean + std) else f"{text} ± {write(std)}",
                (1, row),
                xycoords=ax.get_yaxis_transform(),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                color=INK,
            )
        ax.set_yticks(rows, names)
        ax.set(xlabel=self.label, ylim=(len(names) - 0.5, -0.5))
        ax.grid(visible=False, axis="y")
        return self


def _writer(sizes: pd.Series) -> Callable[[float], str]:
    """Write numbers with the same decimals, so that they line up, if these are few."""
    smallest = sizes.replace(0, np.nan).min()
    digits = max(0, 2 - math.floor(math.log10(smallest))) if smallest > 0 else 2
    if digits > _MOST_DIGITS or sizes.max() >= 10**_MOST_DIGITS:
        return short
    return f"{{:.{digits}f}}".format
