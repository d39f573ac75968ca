"""What a comparison shows: on paper, in figures, on a page."""

import re
from html import escape
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sk_knagcn import (
    StructureDescriptors,
    StructureGraphTransformer,
    compare,
    leakage_report,
)
from sk_knagcn.comparison.report import write_page
from sk_knagcn.structures import as_column
from tests.comparison.models import Broken, Sound, logistic, ridge, sides
from tests.estimators.tiny import tiny

HOSTILE = "<script>alert('a & b')</script>"


@pytest.fixture(autouse=True)
def drawn_to_nowhere(monkeypatch):
    """Draw without a screen, and leave no figure behind."""
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def result(structures, y):
    models = {
        "ridge": ridge(),
        "a model whose name is as long as names of models become": ridge(table=sides),
        HOSTILE: DummyRegressor(),
        "broken": Broken(),
    }
    return compare(models, structures, y, cv=3, train_sizes=[0.5])


@pytest.fixture(scope="module")
def told_apart(structures, labels):
    return compare({"logistic": logistic()}, structures, labels, cv=3)


class Page(HTMLParser):
    """The tags, the words and the links of a page."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.words = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in ("meta", "img", "rect", "br"):
            self.open.append(tag)
        self.links += [v for name, v in attributes if name in ("src", "href")]

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def page(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "comparison.html"
    plt.switch_backend("agg")
    result.to_html(path, unit="Å³")
    return path.read_text("utf-8")


def test_it_says_what_was_learnt(result, structures, y):
    assert result.target is None
    named = pd.Series(y, name=HOSTILE)
    told = compare({"mean": DummyRegressor()}, structures, named, cv=3)
    assert repr(told).startswith(f"1 model for {HOSTILE}, 24 structures")
    page = write_page(told, unit=None)
    assert f"<h1>Comparison of 1 model for {escape(HOSTILE)}</h1>" in page
    assert HOSTILE not in page


def test_it_prints_in_a_hundred_columns(result):
    lines = repr(result).splitlines()
    assert lines[0] == "4 models, 24 structures, 3 folds, ranked by MAE"
    assert all(len(line) <= 100 for line in lines)
    (best,) = [line for line in lines if "best" in line]
    assert best.startswith("ridge")
    assert f"{result.table.at['ridge', 'rmse']:#.3g}" in best
    assert any(line.startswith("a model whose name is as lo…") for line in lines)


def test_it_shows_in_a_notebook(result):
    shown = result._repr_html_()
    assert HOSTILE not in shown
    assert "broken failed: ValueError: no idea" in shown


def test_plots_show_the_numbers_of_the_table(result):
    scores = result.plot(unit="Å³")
    assert scores.ax_.get_xlabel() == "MAE (Å³)"
    means = scores.means_.lines[0].get_xdata()
    assert means == pytest.approx(result.table["mae"].dropna())
    parity = result.plot("parity")
    titles = [ax.get_title().replace("\n", " ") for ax in parity.axes_]
    assert titles == [name for name in result.table.index if name != "broken"]
    sizes = result.plot("sizes", metric="rmse")
    assert sizes.lines_["ridge"].get_xdata().tolist() == [8, 16]
    last = sizes.lines_["ridge"].get_ydata()[-1]
    assert last == pytest.approx(result.table.at["ridge", "rmse"])


def test_what_cannot_be_drawn_is_told(result, told_apart):
    with pytest.raises(ValueError, match="no parity plot"):
        told_apart.plot("parity")
    with pytest.raises(ValueError, match="accuracy is no error"):
        told_apart.plot("sizes")
    with pytest.raises(ValueError, match="kind must be"):
        result.plot("pie")
    assert told_apart.plot().greater_is_better


def test_page_is_whole_and_needs_nothing_else(page):
    parsed = Page(page)
    assert parsed.open == []
    assert parsed.tags.count("img") == 3
    assert len(parsed.links) == 3
    assert all(link.startswith("data:image/png;base64,") for link in parsed.links)
    assert not re.search(r"url\(|@import|https?:", page)
    assert "script" not in parsed.tags
    assert plt.get_fignums() == []


def test_page_says_what_was_compared(page, result):
    words = " ".join("".join(Page(page).words).split())
    best = f"{result.table.at['ridge', 'mae']:#.3g}"
    assert f"ridge has the lowest MAE: {best}." in words
    assert f"{HOSTILE} is worse: absolute error +" in words
    assert "broken failed: ValueError: no idea" in words
    assert "and a second line" in words
    assert "KFold(n_splits=3, random_state=0, shuffle=True)" in words
    assert "one inside the next: 8." in words
    assert "Ridge(alpha=0.001)" in words
    assert "Po 24, Cs 12" in words
    assert "1 to 2, median 2" in words
    assert "scikit-learn" in words


def test_page_says_what_the_folds_share(page, result, structures):
    words = " ".join("".join(Page(page).words).split())
    again = leakage_report(structures, 3)
    assert again.verdict in words
    assert result.leakage.summary.equals(again.summary.drop("prototype"))


def test_near_duplicates_are_left_out_where_atoms_are_on_one_spot(structures, y):
    twice = structures[0].copy()
    twice.append("Po", [1e-4, 0, 0])
    crystals = [twice, twice, *structures[2:]]
    result = compare({"mean": DummyRegressor()}, crystals, y, cv=2)
    assert list(result.leakage.summary.index) == ["formula", "chemical_system"]


def test_page_of_classes(told_apart, tmp_path):
    told_apart.to_html(tmp_path / "page.html")
    words = " ".join(Page((tmp_path / "page.html").read_text("utf-8")).words)
    assert "logistic has the highest accuracy" in words
    assert "class one" in words


def test_a_single_fold_has_no_spread(structures, y):
    rows = np.arange(24)
    result = compare({"ridge": ridge()}, structures, y, cv=[(rows[:16], rows[16:])])
    assert result.table["mae_std"].isna().all()
    assert "nan" not in repr(result)


def test_a_structure_has_the_number_that_the_user_gave_it(structures, y):
    bad = structures[7].copy()
    bad.append(bad[0].species, bad[0].frac_coords)
    X = [*structures[:7], bad, *structures[8:]]
    models = {
        "mean": DummyRegressor(),
        "net": tiny(),
        "table": make_pipeline(StructureDescriptors(featurizers=Sound()), Ridge()),
        "fine": make_pipeline(StructureDescriptors("composition"), Ridge()),
    }
    errors = compare(models, X, y, cv=3).table["error"]
    assert errors[["mean", "fine"]].tolist() == ["", ""]
    assert "structure 7 (" in errors["net"]
    assert "in full: structure 7 (" in errors["table"]


def test_what_was_not_measured_is_not_drawn(structures, y):
    result = compare({"mean": DummyRegressor()}, structures, y, cv=2, train_sizes=0.5)
    assert sorted(result.scores["n_train"].unique()) == [len(y) // 4, len(y) // 2]
    with pytest.raises(ValueError, match=r"no 'r3' in this comparison, only mae"):
        result.plot(metric="r3")
    with pytest.raises(ValueError, match=r"'mse' is no metric. There are mae"):
        compare({"mean": DummyRegressor()}, structures, y, metrics="mse")
    pairs = compare(zip(["mean"], [DummyRegressor()], strict=True), structures, y, cv=2)
    assert list(pairs.table.index) == ["mean"]
    for models in (DummyRegressor(), [DummyRegressor()]):
        with pytest.raises(TypeError, match="must be a dict of names and estimators"):
            compare(models, structures, y)


def test_only_models_that_fail_are_told_of_what_is_wrong_with_a_structure(
    structures, y
):
    bad = structures[7].copy()
    bad[0] = {"Na": 0.5, "K": 0.5}
    X = [*structures[:7], bad, *structures[8:]]

    def order(X):
        return [one if one.is_ordered else structures[7] for one in as_column(X)[:, 0]]

    graph = StructureGraphTransformer(k=6)
    mending = make_pipeline(FunctionTransformer(order), graph, tiny())
    assert compare({"mending": mending}, X, y, cv=3).table["error"].tolist() == [""]
    others = np.delete(np.arange(len(X)), 7)
    found = compare({"net": tiny()}, X, y, cv=[(others[:8], others[8:])])
    assert found.table["error"].tolist() == [""]
