"""Parity plots of several models, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sk_knagcn.plots.columns import column
from sk_knagcn.plots.parity import ParityDisplay

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


class ParityGridDisplay:
    """A parity plot for each model, all with the same limits.

    Parameters
    ----------
    displays : list of ParityDisplay
        One for each model.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        The axes, one for each model.
    figure_ : matplotlib.figure.Figure
        The figure they are in.

    See Also
    --------
    ParityDisplay : The single plot, and what is in it.

    Examples
    --------
    >>> from sk_knagcn import ParityGridDisplay
    >>> grid = ParityGridDisplay.from_predictions(
    ...     [1.0, 2.0, 3.0],
    ...     {"CGCNN": [1.5, 2.0, 2.5], "k-NAGCN": [1.1, 2.0, 2.9]},
    ...     unit="eV",
    ... )
    >>> [ax.get_title() for ax in grid.axes_]
    ['CGCNN', 'k-NAGCN']
    """

    axes_: list[Axes]
    figure_: Figure | SubFigure

    def __init__(self, *, displays: Sequence[ParityDisplay]):
        self.displays = displays

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        predictions: Mapping[str, Any],
        *,
        unit: str | None = None,
        axes: Sequence[Axes] | None = None,
    ) -> ParityGridDisplay:
        """Draw the predictions of several models over the same true values.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True values.
        predictions : dict of str to array-like of shape (n_samples,)
            Predictions under the names of the models.
        unit : str, default=None
            Unit of the target.
        axes : sequence of matplotlib.axes.Axes, default=None
            Where to draw, one for each model; None makes a new figure.

        Returns
        -------
        ParityGridDisplay
            What was drawn.
        """
        columns = dict(predictions.items())  # of a DataFrame as well
        check_consistent_length(y_true, *columns.values())
        true = column(y_true, "y_true")
        displays = [
            ParityDisplay(
                y_true=true, y_pred=column(y_pred, str(name)), name=str(name), unit=unit
            )
            for name, y_pred in columns.items()
        ]
        if not displays:
            raise ValueError("there are no predictions to draw.")
        return cls(displays=displays).plot(axes)

    def plot(self, axes: Sequence[Axes] | None = None) -> ParityGridDisplay:
        """Draw.

        Parameters
        ----------
        axes : sequence of matplotlib.axes.Axes, default=None
            Where to draw, one for each model; None makes a new figure.

        Returns
        -------
        ParityGridDisplay
            Itself.
        """
        n = len(self.displays)
        n_columns = math.ceil(math.sqrt(n)) if n > 3 else n
        if axes is not None and len(axes) != n:
            raise ValueError(f"{n} models need as many axes, got {len(axes)}.")
        self.axes_ = _grid(n, n_columns) if axes is None else list(axes)
        self.figure_ = self.axes_[0].figure
        ends = np.array([display.limits() for display in self.displays])
        limits = (ends[:, 0].min(), ends[:, 1].max())
        for number, (display, ax) in enumerate(
            zip(self.displays, self.axes_, strict=True)
        ):
            display.plot(ax, limits=limits)
            if number > 0 and (legend := ax.get_legend()) is not None:
                legend.remove()  # one explains them all
            if axes is None:  # labels at the edges only
                _label_outside(
                    ax, left=number % n_columns == 0, bottom=number + n_columns >= n
                )
        return self


def _grid(n: int, n_columns: int) -> list[Axes]:
    """Make a figure with axes for n plots, row by row."""
    import matplotlib.pyplot as plt

    n_rows = math.ceil(n / n_columns)
    figure = plt.figure(figsize=(3 * n_columns, 3 * n_rows), layout="constrained")
    return [figure.add_subplot(n_rows, n_columns, i + 1) for i in range(n)]


def _label_outside(ax: Axes, *, left: bool, bottom: bool) -> None:
    ax.tick_params(labelleft=left, labelbottom=bottom)
    if not left:
        ax.set_ylabel("")
    if not bottom:
        ax.set_xlabel("")
