"""Scores of folds, over training sizes too."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sk_knagcn import ScoresDisplay, TrainingSizeDisplay

rng = np.random.default_rng(0)
SCORES = pd.DataFrame(rng.uniform(1, 2, (5, 3)) * [3, 1, 2], columns=["c", "a", "b"])


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_models_are_sorted_with_the_best_on_top(ax):
    ScoresDisplay.from_scores(SCORES, label="MAE (eV)", ax=ax)
    assert labels(ax) == ["a", "b", "c"]
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "MAE (eV)"


def test_where_greater_is_better_the_greatest_is_on_top(ax):
    ScoresDisplay.from_scores(SCORES, label="R²", greater_is_better=True, ax=ax)
    assert labels(ax) == ["c", "b", "a"]


def test_folds_means_and_deviations_are_those_of_the_table(ax):
    display = ScoresDisplay.from_scores(SCORES, ax=ax)
    ordered = SCORES[labels(ax)]
    points = display.folds_.get_offsets()
    for row, name in enumerate(ordered):
        np.testing.assert_array_equal(points[points[:, 1] == row, 0], SCORES[name])
    line, _, (bars,) = display.means_.lines
    np.testing.assert_allclose(line.get_xdata(orig=False), ordered.mean())
    widths = [np.ptp(segment[:, 0]) for segment in bars.get_segments()]
    np.testing.assert_allclose(widths, 2 * ordered.std())
    written = [text.get_text() for text in ax.texts]
    assert written == [
        f"{m:.2f} ± {s:.2f}" for m, s in zip(ordered.mean(), ordered.std(), strict=True)
    ]


def test_one_fold_and_one_model_will_do(ax):
    display = ScoresDisplay.from_scores(pd.DataFrame({"model": [0.0123]}), ax=ax)
    assert len(display.folds_.get_offsets()) == 1
    assert ax.texts[0].get_text() == "0.0123"  # of one fold there is no deviation


@pytest.mark.parametrize(
    ("factor", "written"),
    [(1e-7, "3.05e-07 ± 7.07e-09"), (1e12, "3.05e+12 ± 7.07e+10")],
)
def test_very_small_and_very_large_scores_can_be_read(ax, factor, written):
    scores = pd.DataFrame({"a": [3.1, 3.0], "b": [6.1, 6.2]}) * factor
    ScoresDisplay.from_scores(scores, ax=ax)
    assert ax.texts[0].get_text() == written


def test_a_fold_that_failed_is_left_out(ax):
    display = ScoresDisplay.from_scores(pd.DataFrame({"m": [1.0, np.nan, 3.0]}), ax=ax)
    assert display.means_.lines[0].get_xdata() == [2.0]


def test_a_model_without_a_score_in_some_fold_is_not_ranked_by_the_others(ax):
    scores = pd.DataFrame({"partly": [np.nan, 0.1], "worse": [0.5, 0.7]})
    ScoresDisplay.from_scores(scores, ax=ax)
    assert labels(ax) == ["worse", "partly"]
    assert [t.get_text() for t in ax.texts] == ["0.600 ± 0.141", "not in all folds"]


def test_a_mean_of_zero_leaves_the_others_their_decimals(ax):
    scores = pd.DataFrame({"exact": [0.0, 0.0], "near": [0.0022, 0.0024]})
    ScoresDisplay.from_scores(scores, ax=ax)
    assert ax.texts[1].get_text() == "0.00230 ± 0.00014"


def test_a_table_without_rows_is_refused():
    for nothing in ([], [np.nan]):
        with pytest.raises(ValueError, match="there are no scores"):
            ScoresDisplay.from_scores(pd.DataFrame({"model": nothing}))


@pytest.fixture
def frame():
    sizes, folds, models = np.meshgrid([100, 200, 1600], range(4), ["k-NAGCN", "CGCNN"])
    return pd.DataFrame(
        {
            "model": models.ravel(),
            "n_train": sizes.ravel(),
            "fold": folds.ravel(),
            "score": rng.uniform(1, 2, sizes.size) / np.sqrt(sizes.ravel()),
        }
    ).sample(frac=1, random_state=0)


def test_lines_are_means_and_bands_standard_errors(frame, ax):
    display = TrainingSizeDisplay.from_scores(frame, label="MAE (eV)", ax=ax)
    assert set(display.lines_) == {"k-NAGCN", "CGCNN"}
    for model, line in display.lines_.items():
        scores = frame[frame["model"] == model].groupby("n_train")["score"]
        np.testing.assert_array_equal(line.get_xdata(), [100, 200, 1600])
        np.testing.assert_allclose(line.get_ydata(), scores.mean())
        (outline,) = display.bands_[model].get_paths()
        for size in (100, 200, 1600):
            height = np.ptp(outline.vertices[outline.vertices[:, 0] == size, 1])
            assert height == pytest.approx(2 * scores.sem()[size])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["100", "200", "1600"]


def test_one_fold_has_no_band(frame, ax):
    single = frame[frame["fold"] == 0]
    display = TrainingSizeDisplay.from_scores(single, ax=ax)
    (outline,) = display.bands_["CGCNN"].get_paths()
    at = outline.vertices[outline.vertices[:, 0] == 100, 1]
    assert np.ptp(at) == 0


def test_the_figure_grows_with_its_legend():
    frames = [
        pd.DataFrame(
            {"model": f"model {m}", "n_train": [10, 99], "fold": 0, "score": 1.0}
        )
        for m in range(30)
    ]
    display = TrainingSizeDisplay.from_scores(pd.concat(frames))
    display.figure_.canvas.draw()
    legend = display.ax_.get_legend().get_window_extent()
    assert legend.y0 >= 0
    assert display.ax_.get_window_extent().height > 200
    plt.close(display.figure_)


def test_columns_that_lack_and_negative_scores_are_named(frame):
    with pytest.raises(
        ValueError, match=r"no column 'n_train', 'score'.*It needs model"
    ):
        TrainingSizeDisplay.from_scores(frame[["model", "fold"]])
    with pytest.raises(ValueError, match="no rows"):
        TrainingSizeDisplay.from_scores(frame[:0])
    with pytest.raises(ValueError, match="score of -"):
        TrainingSizeDisplay.from_scores(frame.assign(score=-frame["score"]))
