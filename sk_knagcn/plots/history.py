"""The course of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from sk_knagcn.plots.looks import (
    FAINT,
    INK,
    PALETTE,
    axes_for,
    explain,
    plain_log_axis,
    short,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

# Up to that many epochs each has a dot.
_FEW = 30


class HistoryDisplay:
    """Losses over the epochs, with the learning rate behind them.

    Where there is a validation loss, its lowest point is marked: early stopping keeps
    the weights of that epoch, unless a warm start came after it.

    Parameters
    ----------
    history : pandas.DataFrame
        One row per epoch, with the column ``train_loss`` and, where there are any,
        ``valid_loss`` and ``lr``: the `history_` of an estimator.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes of the losses.
    lr_ax_ : matplotlib.axes.Axes or None
        Those of the learning rate.
    figure_ : matplotlib.figure.Figure
        The figure they are in.
    lines_ : dict of str to matplotlib.lines.Line2D
        What was drawn, under the names of the columns and "best".

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_knagcn import HistoryDisplay
    >>> history = pd.DataFrame(
    ...     {"train_loss": [0.9, 0.5, 0.3], "valid_loss": [0.9, 0.6, 0.7]},
    ...     index=[1, 2, 3],
    ... )
    >>> display = HistoryDisplay(history=history).plot()
    >>> display.lines_["best"].get_label()
    'best: 0.600 in epoch 2'
    """

    ax_: Axes
    lr_ax_: Axes | None
    figure_: Figure | SubFigure
    lines_: dict[str, Line2D]

    def __init__(self, *, history: pd.DataFrame):
        self.history = history

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Axes | None = None
    ) -> HistoryDisplay:
        """Draw how an estimator was trained.

        Parameters
        ----------
        estimator : fitted estimator, Pipeline or search
            A network of this package, a Pipeline that ends in one, or a search whose
            best estimator is one.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        HistoryDisplay
            What was drawn.
        """
        check_is_fitted(estimator)
        model = getattr(estimator, "best_estimator_", estimator)
        if hasattr(model, "steps"):
            model = model.steps[-1][1]
        if not hasattr(model, "history_"):
            raise TypeError(
                f"{type(model).__name__} has no history_ of its training. Pass a "
                "network of this package, or a Pipeline that ends in one."
            )
        return cls(history=model.history_).plot(ax)

    def plot(self, ax: Axes | None = None) -> HistoryDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        HistoryDisplay
            Itself.
        """
        from matplotlib.ticker import MaxNLocator

        ax = axes_for(ax, width=5, height=3.4)
        self.ax_, self.figure_, self.lines_ = ax, ax.figure, {}
        losses = self.history.filter(["train_loss", "valid_loss"])
        if (losses.min() > 0).all():
            plain_log_axis(ax, "y")
        names = {"train_loss": "training", "valid_loss": "validation"}
        marker = "." if len(losses) <= _FEW else None
        for color, column in zip(PALETTE, losses, strict=False):
            looks = {"color": color, "marker": marker, "label": names[column]}
            self._draw(column, ax, **looks)
        if "valid_loss" in losses and losses["valid_loss"].notna().any():
            self._mark_best(losses["valid_loss"])
        self.lr_ax_ = self._draw_learning_rate() if "lr" in self.history else None
        explain(ax)
        ax.set(xlabel="epoch", ylabel="loss")
        if len(losses) == 1:
            ax.set_xticks(losses.index)
            return self
        ax.xaxis.set_major_locator(
            MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10])
        )
        return self

    def _draw(self, column: str, ax: Axes, **looks: Any) -> None:
        values = self.history[column]
        (self.lines_[column],) = ax.plot(values.index, values, **looks)

    def _mark_best(self, losses: pd.Series) -> None:
        epoch, loss = losses.idxmin(), losses.min()
        (self.lines_["best"],) = self.ax_.plot(
            [epoch],
            [loss],
            linestyle="none",
            marker="o",
            markersize=9,
            markerfacecolor="none",
            markeredgecolor=INK,
            label=f"best: {short(loss)} in epoch {epoch}",
        )

    def _draw_learning_rate(self) -> Axes:
        """Draw it on axes of its own, behind the losses."""
        behind = self.ax_.twinx()
        behind.set(ylabel="learning rate")
        behind.yaxis.label.set_color(FAINT)
        behind.tick_params(color=FAINT, labelcolor=FAINT)
        behind.spines[:].set_visible(False)
        behind.locator_params(axis="y", nbins=5)
        behind.yaxis.set_major_formatter("{x:g}")
        self._draw("lr", behind, color="0.8", linewidth=1)
        self.ax_.set_zorder(behind.get_zorder() + 1)
        self.ax_.patch.set_visible(False)
        return behind
