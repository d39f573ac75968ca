"""Predictions over true values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.utils.validation import check_consistent_length

from sk_knagcn.plots.columns import column
from sk_knagcn.plots.looks import (
    FAINT,
    INK,
    PALETTE,
    TINT,
    axes_for,
    explain,
    short,
    with_unit,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

# Above that many points single ones cannot be told apart.
_BEHIND = 0.9  # the points: those that are far off lie in the corners
_MANY = 1000


class ParityDisplay:
    """Predictions over true values, with the identity and the trend.

    Up to 1,000 points are drawn one by one, with error bars if there are standard
    deviations. More become hexagons, the darker the more points they hold (on a
    logarithmic scale), without error bars.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True values.
    y_pred : array-like of shape (n_samples,)
        Predictions.
    y_std : array-like of shape (n_samples,), default=None
        Standard deviations of the predictions.
    name : str, default=None
        Name of the model, for the title.
    unit : str, default=None
        Unit of the target.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure they are in.
    points_ : matplotlib.collections.Collection
        The points or hexagons.
    identity_ : matplotlib.lines.AxLine
        Where predictions are right.
    trend_ : matplotlib.lines.Line2D or None
        The straight line of least squares; None if all true values are equal.
    errors_ : matplotlib.container.ErrorbarContainer or None
        The error bars.
    text_ : matplotlib.text.Text
        Mean absolute error and R2.

    See Also
    --------
    ParityGridDisplay : Several models side by side.
    sklearn.metrics.PredictionErrorDisplay : Residuals over predictions.

    Examples
    --------
    >>> from sk_knagcn import ParityDisplay
    >>> display = ParityDisplay.from_predictions(
    ...     [1.0, 2.0, 3.0], [1.5, 2.0, 2.5], unit="eV"
    ... )
    >>> print(display.text_.get_text())
    MAE 0.333 eV
    R² 0.750
    """

    ax_: Axes
    figure_: Figure | SubFigure
    points_: Artist
    identity_: Line2D
    trend_: Line2D | None
    errors_: ErrorbarContainer | None
    text_: Text

    def __init__(
        self,
        *,
        y_true: Any,
        y_pred: Any,
        y_std: Any = None,
        name: str | None = None,
        unit: str | None = None,
    ):
        check_consistent_length(y_true, y_pred, y_std)
        self.y_true = column(y_true, "y_true")
        self.y_pred = column(y_pred, "y_pred")
        self.y_std = None if y_std is None else column(y_std, "y_std")
        self.name = name
        self.unit = unit

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        y_std: Any = None,
        name: str | None = None,
        unit: str | None = None,
        ax: Axes | None = None,
    ) -> ParityDisplay:
        """Draw predictions over true values.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True values.
        y_pred : array-like of shape (n_samples,)
            Predictions.
        y_std : array-like of shape (n_samples,), default=None
            Standard deviations of the predictions.
        name : str, default=None
            Name of the model, for the title.
        unit : str, default=None
            Unit of the target.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ParityDisplay
            What was drawn.
        """
        display = cls(y_true=y_true, y_pred=y_pred, y_std=y_std, name=name, unit=unit)
        return display.plot(ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        return_std: bool = False,
        name: str | None = None,
        unit: str | None = None,
        ax: Axes | None = None,
    ) -> ParityDisplay:
        """Predict, and draw predictions over true values.

        Parameters
        ----------
        estimator : fitted regressor or Pipeline
            What to predict with.
        X : structures or graphs
            What to predict for: better none of those it was trained on.
        y : array-like of shape (n_samples,)
            True values.
        return_std : bool, default=False
            Ask the estimator for standard deviations, and draw them as error bars.
        name : str, default=None
            Name of the model, for the title.
        unit : str, default=None
            Unit of the target.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        ParityDisplay
            What was drawn.
        """
        y_pred, y_std = estimator.predict(X), None
        if return_std:
            y_pred, y_std = estimator.predict(X, return_std=True)
        return cls.from_predictions(y, y_pred, y_std=y_std, name=name, unit=unit, ax=ax)

    def plot(
        self, ax: Axes | None = None, *, limits: tuple[float, float] | None = None
    ) -> ParityDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        limits : tuple of two floats, default=None
            Ends of both axes; None shows all points and error bars.

        Returns
        -------
        ParityDisplay
            Itself.
        """
        ax = axes_for(ax, width=4.2, height=4.2)
        self.ax_, self.figure_ = ax, ax.figure
        low, high = self.limits() if limits is None else limits
        self._draw_points(low, high)
        self.identity_ = ax.axline(
            (low, low), slope=1, color=FAINT, linewidth=1, label="identity"
        )
        self.trend_ = self._draw_trend()
        self.text_ = ax.text(
            0.03,
            0.97,
            self._summary(),
            transform=ax.transAxes,
            va="top",
            fontsize="small",
            color=INK,
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 2},
            zorder=_BEHIND,
        )
        explain(ax, loc="lower right", fontsize="small").set_zorder(_BEHIND)
        ax.set(
            xlim=(low, high),
            ylim=(low, high),
            aspect="equal",
            xlabel=with_unit("true", self.unit),
            ylabel=with_unit("predicted", self.unit),
        )
        ax.set_title(wrapped([self.name or ""])[0], fontsize="medium")
        # Labels of many digits need more room.
        ax.locator_params(nbins=5 if max(abs(low), abs(high)) < 1e5 else 3)
        return self

    def limits(self) -> tuple[float, float]:
        """Find ends for both axes that leave some room around all there is to draw.

        Returns
        -------
        tuple of two floats
            Low and high.
        """
        bars = 0 if self.y_std is None or self._is_dense else self.y_std
        values = [self.y_true, self.y_pred - bars, self.y_pred + bars]
        low, high = np.min(values), np.max(values)
        room = 0.05 * (high - low) or 0.5
        return low - room, high + room

    @property
    def _is_dense(self) -> bool:
        return len(self.y_true) > _MANY

    def _draw_points(self, low: float, high: float) -> None:
        """Draw points with error bars, or hexagons."""
        self.errors_ = None
        if self._is_dense:
            from matplotlib.colors import LinearSegmentedColormap

            self.points_ = self.ax_.hexbin(
                self.y_true,
                self.y_pred,
                gridsize=70,
                extent=(low, high, low, high),
                bins="log",
                mincnt=1,
                cmap=LinearSegmentedColormap.from_list(
                    "density", [TINT, PALETTE[0], "#001f33"]
                ),
                linewidths=0.1,
            )
            return
        self.points_ = self.ax_.scatter(
            self.y_true, self.y_pred, s=16, color=PALETTE[0], alpha=0.7, linewidths=0
        )
        if self.y_std is not None:
            self.errors_ = self.ax_.errorbar(
                self.y_true,
                self.y_pred,
                self.y_std,
                fmt="none",
                ecolor=PALETTE[0],
                elinewidth=0.8,
                alpha=0.4,
            )

    def _draw_trend(self) -> Line2D | None:
        """Draw the line of least squares, as far as there are true values."""
        ends = np.array([np.min(self.y_true), np.max(self.y_true)])
        if ends[0] == ends[1]:
            return None
        line = np.polynomial.Polynomial.fit(self.y_true, self.y_pred, 1)
        (drawn,) = self.ax_.plot(
            ends, line(ends), color=PALETTE[1], linewidth=1.5, label="trend"
        )
        return drawn

    def _summary(self) -> str:
        """Write errors as text."""
        unit = f" {self.unit}" if self.unit else ""
        error = mean_absolute_error(self.y_true, self.y_pred)
        lines = [f"MAE {short(error)}{unit}"]
        if np.ptp(self.y_true) > 0:
            lines.append(f"R² {r2_score(self.y_true, self.y_pred):.3f}")
        if self.y_std is not None:
            lines.append(f"mean std {short(float(np.mean(self.y_std)))}{unit}")
        return "\n".join(lines)
