"""Bars of what networks can be taught to see."""

import numpy as np
import pandas as pd
import pytest

from sk_knagcn import ProbeDisplay

KINDS = {"size": "n", "periodic": "ab", "composition": "z", "local": "xyw", "own": "q"}


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    rows = [
        (model, name, kind, rng.uniform(0, 1), rng.uniform(0, 1), 0.1)
        for model in ("one", "two")
        for kind, names in KINDS.items()
        for name in names
    ]
    columns = ["model", "descriptor", "kind", "r2", "mae_mad", "r2_std"]
    return pd.DataFrame(rows, columns=columns)


def labels(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


@pytest.mark.parametrize("score", ["r2", "mae_mad"])
def test_kinds_are_headings_and_the_best_known_comes_first(table, score, ax):
    display = ProbeDisplay.from_table(table, score=score, ax=ax)
    names = labels(display)
    bold = [t.get_text() for t in ax.get_yticklabels() if t.get_fontweight() == "bold"]
    assert bold == ["composition", "local", "periodic", "size", "own"]
    means = table.groupby("descriptor")[score].mean()
    start = names.index("local") + 1
    local = means[names[start : start + 3]]
    assert set(local.index) == set("xyw")
    falling = local if score == "r2" else -local
    assert falling.is_monotonic_decreasing


@pytest.mark.parametrize("score", ["r2", "mae_mad"])
def test_what_has_no_score_comes_last(table, score, ax):
    table.loc[table["descriptor"] == "x", score] = np.nan
    names = labels(ProbeDisplay.from_table(table, score=score, ax=ax))
    means = table.groupby("descriptor")[score].mean()[["y", "w"]]
    best = means.sort_values(ascending=score == "mae_mad").index
    start = names.index("local") + 1
    assert names[start : start + 3] == [*best, "x"]


def test_bars_are_the_scores_each_beside_its_label(table, ax):
    display = ProbeDisplay.from_table(table, ax=ax)
    names = labels(display)
    scores = table.set_index(["model", "descriptor"])["r2"]
    for model, bars in display.bars_.items():
        descriptors = [names[round(bar.get_y() + bar.get_height() / 2)] for bar in bars]
        widths = [bar.get_width() for bar in bars]
        np.testing.assert_allclose(widths, scores[model][descriptors])
        (errors,) = bars.errorbar.lines[2]
        lengths = [np.ptp(segment[:, 0]) for segment in errors.get_segments()]
        np.testing.assert_allclose(lengths, 0.2)
    colors = {bars[0].get_facecolor() for bars in display.bars_.values()}
    assert len(colors) == 2
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["one", "two"]


def test_zero_and_one_have_a_line(table, ax):
    ProbeDisplay.from_table(table, ax=ax)
    at = [line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1]
    assert {0, 1} <= set(at)
    low, high = ax.get_xlim()
    assert low <= 0 < 1 < high


def test_bars_that_are_too_long_are_cut_and_say_so(table, ax):
    table.loc[3, "r2"] = -7.25
    ProbeDisplay.from_table(table, ax=ax)
    assert ax.get_xlim()[0] == -0.5
    assert [text.get_text() for text in ax.texts] == ["-7.25"]
    table.loc[2, "mae_mad"] = 12.5
    display = ProbeDisplay.from_table(table, score="mae_mad")
    assert [text.get_text() for text in display.ax_.texts] == ["12.5"]
    assert display.bars_["one"].errorbar is None


def test_a_descriptor_that_one_model_lacks_has_no_bar(table, ax):
    display = ProbeDisplay.from_table(table[1:], ax=ax)  # without "n" of "one"
    assert len(labels(display)) == len(KINDS) + 8
    bars = {
        m: sum(np.isfinite(b.get_width()) for b in bars)
        for m, bars in display.bars_.items()
    }
    assert bars == {"one": 7, "two": 8}


def test_tables_that_cannot_be_drawn_are_refused(table):
    with pytest.raises(ValueError, match="no column 'kind'"):
        ProbeDisplay.from_table(table.drop(columns="kind"))
    with pytest.raises(ValueError, match="score is one of r2, mae_mad, got 'r'"):
        ProbeDisplay.from_table(table, score="r")
    with pytest.raises(ValueError, match="'n' of 'one' is in the table twice"):
        ProbeDisplay.from_table(pd.concat([table, table[:1]]))
