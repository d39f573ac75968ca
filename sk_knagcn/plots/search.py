"""What a search has found, over the values of one parameter."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from sk_knagcn.plots.candidates import (
    Candidates,
    are_numbers,
    key,
    names_of,
    read_candidates,
)
from sk_knagcn.plots.looks import (
    INK,
    axes_for,
    color_of,
    even_scale,
    explain,
    marker_of,
    shades,
    short,
    ticks_at,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

_ASIDE = 3  # points between two lines where they have the same x


class SearchDisplay:
    """Scores of a search over one parameter, with a line for each value of another.

    Points are means over the folds with their standard errors. What is neither x nor
    hue is kept at the best value found. The candidates of a random search form no lines
    and are all drawn. In a halving search, hue is the resource unless said otherwise:
    scores at different resources are not to be compared.

    Parameters
    ----------
    search : fitted GridSearchCV or one of its relatives
        What to draw.
    x : str, default=None
        The parameter along the axis, such as ``graph__k``; None takes the numeric one
        with the most values.
    hue : str, default=None
        The parameter with a line for each value; None takes the one with the most
        values among the others, if there is one with no more than eight.
    metric : str, default=None
        Which score, if the search has several; None takes the one it chose by.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure they are in.
    x_ : str
        The parameter along the axis.
    hue_ : str or None
        The parameter of the lines.
    lines_ : list of matplotlib.container.ErrorbarContainer
        One for each value of hue.
    best_ : matplotlib.lines.Line2D
        The ring around the best candidate.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sk_knagcn import SearchDisplay
    >>> X = np.linspace(0, 1, 40)[:, None]
    >>> grid = {"n_neighbors": [1, 2, 4, 8], "weights": ["uniform", "distance"]}
    >>> search = GridSearchCV(
    ...     KNeighborsRegressor(), grid, scoring="neg_mean_absolute_error"
    ... )
    >>> display = SearchDisplay.from_search(search.fit(X, X[:, 0] ** 2))
    >>> display.x_, display.hue_, display.ax_.get_ylabel()
    ('n_neighbors', 'weights', 'MAE')
    """

    ax_: Axes
    figure_: Figure | SubFigure
    x_: str
    hue_: str | None
    lines_: list[ErrorbarContainer]
    best_: Line2D

    def __init__(
        self,
        *,
        search: Any,
        x: str | None = None,
        hue: str | None = None,
        metric: str | None = None,
    ):
        self.search = search
        self.x = x
        self.hue = hue
        self.metric = metric

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        x: str | None = None,
        hue: str | None = None,
        metric: str | None = None,
        ax: Axes | None = None,
    ) -> SearchDisplay:
        """Draw a search.

        Parameters
        ----------
        search : fitted GridSearchCV or one of its relatives
            What to draw.
        x : str, default=None
            The parameter along the axis, such as ``graph__k``; None takes the numeric
            one with the most values.
        hue : str, default=None
            The parameter with a line for each value; None takes the one with the most
            values among the others, if there is one with no more than eight.
        metric : str, default=None
            Which score, if the search has several; None takes the one it chose by.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        SearchDisplay
            What was drawn.
        """
        return cls(search=search, x=x, hue=hue, metric=metric).plot(ax)

    def plot(self, ax: Axes | None = None) -> SearchDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        SearchDisplay
            Itself.
        """
        candidates = read_candidates(self.search, self.metric)
        self.x_, self.hue_ = candidates.choose(self.x, self.hue)
        ax = axes_for(ax, width=5.5, height=3.6)
        self.ax_, self.figure_ = ax, ax.figure
        self._draw_lines(candidates, self._lay_out_x(candidates))
        ax.set(xlabel=_last(self.x_), ylabel=candidates.label)
        ax.set_title(self._fixed(candidates), fontsize="small", color=INK)
        named = [*(self.lines_ if self.hue_ else []), self.best_]
        explain(ax, handles=named, loc="upper left", bbox_to_anchor=(1, 1))
        return self

    def _lay_out_x(self, candidates: Candidates) -> dict[Any, float]:
        """Prepare the axis, and give each value its place there."""
        values = candidates.values(self.x_)
        if are_numbers(values):
            self.ax_.set_xscale(even_scale(values))
            if not candidates.is_random:
                ticks_at(self.ax_, candidates.values(self.x_, scored=True))
            return {value: float(value) for value in values}
        names = wrapped(names_of(values))
        turned = sum(map(len, names)) > 45
        self.ax_.set_xticks(
            range(len(names)),
            names,
            rotation=30 if turned else 0,
            ha="right" if turned else "center",
            rotation_mode="anchor",
        )
        return {key(value): float(place) for place, value in enumerate(values)}

    def _draw_lines(self, candidates: Candidates, places: dict[Any, float]) -> None:
        """Draw a line for each value of hue, and a ring around the best."""
        from matplotlib.transforms import ScaledTranslation

        ax, self.lines_ = self.ax_, []
        lines = candidates.lines(self.x_, self.hue_)
        n, values = len(lines), [value for value, _ in lines]
        # Random candidates, and those over words, have no order to be joined in.
        is_joined = not candidates.is_random and are_numbers(candidates.values(self.x_))
        is_ordered = self.hue_ is not None and are_numbers(values)
        colors = shades(n) if is_ordered else [color_of(i) for i in range(n)]
        for i, ((_, rows), name) in enumerate(
            zip(lines, names_of(values), strict=True)
        ):
            at = {j: places[key(candidates.parameters[j][self.x_])] for j in rows}
            rows.sort(key=at.__getitem__)
            line = ax.errorbar(
                [at[j] for j in rows],
                candidates.mean[rows],
                candidates.error[rows],
                color=colors[i],
                marker=marker_of(i),
                markersize=5,
                linestyle="-" if is_joined else "none",
                elinewidth=1,
                label=f"{_last(self.hue_)} = {name}" if self.hue_ else None,
            )
            self.lines_.append(line)
            drawn: list[Artist] = line.get_children()
            if candidates.best in rows:
                (self.best_,) = ax.plot(
                    at[candidates.best],
                    candidates.mean[candidates.best],
                    linestyle="none",
                    marker="o",
                    markersize=13,
                    markerfacecolor="none",
                    markeredgecolor=INK,
                    label=f"best: {short(candidates.mean[candidates.best])}",
                )
                drawn.append(self.best_)
            # Side by side on paper, so that error bars do not hide each other.
            aside = 0 if candidates.is_random else (i - (n - 1) / 2) * _ASIDE / 72
            shift = ScaledTranslation(aside, 0, ax.figure.dpi_scale_trans)
            for artist in drawn:
                artist.set_transform(ax.transData + shift)

    def _fixed(self, candidates: Candidates) -> str:
        """Write down what is kept at its best value, and how many have failed."""
        failed = np.count_nonzero(~np.isfinite(candidates.mean))
        told = [f"{failed} of {len(candidates.mean)} have no score"] if failed else []
        if candidates.is_random:
            return "".join(told)
        best = candidates.parameters[candidates.best]
        kept = [
            f"{_last(name)} = {names_of([value])[0]}"
            for name, value in best.items()
            if name not in (self.x_, self.hue_) and len(candidates.values(name)) > 1
        ]
        return textwrap.fill(", ".join(kept + told), 60, max_lines=2)


def _last(name: str) -> str:
    """Name of a parameter without the steps that lead to it."""
    return name.rpartition("__")[2]
