"""The page of a comparison where there is little to show."""

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import LeaveOneOut, ShuffleSplit

from sk_knagcn import compare
from tests.comparison.models import ridge


def test_a_page_does_without_scores_that_are_not_defined(structures, y, tmp_path):
    how = {"cv": LeaveOneOut(), "metrics": "r2"}
    result = compare({"a": ridge()}, structures[:6], y[:6], **how)
    result.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "Scores of each fold" not in page
    assert "a has the lowest absolute error." in page


def test_a_page_does_without_logarithms_of_zero(structures, tmp_path):
    exact = {"one": DummyRegressor(strategy="constant", constant=1.0)}
    y = np.ones(len(structures))
    result = compare(exact, structures, y, cv=2, train_sizes=[0.5])
    result.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "Error against training size" not in page
    assert "Predictions over true values" in page


def test_a_page_tells_how_many_were_tested(structures, y, tmp_path):
    cv = ShuffleSplit(1, test_size=5, random_state=0)
    compare({"mean": DummyRegressor()}, structures, y, cv=cv).to_html(
        tmp_path / "page.html"
    )
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "tested, of which the rest tells</th><td>5</td>" in page
