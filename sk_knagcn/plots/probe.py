"""What a network can be taught to see, descriptor by descriptor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.plots.columns import check_columns
from sk_knagcn.plots.looks import INK, axes_for, color_of, explain, short, wrapped

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure, SubFigure

_KINDS = ["composition", "local", "periodic", "size"]
_LABELS = {"r2": "R²", "mae_mad": "MAE / MAD"}
# There is no end to how bad a model can be, but there is one to the bars.
_ENDS = {"r2": (-0.5, 1.0), "mae_mad": (0.0, 1.5)}


class ProbeDisplay:
    """A bar for each descriptor and model: how well the one is read off the other.

    Descriptors stand in groups by kind, in each the best known on top. A model that
    knows nothing of a descriptor has an R2 of 0, and a ratio of mean absolute error to
    mean absolute deviation of 1. Bars that are too long are cut, with their value
    written beside them.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each model and descriptor, with the columns ``model``,
        ``descriptor``, ``kind`` and that of the score, and perhaps its standard
        deviation, as ``r2_std``, for error bars.
    score : {"r2", "mae_mad"}, default="r2"
        Which score to draw.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure they are in.
    bars_ : dict of str to matplotlib.container.BarContainer
        The bars of each model, from top to bottom.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_knagcn import ProbeDisplay
    >>> table = pd.DataFrame(
    ...     {
    ...         "model": "k-NAGCN",
    ...         "descriptor": ["a", "density", "mean bond length"],
    ...         "kind": ["periodic", "local", "local"],
    ...         "r2": [0.1, 0.8, 0.9],
    ...     }
    ... )
    >>> display = ProbeDisplay.from_table(table)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['local', 'mean bond length', 'density', 'periodic', 'a']
    """

    ax_: Axes
    figure_: Figure | SubFigure
    bars_: dict[str, BarContainer]

    def __init__(self, *, table: pd.DataFrame, score: str = "r2"):
        self.table = table
        self.score = score

    @classmethod
    def from_table(
        cls, table: pd.DataFrame, *, score: str = "r2", ax: Axes | None = None
    ) -> ProbeDisplay:
        """Draw what a probe has found.

        Parameters
        ----------
        table : pandas.DataFrame
            One row for each model and descriptor, with the columns ``model``,
            ``descriptor``, ``kind`` and that of the score, and perhaps its standard
            deviation, as ``r2_std``, for error bars.
        score : {"r2", "mae_mad"}, default="r2"
            Which score to draw.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ProbeDisplay
            What was drawn.
        """
        if score not in _LABELS:
            raise ValueError(f"score is one of {', '.join(_LABELS)}, got {score!r}.")
        check_columns(table, ["model", "descriptor", "kind", score])
        twice = table.duplicated(["model", "descriptor"])
        if twice.any():
            row = table[twice].iloc[0]
            raise ValueError(
                f"{row['descriptor']!r} of {row['model']!r} is in the table twice. "
                "Pass one row for each, such as the mean over the folds."
            )
        return cls(table=table, score=score).plot(ax)

    def plot(self, ax: Axes | None = None) -> ProbeDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ProbeDisplay
            Itself.
        """
        scores = self._ordered_scores()
        names, places = _rows(scores.index)
        n = scores.shape[1]
        height = 1 + 0.2 * n + len(names) * max(0.24, 0.13 * n)
        ax = axes_for(ax, width=5.5, height=height)
        self.ax_, self.figure_, self.bars_ = ax, ax.figure, {}
        ax.set_xlim(self._ends())
        for number, model in enumerate(scores):
            offset = (number - (n - 1) / 2) * 0.8 / n
            self._draw_bars(scores[model], places + offset, 0.8 / n, color_of(number))
        for value in (0, 1):
            ax.axvline(value, color=INK, linewidth=0.8)
        ax.set_yticks(range(len(names)), wrapped(names))
        for row, label in enumerate(ax.get_yticklabels()):
            weight = "normal" if row in places else "bold"
            label.set(fontweight=weight, fontsize="small", linespacing=0.85)
        ax.tick_params(axis="y", length=0)
        ax.grid(visible=False, axis="y")
        ax.set(xlabel=_LABELS[self.score], ylim=(len(names) - 0.5, -0.5))
        explain(ax, loc="lower left", bbox_to_anchor=(0, 1))
        return self

    def _ordered_scores(self) -> pd.DataFrame:
        """Rows for kinds and descriptors, in the order of the figure, models across."""
        scores = self._across(self.score)
        means = scores.mean(axis=1) * (1 if self.score == "mae_mad" else -1)
        means = means.fillna(np.inf)  # of what does not vary there is no score

        def place(row: tuple[str, str]) -> tuple[int, str, float]:
            known = row[0] in _KINDS
            return _KINDS.index(row[0]) if known else len(_KINDS), row[0], means[row]

        return scores.loc[sorted(scores.index, key=place)]

    def _across(self, column: str) -> pd.DataFrame:
        models = self.table["model"].unique()
        return self.table.pivot(
            index=["kind", "descriptor"], columns="model", values=column
        )[models]

    def _draw_bars(
        self, scores: pd.Series, at: NDArray[np.float64], thickness: float, color: str
    ) -> None:
        """Draw the bars of one model; write down the values of those that are cut."""
        model, column = scores.name, f"{self.score}_std"
        spread = None
        if column in self.table:
            spread = self._across(column).loc[scores.index, model]
        self.bars_[model] = self.ax_.barh(
            at,
            scores,
            thickness,
            xerr=spread,
            color=color,
            label=wrapped([model])[0],
            error_kw={"elinewidth": 0.8, "ecolor": INK},
        )
        low, high = self.ax_.get_xlim()
        for row, value in zip(at, scores, strict=True):
            if value < low or value > high:
                self.ax_.annotate(
                    short(value),
                    (0 if value < low else high, row),
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize="x-small",
                    color=INK,
                )

    def _ends(self) -> tuple[float, float]:
        """Ends of the axis: no farther than there are bars, and what stands on them."""
        low, high = _ENDS[self.score]
        values, column = self.table[self.score], f"{self.score}_std"
        below = (
            values - self.table[column].fillna(0) if column in self.table else values
        )
        least, most = min(below.min(), 0), max(values.max(), 1)
        return max(low, least - 0.02 * (least < 0)), min(high, most) + 0.02


def _rows(
    descriptors: Iterable[tuple[str, str]],
) -> tuple[list[str], NDArray[np.int64]]:
    """What to write beside each row, and which rows are descriptors, not headings."""
    names: list[str] = []
    places = []
    last = None
    for kind, descriptor in descriptors:
        if kind != last:
            names.append(kind)
            last = kind
        places.append(len(names))
        names.append(descriptor)
    return names, np.array(places)
