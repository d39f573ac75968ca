"""What all Displays have in common."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

import sk_knagcn
from sk_knagcn import (
    HistoryDisplay,
    ParityDisplay,
    ProbeDisplay,
    ScoresDisplay,
    SearchDisplay,
    TrainingSizeDisplay,
)

LONG = "a model whose name goes on and on, as those of pipelines do, and never ends"
Y = np.linspace(0, 1, 12)
SEARCH = GridSearchCV(Ridge(), {"alpha": [0.1, 1, 10], "tol": [1e-4, 1e-3]}, cv=2)
DISPLAYS = {
    "parity": ParityDisplay(y_true=Y, y_pred=Y[::-1], name=LONG, unit="eV"),
    "parity with bars": ParityDisplay(y_true=Y, y_pred=Y**2, y_std=Y),
    "parity, many": ParityDisplay(y_true=np.tile(Y, 99), y_pred=np.tile(Y, 99)),
    "history": HistoryDisplay(
        history=pd.DataFrame(
            {"train_loss": Y[::-1] + 1, "valid_loss": Y[::-1] + 2, "lr": Y}
        )
    ),
    "scores": ScoresDisplay(scores=pd.DataFrame({LONG: Y, "other": Y + 1})),
    "training size": TrainingSizeDisplay(
        frame=pd.DataFrame(
            {
                "model": LONG,
                "n_train": np.repeat([9, 99], 6),
                "fold": np.tile(np.arange(6), 2),
                "score": Y + 1,
            }
        )
    ),
    "probe": ProbeDisplay(
        table=pd.DataFrame(
            {"model": LONG, "descriptor": list("abc"), "kind": "local", "r2": Y[:3]}
        )
    ),
    "search": SearchDisplay(search=SEARCH.fit(Y[:, None], Y)),
}


@pytest.fixture(params=DISPLAYS)
def display(request):
    return DISPLAYS[request.param]


def test_axes_that_are_passed_are_used(display, ax):
    before = plt.get_fignums()
    assert display.plot(ax) is display
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert plt.get_fignums() == before


def test_a_new_figure_is_made_otherwise(display):
    before = plt.get_fignums()
    first = display.plot().figure_
    assert isinstance(first, Figure)
    assert display.plot().figure_ is not first
    assert len(plt.get_fignums()) == len(before) + 2


def test_nothing_leaves_the_paper(display):
    figure = display.plot().figure_
    figure.draw_without_rendering()
    drawn, paper = figure.get_tightbbox(), figure.bbox_inches.padded(0.01)
    assert paper.x0 <= drawn.x0 <= drawn.x1 <= paper.x1
    assert paper.y0 <= drawn.y0 <= drawn.y1 <= paper.y1


def test_labels_of_an_axis_do_not_touch(display):
    display.plot().figure_.draw_without_rendering()
    for axis in (display.ax_.xaxis, display.ax_.yaxis):
        labels = [t for t in axis.get_ticklabels() if t.get_text()]
        low, high = sorted(axis.get_view_interval())
        boxes = [
            label.get_window_extent()
            for label, place in zip(labels, axis.get_majorticklocs(), strict=False)
            if low <= place <= high
        ]
        if axis.label.get_text():
            boxes.append(axis.label.get_window_extent())
        for number, box in enumerate(boxes):
            assert box.count_overlaps(boxes[:number]) == 0


def test_axes_of_a_figure_within_a_figure_will_do(display):
    part = plt.figure().subfigures(1, 2)[0]
    assert display.plot(part.add_subplot()).figure_ is part


def test_every_display_is_public():
    named = {type(display).__name__ for display in DISPLAYS.values()}
    public = {name for name in sk_knagcn.__all__ if name.endswith("Display")}
    assert public == named | {"ParityGridDisplay"}
